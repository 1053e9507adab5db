"""The binary array's streams and the order of its steps."""

import pytest
from amaranth.hdl import Assert, Assume, Cover, Fragment, Mux

from hw.binary.input import BinaryInput
from hw.binary.layout import layer_table, step_layout
from hw.config import Config
from hw.control.scheduler import LayerScheduler
from hw.control.steps import LayerSteps
from tests.formal.handshake import any_input, feed, watch
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories
from tests.formal.steps import layer_steps


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
    def spec(m):
        c = small(hidden_width=2)
        dut = LayerSteps(layer_table(c.binary), step_layout(c.binary), period=period, drained=drained,
                         again=True)
        layer_steps(m, dut)
    prove(spec, name=f"binary_steps_{period}_{int(drained)}", depth=5, cover=20)
