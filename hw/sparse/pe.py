"""A processing element of the sparse engine."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out, Signature

from hw.arithmetic.shift_add import ShiftAddMultiplier
from hw.config import Config, Sparse, bits_for
from hw.memory import Memory
from hw.packet import MemoryId
from hw.sparse.accumulator import Accumulators
from hw.sparse.layout import (
    codebook_depth,
    codebook_width,
    column_layout,
    entry_layout,
    item_layout,
    queue_layout,
    task_layout,
)
from hw.sparse.walker import ColumnWalker
from hw.stream import Queue, delay

__all__ = ["ALL_PES", "DrainBus", "LoadBus", "ProcessingElement", "in_flight"]

ALL_PES = 0xFFFF
"""The PE number that addresses every PE on the load bus."""


def in_flight(memory_latency: int) -> int:
    """Items that can still enter a PE's queue once its ``o_almost_full`` has been seen."""
    # Input register, column table, table register and level; the tree above adds its own levels.
    return memory_latency + 4


class LoadBus(Signature):
    """Writes into the memories that an image fills."""

    def __init__(self, width: int, address: int):
        super().__init__({
            "write": Out(1), "memory": Out(3), "pe": Out(16), "address": Out(address),
            "data": Out(width),
        })


class DrainBus(Signature):
    """Reads from the accumulators of one PE, and clears those of all."""

    def __init__(self, config: Sparse):
        super().__init__({
            "read": Out(1), "pe": Out(bits_for(config.pes)), "bank": Out(1),
            "slot": Out(bits_for(config.capacity.rows)), "clear": Out(1), "release": Out(2),
        })


class ProcessingElement(Component):
    """Column table, queue, walker, entries, codebook, multiplier and accumulators.

    The column table is looked up in front of the queue, so a column that is empty for this PE costs
    it nothing. From the walker on nothing stalls: one multiply-accumulate a cycle.

    Members:
        i_number: Which PE this is; a port, so that all PEs are one module.
        i_load: Image data; taken if ``pe`` is this PE's number or ``ALL_PES``.
        i_item, i_item_valid: Broadcast items. There is no ready: whoever broadcasts stops after
            ``o_almost_full``; the queue has room for ``slack`` more items.
        i_drain: The drain; ``o_sum`` answers ``memory_latency + 2`` cycles later, zero if not asked.
        o_done: Accumulator banks that hold a finished vector.

    Args:
        config: The whole configuration.
        slack: Items that may still come after ``o_almost_full``, less than the queue's depth.
        load_width, load_address: Widths of the load bus.

    Source: EIE (ISCA 2016), with the table in front of the queue and double-buffered accumulators.
    """

    def __init__(self, config: Config, *, slack: int, load_width: int, load_address: int):
        c = config.sparse
        if slack >= c.queue_depth:
            raise ValueError(f"queue_depth {c.queue_depth} must exceed {slack}, the items that are "
                             f"on their way when {c.pes} PEs stop; use {slack + 1} or more")
        self.config, self.slack = config, slack
        super().__init__({
            "i_number": In(bits_for(c.pes)),
            "i_load": In(LoadBus(load_width, load_address)),
            "i_item": In(item_layout(c)),
            "i_item_valid": In(1),
            "o_almost_full": Out(1),
            "i_drain": In(DrainBus(c)),
            "o_sum": Out(c.accumulator.width),
            "o_done": Out(2),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        cap = c.capacity

        # Image data, registered once for the fan-out of the bus.
        load = Signal(StructLayout({"address": len(self.i_load.address),
                                    "data": len(self.i_load.data)}), reset_less=True)
        m.d.sync += [load.address.eq(self.i_load.address), load.data.eq(self.i_load.data)]
        mine = (self.i_load.pe == self.i_number) | (self.i_load.pe == ALL_PES)

        def loaded(name: str, memory: Memory, which: MemoryId) -> Memory:
            m.submodules[name] = memory
            write = Signal(name=f"write_{name}")
            m.d.sync += write.eq(self.i_load.write & mine & (self.i_load.memory == which))
            m.d.comb += [
                memory.i_write.eq(write),
                memory.i_write_address.eq(load.address),
                memory.i_write_data.eq(load.data),
            ]
            return memory

        # Column table, in front of the queue.
        columns = loaded("columns", Memory(column_layout(c).size, cap.columns, latency=latency),
                         MemoryId.COLUMNS)
        item = delay(m, self.i_item, 1, "item", reset_less=True)
        item_valid = delay(m, self.i_item_valid, 1, "item_valid")
        m.d.comb += columns.i_address.eq(item.where)
        item = delay(m, item, latency, "item_column", reset_less=True)
        item_valid = delay(m, item_valid, latency, "item_column_valid")
        column = Signal(column_layout(c))
        m.d.comb += column.eq(columns.o_data)
        m.submodules.queue = queue = Queue(queue_layout(c), c.queue_depth, latency=latency)
        entry_item = Signal(queue_layout(c), reset_less=True)
        push = Signal()
        m.d.sync += [
            entry_item.marker.eq(item.marker),
            entry_item.where.eq(Mux(item.marker, item.where, column.start)),
            entry_item.more.eq(column.more),
            entry_item.value.eq(item.value),
            push.eq(item_valid & (item.marker | column.nonempty)),
            self.o_almost_full.eq(queue.o_level >= c.queue_depth - self.slack),
        ]
        m.d.comb += [queue.i.payload.eq(entry_item), queue.i.valid.eq(push)]

        # Walker and entries.
        m.submodules.walker = walker = ColumnWalker(c)
        m.d.comb += [
            walker.i.payload.eq(queue.o.payload),
            walker.i.valid.eq(queue.o.valid),
            queue.o.ready.eq(walker.i.ready),
        ]
        entries = loaded("entries", Memory(entry_layout(c).size, cap.entries, latency=latency,
                                           ports="single"), MemoryId.ENTRIES)
        m.d.comb += entries.i_address.eq(walker.o_address)
        first = delay(m, walker.o_first, latency, "first", reset_less=True)
        valid = delay(m, walker.o_valid, latency, "valid")
        value = delay(m, walker.o_value, latency, "value", reset_less=True)
        marker = delay(m, walker.o_marker, latency, "marker")
        task = delay(m, walker.o_task, latency, "task", reset_less=True)
        entry = Signal(entry_layout(c))
        m.d.comb += entry.eq(entries.o_data)

        # Row and codebook word of the entry.
        row = Signal(bits_for(cap.rows), reset_less=True)
        current = Signal(task_layout(c))
        with m.If(marker & task.begin):
            m.d.sync += current.eq(task)
        if c.index.kind == "absolute":
            base = 0
        else:
            absolute = first if c.index.kind == "relative" else first | ~current.relative
            base = Mux(absolute, 0, row + 1)
        m.d.sync += row.eq(base + entry.index)
        if c.weight.kind != "direct":
            codebook = loaded("codebook", Memory(codebook_width(c), codebook_depth(c),
                                                 latency=latency), MemoryId.CODEBOOK)
            m.d.comb += codebook.i_address.eq(Cat(entry.code, current.layer))
            word = codebook.o_data
        else:
            word = delay(m, entry.code, latency, "weight", reset_less=True)
        activation = Signal(_shape(c.activation))
        m.d.comb += activation.eq(delay(m, value, latency, "value_codebook", reset_less=True))

        # Multiply, in so many steps, and accumulate. Meanwhile the accumulator is read.
        if c.weight.kind == "shift_add":
            m.submodules.multiplier = multiplier = ShiftAddMultiplier(
                c.weight.width, c.weight.signed, c.weight.terms, activation.shape())
            m.d.comb += [multiplier.i_word.eq(word), multiplier.i_activation.eq(activation)]
            product, steps = multiplier.o_product, multiplier.LATENCY
        else:
            weight = Signal(_shape(c.weight))
            m.d.comb += weight.eq(word)
            product, steps = Signal.like(weight * activation, name="product", reset_less=True), 1
            m.d.sync += product.eq(weight * activation)
        m.submodules.accumulators = accumulators = Accumulators(
            cap.rows, c.accumulator.width, c.accumulator.signed, len(product),
            product.shape().signed, latency=latency)
        m.d.comb += [
            accumulators.i_valid.eq(delay(m, valid, steps, "accumulate")),
            accumulators.i_row.eq(delay(m, row, steps - 1, "row", reset_less=True)),
            accumulators.i_end.eq(delay(m, marker & ~task.begin, steps, "end")),
            accumulators.i_product.eq(product),
            self.o_done.eq(accumulators.o_done),
            self.o_sum.eq(accumulators.o_sum),
        ]

        # Drain, registered once for the fan-out of the bus.
        drain = self.i_drain
        selected = Signal()
        m.d.sync += [
            selected.eq(drain.read & (drain.pe == self.i_number)),
            accumulators.i_bank.eq(drain.bank),
            accumulators.i_slot.eq(drain.slot),
            accumulators.i_clear.eq(drain.clear),
            accumulators.i_release.eq(drain.release),
        ]
        m.d.comb += accumulators.i_read.eq(selected)
        return m


def _shape(operand):
    return signed(operand.width) if operand.signed else unsigned(operand.width)
