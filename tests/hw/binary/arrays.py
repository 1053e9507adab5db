"""Small binary arrays and networks for tests, and an array in Amaranth's simulator."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any
from unittest import mock

import numpy as np
from amaranth import Elaboratable, Module, Signal
from amaranth.lib.wiring import Component, In, Out

from gen.binary import sections
from gen.network import BinaryLayer, Network
from gen.resolve import resolve_binary
from gen.vectors import vector_packets
from hw import packet
from hw.binary.bank import RowBank
from hw.binary.engine import BinaryEngine
from hw.binary.popcount import PopCount
from hw.binary.xnor_count import XnorCount
from hw.config import Config, integer_range
from hw.shared import Shared
from tests.hw.stalls import cycles

__all__ = ["Bench", "config", "in_one_piece", "network", "random_inputs", "resolved", "signs"]


def config(*, memory_latency: int = 2, **changes: Any) -> Config:
    """A complete configuration; keyword arguments are keys of the table, dictionaries are merged."""
    table: dict[str, Any] = {
        "pes": 3, "simd": 10, "vectors": 4, "ram_width": 16, "hidden_width": 1, "accumulator": 12,
        "scale_width": 4, "activation": {"width": 1, "signed": True},
        "capacity": {"layers": 4, "words": 64, "groups": 32, "inputs": 40, "hidden": 40, "outputs": 24,
                     "levels": 16},
    }
    for key, value in changes.items():
        table[key] = {**table[key], **value} if isinstance(value, dict) else value
    return Config.model_validate({"name": "signs", "memory_latency": memory_latency, "binary": table})


def signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """-1 and +1 with equal chance."""
    return 2 * rng.integers(0, 2, shape) - 1


def network(rng: np.random.Generator, sizes: Sequence[int], levels: Sequence[int]) -> Network:
    """A random network of the given layer sizes, inputs first. Levels of each layer; 0: raw."""
    layers = []
    for columns, rows, count in zip(sizes[:-1], sizes[1:], levels, strict=True):
        thresholds = None
        if count:
            spread = max(1, int(columns ** 0.5))
            thresholds = np.sort(rng.integers(-spread, spread + 1, (rows, count)), axis=1)
        layers.append(BinaryLayer(signs(rng, rows, columns).astype(np.int8), thresholds))
    return Network(layers)


def resolved(net: Network, *, memory_latency: int = 2, **binary: Any) -> Config:
    """The smallest configuration for a network, apart from what is said."""
    return resolve_binary({"name": "signs", "memory_latency": memory_latency, "binary": binary}, net,
                          "draft")


def random_inputs(rng: np.random.Generator, config: Config, columns: int, count: int) -> np.ndarray:
    """Vectors in the range of the inputs: all lowest, all highest, then random ones."""
    activation = config.binary.activation
    if activation.width == 1:
        vectors = signs(rng, count, columns)
        vectors[0], vectors[1] = -1, 1
        return vectors
    low, high = integer_range(activation.width, activation.signed)
    vectors = rng.integers(low, high, (count, columns), endpoint=True)
    vectors[0], vectors[1] = low, high
    return vectors


class _Copy(Elaboratable):
    def __init__(self, component: Component, inputs: dict[str, Any]):
        self.component, self.inputs = component, inputs

    def elaborate(self, platform):
        m = Module()
        m.submodules.it = self.component
        for path, member, value in self.component.signature.flatten(self.component):
            if member.flow == In and path[0] in self.inputs:
                m.d.comb += value.eq(reduce(getattr, path[1:], self.inputs[path[0]]))
        return m


class _Zero(Component):
    """As many cycles as a count takes, and nothing counted."""

    def __init__(self, count):
        super().__init__({"o": Out(len(count.o))})

    def elaborate(self, platform):
        return Module()


def _instantiate(shared: Shared, *, counts: bool, **inputs: Any) -> tuple[Elaboratable, Component]:
    it = shared.component
    if isinstance(it, RowBank):
        copy: Component = RowBank(it.config, it.count, load_width=len(it.i_load.data),
                                  load_address=len(it.i_load.address))
    elif not counts:
        return _Copy(zero := _Zero(it), {}), zero
    elif isinstance(it, XnorCount):
        copy = XnorCount(len(it.i_a))
    else:
        assert isinstance(it, PopCount)
        copy = PopCount(len(it.i))
    return _Copy(copy, inputs), copy


@contextmanager
def in_one_piece(*, counts: bool = True) -> Iterator[None]:
    """Shared modules are submodules inside, as Amaranth's simulator needs them.

    Without ``counts``, counting units count nothing, which leaves all times as they are.
    """
    with mock.patch.object(Shared, "instantiate", lambda shared, **inputs: _instantiate(
            shared, counts=counts, **inputs)):
        yield


class Bench:
    """An array between a host that sends packets and one that takes results.

    Args:
        seed: Of the pauses of both; None for none.
        counts: Without them, results are wrong at the right time.
    """

    def __init__(self, config: Config, net: Network, *, seed: int | None = None, counts: bool = True):
        print(f"seed {seed}")
        self.config, self.net, self.counts = config, net, counts
        self.rng = random.Random(seed)
        self.eager = [1.0, 1.0] if seed is None else [self.rng.choice([1.0, 0.5, 0.05]) for _ in "io"]
        self.dut = BinaryEngine(config)
        self.reset = Signal()
        self.sent: list[int] = []  # cycles of commits
        self.left: list[int] = []  # cycles of the results' last words
        self.cycle = 0

    async def load(self, ctx) -> None:
        bus = self.dut.i_load
        for section in sections(self.net, self.config):
            if not self.counts and section.memory == packet.MemoryId.WEIGHTS:
                continue
            ctx.set(bus.memory, section.memory)
            ctx.set(bus.pe, section.pe)
            ctx.set(bus.write, 1)
            for address, words in enumerate(section.words):
                ctx.set(bus.address, address)
                ctx.set(bus.data, int.from_bytes(words.astype("<u4").tobytes(), "little"))
                await ctx.tick()
            ctx.set(bus.write, 0)
        ctx.set(self.dut.i_count, self.net.outputs)
        await ctx.tick().repeat(4)

    async def send(self, ctx, vectors: np.ndarray) -> None:
        """Vectors, as the packet receiver passes them on; tags count from 0."""
        dut = self.dut
        for tag, data in enumerate(vector_packets(vectors, self.config)):
            for word in np.frombuffer(packet.parse(data)[2], "<u4").tolist():
                while self.rng.random() > self.eager[0]:
                    await ctx.tick()
                ctx.set(dut.i.payload, word)
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
                ctx.set(dut.i.valid, 0)
            await ctx.tick().repeat(5)  # the checksum
            ctx.set(dut.i_tag, tag)
            ctx.set(dut.i_commit, 1)
            await ctx.tick()
            ctx.set(dut.i_commit, 0)
            self.sent.append(self.cycle)
            await ctx.tick().repeat(4)  # the head of the next packet

    async def take(self, ctx, count: int) -> np.ndarray:
        """Results of so many vectors: int64 (vectors x outputs), tags from 0."""
        dut, results = self.dut, []
        for tag in range(count):
            (seen,) = await ctx.tick().sample(dut.o_tag).until(dut.o_start)
            assert seen == tag
            ctx.set(dut.i_go, 1)
            await ctx.tick()
            ctx.set(dut.i_go, 0)
            words: list[int] = []
            while len(words) < self.net.outputs:
                ctx.set(dut.o.ready, self.rng.random() <= self.eager[1])
                _, _, valid, ready, word = await ctx.tick().sample(
                    dut.o.valid, dut.o.ready, dut.o.payload)
                if valid and ready:
                    words.append(word)
            ctx.set(dut.o.ready, 0)
            self.left.append(self.cycle)
            results.append(np.array(words, "<u4").view("<i4").astype(np.int64))
        return np.stack(results)

    async def clock(self, ctx) -> None:
        async for _ in ctx.tick():
            self.cycle += 1

    def simulate(self, *testbenches: Callable[[Any], Any], component: Any = None) -> None:
        """The first testbench decides when it is over."""
        with in_one_piece(counts=self.counts):
            cycles(self.dut if component is None else component, *testbenches, self.clock)

    def run(self, vectors: np.ndarray) -> np.ndarray:
        """The results of vectors."""
        results = None
        loaded = False

        async def take(ctx):
            nonlocal results, loaded
            await self.load(ctx)
            loaded = True
            results = await self.take(ctx, len(vectors))

        async def send(ctx):
            while not loaded:
                await ctx.tick()
            await self.send(ctx, vectors)

        self.simulate(take, send)
        return results
