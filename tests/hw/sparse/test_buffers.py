import random

import numpy as np
import pytest
from amaranth.hdl import Cat, Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.config import bits_for, integer_range
from hw.sparse.buffers import ActivationSource, InputBuffer, OutputBuffer, source_job
from hw.sparse.layout import beat_layout
from tests.hw.configs import config
from tests.hw.stalls import cycles


class Scan(Component):
    """Input buffer and activation source, as the engine joins them."""

    def __init__(self, c):
        self.config = c
        self.buffer = InputBuffer(c)
        super().__init__({
            "i": In(stream.Signature(source_job(c))),
            "o": Out(stream.Signature(beat_layout(c.sparse))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = self.buffer
        m.submodules.source = source = ActivationSource(self.config)
        connect(m, flipped(self.i), source.i)
        connect(m, source.o, flipped(self.o))
        m.d.comb += [
            buffer.i_read.eq(source.o_read),
            buffer.i_advance.eq(source.o_advance),
            buffer.i_address.eq(Cat(source.o_beat[:len(buffer.i_address) - 1], source.o_context)),
            source.i_input.eq(buffer.o_values),
        ]
        return m


def scan(c, vectors, seed, *, discard=lambda _: False):
    """Send vectors as host words; read them back as beats of lanes."""
    rng = random.Random(seed)
    print(f"seed {seed}")
    activation = c.sparse.activation
    dut = Scan(c)
    buffer, read = dut.buffer, []

    async def host(ctx):
        dtype = f"<{'i' if activation.signed else 'u'}{activation.slot // 8}"
        for k, vector in enumerate(vectors):
            data = np.array(vector, dtype).tobytes()
            words = np.frombuffer(data + bytes(-len(data) % 4), "<u4").tolist()
            attempts = [words[:1 + rng.randrange(len(words))]] if discard(k) else []
            for words_sent in [*attempts, words]:
                for word in words_sent:
                    ctx.set(buffer.i.payload, word)
                    ctx.set(buffer.i.valid, 1)
                    await ctx.tick().until(buffer.i.ready)
                    ctx.set(buffer.i.valid, 0)
                    while rng.random() < 0.3:
                        await ctx.tick()
                end = buffer.i_commit if words_sent is words else buffer.i_discard
                ctx.set(buffer.i_tag, 500 + k)
                ctx.set(end, 1)
                await ctx.tick()
                ctx.set(end, 0)

    async def read_back(ctx):
        for k, vector in enumerate(vectors):
            context = k & 1
            await ctx.tick().until(buffer.o_full[context])
            assert ctx.get(buffer.o_tag[context]) == 500 + k
            beats = -(-len(vector) // activation.lanes)
            ctx.set(dut.i.payload, {"hidden": 0, "context": context, "more_beats": beats - 1,
                                    "tag": {"first": 0, "last": 0, "tail": 1, "table": 5 + k,
                                            "long": k & 1,
                                            "task": {"begin": 0, "relative": 0, "layer": k & 3}}})
            ctx.set(dut.i.valid, 1)
            lanes, taken = [], False
            while len(lanes) < beats * activation.lanes or not taken or ctx.get(buffer.i_release):
                ctx.set(dut.o.ready, rng.random() < 0.6)
                _, _, valid, ready, payload, job_taken = await ctx.tick().sample(
                    dut.o.valid, dut.o.ready, dut.o.payload, dut.i.valid & dut.i.ready)
                if job_taken:
                    assert not taken
                    taken = True
                    ctx.set(dut.i.valid, 0)
                    # All beats are read: the host may write here again at once.
                    ctx.set(buffer.i_release, 1 << context)
                else:
                    ctx.set(buffer.i_release, 0)
                if valid and ready:
                    beat = len(lanes) // activation.lanes
                    tag = payload.tag
                    assert (tag.first, tag.last) == (beat == 0, beat == beats - 1)
                    assert (tag.table, tag.long, tag.tail, tag.task.layer) == (5 + k, k & 1, 1, k & 3)
                    lanes += [payload["values"][lane] for lane in range(activation.lanes)]
            ctx.set(buffer.i_release, 0)
            mask = (1 << activation.width) - 1
            read.append(lanes[:len(vector)])
            assert read[-1] == [int(value) & mask for value in vector], f"vector {k}"

    cycles(dut, read_back, host)
    assert len(read) == len(vectors)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("width, signed, lanes", [(8, True, 4), (5, False, 8), (16, True, 2),
                                                  (11, False, 4)])
def test_vectors_come_back(width, signed, lanes, latency, seed):
    c = config(memory_latency=latency, sparse__activation={
        "width": width, "signed": signed, "lanes": lanes})
    rng = np.random.default_rng(seed)
    low, high = integer_range(width, signed)
    inputs = c.sparse.capacity.inputs
    vectors = [rng.integers(low, high + 1, n).tolist() for n in [inputs, 1, 3, *rng.integers(
        1, inputs + 1, 5)]]
    scan(c, vectors, seed, discard=lambda k: k % 3 == 1)


def test_words_beyond_the_buffer_are_dropped():
    """A vector that is too long does not touch the other slot."""
    c = config()
    buffer = InputBuffer(c)
    depth = buffer.depth

    async def bench(ctx):
        async def send(count, base, commit):
            for k in range(count):
                ctx.set(buffer.i.payload, base + k)
                ctx.set(buffer.i.valid, 1)
                await ctx.tick().until(buffer.i.ready)
            ctx.set(buffer.i.valid, 0)
            end = buffer.i_commit if commit else buffer.i_discard
            ctx.set(end, 1)
            await ctx.tick()
            ctx.set(end, 0)

        await send(depth, 100, True)
        await send(5 * depth + 40, 0, False)
        for beat in range(depth):
            ctx.set(buffer.i_read, 1)
            ctx.set(buffer.i_advance, 1)
            ctx.set(buffer.i_address, beat)
            await ctx.tick().repeat(2)
            assert ctx.get(buffer.o_values) == 100 + beat
        assert ctx.get(buffer.o_full) == 0b01

    cycles(buffer, bench)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("drains", [1, 2])
@pytest.mark.parametrize("packed, width, signed", [
    (False, 20, True), (False, 32, False), (False, 33, True), (False, 64, True), (False, 40, False),
    (True, 8, True), (True, 5, False), (True, 16, True), (True, 11, True)])
def test_output_buffer(packed, width, signed, drains, latency, seed):
    """Rows come in any order, one a lane; words leave in order, zeros behind the last activation."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    c = config(memory_latency=latency, sparse__weight__signed=signed, sparse__pes=4,
               sparse__drains=drains, sparse__outputs="activations" if packed else "accumulators",
               sparse__activation={"width": width if packed else 8, "signed": signed, "lanes": 4},
               sparse__accumulator={"width": 24 if packed else width, "signed": signed},
               sparse__requantize={"enabled": packed, "multiplier_width": 1})
    low, high = integer_range(width, signed)
    count = rng.choice([1, 2, 13, 15, 16])
    vectors = [[rng.choice([low, high, rng.randint(low, high)]) for _ in range(count)]
               for _ in range(7)]
    dut = OutputBuffer(c)
    assert bits_for(dut.depth) >= bits_for(16)
    element = c.sparse.activation.slot // 8 if packed else 8 if width > 32 else 4
    padded = -(-count * element // 4) * 4 // element
    eager = rng.choice([1.0, 0.4])

    async def drain(ctx):
        for k, vector in enumerate(vectors):
            while not ctx.get(dut.o_free) >> (k & 1) & 1:
                await ctx.tick()
            ctx.set(dut.i_context, k & 1)
            waiting = [rng.sample(rows, len(rows)) for rows in (
                range(lane, count, drains) for lane in range(drains))]
            while any(waiting):
                writes = 0
                for lane, rows in enumerate(waiting):
                    if rows and rng.random() < 0.8:
                        row = rows.pop()
                        writes |= 1 << lane
                        ctx.set(dut.i_row[lane], row)
                        ctx.set(dut.i_value[lane], vector[row] & ((1 << width) - 1))
                ctx.set(dut.i_write, writes)
                await ctx.tick()
            ctx.set(dut.i_write, 0)
            ctx.set(dut.i_tag, 60 + k)
            ctx.set(dut.i_commit, 1)
            await ctx.tick()
            ctx.set(dut.i_commit, 0)

    async def host(ctx):
        ctx.set(dut.i_count, count)
        for k, vector in enumerate(vectors):
            (tag,) = await ctx.tick().sample(dut.o_tag).until(dut.o_start)
            assert tag == 60 + k
            assert ctx.get(dut.o_words) == padded * element // 4
            ctx.set(dut.i_go, 1)
            await ctx.tick()
            ctx.set(dut.i_go, 0)
            words = []
            while len(words) < padded * element // 4:
                ctx.set(dut.o.ready, rng.random() < eager)
                _, _, valid, ready, word = await ctx.tick().sample(dut.o.valid, dut.o.ready,
                                                                   dut.o.payload)
                if valid and ready:
                    words.append(word)
            ctx.set(dut.o.ready, 0)
            await ctx.tick().repeat(latency + 3)
            assert not ctx.get(dut.o.valid), "a word too many"
            values = np.array(words, "<u4").view(f"<{'i' if signed else 'u'}{element}").tolist()
            assert values == vector + [0] * (padded - count)

    cycles(dut, host, drain)


@pytest.mark.parametrize("latency", [1, 2])
def test_padding_does_not_depend_on_a_later_count(latency):
    """Once a slot is free the count may change, though the last words still wait for the host."""
    c = config(memory_latency=latency, sparse__outputs="activations",
               sparse__activation={"width": 8, "signed": False, "lanes": 4},
               sparse__requantize={"enabled": True, "multiplier_width": 1})
    dut = OutputBuffer(c)
    # As many words as wait outside the slot: two, and those in the RAM's registers.
    count = 4 * (latency + 1) + 1
    words = []

    async def bench(ctx):
        ctx.set(dut.i_count, count)
        for row in range(count + 3):  # what lies behind the last one is not zero
            ctx.set(dut.i_write, 1)
            ctx.set(dut.i_row[0], row)
            ctx.set(dut.i_value[0], 0x41 + row)
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        ctx.set(dut.i_commit, 1)
        await ctx.tick()
        ctx.set(dut.i_commit, 0)
        await ctx.tick().until(dut.o_start)
        ctx.set(dut.i_go, 1)
        await ctx.tick()
        ctx.set(dut.i_go, 0)
        await ctx.tick().until(dut.o_free == 0b11)
        ctx.set(dut.i_count, 0)
        await ctx.tick().repeat(5)
        ctx.set(dut.o.ready, 1)
        for _ in range(10):
            if ctx.get(dut.o.valid):
                words.append(ctx.get(dut.o.payload))
            await ctx.tick()

    cycles(dut, bench)
    values = [0x41 + row for row in range(count)] + [0, 0, 0]
    assert words == np.array(values, "u1").view("<u4").tolist()
