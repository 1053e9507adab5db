"""Leading nonzero detection: several activations in, only the nonzero ones out."""

from amaranth import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.config import Sparse
from hw.sparse.layout import beat_layout, item_layout

__all__ = ["NonzeroDetector"]


class NonzeroDetector(Component):
    """Turns beats of activations into broadcast items: one a nonzero activation, and the markers.

    A layer's first beat is preceded by a begin marker and its last beat followed by an end marker.
    Lanes of the last beat beyond its tail are ignored. Lanes are visited in ascending order (EIE's
    leading nonzero detection, ISCA 2016, as one priority encoder over the beat).

    Latency 2 cycles; each item and each beat without items takes a cycle.
    Members: ``i`` (stream of {tag, values}), ``o`` (stream of items).

    Args:
        half: With two broadcasts, 0 or 1: in layers whose tag says ``halves``, only the even or
            only the odd columns are looked at.
    """

    def __init__(self, config: Sparse, half: int = 0):
        self.config, self.half = config, half
        super().__init__({"i": In(stream.Signature(beat_layout(config))),
                          "o": Out(stream.Signature(item_layout(config)))})

    def elaborate(self, platform):
        m = Module()
        lanes = self.config.activation.lanes
        tag, values = self.i.payload.tag, self.i.payload["values"]
        # What is left to send of the beat at hand: begin marker, lanes, end marker.
        left = Signal(lanes + 2)
        beat = Signal(beat_layout(self.config), reset_less=True)
        rest = (left & (left - 1))[:lanes + 2]  # all but the lowest
        lowest = left & ~rest
        sending = Signal()  # an item leaves or there is none
        last_item = Signal()
        m.d.comb += [last_item.eq(~rest.any()), self.i.ready.eq(sending & last_item)]

        def mine(lane):
            other = self.config.broadcasts == 2 and lane % 2 != self.half
            return ~tag.halves if other else Const(1)

        fresh = Cat(
            tag.first,
            *(values[k].any() & (~tag.last | (k <= tag.tail)) & mine(k) for k in range(lanes)),
            tag.last,
        )
        with m.If(sending):
            m.d.sync += left.eq(rest)
        with m.If(self.i.ready):
            m.d.sync += [left.eq(Mux(self.i.valid, fresh, 0)), beat.eq(self.i.payload)]

        o_valid = Signal()
        item = Signal(item_layout(self.config), reset_less=True)
        m.d.comb += [
            sending.eq(~o_valid | self.o.ready),
            self.o.valid.eq(o_valid),
            self.o.payload.eq(item),
        ]
        lane = Signal(range(lanes))
        for k in range(lanes):
            with m.If(lowest[1 + k]):
                m.d.comb += lane.eq(k)
        task = Signal(beat.tag.task.shape())
        m.d.comb += [task.eq(beat.tag.task), task.begin.eq(lowest[0])]
        with m.If(sending):
            m.d.sync += [
                o_valid.eq(left.any()),
                item.marker.eq(lowest[0] | lowest[-1]),
                item.value.eq(Array(beat["values"][k] for k in range(lanes))[lane]),
                item.where.eq(Mux(lowest[0] | lowest[-1], task.as_value(),
                                  Cat(lane, beat.tag.beat))),
            ]
        return m
