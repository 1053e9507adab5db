"""Accumulators lose no product and mix none up: any watched one has the sum of its vector.

Whatever the order of the rows, and whatever the drain reads of the other bank in between.
"""

import pytest
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Array, Assert, Assume, Cat, Const, Cover, Fragment, Mux, Signal

from hw.sparse.accumulator import Accumulators
from hw.stream import delay
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories

ROWS, WIDTH = 3, 2
WRITES, ADDS = 7, 6  # stages of the pipeline


def spec(m, latency):
    dut = Accumulators(ROWS, WIDTH, True, WIDTH, True, latency=latency)
    m.submodules.dut = inside = Fragment.get(dut, None)
    for each in (dut.i_valid, dut.i_row, dut.i_product, dut.i_end, dut.i_read, dut.i_bank,
                 dut.i_slot, dut.i_release):
        m.d.comb += each.eq(AnySeq(len(each)))

    # Whose a bank is: the walker's from its release to the end of its vector, then nobody's until
    # its last sum is written, then the drain's.
    walker, bank = Signal(2), Signal()
    taken = Mux(dut.i_end, Const(1, 2) << bank, 0)[:2]
    passing = stages(m, taken, "taken")[1:WRITES + 1]
    passes = Const(0, 2)
    for each in passing:
        passes |= each
    m.d.sync += [walker.eq((walker | dut.i_release) & ~taken), bank.eq(bank ^ dut.i_end)]
    reads_bank = Mux(dut.i_read, Const(1, 2) << dut.i_bank, 0)[:2]
    m.d.comb += [
        Assume(~(dut.i_valid | dut.i_end) | walker.bit_select(bank, 1)),
        Assume(~(dut.i_valid & (dut.i_read | dut.i_end))),
        Assume(dut.i_row < ROWS),
        Assume(~dut.i_read | dut.o_done.bit_select(dut.i_bank, 1)),
        Assume((dut.i_release & (~dut.o_done | reads_bank)) == 0),
        Assert(bank == probe(inside, "bank"), "banks take turns"),
        Assert((walker & dut.o_done) == 0, "a bank belongs to one side"),
        Assert(dut.o_done == ~(walker | passes), "the drain gets a bank with its sums written"),
        Assert((walker & passes) == 0, "a vector ends once"),
        *(Assert((passing[j] & passing[k]) == 0, f"a vector ends once, {j} or {k}")
          for j in range(WRITES) for k in range(j)),
        *(Assert(probe(inside, f"ended_{k + 1}") == passing[k], f"it sees the end at {k}")
          for k in range(WRITES)),
    ]

    # The watched accumulator, and the slot of the zero. The drain reads a slot at most once while it has
    # the bank, and at least once before the bank's first vector; the zero's is written by then.
    row, half = AnyConst(2), AnyConst(1)
    place, mine = ~Cat(row, half), (Const(1, 2) << half)[:2]
    adds = stages(m, dut.i_valid & (dut.i_row == row) & (bank == half), "adds")
    reads = stages(m, dut.i_read & (dut.i_bank == half) & (dut.i_slot == row), "reads")
    opens = stages(m, dut.i_read & dut.i_bank & dut.i_slot.all(), "opens")
    asks = stages(m, dut.i_read, "asks")
    touches = [add | read for add, read in zip(adds, reads, strict=True)]
    released, owned = (dut.i_release & mine).any(), (dut.o_done & mine).any()
    used = (walker & mine).any()
    seen, opened = Signal(), Signal()  # it was read since the drain has the bank; the zero's was
    m.d.sync += [seen.eq((seen | reads[0]) & ~released), opened.eq(opened | opens[0])]
    open_now = opened & ~Cat(opens[1:WRITES + 1]).any()
    m.d.comb += [
        Assume(row < ROWS),
        Assume(~(reads[0] & seen)),
        Assume(~released | seen),
        Assume(~(opens[0] & opened)),
        Assume((dut.i_release == 0) | open_now),
    ]

    # What it should hold: the products of rows that have passed the adder since it was read last.
    known, expected = Signal(), Signal(WIDTH)
    with m.If(adds[ADDS]):
        m.d.sync += expected.eq(expected + dut.i_product)
    with m.If(reads[ADDS]):
        m.d.sync += [expected.eq(0), known.eq(1)]
    answers = delay(m, reads[ADDS - 1] & known, 1, "answers")
    read_sum = delay(m, expected, 1, "read_sum")
    answer = dut.o_sum.as_unsigned()
    m.d.comb += [
        Assert(~answers | (answer == read_sum), "the drain reads the sum of all products"),
        Assert(asks[Accumulators.LATENCY] | (answer == 0), "the drain reads zero if it does not ask"),
        Assert(~owned | ~Cat(adds[:WRITES + 1]).any(), "no product comes for what the drain reads"),
    ]

    # What makes it inductive. First, what is where in the pipeline.
    def ended(cycles):
        """Whether a vector of the bank ended so many cycles ago, or less."""
        return Cat((each & mine).any() for each in passing[:max(0, cycles)]).any()

    words = Array(probe(inside, f"ram.row_{k}") for k in range(2 << 2))
    for k in range(1, WRITES + 1):
        at = probe(inside, f"place_{k}_1" if k > 1 else "place")
        writes, drains = (probe(inside, f"{name}_{k}_1") for name in ("writes", "reads"))
        m.d.comb += [
            Assert(touches[k] == (writes & (at == place)), f"it sees the accumulator at {k}"),
            Assert(opens[k] == (writes & (at == 0)), f"it sees the zero at {k}"),
            Assert(drains == asks[k], f"it sees reads at {k}"),
            Assert((~(reads[k] | opens[k]) | asks[k]) & ~(adds[k] & asks[k]), f"not both at {k}"),
            Assert(~reads[k] | ~Cat(touches[k + 1:]).any(), f"nothing is ahead of a read at {k}"),
            Assert(~adds[k] | ~reads[k + 1], f"no row just behind a read at {k}"),
            Assert(~adds[k] | open_now, f"no row before the zero is there at {k}"),
            Assert(~adds[k] | used | ended(k - 1), f"the end comes behind the rows at {k}"),
            Assert(~reads[k] | seen | used | ended(k - 2), f"a read comes before the vector at {k}"),
            Assert(~adds[k] | known | Cat(reads[k + 2:ADDS + 1]).any(), f"no row before a read at {k}"),
        ]
    m.d.comb += [
        Assert(~seen | owned, "it is the drain's when it is read"),
        Assert(~owned | seen | ~Cat(touches[1:WRITES + 1]).any(), "all is written before it is read"),
        Assert(~seen | known | Cat(reads[1:ADDS + 1]).any(), "read is known"),
        Assert(~used | known | Cat(reads[2:ADDS + 1]).any(), "no bank is given out before it is read"),
        Assert(~used | ~reads[1], "nor just behind a read"),
        Assert((walker == 0) | open_now, "nor before the zero is there"),
        Assert(~Cat(opens[1:]).any() | opened, "the zero is written once"),
    ]

    # Then the values.
    def youngest(stage):
        """Which of the four before one at ``stage`` is the accumulator's too, the youngest one only."""
        one, two, three, four = touches[stage + 1:stage + 5]
        return Cat(one, two & ~one, three & ~two & ~one, four & ~three & ~two & ~one)

    operand, total, before = (probe(inside, name) for name in ("operand", "total", "before"))
    word = probe(inside, "word_1" if latency == 1 else "ram.output")
    found = word
    for age in (2, 3, 4):
        found = found | probe(inside, f"sum_{age}")
    m.d.comb += [
        Assert(~touches[2] | (probe(inside, "same") == Cat(touches[3:7])), "which rows are the same"),
        Assert(~touches[3] | (probe(inside, "match_1") == youngest(3)), "which sum is taken, at 3"),
        Assert(~touches[4] | (probe(inside, "match_2") == youngest(4)), "which sum is taken, at 4"),
        Assert(~touches[3] | (probe(inside, "address") == Mux(youngest(3).any(), 0, place)),
               "the word or the zero is read"),
        Assert(~(touches[4] & known) | (probe(inside, "ram.latch")
                                        == Mux(youngest(4).any(), 0, expected)), "it has been read"),
        Assert(~(touches[5] & known) | (found == Mux(touches[6], 0, expected)), "it or a sum is taken"),
        Assert(~touches[5] | (probe(inside, "follows_1") == touches[6]), "the one before counts, at 5"),
        Assert(~touches[6] | (probe(inside, "follows_2") == touches[7]), "the one before counts, at 6"),
        Assert(~(touches[6] & known) | (operand.as_unsigned() == expected), "what is added to"),
        Assert(~(reads[5] & known) | (word == expected), "what is answered"),
        Assert(~touches[7] | (known & (total == expected)), "the sum under way is right"),
        Assert(~touches[8] | touches[7] | (before == expected), "so is the one before"),
        Assert(~known | touches[7] | (words[place] == expected), "the stored sum is right"),
        Assert(~asks[7] | (total == 0), "what is read is cleared"),
        Assert(~open_now | (words[0] == 0), "the zero is zero"),
    ]

    m.d.comb += Cover(answers & (read_sum == 3), "a sum is drained")
    late = delay(m, adds[8], 1, "late")
    for age in (1, 2, 3, 4):
        m.d.comb += Cover(adds[4] & (youngest(4) == 1 << age - 1) & (expected == 2),
                          f"a sum is forwarded over {age}")
    m.d.comb += [
        Cover(adds[4] & late & ~Cat(touches[5:9]).any() & (expected == 2),
              "a sum is read in the cycle after it was written"),
        Cover(adds[4] & asks[5] & adds[6] & (expected == 2), "the drain reads between two products"),
    ]


def stages(m, value, name):
    """A signal in each stage of the pipeline, and in the one behind it."""
    result = [value]
    for k in range(1, WRITES + 2):
        result.append(delay(m, result[-1], 1, f"{name}_at_{k}"))
    return result


@pytest.mark.parametrize("latency", [1, 2])
def test_sums(latency):
    with memories(ContractMemory):
        prove(lambda m: spec(m, latency), name=f"accumulator_{latency}", depth=4, cover=34)
