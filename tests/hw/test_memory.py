import random

import pytest

from hw.memory import Memory, address_width
from tests.hw.stalls import cycles


class Model:
    """What a memory holds, and the words on their way to its output; None is undefined."""

    def __init__(self, depth, latency):
        self.words = [None] * depth
        self.pipeline = [None] * latency

    @property
    def output(self):
        return self.pipeline[-1]

    def cycle(self, *, write, write_address, data, granularity, width, read, advance, address,
              single):
        if len(self.pipeline) == 2 and advance:
            self.pipeline[1] = self.pipeline[0]
        if read and not (single and write):
            collides = write and address == write_address
            self.pipeline[0] = None if collides else self.words[address]
        if write:
            mask = sum(((1 << granularity) - 1) << k for k in range(0, width, granularity)
                       if write >> k // granularity & 1)
            old = self.words[write_address]
            full = mask == (1 << width) - 1
            if full or old is not None:
                self.words[write_address] = data & mask | (0 if full else old & ~mask)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("width, depth, granularity", [(1, 2, None), (7, 5, None), (24, 16, 8),
                                                       (12, 9, 12)])
@pytest.mark.parametrize("ports", ["dual", "single"])
@pytest.mark.parametrize("latency", [1, 2])
def test_equals_model(latency, ports, width, depth, granularity, seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    dut = Memory(width, depth, latency=latency, ports=ports, granularity=granularity)
    model = Model(depth, latency)
    checked = 0

    async def bench(ctx):
        nonlocal checked
        for step in range(500):
            write = rng.getrandbits(len(dut.i_write)) * (rng.random() < 0.5)
            read, advance = rng.random() < 0.7, rng.random() < 0.7
            if step < depth:  # fill it, so that there is something to read
                write = (1 << len(dut.i_write)) - 1
            write_address = step if step < depth else rng.randrange(depth)
            address, data = rng.randrange(depth), rng.getrandbits(width)
            if ports == "single":
                # The rule that lets a single-port read be void: nobody looks at it.
                read = read and not write
            ctx.set(dut.i_write, write)
            ctx.set(dut.i_write_address, write_address)
            ctx.set(dut.i_write_data, data)
            ctx.set(dut.i_read, read)
            ctx.set(dut.i_advance, advance)
            ctx.set(dut.i_address, address)
            await ctx.tick()
            model.cycle(write=write, write_address=write_address, data=data, read=read,
                        granularity=granularity or width, width=width, advance=advance,
                        address=address, single=ports == "single")
            if model.output is not None:
                assert ctx.get(dut.o_data) == model.output
                checked += 1

    cycles(dut, bench)
    assert checked > 100


@pytest.mark.parametrize("latency", [1, 2])
def test_reads_every_cycle_when_nothing_stalls(latency):
    dut = Memory(8, 10, latency=latency)
    read = []

    async def bench(ctx):
        ctx.set(dut.i_write, 1)
        for k in range(10):
            ctx.set(dut.i_write_address, k)
            ctx.set(dut.i_write_data, 100 + k)
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        for k in range(10 + latency):
            ctx.set(dut.i_address, min(k, 9))
            read.append(ctx.get(dut.o_data))
            await ctx.tick()

    cycles(dut, bench)
    assert read[latency:] == list(range(100, 110))


def test_single_port_write_wins():
    dut = Memory(8, 4, latency=1, ports="single")

    async def bench(ctx):
        for address, data in ((2, 22), (3, 33)):
            ctx.set(dut.i_write, 1)
            ctx.set(dut.i_write_address, address)
            ctx.set(dut.i_write_data, data)
            ctx.set(dut.i_address, 0)
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        for address, data in ((2, 22), (3, 33)):
            ctx.set(dut.i_address, address)
            await ctx.tick()
            assert ctx.get(dut.o_data) == data

    cycles(dut, bench)


@pytest.mark.parametrize("latency", [1, 2])
def test_twin_reads_two_words(latency):
    dut = Memory(8, 20, latency=latency, ports="twin")
    rng = random.Random(latency)
    expected, read = [], []

    async def bench(ctx):
        ctx.set(dut.i_write, 1)
        for k in range(20):
            ctx.set(dut.i_write_address, k)
            ctx.set(dut.i_write_data, 100 + k)
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        for _ in range(50 + latency):
            addresses = rng.randrange(20), rng.randrange(20)
            ctx.set(dut.i_address, addresses[0])
            ctx.set(dut.i_twin_address, addresses[1])
            expected.append(tuple(100 + address for address in addresses))
            read.append((ctx.get(dut.o_data), ctx.get(dut.o_twin)))
            await ctx.tick()

    cycles(dut, bench)
    assert read[latency:] == expected[:-latency]


@pytest.mark.parametrize("arguments, message", [
    ({"width": 0, "depth": 4}, "memory width must be at least 1, not 0"),
    ({"width": 8, "depth": 1}, "memory depth must be at least 2, not 1"),
    ({"width": 8, "depth": 4, "latency": 3}, "memory latency must be 1 or 2, not 3"),
    ({"width": 8, "depth": 4, "granularity": 3}, "memory granularity 3 does not divide width 8"),
])
def test_parameters_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        Memory(**arguments)


@pytest.mark.parametrize("depth, bits", [(2, 1), (3, 2), (4, 2), (5, 3), (1024, 10), (1025, 11)])
def test_address_width(depth, bits):
    assert address_width(depth) == bits
