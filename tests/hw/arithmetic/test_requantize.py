import random
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.arithmetic.requantize import Requantizer
from sim.golden.requantize import requantize
from tests.hw.stalls import cycles


def statement(value, multiplier, shift, relu, width, signed):
    """The definition once more, on exact fractions: round half up, then saturate."""
    if relu and value < 0:
        value = 0
    rounded = floor(Fraction(value * multiplier, 2**shift) + (Fraction(1, 2) if shift else 0))
    low, high = (-2**(width - 1), 2**(width - 1) - 1) if signed else (0, 2**width - 1)
    return min(max(rounded, low), high)


def hardware(dut, values, multipliers, shift, relu):
    """Results of one value a cycle."""
    results = []

    async def bench(ctx):
        ctx.set(dut.i_shift, shift)
        ctx.set(dut.i_relu, relu)
        for k in range(len(values) + dut.LATENCY):
            if k < len(values):
                ctx.set(dut.i_value, values[k])
                ctx.set(dut.i_multiplier, multipliers[k])
            if k >= dut.LATENCY:
                raw = ctx.get(dut.o_value)
                negative = dut.signed_output and raw >> dut.output_width - 1
                results.append(raw - (1 << dut.output_width) if negative else raw)
            await ctx.tick()

    cycles(dut, bench)
    return results


def agree(width, signed_input, multiplier_width, output_width, signed_output, values, multipliers,
          shift, relu):
    dut = Requantizer(width, signed_input, multiplier_width, output_width, signed_output)
    expected = [statement(value, multiplier, shift, relu, output_width, signed_output)
                for value, multiplier in zip(values, multipliers, strict=True)]
    golden = requantize(np.array(values), np.array(multipliers), shift, relu, output_width,
                        signed_output)
    assert golden.tolist() == expected
    assert hardware(dut, values, multipliers, shift, relu) == expected


def span(width, signed):
    return range(-2**(width - 1), 2**(width - 1)) if signed else range(2**width)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("shift", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("signed_input, signed_output", [(True, True), (True, False),
                                                         (False, False), (False, True)])
def test_every_small_number(signed_input, signed_output, shift, relu):
    values = [value for value in span(5, signed_input) for _ in range(8)]
    multipliers = list(range(8)) * 32
    agree(5, signed_input, 3, 4, signed_output, values, multipliers, shift, relu)


@pytest.mark.parametrize("shift", [0, 1, 4])
def test_multiplier_of_one_bit_means_one(shift):
    values = list(span(8, True))
    agree(8, True, 1, 5, True, values, [1] * len(values), shift, False)


@pytest.mark.parametrize("shift", range(1, 12))
def test_exact_halves_go_up(shift):
    values = [(2 * k + 1) << shift - 1 for k in range(-9, 9)]
    agree(17, True, 1, 8, True, values, [1] * len(values), shift, False)
    assert requantize(np.array([-3, -1, 1, 3]), np.ones(4, np.int64), 1, False, 8,
                      True).tolist() == [-1, 0, 1, 2]


@pytest.mark.parametrize("signed_output", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_saturation_at_both_ends(signed_output, relu):
    low, high = (-128, 127) if signed_output else (0, 255)
    near = [limit + k for limit in (low, high) for k in (-2, -1, 0, 1, 2)]
    extreme = [-(1 << 43), (1 << 43) - 1]
    values = [4 * value + k for value in near for k in range(-2, 3)] + extreme
    multipliers = [1] * (len(values) - 2) + [(1 << 18) - 1] * 2
    agree(44, True, 18, 8, signed_output, values, multipliers, 2, relu)


@settings(derandomize=True, deadline=None, max_examples=40, database=None)
@given(seed=st.integers(0, 2**32), width=st.integers(4, 44), multiplier_width=st.integers(1, 18),
       output_width=st.integers(1, 16), signs=st.tuples(st.booleans(), st.booleans()),
       shift=st.integers(0, 62), relu=st.booleans())
def test_random_formats(seed, width, multiplier_width, output_width, signs, shift, relu):
    rng = random.Random(seed)
    signed_input, signed_output = signs
    values = span(width, signed_input)
    sample = [values[0], values[-1], 0, *(rng.choice(values) for _ in range(20)),
              *(rng.randint(-100, 100) % (values[-1] + 1) for _ in range(5))]
    multipliers = [rng.randrange(1 << multiplier_width) if multiplier_width > 1 else 1
                   for _ in sample]
    agree(width, signed_input, multiplier_width, output_width, signed_output, sample, multipliers,
          shift, relu)


def test_width_is_checked():
    with pytest.raises(ValueError, match=r"width 50 \+ multiplier_width 13 must be at most 62"):
        Requantizer(50, True, 13, 8, False)
