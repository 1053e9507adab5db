"""Which rows, and which parts of rows, a PE computes: by work, not by i mod N."""

import heapq
from bisect import bisect_left, insort
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

__all__ = ["Parts", "assign_rows", "number_slots"]

CLOSE = 1.002
"""What splitting aims at: so many times the mean work of a PE."""
WORTH = 1.008
"""Rows are split only if the largest work of a PE without it is so many times that with it ..."""
LEAST_MEAN = 256
"""... and the mean is so many stored weights or more."""
SPARE_SLOTS = 2
"""Slots of a PE for parts, beyond ceil(rows / pes)."""


@dataclass(frozen=True)
class Parts:
    """Where the rows of a matrix are computed: each as one part, or as several on different PEs.

    Args:
        row, pe, slot: int64 (parts), in the order of the rows; slots of a PE ascend.
        of_entry: int64 (nonzeros), the part of each stored weight, in the order of the matrix.
    """

    row: np.ndarray
    pe: np.ndarray
    slot: np.ndarray
    of_entry: np.ndarray


def assign_rows(weight: sp.csc_array, pes: int, *, slots: int, spare: int) -> Parts:
    """Spread the stored weights of a matrix evenly over PEs.

    Longest processing time first: the row with most weights goes to the PE that has least, as long as
    that PE has fewer than ceil(rows / pes) rows. A PE that then has noticeably more than the mean gives
    weights of its longest rows to those that have less. The parts of a row take turns along its
    columns, so that each has its share of the work whichever activations are zero.

    Args:
        weight: Sorted indices, rows x columns.
        slots: Most parts of a PE, unless the whole rows are more already.
        spare: Most parts of all PEs beyond one a row.
    """
    rows = weight.shape[0]
    work = np.bincount(weight.indices, minlength=rows)
    pe_of = _whole_rows(work, pes)
    given = _give(work, pe_of, pes, slots, spare)
    row = np.concatenate((np.arange(rows), given[:, 0]))
    order = np.argsort(row, kind="stable")
    size = np.concatenate((work, given[:, 2]))
    np.subtract.at(size, given[:, 0], given[:, 2])
    row, pe, size = row[order], np.concatenate((pe_of, given[:, 1]))[order], size[order]
    slot = number_slots(pe, pes)

    bounds = np.searchsorted(row, np.arange(rows + 1))
    of_entry = bounds[weight.indices]
    split = np.diff(bounds) > 1
    entries = np.flatnonzero(split[weight.indices])
    entries = entries[np.argsort(weight.indices[entries], kind="stable")]
    turns = [_turns(size[first:end]) + first
             for first, end in zip(bounds[:-1][split], bounds[1:][split], strict=True)]
    of_entry[entries] = np.concatenate([np.empty(0, np.int64), *turns])
    return Parts(row, pe, slot, of_entry)


def number_slots(pe: np.ndarray, pes: int) -> np.ndarray:
    """Slots of parts on the given PEs: those of a PE ascend, int64 (parts)."""
    by_pe = np.argsort(pe, kind="stable")
    counts = np.bincount(pe, minlength=pes)
    slot = np.empty(len(pe), np.int64)
    slot[by_pe] = np.arange(len(pe)) - (np.cumsum(counts) - counts)[pe[by_pe]]
    return slot


def _whole_rows(work: np.ndarray, pes: int) -> np.ndarray:
    """The PE of every row, int64 (rows)."""
    limit = -(-len(work) // pes)
    heap = [(0, 0, pe) for pe in range(pes)]  # work, rows, PE
    pe_of = np.empty(len(work), np.int64)
    for row in np.argsort(-work, kind="stable").tolist():
        load, taken, pe = heapq.heappop(heap)
        pe_of[row] = pe
        if taken + 1 < limit:
            heapq.heappush(heap, (load + int(work[row]), taken + 1, pe))
    return pe_of


def _give(work: np.ndarray, pe_of: np.ndarray, pes: int, slots: int, spare: int) -> np.ndarray:
    """What PEs with too much work give away: row, PE that takes, weights; int64 (parts x 3).

    A giver gets rid of all its excess in one part where it can, to the PE whose room that fits best, and
    else fills the PE with most room; so there are hardly more parts than PEs.
    """
    load = np.zeros(pes, np.int64)
    np.add.at(load, pe_of, work)
    goal = int(np.ceil(CLOSE * load.mean()))
    most = min(slots, -(-len(work) // pes) + SPARE_SLOTS)
    takers = sorted((goal - int(load[pe]), pe, int(taken)) for pe, taken in enumerate(
        np.bincount(pe_of, minlength=pes)) if load[pe] < goal and taken < most)  # room, PE, slots
    given: list[tuple[int, int, int]] = []
    after = load.copy()
    for giver in np.argsort(-load, kind="stable"):
        mine = np.flatnonzero(pe_of == giver)
        for row in mine[np.argsort(-work[mine], kind="stable")].tolist():
            left = int(work[row])
            while after[giver] > goal and left > 1 and takers and len(given) < spare:
                size = min(int(after[giver]) - goal, left - 1)
                best = bisect_left(takers, (size,))
                room, pe, taken = takers.pop(min(best, len(takers) - 1))
                size = min(size, room)
                given.append((row, pe, size))
                left -= size
                after[giver] -= size
                after[pe] += size
                if size < room and taken + 1 < most:
                    insort(takers, (room - size, pe, taken + 1))
    if load.mean() < LEAST_MEAN or load.max() < WORTH * after.max():
        given = []
    return np.array(given, np.int64).reshape(-1, 3)


def _turns(sizes: np.ndarray) -> np.ndarray:
    """Whose turn it is: the numbers of parts of these sizes, each spread evenly over the whole."""
    place = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    return np.repeat(np.arange(len(sizes)), sizes)[np.argsort(place, kind="stable")]
