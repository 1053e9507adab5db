"""First in, first out; nothing lost, nothing made up; the level is right."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Cat, Cover, Fragment, Module, Signal, Value
from amaranth.lib import stream

from hw.stream import Queue, SkidBuffer
from tests.formal.handshake import feed
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories

WIDTH = 2


def in_order(m: Module, i: stream.Interface, o: stream.Interface,
             slots: list[tuple[Value, Value]]) -> None:
    """States that items leave ``o`` as and when they entered ``i``.

    One item, any one, is watched: its word, and how many items are ahead of it. The invariant that
    makes this inductive is that it lies in the right one of ``slots``, which are the places where
    an item can be, oldest first, as (occupied, word).
    """
    count = Signal(8)  # items inside
    watching, word, ahead = Signal(), Signal(WIDTH), Signal(8)
    enters, leaves = i.valid & i.ready, o.valid & o.ready
    m.d.sync += count.eq(count + enters - leaves)
    with m.If(watching & leaves):
        m.d.sync += [ahead.eq(ahead - 1), watching.eq(ahead != 0)]
    with m.If(~watching & enters & AnySeq(1)):
        m.d.sync += [watching.eq(1), word.eq(i.payload), ahead.eq(count - leaves)]

    older, kept = 0, []
    for occupied, stored in slots:
        kept.append(~(watching & occupied & (ahead == older)) | (stored == word))
        older = older + occupied
    m.d.comb += [
        Assert(Cat(kept).all(), "the watched item keeps its word"),
        Assert(count == older, "every item is somewhere, and nothing else"),
        Assert(~watching | (ahead < count), "the watched item has not left"),
        Assert(~o.valid | (count != 0), "nothing is made up"),
        Assert(~(watching & o.valid & (ahead == 0)) | (o.payload == word), "first in, first out"),
        Cover(watching & leaves & (ahead == 0) & (word == 2), "a watched item leaves"),
        Cover(~i.ready, "it fills up"),
    ]


def test_skid_buffer():
    def spec(m):
        dut = SkidBuffer(WIDTH)
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        m.d.comb += dut.o.ready.eq(AnySeq(1))
        in_order(m, dut.i, dut.o, [(probe(inside, "valid"), probe(inside, "payload")),
                                   (~probe(inside, "room"), probe(inside, "skid"))])
    prove(spec, name="order_skid_buffer", depth=3, cover=8)


def _order(bits: int) -> list[int]:
    """The pointers of 2 or 3 bits in their order."""
    order = [0]
    for _ in range((1 << bits) - 2):
        state = order[-1]
        order.append((state << 1 & (1 << bits) - 1) | (state >> bits - 1 ^ state >> bits - 2 ^ 1) & 1)
    assert sorted(order) == list(range((1 << bits) - 1))
    return order


def _look_up(m: Module, table: dict[int, Value | int], index: Value, width: int) -> Signal:
    result = Signal(width)
    with m.Switch(index):
        for key, value in table.items():
            with m.Case(key):
                m.d.comb += result.eq(value)
    return result


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("depth", [3, 4])
def test_queue(latency, depth):
    """Also: a word is not read in the cycle that writes it."""
    def spec(m):
        dut = Queue(WIDTH, depth, latency=latency)
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        m.d.comb += dut.o.ready.eq(AnySeq(1))
        registers = ["memory.latch", "memory.output"][:latency]
        slots = [(probe(inside, "valid")[k], probe(inside, registers[k]))
                 for k in reversed(range(latency))]
        read, write = probe(inside, "read_pointer"), probe(inside, "i_write_address")
        order = _order(len(read))
        rows = [probe(inside, f"memory.row_{k}") for k in range(1 << len(read))]
        held = (dut.o_level - probe(inside, "popped"))[:len(dut.o_level)]
        first = _look_up(m, {state: k for k, state in enumerate(order)}, read, len(read))
        for k in range(depth):
            words = {n: rows[order[(n + k) % len(order)]] for n in range(len(order))}
            slots.append((k < held, _look_up(m, words, first, WIDTH)))
        end = _look_up(m, dict(enumerate(order + order)), first + held, len(write))
        in_order(m, dut.i, dut.o, slots)
        m.d.comb += [
            Assert(dut.o_level <= depth, "the level is at most the depth"),
            Assert(probe(inside, "popped") <= dut.o_level, "what left is counted"),
            Assert(probe(inside, "some") == (held != 0), "it knows whether there are some"),
            Assert(~read.all() & ~write.all(), "pointers stay inside"),
            Assert(write == end, "pointers and level agree"),
            Assert(dut.i.ready == (dut.o_level != depth), "items are taken while there is room"),
            Assert(~(probe(inside, "i_write") & probe(inside, "pop") & (read == write)),
                   "a word is not read in the cycle that writes it"),
        ]
    with memories(ContractMemory):
        prove(spec, name=f"order_queue_{latency}_{depth}", depth=3, cover=depth + latency + 5)
