"""The column table of a PE: from broadcast columns to the entries that meet their activations."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2

from hw.config import Config
from hw.memory import Memory
from hw.sparse.layout import (
    address_bits,
    base_words,
    column_bits,
    column_layout,
    item_layout,
    left_bits,
    queue_layout,
)
from hw.stream import delay

__all__ = ["ColumnTable"]


class ColumnTable(Component):
    """Looks up how many entries a PE has in the columns that are broadcast, and where they lie.

    Only lengths are stored. The address is their running sum, which starts anew at each layer's base
    address; so every word of a layer's table must be read once, in order. Columns whose activation or
    length is zero cost the PE nothing behind this table.

    Latency ``ColumnTable.latency(memory_latency)`` cycles, an item a cycle, no stalls.

    Members:
        i_item, i_valid: Broadcast items.
        o_item, o_push: What goes into the queue.
        i_write, i_address, i_data: Image data.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.sparse
        super().__init__({
            "i_item": In(item_layout(c)),
            "i_valid": In(1),
            "o_item": Out(queue_layout(c)),
            "o_push": Out(1),
            "i_write": In(1),
            "i_address": In(ceil_log2(c.capacity.columns)),
            "i_data": In(column_layout(c).size),
        })

    @staticmethod
    def latency(memory_latency: int) -> int:
        """Cycles from ``i_item`` to ``o_item``."""
        return memory_latency + 4

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        short, layout = column_bits(c), column_layout(c)
        m.submodules.table = table = Memory(layout.size, c.capacity.columns, latency=latency)
        item = delay(m, self.i_item, 1, "item", reset_less=True)
        valid = delay(m, self.i_valid, 1, "item_valid")
        m.d.comb += [
            table.i_write.eq(self.i_write),
            table.i_write_address.eq(self.i_address),
            table.i_write_data.eq(self.i_data),
            table.i_address.eq(item.address),
        ]
        # A register more than the RAM's own, to come from wherever the RAM is placed.
        item = delay(m, item, latency + 1, "looked_up", reset_less=True)
        valid = delay(m, valid, latency + 1, "looked_up_valid")
        word = Signal(layout, reset_less=True)
        m.d.sync += word.eq(table.o_data)

        # Lengths: that of the first column, of the second, and of both.
        first_empty = (word.first == 0) & ~(item.long & word.second.any())
        first_one = (word.first == 1) & ~(item.long & word.second.any())
        second = Signal(short, reset_less=True)
        total = Signal(2 * short, reset_less=True)
        second_one, second_empty = Signal(), Signal()
        use = Signal(2)
        first_is_one = Signal()
        both = word.first + Mux(item.long, 0, word.second)
        upper = Mux(item.long, word.second, both[short])
        m.d.sync += [
            second.eq(Mux(item.long, 0, word.second)),
            second_one.eq(~item.long & (word.second == 1)),
            second_empty.eq(item.long | (word.second == 0)),
            first_is_one.eq(first_one),
            use[0].eq(item.nonzero[0] & ~first_empty),
            use[1].eq(item.nonzero[1] & word.second.any()),
            total.eq(Mux(item.base[1:].any(), 0, Cat(both[:short], upper))),
        ]
        # Where entries stay coded: bits of the columns in use, and of a first one that is not.
        wanted = Signal(left_bits(c), reset_less=True)
        skipped = Signal(short, reset_less=True)
        used = Mux(item.nonzero[0], word.first, 0) + Mux(item.nonzero[1] & ~item.long, word.second, 0)
        m.d.sync += [
            wanted.eq(Cat(used[:short], Mux(item.long, word.second, used[short]))),
            skipped.eq(Mux(item.nonzero[0], 0, word.first)),
        ]
        further = []  # the upper words of a base address
        for k in range(1, base_words(c.capacity)):
            further.append(Signal(layout.size, name=f"base_{k}", reset_less=True))
            m.d.sync += further[-1].eq(Mux(item.base[k], word.as_value(), 0))
        item = delay(m, item, 1, "measured", reset_less=True)
        valid = delay(m, valid, 1, "measured_valid")

        # The running sum; what the queue holds.
        end = Signal(address_bits(c))
        with m.If(valid):
            m.d.sync += end.eq(Mux(item.marker, 0, end + Cat(total, *further)))
        out = Signal(queue_layout(c), reset_less=True)
        push = Signal()
        m.d.sync += [
            push.eq(valid & (item.marker | use.any())),
            out.marker.eq(item.marker),
            out.from_second.eq(~use[0]),
            out["values"].eq(item["values"]),
        ]
        if c.huffman == "memory":
            m.d.sync += [
                out.both.eq(use.all()),
                out.address.eq(end + skipped),
                out.left.eq(wanted),
                out.second.eq(second),
            ]
        else:
            m.d.sync += [
                out.stop.eq(~use[1]),
                out.one.eq(item.marker
                           | Mux(use[0], first_is_one & (second_empty | ~use[1]), second_one)),
                out.turn.eq(use[0] & first_is_one),
                out.left.eq(~Mux(use[0], total, second)),
                out.second.eq(~(second + Const(2, short + 1))),
            ]
        m.d.comb += self.o_item.eq(out)
        if c.entries == "memory" and c.huffman != "memory":
            m.d.comb += self.o_item.end.eq(end)
        m.d.comb += self.o_push.eq(push)
        return m
