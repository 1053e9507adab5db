import random

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from hw.uart import UartReceiver, UartTransmitter


def receive(levels, divisor, *, ready=True):
    """The bytes that a receiver makes of a line with the given (level, cycles)."""
    dut = UartReceiver(divisor)
    received = []

    async def line(ctx):
        for level, cycles in levels:
            ctx.set(dut.rx, level)
            await ctx.tick().repeat(cycles)
        ctx.set(dut.rx, 1)
        await ctx.tick().repeat(3 * divisor)
        ctx.set(dut.o.ready, 1)
        await ctx.tick().repeat(3)

    async def sink(ctx):
        ctx.set(dut.o.ready, ready)
        async for _, _, valid, is_ready, payload in ctx.tick().sample(
                dut.o.valid, dut.o.ready, dut.o.payload):
            if valid and is_ready:
                received.append(payload)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(line)
    simulator.add_testbench(sink, background=True)
    simulator.run()
    return received


def frame(byte, cycles, *, stop=1):
    bits = [0, *((byte >> k) & 1 for k in range(8)), stop]
    return [(bit, cycles) for bit in bits]


@pytest.mark.parametrize("divisor", [4, 5, 12, 25])
def test_receiver_reads_back_to_back_bytes(divisor):
    sent = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80]
    levels = [(1, 7), *(level for byte in sent for level in frame(byte, divisor))]
    assert receive(levels, divisor) == sent


@pytest.mark.parametrize("cycles", [39, 41])
def test_receiver_tolerates_two_and_a_half_percent(cycles):
    sent = [0x00, 0xFF, 0x96]
    assert receive([level for byte in sent for level in frame(byte, cycles)], 40) == sent


def test_receiver_drops_byte_without_stop_bit_and_goes_on():
    levels = [*frame(0x12, 8, stop=0), (1, 16), *frame(0x34, 8)]
    assert receive(levels, 8) == [0x34]


def test_receiver_ignores_spike():
    assert receive([(1, 8), (0, 2), (1, 30), *frame(0x56, 8)], 8) == [0x56]


def test_receiver_makes_no_bytes_of_a_break():
    assert receive([(0, 500), (1, 16), *frame(0x78, 8)], 8) == [0x78]


def test_receiver_keeps_the_first_byte_when_nobody_takes_it():
    assert receive([*frame(0x11, 8), *frame(0x22, 8)], 8, ready=False) == [0x11]


@pytest.mark.parametrize("seed", range(3))
def test_transmitter_to_receiver(seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    divisor = rng.choice([4, 9, 16])
    sent = [rng.randrange(256) for _ in range(20)]
    m = Module()
    m.submodules.tx = tx = UartTransmitter(divisor)
    m.submodules.rx = rx = UartReceiver(divisor)
    m.d.comb += [rx.rx.eq(tx.tx), rx.o.ready.eq(1)]
    received = []

    async def source(ctx):
        for byte in sent:
            await ctx.tick().repeat(rng.choice([1, 1, 30]))
            ctx.set(tx.i.payload, byte)
            ctx.set(tx.i.valid, 1)
            await ctx.tick().until(tx.i.ready)
            ctx.set(tx.i.valid, 0)
        await ctx.tick().repeat(12 * divisor)

    async def sink(ctx):
        async for _, _, valid, payload in ctx.tick().sample(rx.o.valid, rx.o.payload):
            if valid:
                received.append(payload)

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink, background=True)
    simulator.run()
    assert received == sent


def test_transmitter_takes_a_byte_every_ten_bits_and_a_cycle():
    tx = UartTransmitter(4)
    taken = []

    async def watch(ctx):
        ctx.set(tx.i.valid, 1)
        for cycle in range(130):
            _, _, ready = await ctx.tick().sample(tx.i.ready)
            if ready:
                taken.append(cycle)

    simulator = Simulator(tx)
    simulator.add_clock(1e-6)
    simulator.add_testbench(watch)
    simulator.run()
    assert taken == [0, 41, 82, 123]


@pytest.mark.parametrize("component", [UartReceiver, UartTransmitter])
def test_divisor_is_checked(component):
    with pytest.raises(ValueError, match="divisor must be 4 to 65535 cycles a bit, not 3"):
        component(3)
    with pytest.raises(TypeError, match="divisor must be an integer, not 4.0"):
        component(4.0)
