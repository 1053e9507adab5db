"""Half of the columns on even PEs, half on odd ones: two broadcasts a cycle where layers need them."""

import numpy as np
import scipy.sparse as sp

from gen.balance import Parts, assign_rows
from gen.network import Layer

__all__ = ["assign_halves", "needs_halves"]

WORTH = 1.05
"""Two broadcasts are used where one takes so many times the work: they have twice the sums to drain."""
DENSITY = 0.3
"""Fraction of activations taken to be nonzero where a layer does not say."""


def needs_halves(layer: Layer, words: int, pes: int) -> bool:
    """Whether one broadcast a cycle of ``words`` would take noticeably longer than the PEs' work."""
    density = DENSITY if layer.density is None else layer.density
    return words > WORTH * density * layer.weight.nnz / pes


def assign_halves(weight: sp.csc_array, pes: int, together: int, *, slots: int, spare: int) -> Parts:
    """Like ``assign_rows``, with groups of columns by turns on the even PEs and on the odd ones.

    Every row has a part in each half.

    Args:
        pes: Even.
        together: Columns of a group.
        slots, spare: As there; ``spare`` is at least the rows.
    """
    further = (spare - weight.shape[0]) // 2
    side = np.arange(weight.shape[1]) // together % 2
    halves = [assign_rows(weight[:, np.flatnonzero(side == half)], pes // 2, slots=slots, spare=further)
              for half in range(2)]
    row = np.concatenate([half.row for half in halves])
    order = np.argsort(row, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))  # where a part goes in the order of the rows
    of_entry = np.empty(weight.nnz, np.int64)
    odd = np.repeat(side, np.diff(weight.indptr)) == 1
    of_entry[~odd] = place[halves[0].of_entry]
    of_entry[odd] = place[len(halves[0].row) + halves[1].of_entry]
    return Parts(row[order],
                 np.concatenate([2 * part.pe + half for half, part in enumerate(halves)])[order],
                 np.concatenate([part.slot for part in halves])[order], of_entry)
