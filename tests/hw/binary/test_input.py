"""Input vectors against bit planes that NumPy makes."""

import random

import numpy as np
import pytest

from hw.binary.input import BinaryInput
from tests.hw.binary.arrays import config, random_inputs
from tests.hw.stalls import cycles

FORMATS = [(1, True), *((width, signed) for width in range(2, 9) for signed in (False, True))]


def planes(vector, simd, width, signed):
    """Bits of each (word, plane), plane 0 the lowest, first element in bit 0: a number each."""
    offset = 1 << width - 1 if signed else 0
    levels = (vector > 0).astype(np.int64) if width == 1 else vector + offset
    padded = np.pad(levels, (0, -len(levels) % simd)).reshape(-1, simd)
    return {(word, plane): sum(int(bit) << k for k, bit in enumerate(row >> plane & 1))
            for word, row in enumerate(padded) for plane in range(width)}


def beats(vector, simd, width, signed):
    """Words of 32 bits; each word of ``simd`` elements fills whole chunks of 32 with the lowest."""
    low = -1 if width == 1 else -(1 << width - 1) if signed else 0
    result = []
    for first in range(0, len(vector), simd):
        word = vector[first:first + simd].tolist()
        word += [low] * (-len(word) % 32)
        if width == 1:
            result += [sum((each > 0) << k for k, each in enumerate(word[n:n + 32]))
                       for n in range(0, len(word), 32)]
        else:
            result += [sum((each & 0xFF) << 8 * k for k, each in enumerate(word[n:n + 4]))
                       for n in range(0, len(word), 4)]
    return result


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("width, signed", FORMATS)
def test_vectors_become_bit_planes(width, signed, latency):
    """Of any length, back to back, with vectors given up in between."""
    seed = 10 * width + latency
    print(f"seed {seed}")
    rng, choice = np.random.default_rng(seed), random.Random(seed)
    simd = choice.choice([3, 10, 32, 33, 70])
    most = 3 * simd
    c = config(memory_latency=latency, pes=1, simd=simd, activation={"width": width, "signed": signed},
               capacity={"inputs": most})
    dut = BinaryInput(c)
    lengths = [most, 1, simd, simd + 1, *rng.integers(1, most, 3, endpoint=True).tolist()]
    vectors = [random_inputs(rng, c, length, 3)[k % 3] for k, length in enumerate(lengths)]
    eager = choice.choice([1.0, 0.4])

    async def feed(ctx, words):
        for word in words:
            while choice.random() > eager:
                await ctx.tick()
            ctx.set(dut.i.payload, word)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def pulse(ctx, signal):
        ctx.set(signal, 1)
        await ctx.tick()
        ctx.set(signal, 0)

    async def host(ctx):
        for tag, vector in enumerate(vectors):
            whole = beats(vector, simd, width, signed)
            if choice.random() < 0.6:
                count = choice.randrange(len(whole) + 1)
                await feed(ctx, [choice.getrandbits(32) for _ in range(count)])
                await pulse(ctx, dut.i_discard)
            await feed(ctx, whole)
            ctx.set(dut.i_tag, tag + 100)
            await pulse(ctx, dut.i_commit)
            ctx.set(dut.i_tag, 0)

    async def array(ctx):
        for tag, vector in enumerate(vectors):
            seen, slot = await ctx.tick().sample(dut.o_tag, dut.o_slot).until(dut.o_full)
            assert (seen, slot) == (tag + 100, tag & 1)
            if choice.random() < 0.5:  # the next one may come first
                await ctx.tick().repeat(200)
            await pulse(ctx, dut.i_take)
            for (word, plane), expected in planes(vector, simd, width, signed).items():
                ctx.set(dut.i_address, word | plane << dut.word_bits
                        | slot << dut.word_bits + dut.plane_bits)
                await ctx.tick().repeat(latency)
                assert ctx.get(dut.o) == expected, (tag, word, plane)
            await pulse(ctx, dut.i_release)
        await ctx.tick().repeat(20)
        assert not ctx.get(dut.o_full) and not ctx.get(dut.o_pending) and ctx.get(dut.i.ready)

    cycles(dut, array, host)


def test_two_vectors_wait():
    """The third one's words find no room until the first one has been read."""
    dut = BinaryInput(config(simd=10))
    taken = 0

    async def bench(ctx):
        nonlocal taken
        for _ in range(2):
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.i_commit, 1)
            await ctx.tick()
            ctx.set(dut.i_commit, 0)
        await ctx.tick().repeat(10)
        for signal in (None, dut.i_take, dut.i_take):  # taken is not read
            if signal is not None:
                ctx.set(signal, 1)
                await ctx.tick()
                ctx.set(signal, 0)
                taken += 1
            await ctx.tick().repeat(10)
            assert not ctx.get(dut.i.ready) and ctx.get(dut.o_full) == (taken < 2)
        ctx.set(dut.i_release, 1)
        await ctx.tick()
        ctx.set(dut.i_release, 0)
        await ctx.tick().repeat(2)
        assert ctx.get(dut.i.ready)

    cycles(dut, bench)
