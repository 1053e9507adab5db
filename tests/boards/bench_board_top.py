"""cocotb bench, run by test_board_top."""

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Timer, with_timeout
from cocotbext.uart import UartSink, UartSource

from gen import slip
from hw import packet

BAUD = 1_000_000


async def start(dut):
    """The two ends of the serial line, after reset."""
    half_ps = round(5e11 / int(os.environ["CLOCK_HZ"]))
    dut.button.value = int(os.environ["BUTTON_IDLE"])
    dut.uart_rx.value = 1
    Clock(dut.osc, 2 * half_ps, "ps").start()
    source = UartSource(dut.uart_rx, baud=BAUD, bits=8)
    sink = UartSink(dut.uart_tx, baud=BAUD, bits=8)
    await ClockCycles(dut.osc, 400)
    return source, sink


async def packets(sink, count):
    decoder, received = slip.Decoder(), []
    while len(received) < count:
        received += decoder.feed(await with_timeout(sink.read(), 2, "ms"))
    return received


@cocotb.test()
async def packet_comes_back(dut):
    source, sink = await start(dut)
    sent = packet.build(packet.Kind.VECTOR, bytes([0xC0, 0xDB, 0xDC, 0xDD, 1]), sequence=7)
    await source.write(slip.encode(sent))
    assert await packets(sink, 1) == [sent]
    assert packet.parse(sent)


@cocotb.test()
async def garbage_and_a_truncated_frame_cost_nothing_behind_them(dut):
    source, sink = await start(dut)
    sent = packet.build(packet.Kind.VECTOR, b"abcd")
    await source.write(b"\x12\x34" + slip.encode(sent)[:7] + slip.encode(sent))
    garbage, truncated, whole = await packets(sink, 3)
    assert garbage == b"\x12\x34\0\0" and truncated == sent[:6] + bytes(2) and whole == sent


@cocotb.test()
async def button_resets(dut):
    source, sink = await start(dut)
    sent = packet.build(packet.Kind.VECTOR, b"abcd")
    await source.write(slip.encode(sent)[:-3])
    await source.wait()
    dut.button.value = 1 - int(os.environ["BUTTON_IDLE"])
    await Timer(2, "us")
    dut.button.value = int(os.environ["BUTTON_IDLE"])
    await ClockCycles(dut.osc, 400)
    while not sink.empty():
        sink.read_nowait()
    await source.write(slip.encode(sent))
    assert await packets(sink, 1) == [sent]
