"""The memory keeps the contract that the other proofs rely on (``ContractMemory``)."""

import pytest
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Cover, Signal

from hw.memory import Memory
from tests.formal.harness import prove

WIDTH, DEPTH = 2, 4


def spec(m, latency, ports):
    """One address is watched: its word, and where in the read registers that word is."""
    m.submodules.dut = dut = Memory(WIDTH, DEPTH, latency=latency, ports=ports)
    for each in (dut.i_write, dut.i_write_address, dut.i_write_data, dut.i_read, dut.i_advance,
                 dut.i_address):
        m.d.comb += each.eq(AnySeq(len(each)))
    address = AnyConst(2)
    word, written = Signal(WIDTH), Signal()
    with m.If(dut.i_write & (dut.i_write_address == address)):
        m.d.sync += [word.eq(dut.i_write_data), written.eq(1)]

    collides = dut.i_write & (1 if ports == "single" else dut.i_write_address == address)
    latch, known = Signal(WIDTH), Signal()
    with m.If(dut.i_read):
        m.d.sync += [latch.eq(word), known.eq(written & (dut.i_address == address) & ~collides)]
    if latency == 2:
        output, output_known = Signal(WIDTH), Signal()
        with m.If(dut.i_advance):
            m.d.sync += [output.eq(latch), output_known.eq(known)]
        latch, known = output, output_known
    before = Signal(WIDTH)
    m.d.sync += before.eq(dut.o_data)
    m.d.comb += [
        Assert(~known | (dut.o_data == latch), "a word is read as it was written"),
        Cover(known & (latch == 2) & (before == 1), "a word is read"),
    ]


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("ports", ["dual", "single"])
def test_memory(latency, ports):
    """Bounded: the words themselves are out of an induction's sight."""
    prove(lambda m: spec(m, latency, ports), name=f"memory_{latency}_{ports}", mode="bmc", depth=9,
          cover=9)
