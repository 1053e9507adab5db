"""The loops of the array against plain Python loops, and when each step comes."""

import random

import pytest

from hw.binary.layout import Output, layer_table, step_layout
from hw.control.steps import LayerSteps
from tests.hw.binary.arrays import config
from tests.hw.stalls import cycles

FIELDS = ("fresh", "slot", "context", "parity", "word", "plane", "weights", "start", "first", "double",
          "last", "begin", "end", "output", "tail")

APART = 2
"""Cycles from the beginning of a layer to that of the next one, at least."""


def random_job(rng, *, small):
    layer = {
        "more_words": rng.randrange(2 if small else 4), "more_planes": rng.randrange(3),
        "more_groups": rng.randrange(2 if small else 5), "weights": rng.randrange(8),
        "starts": rng.randrange(8), "tail": rng.randrange(3), "levels": rng.randrange(16),
        "out_planes": rng.randrange(3), "output": rng.choice(list(Output)),
    }
    return {"layer": layer, "fresh": rng.randrange(2), "slot": rng.randrange(2),
            "context": rng.randrange(4), "parity": rng.randrange(2)}


def steps_of(job, *, again=True):
    """What meets, cycle by cycle, as dictionaries of ``FIELDS``."""
    layer = job["layer"]
    result = []
    for group in range(layer["more_groups"] + 1):
        for plane in reversed(range(layer["more_planes"] + 1)):
            for word in range(layer["more_words"] + 1):
                last = plane == 0 and word == layer["more_words"]
                done = layer["more_planes"] - plane
                rows = group if again else group * (layer["more_planes"] + 1) + done
                result.append({
                    **{key: job[key] for key in ("fresh", "slot", "context", "parity")},
                    "word": word, "plane": plane,
                    "weights": layer["weights"] + rows * (layer["more_words"] + 1) + word,
                    "start": layer["starts"] + group,
                    "first": plane == layer["more_planes"] and word == 0,
                    "double": plane < layer["more_planes"] and word == 0,
                    "last": last, "begin": group == 0, "end": last and group == layer["more_groups"],
                    "output": layer["output"], "tail": layer["tail"]})
    return result


def play(jobs, *, period, drained, seed=None, again=True, before=0, after=0):
    """Steps as they came, (cycle, fields) each, and the cycles of ``o_read``, of ``o_results`` and of
    ``o_ahead``."""
    rng = random.Random(seed)
    eager = 1.0 if seed is None else rng.choice([0.3, 0.9])
    roomy = 1.0 if seed is None else rng.choice([0.2, 0.9])
    c = config(hidden_width=3, capacity={"words": 128}).binary
    dut = LayerSteps(layer_table(c), step_layout(c), period=period, drained=drained, again=again,
                     before=before, after=after)
    total = sum(len(steps_of(job)) for job in jobs)
    steps, reads, results, aheads = [], [], [], []

    async def source(ctx):
        for job in jobs:
            while rng.random() > eager:
                await ctx.tick()
            ctx.set(dut.i.payload, job)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def sink(ctx):
        now = inside = to_come = 0
        while len(steps) < total or now < steps[-1][0] + 10:
            room = rng.random() < roomy
            ctx.set(dut.i_room, room)
            _, _, valid, read, result, offered, accepts, to_host, step = await ctx.tick().sample(
                dut.o_valid, dut.o_read, dut.o_results,
                dut.i.valid, dut.i.ready, dut.i.payload.layer.output != Output.HIDDEN, dut.o)
            assert room or not result, "results begin only where there is room"
            inside += (accepts & offered) - (valid and step.end)
            to_come += (accepts & offered & to_host) - result
            assert 0 <= to_come <= 1, "they are told once, ahead of the layer"
            assert accepts or inside, "a layer can wait here"
            if valid:
                steps.append((now, {name: getattr(step, name) for name in FIELDS}))
            if read:
                reads.append(now)
            if result:
                results.append(now)
            now += 1
            assert now < 100 * total + 1000

    async def watch(ctx):
        now = 0
        async for _, _, ahead in ctx.tick().sample(dut.o_ahead):
            if ahead:
                aheads.append(now)
            now += 1

    cycles(dut, sink, source, *([watch] if before else []))
    return steps, reads, results, aheads


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("period, drained", [(1, False), (2, True), (4, False), (7, True)])
def test_the_order_of_the_loops(period, drained, seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    jobs = [random_job(rng, small=bool(seed & 1)) for _ in range(25)]
    steps, reads, results, _ = play(jobs, period=period, drained=drained, seed=seed)
    expected = [step for job in jobs for step in steps_of(job)]
    assert [step for _, step in steps] == expected
    assert reads == [now for now, step in steps if step["end"] and step["fresh"]]
    assert len(results) == sum(job["layer"]["output"] != Output.HIDDEN for job in jobs)
    ends = [now for now, step in steps if step["last"] and (drained or step["output"] != Output.HIDDEN)]
    assert all(after - before >= max(2, period) for before, after in zip(ends, ends[1:], strict=False))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("period, drained", [(1, True), (2, False), (5, False), (6, True)])
def test_no_gap_but_for_the_drain(period, drained, seed):
    """A step a cycle, layers too, but while the drain still has the group before, 2 cycles or more; and
    layers begin ``APART`` cycles apart."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    jobs = [random_job(rng, small=bool(seed & 1)) for _ in range(25)]
    steps, _, _, _ = play(jobs, period=period, drained=drained)
    earliest, due, apart = steps[0][0], 0, 0
    for now, step in steps:
        drains = step["last"] and (drained or step["output"] != Output.HIDDEN)
        if drains:
            earliest = max(earliest, due)
        begins = step["begin"] and step["first"]
        assert earliest <= now <= (max(earliest, apart) if begins else earliest)
        if begins:
            apart = now + APART
        if drains:
            due = now + max(2, period)
            apart = max(apart, now + 2)  # no layer is taken while a step waits
        earliest = now + 1


@pytest.mark.parametrize("seed", range(3))
def test_weights_of_their_own_for_every_plane(seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    jobs = [random_job(rng, small=bool(seed & 1)) for _ in range(25)]
    steps, _, _, _ = play(jobs, period=3, drained=True, seed=seed, again=False)
    assert [step for _, step in steps] == [step for job in jobs for step in steps_of(job, again=False)]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("before, after", [(1, 0), (1, 1), (3, 2), (2, 5), (21, 16)])
@pytest.mark.parametrize("period", [2, 30])
def test_pauses(period, before, after, seed):
    """``before`` and ``after`` cycles, not one more; a step waits for the drain on top of that, and
    layers begin ``APART`` cycles apart."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    jobs = [random_job(rng, small=bool(seed & 1)) for _ in range(20)]
    steps, reads, _, aheads = play(jobs, period=period, drained=True, again=False, before=before,
                                   after=after)
    assert [step for _, step in steps] == [step for job in jobs for step in steps_of(job, again=False)]
    assert reads == [now for now, step in steps if step["end"] and step["fresh"]]
    earliest, due, apart = aheads[0] + before, 0, 0
    for now, step in steps:
        if step["first"]:
            come = aheads.pop(0) + before
            assert earliest <= come <= (max(earliest, apart) if step["begin"] else earliest)
            earliest = come
        if step["first"] and step["begin"]:
            apart = come + before + APART
        if step["last"]:
            earliest = max(earliest, due)
            due = earliest + max(2, period)
        assert now == earliest
        earliest += 1 + step["last"] * (before + after)
    assert not aheads


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("before, after", [(1, 0), (3, 2), (21, 16)])
def test_pauses_between_layers_that_come_late(before, after, seed):
    """At least as long; and ``o_ahead`` as early as is said."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    jobs = [random_job(rng, small=True) for _ in range(20)]
    steps, _, _, aheads = play(jobs, period=2, drained=True, seed=seed, again=False, before=before,
                               after=after)
    assert [step for _, step in steps] == [step for job in jobs for step in steps_of(job, again=False)]
    firsts = [now for now, step in steps if step["first"]]
    lasts = [now for now, step in steps if step["last"]]
    assert aheads == [now - before for now in firsts]
    assert all(ahead - last > after for ahead, last in zip(aheads[1:], lasts, strict=False))
