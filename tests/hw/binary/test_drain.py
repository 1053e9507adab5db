"""The drain against NumPy: results of every kind, and levels as bit planes, group behind group."""

import numpy as np
import pytest

from gen.layout import pack
from hw.binary.drain import BinaryDrain
from hw.binary.layout import Output, row_layout
from tests.hw.binary.arrays import config
from tests.hw.stalls import cycles


class Layer:
    """Rows with random sums, and what must come of them."""

    def __init__(self, rng, c, output, rows, first_level):
        low, high = -(1 << c.accumulator - 1), (1 << c.accumulator - 1) - 1
        self.output, self.rows, self.first_level = output, rows, first_level
        self.sums = rng.integers(low, high, rows, endpoint=True)
        self.sums[rng.random(rows) < 0.3] = rng.choice([low, high, 0, -1])
        self.levels = int(rng.integers(1, 1 << c.hidden_width))
        # Thresholds descend; a sum reaches those that it does not exceed. The ends are among them.
        table = rng.integers(low, high, (rows, (1 << c.hidden_width) - 1), endpoint=True)
        near = rng.random(table.shape) < 0.3
        table = np.sort(np.where(near, self.sums[:, None], table))[:, ::-1].copy()
        table[:, self.levels:] = low
        self.sums = np.where(self.sums == low, low + 1, self.sums)  # `low` is never reached
        self.table = table

    def level(self):
        return (self.sums[:, None] <= self.table).sum(1)


def word(row):
    return int.from_bytes(np.atleast_1d(row).astype("<u4").tobytes(), "little")


def drained(c, layers, bias, scale, gaps):
    """Results as (row, value, whether the vector ends), and planes as (context, plane, last, bits)."""
    binary = c.binary
    dut = BinaryDrain(c, load_width=64, load_address=16)
    results, planes, groups = [], [], []
    for number, layer in enumerate(layers):
        for first in range(0, layer.rows, binary.pes):
            sums = layer.sums[first:first + binary.pes].tolist()
            sums += [int(layer.sums[0])] * (binary.pes - len(sums))  # rows that the matrix does not have
            fields = {"begin": first == 0, "end": first + binary.pes >= layer.rows,
                      "output": layer.output, "tail": (layer.rows - 1) % binary.pes,
                      "context": number % binary.vectors, "parity": number & 1}
            if dut.steps:
                fields |= {"levels": layer.first_level, "out_planes": layer.levels.bit_length() - 1}
            groups.append((fields, sums))

    async def bench(ctx):
        rows = pack(row_layout(binary), bias=bias, scale=scale)
        ctx.set(dut.i_write_rows, 1)
        for address, row in enumerate(rows):
            ctx.set(dut.i_address, address)
            ctx.set(dut.i_data, word(row))
            await ctx.tick()
        ctx.set(dut.i_write_rows, 0)
        ctx.set(dut.i_write_thresholds, 1)
        for step in range(dut.steps):
            half = 1 << dut.steps - step - 1
            ctx.set(dut.i_step, step)
            for layer in layers:
                for row, table in enumerate(layer.table):
                    for k, value in enumerate(table[half - 1::2 * half].tolist()):
                        ctx.set(dut.i_address, (layer.first_level + row << step) + k)
                        ctx.set(dut.i_data, value & (1 << binary.accumulator) - 1)
                        await ctx.tick()
        ctx.set(dut.i_write_thresholds, 0)
        await ctx.tick()
        queue: list[int] = []
        coming: list[int] = []
        for (fields, sums), gap in zip(groups, gaps, strict=True):
            ctx.set(dut.i, fields)
            ctx.set(dut.i_valid, 1)
            for k in range(dut.period + gap):
                ctx.set(dut.i_sum, (queue.pop(0) if queue else 5) & (1 << binary.accumulator) - 1)
                await ctx.tick()
                ctx.set(dut.i_valid, 0)
                queue += coming
                coming = sums if k == 0 else []
        for _ in range(binary.pes + dut.latency + 20):
            ctx.set(dut.i_sum, (queue.pop(0) if queue else 5) & (1 << binary.accumulator) - 1)
            await ctx.tick()
            queue += coming
            coming = []

    async def watch(ctx):
        async for _, _, write, row, value, commit in ctx.tick().sample(
                dut.o_write, dut.o_row, dut.o_value, dut.o_commit):
            assert write or not commit
            if write:
                results.append((row, value - (value >> 31 << 32), bool(commit)))

    async def watch_planes(ctx):
        async for _, _, write, plane, last, bits, group in ctx.tick().sample(
                dut.o_plane_write, dut.o_plane, dut.o_plane_last, dut.o_bits, dut.o_group):
            if write:
                planes.append((group.context, group.parity, bool(group.begin), bool(group.end), plane,
                               bool(last), bits))

    cycles(dut, bench, watch, *([watch_planes] if dut.steps else []))
    return results, planes


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("hidden_width, pes", [(1, 1), (1, 4), (2, 1), (2, 3), (3, 5), (4, 2), (8, 4)])
def test_results_and_planes(hidden_width, pes, latency):
    """Groups follow each other as soon as the period allows, or later."""
    seed = 10 * hidden_width + latency
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    c = config(memory_latency=latency, pes=pes, hidden_width=hidden_width, accumulator=10, scale_width=3,
               capacity={"outputs": 12, "levels": 150},
               small_ram=("block", "distributed")[latency - 1])
    kinds = [Output.SIGN, Output.RAW] if hidden_width == 1 else list(Output)
    layers, at = [], 0
    for k in range(10):
        rows = int(rng.choice([1, pes, pes + 1, rng.integers(1, 13)]))
        layers.append(Layer(rng, c.binary, kinds[k % len(kinds)], min(rows, 12), at))
        at += layers[-1].rows
    bias = rng.integers(-(1 << 30), 1 << 30, 12)
    scale = rng.integers(0, 8, 12)
    count = sum(-(-layer.rows // pes) for layer in layers)
    gaps = np.where(rng.random(count) < 0.5, 0, rng.integers(0, 9, count)).tolist()
    results, planes = drained(c, layers, bias, scale, gaps)

    expected, expected_planes = [], []
    for number, layer in enumerate(layers):
        values = {Output.SIGN: np.where(layer.sums < 0, 1, -1),
                  Output.RAW: bias[:layer.rows] - scale[:layer.rows] * layer.sums,
                  Output.LEVEL: layer.level(), Output.HIDDEN: None}[layer.output]
        if values is not None:
            expected += [(row, int(value), row == layer.rows - 1) for row, value in enumerate(values)]
            continue
        level = np.pad(layer.level(), (0, -layer.rows % pes)).reshape(-1, pes)
        out_planes = layer.levels.bit_length()
        for group, mine in enumerate(level):
            expected_planes += [
                (number % c.binary.vectors, number & 1, group == 0, group == len(level) - 1, plane,
                 plane == out_planes - 1, sum(int(bit) << k for k, bit in enumerate(mine >> plane & 1)))
                for plane in range(out_planes)]
    assert results == expected
    assert planes == expected_planes
