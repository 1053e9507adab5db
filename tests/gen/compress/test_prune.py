import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen.compress.prune import prune


@given(seed=st.integers(0, 2**32), size=st.integers(1, 200),
       fraction=st.floats(0, 1, exclude_max=True))
def test_exactly_the_smallest_go(seed: int, size: int, fraction: float) -> None:
    weights = np.random.default_rng(seed).standard_normal(size)
    pruned = prune(weights, fraction)
    gone = pruned == 0
    assert np.count_nonzero(gone) == round(fraction * size)
    assert np.array_equal(pruned[~gone], weights[~gone])
    if gone.any() and not gone.all():
        assert np.abs(weights[gone]).max() <= np.abs(weights[~gone]).min()


def test_of_equal_magnitudes_the_first_go() -> None:
    assert prune(np.array([[1.0, -2.0], [2.0, 2.0]]), 0.5).tolist() == [[0, 0], [2, 2]]


def test_zeros_count_as_pruned() -> None:
    weights = np.array([0.0, 3.0, 0.0, -1.0])
    assert prune(weights, 0.5).tolist() == weights.tolist()
    assert prune(weights, 0.75).tolist() == [0, 3, 0, 0]


def test_the_argument_stays_as_it_was() -> None:
    weights = np.arange(1.0, 7.0).reshape(2, 3).T
    before = weights.copy()
    assert np.count_nonzero(prune(weights, 0.5)) == 3
    assert np.array_equal(weights, before)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_fraction_out_of_range(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction must be at least 0 and below 1, not"):
        prune(np.ones(3), fraction)
