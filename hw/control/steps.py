"""The loops of an array: which words meet in which cycle."""

from amaranth import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.config import bits_for
from hw.control.layers import LayerTable

__all__ = ["LayerSteps"]


class LayerSteps(Component):
    """Turns layers into steps, one a cycle, without a gap between layers.

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

    Members: ``i`` (stream of ``table.job``; two of them wait here), ``i_room`` (results for the host
    have a place), ``o`` with ``o_valid`` (steps; registers), ``o_read`` (the inputs of a layer have been
    read), ``o_results`` (a layer whose results go to the host has been taken); ``o_ahead`` (with
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
        # Layers that wait, by turns in two places: so the array's pace does not reach back.
        waiting = [Signal(self.table.job, name=f"waiting_{k}", reset_less=True)
                   for k in range(2)]
        job, new = (Signal(self.table.job, name=name) for name in ("job", "new"))
        some = Signal()
        both = Signal()
        newest = Signal()
        oldest = Signal()
        enters, to_host = Signal(), Signal()
        m.d.comb += [
            to_host.eq(Value.cast(self.i.payload.layer.output).any()),
            self.i.ready.eq(~both & (~to_host | self.i_room)),
            enters.eq(self.i.valid & self.i.ready),
            self.o_results.eq(enters & to_host),
            new.eq(Mux(oldest, waiting[1], waiting[0])),
        ]
        for k, place in enumerate(waiting):
            with m.If(~both & (newest == k)):
                m.d.sync += place.eq(self.i.payload)
        layer = job.layer
        running = Signal()
        # Of each loop: how many come after this one, less one, so that the sign says that none does.
        words, planes, groups = (
            Signal(signed(len(layer[f"more_{name}"]) + 1), name=f"{name}_left", reset_less=True)
            for name in ("words", "planes", "groups"))
        word = Signal.like(self.o.word)
        plane = Signal.like(self.o.plane)
        weights, row = Signal.like(self.o.weights), Signal.like(self.o.weights, name="row")
        start = Signal.like(self.o.start) if self.table.starts else None
        first = Signal()
        draining = Signal()
        will_drain = Signal()
        double, begin = Signal(), Signal()
        # A group that goes to the drain may end unless this is set, some cycles after the one before.
        blocked = Signal()
        wait = Signal(signed(bits_for(self.period + 1) + 1), init=-1)
        last = words[-1] & planes[-1]
        moves = Signal()
        paused = self._pause(m, running, moves & last) if self.before else Const(0)
        held = paused | (last & blocked)
        # With the next layer, if there is one; if not, nobody looks at what the registers hold.
        restarts, takes = Signal(), Signal()
        m.d.comb += [
            takes.eq(some & restarts),
            moves.eq(running & ~held),
            restarts.eq(~running | (last & groups[-1] & ~held)),
            will_drain.eq(Mux(restarts, Value.cast(new.layer.output).any() | self.drained, draining)),
        ]
        m.d.sync += [
            draining.eq(will_drain),
            self.o_valid.eq(moves),
            self.o_read.eq(running & restarts & job.fresh),
            newest.eq(newest ^ enters),
            oldest.eq(oldest ^ takes),
            some.eq(enters | Mux(takes, both, some)),
            both.eq(~takes & (both | (some & enters))),
            self.o.word.eq(word), self.o.plane.eq(plane), self.o.weights.eq(weights),
            self.o.first.eq(first), self.o.double.eq(double),
            self.o.last.eq(last), self.o.begin.eq(begin), self.o.end.eq(last & groups[-1]),
            self.o.read_parity.eq(~job.parity),
            *(self.o[name].eq(job[name]) for name in ("fresh", "slot", "context", "parity")),
            *(self.o[name].eq(layer[name]) for name in self.o.shape().members
              if name in layer.shape().members and name != "weights"),
        ]

        if start is not None:
            m.d.sync += self.o.start.eq(start)
        with m.If(moves & last & draining):
            m.d.sync += [wait.eq(self.period - 3), blocked.eq(will_drain)]
        with m.Else():
            m.d.sync += [wait.eq(wait - ~wait[-1]), blocked.eq(will_drain & ~wait[-1])]

        # The next step.
        with m.If(restarts):
            m.d.sync += [
                running.eq(some), job.eq(new), first.eq(1), double.eq(0), begin.eq(1),
                word.eq(0), words.eq(new.layer.more_words - 1),
                plane.eq(new.layer.more_planes), planes.eq(new.layer.more_planes - 1),
                groups.eq(new.layer.more_groups - 1),
                weights.eq(new.layer.weights), row.eq(new.layer.weights),
            ]
            if start is not None:
                m.d.sync += start.eq(new.layer.starts)
        with m.Elif(~held):
            m.d.sync += [first.eq(0), double.eq(0), word.eq(word + 1), words.eq(words - 1),
                         weights.eq(weights + 1)]
            with m.If(words[-1]):
                m.d.sync += [word.eq(0), words.eq(layer.more_words - 1), double.eq(1),
                             planes.eq(planes - 1), plane.eq(plane - 1)]
                if self.again:
                    m.d.sync += weights.eq(row)
                with m.If(planes[-1]):
                    m.d.sync += [planes.eq(layer.more_planes - 1), plane.eq(layer.more_planes),
                                 weights.eq(weights + 1), row.eq(weights + 1),
                                 groups.eq(groups - 1), first.eq(1), double.eq(0), begin.eq(0)]
                    if start is not None:
                        m.d.sync += start.eq(start + 1)
        return m

    def _pause(self, m, running, ends):
        """Whether no step may come: behind the last one of a group and ahead of the next one's first."""
        pause = Signal(range(self.before + self.after + 1), init=self.before, name="pause")
        paused = Signal(init=1)
        ahead = running & (pause == self.before)
        if self.before:
            m.d.sync += self.o_ahead.eq(paused & ahead)
        with m.If(ends):
            m.d.sync += [pause.eq(self.before + self.after), paused.eq(1)]
        with m.Elif(paused & (ahead | (pause != self.before))):
            m.d.sync += [pause.eq(pause - 1), paused.eq(pause != 1)]
        return paused
