"""Rows of the binary array that share weight memories: XNOR-count, accumulators, thresholds."""

from amaranth import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from hw.binary.layout import bank_rows, slice_bits, slices, start_layout
from hw.config import Binary, Config, bits_for
from hw.load import LoadBus
from hw.memory import Memory
from hw.packet import MemoryId
from hw.shared import Shared
from hw.stream import delay

__all__ = ["RowBank", "pairs_pay"]

LARGE = 1 << 11
"""Words of a memory from which on a second port is dear: SPRAM of iCE40 has one."""


def pairs_pay(c: Binary) -> bool:
    """Whether rows share the count of their activations' pairs.

    With x = a ^ w, x1 + x2 = (a1 ^ a2) - (w1 ^ w2) + 2 t, and t is one LUT4: a row counts half as many
    bits, all rows together count (a1 ^ a2) once, and the rest is constant. Worth it if many rows share.
    """
    # Slots on ECP5, about: 1.4 a product or 0.5 + 0.66 and an adder a row, 1.16 once for all.
    return c.pes * (1.4 * c.simd - (1.16 * c.simd + 10)) > 1.16 * c.simd


class RowBank(Component):
    """Rows in parallel: each takes a word of weights a cycle and adds up where they differ from the
    activations, times two if the accumulators are doubled between bit planes.

    Nothing stalls. A row's accumulator begins with a value of its own, from which the compiler has
    taken the row's threshold and everything constant: the binary output is the sign bit.

    Members, with the cycle in which they must be there, counted from that of ``i_word``:
        i_load, i_write: Image data, and whether they are for this bank's weights or first values.
        i_word: Address of a word of weights, one for each row.
        i_activations: ``memory_latency`` cycles later: the activations that it meets.
        i_pairs: Only where ``pairs_pay``: how many pairs of activations differ from each other,
            ``1 + count.latency`` cycles after ``i_activations``.
        i_start: ``start_at`` cycles later: where the accumulators' first values stand.
        i_add, i_first: ``add_at`` cycles later: this word counts; it begins a sum.
        i_double, i_plane: Only where there are bit planes, at the same time: the sum is doubled first;
            which plane, on which depends the bit of the first value that comes in then.
        o_negative: ``add_at + 2`` cycles later: signs of the accumulators.
        i_capture, i_shift, o_shift: ``add_at + 1`` cycles later, after the last word of a row:
            accumulators are copied into registers, which then move one row a cycle; ``o_shift`` is the
            first row's, and ``i_shift`` comes from the next bank.

    Args:
        config: The whole configuration.
        count: The counting unit, ``PopCount`` of pairs or ``XnorCount`` of a word.
        load_width, load_address: Widths of the load bus.
    """

    def __init__(self, config: Config, count: Shared, *, load_width: int, load_address: int):
        c = config.binary
        self.config, self.count = config, count
        self.rows = bank_rows(c)
        latency = config.memory_latency
        # The RAM and the count; with pairs also t, and the sum with what all rows share.
        self.add_at = latency + count.component.latency + (2 if pairs_pay(c) else 0)
        self.start_at = self.add_at - latency
        super().__init__({
            "i_load": In(LoadBus(load_width, load_address)),
            "i_write": In(1),
            "i_word": In(bits_for(c.capacity.words)),
            "i_activations": In(c.simd),
            **({"i_pairs": In(range(-(-c.simd // 2) + 1))} if pairs_pay(c) else {}),
            "i_start": In(bits_for(c.capacity.groups)),
            "i_add": In(1),
            "i_first": In(1),
            **({"i_double": In(1), "i_plane": In(range(c.planes))} if c.planes > 1 else {}),
            "i_capture": In(1),
            "i_shift": In(c.accumulator),
            "o_shift": Out(c.accumulator),
            "o_negative": Out(self.rows),
        })

    def elaborate(self, platform):
        m = Module()
        c, rows = self.config.binary, self.rows
        # Image data come from afar, and the memories are far apart: three registers on the way.
        address, data = (delay(m, getattr(self.i_load, name), 3, name, reset_less=True)
                         for name in ("address", "data"))
        weights = self._weights(m, address, data)
        starts = self._starts(m, address, data)
        activations = delay(m, self.i_activations, 1, "activations", reset_less=True)
        flags = ("add", "first", "capture", *(("double", "plane") if c.planes > 1 else ()))
        now = {name: delay(m, getattr(self, f"i_{name}"), 1, name, reset_less=True) for name in flags}
        if pairs_pay(c):
            pairs = delay(m, self.i_pairs, 1, "pairs", reset_less=True)
        kept = [Signal(c.accumulator, name=f"kept_{row}", reset_less=True) for row in range(rows)]
        for row in range(rows):
            mine = weights[row * c.simd:(row + 1) * c.simd]
            if pairs_pay(c):
                both = Signal(-(-c.simd // 2), name=f"both_{row}", reset_less=True)
                m.d.sync += both.eq(Cat(
                    _carry(activations[k:k + 2], mine[k:k + 2]) for k in range(0, c.simd, 2)))
                m.submodules[f"count_{row}"], count = self.count.instantiate(i=both)
                number = Signal(range(2 * len(both) + len(both) + 1), name=f"number_{row}",
                                reset_less=True)
                m.d.sync += number.eq((count.o << 1) + pairs)
            else:
                m.submodules[f"count_{row}"], count = self.count.instantiate(
                    i_a=activations, i_w=mine)
                number = count.o
            total = Signal(signed(c.accumulator), name=f"total_{row}", reset_less=True)
            start = starts[row]
            before: Value = total
            if c.planes > 1:
                before = Mux(now["double"], Cat(
                    start.low.bit_select(now["plane"], 1), total[:-1]).as_signed(), total)
            with m.If(now["add"]):
                m.d.sync += total.eq(Mux(now["first"], start.value, before) + number)
            m.d.comb += self.o_negative[row].eq(total[-1])
            m.d.sync += kept[row].eq(Mux(now["capture"], total, [*kept, self.i_shift][row + 1]))
        m.d.comb += self.o_shift.eq(kept[0])
        return m

    def _weights(self, m, address, data):
        """Weights of all rows side by side, ``1 + latency`` cycles after ``i_word``."""
        config, c = self.config, self.config.binary
        word = delay(m, self.i_word, 1, "word", reset_less=True)
        # Without a reset, which comes from afar: none is on its way long after one.
        writes = delay(m, self.i_write & (self.i_load.memory == MemoryId.WEIGHTS), 1, "writes",
                       reset_less=True)
        named = delay(m, self.i_load.pe[:slice_bits(c)], 1, "named", reset_less=True)
        # Without a write nobody is meant, by the register's own reset: a slice's write is one LUT.
        nobody = (1 << bits_for(slices(c, self.rows) + 1)) - 1
        place = Signal(range(nobody + 1), reset_less=True)
        m.d.sync += place.eq(named)
        with m.If(~writes):
            m.d.sync += place.eq(nobody)
        parts = []
        for k in range(slices(c, self.rows)):
            m.submodules[f"weights_{k}"] = memory = Memory(
                # The last slice holds what is left.
                min(c.ram_width, self.rows * c.simd - k * c.ram_width), c.capacity.words,
                latency=config.memory_latency, block=c.capacity.words < LARGE,
                ports="dual" if c.capacity.words < LARGE else "single")
            m.d.comb += [
                memory.i_write.eq(delay(m, place == k, 1, f"write_{k}", reset_less=True)),
                memory.i_write_address.eq(address),
                memory.i_write_data.eq(data),
                memory.i_address.eq(word),
            ]
            parts.append(memory.o_data)
        return Cat(parts)

    def _starts(self, m, address, data):
        """First values of all rows, ``1 + latency`` cycles after ``i_start``."""
        c = self.config.binary
        m.submodules.starts = memory = Memory(
            self.rows * start_layout(c).size, c.capacity.groups, latency=self.config.memory_latency,
            block=c.small_ram == "block", distributed=c.small_ram == "distributed")
        write = self.i_write & (self.i_load.memory == MemoryId.STARTS)
        starts = Signal(ArrayLayout(start_layout(c), self.rows))
        m.d.comb += [
            memory.i_write.eq(delay(m, write, 3, "write_starts", reset_less=True)),
            memory.i_write_address.eq(address),
            memory.i_write_data.eq(data),
            memory.i_address.eq(delay(m, self.i_start, 1, "start", reset_less=True)),
            starts.eq(memory.o_data),
        ]
        return starts


def _carry(a: Value, w: Value) -> Value:
    """The bit t of two places, or of one with a place of zeros beside it; see ``pairs_pay``."""
    differs = a ^ w
    if len(a) == 1:
        return ~a & w
    return differs.all() | (~a.xor() & differs.any())
