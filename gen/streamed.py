"""Streamed entries: the beats of ``s_axis_w`` that one vector takes."""

import numpy as np
from amaranth.lib.data import StructLayout

from gen.layout import pack
from gen.sparse import Placement, entry_words
from hw.config import Sparse
from hw.sparse.layout import bundle_layout, entry_layout, streamed_layout

__all__ = ["streamed_beats", "streamed_bytes"]


def streamed_beats(placement: Placement, c: Sparse) -> np.ndarray:
    """All entries of a layer in the order that ``hw.sparse.streamed`` asks for.

    Returns:
        uint32 (beats x pieces of 32 bits, low piece first).
    """
    bundle, whole = bundle_layout(c), streamed_layout(c)
    each = bundle["entries"].shape.length
    entry = np.zeros(len(placement.entry_pe) + each, np.int64)  # the last bundle may reach beyond
    pieces = entry_words(placement, c)[0].astype(np.int64)
    entry[:-each] = sum(pieces[:, k] << 32 * k for k in range(pieces.shape[1]))

    # A PE's entries lie together: every so many a bundle begins.
    counts = np.bincount(placement.entry_pe, minlength=c.pes)
    number = np.arange(len(placement.entry_pe)) - (np.cumsum(counts) - counts)[placement.entry_pe]
    first = np.flatnonzero(number % each == 0)
    pe = placement.entry_pe[first]
    first = first[np.lexsort((pe, placement.entry_column[first] // placement.together))]
    pe = placement.entry_pe[first]
    count = np.minimum(each, counts[pe] - number[first])
    flat = StructLayout({"pe": whole["pe"].width, "more": bundle["more"].width,
                         **{f"entry_{k}": entry_layout(c).size for k in range(each)}})
    assert flat.size == whole.size
    beats = pack(flat, pe=pe, more=count - 1,
                 **{f"entry_{k}": np.where(k < count, entry[first + k], 0) for k in range(each)})
    return np.pad(beats, ((0, 0), (0, c.stream_width // 32 - beats.shape[1])))


def streamed_bytes(placement: Placement, c: Sparse) -> bytes:
    """The beats as a file holds them, little-endian."""
    return streamed_beats(placement, c).astype("<u4").tobytes()
