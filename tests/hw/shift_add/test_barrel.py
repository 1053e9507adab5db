"""A lane with a barrel shifter sums shifted activations, as Python integers say."""

import random

import pytest

from hw.config import integer_range
from hw.shift_add.barrel import BarrelLane
from hw.shift_add.layout import EXPONENT, value_width
from tests.hw.shift_add.lanes import Bank, simulate

FORMATS = [(2, True, 20), (3, False, 20), (8, True, 34), (8, False, 34), (8, True, 12), (16, True, 42)]


def bank(width, signed, accumulator, both=False):
    return Bank(*(BarrelLane(width, signed, accumulator, both=both, family=family)
                  for family in (None, "ecp5")))


def check(lanes, inputs, folder, **options):
    """Both forms sum ``inputs`` modulo what the accumulator holds.

    Args:
        inputs: (write, x, exponent, positive) each cycle, or (write, x, w) of an adder layer.
    """
    lane = lanes.lanes[0]
    low, high = integer_range(len(lane.o_sum), True)
    above = value_width(lane.activation) if lane.both else EXPONENT + 1
    rows, expected, total = [], [], 0
    for write, x, *weight in inputs:
        if len(weight) == 1:
            value = weight[0] & (1 << lane.activation.width) - 1
            product = min(x, *weight)
        else:
            exponent, positive = weight
            value = exponent | positive << EXPONENT
            product = (x if positive else -x) << exponent
        rows.append({"i_x": x, "i_weight": value | write << above, "i_adder": len(weight) == 1})
        total = (total + write * product - low) % (high - low + 1) + low
        expected.append(total)
    behind = lane.latency - 1
    for found in simulate(lanes, rows, folder, **options):
        assert [each["o_sum"] for each in found[behind:]] == expected[:len(rows) - behind]


def sequence(width, signed, both, cycles, seed):
    """The ends of the range with every weight, and random inputs, layers mixed."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    low, high = integer_range(width, signed)

    def value():
        return rng.choice([low, high, 0, low + 1, rng.randint(low, high), rng.randint(low, high)])

    inputs = [(1, x, exponent, positive) for x in (low, high) for exponent in range(16)
              for positive in (0, 1)]
    for _ in range(cycles):
        weight = (value(),) if both and rng.random() < 0.5 else (rng.randrange(16), rng.randrange(2))
        inputs.append((int(rng.random() < 0.8), value(), *weight))
    return inputs


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("width, signed, accumulator", FORMATS)
def test_random(width, signed, accumulator, both, tmp_path):
    check(bank(width, signed, accumulator, both), sequence(width, signed, both, 2000, width), tmp_path)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [4, 8])
def test_every_activation_and_weight(width, signed, tmp_path):
    low, high = integer_range(width, signed)
    check(bank(width, signed, 34), [
        (write, x, exponent, positive) for x in range(low, high + 1) for exponent in range(16)
        for positive in (0, 1) for write in (0, 1)], tmp_path)


@pytest.mark.parametrize("width, signed, accumulator, both", [
    (8, True, 34, False), (5, False, 24, False), (8, True, 34, True), (5, False, 24, True)])
def test_netlist(width, signed, accumulator, both, tmp_path):
    check(bank(width, signed, accumulator, both), sequence(width, signed, both, 1000, 1), tmp_path,
          netlist="ecp5")


def test_a_wrong_cell_is_seen(tmp_path):
    with pytest.raises(AssertionError):
        check(bank(8, True, 34), sequence(8, True, False, 500, 2), tmp_path,
              edit=("16'h665a", "16'h66aa"))
