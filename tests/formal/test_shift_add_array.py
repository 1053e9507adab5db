"""The order of the shift-add array's steps, with the pauses that its bins need; input vectors' slots."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Assert, Assume, Cover, Fragment, Mux, Signal

from hw.config import Config
from hw.control.steps import LayerSteps
from hw.packet import TAG_BITS
from hw.shift_add.memories import layer_table, step_layout
from hw.slots import InputSlots
from tests.formal.handshake import any_input
from tests.formal.harness import probe, prove
from tests.formal.steps import layer_steps


def small() -> Config:
    """Two lanes."""
    return Config.model_validate({
        "name": "formal", "shift_add": {
            "lanes": 2, "mode": "both", "vectors": 2, "accumulator": 6, "result": 8,
            "activation": {"width": 2, "signed": True}, "requantize": {"multiplier_width": 2},
            "capacity": {"layers": 2, "words": 48, "rows": 4, "inputs": 4, "hidden": 4, "outputs": 4},
        },
    })


@pytest.mark.parametrize("period, before, after", [
    (1, 0, 0), (2, 1, 0), (2, 3, 2), (9, 3, 2), (3, 1, 4)])
def test_steps(period, before, after):
    """``o_ahead`` comes ``before`` cycles before a group's first step and more than ``after`` cycles
    behind the last one of the group before; else as the steps of other arrays."""
    def spec(m):
        c = small().shift_add
        layer_steps(m, LayerSteps(layer_table(c), step_layout(c), period=period, drained=True,
                                  again=False, before=before, after=after))
    prove(spec, name=f"shift_add_steps_{period}_{before}_{after}", depth=6, cover=30)


def test_input_slots():
    """Vectors wait and come back in the order in which they were committed, each with its tag; words
    only come for a slot that is free, also where some of them are written late."""
    def spec(m):
        dut = InputSlots()
        m.submodules.dut = inside = Fragment.get(dut, None)
        any_input(m, dut.i_commit, dut.i_discard, dut.i_tag, dut.i_busy, dut.i_take, dut.i_release)
        word = Signal()
        m.d.comb += word.eq(AnySeq(1) & dut.o_ready)
        said = dut.i_commit | dut.i_discard
        commit, discard = probe(inside, "commit"), probe(inside, "discard")
        came, busy = Signal(), Signal()
        m.d.sync += [came.eq(word), busy.eq(dut.i_busy)]
        # Numbers of vectors, modulo 4: committed, taken and released. Of those at most 2 are here.
        committed, taken, released = (
            Signal(2, name=name) for name in ("committed", "taken", "released"))
        ends = commit & ~dut.i_busy
        m.d.sync += [committed.eq(committed + ends), taken.eq(taken + dut.i_take),
                     released.eq(released + dut.i_release)]
        said_tag = Signal(TAG_BITS)
        tags = Array(Signal(TAG_BITS, name=f"its_tag_{k}") for k in range(2))
        with m.If(dut.i_commit):
            m.d.sync += said_tag.eq(dut.i_tag)
        with m.If(ends):
            m.d.sync += tags[committed[0]].eq(said_tag)
        waiting, here, read = (Signal(2, name=name) for name in ("some_wait", "here", "read"))
        m.d.comb += [waiting.eq(committed - taken), here.eq(committed - released),
                     read.eq(taken - released)]
        slots = {name: probe(inside, name) for name in ("slot", "taken", "released", "full", "waiting")}
        kept = [probe(inside, f"tag_{k}") for k in range(2)]
        first = taken[0]
        m.d.comb += [
            # What whoever sends and whoever reads keeps to.
            Assume(~(said & (word | commit | discard))),
            Assume(~(dut.i_commit & (dut.i_discard | (here == 2)))),
            Assume(~dut.i_take | dut.o_full),
            Assume(~dut.i_release | read.any()),
            Assume(dut.i_busy | ~came), Assume(~dut.i_busy | came | busy),
            Assert(~word | (here < 2), "words come for a slot that is free"),
            Assert(~word | (dut.o_filled == committed[0]), "for the next one in turn"),
            Assert(~(dut.o_ready & (commit | discard)), "none comes before the next vector begins"),
            Assert(~dut.o_begins | ~dut.i_busy, "a vector begins when the one before is written"),
            Assert(dut.o_full == waiting.any(), "what is committed waits"),
            Assert(~dut.o_full | (dut.o_slot == first), "in order"),
            Assert(~dut.o_full | (dut.o_tag == tags[first]), "with its tag"),
            Assert(dut.o_pending == commit, "a commit that waits is told"),
            # What makes it inductive.
            Assert((waiting <= here) & (here <= 2) & (read <= here), "two at most"),
            Assert(~commit | (here < 2), "no slot is filled twice"),
            Assert(~(commit & discard), "one of them"),
            Assert(slots["slot"] == committed[0], "filled in turn"),
            Assert((slots["taken"] == taken[0]) & (slots["released"] == released[0]), "read in turn"),
            Assert(slots["full"] == Mux(here == 2, 3, Mux(
                here == 1, Mux(released[0], 2, 1), 0)), "it knows which are full"),
            Assert(slots["waiting"] == Mux(waiting == 2, 3, Mux(
                waiting == 1, Mux(taken[0], 2, 1), 0)), "it knows which wait"),
            Assert(~commit | (Mux(committed[0], kept[1], kept[0]) == said_tag), "it keeps the new tag"),
            *(Assert(~slots["waiting"][k] | (kept[k] == tags[k]), f"it keeps tag {k}")
              for k in range(2)),
            Cover((here == 2) & (waiting == 1) & dut.i_release, "one comes back while one waits"),
            Cover(commit & dut.i_busy & waiting.any(), "a commit waits for a word"),
            Cover(dut.o_begins & discard & (here == 1), "a vector is given up"),
        ]
    prove(spec, name="input_slots", depth=4, cover=25)
