import random
from collections import deque

import pytest
from amaranth import ResetInserter
from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.memory import Memory
from hw.stream import Queue, ReadPipeline, SkidBuffer, delay, or_tree, or_tree_levels
from tests.hw.stalls import cycles, transfer

SEEDS = [None, *range(4)]
LAYOUT = StructLayout({"data": 9, "last": 1})


def items(count, seed=0):
    rng = random.Random(seed)
    return [rng.randrange(512) for _ in range(count)]


@pytest.mark.parametrize("seed", SEEDS)
def test_skid_buffer_keeps_order(seed):
    sent = items(80)
    assert transfer(SkidBuffer(9), sent, seed) == sent


def test_skid_buffer_takes_structures():
    sent = [{"data": value, "last": value & 1} for value in items(10)]
    assert transfer(SkidBuffer(LAYOUT), sent, 1, plain=lambda p: {
        "data": p.data, "last": p.last}) == sent


def test_skid_buffer_latency_throughput_capacity():
    dut = SkidBuffer(9)
    came = []

    async def bench(ctx):
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.o.ready, 1)
        for cycle in range(10):
            ctx.set(dut.i.payload, cycle)
            assert ctx.get(dut.i.ready)
            if ctx.get(dut.o.valid):
                came.append((cycle, ctx.get(dut.o.payload)))
            await ctx.tick()
        assert came == [(k + 1, k) for k in range(9)]
        ctx.set(dut.o.ready, 0)
        taken = 0
        for _ in range(5):
            taken += ctx.get(dut.i.ready)
            await ctx.tick()
        assert taken == 1, "one item waits already: capacity 2"

    cycles(dut, bench)


def test_skid_buffer_reset_empties_it():
    dut = SkidBuffer(9)
    reset = Signal()

    async def bench(ctx):
        ctx.set(dut.i.valid, 1)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.o.valid) and not ctx.get(dut.i.ready)
        ctx.set(reset, 1)
        ctx.set(dut.i.valid, 0)
        await ctx.tick()
        ctx.set(reset, 0)
        assert not ctx.get(dut.o.valid) and ctx.get(dut.i.ready)

    cycles(ResetInserter(reset)(dut), bench)


class Lookup(Component):
    """A ReadPipeline with its memory: addresses in, {tag, word} out; words are 3 * address + 1."""

    def __init__(self, depth, latency):
        self.depth, self.latency = depth, latency
        super().__init__({
            "i": In(stream.Signature(8)),
            "o": Out(stream.Signature(StructLayout({"tag": 8, "word": 12}))),
            "filled": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(12, self.depth, latency=self.latency)
        m.submodules.reader = reader = ReadPipeline(self.depth, 8, latency=self.latency)
        place = Signal(range(self.depth + 1))
        with m.If(place != self.depth):
            m.d.sync += place.eq(place + 1)
        m.d.comb += [
            self.filled.eq(place == self.depth),
            memory.i_write.eq(~self.filled),
            memory.i_write_address.eq(place),
            memory.i_write_data.eq(3 * place + 1),
            reader.i.valid.eq(self.i.valid & self.filled),
            reader.i.payload.eq(self.i.payload),
            reader.i_address.eq(self.i.payload),
            self.i.ready.eq(reader.i.ready & self.filled),
            memory.i_read.eq(reader.o_read),
            memory.i_advance.eq(reader.o_advance),
            memory.i_address.eq(reader.o_address),
            self.o.valid.eq(reader.o.valid),
            self.o.payload.tag.eq(reader.o.payload),
            self.o.payload.word.eq(memory.o_data),
            reader.o.ready.eq(self.o.ready),
        ]
        return m


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("latency", [1, 2])
def test_read_pipeline_pairs_tags_with_words(latency, seed):
    sent = [item % 23 for item in items(70)]
    assert transfer(Lookup(23, latency), sent, seed, plain=lambda p: (p.tag, p.word)) == [
        (address, 3 * address + 1) for address in sent]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("depth", [2, 3, 8, 13])
def test_queue_is_first_in_first_out(depth, latency, seed):
    sent = items(60)
    assert transfer(Queue(9, depth, latency=latency), sent, seed) == sent


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("depth", [2, 5, 8])
def test_queue_fills_to_its_depth_and_empties(depth, latency):
    dut = Queue(9, depth, latency=latency)

    async def bench(ctx):
        ctx.set(dut.i.valid, 1)
        taken = 0
        for _ in range(3 * (depth + latency)):
            ctx.set(dut.i.payload, taken)
            taken += ctx.get(dut.i.ready)
            await ctx.tick()
        assert taken == depth + latency
        assert ctx.get(dut.o_level) == depth and not ctx.get(dut.i.ready)
        ctx.set(dut.i.valid, 0)
        ctx.set(dut.o.ready, 1)
        for expected in range(taken):
            assert ctx.get(dut.o.valid) and ctx.get(dut.o.payload) == expected
            await ctx.tick()
        assert not ctx.get(dut.o.valid) and ctx.get(dut.o_level) == 0

    cycles(dut, bench)


@pytest.mark.parametrize("latency", [1, 2])
def test_queue_latency_and_throughput(latency):
    dut = Queue(9, 4, latency=latency)
    came = []

    async def bench(ctx):
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.o.ready, 1)
        for cycle in range(20):
            ctx.set(dut.i.payload, cycle)
            assert ctx.get(dut.i.ready)
            if ctx.get(dut.o.valid):
                came.append((cycle, ctx.get(dut.o.payload)))
            await ctx.tick()

    cycles(dut, bench)
    assert came == [(k + latency + 1, k) for k in range(20 - latency - 1)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("latency", [1, 2])
def test_queue_level_counts_what_is_in_the_memory(latency, seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    dut = Queue(9, 5, latency=latency)
    held = deque()

    async def bench(ctx):
        for step in range(300):
            ctx.set(dut.i.payload, step)
            ctx.set(dut.i.valid, rng.random() < 0.6)
            ctx.set(dut.o.ready, rng.random() < 0.5)
            _, _, pushed, ready, valid, popped, payload = await ctx.tick().sample(
                dut.i.valid, dut.i.ready, dut.o.valid, dut.o.ready, dut.o.payload)
            if valid and popped:
                assert payload == held.popleft()
            if pushed and ready:
                held.append(step)
            assert len(held) - latency <= ctx.get(dut.o_level) <= len(held)

    cycles(dut, bench)


class Function(Component):
    """A function of one input in the shape of a component."""

    def __init__(self, width, build, out):
        self.build = build
        super().__init__({"i": In(width), "o": Out(out)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o.eq(self.build(m, self.i))
        return m


@pytest.mark.parametrize("count", [1, 3])
def test_delay(count):
    dut = Function(8, lambda m, i: delay(m, i, count, "late"), 8)
    sent, came = items(20), []

    async def bench(ctx):
        for item in sent:
            ctx.set(dut.i, item & 255)
            came.append(ctx.get(dut.o))
            await ctx.tick()

    cycles(dut, bench)
    assert came == [0] * count + [item & 255 for item in sent][:20 - count]


@pytest.mark.parametrize("count, levels", [(1, 1), (2, 1), (4, 1), (5, 2), (16, 2), (17, 3),
                                           (64, 3), (65, 4)])
def test_or_tree(count, levels):
    assert or_tree_levels(count) == levels
    width = 2 * count
    dut = Function(width, lambda m, i: or_tree(m, [i[2 * k:2 * k + 2] for k in range(count)], "or"),
                   2)
    rng = random.Random(count)
    sent = [0, *(1 << k for k in range(width)), *(rng.getrandbits(width) for _ in range(10))]
    came = []

    async def bench(ctx):
        for value in sent + [0] * levels:
            ctx.set(dut.i, value)
            came.append(ctx.get(dut.o))
            await ctx.tick()

    def total(value):
        result = 0
        while value:
            result |= value & 3
            value >>= 2
        return result

    cycles(dut, bench)
    assert came[levels:] == [total(value) for value in sent]


def test_no_delay_is_the_value_itself():
    value = Signal(8)
    assert delay(Module(), value, 0, "late") is value


def test_parameters_are_checked():
    with pytest.raises(ValueError, match="queue depth must be at least 2, not 1"):
        Queue(8, 1, latency=2)
    with pytest.raises(ValueError, match="latency must be 1 or 2, not 0"):
        ReadPipeline(8, 1, latency=0)
