"""Terms of integers: their sum, that fewer would not do, and the words that hold them."""

import itertools

import numpy as np
import pytest

from gen.compress.matrix import matrix_network
from gen.read.matrix import read_matrix
from gen.terms import encode, representable, signed_digits
from hw.config import Compress, Weight


def fewest(limit: int, terms: int) -> np.ndarray:
    """How many signed powers of two each of -limit..limit needs, by trying; ``terms + 1`` if more."""
    powers = [sign << exponent for sign in (1, -1) for exponent in range(limit.bit_length() + 2)]
    needed = np.full(2 * limit + 1, terms + 1)
    for count in range(terms, -1, -1):
        for choice in itertools.combinations(powers, count):
            if abs(sum(choice)) <= limit:
                needed[sum(choice) + limit] = count
    return needed


def test_no_integer_can_do_with_fewer_terms():
    needed = fewest(300, 4)
    for value in range(-300, 301):
        digits = signed_digits(value)
        assert sum(sign * 2**exponent for sign, exponent in digits) == value
        assert min(len(digits), 5) == needed[value + 300]
    assert signed_digits(0) == [] and signed_digits(-(1 << 31)) == [(-1, 31)]


@pytest.mark.parametrize("terms", [1, 2, 3])
@pytest.mark.parametrize("width, is_signed", [
    (width, is_signed) for width in (1, 2, 3, 4, 7, 8, 9, 12) for is_signed in (True, False)])
def test_every_weight_that_has_so_few_terms(width, is_signed, terms):
    weight = Weight(kind="shift_add", width=width, signed=is_signed, terms=terms)
    low, high = (-2**(width - 1), 2**(width - 1) - 1) if is_signed else (0, 2**width - 1)
    values = np.array([value for value in range(low, high + 1) if len(signed_digits(value)) <= terms])
    bits = max(1, (width - 1 if is_signed else width).bit_length())
    words = encode(values, weight)
    assert words.max() < 1 << terms * (bits + 2)
    decoded = np.zeros_like(values)
    for k in range(terms):
        term = words >> k * (bits + 2)
        size = 1 << (term & (1 << bits) - 1)
        decoded += np.where(term >> bits & 1, -size, size) * (term >> bits + 1 & 1)
    assert np.array_equal(decoded, values)
    assert words[values == 0] == 0


@pytest.mark.parametrize("largest", [1, 3, 6, 127, 128])
@pytest.mark.parametrize("terms", [1, 2, 3])
def test_representable(largest, terms):
    expected = np.flatnonzero(fewest(largest, terms) <= terms) - largest
    assert np.array_equal(representable(largest, terms), expected)


@pytest.mark.parametrize("width, terms, largest", [(8, 1, 64), (8, 2, 127), (6, 3, 31), (2, 1, 1),
                                                   (1, 2, 1)])
def test_float_matrices_are_rounded_to_the_nearest(width, terms, largest, tmp_path):
    values = np.random.default_rng(4).normal(size=(30, 30))
    np.save(tmp_path / "w.npy", values)
    net = matrix_network(read_matrix(tmp_path / "w.npy"), Compress(), width, 1 << 20, terms)
    weight, scale = net.layers[0].weight.toarray(), net.meta["weight_scale"]
    allowed = np.flatnonzero(fewest(largest, terms) <= terms) - largest
    assert scale == pytest.approx(np.abs(values).max() / largest)
    assert np.isin(weight, allowed).all() and np.abs(weight).max() == largest
    best = np.abs(values[..., None] / scale - allowed).min(-1)
    assert np.abs(values / scale - weight) == pytest.approx(best, abs=1e-9)
