"""Words written in chunks: nothing is left behind the end of what was written."""

import random

import pytest

from hw.binary.words import ChunkMemory
from tests.hw.stalls import cycles


@pytest.mark.parametrize("kind", ["auto", "block", "distributed", "masked"])
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("width, bits, chunks", [
    (4, 4, 1), (4, 3, 1), (5, 20, 4), (5, 17, 4), (1, 3, 3), (32, 70, 3), (3, 6, 2), (4, 11, 2)])
def test_chunks(width, bits, chunks, latency, kind):
    seed = 10 * bits + latency
    print(f"seed {seed}")
    rng = random.Random(seed)
    words = 6
    dut = ChunkMemory(width, bits, chunks, words, latency=latency, kind=kind)
    expected = [None] * words
    checked = 0

    async def bench(ctx):
        nonlocal checked
        for _ in range(40):
            address, last = rng.randrange(words), rng.randrange(chunks)
            value = 0
            for k in range(last + 1):
                data = rng.choice([0, (1 << width) - 1, rng.randrange(1 << width)])
                value |= data << k * width
                while rng.random() < 0.3:
                    await ctx.tick()
                ctx.set(dut.i_write, 1)
                ctx.set(dut.i_from, (1 << chunks) - (1 << k))
                ctx.set(dut.i_write_address, address)
                ctx.set(dut.i_data, data)
                await ctx.tick()
                ctx.set(dut.i_write, 0)
                ctx.set(dut.i_from, rng.randrange(1 << chunks))
            expected[address] = value & (1 << bits) - 1
            await ctx.tick()
            looked = [k for k in range(words) if expected[k] is not None]
            for k in [address, *rng.sample(looked, min(2, len(looked)))]:
                ctx.set(dut.i_address, k)
                await ctx.tick().repeat(latency)
                assert ctx.get(dut.o) == expected[k]
                checked += 1

    cycles(dut, bench)
    assert checked > 80
