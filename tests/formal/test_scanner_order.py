"""The nonzero detector: the nonzero lanes of every beat, ascending, between the layer's markers."""

from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Assert, Cat, Const, Cover, Fragment, Mux, Signal

from hw.sparse.layout import beat_layout, task_layout
from hw.sparse.nonzero import NonzeroDetector
from tests.formal.configs import small
from tests.formal.handshake import feed
from tests.formal.harness import probe, prove


def wanted(beat, lanes):
    """One bit an item that a beat calls for: begin marker, lanes ascending, end marker."""
    lane = [(beat["values"][k] != 0) & (~beat.tag.last | (k <= beat.tag.tail))
            for k in range(lanes)]
    return Cat(beat.tag.first, *lane, beat.tag.last)


def spec(m):
    c = small().sparse
    lanes = c.activation.lanes
    dut = NonzeroDetector(c)
    m.submodules.dut = inside = Fragment.get(dut, None)
    feed(m, dut.i, "i")
    m.d.comb += dut.o.ready.eq(AnySeq(1))

    # What leaves is judged once, in the cycle after the output register was loaded: against the
    # beat taken last at that time (`owner`) and its items that had not left yet (`left`).
    beat, owner = (Signal(beat_layout(c), name=name) for name in ("beat", "owner"))
    loaded, taken, left = Signal(), Signal(), Signal(lanes + 2)
    takes, loads = dut.i.valid & dut.i.ready, ~dut.o.valid | dut.o.ready
    m.d.sync += [loaded.eq(loads), taken.eq(takes)]
    with m.If(loads):
        m.d.sync += owner.eq(beat)
    with m.If(takes):
        m.d.sync += beat.eq(dut.i.payload)

    # Which item it is, as a bit of `left`.
    item, lane, column_beat = dut.o.payload, Signal(range(lanes)), Signal.like(beat.tag.beat)
    task = Signal(task_layout(c))
    number, rest, now = Signal(lanes + 2), Signal(lanes + 2), Signal(lanes + 2)
    m.d.comb += [
        Cat(lane, column_beat).eq(item.where),
        task.eq(item.where),
        number.eq(Mux(item.marker, Mux(task.begin, 1, 1 << lanes + 1), Const(2) << lane)),
        rest.eq(Mux(dut.o.valid, left & ~number, left)),
        now.eq(Mux(~loaded, left, Mux(taken, wanted(beat, lanes), rest))),
    ]
    m.d.sync += left.eq(now)
    judged = loaded & dut.o.valid
    value = Array(owner["values"][k] for k in range(lanes))[lane]
    same_task = ((task.layer == owner.tag.task.layer) & (task.relative == owner.tag.task.relative))
    m.d.comb += [
        Assert(~judged | (left & number).any(), "an item that the beat calls for, once"),
        Assert(~judged | ~(left & (number - 1)).any(), "in ascending order"),
        Assert(~judged | item.marker | (item.value == value), "with the lane's activation"),
        Assert(~judged | item.marker | (column_beat == owner.tag.beat), "with the beat's column"),
        Assert(~judged | ~item.marker | same_task, "a marker names the layer"),
        Assert(~(loaded & taken) | (rest == 0), "all items leave before the next beat"),
        Assert(~loaded | dut.o.valid | (left == 0), "no cycle is lost"),
        # What makes it inductive.
        Assert(now == probe(inside, "left"), "it knows what is left"),
        Assert((now == 0) | (beat.as_value() == probe(inside, "beat")), "it keeps the beat"),
        Cover(judged & (number == 1 << lanes + 1), "an end marker"),
        Cover(judged & taken & (number == 1 << lanes) & ~owner.tag.last, "a lane, then a beat"),
        Cover(taken & loaded & ~dut.o.valid & (owner["values"].as_value() == 0), "an empty beat"),
    ]


def test_nonzero_detector():
    prove(spec, name="nonzero_order", depth=3, cover=10)
