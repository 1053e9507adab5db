"""The column scanner: beats of activations in, columns with their activations out."""

from amaranth import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.config import Sparse
from hw.sparse.layout import base_words, beat_layout, item_layout

__all__ = ["ColumnScanner"]


class ColumnScanner(Component):
    """Turns beats of activations into broadcast items: one a word of the column tables, and markers.

    A layer's items are a begin marker, the words of its base address, its columns (two at a time, or
    one where lengths are long), and an end marker. Columns without activation are sent like others:
    PEs keep their place in the tables by adding up lengths, so that no addresses need be stored.
    Lanes of the last beat beyond its tail have length 0 in the tables or are not sent.

    Latency 2 cycles, an item a cycle.
    Members: ``i`` (stream of {tag, values}), ``o`` (stream of items).

    Args:
        half: With two broadcasts, 0 or 1: in layers whose tag says ``halves``, only every other word
            of the tables is sent, beginning with word ``half``.
    """

    def __init__(self, config: Sparse, half: int = 0):
        self.config, self.half = config, half
        super().__init__({"i": In(stream.Signature(beat_layout(config))),
                          "o": Out(stream.Signature(item_layout(config)))})

    def elaborate(self, platform):
        m = Module()
        c = self.config
        lanes, bases = c.activation.lanes, base_words(c.capacity)
        halves = c.broadcasts == 2
        new = self.i.payload
        beat = Signal(beat_layout(c), reset_less=True)
        # One of these is set while an item of the beat at hand is left to send: what comes next.
        begin, column, end = (Signal(name=name) for name in ("begin", "column", "end"))
        base = Signal(bases)
        columns = Signal(lanes)  # a bit for each column item that is left, lowest first
        lane = Signal(range(lanes), reset_less=True)
        sending = Signal()  # an item leaves or there is none
        last_column = Signal()
        busy = begin | base.any() | column | end
        final = Signal(init=1)  # what comes next, if anything does, is the last item of the beat
        m.d.comb += [last_column.eq(~columns[1]), self.i.ready.eq(sending & final)]

        def step(tag, halved):
            """Lanes from one item to the next; by turns, items of the other half lie between."""
            return Mux(tag.long, 1, 2) << halved if halves else Mux(tag.long, 1, 2)

        def lane_of(k, long, halved):
            unit = 1 if long else 2
            return unit * (2 * k + self.half) if halved else unit * k

        def sent(k):
            """Whether a beat has a k-th item."""
            modes = [(long, halved) for halved in range(1 + halves) for long in range(2)]
            here = []
            for long, halved in modes:
                first = lane_of(k, long, halved)
                mode = (new.tag.long == long) & ((new.tag.halves == halved) if halves else 1)
                if first < lanes:
                    here.append(mode & (~new.tag.last | (new.tag.tail >= first)))
            return Cat(here).any()

        with m.If(sending):
            m.d.sync += [
                begin.eq(0),
                base.eq(Cat(begin, base)[:bases]),
                column.eq(Mux(base[-1], columns[0], column & ~last_column)),
                end.eq(beat.tag.last & Mux(base[-1], ~columns[0], column & last_column)),
                final.eq(Mux(base[-1], ~columns[1] & ~(columns[0] & beat.tag.last),
                             column & (~columns[1] | ~(columns[2:3].any() | beat.tag.last)))),
            ]
            with m.If(column):
                m.d.sync += [columns.eq(columns >> 1),
                             lane.eq(lane + step(beat.tag, beat.tag.halves if halves else 0))]
            with m.If(final):
                fresh = Cat(sent(k) for k in range(lanes))
                starts = Mux(new.tag.long, self.half, 2 * self.half)
                m.d.sync += [
                    beat.eq(new),
                    columns.eq(fresh),
                    lane.eq(Mux(new.tag.halves, starts, 0) if halves else 0),
                    begin.eq(self.i.valid & new.tag.first),
                    base.eq(0),
                    column.eq(self.i.valid & ~new.tag.first & fresh[0]),
                    end.eq(self.i.valid & ~new.tag.first & ~fresh[0] & new.tag.last),
                    final.eq(~self.i.valid
                             | (~new.tag.first & ~fresh[1] & ~(fresh[0] & new.tag.last))),
                ]

        o_valid = Signal()
        item = Signal(item_layout(c), reset_less=True)
        there = Signal(2)  # columns whose activations the item holds
        address = Signal.like(item.address)
        # The even and the odd lane of the pair.
        pair = [Array(beat["values"][k] for k in range(odd, lanes, 2))[lane >> 1] for odd in range(2)]
        task = Signal(beat.tag.task.shape(), reset_less=True)
        m.d.comb += [
            sending.eq(~o_valid | self.o.ready),
            self.o.valid.eq(o_valid),
            self.o.payload.eq(item),
            # Streamed entries come whatever the activation is: they are multiplied by the zero.
            *(self.o.payload.nonzero[k].eq(
                there[k] & (Const(1) if c.entries == "stream" else item["values"][k].any()))
              for k in range(2)),
            self.o.payload["values"][0].eq(Mux(item.marker, task, item["values"][0])),
        ]
        with m.If(sending):
            m.d.sync += [
                o_valid.eq(busy),
                item.marker.eq(begin | end),
                item.base.eq(base),
                item.long.eq(beat.tag.long | base.any()),
                there.eq(Cat(column, column & ~beat.tag.long)),
                item.address.eq(address),
                item["values"][0].eq(Mux(lane[0], pair[1], pair[0])),
                item["values"][1].eq(pair[1]),
                task.eq(beat.tag.task),
                task.begin.eq(begin),
            ]
            with m.If(begin):
                m.d.sync += address.eq(beat.tag.table)
            with m.Elif(base.any() | column):
                m.d.sync += address.eq(address + 1)
        return m
