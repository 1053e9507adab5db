"""The walker on its own: pace, pauses, markers. What its items mean is in test_columns.py too."""

import random

import pytest
from amaranth.hdl import Shape

from hw.sparse.layout import length_bits, queue_layout, task_layout
from hw.sparse.walker import ColumnWalker
from tests.hw.configs import config
from tests.hw.stalls import cycles

C = config(sparse__capacity__rows=63, sparse__index__width=6).sparse
SHORT = length_bits(C.capacity.rows)
ALL = (1 << queue_layout(C)["left"].width) - 1


def pair(start, first, second, values=(1, 2)):
    """Two columns whose entries follow each other from ``start`` on; a value of 0 leaves its out."""
    use = bool(first and values[0]), bool(second and values[1])
    assert any(use)
    item = {"stop": not use[1], "from_second": not use[0],
            "one": (first == 1 and not use[1]) if use[0] else second == 1,
            "turn": use[0] and first == 1, "left": ALL - (first + second if use[0] else second),
            "second": ~(second + 2) & (2 << SHORT) - 1, "end": (start + first + second + 1) % 64,
            "values": list(values)}
    entries = [(start + k, values[0], k == 0) for k in range(first) if use[0]]
    return item, entries + [(start + first + k, values[1], k == 0) for k in range(second) if use[1]]


def long(start, length, value=3):
    """One column."""
    item = {"stop": 1, "one": length == 1, "turn": length == 1, "left": ALL - length,
            "second": ~2 & (2 << SHORT) - 1, "end": (start + length + 1) % 64, "values": [value, 99]}
    return item, [(start + k, value, k == 0) for k in range(length)]


def marker(begin, layer):
    item = {"marker": 1, "stop": 1, "from_second": 1, "one": 1, "left": 5, "end": 33, "second": 7,
            "values": [begin | layer << 2, 99]}
    return item, [("marker", begin, layer)]


def walk(items, seed, pauses=0.0):
    """(cycle, event) of every event; seed None offers an item in every cycle."""
    rng = random.Random(seed)
    print(f"seed {seed}")
    dut = ColumnWalker(C)
    events = []

    async def source(ctx):
        for item, _ in items:
            while seed is not None and rng.random() < 0.5:
                await ctx.tick()
            ctx.set(dut.i.payload, item)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def watch(ctx):
        idle = cycle = paused = 0
        while idle < 60:
            pause = rng.random() < pauses
            ctx.set(dut.i_pause, pause)
            _, _, valid, first, address, value, mark, task = await ctx.tick().sample(
                dut.o_valid, dut.o_first, dut.o_address, dut.o_value, dut.o_marker, dut.o_task)
            cycle, idle = cycle + 1, idle + 1
            assert not (valid and mark)
            assert not (paused and (valid or mark)), "nothing is emitted a cycle after a pause"
            paused = pause
            if valid:
                events.append((cycle, (address, value, first)))
            if mark:
                events.append((cycle, ("marker", task.begin, task.layer)))
            if valid or mark:
                idle = 0

    cycles(dut, watch, source)
    return events


def expected(items):
    return [event for _, events in items for event in events]


def random_items(seed):
    rng = random.Random(seed)
    items = []
    while len(items) < 60:
        first, second = (rng.choice([0, 1, 2, 3, rng.randint(0, 15)]) for _ in range(2))
        values = [rng.choice([0, rng.randint(1, 255)]) for _ in range(2)]
        if rng.random() < 0.2:
            items.append(marker(rng.randrange(2), rng.randrange(4)))
        elif rng.random() < 0.2:
            items.append(long(rng.randrange(64 - 40), rng.randint(1, 40), rng.randint(1, 255)))
        elif (first and values[0]) or (second and values[1]):
            items.append(pair(rng.randrange(64 - first - second), first, second, values))
    return items


CORNERS = {
    "one_entry": [pair(7, 1, 0)],
    "one_entry_of_the_second": [pair(7, 0, 1)],
    "one_and_one": [pair(7, 1, 1)],
    "one_and_one_first_left_out": [pair(7, 1, 1, (0, 9))],
    "one_and_one_second_left_out": [pair(7, 1, 1, (9, 0))],
    "second_left_out": [pair(0, 4, 15, (9, 0)), pair(3, 15, 1, (8, 0))],
    "first_left_out": [pair(0, 4, 15, (0, 9)), pair(3, 15, 1, (0, 8))],
    "longest_pair": [pair(34, 15, 15)],
    "long_columns": [long(0, 63), long(5, 1), long(3, 2)],
    "first_and_last_address": [pair(0, 1, 0), pair(63, 0, 1)],
    "markers_only": [marker(1, 0), marker(0, 0), marker(1, 3), marker(0, 3)],
    "marker_between_columns": [pair(3, 2, 1), marker(0, 2), marker(1, 1), long(5, 3)],
    "single_entries": [pair(k, 1, 0) for k in range(10)],
}


@pytest.mark.parametrize("items", CORNERS.values(), ids=CORNERS)
def test_corners(items):
    for seed, pauses in ((None, 0.0), (1, 0.5), (2, 0.5)):
        events = [event for _, event in walk(items, seed, pauses)]
        assert events == expected(items)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pauses", [0.0, 0.1, 0.8])
def test_random_items_with_random_gaps(pauses, seed):
    items = random_items(seed)
    assert [event for _, event in walk(items, seed + 10, pauses)] == expected(items)


def test_columns_follow_each_other_without_a_gap():
    events = walk(random_items(9), None)
    assert [cycle for cycle, _ in events] == list(range(events[0][0], events[0][0] + len(events)))
    assert events[0][0] == 3, "taken in the first cycle, seen two later"


def test_a_pause_costs_a_cycle():
    """Paused for as long as it likes: what is left comes after it."""
    items = [pair(0, 3, 2)]
    dut = ColumnWalker(C)
    came = []

    async def bench(ctx):
        ctx.set(dut.i.payload, items[0][0])
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        for cycle in range(14):
            ctx.set(dut.i_pause, 2 <= cycle < 7)
            await ctx.tick()
            if ctx.get(dut.o_valid):
                came.append((cycle, ctx.get(dut.o_address)))

    cycles(dut, bench)
    assert came == [(0, 0), (1, 1), (7, 2), (8, 3), (9, 4)]


def test_task_fits_the_marker():
    assert Shape.cast(task_layout(C)).width == 2 + 2
