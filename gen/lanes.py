"""Even rows on one half of the PEs, odd rows on the other: two drain lanes."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from gen.balance import Parts, number_slots

__all__ = ["assign_lanes"]


def assign_lanes(weight: sp.csc_array, pes: int, lanes: int, broadcasts: int,
                 assign: Callable[..., Parts], *, slots: int, spare: int) -> Parts:
    """Rows by turns to the PEs of the drain lanes (``lane_of``), and there as ``assign`` does it.

    Args:
        assign: ``assign_rows`` or the like; it gets the rows and the number of PEs of a lane.
        slots, spare: As there.
    """
    if lanes == 1:
        return assign(weight, pes, slots=slots, spare=spare)
    rows: list[np.ndarray] = []
    all_pes: list[np.ndarray] = []
    of_entry = np.empty(weight.nnz, np.int64)
    for lane in range(lanes):
        mine = weight[lane::lanes]
        parts = assign(mine, pes // lanes, slots=slots, spare=spare // lanes)
        of_entry[weight.indices % lanes == lane] = parts.of_entry + sum(len(each) for each in rows)
        rows.append(parts.row * lanes + lane)
        group, member = np.divmod(parts.pe, broadcasts)
        all_pes.append((group * lanes + lane) * broadcasts + member)
    row, pe = np.concatenate(rows), np.concatenate(all_pes)
    order = np.argsort(row, kind="stable")
    where = np.empty(len(order), np.int64)
    where[order] = np.arange(len(order))
    return Parts(row[order], pe[order], number_slots(pe[order], pes), where[of_entry])
