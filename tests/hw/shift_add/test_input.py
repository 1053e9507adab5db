"""Input vectors from words of 32 bits to one activation a cycle."""

import random

import numpy as np
import pytest

from gen.vectors import vector_packets
from hw.shift_add.input import ActivationInput
from tests.hw.engines import beats
from tests.hw.shift_add.arrays import config, random_inputs
from tests.hw.stalls import cycles

FORMATS = [(width, signed) for width in (2, 5, 8, 9, 16) for signed in (False, True)]


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("width, signed", FORMATS)
def test_vectors_become_activations(width, signed, latency):
    """Of any length, back to back, with vectors given up in between; read in any order, one a cycle."""
    seed = 10 * width + latency
    print(f"seed {seed}")
    rng, choice = np.random.default_rng(seed), random.Random(seed)
    most = choice.choice([1, 3, 4, 13, 33])
    c = config(memory_latency=latency, activation={"width": width, "signed": signed}, result=40,
               capacity={"inputs": most})
    dut = ActivationInput(c)
    lengths = [most, 1, *rng.integers(1, most, 5, endpoint=True).tolist()]
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
            whole = beats(vector_packets(vector[None], c)[0])
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
                await ctx.tick().repeat(100)
            await pulse(ctx, dut.i_take)
            order = choice.sample(range(len(vector)), len(vector))
            found = []
            ctx.set(dut.i_slot, slot)
            for element in [*order, *[0] * (latency + 1)]:
                ctx.set(dut.i_element, element)
                found.append(ctx.get(dut.o))
                await ctx.tick()
            assert found[latency + 1:] == vector[order].tolist()
            await pulse(ctx, dut.i_release)
        await ctx.tick().repeat(20)
        assert not ctx.get(dut.o_full) and not ctx.get(dut.o_pending) and ctx.get(dut.i.ready)

    cycles(dut, array, host)


def test_words_beyond_the_buffer_spoil_no_other_vector():
    """One vector waits in its slot; of the next one far too much comes, and it is given up."""
    c = config(capacity={"inputs": 8})
    dut = ActivationInput(c)
    first, second = np.arange(1, 9), np.arange(-8, 0)

    async def feed(ctx, words):
        for word in words:
            ctx.set(dut.i.payload, word)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def commit(ctx, vector):
        await feed(ctx, beats(vector_packets(vector[None], c)[0]))
        ctx.set(dut.i_commit, 1)
        await ctx.tick()
        ctx.set(dut.i_commit, 0)

    async def check(ctx, vector, slot):
        ctx.set(dut.i_slot, slot)
        for element, value in enumerate(vector.tolist()):
            ctx.set(dut.i_element, element)
            await ctx.tick().repeat(4)
            assert ctx.get(dut.o) == value

    async def bench(ctx):
        await commit(ctx, first)
        await feed(ctx, [0x55555555] * 50)
        ctx.set(dut.i_discard, 1)
        await ctx.tick()
        ctx.set(dut.i_discard, 0)
        await check(ctx, first, 0)
        await commit(ctx, second)
        await ctx.tick().repeat(5)
        await check(ctx, first, 0)
        await check(ctx, second, 1)

    cycles(dut, bench)
