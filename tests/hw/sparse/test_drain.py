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
    """What is written for each job, a list of (accumulator, row fields) each: (row, hidden, output).

    Parts go to the lane of their row: the even rows to the first one.
    """
    lanes = c.sparse.drains
    dut = Drain(c, answer=answer, load_width=80, load_address=6)
    written: list[list[tuple[int, int, int]]] = []
    split = [[[part for part in parts if part[1]["row"] % lanes == lane] for parts, _ in jobs]
             for lane in range(lanes)]
    sums = [{(k % 2, k // 2): acc for k, (acc, _) in enumerate(sum(mine, []))} for mine in split]

    def word(layout, **fields):
        return int.from_bytes(pack(layout, **fields).astype("<u4").tobytes(), "little")

    async def host(ctx):
        for lane in range(lanes):
            ctx.set(dut.i_lane, lane)
            for address, (_, row) in enumerate(sum(split[lane], [])):
                ctx.set(dut.i_address, address)
                place = word(drain_layout(c.sparse), pe=address % 2, slot=address // 2)
                for enable, data in ((dut.i_write_drain, place),
                                     (dut.i_write_rows, word(row_layout(c.sparse), **row))):
                    ctx.set(dut.i_data, data)
                    ctx.set(enable, 1)
                    await ctx.tick()
                    ctx.set(enable, 0)
        base = [0] * lanes
        ctx.set(dut.i_free, 0b11)
        ctx.set(dut.i_done, 0b11)
        for number, (_, job) in enumerate(jobs):
            written.append([])
            where = {}
            for lane in range(lanes):
                where |= {f"base_{lane}": base[lane], f"parts_{lane}": len(split[lane][number])}
                base[lane] += len(split[lane][number])
            ctx.set(dut.i.payload, {"job": {**where, **job}})
            ctx.set(dut.i.valid, 1)
            finished = 0
            while not finished:
                _, _, finished, *results = await ctx.tick().sample(
                    dut.o_finished, *(each for result in dut.o_result for each in (
                        result.write, result.row, result.hidden, result.output)))
                for lane in range(lanes):
                    write, *result = results[4 * lane:4 * lane + 4]
                    if write:
                        assert result[0] % lanes == lane
                        written[-1].append(tuple(result))

    def accumulators(lane):
        async def process(ctx):
            rng = random.Random(lane)
            answers = [0] * (answer - 1)
            request = dut.o_request[lane]
            while True:
                _, _, read, pe, slot = await ctx.tick().sample(request.read, request.pe, request.slot)
                answers.append(sums[lane][pe, slot] if read else rng.randrange(-99, 99))
                ctx.set(dut.i_sum[lane], answers.pop(0) & (1 << 24) - 1)
        return process

    cycles(dut, host, *(accumulators(lane) for lane in range(lanes)))
    return [sorted(each) for each in written]


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("drains", [1, 2])
@pytest.mark.parametrize("name", PARTS)
def test_parts_are_added_before_anything_else(name, drains, latency):
    rng = np.random.default_rng(1)
    c = config(memory_latency=latency, sparse__drains=drains, sparse__capacity__rows=16)
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
    assert got == [sorted(each) for each in expected]
