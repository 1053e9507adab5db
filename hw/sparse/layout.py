"""What the bits of the sparse engine's memories and messages mean.

The circuits and the compiler both read these layouts, so that each is defined once.
"""

from amaranth.lib.data import ArrayLayout, StructLayout

from hw.arithmetic.requantize import SHIFT_BITS
from hw.arithmetic.shift_add import word_layout
from hw.config import Config, Sparse, bits_for
from hw.packet import MemoryId

__all__ = [
    "beat_layout", "beats", "codebook_depth", "codebook_width", "column_layout", "drain_job_layout",
    "drain_layout", "entry_layout", "item_layout", "layer_layout", "memories", "queue_layout",
    "row_layout", "tag_layout", "task_layout",
]


def beats(elements: int, lanes: int) -> int:
    """Beats of ``lanes`` activations that hold ``elements`` of them; at least 2, as memories need."""
    return max(2, -(-elements // lanes))


def entry_layout(c: Sparse) -> StructLayout:
    """A stored weight: row index among the PE's rows, and code (or the weight itself)."""
    return StructLayout({"index": c.index.width, "code": c.weight.code_width})


def column_layout(c: Sparse) -> StructLayout:
    """Where a column's entries lie in a PE: the first one, how many follow it, and if there are any."""
    return StructLayout({"start": bits_for(c.capacity.entries), "more": bits_for(c.capacity.rows),
                         "nonempty": 1})


def codebook_depth(c: Sparse) -> int:
    """Words of the codebook memory: one codebook a layer."""
    return c.capacity.layers << c.weight.code_width


def codebook_width(c: Sparse) -> int:
    """Bits of a codebook word: a weight as an integer, or as shift-add terms."""
    weight = c.weight
    if weight.kind == "shift_add":
        return word_layout(weight.width, weight.signed, weight.terms).size
    return weight.width


def task_layout(c: Sparse) -> StructLayout:
    """What a marker tells every PE: whether a layer begins or ends, and which."""
    return StructLayout({"begin": 1, "relative": 1, "layer": bits_for(c.capacity.layers)})


def item_layout(c: Sparse) -> StructLayout:
    """What is broadcast: a nonzero activation with its column, or a marker (``where`` is the task)."""
    where = max(bits_for(c.capacity.columns), task_layout(c).size)
    return StructLayout({"marker": 1, "where": where, "value": c.activation.width})


def queue_layout(c: Sparse) -> StructLayout:
    """What waits in a PE's queue: a nonzero activation with its entries, or a marker."""
    column = column_layout(c)
    where = max(column["start"].width, task_layout(c).size)
    return StructLayout({"marker": 1, "where": where, "more": column["more"].width,
                         "value": c.activation.width})


def beat_layout(c: Sparse) -> StructLayout:
    """A beat of activations on its way to the nonzero detector."""
    return StructLayout({"tag": tag_layout(c),
                         "values": ArrayLayout(c.activation.width, c.activation.lanes)})


def _halves(c: Sparse) -> dict[str, int]:
    """Whether even and odd columns go to different PEs, where the hardware can."""
    return {"halves": 1} if c.broadcasts == 2 else {}


def tag_layout(c: Sparse) -> StructLayout:
    """What the detector needs to know of a beat."""
    lanes = c.activation.lanes
    return StructLayout({
        **_halves(c), "first": 1, "last": 1,
        "tail": bits_for(lanes),  # valid lanes of the last beat, less one
        "beat": bits_for(beats(c.capacity.columns, lanes)),  # its place in the column tables
        "task": task_layout(c),
    })


def layer_layout(c: Sparse) -> StructLayout:
    """A layer's descriptor, read by the sequencer before the layer runs."""
    lanes = c.activation.lanes
    return StructLayout({
        **_halves(c),
        "column_beat": bits_for(beats(c.capacity.columns, lanes)),  # where its columns begin
        # Beats of activations, less one.
        "more_beats": bits_for(beats(max(c.capacity.inputs, c.capacity.hidden), lanes)),
        "tail": bits_for(lanes),
        "relative": 1,
        "last": 1,
        "drain": drain_job_layout(c),
    })


def drain_job_layout(c: Sparse) -> StructLayout:
    """What the drain needs to know of a layer."""
    return StructLayout({
        "row_base": bits_for(c.capacity.total_rows),
        "more_rows": bits_for(c.capacity.total_rows),  # parts of rows, less one
        "shift": SHIFT_BITS,
        "relu": 1,
        "to_output": 1,  # the last layer: raw or requantized results go to the host
        "raw": 1,  # not requantized
    })


def drain_layout(c: Sparse) -> StructLayout:
    """Which accumulator is drained next."""
    return StructLayout({"pe": bits_for(c.pes), "slot": bits_for(c.capacity.rows)})


def row_layout(c: Sparse) -> StructLayout:
    """What becomes of a drained accumulator: its natural row, bias, and multiplier.

    ``more``: the next accumulator is of the same row. The bias of a row's first part counts, and the
    multiplier of its last.
    """
    fields = {"row": bits_for(max(c.capacity.hidden, c.capacity.outputs)), "more": 1,
              "bias": c.accumulator.width}
    if c.requantize.enabled:
        fields["multiplier"] = c.requantize.multiplier_width
    return StructLayout(fields)


def memories(config: Config) -> dict[MemoryId, tuple[int, int]]:
    """Width and depth of every memory that an image fills (those of a PE once)."""
    c, cap = config.sparse, config.sparse.capacity
    sizes = {
        MemoryId.ENTRIES: (entry_layout(c).size, cap.entries),
        MemoryId.COLUMNS: (column_layout(c).size, cap.columns),
        MemoryId.LAYERS: (layer_layout(c).size, max(2, cap.layers)),
        MemoryId.DRAIN: (drain_layout(c).size, cap.total_rows),
        MemoryId.ROWS: (row_layout(c).size, cap.total_rows),
    }
    if c.weight.kind != "direct":
        sizes[MemoryId.CODEBOOK] = (codebook_width(c), codebook_depth(c))
    return sizes
