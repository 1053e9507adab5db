import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen.compress.share import share


def _two_humps(count: int, seed: int = 1) -> np.ndarray:
    """Like a pruned layer: nothing near zero, long tails."""
    rng = np.random.default_rng(seed)
    return (rng.choice([-1, 1], count) * (0.5 + rng.exponential(0.3, count))).astype(np.float32)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 300), size=st.integers(1, 20),
       distinct=st.integers(1, 60))
def test_every_weight_gets_its_nearest_word(seed: int, count: int, size: int,
                                            distinct: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.choice(rng.standard_normal(distinct), count)
    book, codes = share(weights, size, seed)
    assert len(book) <= size and np.all(np.diff(book) > 0)
    assert codes.shape == weights.shape and codes.dtype == np.uint8
    assert np.array_equal(np.unique(codes), np.arange(len(book)))
    if count:
        distance = np.abs(weights[:, None] - book)
        assert np.allclose(distance[np.arange(count), codes], distance.min(axis=1))


def test_words_are_the_means_of_their_weights() -> None:
    weights = _two_humps(5000).reshape(50, 100)
    book, codes = share(weights, 16)
    means = [weights[codes == code].astype(np.float64).mean() for code in range(16)]
    assert len(book) == 16 and np.allclose(book, means, rtol=1e-9)


def test_few_values_are_kept_exactly() -> None:
    weights = np.array([3.0, -7.0, 3.0, 0.1, -7.0])
    book, codes = share(weights, 3)
    assert np.array_equal(book[codes], weights)


def test_centroids_start_evenly_spaced() -> None:
    weights = np.random.default_rng(3).standard_normal(2000)
    centroids = np.linspace(weights.min(), weights.max(), 8)
    for _ in range(300):
        nearest = np.abs(weights[:, None] - centroids).argmin(axis=1)
        centroids = np.array([weights[nearest == k].mean() for k in range(8)])
    book, codes = share(weights, 8)
    assert np.array_equal(codes, nearest) and np.allclose(book, centroids)


def test_no_centroid_stays_without_weights() -> None:
    # From 0, 50 and 100 the middle one attracts nothing, and most weights are no place to go to.
    book, _ = share(np.array([0.0] * 1000 + [99.0, 100.0, 100.1]), 3)
    assert np.allclose(book, [0, 99, 100.05])


def test_halfway_takes_the_lower_word() -> None:
    book, codes = share(np.array([0.0, 1.0, 2.0]), 2)
    assert book.tolist() == [0.5, 2] and codes.tolist() == [0, 0, 1]


def test_same_seed_same_result() -> None:
    weights = _two_humps(3000)
    (book, codes), (again, codes_again) = share(weights, 16, 5), share(weights, 16, 5)
    assert np.array_equal(book, again) and np.array_equal(codes, codes_again)
    shuffled, _ = share(weights[::-1], 16, 5)
    assert np.array_equal(book, shuffled)


def test_close_to_the_best_clustering() -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    weights = _two_humps(4000).astype(np.float64)
    book, codes = share(weights, 16)
    best = cluster.KMeans(16, n_init=10, random_state=0).fit(weights[:, None]).inertia_
    assert ((book[codes] - weights) ** 2).sum() < 1.2 * best


def test_four_million_weights_take_seconds() -> None:
    start = time.perf_counter()
    book, codes = share(_two_humps(4_000_000), 16)
    assert time.perf_counter() - start < 10 and len(book) == 16 and codes.max() == 15


def test_size_out_of_range() -> None:
    with pytest.raises(ValueError, match="size must be at least 1, not 0"):
        share(np.ones(3), 0)
