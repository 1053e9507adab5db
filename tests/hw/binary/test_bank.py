"""Rows of a bank against integers: counts, bit planes, first values, and where the sums go."""

import random

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.binary.bank import RowBank, pairs_pay
from hw.binary.layout import slice_bits, slices, start_layout
from hw.binary.popcount import PopCount
from hw.binary.xnor_count import XnorCount
from hw.packet import MemoryId
from hw.shared import Shared
from hw.stream import delay
from tests.hw.binary.arrays import config, in_one_piece
from tests.hw.stalls import cycles

WORDS, GROUPS = 12, 6


class Steps(Component):
    """A bank that gets everything in the same cycle, delayed as its docstring says."""

    def __init__(self, c):
        count = PopCount(-(-c.binary.simd // 2)) if pairs_pay(c.binary) else XnorCount(c.binary.simd)
        self.count = Shared(count, "count")
        self.bank = RowBank(c, self.count, load_width=200, load_address=5)
        self.latency, self.planes = c.memory_latency, c.binary.planes
        super().__init__({
            "i_word": In(4), "i_start": In(3), "i_activations": In(c.binary.simd), "i_add": In(1),
            "i_first": In(1), "i_double": In(1), "i_plane": In(3), "i_last": In(1),
            "i_shift": In(c.binary.accumulator), "o_last": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.bank = bank = self.bank
        add = bank.add_at
        m.d.comb += [
            bank.i_word.eq(self.i_word),
            bank.i_activations.eq(delay(m, self.i_activations, self.latency, "activations")),
            bank.i_start.eq(delay(m, self.i_start, bank.start_at, "start")),
            bank.i_add.eq(delay(m, self.i_add, add, "add")),
            bank.i_first.eq(delay(m, self.i_first, add, "first")),
            bank.i_capture.eq(delay(m, self.i_last, add + 1, "last")),
            # Signs are there a cycle before the captured sums.
            self.o_last.eq(delay(m, self.i_last, add + 2, "negative")),
            bank.i_shift.eq(self.i_shift),
        ]
        if self.planes > 1:
            m.d.comb += [bank.i_double.eq(delay(m, self.i_double, add, "double")),
                         bank.i_plane.eq(delay(m, self.i_plane, add, "plane"))]
        if hasattr(bank, "i_pairs"):
            differ = Signal(-(-len(self.i_activations) // 2))
            m.d.comb += [bit.eq(self.i_activations[2 * k:2 * k + 2].xor())
                         for k, bit in enumerate(differ)]
            count = self.count.component.latency
            total = Signal(range(len(differ) + 1))
            m.d.comb += total.eq(sum(differ[k] for k in range(len(differ))))
            m.d.comb += bank.i_pairs.eq(delay(m, total, self.latency + 1 + count, "pairs"))
        return m


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("pes, simd, width, ram", [
    (1, 1, 1, 8), (2, 7, 1, 8), (3, 10, 4, 16), (4, 9, 8, 40), (20, 63, 1, 36), (19, 63, 3, 11),
    (20, 64, 2, 32)])
def test_sums(pes, simd, width, ram, latency):
    """Random layers without a gap; then the sums leave one a cycle, the next bank's behind them."""
    seed = 100 * simd + 10 * width + latency
    print(f"seed {seed}")
    rng, choice = np.random.default_rng(seed), random.Random(seed)
    c = config(memory_latency=latency, pes=pes, simd=simd, ram_width=ram, accumulator=16,
               activation={"width": width}, capacity={"words": WORDS, "groups": GROUPS},
               small_ram=("block", "distributed")[latency - 1])
    assert pairs_pay(c.binary) == (simd > 60)
    dut = Steps(c)
    rows, layout = dut.bank.rows, start_layout(c.binary)
    weights = rng.integers(0, 2, (WORDS, rows, simd))
    starts = rng.integers(-3000, 3000, (GROUPS, rows))
    if width > 1:
        starts >>= width - 1
    lows = rng.integers(0, 1 << width - 1, (GROUPS, rows))
    words, planes = 3, width
    jobs = [(choice.randrange(WORDS - words), choice.randrange(GROUPS),
             rng.integers(0, 2, (planes, words, simd))) for _ in range(5)]
    outside = [choice.randrange(1 << 16) for _ in range(rows)]
    got = []

    async def load(ctx):
        bus = dut.bank.i_load

        async def write(memory, pe, address, data):
            ctx.set(dut.bank.i_write, 1)
            ctx.set(bus.memory, memory)
            ctx.set(bus.pe, pe)
            await ctx.tick()
            ctx.set(dut.bank.i_write, 0)

        for address in range(WORDS):
            bits = weights[address].ravel().tolist()
            for k in range(slices(c.binary, rows)):
                part = bits[k * ram:(k + 1) * ram]
                ctx.set(bus.address, address)
                ctx.set(bus.data, sum(bit << n for n, bit in enumerate(part)))
                await write(MemoryId.WEIGHTS, 5 << slice_bits(c.binary) | k, address, part)
        for address in range(GROUPS):
            ctx.set(bus.address, address)
            entry = [value & 0xFFFF | low << 16 for value, low in zip(
                starts[address].tolist(), lows[address].tolist(), strict=True)]
            ctx.set(bus.data, sum(each << k * layout.size for k, each in enumerate(entry)))
            await write(MemoryId.STARTS, 5, address, None)
        await ctx.tick().repeat(3)

    async def bench(ctx):
        await load(ctx)
        for first_word, start, activations in jobs:
            for plane in reversed(range(planes)):
                for word in range(words):
                    while choice.random() < 0.2:
                        ctx.set(dut.i_add, 0)
                        ctx.set(dut.i_last, 0)
                        await ctx.tick()
                    bits = activations[plane, word].tolist()
                    ctx.set(dut.i_word, first_word + word)
                    ctx.set(dut.i_start, start)
                    ctx.set(dut.i_activations, sum(bit << n for n, bit in enumerate(bits)))
                    ctx.set(dut.i_add, 1)
                    ctx.set(dut.i_first, plane == planes - 1 and word == 0)
                    ctx.set(dut.i_double, plane < planes - 1 and word == 0)
                    ctx.set(dut.i_plane, plane)
                    ctx.set(dut.i_last, plane == 0 and word == words - 1)
                    await ctx.tick()
            ctx.set(dut.i_add, 0)
            ctx.set(dut.i_last, 0)
            await ctx.tick().repeat(2 * rows)
        await ctx.tick().repeat(40)

    async def watch(ctx):
        while True:
            _, _, last, negative = await ctx.tick().sample(dut.o_last, dut.bank.o_negative)
            if not last:
                continue
            sums = []
            for k in range(2 * rows):
                ctx.set(dut.i_shift, outside[min(k, rows - 1)])
                _, _, total = await ctx.tick().sample(dut.bank.o_shift)
                sums.append(total)
            got.append((negative, sums))

    with in_one_piece():
        cycles(dut, bench, watch)
    assert len(got) == len(jobs)
    for (first_word, start, activations), (negative, sums) in zip(jobs, got, strict=True):
        used = weights[first_word:first_word + words].transpose(1, 0, 2)  # rows x words x simd
        total = starts[start] * (1 << width - 1) + lows[start]
        for plane in range(planes):
            differs = (used != activations[plane]).sum((1, 2))
            if pairs_pay(c.binary):  # what is constant for the weights is in the first values
                pad = np.pad(used, ((0, 0), (0, 0), (0, simd % 2)))
                differs = differs + (pad[:, :, 0::2] ^ pad[:, :, 1::2]).sum((1, 2))
            total = total + (differs << plane)
        assert negative == sum(int(each < 0) << k for k, each in enumerate(total))
        assert sums[:rows] == (total & 0xFFFF).tolist()
        assert sums[rows:] == outside, "the next bank's come behind"
