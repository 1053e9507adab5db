"""The column walker: from queued columns to one entry address a cycle."""

from amaranth import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.config import Sparse, bits_for
from hw.sparse.layout import queue_layout, task_layout

__all__ = ["ColumnWalker"]


class ColumnWalker(Component):
    """Emits the addresses of a column's entries in order, columns back to back without a gap.

    Members:
        i: Stream of queue items.
        o_valid, o_first, o_address, o_value: An entry to read, whether it is its column's first, and
            the activation that it meets.
        o_marker, o_task: A marker passes, between the entries before it and after it.

    Latency 1 cycle; an item of n entries takes n cycles, a marker one. The output never stalls.
    """

    def __init__(self, config: Sparse):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(queue_layout(config))),
            "o_valid": Out(1),
            "o_first": Out(1),
            "o_address": Out(bits_for(config.capacity.entries)),
            "o_value": Out(config.activation.width),
            "o_marker": Out(1),
            "o_task": Out(task_layout(config)),
        })

    def elaborate(self, platform):
        m = Module()
        item = self.i.payload
        more = Signal(item.more.shape())
        done = Signal(init=1)  # no entry of the column at hand is left: more == 0, but a register
        m.d.comb += self.i.ready.eq(done)
        m.d.sync += [self.o_valid.eq(0), self.o_first.eq(0), self.o_marker.eq(0)]
        with m.If(done):
            m.d.sync += [
                self.o_address.eq(item.where),
                self.o_value.eq(item.value),
                self.o_task.eq(item.where),
                more.eq(item.more),
            ]
            with m.If(self.i.valid):
                m.d.sync += [
                    self.o_marker.eq(item.marker),
                    self.o_valid.eq(~item.marker),
                    self.o_first.eq(~item.marker),
                    done.eq(item.marker | (item.more == 0)),
                ]
        with m.Else():
            m.d.sync += [
                self.o_valid.eq(1),
                self.o_address.eq(self.o_address + 1),
                more.eq(more - 1),
                done.eq(more == 1),
            ]
        return m
