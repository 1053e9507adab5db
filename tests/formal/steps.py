"""The steps of an array whose layers are loops, for proofs of whoever has one."""

from amaranth.hdl import Assert, Cat, Const, Cover, Fragment, Module, Mux, Signal, Value
from amaranth.lib.data import View

from hw.control.steps import LayerSteps
from tests.formal.handshake import any_input, feed
from tests.formal.harness import probe

__all__ = ["layer_steps"]


def layer_steps(m: Module, dut: LayerSteps) -> None:
    """States that layers leave in their order, sums end before others begin, and nothing waits but for
    the drain, or in the pauses between groups; makes it the submodule ``dut``."""
    period, drained = dut.period, dut.drained
    gap = max(2, period)
    m.submodules.dut = inside = Fragment.get(dut, None)
    feed(m, dut.i, "i")
    any_input(m, dut.i_room)
    wait, running, first, moves, takes, job, waits, ready, new, blocked = (
        probe(inside, name) for name in (
            "wait", "running", "first", "moves", "takes", "job", "waits", "ready", "new", "blocked"))
    # Between the loops and ``o``.
    valid, will_drain, step = probe(inside, "valid"), probe(inside, "drains"), View(
        dut.o.shape(), probe(inside, "step"))
    drains = dut.o_valid & dut.o.last & (drained | _to_host(dut.o.output))
    since = Signal(range(gap + 1), init=gap)  # cycles from the last such step to the next one
    m.d.sync += since.eq(Mux(drains, 1, Mux(since == gap, gap, since + 1)))
    ended = Signal(init=1)  # the sum of the step before is complete
    with m.If(dut.o_valid):
        m.d.sync += ended.eq(dut.o.last)
    now_ended = Mux(dut.o_valid, dut.o.last, ended)
    step_ended = Mux(valid, step.last, now_ended)
    paused = _pauses(m, dut, inside, now_ended, valid, step, will_drain & (since < gap))
    # What waits here, by a record of its own.
    accepts = dut.i.valid & dut.i.ready
    waiting, held, begun = Signal(), Signal(len(job)), Signal(len(job))
    to_host = _to_host(View(dut.table.job, held).layer.output)
    told = Signal()  # that its results have a place
    m.d.sync += [waiting.eq((waiting & ~takes) | accepts),
                 told.eq((told | dut.o_results) & ~takes)]
    with m.If(takes):
        m.d.sync += begun.eq(held)
    with m.If(accepts):
        m.d.sync += held.eq(dut.i.payload.as_value())
    m.d.comb += [
        Assert(~dut.o_valid | (dut.o.first == ended), "a sum begins where the one before ended"),
        Assert(~drains | (since == gap), "the drain has its time"),
        Assert(~valid | moves | paused | (will_drain & (drains | (since < gap - 1))),
               "only the drain stops, or a pause"),
        Assert(~running | (job == begun), "layers leave in their order"),
        Assert(dut.i.ready == ~waiting, "a layer waits"),
        Assert(~dut.o_results | (dut.i_room & Mux(waiting, to_host & ~told, accepts & _to_host(
            dut.i.payload.layer.output))), "results are told once, where there is room"),
        Assert(~takes | (waiting & (~to_host | told)), "only what is there is taken, and has a place"),
        Assert(~dut.o.end | dut.o.last | ~dut.o_valid, "a layer ends with a sum"),
        Assert(~dut.o_read | (dut.o_valid & dut.o.end), "inputs are read until the layer ends"),
        # What makes it inductive.
        Assert(~valid | (step.first == now_ended), "it knows where sums begin"),
        Assert(Mux(running, first, 1) == step_ended, "so do the loops"),
        Assert(~valid | now_ended | ~running | ~step.last | first, "and where they end"),
        Assert(~valid | step.last | ~step.end, "a layer ends with a sum, here too"),
        Assert(since <= gap, "it counts no further"),
        Assert(waits == waiting, "it knows what waits"),
        Assert(~ready | waiting, "and what may begin"),
        Assert(~(waiting & to_host) | (ready == told), "as soon as it has a place"),
        Assert(~told | (waiting & to_host), "which is its own"),
        Assert(~waiting | ready | to_host, "the others at once"),
        *(Assert(~waits | (probe(inside, f"new_{name}") + 1 == View(
            dut.table.job, held).layer[f"more_{name}"]), f"{name} are prepared")
          for name in ("words", "planes", "groups")),
        Assert(running | Cat(probe(inside, f"{name}_left")[-1] for name in (
            "words", "planes", "groups")).all(), "loops that do not run are at their end"),
        Assert(probe(inside, "final") == Cat(probe(inside, f"{name}_left")[-1] for name in (
            "planes", "groups")).all(), "it knows the last group's last plane"),
        Assert(~waits | (new == held), "and what it is"),
        Assert(Mux(drains, wait == period - 3, Mux(
            since <= period - 3, wait + since == period - 3, wait < 0)), "it waits for the drain"),
        Assert(blocked == (will_drain & (drains | (since <= period - 2))), "and no longer"),
        Assert(will_drain == (valid & step.last & (drained | _to_host(step.output))),
               "it knows what is drained"),
        Cover(drains & (since == gap) & Cat(dut.o.first, dut.o.last, dut.o.end).all()
              & _to_host(dut.o.output) & running, "a layer of one step, and one behind it"),
        Cover(dut.o_valid & dut.o.double & (dut.o.plane == 0) & ~ended, "a second plane"),
        Cover(waiting & valid & ~moves, "a layer waits for a second one, and that for the drain"),
    ]


def _pauses(m: Module, dut: LayerSteps, inside: Fragment, ended: Value, valid: Value, step: View,
            waited: Value) -> Value:
    """States where pauses are; whether there is one.

    Args:
        ended: The sum of the last step until now is complete.
        valid, step: The one that comes next.
        waited: A step that ends a sum would have had to wait for the drain.
    """
    before, after = dut.before, dut.after
    if not before:
        return Const(0)
    pause, paused = probe(inside, "pause"), probe(inside, "paused")
    # Cycles since the last step of a group, and since the next one was said to come, if it was.
    quiet, quiet_now = Signal(range(after + 2), init=after + 1), Signal(range(after + 2))
    lead, lead_now = Signal(range(before + 1)), Signal(range(before + 1))
    asked, asked_now = Signal(), Signal()
    m.d.comb += [
        quiet_now.eq(Mux(dut.o_valid & dut.o.last, 0, quiet)),
        asked_now.eq(dut.o_ahead | asked),
        lead_now.eq(Mux(dut.o_ahead, 0, lead)),
    ]
    m.d.sync += [
        quiet.eq(Mux(quiet_now > after, quiet_now, quiet_now + 1)),
        asked.eq(asked_now & ~dut.o_valid),
        lead.eq(Mux(lead_now == before, before, lead_now + 1)),
    ]
    coming = asked_now & ~dut.o_valid
    one_step = step.first & step.last
    m.d.comb += [
        Assert(~dut.o_ahead | (ended & ~dut.o_valid & ~asked), "it is said once, between groups"),
        Assert(~dut.o_ahead | (quiet > after), "it is quiet behind a group"),
        Assert(~(dut.o_valid & dut.o.first) | (asked_now & (lead_now == before)),
               "no group comes early"),
        Assert(~(dut.o_valid & ~dut.o.first) | ~asked_now, "nothing comes in between"),
        Assert(~(coming & (lead_now == before)) | (waited & one_step),
               "only a group of one step comes late"),
        # What makes it inductive.
        Assert(~coming | (valid & ended & (lead_now <= before)), "what was said to come is there"),
        Assert(Mux(~ended, ~paused, Mux(
            coming, (paused == (lead_now + 1 < before)) & (~paused | (pause + lead_now + 1 == before)),
            paused & (pause + Mux(quiet_now > after, after, quiet_now) == before + after))),
            "it knows where pauses are"),
        Cover(dut.o_valid & dut.o.first & (lead_now == before) & ~dut.o.begin, "a second group"),
    ]
    return paused


def _to_host(output: Value) -> Value:
    return Value.cast(output).any()
