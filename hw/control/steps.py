"""The loops of an array: which words meet in which cycle."""

from amaranth import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.config import bits_for
from hw.control.layers import LayerTable

__all__ = ["LayerSteps"]


class LayerSteps(Component):
    """Turns layers into steps, one a cycle, without a gap behind layers of 2 steps or more: shorter ones
    begin 2 cycles apart.

    For each group of rows: for each plane, highest first: for each word. Where results leave through
    the drain, a group ends only when the drain has room: ``period`` cycles after the group before.

    Args:
        table: Of the engine's layers.
        step: What to put out; see ``LayerTable.step``.
        period: Cycles that the drain takes for a group; at least 2 pass.
        drained: Whether activations between layers leave through the drain, too.
        again: Whether every plane meets the same weights, or weights of its own.
        before, after: Cycles without steps ahead of a group's first step and behind its last one; none
            behind without any ahead.

    Members: ``i`` (stream of ``table.job``; one of them waits here), ``i_room`` (results for the host
    have a place), ``o`` with ``o_valid`` (steps; registers), ``o_read`` (the inputs of a layer have been
    read), ``o_results`` (a layer whose results go to the host has a place for them); ``o_ahead`` (with
    ``before``: so many cycles ahead of a group's first step, or more if that one waits for the drain).
    """

    def __init__(self, table: LayerTable, step: StructLayout, *, period: int, drained: bool,
                 again: bool, before: int = 0, after: int = 0):
        self.table, self.period, self.drained, self.again = table, period, drained, again
        self.before, self.after = before, after
        super().__init__({
            "i": In(stream.Signature(table.job)),
            "i_room": In(1),
            "o": Out(step),
            **({"o_ahead": Out(1)} if before else {}),
            "o_valid": Out(1),
            "o_read": Out(1),
            "o_results": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        # The layer that comes next. Of each loop: how many come after this one, less one, so that the
        # sign says that none does.
        new = Signal(self.table.job, reset_less=True)
        waits, ready, takes = (Signal(name=name) for name in ("waits", "ready", "takes"))
        layer = self.i.payload.layer
        new_left = {name: Signal(signed(len(layer[f"more_{name}"]) + 1), name=f"new_{name}",
                                 reset_less=True) for name in ("words", "planes", "groups")}
        # What waits without being ready is for the host: everything else is ready as it comes.
        to_host = waits | Value.cast(layer.output).any()
        here = waits | self.i.valid
        m.d.comb += [
            self.i.ready.eq(~waits),
            self.o_results.eq(here & ~ready & to_host & self.i_room),
        ]
        # What is ready waits here.
        m.d.sync += [waits.eq(Mux(ready, ~takes, here)),
                     ready.eq(Mux(ready, ~takes, here & (~to_host | self.i_room)))]
        with m.If(~waits):
            m.d.sync += [new.eq(self.i.payload),
                         *(left.eq(layer[f"more_{name}"] - 1) for name, left in new_left.items())]
        step = Signal(self.o.shape(), reset_less=True)
        valid, moves, advances = (Signal(name=name) for name in ("valid", "moves", "advances"))
        paused = self._pause(m, valid, moves & step.last) if self.before else Const(0)
        # ``step`` ends a group that goes to the drain; which still has the one before.
        drains = Signal()
        blocked = Signal()
        m.d.comb += [moves.eq(valid & ~paused & ~blocked),
                     advances.eq(~(valid & paused) & ~blocked)]
        m.d.sync += [self.o.eq(step), self.o_valid.eq(moves),
                     self.o_read.eq(moves & step.end & step.fresh)]

        # The loops, a step ahead of ``step``; those that do not run are at their end.
        job = Signal(self.table.job, reset_less=True)
        layer = job.layer
        running = Signal()
        words, planes, groups = (Signal(left.shape(), name=f"{name}_left", init=-1)
                                 for name, left in new_left.items())
        all_words, all_planes = (Signal.like(new_left[name], name=f"all_{name}")
                                 for name in ("words", "planes"))
        word = Signal.like(self.o.word, reset_less=True)
        plane = Signal.like(self.o.plane, reset_less=True)
        weights, row = (Signal.like(self.o.weights, name=name, reset_less=True)
                        for name in ("weights", "row"))
        start = Signal.like(self.o.start, reset_less=True) if self.table.starts else None
        first, double, begin = (Signal(name=name, reset_less=True)
                                for name in ("first", "double", "begin"))
        ends = words[-1] & planes[-1]  # a group
        final = Signal(init=1)  # of planes and of groups the last one: known ahead, all else hangs on it
        restarts = Signal()
        m.d.comb += [restarts.eq(words[-1] & final), takes.eq(ready & restarts & advances)]
        jumps = restarts | (words[-1] & ~planes[-1] if self.again else 0)
        # Whether a step waits for the drain is known when it comes: its register stops all others.
        will_drain = running & ends & (Value.cast(layer.output).any() | self.drained)
        wait = Signal(signed(bits_for(self.period + 1) + 1), init=-1)
        m.d.sync += [
            wait.eq(Mux(moves & drains, self.period - 3, wait - ~wait[-1])),
            blocked.eq(Mux(advances, will_drain, drains) & ((moves & drains) | ~wait[-1])),
        ]
        with m.If(advances):
            m.d.sync += [
                valid.eq(running), drains.eq(will_drain),
                step.word.eq(word), step.plane.eq(plane), step.weights.eq(weights),
                step.first.eq(first), step.double.eq(double),
                step.last.eq(ends), step.begin.eq(begin), step.end.eq(restarts),
                step.read_parity.eq(~job.parity),
                *(step[name].eq(job[name]) for name in ("fresh", "slot", "context", "parity")),
                *(step[name].eq(layer[name]) for name in step.shape().members
                  if name in layer.shape().members and name != "weights"),
                # The next one. What a carry chain makes goes through one choice more, the last one.
                first.eq(ends), double.eq(words[-1] & ~planes[-1]), begin.eq(Mux(ends, restarts, begin)),
                word.eq(Mux(words[-1], 0, word + 1)),
                weights.eq(Mux(jumps, Mux(restarts, new.layer.weights, row), weights + 1)),
            ]
            if start is not None:
                m.d.sync += step.start.eq(start)
            with m.If(words[-1]):
                m.d.sync += plane.eq(Mux(ends, Mux(restarts, new.layer.more_planes, layer.more_planes),
                                         plane - 1))
            with m.If(ends):
                m.d.sync += row.eq(Mux(restarts, new.layer.weights, weights + 1))
                if start is not None:
                    m.d.sync += start.eq(Mux(restarts, new.layer.starts, start + 1))
            with m.If(restarts):
                m.d.sync += [running.eq(ready), job.eq(new),
                             all_words.eq(new_left["words"]), all_planes.eq(new_left["planes"])]
        # Where no layer comes they stay at their end.
        with m.If(advances & ~(restarts & ~ready)):
            m.d.sync += words.eq(Mux(words[-1], Mux(final, new_left["words"], all_words), words - 1))
        restart = {name: Mux(ready, left, -1) for name, left in new_left.items()}
        with m.If(advances & words[-1]):
            m.d.sync += [
                planes.eq(Mux(planes[-1], Mux(groups[-1], restart["planes"], all_planes), planes - 1)),
                final.eq(Mux(
                    final, ~ready | (new_left["planes"][-1] & new_left["groups"][-1]),
                    Mux(planes[-1], all_planes[-1] & (groups == 0), (planes == 0) & groups[-1]))),
            ]
        with m.If(advances & ends):
            m.d.sync += groups.eq(Mux(groups[-1], restart["groups"], groups - 1))
        return m

    def _pause(self, m, valid, ends):
        """Whether no step may come: behind the last one of a group and ahead of the next one's first."""
        pause = Signal(range(self.before + self.after + 1), init=self.before, name="pause")
        paused = Signal(init=1)
        ahead = valid & (pause == self.before)
        m.d.sync += self.o_ahead.eq(paused & ahead)
        with m.If(ends):
            m.d.sync += [pause.eq(self.before + self.after), paused.eq(1)]
        with m.Elif(paused & (ahead | (pause != self.before))):
            m.d.sync += [pause.eq(pause - 1), paused.eq(pause != 1)]
        return paused
