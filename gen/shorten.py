"""No column with more than so many weights on a PE: the few that are too many go to other PEs."""

from collections import Counter

import numpy as np
import scipy.sparse as sp

from gen.balance import Parts, number_slots

__all__ = ["shorten"]

WORTH = 32
"""Short lengths are worth one further part of a row for so many rows."""


def shorten(weight: sp.csc_array, parts: Parts, pes: int, most: int, *, alike: np.ndarray, slots: int,
            spare: int, sizes: np.ndarray | None = None) -> Parts | None:
    """Move weights until no PE has more than ``most`` of a column; None if that takes too many parts.

    A weight that moves becomes a part of its row on the PE that has fewest weights of the column.

    Args:
        alike: int (PEs), a number for each PE: weights go to PEs of the same one only.
        slots, spare: As for ``assign_rows``.
        sizes: How much of ``most`` each weight takes, int64 (nonzeros); one if left out.
    """
    column = np.repeat(np.arange(weight.shape[1]), np.diff(weight.indptr))
    pe = parts.pe[parts.of_entry]
    cell = column * pes + pe
    order = np.argsort(cell, kind="stable")
    if sizes is None:
        sizes = np.ones(len(cell), np.int64)
    end = np.cumsum(sizes[order])
    before = end - sizes[order]
    end -= before[np.searchsorted(cell[order], cell[order])]  # within its cell
    moving = order[end > most]
    limit = min(spare - (len(parts.row) - weight.shape[0]), weight.shape[0] // WORTH)
    if len(moving) > limit:
        return None
    taken = np.bincount(parts.pe, minlength=pes)
    row, of_entry = weight.indices, parts.of_entry.copy()
    further: dict[tuple[int, int], int] = {}  # row and PE of new parts
    moved: Counter[tuple[int, int]] = Counter()  # column and PE
    for entry in moving.tolist():
        first, end = weight.indptr[column[entry]:column[entry] + 2]
        counts = np.bincount(pe[first:end], sizes[first:end], pes)
        best = None
        for other in np.argsort(counts, kind="stable").tolist():
            there = (int(row[entry]), other)
            if (alike[other] == alike[pe[entry]]
                    and counts[other] + moved[column[entry], other] + sizes[entry] <= most
                    and (there in further or taken[other] < slots)):
                best = there
                break
        if best is None:
            return None
        moved[column[entry], best[1]] += int(sizes[entry])
        if best not in further:
            further[best] = len(parts.row) + len(further)
            taken[best[1]] += 1
        of_entry[entry] = further[best]
    if not further:
        return parts
    rows = np.concatenate((parts.row, [each[0] for each in further]))
    all_pes = np.concatenate((parts.pe, [each[1] for each in further]))
    by_row = np.argsort(rows, kind="stable")
    where = np.empty(len(rows), np.int64)
    where[by_row] = np.arange(len(rows))
    return Parts(rows[by_row], all_pes[by_row], number_slots(all_pes[by_row], pes), where[of_entry])
