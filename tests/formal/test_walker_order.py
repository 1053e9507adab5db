"""The walker: every entry of every item once and in order, markers in their place, no gap."""

from amaranth.hdl import Assert, Cover, Mux, Signal

from hw.sparse.walker import ColumnWalker
from tests.formal.configs import small
from tests.formal.handshake import feed
from tests.formal.harness import prove


def spec(m):
    c = small().sparse
    m.submodules.dut = dut = ColumnWalker(c)
    feed(m, dut.i, "i")

    # The item taken last, and the cycles since. All that leaves until the next one is taken belongs
    # to it: entry number `age` in cycle `age`.
    taken = dut.i.valid & dut.i.ready
    item, age, any_item = Signal.like(dut.i.payload), Signal(len(dut.i.payload.more) + 1), Signal()
    with m.If(taken):
        m.d.sync += [item.eq(dut.i.payload), age.eq(0), any_item.eq(1)]
    with m.Elif(~age.all()):
        m.d.sync += age.eq(age + 1)
    last = Mux(item.marker, 0, item.more)
    entry = any_item & ~item.marker & (age <= item.more)
    marker = any_item & item.marker & (age == 0)
    task = item.where[:len(dut.o_task.as_value())]
    address = (item.where + age)[:len(dut.o_address)]
    m.d.comb += [
        Assert(dut.o_valid == entry, "an entry a cycle, as many as the item has"),
        Assert(dut.o_marker == marker, "a marker leaves as one"),
        Assert(~entry | (dut.o_address == address), "entries in order"),
        Assert(~entry | (dut.o_value == item.value), "every entry meets the item's activation"),
        Assert(~entry | (dut.o_first == (age == 0)), "the first entry is marked"),
        Assert(~marker | (dut.o_task.as_value() == task), "a marker keeps its task"),
        Assert(dut.i.ready == (~any_item | (age >= last)), "no gap, no item taken too early"),
        Cover(taken & ~item.marker & (item.more == 3) & (age == 3) & dut.i.payload.marker,
              "a marker behind the last entry"),
        Cover(taken & marker, "an item behind a marker"),
    ]


def test_walker():
    prove(spec, name="walker", depth=4, cover=10)
