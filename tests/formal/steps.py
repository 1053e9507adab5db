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
    table, period, drained = dut.table, dut.period, dut.drained
    gap = max(2, period)
    m.submodules.dut = inside = Fragment.get(dut, None)
    feed(m, dut.i, "i")
    any_input(m, dut.i_room)
    wait, running, first, moves, takes, job = (
        probe(inside, name) for name in ("wait", "running", "first", "moves", "takes", "job"))
    some, both, oldest, newest = (
        probe(inside, name) for name in ("some", "both", "oldest", "newest"))
    drains = dut.o_valid & dut.o.last & (drained | _to_host(dut.o.output))
    since = Signal(range(gap + 1), init=gap)  # cycles from the last such step to the next one
    m.d.sync += since.eq(Mux(drains, 1, Mux(since == gap, gap, since + 1)))
    ended = Signal(init=1)  # the sum of the step before is complete
    with m.If(dut.o_valid):
        m.d.sync += ended.eq(dut.o.last)
    now_ended = Mux(dut.o_valid, dut.o.last, ended)
    through = drained | _to_host(View(table.job, job).layer.output)
    paused = _pauses(m, dut, inside, now_ended, running, through & (since < gap))
    # What waits here, by a queue of its own.
    accepts = dut.i.valid & dut.i.ready
    to_host = _to_host(dut.i.payload.layer.output)
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
        Assert(~running | moves | paused | (through & (drains | (since < gap - 1))),
               "only the drain stops, or a pause"),
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
        Assert(since <= gap, "it counts no further"),
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
              & _to_host(dut.o.output) & running, "a layer of one step, and one behind it"),
        Cover(dut.o_valid & dut.o.double & (dut.o.plane == 0) & ~ended, "a second plane"),
        Cover((count == 2) & running & ~moves, "two layers wait for a third, and it for the drain"),
    ]


def _pauses(m: Module, dut: LayerSteps, inside: Fragment, ended: Value, running: Value,
            waited: Value) -> Value:
    """States where pauses are; whether there is one.

    Args:
        ended: The sum of the last step until now is complete.
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
    one_step = probe(inside, "words_left")[-1] & probe(inside, "planes_left")[-1]
    m.d.comb += [
        Assert(~dut.o_ahead | (ended & ~dut.o_valid & ~asked), "it is said once, between groups"),
        Assert(~dut.o_ahead | (quiet > after), "it is quiet behind a group"),
        Assert(~(dut.o_valid & dut.o.first) | (asked_now & (lead_now == before)),
               "no group comes early"),
        Assert(~(dut.o_valid & ~dut.o.first) | ~asked_now, "nothing comes in between"),
        Assert(~(coming & (lead_now == before)) | (waited & one_step),
               "only a group of one step comes late"),
        # What makes it inductive.
        Assert(~coming | (running & ended & (lead_now <= before)), "what was said to come is there"),
        Assert(Mux(~ended, ~paused, Mux(
            coming, (paused == (lead_now + 1 < before)) & (~paused | (pause + lead_now + 1 == before)),
            paused & (pause + Mux(quiet_now > after, after, quiet_now) == before + after))),
            "it knows where pauses are"),
        Cover(dut.o_valid & dut.o.first & (lead_now == before) & ~dut.o.begin, "a second group"),
    ]
    return paused


def _to_host(output: Value) -> Value:
    return Value.cast(output).any()
