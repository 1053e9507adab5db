"""The sequencer between made-up buffers and a made-up drain of random speed."""

import random
from collections import deque

import pytest

from hw.control.sequencer import Sequencer
from hw.sparse.layout import layer_layout
from tests.hw.configs import config
from tests.hw.stalls import cycles


class Surroundings:
    """Gives vectors with random gaps, scans and drains at random speeds, and watches the rules."""

    def __init__(self, layers, vectors, latency, seed):
        print(f"seed {seed}")
        self.rng = random.Random(seed)
        self.config = config(memory_latency=latency)
        self.layout = layer_layout(self.config.sparse)
        self.dut = Sequencer(self.config, load_width=self.layout.size, load_address=4)
        self.layers, self.vectors = layers, vectors
        self.eager = [self.rng.choice([0.05, 0.4, 1.0]) for _ in range(3)]

    def descriptor(self, k):
        return {"table": 3 * k, "long": k >> 1 & 1, "more_beats": k & 1, "tail": k & 3,
                "relative": k & 1, "last": k == self.layers - 1,
                "drain": {"base_0": 3 * k, "parts_0": k, "shift": k, "relu": k & 1,
                          "to_output": k == self.layers - 1, "raw": 0}}

    async def load(self, ctx):
        dut = self.dut
        ctx.set(dut.i_write, 1)
        for k in range(self.layers):
            ctx.set(dut.i_address, k)
            ctx.set(dut.i_data, self.layout.const(self.descriptor(k)).as_bits())
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        await ctx.tick()
        assert ctx.get(dut.o_idle)

    async def run(self, ctx):
        dut, rng = self.dut, self.rng
        await self.load(ctx)
        waiting = deque(range(self.vectors))
        full, tags = [None, None], [0, 0]  # vector of each input buffer
        place = {}  # vector of each context: (vector, layers issued, layers finished)
        scanned, left, banks = deque(), [], []
        arriving = 0
        for _ in range(40_000):
            if waiting and full[arriving] is None and rng.random() < self.eager[0]:
                full[arriving] = waiting.popleft()
                tags[arriving] = 1000 + full[arriving]
                ctx.set(dut.i_tag[arriving], tags[arriving])
                arriving ^= 1
            ctx.set(dut.i_full, sum((full[k] is not None) << k for k in range(2)))
            ctx.set(dut.o_source.ready, rng.random() < self.eager[1])
            finishing = bool(scanned) and rng.random() < self.eager[2]
            ctx.set(dut.i_finished, finishing)
            ctx.set(dut.o_drain.ready, finishing)
            if finishing:
                context, vector, k = scanned.popleft()
                ctx.set(dut.i_context, context)
                ctx.set(dut.i_to_output, k == self.layers - 1)
                assert ctx.get(dut.o_drain.valid)
                request = ctx.get(dut.o_drain.payload)
                assert (request.context, request.tag) == (context, 1000 + vector)
                assert request.job.as_bits() == self.layout["drain"].shape.const(
                    self.descriptor(k)["drain"]).as_bits()
                banks.append(request.bank)
                place[context] = (vector, place[context][1], k + 1)
                if k == self.layers - 1:
                    left.append(vector)
                    del place[context]
            release = 0
            if ctx.get(dut.o_source.valid) and ctx.get(dut.o_source.ready):
                job = ctx.get(dut.o_source.payload)
                assert len(scanned) + finishing <= 2
                context = job.context
                if not job.hidden:
                    assert context not in place and full[context] is not None
                    place[context] = (full[context], 0, 0)
                    full[context] = None
                    release = 1 << context
                vector, issued, finished = place[context]
                assert issued == finished, "the layer before must be drained"
                expected = self.descriptor(issued)
                assert (job.more_beats, job.tag.table, job.tag.long, job.tag.tail) == tuple(
                    expected[key] for key in ("more_beats", "table", "long", "tail"))
                assert (job.tag.task.layer, job.tag.task.relative) == (issued, issued & 1)
                place[context] = (vector, issued + 1, finished)
                scanned.append((context, vector, issued))
                assert len(scanned) <= 2, "two accumulator banks, two layers"
            assert ctx.get(dut.o_release) == release
            await ctx.tick()
            if len(left) == self.vectors:
                break
        assert left == list(range(self.vectors)), "vectors leave in the order in which they came"
        assert banks == [k & 1 for k in range(len(banks))]
        ctx.set(dut.i_finished, 0)
        ctx.set(dut.o_drain.ready, 0)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.o_idle)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("layers, latency", [(1, 1), (1, 2), (2, 2), (3, 1), (4, 2)])
def test_vectors_in_order_layers_after_each_other(layers, latency, seed):
    surroundings = Surroundings(layers, 14, latency, seed)
    cycles(surroundings.dut, surroundings.run)
