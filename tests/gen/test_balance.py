import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gen.balance import assign_rows
from tests.hw.designs import matrix


def with_work(*work: int) -> sp.csc_array:
    """A matrix whose rows hold so many weights."""
    columns = np.arange(max(max(work), 1))
    return sp.csc_array((np.array(work)[:, None] > columns[None, :]).astype(np.int64))


@settings(derandomize=True, deadline=None, database=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 60), pes=st.integers(1, 9),
       density=st.floats(0, 1))
def test_every_row_has_a_place_of_its_own(seed, rows, pes, density):
    weight = matrix(np.random.default_rng(seed), rows, 13, density, [1, -2])
    pe, slot = assign_rows(weight, pes)
    assert pe.shape == slot.shape == (rows,) and pe.dtype == slot.dtype == np.int64
    assert set(pe.tolist()) <= set(range(pes))
    for k in range(pes):
        assert slot[pe == k].tolist() == list(range(np.count_nonzero(pe == k)))
        assert np.count_nonzero(pe == k) <= -(-rows // pes)


@settings(derandomize=True, deadline=None, database=None)
@given(work=st.lists(st.integers(0, 30), min_size=1, max_size=40), pes=st.integers(1, 6))
def test_greatest_work_first_to_whoever_has_least(work, pes):
    weight = with_work(*work)
    pe, _ = assign_rows(weight, pes)
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
    pe, _ = assign_rows(with_work(*work), pes)
    assert np.bincount(pe, weights=work).max() == most


def test_better_than_row_modulo_pes():
    """Heavy rows at a regular distance, which i mod N would put on one PE."""
    work = [40 if k % 4 == 0 else 2 for k in range(32)]
    pe, _ = assign_rows(with_work(*work), 4)
    assert np.bincount(pe, weights=work).tolist() == [sum(work) / 4] * 4


def test_empty_matrix():
    pe, slot = assign_rows(sp.csc_array((5, 3), dtype=np.int64), 2)
    assert np.bincount(pe).tolist() == [3, 2]
