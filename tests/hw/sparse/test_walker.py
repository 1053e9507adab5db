import random

import pytest
from amaranth.hdl import Shape

from hw.sparse.layout import task_layout
from hw.sparse.walker import ColumnWalker
from tests.hw.configs import config
from tests.hw.stalls import cycles

C = config().sparse


def column(start, length, value):
    return {"marker": 0, "where": start, "more": length - 1, "value": value}


def marker(begin, layer):
    return {"marker": 1, "where": begin | layer << 2, "more": 5, "value": 99}


def walk(items, seed):
    """(cycle, event) of every event; seed None offers an item in every cycle."""
    rng = random.Random(seed)
    print(f"seed {seed}")
    dut = ColumnWalker(C)
    events = []

    async def source(ctx):
        for item in items:
            while seed is not None and rng.random() < 0.5:
                await ctx.tick()
            ctx.set(dut.i.payload, item)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def watch(ctx):
        idle = cycle = 0
        while idle < 30:
            _, _, valid, first, address, value, mark, task = await ctx.tick().sample(
                dut.o_valid, dut.o_first, dut.o_address, dut.o_value, dut.o_marker, dut.o_task)
            cycle, idle = cycle + 1, idle + 1
            assert not (valid and mark)
            if valid:
                events.append((cycle, (address, value, first)))
            if mark:
                events.append((cycle, ("marker", task.begin, task.layer)))
            if valid or mark:
                idle = 0

    cycles(dut, watch, source)
    return events


def expected(items):
    for item in items:
        if item["marker"]:
            yield "marker", item["where"] & 1, item["where"] >> 2
        else:
            for k in range(item["more"] + 1):
                yield item["where"] + k, item["value"], int(k == 0)


def random_items(seed):
    rng = random.Random(seed)
    items = []
    for _ in range(40):
        length = rng.choice([1, 1, 2, 3, 8])
        items.append(marker(rng.randrange(2), rng.randrange(4)) if rng.random() < 0.3 else
                     column(rng.randrange(64 - length), length, rng.randrange(256)))
    return items


CORNERS = {
    "one_entry": [column(7, 1, 3)],
    "longest_column": [column(56, 8, 200)],
    "first_and_last_address": [column(0, 1, 1), column(63, 1, 2)],
    "markers_only": [marker(1, 0), marker(0, 0), marker(1, 3), marker(0, 3)],
    "marker_between_columns": [column(3, 2, 1), marker(0, 2), marker(1, 1), column(5, 3, 4)],
    "single_entries": [column(k, 1, k) for k in range(10)],
}


@pytest.mark.parametrize("items", CORNERS.values(), ids=CORNERS)
def test_corners(items):
    events = [event for _, event in walk(items, None)]
    assert events == list(expected(items))


@pytest.mark.parametrize("seed", range(5))
def test_random_items_with_random_gaps(seed):
    items = random_items(seed)
    assert [event for _, event in walk(items, seed + 10)] == list(expected(items))


def test_columns_follow_each_other_without_a_gap():
    events = walk(random_items(9), None)
    assert [cycle for cycle, _ in events] == list(range(events[0][0], events[0][0] + len(events)))
    assert events[0][0] == 2, "taken in the first cycle, seen in the second"


def test_task_fits_the_marker():
    assert Shape.cast(task_layout(C)).width == 2 + 2
