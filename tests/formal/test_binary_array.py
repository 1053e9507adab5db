"""The binary array's streams and the order of its steps."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cat, Cover, Fragment, Module, Mux, Signal, Value
from amaranth.lib.data import View

from hw.binary.input import BinaryInput
from hw.binary.layout import Output, layer_table, step_layout
from hw.config import Config
from hw.control.scheduler import LayerScheduler
from hw.control.steps import LayerSteps
from tests.formal.handshake import feed, watch
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories


def small(*, memory_latency: int = 2, width: int = 1, hidden_width: int = 1) -> Config:
    """Two rows of four products."""
    return Config.model_validate({
        "name": "formal", "memory_latency": memory_latency,
        "binary": {
            "pes": 2, "simd": 4, "vectors": 2, "ram_width": 8, "hidden_width": hidden_width,
            "accumulator": 6, "scale_width": 1, "activation": {"width": width},
            "capacity": {"layers": 2, "words": 4, "groups": 2, "inputs": 8, "hidden": 4, "outputs": 4},
        },
    })


def any_input(m: Module, *inputs: Value) -> None:
    """Any value in any cycle."""
    for each in map(Value.cast, inputs):
        m.d.comb += each.eq(AnySeq(len(each)))


@pytest.mark.parametrize("width", [1, 3])
def test_input_slots(width):
    """A word is taken only into a slot that is free, and no slot is written that waits or is read."""
    def spec(m):
        dut = BinaryInput(small(width=width))
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        any_input(m, dut.i_commit, dut.i_discard, dut.i_tag, dut.i_take, dut.i_release, dut.i_address)
        full, waiting, slot, taken, released = (
            probe(inside, f"slots.{name}") for name in ("full", "waiting", "slot", "taken", "released"))
        commit = probe(inside, "slots.commit")
        ended = commit | probe(inside, "slots.discard")
        writes, busy = probe(inside, "write"), probe(inside, "busy")
        said = dut.i_commit | dut.i_discard
        m.d.comb += [
            # What whoever sends and whoever reads keeps to.
            Assume(~(said & (dut.i.valid | ended))),
            Assume(~(dut.i_commit & (dut.i_discard | full.bit_select(slot, 1)))),
            Assume(~dut.i_take | dut.o_full),
            Assume(~dut.i_release | (full & ~waiting).bit_select(released, 1)),
            Assert(~(dut.i.ready & (full.bit_select(slot, 1) | ended)), "words go into a free slot"),
            Assert(~(busy & full.bit_select(slot, 1)), "no slot that is full is written"),
            Assert(~(writes & ~busy), "what is written is known"),
            Assert((waiting & ~full) == 0, "what waits is full"),
            Assert(~(commit & full.bit_select(slot, 1)), "no slot is filled twice"),
            # Slots come round: those that are full lie between the next to come back and the next to
            # fill, those that wait between the next to be taken and the next to fill.
            Assert(full == Mux(slot == released, Mux(full.any(), 3, 0), Mux(released, 2, 1)), "in turn"),
            Assert(waiting == Mux(slot == taken, Mux(waiting.any(), 3, 0), Mux(taken, 2, 1)), "offered"),
            Cover(full.all() & waiting.all(), "two vectors wait"),
            Cover(dut.i.valid & dut.i.ready & waiting.any(), "a word comes while a vector waits"),
        ]
    prove(spec, name=f"binary_input_{width}", depth=4, cover=40)


@pytest.mark.parametrize("latency", [1, 2])
def test_scheduler(latency):
    def spec(m):
        c = small(memory_latency=latency)
        m.submodules.dut = dut = LayerScheduler(layer_table(c.binary), latency=latency,
                                                load_width=32, load_address=4)
        any_input(m, dut.i_full, dut.i_slot, dut.i_done, dut.i_context, dut.i_write, dut.i_address,
                  dut.i_data)
        watch(m, dut.o, "o")
    with memories(ContractMemory):
        prove(spec, name=f"binary_scheduler_{latency}", depth=3, cover=18)


@pytest.mark.parametrize("period, drained", [(1, True), (3, False), (4, True)])
def test_steps(period, drained):
    """Layers leave in the order in which they come; sums begin with their first step and end with their
    last one; the drain has its time, and nothing waits but for it; results have room."""
    gap = max(2, period)

    def spec(m):
        c = small(hidden_width=2)
        table = layer_table(c.binary)
        dut = LayerSteps(table, step_layout(c.binary), period=period, drained=drained, again=True)
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        any_input(m, dut.i_room)
        wait, running, first, moves, takes, job = (
            probe(inside, name) for name in ("wait", "running", "first", "moves", "takes", "job"))
        some, both, oldest, newest = (
            probe(inside, name) for name in ("some", "both", "oldest", "newest"))
        drains = dut.o_valid & dut.o.last & (drained | (dut.o.output != Output.HIDDEN))
        since = Signal(range(gap + 1), init=gap)  # cycles from the last such step to the next one
        m.d.sync += since.eq(Mux(drains, 1, Mux(since == gap, gap, since + 1)))
        ended = Signal(init=1)  # the sum of the step before is complete
        with m.If(dut.o_valid):
            m.d.sync += ended.eq(dut.o.last)
        now_ended = Mux(dut.o_valid, dut.o.last, ended)
        through = drained | (View(table.job, job).layer.output != Output.HIDDEN)
        # What waits here, by a queue of its own.
        accepts = dut.i.valid & dut.i.ready
        to_host = dut.i.payload.layer.output != Output.HIDDEN
        count, queue = Signal(range(3)), [Signal(len(job), name=f"queue_{k}") for k in range(2)]
        begun = Signal(len(job))
        m.d.sync += count.eq(count + accepts - takes)
        with m.If(takes):
            m.d.sync += [begun.eq(queue[0]), queue[0].eq(queue[1])]
        for k, place in enumerate(queue):
            with m.If(accepts & (count - takes == k)):
                m.d.sync += place.eq(dut.i.payload.as_value())
        places = [probe(inside, f"waiting_{k}") for k in range(2)]
        m.d.comb += [
            Assert(~dut.o_valid | (dut.o.first == ended), "a sum begins where the one before ended"),
            Assert(~drains | (since == gap), "the drain has its time"),
            Assert(~running | moves | (through & (drains | (since < gap - 1))), "only the drain stops"),
            Assert(~running | (job == begun), "layers leave in their order"),
            Assert(dut.i.ready == ((count < 2) & (~to_host | dut.i_room)), "two layers wait"),
            Assert(dut.o_results == (accepts & to_host), "results are told as they are taken"),
            Assert(~dut.o_results | dut.i_room, "results begin where there is room"),
            Assert(~takes | count.any(), "only what is there is taken"),
            Assert(~dut.o.end | dut.o.last | ~dut.o_valid, "a layer ends with a sum"),
            Assert(~dut.o_read | (dut.o_valid & dut.o.end), "inputs are read until the layer ends"),
            # What makes it inductive.
            Assert(now_ended == Mux(running, first, 1), "it knows where sums begin"),
            Assert(count < 3, "there are two places"),
            Assert(Cat(some, both) == Mux(count == 2, 3, count), "it knows what waits"),
            Assert((newest ^ oldest) == (count == 1), "it knows where"),
            Assert(~some | (Mux(oldest, places[1], places[0]) == queue[0]), "the oldest"),
            Assert(~both | (Mux(oldest, places[0], places[1]) == queue[1]), "the newest"),
            Assert(Mux(drains, wait == period - 3, Mux(
                since <= period - 3, wait + since == period - 3, wait < 0)), "it waits for the drain"),
            Assert(probe(inside, "blocked") == (probe(inside, "draining") & (
                drains | (since <= period - 2))), "and no longer"),
            Assert(~running | (probe(inside, "draining") == through), "it knows what is drained"),
            Cover(drains & (since == gap) & Cat(dut.o.first, dut.o.last, dut.o.end).all()
                  & (dut.o.output == Output.RAW) & running, "a layer of one step, and one behind it"),
            Cover(dut.o_valid & dut.o.double & (dut.o.plane == 0) & ~ended, "a second plane"),
            Cover((count == 2) & running & ~moves, "two layers wait for a third, and it for the drain"),
        ]
    prove(spec, name=f"binary_steps_{period}_{int(drained)}", depth=5, cover=20)
