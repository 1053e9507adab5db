"""The shift-add array's memories: what they hold, how large they are, and what the array keeps in them.

The circuits and the compiler both read these layouts, so that each is defined once. A lane's weights
stand in the order in which they are needed: for each group of rows, for each term, for each input.
"""

import enum
from math import ceil

from amaranth.hdl import signed
from amaranth.lib.data import StructLayout

from hw.config import Config, ShiftAdd, bits_for
from hw.control.layers import LayerTable
from hw.packet import MemoryId
from hw.shift_add.bins import BINS
from hw.shift_add.bins import FILL as FILL_CYCLES
from hw.shift_add.layout import weight_layout

__all__ = ["CLEAR", "COMBINE", "FILL", "TERMS", "Output", "bank_lanes", "banks", "layer_table",
           "memories", "overhead", "own_words", "row_layout", "row_width", "step_layout"]

TERMS = 3
"""Terms of a weight at most."""

COMBINE = 0
"""Where the weights for combining begin, one a bin. The first one is also that of idle cycles."""
CLEAR = COMBINE + BINS
"""Where those for clearing begin."""
FILL = CLEAR + BINS
"""The weight for filling."""


class Output(enum.IntEnum):
    """What becomes of a layer's results."""

    HIDDEN = 0
    """Activations of the next layer."""
    HOST = 1
    """Results for the host."""


def overhead(c: ShiftAdd) -> tuple[int, int]:
    """Cycles of a group ahead of its first step, in which bins are cleared, and behind its last one, in
    which they are combined."""
    return (1 + FILL_CYCLES + BINS, BINS) if own_words(c) else (0, 0)


def own_words(c: ShiftAdd) -> int:
    """Words of weights ahead of the network's, which only the array needs."""
    return FILL + 1 if c.architecture == "bins" and c.mode != "adder" else 0


def row_width(c: ShiftAdd) -> int:
    """Bits that a lane gives for a row."""
    return c.accumulator + (BINS if c.architecture == "bins" and c.mode != "adder" else 0)


def bank_lanes(c: ShiftAdd) -> int:
    """Lanes that share a weight memory: as many, up to 8, as leave fewest bits of RAMs unused."""
    width = weight_layout(c.mode, c.activation).size
    return min((lanes for lanes in range(1, 9) if c.lanes % lanes == 0),
               key=lambda lanes: (ceil(lanes * width / 9) / lanes, lanes))


def banks(c: ShiftAdd) -> int:
    """Weight memories, and the lanes of each."""
    return c.lanes // bank_lanes(c)


def layer_table(c: ShiftAdd) -> LayerTable:
    """Layers: words are inputs, planes are terms."""
    cap = c.capacity
    return LayerTable(StructLayout({
        "more_words": bits_for(max(cap.inputs, cap.hidden)),
        "more_planes": bits_for(TERMS),
        "more_groups": bits_for(max(2, ceil(cap.rows / c.lanes))),
        "weights": bits_for(cap.words),
        "output": Output,
        "rows": bits_for(cap.rows),  # where its rows begin
        "tail": bits_for(c.lanes),  # rows of the last group, less one
        "adder": 1,
        "raw": 1,
        "relu": 1,
        "shift": 6,
    }), cap.layers, c.vectors)


def step_layout(c: ShiftAdd) -> StructLayout:
    """What meets in a cycle; see ``LayerTable.step``."""
    return layer_table(c).step("output", "rows", "tail", "adder", "raw", "relu", "shift")


def row_layout(c: ShiftAdd) -> StructLayout:
    """Bias and multiplier of a row."""
    multiplier = {"multiplier": c.requantize.multiplier_width} if c.requantize.enabled else {}
    return StructLayout({"bias": signed(c.result), **multiplier})


def memories(config: Config) -> dict[MemoryId, tuple[int, int]]:
    """Width and depth of every memory that an image fills (those of a bank once)."""
    c = config.shift_add
    return {
        MemoryId.WEIGHTS: (bank_lanes(c) * weight_layout(c.mode, c.activation).size, c.capacity.words),
        MemoryId.LAYERS: (layer_table(c).layout.size, max(2, c.capacity.layers)),
        MemoryId.ROWS: (row_layout(c).size, c.capacity.rows),
    }
