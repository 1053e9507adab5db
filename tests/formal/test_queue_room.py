"""The queue of a PE never overflows: items on their way when PEs say "almost full" find room."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Cover, Fragment, Signal

from hw.sparse.pe import ProcessingElement, coarse, in_flight
from hw.stream import or_tree, or_tree_levels
from tests.formal.configs import small
from tests.formal.harness import probe, prove
from tests.formal.memory import AnyMemory, memories


def spec(m, latency, pes, spare):
    """One PE, the others saying anything; column lengths and items are anything as well.

    The broadcast is the one of ``SparseEngine``: stop from the tree, item through a register. The
    drain holds the walker up as often as it likes. The queue has ``spare`` words more than it must.
    """
    slack = in_flight(latency) + or_tree_levels(pes)
    depth = slack + (1 << coarse(16)) + spare
    config = small(memory_latency=latency)
    config = config.model_copy(update={"sparse": config.sparse.model_copy(
        update={"queue_depth": depth})})
    dut = ProcessingElement(config, slack=slack, load_width=32, load_address=4)
    m.submodules.dut = inside = Fragment.get(dut, None)
    others = Signal(pes - 1)
    stop = or_tree(m, [dut.o_almost_full, *others], "stop")
    item_valid = Signal()
    m.d.comb += [others.eq(AnySeq(pes - 1)), dut.i_item_valid.eq(item_valid), dut.i_read.eq(AnySeq(1)),
                 dut.i_item.as_value().eq(AnySeq(len(dut.i_item.as_value())))]
    m.d.sync += item_valid.eq(AnySeq(1) & ~stop)

    stages = ["item_valid_1", *(f"looked_up_valid_{k + 1}" for k in range(latency + 1)),
              "measured_valid_1", "push"]
    on_their_way = sum((probe(inside, f"body.columns.{stage}") for stage in stages), item_valid)
    level = probe(inside, "body.queue.o_level")
    push, ready = probe(inside, "body.columns.push"), probe(inside, "body.queue.i__ready")
    popped, some = probe(inside, "body.queue.popped"), probe(inside, "body.queue.some")
    settled = Signal()  # since then `reset` tells of the first reset
    m.d.sync += settled.eq(1)
    with m.If(settled & ~probe(inside, "reset")):
        m.d.comb += [
            Assert(~push | ready, "nothing is pushed into a full queue"),
            Assert((some == (level != popped)) & (popped <= level),
                   "the queue knows whether there are some"),
            Assert(level + on_their_way <= depth, "there is room for all that is on its way"),
            # Levels are looked at in steps: of a spare below a step, nothing is used.
            Cover(level == depth - spare % (1 << coarse(16)), "the queue fills to its last word"),
        ]


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("pes", [4, 5])
@pytest.mark.parametrize("spare", [0, 3])
def test_room(spare, latency, pes):
    """One and two levels of the tree. Induction over the way from level to stop."""
    with memories(AnyMemory):
        prove(lambda m: spec(m, latency, pes, spare), name=f"queue_room_{latency}_{pes}_{spare}",
              depth=or_tree_levels(pes) + 4, cover=34)
