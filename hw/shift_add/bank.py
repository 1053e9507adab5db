"""Lanes that share a weight memory."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.config import Config, bits_for
from hw.load import LoadBus
from hw.memory import Memory
from hw.packet import MemoryId
from hw.shared import Shared
from hw.shift_add.bins import BINS, BinsLane
from hw.shift_add.layout import operand_shape, weight_layout
from hw.shift_add.memories import bank_lanes, row_width
from hw.stream import delay

__all__ = ["LaneBank", "controls", "weights_at"]

LARGE = 1 << 11
"""Words from which on weights are where the device has most room; less is quicker in block RAM."""
RAMS = ((512, 36), (1024, 18), (2048, 9))
"""Words and bits of ECP5's block RAM."""


def controls(lane: Component) -> list[str]:
    """Wires that tell all lanes of a kind what a cycle is for."""
    return [name for name in lane.signature.members if name.startswith("i_") and name not in
            ("i_x", "i_not_x", "i_weight")]


def weights_at(config: Config) -> int:
    """Cycles from the address of a weight, at a bank's port, to the weight at its lane."""
    return config.memory_latency + 2


class LaneBank(Component):
    """Lanes in a row, their weights, and what takes their results away.

    Members:
        i_load, i_write: Image data; ``i_write`` says that it is for this bank.
        i_word: Which weights are wanted.
        i_x, i_control: ``weights_at - 1`` cycles later: the operand that meets them, as the lanes take
            it, and what the cycle is for.
        i_capture: The lanes' results are complete: they are taken, and leave as ``o_shift`` from the
            next cycle on, a row a cycle; behind them comes ``i_shift``, which is another bank's.
    """

    def __init__(self, config: Config, lane: Shared, *, load_width: int, load_address: int):
        c = config.shift_add
        self.config, self.lane = config, lane
        super().__init__({
            "i_load": In(LoadBus(load_width, load_address)),
            "i_write": In(1),
            "i_word": In(bits_for(c.capacity.words)),
            "i_x": In(operand_shape(c.activation).width),
            "i_control": In(max(1, len(controls(lane.component)))),
            "i_capture": In(1),
            "i_shift": In(row_width(c)),
            "o_shift": Out(row_width(c)),
        })

    def elaborate(self, platform):
        m = Module()
        config, c = self.config, self.config.shift_add
        layout, lanes = weight_layout(c.mode, c.activation), bank_lanes(c)
        large = c.capacity.words >= LARGE
        # Image data and addresses come from afar. Writes without a reset: none is on its way after one.
        write = delay(m, self.i_write & (self.i_load.memory == MemoryId.WEIGHTS), 1, "write",
                      reset_less=True)
        address, data, word = (delay(m, value, 1, name, reset_less=True) for name, value in {
            "address": self.i_load.address, "data": self.i_load.data, "word": self.i_word}.items())
        width = lanes * layout.size
        # As wide as a RAM that is deep enough: two of them would have to be chosen between.
        most = next((bits for words, bits in RAMS if c.capacity.words <= words), width)
        parts = []
        for low in range(0, width, most):
            m.submodules[f"weights_{low}"] = memory = Memory(
                min(most, width - low), c.capacity.words, latency=config.memory_latency, block=not large,
                ports="single" if large else "dual")
            m.d.comb += [
                memory.i_write.eq(write),
                memory.i_write_address.eq(address),
                memory.i_write_data.eq(data[low:low + most]),
                memory.i_address.eq(word),
            ]
            parts.append(memory.o_data)
        weights = delay(m, Cat(parts), 1, "weights", reset_less=True)
        bins = isinstance(self.lane.component, BinsLane)
        # Bins are cleared for each row. Other lanes must not add what was on its way at a reset.
        x = delay(m, self.i_x, 1, "x", reset_less=bins)
        control = delay(m, self.i_control, 1, "control", reset_less=bins)
        kept = [Signal(row_width(c), name=f"kept_{k}", reset_less=True) for k in range(lanes)]
        for k in range(lanes):
            m.submodules[f"lane_{k}"], lane = self.lane.instantiate(
                i_weight=weights.word_select(k, layout.size),
                **{"i_not_x" if bins else "i_x": x},
                **{name: control[n] for n, name in enumerate(controls(self.lane.component))})
            row = lane.o_sum
            if bins:
                low = Signal(BINS - 1, name=f"low_{k}", reset_less=True)
                m.d.sync += low.eq(Cat(low, lane.o_low)[1:])
                row = Cat(low, lane.o_low, lane.o_sum)
            m.d.sync += kept[k].eq(Mux(self.i_capture, row, [*kept, self.i_shift][k + 1]))
        m.d.comb += self.o_shift.eq(kept[0])
        return m
