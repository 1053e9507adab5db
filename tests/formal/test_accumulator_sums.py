"""Accumulators lose no product, whatever the order of the rows: any watched one has its sum."""

import pytest
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Array, Assert, Assume, Cat, Const, Cover, Fragment, Mux, Signal

from hw.sparse.accumulator import Accumulators
from hw.stream import delay
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories

ROWS, WIDTH = 4, 3


def spec(m, latency):
    dut = Accumulators(ROWS, WIDTH, True, WIDTH, True, latency=latency)
    m.submodules.dut = inside = Fragment.get(dut, None)
    for each in (dut.i_valid, dut.i_row, dut.i_product, dut.i_end, dut.i_read, dut.i_bank,
                 dut.i_slot, dut.i_clear, dut.i_release):
        m.d.comb += each.eq(AnySeq(len(each)))

    # Whose a bank is: the walker's from its release to the end of its vector, then nobody's until
    # its last sum is written, then the drain's.
    walker, bank = Signal(2), Signal()
    taken = Mux(dut.i_end, Const(1, 2) << bank, 0)[:2]
    passing = Const(0, 2)
    for k in range(1, latency + 3):
        passing |= delay(m, taken, k, f"taken_{k}")
    m.d.sync += [walker.eq((walker | dut.i_release) & ~taken), bank.eq(bank ^ dut.i_end)]
    m.d.comb += [
        Assume(~(dut.i_valid | dut.i_end) | walker.bit_select(bank, 1)),
        Assume((dut.i_release & ~dut.o_done) == 0),
        Assume(~dut.i_read | dut.o_done.bit_select(dut.i_bank, 1)),
        Assume(~dut.i_clear | (dut.o_done == 0b11)),
        Assert(bank == probe(inside, "bank"), "banks take turns"),
        Assert((walker & dut.o_done) == 0, "a bank belongs to one side"),
        Assert(dut.o_done == ~(walker | passing), "the drain gets a bank with its sums written"),
    ]

    # The watched accumulator. The drain reads a slot once, and clears it before it gives it back.
    row, half = AnyConst(2), AnyConst(1)
    mine = Const(1, 2) << half
    reads = dut.i_read & (dut.i_bank == half) & (dut.i_slot == row)
    clears = reads | (dut.i_clear & (dut.i_slot == row))
    cleared = delay(m, clears, 1, "cleared")
    released = (dut.i_release & mine).any()
    clean, known = Signal(), Signal()  # cleared since its vector; cleared since reset
    m.d.comb += Assume(~(reads & cleared) & (~released | clean))
    m.d.sync += [clean.eq((clean | clears) & ~released), known.eq(known | clears)]

    # What it should hold: the products that have passed the adder. They come `latency` cycles after
    # their row, and the sum is written in the cycle after.
    hit = dut.i_valid & (dut.i_row == row) & (bank == half)
    adds, written = delay(m, hit, latency, "hit"), delay(m, hit, latency + 1, "sum")
    expected = Signal(WIDTH)
    with m.If(adds):
        m.d.sync += expected.eq(expected + dut.i_product)
    with m.If(clears):
        m.d.sync += expected.eq(0)
    words = Array(probe(inside, f"bank_{b}.row_{k}") for b in range(2) for k in range(ROWS))
    stored = words[Cat(row, half)]
    asked = delay(m, dut.i_read, latency + 1, "asked")
    read = delay(m, reads & known, latency + 1, "read")
    read_sum = delay(m, expected, latency + 1, "read_sum")
    total = probe(inside, "total").as_unsigned()
    answer = dut.o_sum.as_unsigned()
    m.d.comb += [
        Assert(~(known & written) | (total == expected), "the sum under way is right"),
        Assert(~known | written | cleared | (stored == expected), "the stored sum is right"),
        Assert(~clean | (known & (dut.o_done & mine).any()), "only the drain clears"),
        Assert(~clean | (expected == 0), "a cleared accumulator is zero"),
        Assert(known | (dut.o_done & mine).any(), "no bank is given out before it is cleared"),
        Assert(~read | (answer == read_sum), "the drain reads the sum of all products"),
        Assert(asked | (answer == 0), "the drain reads zero if it does not ask"),
        Cover(read & (read_sum == 3), "a sum is drained"),
        Cover(known & adds & written & (expected == 2), "a row is given twice in a row"),
        Cover(known & adds & delay(m, adds, latency + 1, "late") & ~written & (expected == 2),
              "a row is read in the cycle that writes it"),
    ]


@pytest.mark.parametrize("latency", [1, 2])
def test_sums(latency):
    """Induction over one pipeline length more than forwarding looks back."""
    with memories(ContractMemory):
        prove(lambda m: spec(m, latency), name=f"accumulator_{latency}", depth=2 * latency + 4,
              cover=3 * latency + 14)
