"""The drain against Python's integers: rows of every kind of layer, group behind group."""

import numpy as np
import pytest

from gen.layout import pack
from hw.shift_add.array import ShiftAddArray
from hw.shift_add.drain import ShiftAddDrain
from hw.shift_add.memories import Output, row_layout, row_width
from tests.hw.shift_add.arrays import config
from tests.hw.stalls import cycles


class Layer:
    """Rows with sums, and what must come of them."""

    def __init__(self, rng, c, number, at):
        self.number, self.at = number, at
        self.rows = int(rng.choice([1, c.lanes, c.lanes + 1, rng.integers(1, 13)]))
        self.groups = -(-self.rows // c.lanes)
        self.adder = c.mode == "adder" or (c.mode == "both" and bool(rng.integers(2)))
        self.relu, self.raw = bool(rng.integers(2)), bool(rng.integers(2)) or not c.requantize.enabled
        self.shift = int(rng.integers(24))
        reach = 1 << c.accumulator - 2
        self.sums = rng.integers(-reach, reach, self.groups * c.lanes)
        self.sums[rng.random(len(self.sums)) < 0.2] = rng.choice([-reach, reach, 0, -1])
        self.inputs = rng.integers(-2000, 2000, self.groups)
        self.bias = rng.integers(-1 << 20, 1 << 20, len(self.sums))
        self.multiplier = rng.integers(0, 1 << c.requantize.multiplier_width, len(self.sums))

    def fields(self, group, c):
        return {"begin": group == 0, "end": group == self.groups - 1, "output": Output(self.number & 1),
                "rows": self.at, "tail": (self.rows - 1) % c.lanes, "adder": self.adder, "raw": self.raw,
                "relu": self.relu, "shift": self.shift, "context": self.number % c.vectors,
                "parity": self.number >> 1 & 1}

    def results(self, c):
        """Of each row: element, raw result and activation, context, output, whether it is the last."""
        a = c.activation
        low = -(1 << a.width - 1) if a.signed else 0
        found = []
        for row in range(self.rows):
            value = int(self.sums[row])
            if self.adder:
                value = 2 * value - int(self.inputs[row // c.lanes])
            value += int(self.bias[row])
            if self.relu:
                value = max(0, value)
            half = 1 << self.shift >> 1
            activation = (value * int(self.multiplier[row]) + half) >> self.shift
            activation = min(low + (1 << a.width) - 1, max(low, activation))
            found.append((row, value, activation if c.requantize.enabled else None,
                          self.number % c.vectors, self.number & 1, row == self.rows - 1))
        return found


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("architecture, mode, lanes, requantize", [
    ("bins", "shift", 1, True), ("bins", "both", 3, True), ("bins", "both", 5, False),
    ("barrel", "shift", 1, True), ("barrel", "shift", 4, False), ("barrel", "both", 2, True),
    ("barrel", "both", 12, True), ("bins", "adder", 3, True), ("barrel", "adder", 1, False),
])
@pytest.mark.parametrize("width, signed", [(8, True), (5, False)])
def test_results(width, signed, architecture, mode, lanes, requantize, latency):
    """Groups follow each other as soon as the period allows, or later. Lanes without bins give what all
    their rows so far add up to, modulo the width of their sums."""
    seed = 100 * lanes + 10 * latency + width
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    c = config(memory_latency=latency, architecture=architecture, mode=mode, lanes=lanes,
               activation={"width": width, "signed": signed},
               requantize={"enabled": requantize}, capacity={"rows": 400})
    table = c.shift_add
    array = ShiftAddArray(c)
    dut = ShiftAddDrain(c, array)
    layers, at = [], 0
    for number in range(12):
        layers.append(Layer(rng, table, number, at))
        at += layers[-1].groups * lanes
    bits = row_width(table)
    so_far = np.zeros(lanes, object)
    results = []

    async def bench(ctx):
        more = {"multiplier": np.concatenate([each.multiplier for each in layers])} if requantize else {}
        ctx.set(dut.i_write_rows, 1)
        for address, row in enumerate(pack(row_layout(table), bias=np.concatenate(
                [each.bias for each in layers]), **more)):
            ctx.set(dut.i_address, address)
            ctx.set(dut.i_data, int.from_bytes(np.atleast_1d(row).astype("<u4").tobytes(), "little"))
            await ctx.tick()
        ctx.set(dut.i_write_rows, 0)
        await ctx.tick()
        coming = [0]
        for layer in layers:
            for group in range(layer.groups):
                sums = layer.sums[group * lanes:(group + 1) * lanes].astype(object)
                if not array.bins:
                    so_far[:] += sums
                    sums = so_far
                queue = [int(each) & (1 << bits) - 1 for each in sums]
                ctx.set(dut.i, layer.fields(group, table))
                ctx.set(dut.i_valid, 1)
                gap = int(rng.integers(9)) if rng.random() < 0.5 else 0
                for k in range(dut.period + gap):
                    await ctx.tick()
                    ctx.set(dut.i_valid, 0)
                    if mode != "shift":
                        ctx.set(dut.i_inputs, int(layer.inputs[group]))
                    coming.append(queue[k] if k < lanes else int(rng.integers(1 << 20)))
                    ctx.set(dut.i_sum, coming.pop(0))
        await ctx.tick()
        ctx.set(dut.i_sum, coming.pop(0))
        await ctx.tick().repeat(lanes + dut.latency + 5)

    async def watch(ctx):
        async for _, _, write, row, raw, activation, last, group in ctx.tick().sample(
                dut.o_write, dut.o_row, dut.o_raw, dut.o_activation, dut.o_last, dut.o_group):
            assert write or not last
            if write:
                results.append((row, raw, activation if requantize else None, group.context,
                                int(group.output), bool(last)))

    cycles(dut, bench, watch)
    assert results == [row for layer in layers for row in layer.results(table)]
