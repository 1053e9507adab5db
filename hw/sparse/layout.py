"""What the bits of the sparse engine's memories and messages mean.

The circuits and the compiler both read these layouts, so that each is defined once.
"""

from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.utils import ceil_log2

from hw.arithmetic.requantize import SHIFT_BITS
from hw.arithmetic.shift_add import word_layout
from hw.config import Capacity, Config, Sparse, bits_for
from hw.packet import MemoryId

__all__ = [
    "CODED_WORD", "DECIDING", "MAX_LENGTH", "SYMBOL_BITS", "address_bits", "base_words", "beat_layout",
    "beats", "bundle_layout", "codebook_depth", "codebook_width", "coded_layout", "column_bits",
    "column_layout", "drain_job_layout", "drain_layout", "entry_layout", "huffman_layout", "item_layout",
    "lane_of", "layer_layout", "left_bits", "length_bits", "longest_entry", "memories", "queue_layout",
    "row_layout", "streamed_layout", "symbol_layout", "tag_layout", "task_flags", "task_layout",
    "upper_layout",
]

SYMBOL_BITS = 8
"""Bits of a symbol of a Huffman code; of wider fields, the low bits are not coded."""

MAX_LENGTH = 15
"""Bits of the longest code word."""

CODED_WORD = 16
"""Bits of a word of entries that stay coded in memory."""

DECIDING = 4
"""First bits of a code word in memory that tell its length."""


def beats(elements: int, lanes: int) -> int:
    """Beats of ``lanes`` activations that hold ``elements`` of them; at least 2, as memories need."""
    return max(2, -(-elements // lanes))


def entry_layout(c: Sparse) -> StructLayout:
    """A stored weight: row index among the PE's rows (its low bits), and code (or the weight itself)."""
    return StructLayout({"index": c.index.stored, "code": c.weight.code_width})


def upper_layout(c: Sparse) -> StructLayout | None:
    """Further bits of an entry's index, of layers that need them; None if no layer can have any."""
    upper = c.index.width - c.index.stored
    return StructLayout({"index": upper}) if upper else None


def bundle_layout(c: Sparse) -> StructLayout:
    """Streamed entries of one PE, as many as fit into a beat beside its number; ``more``: less one."""
    entry = entry_layout(c)
    room = c.stream_width - bits_for(c.pes)
    count = room // entry.size
    while count * entry.size + bits_for(count) > room:
        count -= 1
    return StructLayout({"more": bits_for(count), "entries": ArrayLayout(entry, count)})


def streamed_layout(c: Sparse) -> StructLayout:
    """A beat of ``s_axis_w``, from bit 0 on."""
    return StructLayout({"pe": bits_for(c.pes), "bundle": bundle_layout(c)})


def coded_layout(c: Sparse) -> StructLayout:
    """The longest entry that stays coded in memory, from its first bit on.

    An entry is the low bits of its index as they are, highest first: as many as its layer says, up to
    those of ``raw``. Then comes the code word of what it is apart from that; ``symbol`` is this word and
    bits behind it, if it is not the longest there can be. The first ``DECIDING`` bits tell its length.
    """
    # A block RAM of 1,024 symbols is there anyway. There are at least so many raw bits that there is a
    # word for every code with all that is left of an index; more than 13 in all gain next to nothing.
    symbol = max(8, 10 - ceil_log2(c.capacity.layers))
    raw = max(min(c.index.width, 13 - symbol), c.index.width + c.weight.code_width - symbol)
    return StructLayout({"raw": raw, "symbol": symbol})


def longest_entry(c: Sparse) -> int:
    """Bits of the longest entry that stays coded in memory, at most ``CODED_WORD``."""
    return coded_layout(c).size


def symbol_layout(c: Sparse) -> StructLayout:
    """What a symbol means: a word of a codebook, and an index whose raw bits are zero."""
    return StructLayout({"word": codebook_width(c), "index": c.index.width})


def huffman_layout() -> StructLayout:
    """A word of the tables of Huffman codes: code words of a length, or a symbol, of either code."""
    return StructLayout({"index": SYMBOL_BITS + 1, "code": SYMBOL_BITS + 1})


def length_bits(rows: int) -> int:
    """Bits of a short length of a column on a PE of so many rows; two of them hold any."""
    return max(4, -(-bits_for(rows + 1) // 2))


def column_bits(c: Sparse) -> int:
    """Bits of a short length in the column tables; where entries stay coded, that of a dozen others."""
    short = length_bits(c.capacity.rows)
    if c.huffman != "memory":
        return short
    dozen = 12 * (c.index.width + c.weight.code_width)
    # Two more bits than of entries: so base addresses, which have four more, take no more words.
    return max(short + 2, bits_for(dozen + 1),
               -(-bits_for(c.capacity.rows * longest_entry(c) + 1) // 2))


def left_bits(c: Sparse) -> int:
    """Bits of how much two short columns, or a long one, have together."""
    short = column_bits(c)
    if c.huffman != "memory":
        return 2 * short
    return min(2 * short, bits_for(max((2 << short) - 1, c.capacity.rows * longest_entry(c) + 1)))


def address_bits(c: Sparse) -> int:
    """Bits of the place of an entry."""
    return bits_for(c.capacity.entries * (CODED_WORD if c.huffman == "memory" else 1))


def column_layout(c: Sparse) -> StructLayout:
    """How many entries columns have on a PE: two columns, or, together, one long column.

    The table of a layer begins with ``base_words`` words: the address of its first entry plus one, low
    bits first. The lengths of all its columns follow in order. Lengths of entries that stay coded are
    in bits, and so is their address: that of the first one if it had all the raw bits there can be.
    """
    short = column_bits(c)
    return StructLayout({"first": short, "second": short})


def base_words(capacity: Capacity) -> int:
    """Words of a column table that say where a layer's entries begin."""
    return -(-bits_for(capacity.entries) // (2 * length_bits(capacity.rows)))


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
    return StructLayout({"begin": 1, **task_flags(c), "layer": bits_for(c.capacity.layers)})


def task_flags(c: Sparse) -> dict[str, int]:
    """How a layer's indices are stored: as gaps, and with upper bits; or how many bits are not coded."""
    raw = {"raw": bits_for(coded_layout(c)["raw"].width + 1)} if c.huffman == "memory" else {}
    return {"relative": 1} | ({} if upper_layout(c) is None else {"upper": 1}) | raw


def _value(c: Sparse) -> int:
    """Bits of an activation on its way, or of a marker's task in its place."""
    return max(c.activation.width, task_layout(c).size)


def item_layout(c: Sparse) -> StructLayout:
    """What is broadcast: columns with their activations, a base address, or a marker.

    ``address`` is a word of the column tables. ``base`` has one bit for each word of a base address.
    ``long``: the word is one length. ``nonzero`` says which activations are; a marker's task stands in
    the place of the first one.
    """
    return StructLayout({
        "marker": 1, "base": base_words(c.capacity), "long": 1, "nonzero": 2,
        "address": bits_for(c.capacity.columns), "values": ArrayLayout(_value(c), 2),
    })


def queue_layout(c: Sparse) -> StructLayout:
    """What waits in a PE's queue: the entries of one or two columns, or a marker (one entry long).

    ``end``: the address of the last entry of both columns plus two (streamed entries have none).
    ``left``: how many entries to walk, every bit inverted.
    ``second``: of these, how many from the second column on may be left when the first one ends, in the
    form that the walker compares. ``stop``: the second column is left out. ``from_second``: the first
    one is. ``one``: one entry to walk. ``turn``: the first column's last entry comes first.

    Where entries stay coded, everything is in bits. ``address``: where the first one begins that is
    wanted. ``left``: how many to decode. ``second``: of these, how many of the second column, if
    ``both`` are wanted. ``from_second``: the first one is left out.
    """
    short = column_bits(c)
    if c.huffman == "memory":
        return StructLayout({
            "marker": 1, "both": 1, "from_second": 1, "address": address_bits(c), "left": left_bits(c),
            "second": short, "values": ArrayLayout(_value(c), 2),
        })
    most = max(2 * ((1 << short) - 1), c.capacity.rows)
    place = {"end": bits_for(c.capacity.entries)} if c.entries == "memory" else {}
    return StructLayout({
        "marker": 1, "stop": 1, "from_second": 1, "one": 1, "turn": 1,
        "left": bits_for(most + 1), "second": short + 1, **place,
        "values": ArrayLayout(_value(c), 2),
    })


def beat_layout(c: Sparse) -> StructLayout:
    """A beat of activations on its way to the scanner."""
    return StructLayout({"tag": tag_layout(c),
                         "values": ArrayLayout(c.activation.width, c.activation.lanes)})


def _halves(c: Sparse) -> dict[str, int]:
    """Whether even and odd columns go to different PEs, where the hardware can."""
    return {"halves": 1} if c.broadcasts == 2 else {}


def tag_layout(c: Sparse) -> StructLayout:
    """What the scanner needs to know of a beat."""
    lanes = c.activation.lanes
    return StructLayout({
        **_halves(c), "long": 1, "first": 1, "last": 1,
        "tail": bits_for(lanes),  # valid lanes of the last beat, less one
        "table": bits_for(c.capacity.columns),  # where the layer's column tables begin
        "task": task_layout(c),
    })


def layer_layout(c: Sparse) -> StructLayout:
    """A layer's descriptor, read by the sequencer before the layer runs."""
    lanes = c.activation.lanes
    return StructLayout({
        **_halves(c),
        "long": 1,  # a word of the column tables is one length
        "table": bits_for(c.capacity.columns),  # where its column tables begin
        # Beats of activations, less one.
        "more_beats": bits_for(beats(max(c.capacity.inputs, c.capacity.hidden), lanes)),
        "tail": bits_for(lanes),
        **task_flags(c),
        "last": 1,
        "drain": drain_job_layout(c),
    })


def drain_job_layout(c: Sparse) -> StructLayout:
    """What the drain needs to know of a layer."""
    lanes: dict[str, int] = {}
    for lane in range(c.drains):
        lanes |= {f"base_{lane}": bits_for(c.capacity.total_rows),
                  f"parts_{lane}": bits_for(c.capacity.total_rows + 1)}  # parts of rows
    return StructLayout({
        **lanes,
        "shift": SHIFT_BITS,
        "relu": 1,
        "to_output": 1,  # the last layer: raw or requantized results go to the host
        "raw": 1,  # not requantized
    })


def lane_of(c: Sparse, pe: int) -> int:
    """The drain lane that reads a PE."""
    return pe // c.broadcasts % c.drains


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
        MemoryId.COLUMNS: (column_layout(c).size, cap.columns),
        MemoryId.LAYERS: (layer_layout(c).size, max(2, cap.layers)),
        MemoryId.DRAIN: (drain_layout(c).size, cap.total_rows),
        MemoryId.ROWS: (row_layout(c).size, cap.total_rows),
    }
    if c.entries == "memory":
        sizes = {MemoryId.ENTRIES: (entry_layout(c).size, cap.entries), **sizes}
    upper = upper_layout(c)
    if upper is not None:
        sizes[MemoryId.UPPER] = (upper.size, cap.upper_entries)
    if c.huffman == "image":
        sizes[MemoryId.HUFFMAN] = (huffman_layout().size, MAX_LENGTH + 1 + (1 << SYMBOL_BITS))
    if c.huffman == "memory":
        sizes[MemoryId.ENTRIES] = (CODED_WORD, cap.entries)
        # The lengths of code words, less one, and their meanings.
        sizes[MemoryId.HUFFMAN] = (4, cap.layers << DECIDING)
        sizes[MemoryId.CODEBOOK] = (symbol_layout(c).size, cap.layers << coded_layout(c)["symbol"].width)
    elif c.weight.kind != "direct":
        sizes[MemoryId.CODEBOOK] = (codebook_width(c), codebook_depth(c))
    return sizes
