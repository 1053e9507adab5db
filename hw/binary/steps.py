"""The loops of the binary array: which words meet in which cycle."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.binary.layout import Output, layer_layout
from hw.config import Config, bits_for

__all__ = ["LayerSteps", "job_layout", "step_layout"]


def job_layout(config: Config) -> StructLayout:
    """A layer of a vector: its descriptor and where its activations are.

    ``fresh``: they are inputs, in slot ``slot``. ``parity``: to which of a context's two places of
    activations between layers results go; the layer's own are in the other one.
    """
    c = config.binary
    return StructLayout({"layer": layer_layout(c), "fresh": 1, "slot": 1,
                         "context": bits_for(c.vectors), "parity": 1})


def step_layout(config: Config) -> StructLayout:
    """What meets in a cycle, and what becomes of the sums.

    ``first``: sums begin. ``double``: they are doubled first, as a bit plane ends. ``last``: they are
    complete. ``begin``, ``end``: of the layer's results.
    """
    c = config.binary
    layer = layer_layout(c)
    more = {name: layer[name].shape for name in ("levels", "out_planes") if name in layer.members}
    return StructLayout({
        "fresh": 1, "slot": 1, "context": bits_for(c.vectors), "parity": 1, "read_parity": 1,
        "word": layer["more_words"].shape, "plane": layer["more_planes"].shape,
        "weights": bits_for(c.capacity.words), "start": bits_for(c.capacity.groups),
        "first": 1, "double": 1, "last": 1, "begin": 1, "end": 1,
        "output": Output, "tail": layer["tail"].shape, **more,
    })


class LayerSteps(Component):
    """Turns layers into steps, one a cycle, without a gap between layers.

    For each group of rows: for each bit plane, highest first: for each word. Where results leave through
    the drain, a group ends only when the drain has room: ``period`` cycles after the group before.

    Args:
        period: Cycles that the drain takes for a group; at least 2 pass.
        drained: Whether activations between layers leave through the drain, too.

    Members: ``i`` (stream of ``job_layout``; two of them wait here), ``i_room`` (results for the host
    have a place), ``o`` with ``o_valid`` (steps; registers), ``o_read`` (the inputs of a layer have been
    read), ``o_results`` (a layer whose results go to the host has been taken).
    """

    def __init__(self, config: Config, *, period: int, drained: bool):
        self.config, self.period, self.drained = config, period, drained
        super().__init__({
            "i": In(stream.Signature(job_layout(config))),
            "i_room": In(1),
            "o": Out(step_layout(config)),
            "o_valid": Out(1),
            "o_read": Out(1),
            "o_results": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        # Layers that wait, by turns in two places: so the array's pace does not reach back.
        waiting = [Signal(job_layout(self.config), name=f"waiting_{k}", reset_less=True)
                   for k in range(2)]
        job, new = (Signal(job_layout(self.config), name=name) for name in ("job", "new"))
        some = Signal()
        both = Signal()
        newest = Signal()
        oldest = Signal()
        enters, to_host = Signal(), Signal()
        m.d.comb += [
            to_host.eq(self.i.payload.layer.output != Output.HIDDEN),
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
        start = Signal.like(self.o.start)
        first = Signal()
        draining = Signal()
        will_drain = Signal()
        double, begin = Signal(), Signal()
        # A group that goes to the drain may end unless this is set, some cycles after the one before.
        blocked = Signal()
        wait = Signal(signed(bits_for(self.period + 1) + 1), init=-1)
        last = words[-1] & planes[-1]
        moves = Signal()
        ends = Signal()
        takes = Signal()
        m.d.comb += [
            moves.eq(running & ~(last & blocked)),
            ends.eq(moves & last & groups[-1]),
            takes.eq(some & (ends | ~running)),
            will_drain.eq(Mux(takes, (new.layer.output != Output.HIDDEN) | self.drained, draining)),
        ]
        m.d.sync += [
            draining.eq(will_drain),
            self.o_valid.eq(moves),
            self.o_read.eq(ends & job.fresh),
            newest.eq(newest ^ enters),
            oldest.eq(oldest ^ takes),
            some.eq(enters | Mux(takes, both, some)),
            both.eq(~takes & (both | (some & enters))),
            self.o.word.eq(word), self.o.plane.eq(plane), self.o.weights.eq(weights),
            self.o.start.eq(start), self.o.first.eq(first), self.o.double.eq(double),
            self.o.last.eq(last), self.o.begin.eq(begin), self.o.end.eq(last & groups[-1]),
            self.o.read_parity.eq(~job.parity),
            *(self.o[name].eq(job[name]) for name in ("fresh", "slot", "context", "parity")),
            *(self.o[name].eq(layer[name]) for name in ("output", "tail", "levels", "out_planes")
              if name in layer.shape().members),
        ]

        with m.If(moves & last & draining):
            m.d.sync += [wait.eq(self.period - 3), blocked.eq(will_drain)]
        with m.Else():
            m.d.sync += [wait.eq(wait - ~wait[-1]), blocked.eq(will_drain & ~wait[-1])]

        # The next step.
        with m.If(moves):
            m.d.sync += [first.eq(0), double.eq(0), word.eq(word + 1), words.eq(words - 1),
                         weights.eq(weights + 1)]
            with m.If(words[-1]):  # the same weights meet the next plane
                m.d.sync += [word.eq(0), words.eq(layer.more_words - 1), double.eq(1),
                             weights.eq(row), planes.eq(planes - 1), plane.eq(plane - 1)]
                with m.If(planes[-1]):
                    m.d.sync += [planes.eq(layer.more_planes - 1), plane.eq(layer.more_planes),
                                 weights.eq(weights + 1), row.eq(weights + 1), start.eq(start + 1),
                                 groups.eq(groups - 1), first.eq(1), double.eq(0), begin.eq(0)]
                    with m.If(groups[-1]):
                        m.d.sync += running.eq(0)
        with m.If(takes):
            m.d.sync += [
                running.eq(1), job.eq(new), first.eq(1), double.eq(0), begin.eq(1),
                word.eq(0), words.eq(new.layer.more_words - 1),
                plane.eq(new.layer.more_planes), planes.eq(new.layer.more_planes - 1),
                groups.eq(new.layer.more_groups - 1),
                weights.eq(new.layer.weights), row.eq(new.layer.weights),
                start.eq(new.layer.starts),
            ]
        return m
