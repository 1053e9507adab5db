"""The drain against integers: bias once a row, ReLU and requantization of the sum of all parts."""

import random

import numpy as np
import pytest

from gen.layout import pack
from hw.sparse.drain import Drain
from hw.sparse.layout import drain_layout, row_layout
from sim.golden.requantize import requantize
from tests.hw.configs import config
from tests.hw.stalls import cycles

PARTS = {
    "whole": [1] * 9, "all_split": [3, 2, 4, 2], "last_split": [1, 1, 5], "first_split": [4, 1, 1],
    "one": [1], "one_split": [7],
}


def drained(c, jobs, answer):
    """What is written for each job, a list of (accumulator, row fields) each: (row, hidden, output)."""
    dut = Drain(c, answer=answer, load_width=80, load_address=6)
    places = [(k % 2, k // 2) for k in range(sum(len(parts) for parts, _ in jobs))]
    written: list[list[tuple[int, int, int]]] = []
    sums = {place: acc for place, (acc, _) in zip(
        places, (part for parts, _ in jobs for part in parts), strict=True)}

    def word(layout, **fields):
        return int.from_bytes(pack(layout, **fields).astype("<u4").tobytes(), "little")

    async def host(ctx):
        fields = [part for parts, _ in jobs for _, part in parts]
        for address, ((pe, slot), row) in enumerate(zip(places, fields, strict=True)):
            ctx.set(dut.i_address, address)
            for enable, data in ((dut.i_write_drain, word(drain_layout(c.sparse), pe=pe, slot=slot)),
                                 (dut.i_write_rows, word(row_layout(c.sparse), **row))):
                ctx.set(dut.i_data, data)
                ctx.set(enable, 1)
                await ctx.tick()
                ctx.set(enable, 0)
        base = 0
        ctx.set(dut.i_free, 0b11)
        ctx.set(dut.i_done, 0b11)
        for parts, job in jobs:
            written.append([])
            ctx.set(dut.i.payload, {"job": {"row_base": base, "more_rows": len(parts) - 1, **job}})
            ctx.set(dut.i.valid, 1)
            finished = 0
            while not finished:
                _, _, finished, write, *result = await ctx.tick().sample(
                    dut.i.ready, dut.o_write, dut.o_row, dut.o_hidden, dut.o_output)
                if write:
                    written[-1].append(tuple(result))
            base += len(parts)

    async def accumulators(ctx):
        rng = random.Random(1)
        answers = [0] * (answer - 1)
        while True:
            _, _, read, pe, slot = await ctx.tick().sample(
                dut.o_bus.read, dut.o_bus.pe, dut.o_bus.slot)
            answers.append(sums[pe, slot] if read else rng.randrange(-99, 99))
            ctx.set(dut.i_sum, answers.pop(0) & (1 << 24) - 1)

    cycles(dut, host, accumulators)
    return written


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("name", PARTS)
def test_parts_are_added_before_anything_else(name, latency):
    rng = np.random.default_rng(1)
    c = config(memory_latency=latency, sparse__capacity__rows=16)
    jobs, expected = [], []
    for raw, relu, shift in ((0, 1, 12), (1, 0, 0), (1, 1, 0), (0, 0, 9)):
        parts = []
        rows = rng.permutation(len(PARTS[name])).tolist()
        bias, multiplier = rng.integers(-3000, 3000, len(rows)), rng.integers(1, 100, len(rows))
        expected.append([])
        for row, count in zip(rows, PARTS[name], strict=True):
            accumulators = rng.integers(-4000, 4000, count).tolist()
            # The biases of further parts must not be looked at.
            parts += [(acc, {"row": row, "more": k < count - 1, "multiplier": multiplier[row],
                             "bias": bias[row] if k == 0 else 77_777})
                      for k, acc in enumerate(accumulators)]
            total = sum(accumulators) + int(bias[row])
            hidden = int(requantize(np.array([total]), multiplier[row:row + 1], shift, bool(relu), 8,
                                    True)[0])
            output = (max(total, 0) if relu else total) if raw else hidden
            expected[-1].append((row, hidden & 0xFF, output & 0xFFFFFF))
        jobs.append((parts, {"shift": shift, "relu": relu, "raw": raw, "to_output": 1}))
    got = drained(c, jobs[:2], latency + 3) + drained(c, jobs[2:], latency + 3)
    assert got == expected
