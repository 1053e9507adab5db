"""The scanner: base words, then every word of the table in order, between the layer's markers."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Assert, Cat, Const, Cover, Fragment, Mux, Signal

from hw.sparse.layout import base_words, beat_layout, task_layout
from hw.sparse.scanner import ColumnScanner
from tests.formal.configs import small
from tests.formal.handshake import feed
from tests.formal.harness import probe, prove


def wanted(beat, lanes, bases, half):
    """One bit an item that a beat calls for: begin marker, base words, lanes ascending, end marker.

    The bit of a pair is that of its first lane.
    """
    tag, there = beat.tag, []
    for k in range(lanes):
        mine = Const(1)
        if half is not None:
            mine = ~tag.halves | (Mux(tag.long, k, k // 2) % 2 == half)
        there.append((tag.long | (k % 2 == 0)) & mine & (~tag.last | (k <= tag.tail)))
    return Cat(tag.first, tag.first.replicate(bases), *there, tag.last)


def spec(m, half):
    c = small(entries=1 << 9, broadcasts=1 if half is None else 2).sparse
    lanes, bases = c.activation.lanes, base_words(c.capacity)
    assert bases == 2
    dut = ColumnScanner(c, half or 0)
    m.submodules.dut = inside = Fragment.get(dut, None)
    feed(m, dut.i, "i")
    m.d.comb += dut.o.ready.eq(AnySeq(1))

    # What leaves is judged once, in the cycle after the output register was loaded: against the
    # beat taken last at that time (`owner`) and its items that had not left yet (`left`).
    beat, owner = (Signal(beat_layout(c), name=name) for name in ("beat", "owner"))
    loaded, taken, left = Signal(), Signal(), Signal(1 + bases + lanes + 1)
    takes, loads = dut.i.valid & dut.i.ready, ~dut.o.valid | dut.o.ready
    m.d.sync += [loaded.eq(loads), taken.eq(takes)]
    with m.If(loads):
        m.d.sync += owner.eq(beat)
    with m.If(takes):
        m.d.sync += beat.eq(dut.i.payload)

    # The next item is the lowest bit of `left`.
    item, task = dut.o.payload, Signal(task_layout(c))
    number, rest, now = Signal.like(left), Signal.like(left), Signal.like(left)
    lane = Signal(range(lanes))
    for k in reversed(range(len(left))):
        with m.If(left[k]):
            m.d.comb += number.eq(1 << k)
            if bases < k < len(left) - 1:
                m.d.comb += lane.eq(k - 1 - bases)
    begins, base, column, ends = (number[0], number[1:1 + bases], number[1 + bases:-1].any(),
                                  number[-1])
    # Words of the table follow each other, from its beginning on, over all beats of a layer.
    address = Signal.like(item.address)
    judged = loaded & dut.o.valid
    m.d.comb += [
        task.eq(item["values"][0]),
        rest.eq(Mux(dut.o.valid, left & ~number, left)),
        now.eq(Mux(~loaded, left, Mux(taken, wanted(beat, lanes, bases, half), rest))),
    ]
    m.d.sync += left.eq(now)
    following = Signal.like(address)
    m.d.comb += following.eq(address + (base.any() | column))
    with m.If(judged):
        m.d.sync += address.eq(Mux(begins, owner.tag.table, following))
    at_begin, at_base, at_column, at_end = (probe(inside, name) for name in (
        "begin", "base", "column", "end"))
    ahead = at_begin | at_base.any() | at_column
    mask = wanted(beat, lanes, bases, half)[1 + bases:-1] & Cat(
        ahead & (k >= probe(inside, "lane")) for k in range(lanes))
    values = Array(owner["values"][k] for k in range(lanes))
    first, second = values[lane], values[lane | 1]
    same_task = ((task.layer == owner.tag.task.layer) & (task.relative == owner.tag.task.relative))
    kept = Mux(begins, owner.tag.table, following)
    m.d.comb += [
        Assert(~judged | left.any(), "no item that no beat calls for"),
        Assert(~judged | (item.marker == (begins | ends)), "markers in their turn"),
        Assert(~(judged & item.marker) | (same_task & (task.begin == begins)),
               "a marker names the layer"),
        Assert(~judged | (item.base == base), "base words in their turn"),
        Assert(~judged | item.marker | (item.address == address), "words in ascending order"),
        Assert(~judged | item.marker | (item.long == (owner.tag.long | base.any())),
               "it says whether a word is one length"),
        Assert(~judged | (item.nonzero[0] == (column & first.any())), "whether the first one counts"),
        Assert(~judged | (item.nonzero[1] == (column & ~owner.tag.long & second.any())),
               "whether the second one counts"),
        Assert(~(judged & column) | ((item["values"][0] == first)
                                     & (owner.tag.long | (item["values"][1] == second))),
               "with the lanes' activations"),
        Assert(~(loaded & taken) | (rest == 0), "all items leave before the next beat"),
        Assert(~loaded | dut.o.valid | (left == 0), "no cycle is lost"),
        # What makes it inductive.
        Assert(now == Cat(at_begin, *(at_begin | at_base[:k + 1].any() for k in range(bases)), mask,
                          (ahead | at_end) & beat.tag.last), "it knows what is left"),
        Assert(at_begin + sum(at_base) + at_column + at_end <= 1, "and what comes next"),
        Assert(~ahead | (probe(inside, "columns") == Cat(sum(mask) > k for k in range(lanes))),
               "and how many columns are left"),
        Assert(probe(inside, "final") == (~ahead | (at_column & ~probe(inside, "columns")[1]
                                                    & ~beat.tag.last)), "and whether one is"),
        Assert(~at_column | mask.any(), "of which one comes next"),
        Assert(~mask.any() | mask.bit_select(probe(inside, "lane"), 1), "at its lane"),
        Assert(~(ahead | at_end) | (beat.as_value() == probe(inside, "beat")), "it keeps the beat"),
        Assert(~at_end | beat.tag.last, "only the last beat has an end"),
        Assert(~(at_begin | at_base.any()) | beat.tag.first, "only the first beat has a beginning"),
        Assert(probe(inside, "address") == Mux(judged, kept, address), "it counts the words"),
        Cover(judged & ends, "an end marker"),
        Cover(judged & base[1] & owner.tag.long, "the last word of a base address"),
        Cover(judged & taken & column & ~owner.tag.last & (lane == 2 + owner.tag.long),
              "a column, then a beat"),
        Cover(judged & column & (owner["values"].as_value() == 0), "columns without activations"),
    ]
    if half == 1:
        m.d.comb += Cover(taken & judged & (left == 1 << len(left) - 1) & (wanted(
            beat, lanes, bases, half) == (0b111 | 1 << len(left) - 1)), "a layer of the other half's")


@pytest.mark.parametrize("half", [None, 0, 1])
def test_column_scanner(half):
    prove(lambda m: spec(m, half), name=f"scanner_{half}", depth=3, cover=14)
