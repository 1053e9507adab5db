"""An engine between a host that sends and one that takes, in Amaranth's simulator."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import reduce
from typing import Any
from unittest import mock

import numpy as np
from amaranth import Elaboratable, Module, Signal
from amaranth.lib.wiring import Component, In

from gen.network import Network
from gen.section import Section
from gen.vectors import vector_packets
from hw import packet
from hw.config import Config
from hw.shared import Shared
from tests.hw.stalls import cycles

__all__ = ["EngineBench", "beats", "in_one_piece"]


class _Wired(Elaboratable):
    def __init__(self, component: Component, inputs: dict[str, Any]):
        self.component, self.inputs = component, inputs

    def elaborate(self, platform):
        m = Module()
        m.submodules.it = self.component
        for path, member, value in self.component.signature.flatten(self.component):
            if member.flow == In and path[0] in self.inputs:
                m.d.comb += value.eq(reduce(getattr, path[1:], self.inputs[path[0]]))
        return m


@contextmanager
def in_one_piece(copy: Callable[[Component], Component]) -> Iterator[None]:
    """Shared modules are submodules inside, as Amaranth's simulator needs them.

    Args:
        copy: Makes another component like a shared one, or one that takes its place.
    """
    def instantiate(shared: Shared, **inputs: Any) -> tuple[Elaboratable, Component]:
        mine = copy(shared.component)
        return _Wired(mine, inputs), mine

    with mock.patch.object(Shared, "instantiate", instantiate):
        yield


def beats(data: bytes) -> list[int]:
    """The words of a packet's payload; zeros fill the last one."""
    payload = packet.parse(data)[2]
    return np.frombuffer(payload + bytes(-len(payload) % 4), "<u4").tolist()


class EngineBench:
    """An array between a host that sends packets and one that takes results.

    Args:
        dut: The engine.
        sections: What it holds.
        one_piece: Makes its shared modules submodules; see :func:`in_one_piece`.
        seed: Of the pauses of both; None for none.
    """

    def __init__(self, config: Config, net: Network, dut: Any, sections: Sequence[Section],
                 one_piece: Callable[[], AbstractContextManager[None]], *, seed: int | None = None):
        print(f"seed {seed}")
        self.config, self.net, self.dut = config, net, dut
        self.sections, self.one_piece = sections, one_piece
        self.rng = random.Random(seed)
        self.eager = [1.0, 1.0] if seed is None else [self.rng.choice([1.0, 0.5, 0.05]) for _ in "io"]
        self.reset = Signal()
        self.sent: list[int] = []  # cycles of commits
        self.left: list[int] = []  # cycles of the results' last words
        self.cycle = 0

    async def load(self, ctx) -> None:
        bus = self.dut.i_load
        for section in self.sections:
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
            for word in beats(data):
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
        # Results take a word each; those of more than 32 bits two, low word first.
        wide = self.config.shift_add is not None and self.config.shift_add.result > 32
        for tag in range(count):
            (seen,) = await ctx.tick().sample(dut.o_tag).until(dut.o_start)
            assert seen == tag
            ctx.set(dut.i_go, 1)
            await ctx.tick()
            ctx.set(dut.i_go, 0)
            words: list[int] = []
            while len(words) < self.net.outputs << wide:
                ctx.set(dut.o.ready, self.rng.random() <= self.eager[1])
                _, _, valid, ready, word = await ctx.tick().sample(
                    dut.o.valid, dut.o.ready, dut.o.payload)
                if valid and ready:
                    words.append(word)
            ctx.set(dut.o.ready, 0)
            self.left.append(self.cycle)
            results.append(np.array(words, "<u4").view("<i8" if wide else "<i4").astype(np.int64))
        return np.stack(results)

    async def clock(self, ctx) -> None:
        async for _ in ctx.tick():
            self.cycle += 1

    def simulate(self, *testbenches: Callable[[Any], Any], component: Any = None) -> None:
        """The first testbench decides when it is over."""
        with self.one_piece():
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
