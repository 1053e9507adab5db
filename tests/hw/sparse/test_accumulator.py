"""The accumulators against a list of Python integers."""

import random
from collections import Counter

import pytest

from hw.sparse.accumulator import Accumulators
from tests.hw.stalls import cycles


class Bench:
    """Plays vectors of (row, product) and drains them; None is a cycle without a row."""

    def __init__(self, rows, latency, *, signed=True, width=20):
        self.dut = Accumulators(rows, width, signed, 12, signed, latency=latency)
        self.rows, self.latency = rows, latency

    async def start(self, ctx):
        """Clear both banks, as after reset."""
        dut = self.dut
        assert ctx.get(dut.o_done) == 0b11, "after reset both banks belong to the drain"
        ctx.set(dut.i_clear, 1)
        for slot in range(self.rows):
            ctx.set(dut.i_slot, slot)
            await ctx.tick()
        ctx.set(dut.i_clear, 0)
        await ctx.tick()
        await self.release(ctx, 0b11)

    async def release(self, ctx, banks):
        ctx.set(self.dut.i_release, banks)
        await ctx.tick()
        ctx.set(self.dut.i_release, 0)
        assert ctx.get(self.dut.o_done) & banks == 0

    async def feed(self, ctx, vectors, wait_for=None):
        """Products of all vectors, each followed by its end; the row comes ``latency`` ahead."""
        dut, products = self.dut, [0] * self.latency
        for number, vector in enumerate(vectors):
            if wait_for is not None:
                while not wait_for(number):
                    ctx.set(dut.i_product, products.pop(0))
                    products.append(0)
                    await ctx.tick()
            for item in [*vector, "end"]:
                row, product = (0, 0) if item is None or item == "end" else item
                ctx.set(dut.i_valid, item is not None and item != "end")
                ctx.set(dut.i_end, item == "end")
                ctx.set(dut.i_row, row)
                products.append(product)
                ctx.set(dut.i_product, products.pop(0))
                await ctx.tick()
            ctx.set(dut.i_valid, 0)
            ctx.set(dut.i_end, 0)
        for product in products:
            ctx.set(dut.i_product, product)
            await ctx.tick()

    async def drain(self, ctx, bank, order):
        """Sums of the slots in the order given, one a cycle."""
        dut, sums = self.dut, []
        while not ctx.get(dut.o_done) >> bank & 1:
            await ctx.tick()
        for k in range(len(order) + self.latency + 1):
            ctx.set(dut.i_read, k < len(order))
            ctx.set(dut.i_bank, bank)
            if k < len(order):
                ctx.set(dut.i_slot, order[k])
            if k > self.latency:
                sums.append(ctx.get(dut.o_sum))
            await ctx.tick()
        ctx.set(dut.i_read, 0)
        return sums


def totals(vector, rows):
    sums = Counter()
    for item in vector:
        if item is not None:
            sums[item[0]] += item[1]
    return [sums[row] for row in range(rows)]


PATTERNS = {
    "empty": [],
    "one": [(3, 100)],
    "same_row_back_to_back": [(2, k + 1) for k in range(10)],
    "same_row_every_second_cycle": [(1, 5), None] * 6,
    "same_row_every_third_cycle": [(1, 5), None, None] * 6,
    "same_row_every_fourth_cycle": [(1, 5), None, None, None] * 6,
    "two_rows_in_turn": [(k & 1, k) for k in range(12)],
    "three_rows_in_turn": [(k % 3, k) for k in range(12)],
    "four_rows_in_turn": [(k % 4, k) for k in range(12)],
    "negative": [(4, -2048), (4, -1), (4, 2047), (0, -7)],
    "last_rows": [(4, 1), (4, 1), (3, 1), (4, 1)],
}


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("name", PATTERNS)
def test_patterns(name, latency):
    """Twice in each bank, so that clearing is seen too."""
    bench = Bench(5, latency)
    vector = PATTERNS[name]

    async def test(ctx):
        await bench.start(ctx)
        for number in range(4):
            await bench.feed(ctx, [vector])
            assert await bench.drain(ctx, number & 1, list(range(5))) == totals(vector, 5)
            await bench.release(ctx, 1 << (number & 1))

    cycles(bench.dut, test)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("rows", [2, 7])
def test_one_bank_fills_while_the_other_is_drained(rows, latency, signed, seed):
    """Vectors back to back, drained in any order of slots at the same time."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    bench = Bench(rows, latency, signed=signed)
    low, high = (-2048, 2047) if signed else (0, 4095)
    vectors = [[None if rng.random() < 0.3 else
                (rng.choice([0, rng.randrange(rows)]), rng.randint(low, high))
                for _ in range(rng.choice([0, 1, 5, 30]))] for _ in range(12)]
    drained = 0

    async def feed(ctx):
        while not started:
            await ctx.tick()
        await bench.feed(ctx, vectors, wait_for=lambda number: number < drained + 2)

    started = []

    async def drain(ctx):
        nonlocal drained
        await bench.start(ctx)
        started.append(True)
        for number, vector in enumerate(vectors):
            order = rng.sample(range(rows), rows)
            sums = await bench.drain(ctx, number & 1, order)
            expected = totals(vector, rows)
            assert sums == [expected[slot] for slot in order], f"vector {number}"
            if rng.random() < 0.5:
                await ctx.tick().repeat(rng.randint(1, 20))
            await bench.release(ctx, 1 << (number & 1))
            drained += 1

    cycles(bench.dut, drain, feed)


@pytest.mark.parametrize("latency", [1, 2])
def test_silent_when_not_asked(latency):
    """Other PEs' sums are ORed with this one's: it must be zero unless asked."""
    bench = Bench(4, latency)
    dut = bench.dut

    async def test(ctx):
        await bench.start(ctx)
        await bench.feed(ctx, [[(k, 1000 + k) for k in range(4)]])
        seen = []
        for k in range(30):
            ctx.set(dut.i_slot, k % 4)
            ctx.set(dut.i_bank, 0)
            ctx.set(dut.i_read, k == 20)
            seen.append(ctx.get(dut.o_sum))
            await ctx.tick()
        assert [k for k, value in enumerate(seen) if value] == [20 + latency + 1]
        assert seen[20 + latency + 1] == 1000

    cycles(dut, test)


@pytest.mark.parametrize("latency", [1, 2])
def test_done_comes_when_the_last_sum_is_written(latency):
    bench = Bench(4, latency)
    dut = bench.dut

    async def test(ctx):
        await bench.start(ctx)
        ctx.set(dut.i_end, 1)
        await ctx.tick()
        ctx.set(dut.i_end, 0)
        waited = 1
        while not ctx.get(dut.o_done):
            await ctx.tick()
            waited += 1
        assert waited == latency + 3
        assert ctx.get(dut.o_done) == 0b01

    cycles(dut, test)
