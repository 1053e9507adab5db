import random

import numpy as np
import pytest

from hw.config import integer_range
from hw.output import OutputBuffer
from tests.hw.stalls import cycles


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("drains", [1, 2])
@pytest.mark.parametrize("packed, width, signed", [
    (False, 20, True), (False, 32, False), (False, 33, True), (False, 64, True), (False, 40, False),
    (True, 8, True), (True, 5, False), (True, 16, True), (True, 11, True)])
def test_output_buffer(packed, width, signed, drains, latency, seed):
    """Rows come in any order, one a lane; words leave in order, zeros behind the last activation."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    low, high = integer_range(width, signed)
    count = rng.choice([1, 2, 13, 15, 16])
    vectors = [[rng.choice([low, high, rng.randint(low, high)]) for _ in range(count)]
               for _ in range(7)]
    slot = None if not packed else 8 if width <= 8 else 16
    dut = OutputBuffer(16, width, signed, slot=slot, lanes=drains, latency=latency)
    element = slot // 8 if slot else 8 if width > 32 else 4
    padded = -(-count * element // 4) * 4 // element
    eager = rng.choice([1.0, 0.4])

    async def drain(ctx):
        for k, vector in enumerate(vectors):
            while not ctx.get(dut.o_free) >> (k & 1) & 1:
                await ctx.tick()
            ctx.set(dut.i_context, k & 1)
            waiting = [rng.sample(rows, len(rows)) for rows in (
                range(lane, count, drains) for lane in range(drains))]
            while any(waiting):
                writes = 0
                for lane, rows in enumerate(waiting):
                    if rows and rng.random() < 0.8:
                        row = rows.pop()
                        writes |= 1 << lane
                        ctx.set(dut.i_row[lane], row)
                        ctx.set(dut.i_value[lane], vector[row] & ((1 << width) - 1))
                ctx.set(dut.i_write, writes)
                await ctx.tick()
            ctx.set(dut.i_write, 0)
            ctx.set(dut.i_tag, 60 + k)
            ctx.set(dut.i_commit, 1)
            await ctx.tick()
            ctx.set(dut.i_commit, 0)

    async def host(ctx):
        ctx.set(dut.i_count, count)
        for k, vector in enumerate(vectors):
            (tag,) = await ctx.tick().sample(dut.o_tag).until(dut.o_start)
            assert tag == 60 + k
            assert ctx.get(dut.o_words) == padded * element // 4
            ctx.set(dut.i_go, 1)
            await ctx.tick()
            ctx.set(dut.i_go, 0)
            words = []
            while len(words) < padded * element // 4:
                ctx.set(dut.o.ready, rng.random() < eager)
                _, _, valid, ready, word = await ctx.tick().sample(dut.o.valid, dut.o.ready,
                                                                   dut.o.payload)
                if valid and ready:
                    words.append(word)
            ctx.set(dut.o.ready, 0)
            await ctx.tick().repeat(latency + 3)
            assert not ctx.get(dut.o.valid), "a word too many"
            values = np.array(words, "<u4").view(f"<{'i' if signed else 'u'}{element}").tolist()
            assert values == vector + [0] * (padded - count)

    cycles(dut, host, drain)


@pytest.mark.parametrize("latency", [1, 2])
def test_padding_does_not_depend_on_a_later_count(latency):
    """Once a slot is free the count may change, though the last words still wait for the host."""
    dut = OutputBuffer(16, 8, False, slot=8, latency=latency)
    # As many words as wait outside the slot: two, and those in the RAM's registers.
    count = 4 * (latency + 1) + 1
    words = []

    async def bench(ctx):
        ctx.set(dut.i_count, count)
        for row in range(count + 3):  # what lies behind the last one is not zero
            ctx.set(dut.i_write, 1)
            ctx.set(dut.i_row[0], row)
            ctx.set(dut.i_value[0], 0x41 + row)
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        ctx.set(dut.i_commit, 1)
        await ctx.tick()
        ctx.set(dut.i_commit, 0)
        await ctx.tick().until(dut.o_start)
        ctx.set(dut.i_go, 1)
        await ctx.tick()
        ctx.set(dut.i_go, 0)
        await ctx.tick().until(dut.o_free == 0b11)
        ctx.set(dut.i_count, 0)
        await ctx.tick().repeat(5)
        ctx.set(dut.o.ready, 1)
        for _ in range(10):
            if ctx.get(dut.o.valid):
                words.append(ctx.get(dut.o.payload))
            await ctx.tick()

    cycles(dut, bench)
    values = [0x41 + row for row in range(count)] + [0, 0, 0]
    assert words == np.array(values, "u1").view("<u4").tolist()
