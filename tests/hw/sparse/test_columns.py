"""Column table, queue and walker together, against lists of entries and activations."""

import random
from dataclasses import dataclass, field

import pytest
from amaranth.hdl import Module
from amaranth.lib.wiring import Component

from hw.config import bits_for
from hw.sparse.columns import ColumnTable
from hw.sparse.layout import base_words, column_layout, item_layout, length_bits, queue_layout
from hw.sparse.walker import ColumnWalker
from hw.stream import Queue
from tests.hw.configs import config
from tests.hw.stalls import cycles


@dataclass
class Layer:
    """A layer as one PE sees it: where its entries begin, how many each column has, activations."""

    first: int
    lengths: list[int]
    activations: list[int]
    long: bool = False
    table: int = 0  # where its table begins
    number: int = 0
    words: list[int] = field(init=False)  # of its column table

    def split(self, c):
        """Columns by the word: lengths and activations of two, or of one."""
        together = 1 if self.long else 2
        padded = len(self.lengths) % together
        lengths, activations = ([*each, *[0] * padded] for each in (self.lengths, self.activations))
        return [(lengths[k:k + together], activations[k:k + together])
                for k in range(0, len(lengths), together)]

    def fill(self, c):
        """The words of its table: base address plus one, then lengths."""
        short, size = length_bits(c.capacity.rows), column_layout(c).size
        base = (self.first + 1) % (1 << bits_for(c.capacity.entries))
        self.words = [base >> size * k & (1 << size) - 1 for k in range(base_words(c.capacity))]
        for lengths, _ in self.split(c):
            self.words.append(lengths[0] if self.long else lengths[0] | lengths[1] << short)

    def items(self, c):
        """What is broadcast for it."""
        task = self.number << 2
        address = self.table
        yield {"marker": 1, "long": self.long, "address": 1, "values": [task | 1, 9]}
        for k in range(base_words(c.capacity)):
            yield {"base": 1 << k, "long": 1, "address": address, "values": [8, 9]}
            address += 1
        for _, activations in self.split(c):
            values = [*activations, 99][:2]
            nonzero = sum((value != 0) << k for k, value in enumerate(activations))
            yield {"long": self.long, "address": address, "values": values, "nonzero": nonzero}
            address += 1
        yield {"marker": 1, "long": self.long, "address": 0, "values": [task, 9]}

    def events(self):
        """What must leave the walker: markers, and (address, activation, whether a column begins)."""
        yield "marker", 1, self.number
        address = self.first
        for length, activation in zip(self.lengths, self.activations, strict=True):
            if activation:
                yield from ((address + k, activation, int(k == 0)) for k in range(length))
            address += length
        yield "marker", 0, self.number

    def pushes(self, c):
        """Items of which something is left: the others must not reach the queue."""
        return 2 + sum(any(length and activation for length, activation in zip(*word, strict=True))
                       for word in self.split(c))


class Lookup(Component):
    """Table, a queue that never fills, walker."""

    def __init__(self, c):
        self.table, self.walker = ColumnTable(c), ColumnWalker(c.sparse)
        self.layout, self.latency = queue_layout(c.sparse), c.memory_latency
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.table, m.submodules.walker = self.table, self.walker
        m.submodules.queue = queue = Queue(self.layout, 1023, latency=self.latency)
        m.d.comb += [
            queue.i.payload.eq(self.table.o_item),
            queue.i.valid.eq(self.table.o_push),
            self.walker.i.payload.eq(queue.o.payload),
            self.walker.i.valid.eq(queue.o.valid),
            queue.o.ready.eq(self.walker.i.ready),
        ]
        return m


def look_up(c, layers, seed):
    """(events, pushes, cycles from the first event to the last); without seed nothing pauses."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    dut = Lookup(c)
    table, walker = dut.table, dut.walker
    gaps, pauses = (0, 0) if seed is None else (rng.choice([0, 0.5]), rng.choice([0, 0.1, 0.7]))
    events, pushes, busy = [], 0, []
    for layer in layers:
        layer.fill(c.sparse)

    async def broadcast(ctx):
        for layer in layers:
            for k, word in enumerate(layer.words):
                ctx.set(table.i_write, 1)
                ctx.set(table.i_address, layer.table + k)
                ctx.set(table.i_data, word)
                await ctx.tick()
        ctx.set(table.i_write, 0)
        for layer in layers:
            for item in layer.items(c.sparse):
                while rng.random() < gaps:  # what is not valid is anything
                    ctx.set(table.i_item, item_layout(c.sparse).const(
                        {"marker": 1, "values": [1, 1]} if rng.random() < 0.5 else {"nonzero": 3}))
                    ctx.set(table.i_valid, 0)
                    await ctx.tick()
                ctx.set(table.i_item, item)
                ctx.set(table.i_valid, 1)
                await ctx.tick()
        ctx.set(table.i_valid, 0)

    async def watch(ctx):
        nonlocal pushes
        idle = cycle = paused = 0
        while idle < 300:
            pause = rng.random() < pauses
            ctx.set(walker.i_pause, pause)
            _, _, valid, marker, *entry, task, push = await ctx.tick().sample(
                walker.o_valid, walker.o_marker, walker.o_address, walker.o_value, walker.o_first,
                walker.o_task, table.o_push)
            cycle, pushes = cycle + 1, pushes + push
            assert not (valid and marker) and not (paused and (valid or marker))
            paused, idle = pause, 0 if valid or marker else idle + 1
            if valid or marker:
                events.append(("marker", task.begin, task.layer) if marker else tuple(entry))
                busy.append(cycle)

    cycles(dut, watch, broadcast)
    return events, pushes, busy[-1] - busy[0] + 1


def check(c, layers, seeds):
    for seed in seeds:
        events, pushes, taken = look_up(c, layers, seed)
        assert events == [event for layer in layers for event in layer.events()]
        assert pushes == sum(layer.pushes(c.sparse) for layer in layers)
        if seed is None:
            items = sum(len(list(layer.items(c.sparse))) for layer in layers)
            assert taken <= len(events) + items, "an entry a cycle, but for columns that are empty"


@pytest.mark.parametrize("second", [0, 1, 2, 15])
@pytest.mark.parametrize("first", [0, 1, 2, 15])
def test_every_way_to_use_a_pair(first, second):
    """Both columns, the first, the second or neither meet an activation; a (2, 3) pair comes behind."""
    c = config(sparse__capacity__rows=15)
    for activations in ([5, 7], [5, 0], [0, 7], [0, 0]):
        layer = Layer(3, [first, second, 2, 3], [*activations, 1, 2], table=2, number=3)
        check(c, [layer], [None, 1, 2])


@pytest.mark.parametrize("length", [0, 1, 2, 15, 16, 17, 31, 32, 255])
def test_long_columns(length):
    c = config(sparse__capacity__rows=255, sparse__capacity__entries=300)
    for activation in (0, 5):
        check(c, [Layer(7, [length, 1, 2], [activation, 6, 7], True, number=1)], [None, 1])


@pytest.mark.parametrize("entries", [64, 256, 257, 300, 1 << 17])
def test_base_addresses(entries):
    """From the first entry to the last, whether the addresses' range is a power of two or not."""
    c = config(sparse__capacity__entries=entries)
    for first in {0, 1, 40, entries - 5}:
        check(c, [Layer(first, [2, 0, 0, 3], [1, 2, 3, 4]), Layer(0, [1], [9], table=10)], [None])


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows, entries", [(15, 1000), (300, 5000)])
def test_random_layers(rows, entries, latency, seed):
    """Layers of pairs and of long columns, tables and entries anywhere, random pauses and gaps."""
    rng = random.Random(seed)
    c = config(memory_latency=latency, sparse__capacity__rows=rows, sparse__capacity__columns=256,
               sparse__capacity__entries=entries)
    most = (1 << length_bits(rows)) - 1
    layers, table = [], rng.randrange(5)
    for number in range(4):
        long = rng.random() < 0.5
        lengths = [rng.choice([0, 0, 1, 1, 2, 3, rng.randint(0, min(rows, 80 if long else most))])
                   for _ in range(rng.randint(1, 25))]
        density = rng.choice([0.2, 0.6, 1.0])
        activations = [rng.randint(1, 255) if rng.random() < density else 0 for _ in lengths]
        layer = Layer(rng.randrange(entries - sum(lengths)), lengths, activations, long, table, number)
        layer.fill(c.sparse)
        table += len(layer.words) + rng.randrange(3)
        layers.append(layer)
    check(c, layers, [None, seed])


@pytest.mark.parametrize("latency", [1, 2])
def test_latency(latency):
    c = config(memory_latency=latency)
    dut = ColumnTable(c)

    async def test(ctx):
        ctx.set(dut.i_item, {"marker": 1, "values": [1, 0]})
        ctx.set(dut.i_valid, 1)
        await ctx.tick()
        ctx.set(dut.i_valid, 0)
        waited = 1
        while not ctx.get(dut.o_push):
            await ctx.tick()
            waited += 1
        assert waited == ColumnTable.latency(latency)
        assert ctx.get(dut.o_item.marker)

    cycles(dut, test)
