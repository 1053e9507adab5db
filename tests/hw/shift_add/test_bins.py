"""A lane with bins sums shifted activations, and the smaller ones, as Python integers say."""

import random

import pytest
from amaranth import Module
from amaranth.lib.wiring import Component, In, Out
from amaranth.sim import Simulator

from gen.verilog import emit
from hw.config import integer_range
from hw.shift_add.adder import AdderLane
from hw.shift_add.barrel import BarrelLane
from hw.shift_add.bins import BinsLane, operand
from tests.hw.shift_add.lanes import Bank, simulate
from tests.hw.shift_add.steps import Steps

FORMATS = [(2, True, 8), (3, False, 11), (8, True, 19), (8, False, 20), (16, True, 27)]


def bank(width, signed, accumulator, both):
    return Bank(*(BinsLane(width, signed, accumulator, both=both, family=family)
                  for family in (None, "ecp5")))


def check(lanes, steps, folder, **options):
    portable, cells = simulate(lanes, [*steps.rows, *[{}] * 4], folder, **options)
    steps.check(cells)
    steps.check(portable)
    assert portable == cells


def fill_bins(lane, seed, outputs):
    """Outputs of up to as many inputs as are exact, random and of the ends of the range only."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    steps = Steps(lane)
    low, high = integer_range(lane.activation.width, lane.activation.signed)
    bound = (1 << lane.accumulator - 1) - 1
    most = min(1024, bound // max(-low, high))
    for number in range(outputs):
        kind = rng.choice(["random", "ends", "one bin"]) if number else "one"
        of_adder = lane.both and rng.random() < 0.5
        length = 1 if kind == "one" else rng.choice([most, rng.randint(0, most), rng.randint(0, 20)])
        end, bin_of_all, sign_of_all = rng.choice([low, high]), rng.randrange(16), rng.randrange(2)
        for _ in range(length):
            x = end if kind != "random" else rng.choice([low, high, 0, rng.randint(low, high)])
            write = int(kind != "random" or rng.random() < 0.8)
            if of_adder:
                steps.adder(x, end if kind != "random" else rng.randint(low, high), write)
            elif kind == "one bin":
                steps.shift(x, bin_of_all, sign_of_all, write)
            else:
                steps.shift(x, rng.randrange(16), rng.randrange(2), write)
        steps.output(adder=rng.randrange(2) if of_adder else 0)
    return steps


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("width, signed, accumulator", FORMATS)
def test_random(width, signed, accumulator, both, tmp_path):
    lanes = bank(width, signed, accumulator, both)
    check(lanes, fill_bins(lanes.lanes[0], width, 30), tmp_path)


@pytest.mark.parametrize("both", [False, True])
def test_1024_of_the_smallest(both, tmp_path):
    lanes = bank(8, True, 19, both)
    steps = Steps(lanes.lanes[0])
    for exponent, positive in ((0, 0), (0, 1), (7, 0), (15, 0), (15, 1)):
        for _ in range(1024):
            steps.shift(-128, exponent, positive)
        assert abs(steps.total) == 1024 * 128 << exponent
        steps.output()
    if both:
        for _ in range(1024):
            steps.adder(127, -128)
        steps.output(adder=1)
    for exponent in range(1024):  # all bins at once
        steps.shift(-128, exponent % 16, 0)
    steps.output()
    check(lanes, steps, tmp_path)


@pytest.mark.parametrize("signed", [False, True])
def test_every_activation_and_weight(signed, tmp_path):
    lanes = bank(8, signed, 20, False)
    steps = Steps(lanes.lanes[0])
    low, high = integer_range(8, signed)
    for x in range(low, high + 1):
        for positive in (0, 1):
            for exponent in range(16):
                steps.shift(x, exponent, positive, 0)
                # A sum shows who is missing: others are at other exponents.
                steps.shift(x, exponent, positive ^ (exponent % 3 == 1))
            steps.output()
    check(lanes, steps, tmp_path)


@pytest.mark.parametrize("signed", [False, True])
def test_every_pair(signed, tmp_path):
    lanes = bank(8, signed, 20, True)
    steps = Steps(lanes.lanes[0])
    low, high = integer_range(8, signed)
    for x in range(low, high + 1):
        for w in range(low, high + 1):
            steps.adder(x, w)
        steps.output()
    check(lanes, steps, tmp_path)


@pytest.mark.parametrize("before", [0, 3])
def test_clears_whatever_the_bins_hold(before, tmp_path):
    lanes = bank(4, True, 9, False)
    rng = random.Random(before)
    steps = Steps(lanes.lanes[0])
    for _ in range(30):
        for _ in range(60):  # more than is exact
            steps.shift(rng.randint(-8, 7), rng.randrange(16), rng.randrange(2))
        for number in range(before):  # a combination that was broken off
            steps._step(0, number, 1, 0)
        steps.clear()
        steps.shift(-8, 15, 0)
        steps.output()
    portable, cells = simulate(lanes, steps.rows, tmp_path)
    steps.check(portable)
    steps.check(cells)


@pytest.mark.parametrize("width, signed, accumulator, both", [
    (8, True, 19, False), (5, False, 15, False), (8, True, 19, True), (5, False, 15, True)])
def test_netlist(width, signed, accumulator, both, tmp_path):
    lanes = bank(width, signed, accumulator, both)
    check(lanes, fill_bins(lanes.lanes[0], 1, 12), tmp_path, netlist="ecp5")


@pytest.mark.parametrize("edit", [("16'h6d5e", "16'h6d5a"), ("16'h0001", "16'h0003")])
def test_a_wrong_cell_is_seen(edit, tmp_path):
    lanes = bank(8, True, 19, False)
    with pytest.raises(AssertionError):
        check(lanes, fill_bins(lanes.lanes[0], 2, 10), tmp_path, edit=edit)


def test_operand():
    class Holder(Component):
        i_x: In(9)
        i_zeros: In(1)
        i_ones: In(1)
        o: Out(9)

        def elaborate(self, platform):
            m = Module()
            m.d.comb += self.o.eq(operand(m, self.i_x, zeros=self.i_zeros, ones=self.i_ones))
            return m

    dut = Holder()

    async def bench(ctx):
        for x in (0, 1, 0x155, 0x1ff):
            for zeros, ones, taken in ((0, 0, x), (1, 0, 0), (0, 1, 0x1ff)):
                ctx.set(dut.i_x, x)
                ctx.set(dut.i_zeros, zeros)
                ctx.set(dut.i_ones, ones)
                await ctx.tick()
                assert ctx.get(dut.o) == taken ^ 0x1ff

    sim = Simulator(dut)
    sim.add_clock(1e-6)
    sim.add_testbench(bench)
    sim.run()


LANES = [lambda *a, **k: BinsLane(*a, both=False, **k), lambda *a, **k: BinsLane(*a, both=True, **k),
         BarrelLane, AdderLane]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("family", [None, "ecp5"])
def test_same_text_twice(lane, family):
    first, second = (emit(lane(8, True, 19, family=family), "lane") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("wrong, message", [
    ((1, True, 19), "activation_width must be 2 to 16, not 1"),
    ((17, True, 19), "activation_width must be 2 to 16, not 17"),
    ((8, True, 9), r"accumulator must be activation_width \+ 2 \(10\) to 64, not 9"),
    ((8, True, 65), r"accumulator must be activation_width \+ 2 \(10\) to 64, not 65"),
])
def test_wrong_parameters(lane, wrong, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        lane(*wrong)


@pytest.mark.parametrize("lane", LANES)
def test_unknown_family(lane):
    with pytest.raises(ValueError, match=r"^family must be one of None, ecp5, not xc7$"):
        lane(8, True, 19, family="xc7")
