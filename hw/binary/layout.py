"""What the bits of the binary array's memories and messages mean.

The circuits and the compiler both read these layouts, so that each is defined once.

Bits and signs, the same at every border (those of QONNX's XnorPopcountMatMul and BipolarQuant): bit 1
means +1, bit 0 means -1, and the sign of zero is +1. The first element is bit 0 of the first word. A row
of K weights meets activations in words of ``simd``; where they end in the middle of a word, weights and
activations behind the end are zero bits, which differ nowhere and so count for nothing.
"""

import enum

from amaranth.hdl import signed
from amaranth.lib.data import StructLayout
from amaranth.utils import ceil_log2

from hw.config import BEAT, Binary, Config, bits_for
from hw.control.layers import LayerTable
from hw.packet import MemoryId

__all__ = ["Output", "bank_rows", "banks", "folds", "hidden_chunks", "input_chunks", "layer_layout",
           "layer_table", "memories", "row_layout", "slice_bits", "slices", "start_layout",
           "step_layout", "threshold_steps"]


class Output(enum.IntEnum):
    """What becomes of a layer's accumulators."""

    HIDDEN = 0
    """Activations of the next layer."""
    SIGN = 1
    """Results for the host, -1 or +1: whether the accumulator is negative."""
    LEVEL = 2
    """Results for the host: how many thresholds were reached."""
    RAW = 3
    """Results for the host: bias - scale * accumulator."""


def hidden_chunks(c: Binary) -> int:
    """Groups of ``pes`` activations in a word of activations between layers."""
    return c.simd // c.pes


def input_chunks(c: Binary) -> int:
    """Chunks of 32 inputs that a word of inputs takes on the host stream; the last one may be padded."""
    return -(-c.simd // BEAT)


def folds(c: Binary, elements: int, *, hidden: bool) -> int:
    """Words that hold so many activations."""
    return -(-elements // (hidden_chunks(c) * c.pes if hidden else c.simd))


def bank_rows(c: Binary) -> int:
    """Rows that share weight memories: as many, up to 4, as leave fewest bits of them unused."""
    return min((rows for rows in range(1, 5) if c.pes % rows == 0),
               key=lambda rows: (slices(c, rows) / rows, rows))


def banks(c: Binary) -> int:
    """Banks of rows."""
    return c.pes // bank_rows(c)


def slices(c: Binary, rows: int) -> int:
    """Memories that hold the weights of so many rows side by side."""
    return -(-rows * c.simd // c.ram_width)


def threshold_steps(c: Binary) -> int:
    """Steps of the search for a level, each with thresholds of its own; 0 without levels."""
    return c.hidden_width if c.hidden_width > 1 else 0


def layer_layout(c: Binary) -> StructLayout:
    """A layer's descriptor, read by the scheduler before the layer runs."""
    cap = c.capacity
    words = max(folds(c, cap.inputs, hidden=False), folds(c, cap.hidden, hidden=True))
    return StructLayout({
        "more_words": bits_for(words),  # words of a plane of activations, less one
        "more_planes": bits_for(c.planes),
        "more_groups": bits_for(cap.groups),  # rows a PE, less one
        "weights": bits_for(cap.words),  # where its weights begin
        "starts": bits_for(cap.groups),  # where the first values of its accumulators begin
        "output": Output,
        **({"levels": bits_for(cap.levels), "out_planes": bits_for(c.hidden_width)}
           if threshold_steps(c) else {}),  # where its thresholds begin; planes of levels, less one
        "tail": bits_for(c.pes),  # rows of the last group, less one
    })


def layer_table(c: Binary) -> LayerTable:
    """What scheduling needs to know."""
    return LayerTable(layer_layout(c), c.capacity.layers, c.vectors)


def step_layout(c: Binary) -> StructLayout:
    """What meets in a cycle; see ``LayerTable.step``."""
    levels = ("levels", "out_planes") if threshold_steps(c) else ()
    return layer_table(c).step("output", "tail", *levels)


def row_layout(c: Binary) -> StructLayout:
    """What makes a result of an accumulator: bias - scale * accumulator."""
    return StructLayout({"bias": BEAT, "scale": c.scale_width})


def start_layout(c: Binary) -> StructLayout:
    """First value of an accumulator. Where bit planes double it, ``low`` has the bits that come in then:
    bit p as plane p begins."""
    low = {"low": c.planes - 1} if c.planes > 1 else {}
    return StructLayout({"value": signed(c.accumulator), **low})


def memories(config: Config) -> dict[MemoryId, tuple[int, int]]:
    """Width and depth of every memory that an image fills (those of a bank, slice or step once)."""
    c = config.binary
    cap = c.capacity
    sizes = {
        MemoryId.WEIGHTS: (c.ram_width, cap.words),
        MemoryId.STARTS: (bank_rows(c) * start_layout(c).size, cap.groups),
        MemoryId.LAYERS: (layer_layout(c).size, max(2, cap.layers)),
        MemoryId.ROWS: (row_layout(c).size, max(2, cap.outputs)),
    }
    if threshold_steps(c):
        sizes[MemoryId.THRESHOLDS] = (c.accumulator, cap.levels << threshold_steps(c) - 1)
    return sizes


def slice_bits(c: Binary) -> int:
    """Low bits of a weight section's PE that name the slice of a bank."""
    return ceil_log2(slices(c, bank_rows(c)))
