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
        tag = self.i.payload.tag
        # What is left to send of the beat at hand: begin marker, base words, lanes, end marker.
        left = Signal(1 + bases + lanes + 1)
        beat = Signal(beat_layout(c), reset_less=True)
        rest = (left & (left - 1))[:len(left)]  # all but the lowest
        lowest = left & ~rest
        sending = Signal()  # an item leaves or there is none
        m.d.comb += self.i.ready.eq(sending & ~rest.any())

        def sent(lane):
            """Whether an item begins at a lane."""
            wanted = Const(1) if lane % 2 == 0 else tag.long
            if c.broadcasts == 2:
                word = Mux(tag.long, lane % 2, lane // 2 % 2)
                wanted = wanted & (~tag.halves | (word == self.half))
            return wanted & (~tag.last | (lane <= tag.tail))

        fresh = Cat(tag.first, tag.first.replicate(bases), *(sent(k) for k in range(lanes)), tag.last)
        with m.If(sending):
            m.d.sync += left.eq(rest)
        with m.If(self.i.ready):
            m.d.sync += [left.eq(Mux(self.i.valid, fresh, 0)), beat.eq(self.i.payload)]

        o_valid = Signal()
        item = Signal(item_layout(c), reset_less=True)
        address = Signal.like(item.address)
        m.d.comb += [
            sending.eq(~o_valid | self.o.ready),
            self.o.valid.eq(o_valid),
            self.o.payload.eq(item),
        ]
        begins, base, columns = lowest[0], lowest[1:1 + bases], lowest[1 + bases:-1]
        lane = Signal(range(lanes))
        for k in range(lanes):
            with m.If(columns[k]):
                m.d.comb += lane.eq(k)
        values = Array(beat["values"][k] for k in range(lanes))
        first, second = values[lane], values[lane | 1]
        # A column's streamed entries come whatever its activation is: they are multiplied by the zero.
        streamed = c.entries == "stream"
        nonzero = (Const(1), Const(1)) if streamed else (first.any(), second.any())
        task = Signal(beat.tag.task.shape())
        m.d.comb += [task.eq(beat.tag.task), task.begin.eq(begins)]
        with m.If(sending):
            m.d.sync += [
                o_valid.eq(left.any()),
                item.marker.eq(begins | lowest[-1]),
                item.base.eq(base),
                item.long.eq(beat.tag.long | base.any()),
                item.nonzero[0].eq(columns.any() & nonzero[0]),
                item.nonzero[1].eq(columns.any() & ~beat.tag.long & nonzero[1]),
                item.address.eq(address),
                item["values"][0].eq(Mux(begins | lowest[-1], task.as_value(), first)),
                item["values"][1].eq(second),
            ]
            with m.If(begins):
                m.d.sync += address.eq(beat.tag.table)
            with m.Elif(base.any() | columns.any()):
                m.d.sync += address.eq(address + 1)
        return m
