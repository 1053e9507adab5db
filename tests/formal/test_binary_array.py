"""The binary array's streams and the order of its steps."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cat, Cover, Fragment, Module, Mux, Signal, Value
from amaranth.lib.data import View

from hw.binary.input import BinaryInput
from hw.binary.layout import Output
from hw.binary.scheduler import LayerScheduler
from hw.binary.steps import LayerSteps, job_layout
from hw.config import Config
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
            probe(inside, name) for name in ("full", "waiting", "slot", "taken", "released"))
        ended = probe(inside, "commit") | probe(inside, "discard")
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
            Assert(~(probe(inside, "commit") & full.bit_select(slot, 1)), "no slot is filled twice"),
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
        m.submodules.dut = dut = LayerScheduler(c, load_width=32, load_address=4)
        any_input(m, dut.i_full, dut.i_slot, dut.i_done, dut.i_context, dut.i_write, dut.i_address,
                  dut.i_data)
        watch(m, dut.o, "o")
    with memories(ContractMemory):
        prove(spec, name=f"binary_scheduler_{latency}", depth=3, cover=14)


@pytest.mark.parametrize("drained", [False, True])
def test_steps(drained):
    """Sums begin with their first step and end with their last one; the drain has its time; results
    begin only where there is room."""
    period = 3

    def spec(m):
        c = small(hidden_width=2)
        dut = LayerSteps(c, period=period, drained=drained)
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        any_input(m, dut.i_room)
        wait, running, first = (probe(inside, name) for name in ("wait", "running", "first"))
        drains = dut.o_valid & dut.o.last & (drained | (dut.o.output != Output.HIDDEN))
        since = Signal(range(period + 1), init=period)  # cycles from the last such step to the next one
        m.d.sync += since.eq(Mux(drains, 1, Mux(since == period, period, since + 1)))
        ended = Signal(init=1)  # the sum of the step before is complete
        with m.If(dut.o_valid):
            m.d.sync += ended.eq(dut.o.last)
        now_ended = Mux(dut.o_valid, dut.o.last, ended)
        takes = dut.i.ready
        job = View(job_layout(c), probe(inside, "job"))
        through = drained | (job.layer.output != Output.HIDDEN)
        late_room = Signal()
        m.d.sync += late_room.eq(dut.i_room)
        m.d.comb += [
            Assert(~dut.o_valid | (dut.o.first == ended), "a sum begins where the one before ended"),
            Assert(~drains | (since == period), "the drain has its time"),
            Assert(~dut.o_results | late_room, "results begin where there is room"),
            Assert(~(takes & ~dut.i.valid), "only what is there is taken"),
            Assert(~dut.o.end | dut.o.last | ~dut.o_valid, "a layer ends with a sum"),
            Assert(~dut.o_read | (dut.o_valid & dut.o.end), "inputs are read until the layer ends"),
            # What makes it inductive.
            Assert(now_ended == Mux(running, first, 1), "it knows where sums begin"),
            Assert(wait < period - 1, "it waits no longer than the drain needs"),
            Assert(~drains | (wait == period - 2), "it waits from the last step on"),
            Assert(drains | (since == period) | (wait + since == period - 2), "it waits for the drain"),
            Assert(~running | (probe(inside, "draining") == through), "it knows what is drained"),
            Cover(drains & (since == period) & Cat(dut.o.first, dut.o.last, dut.o.end).all()
                  & (dut.o.output == Output.RAW) & running, "a layer of one step, and one behind it"),
            Cover(dut.o_valid & dut.o.double & (dut.o.plane == 0) & ~ended, "a second plane"),
        ]
    prove(spec, name=f"binary_steps_{int(drained)}", depth=5, cover=16)
