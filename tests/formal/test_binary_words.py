"""No partial word leaks: whatever was written before, what lies behind a word's end reads as zero."""

import pytest
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cat, Cover, Fragment, Mux, Signal

from hw.binary.words import ChunkMemory
from hw.stream import delay
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories

WIDTH, CHUNKS, WORDS = 2, 3, 2


def spec(m, latency, kind):
    """One word is watched: the chunk that was written last, and what it and those before it got."""
    dut = ChunkMemory(WIDTH, WIDTH * CHUNKS, CHUNKS, WORDS, latency=latency, kind=kind)
    m.submodules.dut = inside = Fragment.get(dut, None)
    for each in (dut.i_write, dut.i_from, dut.i_write_address, dut.i_data, dut.i_address):
        m.d.comb += each.eq(AnySeq(len(each)))
    places = [(1 << CHUNKS) - (1 << k) for k in range(CHUNKS)]
    m.d.comb += Assume(Cat(dut.i_from == place for place in places).any())

    watched = AnyConst(1)
    mine = dut.i_write & (dut.i_write_address == watched)
    word, known = Signal(WIDTH * CHUNKS), Signal(CHUNKS)  # of a chunk, whether it is known
    for k, place in enumerate(places):
        with m.If(mine & (dut.i_from == place)):
            m.d.sync += [word[WIDTH * k:].eq(dut.i_data), known.eq(known | place)]
    # It is in the memory two cycles later.
    word_there, known_there = (delay(m, each, 1, name) for each, name in (
        (word, "word"), (known, "known")))
    parts = ["memory"] if kind == "masked" else [f"chunk_{k}" for k in range(CHUNKS)]
    stored = Cat(Mux(watched, *(probe(inside, f"{part}.row_{k}") for k in (1, 0))) for part in parts)
    mask = Cat(bit.replicate(WIDTH) for bit in known_there)
    late = delay(m, mine, 1, "late")
    m.d.comb += Assert((stored ^ word_there) & mask == 0, "the word is stored, and zeros behind its end")

    # A read that meets no write.
    asked = (dut.i_address == watched) & ~late
    read = delay(m, Mux(asked, mask, 0), latency, "read")
    expected = delay(m, word_there, latency, "expected")
    before = delay(m, dut.o, 1, "before")
    m.d.comb += [
        Assert((dut.o ^ expected) & read == 0, "the word is read, and zeros behind its end"),
        Cover(read.all() & (dut.o == 0b000011) & (before == 0b111111), "a short word after a long one"),
    ]


@pytest.mark.parametrize("kind", ["block", "masked"])
@pytest.mark.parametrize("latency", [1, 2])
def test_words(latency, kind):
    with memories(ContractMemory):
        prove(lambda m: spec(m, latency, kind), name=f"binary_words_{kind}_{latency}", depth=4, cover=12)
