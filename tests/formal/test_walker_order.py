"""The walker: every entry of every item once and in order, markers in their place, no gap."""

from types import SimpleNamespace

from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Assert, Assume, Cat, Const, Cover, Fragment, Mux, Signal

from hw.sparse.layout import length_bits
from hw.sparse.walker import ColumnWalker
from hw.stream import delay
from tests.formal.configs import small
from tests.formal.handshake import feed
from tests.formal.harness import probe, prove


def made(each, short):
    """Whether a column table makes such an item.

    It does so of two lengths and of whether the columns meet an activation: a marker, a pair with any
    lengths, or one long column. ``begin`` is the address of the first column's first entry.
    """
    item, first, second, use = each.payload, each.first, each.second, each.use
    end = each.begin + first + second + 1
    return Cat(
        Mux(each.long, (second == 0) & (first < 1 << len(item.left)), first < 1 << short),
        Mux(item.marker, use == 0, use.any()),
        ~use[0] | (first != 0), ~use[1] | (second != 0),
        item.end == end[:len(item.end)],
        item.stop == ~use[1], item.from_second == ~use[0],
        item.one == (item.marker | Mux(use[0], (first == 1) & ((second == 0) | ~use[1]), second == 1)),
        item.turn == (use[0] & (first == 1)),
        item.left == ~Mux(use[0], first + second, second)[:len(item.left)],
        item.second == (~(second + Const(2, short + 1)))[:short + 1],
    ).all()


def spec(m):
    c = small(entries=32).sparse
    dut = ColumnWalker(c)
    m.submodules.dut = inside = Fragment.get(dut, None)
    feed(m, dut.i, "i")
    pause = AnySeq(1)
    m.d.comb += dut.i_pause.eq(pause)

    i, short, width = dut.i.payload, length_bits(c.capacity.rows), len(dut.i.payload.end)
    new = SimpleNamespace(payload=i, first=AnySeq(2 * short), second=AnySeq(short), begin=AnySeq(width),
                          use=AnySeq(2), long=AnySeq(1))
    m.d.comb += Assume(made(new, short))

    # The item taken last, which of its entries is next (`at`, counted from the first column's first
    # one), and which one is behind its last.
    taken = dut.i.valid & dut.i.ready
    item = SimpleNamespace(**{name: Signal.like(value, name=f"item_{name}")
                              for name, value in vars(new).items()})
    active, at = Signal(), Signal(2 * short)
    end = (item.first + Mux(item.use[1], item.second, 0))[:2 * short]
    last = item.payload.marker | (at + 1 == end)
    with m.If(~pause & (~active | last)):
        m.d.sync += [
            active.eq(taken), at.eq(Mux(new.use[0], 0, new.first)),
            *(vars(item)[name].eq(value) for name, value in vars(new).items()),
        ]
    with m.Elif(~pause):
        m.d.sync += at.eq(at + 1)

    # What must leave a cycle later.
    emits = active & ~pause
    entry, marker, starts = Signal(), Signal(), Signal()
    address, value, task = Signal(width), Signal.like(dut.o_value), Signal.like(dut.o_task.as_value())
    of_second = at >= item.first
    values = Array(item.payload["values"][k] for k in range(2))
    m.d.sync += [
        entry.eq(emits & ~item.payload.marker), marker.eq(emits & item.payload.marker),
        starts.eq((at == 0) | (at == item.first)), address.eq(item.begin + at),
        value.eq(values[of_second]), task.eq(item.payload["values"][0]),
    ]
    emitted = delay(m, dut.o_valid, 1, "emitted")
    inner = {name: probe(inside, name) for name in (
        "item", "count", "busy", "one", "turn", "fresh", "second")}
    walking = active & ~item.payload.marker
    left = (item.first + item.second - at)[:2 * short]
    m.d.comb += [
        Assert(dut.o_valid == entry, "an entry a cycle, as many as the columns in use have"),
        Assert(dut.o_marker == marker, "a marker leaves as one"),
        Assert(~entry | (dut.o_address == address), "entries in order"),
        Assert(~entry | (dut.o_value == value), "every entry meets its column's activation"),
        Assert(~entry | (dut.o_first == starts), "the first entry of a column is marked"),
        Assert(~marker | (dut.o_task.as_value() == task), "a marker keeps its task"),
        Assert(dut.i.ready == (~pause & (~active | last)), "no gap, no item taken too early"),
        # What makes it inductive.
        Assert(inner["busy"] == active, "it knows that there is an item"),
        Assert(~active | (inner["item"] == item.payload.as_value()), "it keeps the item"),
        Assert(~active | made(item, short), "the item is one of those"),
        Assert(~walking | (at < end), "an entry that is there"),
        Assert(~walking | (inner["count"] == ~left[:len(inner["count"])]), "it counts the entries"),
        Assert(~walking | (inner["one"] == (at + 1 == end)), "it knows the last entry"),
        Assert(~walking | (inner["turn"] == (at + 1 == item.first)),
               "it knows the first column's last entry"),
        Assert(~walking | (inner["fresh"] == ((at == 0) | (at == item.first))),
               "it knows a column's first entry"),
        Assert(~walking | (inner["second"] == of_second), "it knows the column"),
        Assert((active & ~item.payload.marker) | inner["one"], "a marker is one entry, so is nothing"),
        Cover(entry & (at == 2) & (item.first == 2) & (item.second == 2) & item.use.all()
              & ~emitted, "a pause between two columns"),
        Cover(taken & active & item.payload.marker, "an item behind a marker"),
        Cover(taken & walking & i.marker & (item.use == 0b01) & (item.second == 3) & (at == 1),
              "a marker behind a pair whose second column is left out"),
        Cover(taken & walking & (item.use == 0b10) & (item.first == 3) & (at == 4),
              "an item behind a pair whose first column is left out"),
        Cover(walking & last & (item.first == (1 << short) + 1), "the last entry of a long column"),
    ]


def test_walker():
    prove(spec, name="walker", depth=3, cover=24)
