import numpy as np
import pytest

from gen.compress.power_of_two import shift_from_float, to_fixed


def test_the_nearest_power_by_its_logarithm():
    # The border between 2 ** p and 2 ** (p + 1) is 2 ** (p + 0.5).
    root = 2 ** 0.5
    weight = np.array([[1.0, -0.5, 0.25], [0.5 * root * 0.999, 0.5 * root * 1.001, -0.36]])
    sign, exponent = shift_from_float(weight)
    assert sign.tolist() == [[1, -1, 1], [1, 1, -1]] and sign.dtype == np.int8
    assert exponent.tolist() == [[0, -1, -2], [-1, 0, -1]] and exponent.dtype == np.int64


@pytest.mark.parametrize("low", [-14, -2])
def test_exponents_saturate_and_zero_stays(low):
    sign, exponent = shift_from_float(np.array([0.0, -0.0, 1e-30, -1e-30, 100.0, -1.0]), low)
    assert sign.tolist() == [0, 0, 1, -1, 1, -1]
    assert exponent.tolist() == [low, low, low, low, 0, 0]


def test_powers_of_two_come_back():
    sign, exponent = np.meshgrid([-1, 0, 1], np.arange(-14, 1))
    weight = sign * 2.0 ** exponent
    found = shift_from_float(weight.astype(np.float32))
    assert np.array_equal(found[0] * 2.0 ** found[1], weight)
    assert np.array_equal(found[1], np.where(sign == 0, -14, exponent))


@pytest.mark.parametrize("weight, low, message", [
    ([1.0, np.nan], -14, "weights must be finite"), ([np.inf], -14, "weights must be finite"),
    ([1.0], 1, "low must be at most high, not 1 > 0"),
])
def test_wrong_weights(weight, low, message):
    with pytest.raises(ValueError, match=message):
        shift_from_float(np.array(weight), low)


def test_fixed_point_rounds_down():
    step = 2.0 ** -16
    x = np.array([0, 1.5 * step, -0.25 * step, -step, 3.75, -2.5, 1e9, -1e9, 32766.99999999, 32767.5])
    assert to_fixed(x).tolist() == [0, step, -step, -step, 3.75, -2.5, 32767, -32768, 32767 - step,
                                    32767]


@pytest.mark.parametrize("integer_bits, fraction_bits, middle, low, high", [
    (2, 7, 38 / 128, -2, 1), (8, 0, 0, -128, 127)])
def test_other_fixed_points(integer_bits, fraction_bits, middle, low, high):
    assert to_fixed(np.array([-1e6, 0.3, 1e6]), integer_bits, fraction_bits).tolist() == [
        low, middle, high]


@pytest.mark.parametrize("bits", [(1, 16), (16, -1), (40, 20)], ids=str)
def test_wrong_fixed_points(bits):
    with pytest.raises(ValueError, match=rf"53 bits at most, not {bits[0]}\.{bits[1]}"):
        to_fixed(np.zeros(1), *bits)
