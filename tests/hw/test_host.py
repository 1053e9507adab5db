"""Bad packets: each gets its answer, and the next good one is not harmed."""

import random
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from amaranth.sim import Simulator

from hw import packet
from hw.host import PacketReceiver
from hw.load import LoadBus
from hw.packet import Error, Kind
from tests.hw.designs import Design, build, corner_vectors, network, play, results, vector_packet
from tests.hw.stalls import cycles

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"),
                                reason="Icarus Verilog is not installed")

INPUTS = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host")


@pytest.fixture(scope="module")
def design(folder: Path) -> Design:
    net = network(np.random.default_rng(6), (INPUTS, 9, 5))
    return build({"name": "host", "sparse": {"pes": 2, "activation": {
        "width": 8, "signed": False, "lanes": 4}}}, net, folder)


@pytest.fixture(scope="module")
def vector(design: Design) -> np.ndarray:
    return corner_vectors(np.random.default_rng(7), design.activation, INPUTS, 6)[5]


def words(*values: int) -> bytes:
    return np.array(values, "<u4").tobytes()


def sealed(body: bytes) -> bytes:
    """A body with the CRC that belongs to it."""
    return body + zlib.crc32(body).to_bytes(4, "little")


def flipped(data: bytes, byte: int) -> bytes:
    return data[:byte] + bytes([data[byte] ^ 0x10]) + data[byte + 1:]


def vector_of(size: int, sequence: int = 3) -> bytes:
    return packet.build(Kind.VECTOR, bytes(range(1, size + 1)), sequence=sequence)


BAD_PACKETS = {
    "one_word": (words(Kind.VECTOR | 3 << 16), Error.LENGTH),
    "two_words": (vector_of(INPUTS)[:8], Error.LENGTH),
    "cut_in_the_payload": (vector_of(INPUTS)[:16], Error.LENGTH),
    "without_crc": (vector_of(INPUTS)[:-4], Error.LENGTH),
    "one_word_too_long": (vector_of(INPUTS) + words(0), Error.LENGTH),
    "much_too_long": (vector_of(INPUTS) + words(*range(99)), Error.LENGTH),
    "vector_too_short": (vector_of(INPUTS - 1), Error.LENGTH),
    "vector_too_long": (vector_of(INPUTS + 1), Error.LENGTH),
    "vector_larger_than_the_buffer": (vector_of(200), Error.LENGTH),
    "empty_vector": (vector_of(0), Error.LENGTH),
    "enormous_length": (sealed(words(Kind.VECTOR | 3 << 16, 0xFFFFFFFF, 1, 2)), Error.LENGTH),
    "payload_damaged": (flipped(vector_of(INPUTS), 9), Error.CRC),
    "padding_damaged": (flipped(vector_of(INPUTS), 8 + INPUTS), Error.CRC),
    "crc_damaged": (flipped(vector_of(INPUTS), len(vector_of(INPUTS)) - 1), Error.CRC),
    "destination_damaged": (flipped(vector_of(INPUTS), 1), Error.CRC),
    **{f"kind_{kind:#04x}": (packet.build(kind, bytes(8), sequence=3), Error.KIND)
       for kind in (0, Kind.PROGRAM, Kind.REGISTER, Kind.WEIGHTS, 0x42, Kind.RESULT, Kind.STATUS)},
    "kind_without_payload": (packet.build(0x42, b"", sequence=3), Error.KIND),
}


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_bad_packets(design, vector, folder, stall):
    """Every one between two good vectors, which must not notice."""
    good = design.golden(vector[None])[0].tolist()
    packets = [design.image]
    expected = [(Kind.STATUS, 0, [Error.NONE])]
    after = [0]
    for k, (bad, error) in enumerate(BAD_PACKETS.values()):
        packets += [bad, vector_packet(design.activation, vector, 100 + k)]
        after += [len(expected), len(expected) + 1]
        expected += [(Kind.STATUS, 3, [error]), (Kind.RESULT, 100 + k, good)]
    run = play(design, packets, folder, after=after, stall=stall)
    names = ["image", *(name for name in BAD_PACKETS for _ in range(2))]
    got = dict(enumerate(zip(names, results(design.config, run.packets), strict=True)))
    assert got == dict(enumerate(zip(names, expected, strict=True)))


def test_bad_packets_back_to_back(design, vector, folder):
    """Nobody waits for answers; statuses keep their order, and so do results."""
    packets = [design.image]
    for k, (bad, _) in enumerate(BAD_PACKETS.values()):
        packets += [bad, vector_packet(design.activation, vector, 100 + k)]
    run = play(design, packets, folder, stall=0.2)
    answers = results(design.config, run.packets)
    good = design.golden(vector[None])[0].tolist()
    assert [a for a in answers if a[0] == Kind.STATUS] == [
        (Kind.STATUS, 0, [Error.NONE]), *((Kind.STATUS, 3, [e]) for _, e in BAD_PACKETS.values())]
    assert [a for a in answers if a[0] == Kind.RESULT] == [
        (Kind.RESULT, 100 + k, good) for k in range(len(BAD_PACKETS))]


def bad_images(image: bytes) -> dict[str, tuple[bytes, Error]]:
    _, _, payload = packet.parse(image)
    head = payload[:12]

    def other(payload: bytes) -> bytes:
        return packet.build(Kind.IMAGE, payload)

    return {
        "another_configuration": (other(flipped(payload, 2)), Error.CONFIGURATION),
        "damaged": (flipped(image, 40), Error.CRC),
        "crc_damaged": (flipped(image, len(image) - 2), Error.CRC),
        "cut": (image[:80], Error.LENGTH),
        "without_crc": (image[:-4], Error.LENGTH),
        "too_long": (image + words(7), Error.LENGTH),
        "empty": (other(b""), Error.LENGTH),
        "one_word": (other(payload[:4]), Error.MALFORMED_IMAGE),
        "without_outputs": (other(payload[:8]), Error.MALFORMED_IMAGE),
        "half_a_section_header": (other(head + words(1 << 8)), Error.MALFORMED_IMAGE),
        "section_cut": (other(payload[:-4]), Error.MALFORMED_IMAGE),
        "items_of_no_words": (other(head + words(0, 1, 5)), Error.MALFORMED_IMAGE),
        "items_of_too_many_words": (other(head + words(99 << 8, 1, *range(99))),
                                    Error.MALFORMED_IMAGE),
        "more_items_than_there_are": (other(head + words(1 << 8, 9, 1, 2)), Error.MALFORMED_IMAGE),
        "malformed_for_another": (other(words(0)), Error.CONFIGURATION),
    }


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_a_bad_image_leaves_no_image(design, vector, folder, stall):
    """Afterwards vectors are refused until a good image has come; that one is not harmed."""
    good = design.golden(vector[None])[0].tolist()
    packets, expected = [vector_packet(design.activation, vector, 9)], [
        ("before", (Kind.STATUS, 9, [Error.NO_IMAGE]))]
    for name, (bad, error) in bad_images(design.image).items():
        packets += [design.image, bad, vector_packet(design.activation, vector, 4), design.image,
                    vector_packet(design.activation, vector, 5)]
        expected += [(name, (Kind.STATUS, 0, [Error.NONE])), (name, (Kind.STATUS, 0, [error])),
                     (name, (Kind.STATUS, 4, [Error.NO_IMAGE])),
                     (name, (Kind.STATUS, 0, [Error.NONE])), (name, (Kind.RESULT, 5, good))]
    run = play(design, packets, folder, after=list(range(len(packets))), stall=stall)
    answers = results(design.config, run.packets)
    wrong = [(want, got) for want, got in zip(expected, answers, strict=True) if want[1] != got]
    assert not wrong


@pytest.mark.parametrize("seed", range(3))
def test_garbage_then_a_good_packet(design, vector, folder, seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    good = design.golden(vector[None])[0].tolist()
    garbage = [b"".join(words(rng.choice([rng.getrandbits(32), Kind.VECTOR, Kind.IMAGE, INPUTS]))
                        for _ in range(rng.choice([1, 2, 3, 5, 9, 30]))) for _ in range(60)]
    packets = [*garbage, design.image, vector_packet(design.activation, vector, 1)]
    after = [0] * (len(garbage) + 1) + [len(garbage) + 1]
    run = play(design, packets, folder, after=after, stall=rng.choice([0.0, 0.3]), seed=seed + 1)
    *statuses, loaded, result = results(design.config, run.packets)
    assert all(kind == Kind.STATUS and code != [Error.NONE] for kind, _, code in statuses)
    assert loaded == (Kind.STATUS, 0, [Error.NONE])
    assert result == (Kind.RESULT, 1, good)


def test_words_of_a_vector_and_no_others():
    """The input buffer gets the payload, whatever the pace; the CRC behind it stays out."""
    dut = PacketReceiver(1, LoadBus(32, 4))
    image = packet.build(Kind.IMAGE, words(1, 12, 1))
    vector = packet.build(Kind.VECTOR, words(5, 6, 7))
    rng = random.Random(1)
    got, commits = [], []

    async def bench(ctx):
        ctx.set(dut.i_idle, 1)
        ctx.set(dut.o_status.ready, 1)
        for each in (image, vector, vector, vector_of(8), vector):
            beats = np.frombuffer(each, "<u4")
            for k, beat in enumerate(beats):
                ctx.set(dut.i.payload, {"data": int(beat), "last": k == len(beats) - 1})
                ctx.set(dut.i.valid, 1)
                taken = False
                while not taken:
                    ctx.set(dut.o.ready, rng.getrandbits(1))
                    taken = ctx.get(dut.i.ready)
                    if ctx.get(dut.o.valid) and ctx.get(dut.o.ready):
                        got.append(ctx.get(dut.o.payload))
                    await ctx.tick()
            ctx.set(dut.i.valid, 0)
            for _ in range(8):
                commits.extend([1] * ctx.get(dut.o_commit))
                await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert got == [5, 6, 7] * 3
    assert len(commits) == 3


@pytest.mark.parametrize("pace", [1.0, 0.4])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_sections_end_with_their_last_item(size, pace):
    """Sections of so many items of ``size`` words, one behind the other: none takes a word too many."""
    dut = PacketReceiver(1, LoadBus(32 * size, 8))
    rng = random.Random(size)
    payload, expected = [1, 12, 1], []
    for k, count in enumerate((1, 2, 3, 0, 7, 8, 9, 10, 11, 17, 18, 66, 1)):
        items = [[rng.getrandbits(32) for _ in range(size)] for _ in range(count)]
        payload += [k | size << 8 | 3 << 16, count, *(word for item in items for word in item)]
        expected += [(k, 3, address, item) for address, item in enumerate(items)]
    beats = np.frombuffer(packet.build(Kind.IMAGE, words(*payload)), "<u4").tolist()
    got = []

    async def bench(ctx):
        ctx.set(dut.i_idle, 1)
        for k, beat in enumerate(beats):
            while rng.random() > pace:
                await ctx.tick()
            ctx.set(dut.i.payload, {"data": beat, "last": k == len(beats) - 1})
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
        (status,) = await ctx.tick().sample(dut.o_status.payload).until(dut.o_status.valid)
        assert status.error == Error.NONE

    async def watch(ctx):
        load = dut.o_load
        async for _, _, write, *place, data in ctx.tick().sample(
                load.write, load.memory, load.pe, load.address, load.data):
            if write:
                got.append((*place, [data >> 32 * k & 0xFFFFFFFF for k in range(size)]))

    cycles(dut, bench, watch)
    assert got == expected
