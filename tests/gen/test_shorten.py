"""Columns with too many weights on a PE: a few weights move, and the matrix stays what it is."""

import numpy as np
import pytest
import scipy.sparse as sp

from gen.balance import Parts, assign_rows
from gen.halves import assign_halves
from gen.shorten import shorten

PLENTY = {"slots": 1 << 14, "spare": 1 << 17}


def cells(weight: sp.csc_array, parts: Parts, pes: int) -> np.ndarray:
    """Weights of each column on each PE, counted one by one: int64 (columns x PEs)."""
    counts = np.zeros((weight.shape[1], pes), np.int64)
    for column in range(weight.shape[1]):
        for entry in range(weight.indptr[column], weight.indptr[column + 1]):
            counts[column, parts.pe[parts.of_entry[entry]]] += 1
    return counts


def check(weight: sp.csc_array, parts: Parts, pes: int) -> None:
    """The parts compute the matrix, each in a place of its own."""
    assert (parts.row[parts.of_entry] == weight.indices).all()
    assert (np.diff(parts.row) >= 0).all() and set(parts.row) == set(range(weight.shape[0]))
    for pe in range(pes):
        mine = parts.slot[parts.pe == pe]
        assert mine.tolist() == list(range(len(mine)))
    column = np.repeat(np.arange(weight.shape[1]), np.diff(weight.indptr))
    rebuilt = np.zeros(weight.shape, np.int64)
    for part in range(len(parts.row)):
        mine = parts.of_entry == part
        rebuilt[parts.row[part], column[mine]] += weight.data[mine]
    assert (rebuilt == weight.toarray()).all()


def random(rows: int, columns: int, density: float, seed: int) -> sp.csc_array:
    rng = np.random.default_rng(seed)
    return sp.csc_array(rng.integers(1, 9, (rows, columns)) * (rng.random((rows, columns)) < density))


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_few_weights_move(seed, sides):
    weight, pes = random(300, 40, 0.12, seed), 8
    spread = {1: assign_rows, 2: lambda *a, **k: assign_halves(a[0], a[1], 2, **k)}[sides]
    before = spread(weight, pes, **PLENTY)
    counts = cells(weight, before, pes)
    most = int(np.sort(counts, axis=None)[-4])
    too_many = int(np.maximum(counts - most, 0).sum())
    assert 0 < too_many <= 300 // 32
    after = shorten(weight, before, pes, most, alike=np.arange(pes) % sides, **PLENTY)
    check(weight, after, pes)
    assert cells(weight, after, pes).max() == most
    moved = before.pe[before.of_entry] != after.pe[after.of_entry]
    assert moved.sum() == too_many
    assert 0 < len(after.row) - len(before.row) <= too_many
    if sides == 2:
        assert (after.pe[after.of_entry] % 2 == before.pe[before.of_entry] % 2).all()


def test_nothing_to_do():
    weight = random(300, 40, 0.12, 0)
    before = assign_rows(weight, 8, **PLENTY)
    most = int(cells(weight, before, 8).max())
    assert shorten(weight, before, 8, most, alike=np.arange(8) % 1, slots=1, spare=0) is before


def full(columns=(0,), rows=64, pes=4) -> tuple[sp.csc_array, Parts]:
    """``rows`` weights in some columns of ten; three more on PE 0 than on the others."""
    dense = np.zeros((rows, 10), np.int64)
    dense[:, list(columns)] = 1 + np.arange(rows)[:, None]
    pe = np.arange(rows) % pes
    pe[[1, 2, 3]] = 0
    slot = np.array([np.count_nonzero(pe[:row] == pe[row]) for row in range(rows)])
    weight = sp.csc_array(dense)
    return weight, Parts(np.arange(rows), pe, slot, weight.indices.astype(np.int64))


def test_one_part_for_all_that_a_row_gives_a_pe():
    """The last of the rows on PE 0 is too much for it in three columns."""
    weight, parts = full(columns=(2, 5, 9), rows=96)
    assert cells(weight, parts, 4)[2].tolist() == [27, 23, 23, 23]
    after = shorten(weight, parts, 4, 26, alike=np.arange(4) % 1, **PLENTY)
    check(weight, after, 4)
    assert len(after.row) == 97 and np.bincount(after.row).argmax() == 92
    assert sorted(cells(weight, after, 4)[5].tolist()) == [23, 23, 24, 26]


@pytest.mark.parametrize("most, slots, spare, enough", [
    (17, 1 << 14, 1 << 17, True),  # two weights are too many, of 64 rows as many may have a part more
    (16, 1 << 14, 1 << 17, False),  # three
    (17, 1 << 14, 2, True), (17, 1 << 14, 1, False), (17, 1 << 14, 0, False),
    (17, 16, 1 << 17, True),  # three PEs have 15 rows
    (17, 15, 1 << 17, False),
])
def test_refuses_when_it_takes_too_much(most, slots, spare, enough):
    weight, parts = full()
    assert cells(weight, parts, 4)[0].tolist() == [19, 15, 15, 15]
    after = shorten(weight, parts, 4, most, alike=np.arange(4) % 1, slots=slots, spare=spare)
    assert (after is not None) == enough
    if after is not None:
        check(weight, after, 4)
        assert cells(weight, after, 4).max() == most
        assert np.bincount(after.pe).max() <= max(19, slots)


def test_parts_that_are_there_already_count():
    """The first row is in two parts: one of two that may be is left."""
    weight, parts = full()
    split = Parts(np.insert(parts.row, 1, 0), np.insert(parts.pe, 1, 3),
                  np.insert(parts.slot, 1, 15), parts.of_entry + (parts.of_entry > 0))
    split.slot[np.flatnonzero(split.pe == 3)] = np.arange(16)
    assert shorten(weight, split, 4, 18, alike=np.arange(4) % 1, slots=1 << 14, spare=1) is None
    assert shorten(weight, split, 4, 18, alike=np.arange(4) % 1, slots=1 << 14, spare=2) is not None


def test_refuses_where_every_pe_is_full():
    weight, parts = full()
    assert shorten(weight, parts, 4, 15, alike=np.arange(4) % 1, **PLENTY) is None
    uneven = Parts(parts.row, parts.pe * 2 % 4, parts.slot, parts.of_entry)  # 34 on PE 0, 30 on PE 2
    uneven.slot[:] = [np.count_nonzero(uneven.pe[:row] == uneven.pe[row]) for row in range(64)]
    after = shorten(weight, uneven, 4, 32, alike=np.arange(4) % 2, **PLENTY)
    check(weight, after, 4)
    assert cells(weight, after, 4)[0].tolist() == [32, 0, 32, 0], "odd PEs are for other columns"
    assert shorten(weight, uneven, 4, 32, alike=np.arange(4) % 1, **PLENTY) is not None
