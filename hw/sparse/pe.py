"""A processing element of the sparse engine."""

from typing import Literal

from amaranth import (
    Cat,
    ClockDomain,
    ClockSignal,
    DomainRenamer,
    Module,
    Mux,
    ResetInserter,
    ResetSignal,
    Signal,
    signed,
    unsigned,
)
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out, Signature

from hw.arithmetic.shift_add import ShiftAddMultiplier
from hw.config import Config, Sparse, bits_for
from hw.load import LoadBus
from hw.memory import Memory
from hw.packet import MemoryId
from hw.sparse.accumulator import Accumulators, slot_bits
from hw.sparse.columns import ColumnTable
from hw.sparse.decoder import EntryDecoder
from hw.sparse.layout import (
    CODED_WORD,
    DECIDING,
    bundle_layout,
    codebook_depth,
    codebook_width,
    coded_layout,
    entry_layout,
    item_layout,
    queue_layout,
    symbol_layout,
    task_layout,
    upper_layout,
)
from hw.sparse.streamed import EntryQueue
from hw.sparse.walker import ColumnWalker
from hw.stream import Queue, delay

__all__ = ["ALL_PES", "RESET_LATENCY", "DrainBus", "ProcessingElement", "coarse",
           "drain_latency", "entry_latency", "in_flight"]

ALL_PES = 0xFFFF
"""The PE number that addresses every PE on the load bus."""

RESET_LATENCY = 2
"""Cycles after the end of a reset before a PE listens: its two registers of the reset."""

LARGE = 1 << 14
"""Words of a memory from which on a second port is dear: the depth of an SPRAM of iCE40."""


def coarse(queue_depth: int) -> int:
    """Low bits of the queue's level that are not looked at."""
    return max(2, bits_for(queue_depth + 1) - 4)


def in_flight(memory_latency: int) -> int:
    """Items that can still enter a PE's queue once its ``o_almost_full`` has been seen."""
    # The broadcast register, the column table and the level; the tree above adds its own levels.
    return ColumnTable.latency(memory_latency) + 2


def entry_latency(config: Config) -> int:
    """Cycles from the walker to the entry: those of the RAM, or of both that coded entries take."""
    if config.sparse.entries == "stream":
        return 0
    return config.memory_latency * (2 if config.sparse.huffman == "memory" else 1)


def drain_latency(entry_latency: int) -> int:
    """Cycles from ``i_drain`` to ``o_sum`` of a PE."""
    # The register of the bus, the walker, the entries, the row.
    return 1 + 1 + entry_latency + 1 + Accumulators.LATENCY


class DrainBus(Signature):
    """Which accumulators the drain reads, and which banks it gives back."""

    def __init__(self, config: Sparse):
        super().__init__({"bank": Out(1), "slot": Out(slot_bits(config.capacity.rows)),
                          "release": Out(2)})


class ProcessingElement(Component):
    """Column table, queue, walker, entries, codebook, multiplier and accumulators.

    The column table is looked up in front of the queue, so a column that is empty for this PE costs
    it nothing. From the walker on nothing stalls: one multiply-accumulate a cycle. What the drain reads
    takes the place of a multiply-accumulate.

    Members:
        i_load, i_write: Image data, and whether it is for this PE.
        i_item, i_item_valid: Broadcast items. There is no ready: whoever broadcasts stops after
            ``o_almost_full``; the queue has room for ``slack`` more items.
        i_drain, i_read: The drain, and whether it reads from this PE; ``o_sum`` answers
            ``drain_latency(entry_latency(config))`` cycles later, zero if not asked.
        o_done: Accumulator banks that hold a finished vector.
        i_bundle, i_bundle_valid, i_clear, o_bundles_almost_full: Only where entries are streamed: what
            arrives, and whether it is for this PE; the queue of entries is emptied, or has room for
            only ``entry_slack`` more bundles.

    Args:
        config: The whole configuration.
        slack: Items that may still come after ``o_almost_full``, less than the queue's depth.
        load_width, load_address: Widths of the load bus.
        entry_slack: Bundles that may still come after ``o_bundles_almost_full``.

    Source: EIE (ISCA 2016), with the table in front of the queue and double-buffered accumulators.
    """

    def __init__(self, config: Config, *, slack: int, load_width: int, load_address: int,
                 entry_slack: int = 0):
        c = config.sparse
        least = slack + (1 << coarse(c.queue_depth))
        if c.queue_depth < least:
            raise ValueError(f"queue_depth {c.queue_depth} must be at least {least}: {slack} items are "
                             f"on their way when {c.pes} PEs stop")
        self.config, self.slack, self.entry_slack = config, slack, entry_slack
        super().__init__({
            "i_load": In(LoadBus(load_width, load_address)),
            "i_write": In(1),
            "i_item": In(item_layout(c)),
            "i_item_valid": In(1),
            "o_almost_full": Out(1),
            "i_drain": In(DrainBus(c)),
            "i_read": In(1),
            "o_sum": Out(c.accumulator.width),
            "o_done": Out(2),
            **({} if c.entries == "memory" else {
                "i_bundle": In(bundle_layout(c)), "i_bundle_valid": In(1), "i_clear": In(1),
                "o_bundles_almost_full": Out(1)}),
        })

    def elaborate(self, platform):
        # A reset of its own, `RESET_LATENCY` cycles late, because of the fan-out and the way.
        top = Module()
        halfway, reset = (Signal(name=name, init=1, reset_less=True) for name in ("halfway", "reset"))
        top.domains.late = late = ClockDomain(local=True)
        top.d.sync += [halfway.eq(ResetSignal()), reset.eq(halfway)]
        top.d.comb += [late.clk.eq(ClockSignal()), late.rst.eq(reset)]
        top.submodules.body = DomainRenamer("late")(self._body())
        return top

    def _body(self):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        cap = c.capacity

        # Image data, registered once for the fan-out of the bus.
        load = Signal(StructLayout({"address": len(self.i_load.address),
                                    "data": len(self.i_load.data)}), reset_less=True)
        m.d.sync += [load.address.eq(self.i_load.address), load.data.eq(self.i_load.data)]

        def loaded(name, memory, which):
            """A memory, or a block around it, that takes image data."""
            m.submodules[name] = memory
            write = Signal(name=f"write_{name}")
            m.d.sync += write.eq(self.i_write & (self.i_load.memory == which))
            if isinstance(memory, Memory):
                m.d.comb += [memory.i_write.eq(write), memory.i_write_address.eq(load.address),
                             memory.i_write_data.eq(load.data)]
            else:
                m.d.comb += [memory.i_write.eq(write), memory.i_address.eq(load.address),
                             memory.i_data.eq(load.data)]
            return memory

        # Column table and queue.
        columns = loaded("columns", ColumnTable(self.config), MemoryId.COLUMNS)
        m.submodules.queue = queue = Queue(queue_layout(c), c.queue_depth, latency=latency,
                                         block=True, room=True)
        m.d.comb += [
            columns.i_item.eq(self.i_item),
            columns.i_valid.eq(self.i_item_valid),
            queue.i.payload.eq(columns.o_item),
            queue.i.valid.eq(columns.o_push),
        ]
        step = coarse(c.queue_depth)
        limit, high = c.queue_depth - self.slack >> step, queue.o_level[step:]
        # Cheaper than a comparison, which Yosys makes a carry chain.
        m.d.sync += self.o_almost_full.eq(Cat(high == k for k in range(limit, 1 << len(high))).any())

        # The drain, registered once for the fan-out of the bus. Its reads travel as entries do.
        bank = delay(m, self.i_drain.bank, 1, "drain_bank", reset_less=True)
        slot = delay(m, self.i_drain.slot, 1, "drain_slot", reset_less=True)
        read = delay(m, self.i_read, 1, "drain_read")
        release = delay(m, self.i_drain.release, 1, "drain_release")
        coded = c.huffman == "memory"
        before_row = entry_latency(self.config) + 2  # cycles from the walker's input to a row
        behind = latency if coded else entry_latency(self.config)  # from its output to the entry

        # Walker and entries.
        m.submodules.walker = walker = EntryDecoder(c, latency) if coded else ColumnWalker(c)
        m.d.comb += [
            walker.i.payload.eq(queue.o.payload),
            walker.i.valid.eq(queue.o.valid),
            queue.o.ready.eq(walker.i.ready),
            walker.i_pause.eq(read),
        ]
        # One port costs a multiplexer, but large memories have no second one.
        ports: Literal["single", "dual"] = "single" if cap.entries >= LARGE else "dual"
        if c.entries == "stream":
            read_entry = self._streamed(m, walker)
        elif not coded:
            entries = loaded("entries", Memory(entry_layout(c).size, cap.entries, latency=latency,
                                               ports=ports), MemoryId.ENTRIES)
            m.d.comb += entries.i_address.eq(walker.o_address)
            read_entry = entries.o_data
        first = delay(m, walker.o_first, behind, "first", reset_less=True)
        valid = delay(m, walker.o_valid, behind, "valid")
        value = delay(m, walker.o_value, behind, "value", reset_less=True)
        marker = delay(m, walker.o_marker, behind, "marker")
        task = delay(m, walker.o_task, behind, "task", reset_less=True)
        current = Signal(task_layout(c))
        with m.If(marker & task.begin):
            m.d.sync += current.eq(task)
        if coded:
            index, word = self._coded(m, walker, current.raw, loaded)
        else:
            entry = Signal(entry_layout(c))
            m.d.comb += entry.eq(read_entry)
            index = entry.index
        upper_bits = upper_layout(c)
        if upper_bits is not None:
            upper = loaded("upper", Memory(upper_bits.size, cap.upper_entries, latency=latency,
                                           ports=ports), MemoryId.UPPER)
            m.d.comb += upper.i_address.eq(walker.o_address)
            index = Cat(index, Mux(current.upper, upper.o_data, 0))

        # Row of the entry.
        row = Signal(bits_for(cap.rows), reset_less=True)
        # That of the entry before: records that are decoded by turns come so many cycles apart.
        before = delay(m, row, EntryDecoder.turns(latency) - 1, "row", reset_less=True) if coded else row
        if c.index.kind == "absolute":
            base = 0
        else:
            absolute = first if c.index.kind == "relative" else first | ~current.relative
            base = Mux(absolute, 0, before + 1)
        with m.If(valid):
            m.d.sync += row.eq(base + index)
        if coded:
            with m.Else():
                m.d.sync += row.eq(before)

        # Weight, then product, in so many steps.
        steps: int
        if coded:
            steps = 0
        elif c.weight.kind != "direct":
            codebook = loaded("codebook", Memory(codebook_width(c), codebook_depth(c),
                                                 latency=latency, block=True), MemoryId.CODEBOOK)
            m.d.comb += codebook.i_address.eq(Cat(entry.code, current.layer))
            word, steps = codebook.o_data, latency
        else:
            word, steps = entry.code, 0
        activation = Signal(_shape(c.activation))
        if c.weight.kind == "shift_add":
            m.d.comb += activation.eq(delay(m, value, steps, "value_word", reset_less=True))
            m.submodules.multiplier = multiplier = ShiftAddMultiplier(
                c.weight.width, c.weight.signed, c.weight.terms, activation.shape())
            m.d.comb += [multiplier.i_word.eq(word), multiplier.i_activation.eq(activation)]
            product, steps = multiplier.o_product, steps + multiplier.LATENCY
        else:
            # Registers before, in and behind the multiplier, where a DSP has its own.
            weight = Signal(_shape(c.weight), reset_less=True)
            m.d.sync += weight.eq(word)
            m.d.comb += activation.eq(delay(m, value, steps + 1, "value_word", reset_less=True))
            product = Signal.like(weight * activation, name="product", reset_less=True)
            m.d.sync += product.eq(weight * activation)
            steps += 2

        # Accumulate. A row is looked up while its product is computed, and meets it.
        m.submodules.accumulators = accumulators = Accumulators(
            cap.rows, c.accumulator.width, c.accumulator.signed, len(product),
            product.shape().signed, latency=latency)
        early = 1 + accumulators.PRODUCT - steps
        operand = Signal.like(product, name="operand")
        m.d.comb += [
            operand.eq(delay(m, product, early, "product", reset_less=True)),
            accumulators.i_product.eq(operand),
            accumulators.i_valid.eq(delay(m, valid, 1, "accumulate")),
            accumulators.i_row.eq(row),
            accumulators.i_end.eq(delay(m, marker & ~task.begin, 1, "end")),
            accumulators.i_read.eq(delay(m, read, before_row, "read")),
            accumulators.i_bank.eq(delay(m, bank, before_row, "bank", reset_less=True)),
            accumulators.i_slot.eq(delay(m, slot, before_row, "slot", reset_less=True)),
            accumulators.i_release.eq(release),
            self.o_done.eq(accumulators.o_done),
            self.o_sum.eq(accumulators.o_sum),
        ]
        return m

    def _coded(self, m, decoder, raw_bits, loaded):
        """The memories that coded entries need, and index and weight of the one that left the decoder
        ``memory_latency`` cycles before. Its layer has so many raw bits an entry."""
        c, latency = self.config.sparse, self.config.memory_latency
        layers = c.capacity.layers
        entries = loaded("entries", Memory(
            CODED_WORD, c.capacity.entries, latency=latency, ports="twin"), MemoryId.ENTRIES)
        lengths = loaded("lengths", Memory(4, layers << DECIDING, latency=1), MemoryId.HUFFMAN)
        symbols = loaded("symbols", Memory(
            symbol_layout(c).size, layers << coded_layout(c)["symbol"].width, latency=latency,
            block=True), MemoryId.CODEBOOK)
        m.d.comb += [
            entries.i_address.eq(decoder.o_word),
            entries.i_twin_address.eq(decoder.o_next),
            decoder.i_word.eq(entries.o_data),
            decoder.i_next.eq(entries.o_twin),
            lengths.i_address.eq(decoder.o_lookup),
            decoder.i_length.eq(lengths.o_data),
            symbols.i_address.eq(Cat(decoder.o_entry.symbol, decoder.o_layer)),
        ]
        symbol = symbol_layout(c)(symbols.o_data)
        # Those next to the symbol belong to the entry, the others to the one before.
        raw = delay(m, decoder.o_entry.raw, latency, "raw", reset_less=True)
        own = Cat(bit & (raw_bits > k) for k, bit in enumerate(reversed(raw)))
        return symbol.index | own, symbol.word

    def _streamed(self, m, walker):
        """The queue of streamed entries in front of the walker, and the entry that it took."""
        arriving = EntryQueue(self.config, self.entry_slack)
        m.submodules.arriving = ResetInserter(self.i_clear)(arriving)
        m.d.comb += [
            arriving.i.payload.eq(self.i_bundle),
            arriving.i.valid.eq(self.i_bundle_valid),
            self.o_bundles_almost_full.eq(arriving.o_almost_full),
            walker.i_entry.payload.eq(arriving.o.payload),
            walker.i_entry.valid.eq(arriving.o.valid),
            arriving.o.ready.eq(walker.i_entry.ready),
        ]
        return walker.o_entry


def _shape(operand):
    return signed(operand.width) if operand.signed else unsigned(operand.width)
