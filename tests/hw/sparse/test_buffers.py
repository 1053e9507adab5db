import random

import numpy as np
import pytest
from amaranth.hdl import Cat, Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.config import integer_range
from hw.sparse.buffers import ActivationSource, InputBuffer, source_job
from hw.sparse.layout import beat_layout
from tests.hw.configs import config
from tests.hw.stalls import cycles


class Scan(Component):
    """Input buffer and activation source, as the engine joins them."""

    def __init__(self, c):
        self.config = c
        self.buffer = InputBuffer(c)
        super().__init__({
            "i": In(stream.Signature(source_job(c))),
            "o": Out(stream.Signature(beat_layout(c.sparse))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = self.buffer
        m.submodules.source = source = ActivationSource(self.config)
        connect(m, flipped(self.i), source.i)
        connect(m, source.o, flipped(self.o))
        m.d.comb += [
            buffer.i_read.eq(source.o_read),
            buffer.i_advance.eq(source.o_advance),
            buffer.i_address.eq(Cat(source.o_beat[:len(buffer.i_address) - 1], source.o_context)),
            source.i_input.eq(buffer.o_values),
        ]
        return m


def scan(c, vectors, seed, *, discard=lambda _: False):
    """Send vectors as host words; read them back as beats of lanes."""
    rng = random.Random(seed)
    print(f"seed {seed}")
    activation = c.sparse.activation
    dut = Scan(c)
    buffer, read = dut.buffer, []

    async def host(ctx):
        dtype = f"<{'i' if activation.signed else 'u'}{activation.slot // 8}"
        for k, vector in enumerate(vectors):
            data = np.array(vector, dtype).tobytes()
            words = np.frombuffer(data + bytes(-len(data) % 4), "<u4").tolist()
            attempts = [words[:1 + rng.randrange(len(words))]] if discard(k) else []
            for words_sent in [*attempts, words]:
                for word in words_sent:
                    ctx.set(buffer.i.payload, word)
                    ctx.set(buffer.i.valid, 1)
                    await ctx.tick().until(buffer.i.ready)
                    ctx.set(buffer.i.valid, 0)
                    while rng.random() < 0.3:
                        await ctx.tick()
                end = buffer.i_commit if words_sent is words else buffer.i_discard
                ctx.set(buffer.i_tag, 500 + k)
                ctx.set(end, 1)
                await ctx.tick()
                ctx.set(end, 0)

    async def read_back(ctx):
        for k, vector in enumerate(vectors):
            context = k & 1
            await ctx.tick().until(buffer.o_full[context])
            assert ctx.get(buffer.o_tag[context]) == 500 + k
            beats = -(-len(vector) // activation.lanes)
            ctx.set(dut.i.payload, {"hidden": 0, "context": context, "more_beats": beats - 1,
                                    "tag": {"first": 0, "last": 0, "tail": 1, "table": 5 + k,
                                            "long": k & 1,
                                            "task": {"begin": 0, "relative": 0, "layer": k & 3}}})
            ctx.set(dut.i.valid, 1)
            lanes, taken = [], False
            while len(lanes) < beats * activation.lanes or not taken or ctx.get(buffer.i_release):
                ctx.set(dut.o.ready, rng.random() < 0.6)
                _, _, valid, ready, payload, job_taken = await ctx.tick().sample(
                    dut.o.valid, dut.o.ready, dut.o.payload, dut.i.valid & dut.i.ready)
                if job_taken:
                    assert not taken
                    taken = True
                    ctx.set(dut.i.valid, 0)
                    # All beats are read: the host may write here again at once.
                    ctx.set(buffer.i_release, 1 << context)
                else:
                    ctx.set(buffer.i_release, 0)
                if valid and ready:
                    beat = len(lanes) // activation.lanes
                    tag = payload.tag
                    assert (tag.first, tag.last) == (beat == 0, beat == beats - 1)
                    assert (tag.table, tag.long, tag.tail, tag.task.layer) == (5 + k, k & 1, 1, k & 3)
                    lanes += [payload["values"][lane] for lane in range(activation.lanes)]
            ctx.set(buffer.i_release, 0)
            mask = (1 << activation.width) - 1
            read.append(lanes[:len(vector)])
            assert read[-1] == [int(value) & mask for value in vector], f"vector {k}"

    cycles(dut, read_back, host)
    assert len(read) == len(vectors)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("width, signed, lanes", [(8, True, 4), (5, False, 8), (16, True, 2),
                                                  (11, False, 4)])
def test_vectors_come_back(width, signed, lanes, latency, seed):
    c = config(memory_latency=latency, sparse__activation={
        "width": width, "signed": signed, "lanes": lanes})
    rng = np.random.default_rng(seed)
    low, high = integer_range(width, signed)
    inputs = c.sparse.capacity.inputs
    vectors = [rng.integers(low, high + 1, n).tolist() for n in [inputs, 1, 3, *rng.integers(
        1, inputs + 1, 5)]]
    scan(c, vectors, seed, discard=lambda k: k % 3 == 1)


def test_words_beyond_the_buffer_are_dropped():
    """A vector that is too long does not touch the other slot."""
    c = config()
    buffer = InputBuffer(c)
    depth = buffer.depth

    async def bench(ctx):
        async def send(count, base, commit):
            for k in range(count):
                ctx.set(buffer.i.payload, base + k)
                ctx.set(buffer.i.valid, 1)
                await ctx.tick().until(buffer.i.ready)
            ctx.set(buffer.i.valid, 0)
            end = buffer.i_commit if commit else buffer.i_discard
            ctx.set(end, 1)
            await ctx.tick()
            ctx.set(end, 0)

        await send(depth, 100, True)
        await send(5 * depth + 40, 0, False)
        for beat in range(depth):
            ctx.set(buffer.i_read, 1)
            ctx.set(buffer.i_advance, 1)
            ctx.set(buffer.i_address, beat)
            await ctx.tick().repeat(2)
            assert ctx.get(buffer.o_values) == 100 + beat
        assert ctx.get(buffer.o_full) == 0b01

    cycles(buffer, bench)
