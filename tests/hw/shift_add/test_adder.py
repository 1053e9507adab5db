"""A lane of the adder layer sums the smaller ones, as Python integers say."""

import random

import pytest

from hw.config import integer_range
from hw.shift_add.adder import AdderLane
from tests.hw.shift_add.lanes import Bank, simulate

FORMATS = [(2, True, 4), (3, False, 12), (8, True, 24), (8, False, 24), (11, True, 20), (16, True, 27)]


def bank(width, signed, accumulator):
    return Bank(AdderLane(width, signed, accumulator), AdderLane(width, signed, accumulator, "ecp5"))


def check(lanes, inputs, folder, **options):
    """Both forms sum ``inputs``, (enable, x, w) each cycle, modulo what the accumulator holds."""
    (lane, _) = lanes.lanes
    low, high = integer_range(len(lane.o_sum), True)
    rows = [{"i_x": x, "i_weight": w & (1 << lane.activation.width) - 1, "i_enable": enable}
            for enable, x, w in inputs]
    expected, total = [], 0
    for enable, x, w in inputs:
        total += min(x, w) if enable else 0
        total = (total - low) % (high - low + 1) + low
        expected.append(total)
    for found in simulate(lanes, rows, folder, **options):
        assert [each["o_sum"] for each in found[lane.latency - 1:]] == expected[:-1]


def sequence(width, signed, cycles, seed):
    """Random inputs, the ends of the range among them, and runs of nothing but the ends."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    low, high = integer_range(width, signed)

    def value():
        return rng.choice([low, high, 0, low + 1, rng.randint(low, high), rng.randint(low, high)])

    inputs = [(1, low, low)] * 50 + [(1, high, high)] * 50 + [(1, high, low), (1, low, high)] * 20
    inputs += [(rng.random() < 0.8, value(), value()) for _ in range(cycles)]
    return inputs


@pytest.mark.parametrize("width, signed, accumulator", FORMATS)
def test_random(width, signed, accumulator, tmp_path):
    check(bank(width, signed, accumulator), sequence(width, signed, 2000, width), tmp_path)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [4, 8])
def test_every_pair(width, signed, tmp_path):
    low, high = integer_range(width, signed)
    every = range(low, high + 1)
    check(bank(width, signed, 24), [(1, x, w) for x in every for w in every], tmp_path)


@pytest.mark.parametrize("width, signed, accumulator", [(8, True, 24), (5, False, 16)])
def test_netlist(width, signed, accumulator, tmp_path):
    check(bank(width, signed, accumulator), sequence(width, signed, 1000, 1), tmp_path, netlist="ecp5")


def test_a_wrong_cell_is_seen(tmp_path):
    lanes = bank(8, True, 24)
    with pytest.raises(AssertionError):
        check(lanes, sequence(8, True, 500, 2), tmp_path, edit=("16'h9994", "16'h9998"))
