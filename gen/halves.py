"""Even columns on even PEs, odd columns on odd PEs: two broadcasts a cycle for layers that need them."""

import numpy as np
import scipy.sparse as sp

from gen.balance import Parts, assign_rows

__all__ = ["assign_halves", "needs_halves"]

CLOSE = 0.95


def needs_halves(weight: sp.csc_array, pes: int) -> bool:
    """Whether one broadcast a cycle would take longer than the PEs' work, or nearly so.

    Both shrink alike with the share of activations that are nonzero.
    """
    return np.count_nonzero(np.diff(weight.indptr)) > CLOSE * weight.nnz / pes


def assign_halves(weight: sp.csc_array, pes: int, *, slots: int, spare: int) -> Parts:
    """Like ``assign_rows``, with the even columns on even PEs and the odd ones on odd PEs.

    Every row has a part in each half.

    Args:
        pes: Even.
        slots, spare: As there; ``spare`` is at least the rows.
    """
    further = (spare - weight.shape[0]) // 2
    halves = [assign_rows(weight[:, half::2], pes // 2, slots=slots, spare=further)
              for half in range(2)]
    row = np.concatenate([half.row for half in halves])
    order = np.argsort(row, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))  # where a part goes in the order of the rows
    of_entry = np.empty(weight.nnz, np.int64)
    odd = np.repeat(np.arange(weight.shape[1]) % 2, np.diff(weight.indptr)) == 1
    of_entry[~odd] = place[halves[0].of_entry]
    of_entry[odd] = place[len(halves[0].row) + halves[1].of_entry]
    return Parts(row[order],
                 np.concatenate([2 * part.pe + half for half, part in enumerate(halves)])[order],
                 np.concatenate([part.slot for part in halves])[order], of_entry)
