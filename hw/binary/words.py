"""Memory of wide words that are written a chunk at a time."""

from typing import Literal

from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.memory import Memory, address_width

__all__ = ["ChunkMemory"]


class ChunkMemory(Component):
    """Words of several chunks, written in order from the first chunk on and read whole.

    Writing a chunk makes all later chunks of its word zero: a word that ends early, or that held more
    before, has nothing behind its end. The chunk's place comes as a thermometer: bit k of ``i_from`` is
    set if chunk k is written or made zero (all bits for the first chunk, the last bit for the last).

    Args:
        width: Bits of a chunk.
        bits: Bits of a word that are read; the last chunk is cut, or the word filled up with zeros.
        chunks: Chunks of a word.
        words: Words, 2 or more.
        latency: Of the memories, 1 or 2.
        kind: "auto", "block", "distributed": a memory a chunk; "masked": one memory, written in parts.

    What is written can be read 2 cycles later. Members: ``i_write``, ``i_from``, ``i_write_address``,
    ``i_data``; ``i_address``, ``o`` (``latency`` cycles after its address).
    """

    def __init__(self, width: int, bits: int, chunks: int, words: int, *, latency: int,
                 kind: Literal["auto", "block", "distributed", "masked"]):
        self.width, self.bits, self.chunks, self.words = width, bits, chunks, words
        self.latency, self.kind = latency, kind
        super().__init__({
            "i_write": In(1),
            "i_from": In(chunks),
            "i_write_address": In(address_width(words)),
            "i_data": In(width),
            "i_address": In(address_width(words)),
            "o": Out(bits),
        })

    def elaborate(self, platform):
        m = Module()
        address = Signal.like(self.i_write_address, name="write_address", reset_less=True)
        m.d.sync += address.eq(self.i_write_address)
        chunks, writes = [], []
        for k in range(self.chunks):
            # Zeros come through the register's reset, which costs no logic.
            data = Signal(min(self.width, self.bits - k * self.width), name=f"data_{k}", reset_less=True)
            write = Signal(name=f"write_{k}")
            m.d.sync += [write.eq(self.i_write & self.i_from[k]), data.eq(self.i_data)]
            if k:
                with m.If(self.i_from[k - 1]):
                    m.d.sync += data.eq(0)
            chunks.append(data)
            writes.append(write)
        if self.kind == "masked":
            m.submodules.memory = memory = Memory(
                self.width * self.chunks, self.words, latency=self.latency, granularity=self.width,
                block=True)
            memories = [(memory, Cat(writes), Cat(chunks))]
        else:
            memories = []
            for k, (data, write) in enumerate(zip(chunks, writes, strict=True)):
                m.submodules[f"chunk_{k}"] = memory = Memory(
                    len(data), self.words, latency=self.latency,
                    block=self.kind == "block", distributed=self.kind == "distributed")
                memories.append((memory, write, data))
        for memory, write, data in memories:
            m.d.comb += [
                memory.i_write.eq(write),
                memory.i_write_address.eq(address),
                memory.i_write_data.eq(data),
                memory.i_address.eq(self.i_address),
            ]
        m.d.comb += self.o.eq(Cat(memory.o_data for memory, _, _ in memories))
        return m
