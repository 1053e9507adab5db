"""The decoder of entries that stay coded: every entry of every record, whatever pauses."""

import random

import numpy as np
import pytest

from hw.sparse.decoder import EntryDecoder
from hw.sparse.layout import coded_layout, column_bits
from tests.hw.configs import config
from tests.hw.sparse.coded import Decoding, Layer, meaning, memory_words
from tests.hw.stalls import cycles


def configuration(*, latency=2, codes=16, index=6, layers=2, entries=512, rows=63):
    return config(memory_latency=latency, sparse__huffman="memory", sparse__activation__width=16,
                  sparse__weight={"width": 8, "signed": True, "codebook_size": codes},
                  sparse__index={"kind": "per_layer", "width": index},
                  sparse__capacity__layers=layers, sparse__capacity__entries=entries,
                  sparse__capacity__rows=rows)


def decode(cfg, layers, uses, seed, reset_after=None):
    """What leaves the decoder, layer by layer: entries by activation, and in how many cycles all did."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    dut = Decoding(cfg)
    decoder = dut.decoder
    gaps, pauses = (0, 0) if seed is None else (rng.choice([0, 0.5]), rng.choice([0, 0.1, 0.7]))
    words, lengths = memory_words(layers)
    assert len(words) <= cfg.sparse.capacity.entries
    items, expected, number = [], [], 0
    for layer, use in zip(layers, uses, strict=True):
        records, entries = layer.records(use, number)
        items += [layer.marker(1), *records, layer.marker(0)]
        expected.append(entries)
        number += len(layer.columns) + 1
    left, busy, state = [], [], {"begun": 0, "restarted": False}

    async def feed(ctx):
        for memory, contents in ((dut.words, words), (dut.lengths, lengths)):
            ctx.set(memory.i_write, 1)
            for k, word in enumerate(contents):
                ctx.set(memory.i_write_address, k)
                ctx.set(memory.i_write_data, word)
                await ctx.tick()
            ctx.set(memory.i_write, 0)
        k = 0
        while k < len(items):
            if k == reset_after and not state["restarted"]:
                ctx.set(dut.i_reset, 1)
                await ctx.tick()
                ctx.set(dut.i_reset, 0)
                left.clear()
                state.update(begun=0, restarted=True)
                k = 0
            while rng.random() < gaps:
                await ctx.tick()
            ctx.set(dut.i.payload, items[k])
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            k += 1

    async def watch(ctx):
        idle = cycle = 0
        paused = [False] * (cfg.memory_latency + 1)
        while idle < 60 + len(words) + len(lengths):
            pause = rng.random() < pauses
            ctx.set(decoder.i_pause, pause)
            _, _, valid, marker, first, entry, value, task, layer = await ctx.tick().sample(
                decoder.o_valid, decoder.o_marker, decoder.o_first, decoder.o_entry, decoder.o_value,
                decoder.o_task, decoder.o_layer)
            assert not (valid and (marker or paused[-1])), "an entry where something else passes"
            paused = [pause, *paused[:-1]]
            cycle, idle = cycle + 1, 0 if valid or marker else idle + 1
            if marker:
                assert task.begin == 1 - state["begun"]
                state["begun"] = task.begin
                if task.begin:
                    left.append({})
                    assert task.layer == layers[len(left) - 1].number
            elif valid:
                assert state["begun"], "an entry behind the end"
                busy.append(cycle)
                at = layers[len(left) - 1]
                assert layer == at.number
                left[-1].setdefault(value, []).append((first, *meaning(at, entry)))

    cycles(dut, watch, feed)
    assert left == expected
    return busy[-1] - busy[0] + 1 if busy else 0


def random_layer(c, rng, columns, number=0, *, most=12, skew=1.0):
    """Columns of up to ``most`` entries that fit a short length, some of them empty."""
    chances = np.array([1 / (1 + k) ** skew for k in range(c.weight.codebook_size)])
    high = 1 << c.index.width

    def entry():
        index = min(high - 1, int(rng.geometric(0.15)) - 1) if rng.random() < 0.95 else int(
            rng.integers(high))
        return index, int(rng.choice(len(chances), p=chances / chances.sum()))

    longest = (1 << column_bits(c)) // coded_layout(c).size
    lengths = rng.integers(0, min(most, longest) + 1, columns) * (rng.random(columns) < 0.8)
    return Layer([[entry() for _ in range(n)] for n in lengths.tolist()], c, number)


@pytest.mark.parametrize("codes, index, layers, latency", [
    (16, 6, 1, 2), (16, 6, 2, 1), (16, 8, 4, 2), (256, 8, 1, 2), (2, 1, 3, 1), (5, 12, 2, 2),
    (2, 6, 1, 2)])
def test_random_layers(codes, index, layers, latency):
    cfg = configuration(codes=codes, index=index, layers=layers, latency=latency, entries=1024)
    for seed in range(3):
        rng = np.random.default_rng([codes, index, layers, seed])
        all_layers = [random_layer(cfg.sparse, rng, int(rng.integers(1, 30)), number, skew=seed)
                      for number in range(layers)]
        uses = [(rng.random(len(layer.columns)) < rng.choice([0.3, 1])).tolist() for layer in all_layers]
        for stalls in (None, seed):
            decode(cfg, all_layers, uses, stalls)


@pytest.mark.parametrize("second", [0, 1, 2, 9])
@pytest.mark.parametrize("first", [0, 1, 2, 9])
def test_every_way_to_use_a_pair(first, second):
    """Both columns, the first, the second or neither are wanted; other pairs before and behind."""
    cfg = configuration(layers=1)
    rng = np.random.default_rng([first, second])
    columns = [[(int(rng.integers(64)), int(rng.integers(16))) for _ in range(n)]
               for n in (3, 1, first, second, 0, 2, 1, 1)]
    for use in ([1, 1], [1, 0], [0, 1], [0, 0]):
        for seed in (None, 1, 2):
            decode(cfg, [Layer(columns, cfg.sparse)], [[1, 1, *use, 1, 1, 0, 1]], seed)


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("entries", [1, 2, 3, 7, 12])
@pytest.mark.parametrize("kind", ["shortest", "longest", "mixed"])
def test_pace(kind, entries, latency):
    """An entry a cycle, however long records and words are, and wherever they lie among words."""
    cfg = configuration(layers=1, latency=latency, entries=4096)
    c = cfg.sparse
    rng = np.random.default_rng(entries)

    def entry():
        if kind == "shortest" or (kind == "mixed" and rng.random() < 0.5):
            return 0, 0
        return int(rng.integers(64)), int(rng.integers(16))

    # So many of the shortest word, and of all the others, that it has one bit and they have ten.
    filler = [[(0, 0)] * 20] * 500 if kind != "longest" else []
    wanted = [[entry() for _ in range(entries)] for _ in range(300)]
    layer = Layer([*wanted, *filler], c)
    if kind == "shortest":
        assert set(layer.bits[:300]) == {entries * (1 + layer.code.raw)}
    use = [k < 300 and k % 2 == 0 for k in range(len(layer.columns))]
    taken = decode(cfg, [layer], [use], None)
    assert taken <= 150 * entries + EntryDecoder.turns(latency) * entries


@pytest.mark.parametrize("after", [2, 5, 9, 14])
def test_reset_in_the_middle(after):
    """It forgets the records that are being decoded."""
    cfg = configuration(layers=1)
    layer = random_layer(cfg.sparse, np.random.default_rng(after), 40)
    decode(cfg, [layer], [[1] * 40], after, reset_after=after)
