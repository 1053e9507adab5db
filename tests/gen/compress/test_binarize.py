import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen.compress.binarize import binarize, fold_batch_norm, fold_multi_threshold, xnor_scale


def _signs(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.choice(np.array([-1, 1], np.int8), (rows, columns))


def _reaching(weight: np.ndarray, dot: int) -> np.ndarray:
    """An input of -1 and +1 whose dot product with the one row is ``dot``."""
    x = weight[0].astype(np.int64).copy()
    x[:(len(x) - dot) // 2] *= -1
    assert x @ weight[0] == dot
    return x


def _agrees(weight: np.ndarray, gamma: float, beta: float, mean: float, var: float, eps: float,
            scale: float | None = None) -> int:
    """Compares every dot product of one row with the formula; returns the threshold."""
    columns = weight.shape[1]
    row = [None if each is None else np.array([each]) for each in (gamma, beta, mean, var, scale)]
    flipped, thresholds = fold_batch_norm(weight, *row[:4], eps, row[4])
    assert flipped.dtype == np.int8 and flipped.shape == weight.shape
    assert thresholds.dtype == np.int64 and thresholds.shape == (1,)
    assert -columns <= thresholds[0] <= columns + 1
    for dot in range(-columns, columns + 1, 2):
        x = _reaching(weight, dot)
        y = gamma * ((1.0 if scale is None else scale) * dot - mean) / math.sqrt(var + eps) + beta
        assert (int(flipped[0].astype(np.int64) @ x) >= thresholds[0]) == (y >= 0), (dot, y)
    return int(thresholds[0])


def test_binarize() -> None:
    signs = binarize(np.array([[-2.5, -0.0, 0.0], [1e-30, -1e-30, 7]]))
    assert signs.dtype == np.int8 and signs.tolist() == [[-1, 1, 1], [1, -1, 1]]


def test_xnor_scale_is_the_best_scale_of_the_signs() -> None:
    weight = np.random.default_rng(0).standard_normal((5, 40)).astype(np.float32)
    alpha = xnor_scale(weight)
    assert alpha.dtype == np.float64 and alpha.shape == (5,)
    for row, scale in zip(weight.astype(float), alpha, strict=True):
        signs = np.sign(row)
        best = np.linalg.lstsq(signs[:, None], row, rcond=None)[0][0]
        assert scale == pytest.approx(best, rel=1e-6)


number = st.one_of(st.integers(-20, 20).map(float), st.floats(-50, 50), st.just(0.0), st.just(-0.0))


@given(seed=st.integers(0, 2**32), columns=st.integers(1, 24), gamma=number, beta=number, mean=number,
       var=st.one_of(st.integers(0, 9).map(float), st.floats(0, 100)),
       eps=st.sampled_from([1e-5, 1.0]), scale=st.one_of(st.none(), st.floats(0.01, 10)))
def test_every_dot_product_agrees_with_the_formula(seed, columns, gamma, beta, mean, var, eps,
                                                   scale) -> None:
    weight = _signs(np.random.default_rng(seed), 1, columns)
    _agrees(weight, gamma, beta, mean, var, eps, scale)


@pytest.mark.parametrize("columns", [1, 2, 7, 16])
@pytest.mark.parametrize("gamma", [1.0, -1.0, 0.5, -3.0])
def test_ties(gamma: float, columns: int) -> None:
    weight = _signs(np.random.default_rng(columns), 1, columns)
    for mean in range(-columns - 1, columns + 2):
        for away in (-math.inf, math.inf):
            _agrees(weight, gamma, 0.0, float(mean), 3.0, 1.0)
            _agrees(weight, gamma, 0.0, math.nextafter(mean, away), 3.0, 1.0)
        for beta in (-2.0, 0.5):
            _agrees(weight, gamma, beta, mean, 3.0, 1.0)


def test_rounding_counts_as_in_float64() -> None:
    # The ceiling of the exact quotient of these two float64 numbers would be 6.
    assert Fraction(0.3) * 5 < Fraction(1.5) and 0.3 * 5 - 1.5 >= 0
    weight = np.ones((1, 9), np.int8)
    assert _agrees(weight, 1.0, 0.0, 1.5, 1.0, 0.0, 0.3) == 5
    assert _agrees(weight, -1.0, 0.0, -1.5, 1.0, 0.0, 0.3) == 5


def test_gamma_zero_is_constant() -> None:
    weight = np.ones((1, 6), np.int8)
    for beta, threshold in ((2.0, -6), (0.0, -6), (-0.0, -6), (-1e-300, 7)):
        for gamma in (0.0, -0.0):
            assert _agrees(weight, gamma, beta, 3.0, 1.0, 0.0) == threshold


def test_extremes_are_clipped() -> None:
    weight = np.ones((1, 6), np.int8)
    assert _agrees(weight, 1.0, 0.0, -1e300, 1.0, 0.0) == -6
    assert _agrees(weight, 1.0, 0.0, 1e300, 1.0, 0.0) == 7
    assert _agrees(weight, -1.0, 0.0, 1e300, 1.0, 0.0) == -6
    assert _agrees(weight, 5e-324, -5e-324, 0.0, 1e300, 0.0) == 7
    assert _agrees(weight, 1e300, 0.0, 5.0, 1e-300, 1e-12) == 5


def test_rows_are_independent_and_the_input_is_kept() -> None:
    rng = np.random.default_rng(5)
    weight = _signs(rng, 30, 50)
    kept = weight.copy()
    gamma, beta, mean = rng.normal(0, 3, (3, 30))
    var, scale = rng.random((2, 30)) + 0.1
    flipped, thresholds = fold_batch_norm(weight, gamma, beta, mean, var, 1e-5, scale)
    assert np.array_equal(weight, kept)
    x = _signs(rng, 50, 400).astype(np.int64)
    y = gamma[:, None] * (scale[:, None] * (weight @ x) - mean[:, None]) / np.sqrt(
        var + 1e-5)[:, None] + beta[:, None]
    assert np.array_equal(flipped @ x >= thresholds[:, None], y >= 0)
    assert 0.2 < np.mean(y >= 0) < 0.8


@pytest.mark.parametrize("changes, rule", [
    ({"weight": np.zeros((2, 3))}, "weights and signs must be -1 or"),
    ({"gamma": np.ones(3)}, "gamma must be 2 finite numbers"),
    ({"mean": np.array([0, np.inf])}, "mean must be 2 finite numbers"),
    ({"beta": np.array([0, np.nan])}, "beta must be 2 finite numbers"),
    ({"var": np.array([1.0, -1.0])}, "above 0"),
    ({"scale": np.array([1.0, 0.0])}, "above 0"),
], ids=lambda each: each if isinstance(each, str) else next(iter(each)))
def test_wrong_batch_norms(changes, rule) -> None:
    one = np.ones(2)
    good = {"weight": np.ones((2, 3)), "gamma": one, "beta": one, "mean": one, "var": one, "eps": 0.1}
    with pytest.raises(ValueError, match=rule):
        fold_batch_norm(**good | changes)


@given(seed=st.integers(0, 2**32), columns=st.integers(1, 16), levels=st.integers(1, 7),
       sign=st.sampled_from([-1, 1]), data=st.data())
def test_levels_of_every_dot_product(seed, columns, levels, sign, data) -> None:
    reals = st.one_of(st.integers(-18, 18).map(float), st.floats(-18, 18),
                      st.sampled_from([-math.inf, math.inf, 1e300, -1e300]))
    real = data.draw(st.lists(reals, min_size=levels, max_size=levels))
    weight = _signs(np.random.default_rng(seed), 1, columns)
    flipped, thresholds = fold_multi_threshold(weight, np.array([real]), np.array([sign]))
    assert flipped.dtype == np.int8 and thresholds.dtype == np.int64
    assert thresholds.shape == (1, levels) and np.all(np.diff(thresholds) >= 0)
    assert thresholds.min() >= -columns and thresholds.max() <= columns + 1
    for dot in range(-columns, columns + 1, 2):
        level = sum(dot >= each if sign == 1 else dot <= each for each in real)
        assert int(np.sum(flipped[0].astype(int) @ _reaching(weight, dot) >= thresholds)) == level


def test_a_uniform_quantizer() -> None:
    # floor((dot + 4) / 2.5) between 0 and 3, of two rows, the second one falling.
    real = -4 + 2.5 * np.arange(1, 4)
    weight = np.ones((2, 5), np.int8)
    flipped, thresholds = fold_multi_threshold(weight, np.stack([real, -real]), np.array([1, -1]))
    assert thresholds.tolist() == [[-1, 1, 4], [-1, 1, 4]]
    assert flipped.tolist() == [[1] * 5, [-1] * 5]


@pytest.mark.parametrize("thresholds, sign, rule", [
    (np.ones((3, 2)), np.ones(2), "must have 2 rows"), (np.ones(2), np.ones(2), "must have 2 rows"),
    (np.ones((2, 2)), np.ones(3), "must have 2 rows"),
    (np.full((2, 1), np.nan), np.ones(2), "must be numbers"),
    (np.ones((2, 2)), np.zeros(2), "must be -1 or"),
], ids=range(5))
def test_wrong_quantizers(thresholds, sign, rule) -> None:
    with pytest.raises(ValueError, match=rule):
        fold_multi_threshold(np.ones((2, 4), np.int8), thresholds, sign)
