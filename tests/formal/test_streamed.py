"""Streamed entries: the handshakes, and room for the beats that are on their way."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Cover, Fragment, Module, Signal

from hw.config import Config
from hw.sparse.streamed import Distributor, EntryQueue
from hw.stream import or_tree, or_tree_levels
from tests.formal.configs import small
from tests.formal.handshake import feed, watch
from tests.formal.harness import probe, prove
from tests.formal.memory import AnyMemory, ContractMemory, memories


def streamed(latency: int, entries: int = 2, pes: int = 2) -> Config:
    config = small(memory_latency=latency)
    sparse = config.sparse.model_copy(update={
        "entries": "stream", "pes": pes,
        "capacity": config.sparse.capacity.model_copy(update={"entries": entries})})
    return config.model_copy(update={"sparse": sparse})


@pytest.mark.parametrize("latency", [1, 2])
def test_handshake(latency):
    def spec(m: Module) -> None:
        m.submodules.dut = dut = EntryQueue(streamed(latency), 3)
        feed(m, dut.i, "i")
        watch(m, dut.o, "o")
    with memories(ContractMemory):
        prove(spec, name=f"entry_queue_{latency}", depth=4, cover=10)


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("pes", [4, 5])
def test_room(latency, pes):
    """One queue, the others saying anything; one and two levels of the tree. Beats are anything."""
    levels = or_tree_levels(pes)
    config = streamed(latency, pes=pes)
    slack = Distributor.IN_FLIGHT + 1 + levels

    def spec(m: Module) -> None:
        distributor, queue = Distributor(config), EntryQueue(config, slack)
        m.submodules.distributor = outside = Fragment.get(distributor, None)
        m.submodules.queue = inside = Fragment.get(queue, None)
        others = Signal(pes - 1)
        feed(m, distributor.i, "i")
        m.d.comb += [
            others.eq(AnySeq(pes - 1)),
            queue.o.ready.eq(AnySeq(1)),
            distributor.i_open.eq(AnySeq(1)),
            distributor.i_stop.eq(or_tree(m, [queue.o_almost_full, *others], "stop")),
            queue.i.valid.eq(distributor.o_valid[0]),
            queue.i.payload.eq(distributor.o_bundle),
        ]
        level = probe(inside, "queue.o_level")
        popped, some = probe(inside, "queue.popped"), probe(inside, "queue.some")
        on_their_way = distributor.o_valid[0] + probe(outside, "valid")
        m.d.comb += [
            Assert(~queue.i.valid | queue.i.ready, "no beat is lost"),
            Assert((some == (level != popped)) & (popped <= level),
                   "the queue knows if there are some"),
            Assert(level + on_their_way <= queue.depth, "there is room for all that is on its way"),
            Cover(level == queue.depth, "the queue fills to its last word"),
        ]
    with memories(AnyMemory):
        prove(spec, name=f"entry_room_{latency}_{pes}", depth=levels + 6, cover=28)
