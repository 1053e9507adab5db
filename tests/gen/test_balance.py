import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gen.balance import Parts, assign_rows
from tests.hw.designs import matrix


def with_work(*work: int) -> sp.csc_array:
    """A matrix whose rows hold so many weights."""
    columns = np.arange(max(max(work), 1))
    return sp.csc_array((np.array(work)[:, None] > columns[None, :]).astype(np.int64))


def assign(weight: sp.csc_array, pes: int, slots: int = 1 << 14, spare: int = 1 << 17) -> Parts:
    """The parts, each with a place of its own, every weight in a part of its row."""
    parts = assign_rows(weight, pes, slots=slots, spare=spare)
    assert sorted(set(parts.row.tolist())) == list(range(weight.shape[0]))
    assert (np.diff(parts.row) >= 0).all(), "parts of a row follow one another"
    for k in range(pes):
        assert parts.slot[parts.pe == k].tolist() == list(range(np.count_nonzero(parts.pe == k)))
    assert np.array_equal(parts.row[parts.of_entry], weight.indices)
    return parts


def loads(parts: Parts, pes: int) -> np.ndarray:
    return np.bincount(parts.pe[parts.of_entry], minlength=pes)


@settings(derandomize=True, deadline=None, database=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 60), pes=st.integers(1, 9),
       density=st.floats(0, 1))
def test_every_row_has_a_place_of_its_own(seed, rows, pes, density):
    weight = matrix(np.random.default_rng(seed), rows, 13, density, [1, -2])
    parts = assign(weight, pes, spare=0)
    pe, slot = parts.pe, parts.slot
    assert pe.shape == slot.shape == (rows,) and pe.dtype == slot.dtype == np.int64
    assert set(pe.tolist()) <= set(range(pes))
    for k in range(pes):
        assert slot[pe == k].tolist() == list(range(np.count_nonzero(pe == k)))
        assert np.count_nonzero(pe == k) <= -(-rows // pes)


@settings(derandomize=True, deadline=None, database=None)
@given(work=st.lists(st.integers(0, 30), min_size=1, max_size=40), pes=st.integers(1, 6))
def test_greatest_work_first_to_whoever_has_least(work, pes):
    pe = assign(with_work(*work), pes, spare=0).pe
    limit = -(-len(work) // pes)
    load, taken = [0] * pes, [0] * pes
    for row in sorted(range(len(work)), key=lambda row: (-work[row], row)):
        open_pes = [k for k in range(pes) if taken[k] < limit]
        assert load[pe[row]] == min(load[k] for k in open_pes)
        load[pe[row]] += work[row]
        taken[pe[row]] += 1


@pytest.mark.parametrize("work, pes, most", [
    ((5, 1, 1, 1, 1, 1), 2, 7),  # three rows a PE: the limit of slots binds
    ((4, 3, 3, 2, 2, 2), 2, 8),
    ((9, 0, 0, 0), 2, 9),
    ((1,), 3, 1),
])
def test_known_loads(work, pes, most):
    pe = assign(with_work(*work), pes, spare=0).pe
    assert np.bincount(pe, weights=work).max() == most


def test_better_than_row_modulo_pes():
    """Heavy rows at a regular distance, which i mod N would put on one PE."""
    work = [40 if k % 4 == 0 else 2 for k in range(32)]
    pe = assign(with_work(*work), 4).pe
    assert np.bincount(pe, weights=work).tolist() == [sum(work) / 4] * 4


def test_empty_matrix():
    parts = assign(sp.csc_array((5, 3), dtype=np.int64), 2)
    assert np.bincount(parts.pe).tolist() == [3, 2]


def power_law(rows: int, columns: int) -> list[int]:
    return [-(-columns // (k + 1)) for k in range(rows)]


SPLIT = {
    "three_rows": ([800] * 3, 8), "one_row": ([3000], 8), "ten_rows": ([1000] * 10, 8),
    "as_many_as_pes": ([5000, *range(100, 1600, 100)], 16),
    "power_law": (power_law(60, 9000), 16), "one_giant": ([9000, *[10] * 200], 5),
}


@pytest.mark.parametrize("name", SPLIT)
def test_split_rows_spread_the_work(name):
    work, pes = SPLIT[name]
    parts = assign(with_work(*work), pes)
    assert loads(parts, pes).max() <= np.ceil(1.002 * sum(work) / pes)
    assert parts.slot.max() < -(-len(work) // pes) + 2
    assert len(work) < len(parts.row) <= len(work) + 2 * pes
    assert len(set(zip(parts.row.tolist(), parts.pe.tolist(), strict=True))) == len(parts.row)


def test_a_layer_of_eie():
    """600 x 4096 at 10 % on 64 PEs: 10 rows on some PEs, 9 on others, unless rows are split."""
    weight = matrix(np.random.default_rng(0), 600, 4096, 0.1, [1])
    mean = weight.nnz / 64
    assert loads(assign(weight, 64, spare=0), 64).max() > 1.05 * mean
    assert loads(assign(weight, 64), 64).max() < 1.003 * mean


@pytest.mark.parametrize("work, pes", [
    ([250] * 8 + [248], 9), ([400] * 16, 8), ([2000, 1990], 2), ([60, 1], 2)])
def test_rows_stay_whole_where_splitting_is_not_worth_it(work, pes):
    assert len(assign(with_work(*work), pes).row) == len(work)


@pytest.mark.parametrize("slots, spare", [(2, 99), (3, 99), (4, 2), (4, 0), (4, -3), (0, 99)])
def test_limits_hold(slots, spare):
    work = [3000] * 3 + [2000] * 10
    parts = assign(with_work(*work), 8, slots, spare)
    assert parts.slot.max() < max(slots, 2)
    assert len(parts.row) <= 13 + max(0, spare)


def test_parts_take_turns():
    """Any stretch of a row's columns is shared in proportion, to a weight."""
    parts = assign(with_work(7000, 1000, 1000, 1000), 4)
    entries = np.flatnonzero(parts.row[parts.of_entry] == 0)
    owners = parts.of_entry[entries]  # in the order of the columns
    sizes = np.bincount(owners)
    assert np.count_nonzero(sizes) >= 3
    for part, size in enumerate(sizes.tolist()):
        so_far = np.cumsum(owners == part)
        assert np.abs(so_far - np.arange(1, 7001) * size / 7000).max() <= 2
