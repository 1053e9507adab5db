"""The scheduler between made-up inputs and a made-up array of random speed."""

import random
from collections import deque

import pytest

from hw.binary.layout import Output, layer_layout, layer_table
from hw.control.scheduler import LayerScheduler
from tests.hw.binary.arrays import config
from tests.hw.stalls import cycles


class Surroundings:
    """Gives vectors with random gaps, runs layers in the order in which they come, and tells when their
    results can be read. It watches: every vector has a context, its layers come in order, none before
    its activations, and vectors leave in the order in which they came."""

    def __init__(self, layers, vectors, latency, seed):
        print(f"seed {seed}")
        self.rng = random.Random(seed)
        self.config = config(memory_latency=latency, vectors=self.rng.choice([2, 4]))
        self.layout = layer_layout(self.config.binary)
        self.dut = LayerScheduler(layer_table(self.config.binary), latency=latency,
                                  load_width=self.layout.size, load_address=4)
        self.layers, self.vectors = layers, vectors
        self.eager = [self.rng.choice([0.05, 0.4, 1.0]) for _ in range(2)]
        self.delay = self.rng.choice([0, 3, 40])

    def descriptor(self, k):
        last = k == self.layers - 1
        return {"more_words": k, "more_planes": 0, "more_groups": 3 * k, "weights": 5 * k,
                "starts": k, "output": Output.RAW if last else Output.HIDDEN, "tail": k % 3}

    async def load(self, ctx):
        dut = self.dut
        ctx.set(dut.i_write, 1)
        for k in range(self.layers):
            ctx.set(dut.i_address, k)
            ctx.set(dut.i_data, self.layout.const(self.descriptor(k)).as_bits())
            await ctx.tick()
        ctx.set(dut.i_write, 0)

    async def run(self, ctx):
        dut, rng = self.dut, self.rng
        await self.load(ctx)
        full = deque()  # vectors in input slots, at most two
        arrived = taken = 0
        held = None  # a job that waits
        state = {}  # of each context: vector, layers issued, layers done
        pending = deque()  # jobs in the array: (cycle from which on they may be done, context, layer)
        left = []
        for now in range(30_000):
            if arrived < self.vectors and len(full) < 2 and rng.random() < self.eager[0]:
                full.append(arrived)
                arrived += 1
            ctx.set(dut.i_full, bool(full))
            ctx.set(dut.i_slot, taken & 1)
            ctx.set(dut.o.ready, rng.random() < self.eager[1])
            done = pending and pending[0][0] <= now and rng.random() < 0.5
            ctx.set(dut.i_done, 0)
            if done:
                _, context, layer = pending.popleft()
                if layer == self.layers - 1:
                    left.append(state.pop((context, layer)))
                else:
                    ctx.set(dut.i_done, 1)
                    ctx.set(dut.i_context, context)
                    state[context, layer + 1] = state.pop((context, layer))
            _, _, takes, valid, ready, job = await ctx.tick().sample(
                dut.o_take, dut.o.valid, dut.o.ready, dut.o.payload)
            if takes:
                assert full, "no vector is there"
                full.popleft()
                taken += 1
            fields = (job.fresh, job.slot, job.context, job.parity, job.layer.more_words)
            assert held is None or (valid and fields == held)
            held = fields if valid and not ready else None
            if valid and ready:
                layer = job.layer
                k = layer.more_words
                assert {name: getattr(layer, name) for name in self.descriptor(k)} == self.descriptor(k)
                assert job.parity == k & 1 and job.fresh == (k == 0)
                if job.fresh:
                    assert all(layer == self.layers - 1 for context, layer in state
                               if context == job.context), "its context is not free"
                    vector = sum(1 for _ in left) + len(state)
                    assert job.slot == vector & 1
                    state[job.context, 0] = vector
                else:
                    assert (job.context, k) in state, "its activations are not there"
                    assert not [each for each in pending if each[1:] == (job.context, k)]
                pending.append((now + rng.randrange(self.delay + 1), job.context, k))
            if len(left) == self.vectors:
                break
        assert left == list(range(self.vectors))
        ctx.set(dut.i_done, 0)
        await ctx.tick().repeat(20)
        assert not ctx.get(dut.o.valid)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layers, latency", [(1, 1), (1, 2), (2, 2), (3, 1), (4, 2)])
def test_vectors_in_order_layers_after_each_other(layers, latency, seed):
    surroundings = Surroundings(layers, 20, latency, seed)
    cycles(surroundings.dut, surroundings.run)


@pytest.mark.parametrize("latency", [1, 2])
def test_decisions_take_their_time_and_the_oldest_goes_first(latency):
    surroundings = Surroundings(3, 8, latency, 1)
    surroundings.config = config(memory_latency=latency, vectors=8)
    surroundings.dut = dut = LayerScheduler(
        layer_table(surroundings.config.binary), latency=latency, load_width=surroundings.layout.size,
        load_address=4)
    jobs, cycle = [], [0]

    async def watch(ctx):
        async for _, _, valid, ready, job in ctx.tick().sample(dut.o.valid, dut.o.ready, dut.o.payload):
            cycle[0] += 1
            if valid and ready:
                jobs.append((cycle[0], job.context, job.layer.more_words))

    async def bench(ctx):
        await surroundings.load(ctx)
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.i_full, 1)
        await ctx.tick().repeat(100)
        assert [job[1:] for job in jobs] == [(context, 0) for context in range(8)], "eight vectors"
        assert all(after[0] - before[0] == latency + 5
                   for before, after in zip(jobs, jobs[1:], strict=False))
        ctx.set(dut.o.ready, 0)
        # Two decisions wait here, and one for them; when they may go, the others are all there.
        for context in (7, 6, 5, 4, 3, 1, 0, 2):
            ctx.set(dut.i_context, context)
            ctx.set(dut.i_done, 1)
            await ctx.tick()
            ctx.set(dut.i_done, 0)
            await ctx.tick().repeat(20)
        ctx.set(dut.o.ready, 1)
        await ctx.tick().repeat(100)
        assert [job[1:] for job in jobs[8:]] == [(context, 1) for context in (7, 6, 5, 0, 1, 2, 3, 4)]

    cycles(dut, bench, watch)
