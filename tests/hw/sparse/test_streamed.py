"""Streamed entries from beats to the walkers' side, whatever the pace of the two."""

import random

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.sim import Simulator
from pydantic import ValidationError

from hw.sparse.streamed import Distributor, EntryQueue
from hw.stream import or_tree, or_tree_levels
from tests.hw.configs import config


class Chain(Elaboratable):
    """A distributor and its queues, wired as in the engine."""

    def __init__(self, config):
        pes = config.sparse.pes
        self.distributor = Distributor(config)
        slack = Distributor.IN_FLIGHT + 1 + or_tree_levels(pes)
        self.queues = [EntryQueue(config, slack) for _ in range(pes)]

    def elaborate(self, platform):
        m = Module()
        m.submodules.distributor = self.distributor
        for k, queue in enumerate(self.queues):
            m.submodules[f"queue_{k}"] = queue
            m.d.comb += [queue.i.payload.eq(self.distributor.o_bundle),
                         queue.i.valid.eq(self.distributor.o_valid[k])]
        m.d.comb += self.distributor.i_stop.eq(
            or_tree(m, [queue.o_almost_full for queue in self.queues], "stop"))
        return m


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("pes, width, capacity", [
    (1, 32, 2), (2, 32, 2), (5, 64, 2), (5, 64, 128), (8, 128, 64), (17, 32, 2)])
def test_entries_reach_their_pe(pes, width, capacity, latency):
    cfg = config(sparse__pes=pes, sparse__entries="stream", sparse__stream_width=width,
                 sparse__capacity__entries=capacity, sparse__capacity__rows=8,
                 memory_latency=latency)
    size = 3 + 4
    pe_bits = max(1, (pes - 1).bit_length())
    bits_of = lambda n: max(1, (n - 1).bit_length())  # noqa: E731
    each = max(n for n in range(1, 99) if pe_bits + bits_of(n) + n * size <= width)
    for seed in range(2):
        print(f"seed {seed}")
        rng = random.Random(seed)
        beats, expected = [], [[] for _ in range(pes)]
        for _ in range(100):
            pe, count = rng.randrange(pes), rng.randint(1, each)
            entries = [rng.randrange(1 << size) for _ in range(count)]
            expected[pe] += entries
            word = sum(entry << size * k for k, entry in enumerate(entries))
            beats.append(pe | count - 1 << pe_bits | word << pe_bits + bits_of(each))
        eager = rng.choice([1.0, 0.3])
        paces = [rng.choice([1.0, 0.5, 0.1]) for _ in range(pes)]
        chain = Chain(cfg)
        received: list[list[int]] = [[] for _ in range(pes)]

        async def source(ctx, chain=chain, rng=rng, eager=eager, beats=beats):
            ctx.set(chain.distributor.i_open, 1)
            for beat in beats:
                while rng.random() > eager:
                    await ctx.tick()
                ctx.set(chain.distributor.i.payload, beat)
                ctx.set(chain.distributor.i.valid, 1)
                await ctx.tick().until(chain.distributor.i.ready)
                ctx.set(chain.distributor.i.valid, 0)

        async def sink(ctx, chain=chain, received=received, expected=expected, paces=paces):
            rng = random.Random(1)
            idle = 0
            while idle < 300:
                for queue, pace in zip(chain.queues, paces, strict=True):
                    ctx.set(queue.o.ready, rng.random() < pace)
                idle += 1
                for k, queue in enumerate(chain.queues):
                    assert not ctx.get(queue.i.valid) or ctx.get(queue.i.ready), "no room"
                    if ctx.get(queue.o.valid) and ctx.get(queue.o.ready):
                        entry = ctx.get(queue.o.payload)
                        received[k].append(entry.index | entry.code << 3)
                        idle = 0
                await ctx.tick()

        simulator = Simulator(chain)
        simulator.add_clock(1e-6)
        simulator.add_testbench(sink)
        simulator.add_testbench(source, background=True)
        simulator.run()
        assert received == expected


@pytest.mark.parametrize("changes, message", [
    ({"sparse__index": {"kind": "per_layer", "width": 3, "lower": 2}},
     'index.lower needs entries = "memory": streamed ones are whole'),
    ({"sparse__weight": {"kind": "direct", "width": 32, "signed": True}},
     "stream_width 32 cannot hold an entry and its PE: they take 37 bits"),
    ({"sparse__stream_width": 48}, "Input should be 32, 64, 128, 256 or 512"),
    ({"sparse__entries": "dram"}, "Input should be 'memory' or 'stream'"),
])
def test_rules(changes, message):
    with pytest.raises(ValidationError, match=message):
        config(**{"sparse__entries": "stream", **changes})


def test_hardware_id():
    """Two kinds of streaming hardware differ; without, the width of a stream means nothing."""
    streaming = config(sparse__entries="stream")
    wide = config(sparse__entries="stream", sparse__stream_width=64)
    assert len({config().hardware_id(), streaming.hardware_id(), wide.hardware_id()}) == 3
    assert config().hardware_id() == config(sparse__stream_width=64).hardware_id()
