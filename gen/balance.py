"""Which rows a PE computes: by work, not by i mod N."""

import heapq

import numpy as np
import scipy.sparse as sp

__all__ = ["assign_rows"]


def assign_rows(weight: sp.csc_array, pes: int) -> tuple[np.ndarray, np.ndarray]:
    """PE and slot of every row, so that stored weights are spread evenly.

    Longest processing time first: the row with most weights goes to the PE that has least, as long as
    that PE has a slot left. Every PE gets at most ceil(rows / pes) rows. Slots of a PE ascend with
    the row number.

    Returns:
        Two int64 arrays (rows): PE, and slot within the PE.
    """
    rows = weight.shape[0]
    limit = -(-rows // pes)
    work = np.bincount(weight.indices, minlength=rows)
    heap = [(0, 0, pe) for pe in range(pes)]  # work, rows, PE
    pe_of = np.empty(rows, np.int64)
    for row in np.argsort(-work, kind="stable").tolist():
        load, taken, pe = heapq.heappop(heap)
        pe_of[row] = pe
        if taken + 1 < limit:
            heapq.heappush(heap, (load + int(work[row]), taken + 1, pe))
    order = np.argsort(pe_of, kind="stable")
    counts = np.bincount(pe_of, minlength=pes)
    firsts = np.cumsum(counts) - counts
    slot_of = np.empty(rows, np.int64)
    slot_of[order] = np.arange(rows) - firsts[pe_of[order]]
    return pe_of, slot_of
