"""The whole array against Python's integers, corner cases by name, its times, and what must not disturb
it."""

import numpy as np
import pytest
from amaranth import ResetInserter

from gen.network import AdderLayer, Network, ShiftLayer
from gen.shift_add import place_layers
from gen.vectors import vector_packets
from hw.shift_add.drain import ShiftAddDrain
from tests.hw.engines import beats
from tests.hw.shift_add.arrays import Bench, network, random_inputs, resolved

CASES = {
    "one_weight": ((1, 1), "1", {"lanes": 1}),
    "one_row": ((9, 1), "2", {"lanes": 4}),
    "one_input": ((1, 7), "3", {"lanes": 2}),
    "one_input_barrel": ((1, 7, 1, 4), "111", {"lanes": 2, "architecture": "barrel"}),
    "a_step_that_waits_for_the_drain": ((1, 44, 1), "11", {"lanes": 44}),
    "one_distance": ((1, 1), "a", {"lanes": 1}),
    "bins": ((11, 7, 5), "21", {"lanes": 3}),
    "bins_both": ((11, 7, 5, 4), "2a1", {"lanes": 3, "mode": "both"}),
    "barrel": ((11, 7, 5), "31", {"lanes": 3, "architecture": "barrel"}),
    "barrel_both": ((11, 7, 5, 4), "a1a", {"lanes": 3, "mode": "both", "architecture": "barrel"}),
    "adder": ((11, 7, 5), "aa", {"lanes": 4}),
    "more_lanes_than_rows": ((5, 3, 4), "11", {"lanes": 9, "architecture": "barrel"}),
    "shift_array_that_adds_nothing_else": ((5, 3), "1", {"lanes": 2, "mode": "both"}),
    "banks": ((6, 11, 4), "1a", {"lanes": 11, "vectors": 2}),
}


def by_hand(net, vectors, width, signed):
    """The outputs in Python's integers: a list a vector."""
    low = -(1 << width - 1) if signed else 0
    high = low + (1 << width) - 1
    results = []
    for x in vectors.tolist():
        for layer in net.layers:
            y = []
            for r in range(layer.rows):
                if isinstance(layer, AdderLayer):
                    total = -sum(abs(a - int(w)) for a, w in zip(x, layer.weight[r], strict=True))
                else:
                    total = sum(a * int(s) * 2 ** int(e) for a, signs, exponents in zip(
                        x, layer.sign[r], layer.exponent[r], strict=True)
                        for s, e in zip(signs, exponents, strict=True))
                total += int(layer.bias[r])
                if layer.relu:
                    total = max(0, total)
                if layer.multiplier is not None:
                    half = 1 << layer.shift >> 1
                    total = (total * int(layer.multiplier[r]) + half) >> layer.shift
                    total = min(high, max(low, total))
                y.append(total)
            x = y
        results.append(x)
    return results


def check(net, c, vectors, seed=None):
    a = c.shift_add.activation
    results = Bench(c, net, seed=seed).run(vectors)
    assert results.tolist() == by_hand(net, vectors, a.width, a.signed)


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_vectors_back_to_back(name, latency):
    """More vectors than contexts, as fast as they may come, and with pauses on both sides."""
    sizes, kinds, table = CASES[name]
    rng = np.random.default_rng(3)
    net = network(rng, sizes, kinds, raw=latency == 2)
    c = resolved(net, memory_latency=latency, **{"vectors": 2, **table})
    vectors = random_inputs(rng, c, sizes[0], 9)
    for seed in (None, 1):
        check(net, c, vectors, seed)


@pytest.mark.parametrize("architecture, mode", [("bins", "both"), ("barrel", "both"), ("bins", "adder")])
@pytest.mark.parametrize("width, signed", [(2, True), (2, False), (9, True), (16, False), (16, True)])
def test_formats(width, signed, architecture, mode):
    rng = np.random.default_rng(width)
    net = network(rng, (9, 5, 6), "aa" if mode == "adder" else "2a", width=width, signed=signed,
                  raw=False)
    c = resolved(net, lanes=4, architecture=architecture, mode=mode)
    check(net, c, random_inputs(rng, c, 9, 4))


@pytest.mark.parametrize("architecture", ["bins", "barrel"])
def test_no_weight_but_zero(architecture):
    """The results are the biases."""
    rng = np.random.default_rng(4)
    bias = np.array([5, -7, 0, 1 << 40])
    zeros = np.zeros((4, 6, 2), np.int8)
    net = Network([ShiftLayer(zeros, zeros.astype(np.uint8), bias)], 8, True)
    c = resolved(net, lanes=3, architecture=architecture)
    vectors = random_inputs(rng, c, 6, 3)
    assert (Bench(c, net).run(vectors) == bias).all()


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("architecture", ["bins", "barrel"])
def test_the_largest_sums(architecture, signed, sign):
    """Every weight +-3 * 2 ** 15 and every input at an end of its range, in accumulators without a bit
    to spare."""
    shape = 2, 9, 3
    sign_, exponent = np.full(shape, sign, np.int8), np.full(shape, 15, np.uint8)
    layer = ShiftLayer(sign_, exponent, np.zeros(2, np.int64))
    net = Network([layer], 16, signed)
    c = resolved(net, lanes=2, architecture=architecture)
    low, high = (-(1 << 15), (1 << 15) - 1) if signed else (0, (1 << 16) - 1)
    vectors = np.array([[low] * 9, [high] * 9, [low] * 9])
    weight = sign * 27 << 15
    assert Bench(c, net).run(vectors).tolist() == [[weight * low] * 2, [weight * high] * 2,
                                                   [weight * low] * 2]


@pytest.mark.parametrize("signed", [False, True])
def test_the_largest_distances(signed):
    low, high = (-128, 127) if signed else (0, 255)
    weight = np.array([[low] * 9, [high] * 9])
    net = Network([AdderLayer(weight, np.array([1, 0]))], 8, signed)
    for architecture, mode in (("bins", "adder"), ("bins", "both"), ("barrel", "both")):
        c = resolved(net, lanes=2, architecture=architecture, mode=mode)
        vectors = np.array([[low] * 9, [high] * 9])
        assert Bench(c, net).run(vectors).tolist() == [[1, -9 * 255], [1 - 9 * 255, 0]]


@pytest.mark.parametrize("architecture, mode, kind", [
    ("bins", "shift", "1"), ("barrel", "shift", "1"), ("bins", "adder", "a"), ("bins", "both", "a")])
def test_a_thousand_inputs(architecture, mode, kind):
    """1,024 activations of 8 bits: sums are exact, in bins and lanes no wider than they must be."""
    rng = np.random.default_rng(5)
    net = network(rng, (1024, 2), kind)
    c = resolved(net, lanes=2, architecture=architecture, mode=mode)
    assert architecture == "barrel" or c.shift_add.accumulator <= 19
    check(net, c, random_inputs(rng, c, 1024, 3))


@pytest.mark.parametrize("name", ["one_weight", "bins_both", "barrel_both", "adder"])
def test_a_host_that_does_not_fetch(name):
    """Two results find room; all further vectors wait, wherever they are."""
    sizes, kinds, table = CASES[name]
    rng = np.random.default_rng(6)
    net = network(rng, sizes, kinds)
    c = resolved(net, **{"vectors": 2, **table})
    vectors = random_inputs(rng, c, sizes[0], 9)
    bench = Bench(c, net)
    results = None

    async def take(ctx):
        nonlocal results
        await bench.load(ctx)
        ctx.set(bench.reset, 1)  # here: loaded
        await ctx.tick().repeat(2500)
        results = await bench.take(ctx, 9)

    async def send(ctx):
        await ctx.tick().until(bench.reset)
        await bench.send(ctx, vectors)

    bench.simulate(take, send)
    assert results.tolist() == by_hand(net, vectors, 8, True)


@pytest.mark.parametrize("name", ["bins_both", "barrel_both", "adder"])
@pytest.mark.parametrize("after", [1, 9, *range(12, 28), 38, 39, 47, 60, 75, 101, 160])
def test_reset_in_the_middle(name, after):
    """Wherever the first vectors are, those behind the reset and a new image are right."""
    sizes, kinds, table = CASES[name]
    rng = np.random.default_rng(7)
    net = network(rng, sizes, kinds)
    c = resolved(net, **table)
    vectors = random_inputs(rng, c, sizes[0], 6)
    bench = Bench(c, net)
    results = None

    async def play(ctx):
        nonlocal results
        dut = bench.dut
        await bench.load(ctx)
        for data in vector_packets(vectors[3:5], c):
            for word in beats(data):
                ctx.set(dut.i.payload, word)
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
                ctx.set(dut.i.valid, 0)
            ctx.set(dut.i_commit, 1)
            await ctx.tick()
            ctx.set(dut.i_commit, 0)
            await ctx.tick().repeat(3)
        await ctx.tick().repeat(after)
        ctx.set(bench.reset, 1)
        await ctx.tick()
        ctx.set(bench.reset, 0)
        assert not ctx.get(dut.o_start)
        await bench.load(ctx)
        assert ctx.get(dut.o_idle) and ctx.get(dut.o_empty) and ctx.get(dut.o_ready)
        await bench.send(ctx, vectors[:2])
        results = await bench.take(ctx, 2)

    bench.simulate(play, component=ResetInserter(bench.reset)(bench.dut))
    assert results.tolist() == by_hand(net, vectors[:2], 8, True)


@pytest.mark.parametrize("sizes, kinds, table", [
    ((40, 40, 10), "11", {"lanes": 8}), ((40, 24, 11), "1a", {"lanes": 8, "mode": "both"}),
    ((40, 24, 16), "21", {"lanes": 8, "architecture": "barrel"}), ((37, 24, 11), "aa", {"lanes": 8}),
    ((30, 6, 16), "11", {"lanes": 16, "architecture": "barrel"}),
])
def test_no_cycle_without_work(sizes, kinds, table):
    """Where a group takes longer to leave than to compute, it takes as long as that."""
    rng = np.random.default_rng(8)
    net = network(rng, sizes, kinds)
    c = resolved(net, vectors=4, **table)
    bench = Bench(c, net)
    bench.run(random_inputs(rng, c, sizes[0], 16))
    placed = place_layers(net, c.shift_add)
    overhead = 37 if c.shift_add.architecture == "bins" and c.shift_add.mode != "adder" else 0
    terms = [int(kind.replace("a", "1")) for kind in kinds]
    cycles = [-(-layer.rows // c.shift_add.lanes) * (layer.columns * each + overhead)
              for layer, each in zip(net.layers, terms, strict=True)]
    assert [each.cycles for each in placed] == cycles
    period = ShiftAddDrain(c, bench.dut.array).period
    working = sum(each.groups * max(each.cycles // each.groups, period) for each in placed)
    # Vectors may leave in turns of as many as are in flight; the last ones have the array alone.
    interval = np.diff(bench.left)[-12:-4].mean()
    assert sum(cycles) <= interval <= working / 0.98


@pytest.mark.parametrize("name", ["bins_both", "adder"])
def test_idle_means_that_nothing_is_under_way(name):
    """From some cycles after a commit, as the packet receiver waits, to the result."""
    sizes, kinds, table = CASES[name]
    rng = np.random.default_rng(9)
    net = network(rng, sizes, kinds)
    c = resolved(net, **table)
    bench = Bench(c, net)
    vectors = random_inputs(rng, c, sizes[0], 2)[:1]
    idle = []

    async def play(ctx):
        await bench.load(ctx)
        assert ctx.get(bench.dut.o_idle) and ctx.get(bench.dut.o_empty)
        await bench.send(ctx, vectors)
        async for *_, now, empty, start in ctx.tick().sample(
                bench.dut.o_idle, bench.dut.o_empty, bench.dut.o_start):
            if start:
                break
            idle.append(now and empty)
        await bench.take(ctx, 1)
        await ctx.tick().repeat(8)
        assert ctx.get(bench.dut.o_idle) and ctx.get(bench.dut.o_empty)

    bench.simulate(play)
    assert idle and not any(idle)
