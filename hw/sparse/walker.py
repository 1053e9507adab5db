"""The column walker: from queued columns to one entry address a cycle."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.config import Sparse, bits_for
from hw.sparse.layout import entry_layout, queue_layout, task_layout

__all__ = ["ColumnWalker"]


class ColumnWalker(Component):
    """Emits the addresses of columns' entries in order, columns back to back without a gap.

    Streamed entries have no addresses: each step takes the next entry, or waits for it.

    Members:
        i: Stream of queue items.
        i_pause: Nothing is emitted a cycle later.
        o_valid, o_first, o_address, o_value: An entry to read, whether it is its column's first, and
            the activation that it meets.
        i_entry, o_entry: Instead of ``o_address`` the stream of entries, and the one that was taken.
        o_marker, o_task: A marker passes, between the entries before it and after it.

    Latency 2 cycles; an item of n entries takes n cycles, a marker one.
    """

    def __init__(self, config: Sparse):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(queue_layout(config))),
            "i_pause": In(1),
            "o_valid": Out(1),
            "o_first": Out(1),
            **({"o_address": Out(bits_for(config.capacity.entries))} if config.entries == "memory" else
               {"i_entry": In(stream.Signature(entry_layout(config))),
                "o_entry": Out(entry_layout(config))}),
            "o_value": Out(config.activation.width),
            "o_marker": Out(1),
            "o_task": Out(task_layout(config)),
        })

    def elaborate(self, platform):
        m = Module()
        # The item at hand. `count` is -1 less what is left of it, counting up, without the sign; what is
        # compared with it is registered, so that the flags below decide at once.
        layout = queue_layout(self.config)
        item = Signal(layout, reset_less=True)
        count = Signal(layout["left"].width, reset_less=True)
        busy = Signal()
        one = Signal(init=1)  # this is the last entry to walk
        turn = Signal()  # this is the first column's last entry
        fresh = Signal()  # this is a column's first entry
        second = Signal()  # this is an entry of the second column
        pause = self.i_pause
        if self.config.entries == "stream":
            wanted, pause = Signal(), Signal()
            m.d.comb += [
                wanted.eq(busy & ~item.marker & ~self.i_pause),
                pause.eq(self.i_pause | (wanted & ~self.i_entry.valid)),
                self.i_entry.ready.eq(wanted),
            ]
            m.d.sync += self.o_entry.eq(self.i_entry.payload)
        m.d.comb += [
            self.i.ready.eq(one & ~pause),
        ]
        payload = self.i.payload
        above = Const((1 << len(count) - len(item.second)) - 1, len(count) - len(item.second))
        with m.If(~pause):
            m.d.sync += [
                fresh.eq(turn),
                # One adder with a multiplexer before it, so that a carry cell holds both.
                count.eq(Mux(one, payload.left, count) + ~one),
            ]
            with m.If(one):
                m.d.sync += [
                    item.eq(payload),
                    busy.eq(self.i.valid),
                    one.eq(payload.one | ~self.i.valid),
                    turn.eq(payload.turn),
                    second.eq(payload.from_second),
                    fresh.eq(1),
                ]
            with m.Else():
                turns = count == Cat(item.second, above)
                m.d.sync += [
                    one.eq((count == (1 << len(count)) - 3) | (turns & item.stop)),
                    turn.eq(turns),
                    second.eq(second | turn),
                ]
        emits = busy & ~pause
        m.d.sync += [
            self.o_valid.eq(emits & ~item.marker),
            self.o_marker.eq(emits & item.marker),
            self.o_first.eq(fresh),
            *self._address(item, count),
            self.o_value.eq(Mux(second, item["values"][1], item["values"][0])),
            self.o_task.eq(item["values"][0]),
        ]
        return m

    def _address(self, item, count):
        if self.config.entries == "stream":
            return []
        return [self.o_address.eq(item.end + Cat(count, Const(-1, len(item.end)))[:len(item.end)])]
