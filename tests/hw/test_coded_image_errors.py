"""Damaged images of Huffman-coded entries: an error each, no hang, and the next image is not harmed."""

import shutil

import numpy as np
import pytest

from hw import packet
from hw.packet import CODED, Error, Kind, MemoryId
from tests.hw.designs import build, corner_vectors, network, play, results, vector_packet

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"),
                                reason="Icarus Verilog is not installed")

HEAD, CODED_ENTRIES = 3, CODED | MemoryId.ENTRIES


def sections(words):
    """Where each section begins and which memory it names; coded ones follow their tables."""
    heads = {memory | 1 << 8 | pe << 16 for pe in range(3)
             for memory in (CODED_ENTRIES, MemoryId.HUFFMAN, MemoryId.COLUMNS)}
    at, found = HEAD, []
    while at < len(words):
        memory = words[at] & 0xFF
        found.append((at, memory))
        if memory & CODED:  # to the next coded section, table or column table, all with one-word items
            at += 3
            while at < len(words) and words[at] not in heads:
                at += 1
        else:
            at += 2 + words[at + 1] * (words[at] >> 8 & 0xFF)
    return found


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coded")
    # One weight: its code is a single word of one bit, 0.
    net = network(np.random.default_rng(6), (14, 9, 5), values=(3,))
    return build({"name": "coded", "sparse": {"pes": 2, "huffman": "image", "activation": {
        "width": 8, "signed": False, "lanes": 4}}}, net, folder), folder


def damaged(image):
    words = np.frombuffer(packet.parse(image)[2], "<u4").tolist()
    found = sections(words)
    table = next(at for at, memory in found if memory == MemoryId.HUFFMAN)
    stream = next(at for at, memory in found if memory == CODED_ENTRIES)
    after = found[[at for at, _ in found].index(stream) + 1][0]
    last = max(at for at, memory in found if memory == CODED_ENTRIES)
    end = found[[at for at, _ in found].index(last) + 1][0]

    def change(at, value):
        return [*words[:at], value, *words[at + 1:]]

    def image_of(words):
        return packet.build(Kind.IMAGE, np.array(words, "<u4").tobytes())

    some = words[stream + 1]
    return {
        "no_such_code_word": image_of(change(stream + 3, 0xFFFFFFFF)),
        "padding_not_zero": image_of(change(after - 1, words[after - 1] | 1 << 31)),
        "ends_in_a_stream": image_of(words[:last + 3]),
        "ends_before_the_address": image_of(words[:stream + 2]),
        "ends_before_the_stream": image_of(words[:stream + 3]),
        "many_more_entries": image_of(change(stream + 1, some + 1000)),
        "endless_entries": image_of(change(stream + 1, 0xFFFFFFFF)),
        "no_entries": image_of(change(stream + 1, 0)),
        "items_of_no_words": image_of(change(stream, words[stream] & ~0xFF00)),
        "no_table": image_of([*words[:HEAD], *words[stream:]]),
        "no_lengths": image_of([*words[:table + 2], *[0] * 16, *words[table + 18:]]),
        "too_many_lengths": image_of(change(table + 3, 3 | 3 << 9)),
        "too_many_lengths_of_codes": image_of(change(table + 4, words[table + 4] | 4 << 9)),
        "table_cut": image_of(words[:table + 9]),
    }, image_of(words[:end]), last + 3


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_each_is_malformed(design, stall):
    design, folder = design
    vector = corner_vectors(np.random.default_rng(7), design.activation, 14, 6)[5]
    good = design.golden(vector[None])[0].tolist()
    bad, entries_last, _ = damaged(design.image)
    packets, expected = [], []
    for name, image in bad.items():
        packets += [image, vector_packet(design.activation, vector, 4)]
        expected += [(name, (Kind.STATUS, 0, [Error.MALFORMED_IMAGE])),
                     (name, (Kind.STATUS, 4, [Error.NO_IMAGE]))]
    # The verdict waits for the last word's entries.
    packets += [entries_last, design.image, vector_packet(design.activation, vector, 5)]
    expected += [("last", (Kind.STATUS, 0, [Error.NONE])), ("good", (Kind.STATUS, 0, [Error.NONE])),
                 ("good", (Kind.RESULT, 5, good))]
    run = play(design, packets, folder, after=list(range(len(packets))), stall=stall)
    answers = results(design.config, run.packets)
    assert [(name, answer) for (name, _), answer in zip(expected, answers, strict=True)] == expected


@pytest.mark.parametrize("seed", range(2))
def test_random_damage_ends(design, seed):
    """Whatever the words are, there is an answer, and a good image afterwards works."""
    design, folder = design
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    vector = corner_vectors(rng, design.activation, 14, 6)[5]
    words = np.frombuffer(packet.parse(design.image)[2], "<u4")
    packets = []
    for _ in range(40):
        other = words.copy()
        at = rng.integers(HEAD, len(other), rng.integers(1, 4))
        other[at] ^= (1 << rng.integers(0, 32, len(at))).astype("<u4")
        packets.append(packet.build(Kind.IMAGE, other.tobytes()))
    packets += [design.image, vector_packet(design.activation, vector, 5)]
    run = play(design, packets, folder, after=list(range(len(packets))), stall=0.1 * seed)
    *answers, loaded, result = results(design.config, run.packets)
    assert all(a[2] in ([Error.NONE], [Error.MALFORMED_IMAGE]) for a in answers)
    assert [Error.MALFORMED_IMAGE] in [a[2] for a in answers]
    assert loaded == (Kind.STATUS, 0, [Error.NONE])
    assert result == (Kind.RESULT, 5, design.golden(vector[None])[0].tolist())
