"""The accumulators against a list of Python integers."""

import random
from collections import Counter, deque

import pytest

from hw.sparse.accumulator import FORWARDED, Accumulators, slot_bits
from tests.hw.stalls import cycles

END = "end"


class Bench:
    """Plays vectors of (row, product) and drains them, checking every answer."""

    def __init__(self, rows, latency, *, signed=True, width=20):
        self.dut = Accumulators(rows, width, signed, 12, signed, latency=latency)
        self.rows = rows
        self.products = deque([0] * Accumulators.PRODUCT)
        self.answers = deque([0] * Accumulators.LATENCY)

    async def tick(self, ctx, *, row=None, product=0, end=0, read=None, answer=0, release=0):
        """A cycle: a row with its product (which comes later), or ``read``, a (bank, slot).

        ``answer`` is what that read must answer, None for anything. In every other cycle the answer must
        be zero, as it is ORed with those of other PEs.
        """
        dut = self.dut
        ctx.set(dut.i_valid, row is not None)
        ctx.set(dut.i_row, 0 if row is None else row)
        ctx.set(dut.i_end, end)
        ctx.set(dut.i_read, read is not None)
        if read is not None:
            ctx.set(dut.i_bank, read[0])
            ctx.set(dut.i_slot, read[1])
        ctx.set(dut.i_release, release)
        # Between products there is anything.
        self.products.append(product if row is not None else 999)
        ctx.set(dut.i_product, self.products.popleft())
        expected = self.answers.popleft()
        assert expected is None or ctx.get(dut.o_sum) == expected
        self.answers.append(0 if read is None else answer)
        await ctx.tick()
        if release:
            assert ctx.get(dut.o_done) & release == 0

    async def start(self, ctx):
        """Read every slot of both banks and give them out, as after reset."""
        assert ctx.get(self.dut.o_done) == 0b11, "after reset both banks belong to the drain"
        for slot in range(1 << slot_bits(self.rows)):
            for bank in range(2):
                await self.tick(ctx, read=(bank, slot), answer=None)
        for _ in range(3):
            await self.tick(ctx)
        await self.tick(ctx, release=0b11)

    async def feed(self, ctx, vector):
        for item in [*vector, END]:
            if item is None or item == END:
                await self.tick(ctx, end=item == END)
            else:
                await self.tick(ctx, row=item[0], product=item[1])

    async def drain(self, ctx, bank, sums):
        while not ctx.get(self.dut.o_done) >> bank & 1:
            await self.tick(ctx)
        for slot, total in enumerate(sums):
            await self.tick(ctx, read=(bank, slot), answer=total)

    async def finish(self, ctx):
        for _ in range(Accumulators.LATENCY + 1):
            await self.tick(ctx)


def totals(vector, rows):
    sums = Counter()
    for item in vector:
        if item is not None:
            sums[item[0]] += item[1]
    return [sums[row] for row in range(rows)]


PATTERNS = {
    "empty": [],
    "one": [(3, 100)],
    **{f"same_row_every_{gap + 1}": [item for k in range(8) for item in [(1, 5 + k), *[None] * gap]]
       for gap in range(6)},
    **{f"{count}_rows_in_turn": [(k % count, k) for k in range(16)] for count in range(2, 6)},
    "same_row_among_others": [(row, 3 * k + 1) for k, row in enumerate([2, 2, 0, 2, 0, 0, 2, 2, 2, 3, 4,
                                                                        1, 2, 0, 2])],
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
            await bench.feed(ctx, vector)
            await bench.drain(ctx, number & 1, totals(vector, 5))
            await bench.tick(ctx, release=1 << (number & 1))
        await bench.finish(ctx)

    cycles(bench.dut, test)


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("distance", range(1, FORWARDED + 3))
def test_reads_between_rows(distance, latency):
    """The drain's reads of the other bank take the cycles between two products of a row."""
    bench = Bench(4, latency)
    vectors = [[(k, 10 + k) for k in range(4)], [(2, 1), (2, 30)], [(2, 500)]]

    async def test(ctx):
        await bench.start(ctx)
        await bench.feed(ctx, vectors[0])
        await bench.drain(ctx, 0, [])  # only wait
        slots = deque(range(4))
        for row, product in vectors[1]:
            await bench.tick(ctx, row=row, product=product)
            for _ in range(distance - 1):
                if slots:
                    slot = slots.popleft()
                    await bench.tick(ctx, read=(0, slot), answer=10 + slot)
                else:
                    await bench.tick(ctx)
        for slot in slots:
            await bench.tick(ctx, read=(0, slot), answer=10 + slot)
        await bench.tick(ctx, end=1)
        await bench.tick(ctx, release=0b01)
        await bench.feed(ctx, vectors[2])
        await bench.drain(ctx, 1, totals(vectors[1], 4))
        await bench.drain(ctx, 0, totals(vectors[2], 4))
        await bench.finish(ctx)

    cycles(bench.dut, test)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("rows", [2, 3, 7])
def test_one_bank_fills_while_the_other_is_drained(rows, latency, signed, seed):
    """Vectors back to back, drained in any order of slots at the same time."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    bench = Bench(rows, latency, signed=signed)
    low, high = (-2048, 2047) if signed else (0, 4095)
    vectors = [[None if rng.random() < 0.2 else
                (rng.choice([0, rng.randrange(rows)]), rng.randint(low, high))
                for _ in range(rng.choice([0, 1, 5, 40]))] for _ in range(16)]
    reading, waiting = rng.choice([0.1, 0.5, 0.9]), rng.choice([0, 0.7])

    async def test(ctx):
        await bench.start(ctx)
        drained = 0
        coming = deque((number, item) for number, vector in enumerate(vectors)
                       for item in [*vector, END])
        left = []  # slots of the vector that is drained, with its sums
        while drained < len(vectors):
            bank = drained & 1
            if not left and ctx.get(bench.dut.o_done) >> bank & 1:
                left = list(enumerate(totals(vectors[drained], rows)))
                rng.shuffle(left)
            if left and rng.random() < reading:
                slot, total = left.pop()
                await bench.tick(ctx, read=(bank, slot), answer=total)
                if not left:
                    while rng.random() < waiting:
                        await bench.tick(ctx)
                    await bench.tick(ctx, release=1 << bank)
                    drained += 1
            elif coming and coming[0][0] < drained + 2:
                item = coming.popleft()[1]
                if item is None or item == END:
                    await bench.tick(ctx, end=item == END)
                else:
                    await bench.tick(ctx, row=item[0], product=item[1])
            else:
                await bench.tick(ctx)
        await bench.finish(ctx)

    cycles(bench.dut, test)


@pytest.mark.parametrize("latency", [1, 2])
def test_done_comes_when_the_last_sum_is_written(latency):
    """An answer a cycle earlier would miss it: the last row is read in the first cycle."""
    bench = Bench(4, latency)

    async def test(ctx):
        await bench.start(ctx)
        await bench.tick(ctx, row=2, product=77)
        await bench.tick(ctx, end=1)
        waited = 1
        while not ctx.get(bench.dut.o_done):
            await bench.tick(ctx)
            waited += 1
        assert waited == 8
        assert ctx.get(bench.dut.o_done) == 0b01
        await bench.tick(ctx, read=(0, 2), answer=77)
        await bench.finish(ctx)

    cycles(bench.dut, test)


def test_rows_never_name_the_slot_of_the_zero():
    for rows in range(2, 70):
        assert rows - 1 < (1 << slot_bits(rows)) - 1
