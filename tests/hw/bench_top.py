"""cocotb bench, run by test_axi: the top level against the independent models of cocotbext-axi."""

import json
import os
import random
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from hw import packet
from hw.registers import MAGIC, REGISTERS

FOLDER = Path(os.environ["CASE"])
CASE = json.loads((FOLDER / "case.json").read_text())
OFFSET = {register.name: register.offset for register in REGISTERS}


def image(name):
    return (FOLDER / f"{name}.image").read_bytes()


class Host:
    """Everything that is attached to the design."""

    def __init__(self, dut):
        self.dut = dut
        Clock(dut.clk, 10, "ns").start()
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)
        self.registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)

    async def reset(self):
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.source.clear()
        self.sink.clear()
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 2)

    def pause(self, seed):
        """Random pauses of every channel; None for none."""
        rng = random.Random(seed)
        master = self.registers
        channels = [self.source, self.sink, master.write_if.aw_channel, master.write_if.w_channel,
                    master.write_if.b_channel, master.read_if.ar_channel,
                    master.read_if.r_channel]
        for channel in channels:
            if seed is None:
                channel.clear_pause_generator()
                channel.pause = False
            else:
                threshold, noise = rng.choice([0.1, 0.5, 0.8]), random.Random(rng.random())
                channel.set_pause_generator(
                    (lambda n, t: iter(lambda: n.random() < t, None))(noise, threshold))

    async def read(self, name):
        value = await with_timeout(self.registers.read_dword(OFFSET[name]), 100, "us")
        return int(value)

    def send(self, data):
        self.source.send_nowait(AxiStreamFrame(data))

    def send_vectors(self, name, tags):
        vectors = CASE[name]["vectors"]
        for tag in tags:
            values = np.array(vectors[tag % len(vectors)], "u1")
            self.send(packet.build(packet.Kind.VECTOR, values.tobytes(), sequence=tag))

    async def answers(self, count):
        received = []
        for _ in range(count):
            frame = await with_timeout(self.sink.recv(), 200, "us")
            received.append(packet.parse(bytes(frame.tdata)))
        return received

    async def expect_status(self, error, tag=0):
        assert await self.answers(1) == [(packet.Kind.STATUS, tag, error.to_bytes(4, "little"))]

    async def expect_results(self, name, tags):
        rows = CASE[name]["expected"]
        for tag, (kind, sequence, payload) in zip(tags, await self.answers(len(tags)),
                                                  strict=True):
            assert (kind, sequence) == (packet.Kind.RESULT, tag)
            assert np.frombuffer(payload, "<i4").tolist() == rows[tag % len(rows)]


@cocotb.test()
async def registers_tell_what_happens(dut):
    host = Host(dut)
    await host.reset()
    assert await host.read("status") & 0b11 == 0b10, "no image, idle"
    await ClockCycles(dut.clk, CASE["rows"] + 40)
    first = {name: await host.read(name) for name in OFFSET}
    assert first == {
        "magic": MAGIC, "hardware_id": CASE["hardware_id"], "status": 0b110, "control": 0,
        "input_bytes": 0, "outputs": 0, "vectors": 0, "errors": 0, "busy_cycles": 0}

    host.send(image("first"))
    await host.expect_status(packet.Error.NONE)
    inputs, outputs = CASE["first"]["shape"]
    assert await host.read("status") == 0b111
    assert (await host.read("input_bytes"), await host.read("outputs")) == (inputs, outputs)
    assert await host.read("busy_cycles") == 0

    host.sink.pause = True
    host.send_vectors("first", range(4))
    await ClockCycles(dut.clk, 1000)
    assert await host.read("status") == 0b101, "outputs cannot leave: not idle"
    host.sink.pause = False
    await host.expect_results("first", range(4))
    assert await host.read("status") == 0b111
    assert await host.read("vectors") == 4
    busy = await host.read("busy_cycles")
    assert 1000 - 200 < busy < 3000
    await ClockCycles(dut.clk, 100)
    assert await host.read("busy_cycles") == busy, "idle cycles are not busy"


@cocotb.test()
async def errors_are_kept_until_forgotten(dut):
    host = Host(dut)
    await host.reset()
    host.send_vectors("first", [5])
    await host.expect_status(packet.Error.NO_IMAGE, 5)
    assert await host.read("status") >> 8 == packet.Error.NO_IMAGE
    host.send(packet.build(0x77, b"what", sequence=9))
    await host.expect_status(packet.Error.KIND, 9)
    host.send(image("first"))
    await host.expect_status(packet.Error.NONE)
    assert await host.read("status") >> 8 == packet.Error.KIND, "success does not hide an error"
    assert await host.read("errors") == 2
    await host.registers.write_dword(OFFSET["control"], 2)
    assert await host.read("status") >> 8 == packet.Error.KIND
    await host.registers.write(OFFSET["control"], b"\1")
    assert await host.read("status") >> 8 == packet.Error.NONE
    assert await host.read("errors") == 2


@cocotb.test()
async def accesses_that_do_not_exist(dut):
    host = Host(dut)
    await host.reset()
    host.pause(3)
    for offset in range(0, 256, 4):
        read = await with_timeout(host.registers.read(offset, 4), 100, "us")
        write = await with_timeout(host.registers.write(offset, bytes(4)), 100, "us")
        mapped = offset in OFFSET.values()
        assert read.resp == (AxiResp.OKAY if mapped else AxiResp.SLVERR), hex(offset)
        assert mapped or read.data == bytes(4)
        writable = offset == OFFSET["control"]
        assert write.resp == (AxiResp.OKAY if writable else AxiResp.SLVERR), hex(offset)
    assert await host.read("magic") == MAGIC, "a refused write changes nothing"


@cocotb.test()
@cocotb.parametrize(seed=[1, 2, 3, 4])
async def random_pauses(dut, seed):
    dut._log.info(f"seed {seed}")
    host = Host(dut)
    await host.reset()
    host.pause(seed)
    host.send(image("first"))
    host.send_vectors("first", range(20))
    reads = [cocotb.start_soon(host.read("magic")) for _ in range(20)]
    await host.expect_status(packet.Error.NONE)
    await host.expect_results("first", range(20))
    assert [await read for read in reads] == [MAGIC] * 20
    assert await host.read("vectors") == 20
    assert await host.read("errors") == 0


@cocotb.test()
@cocotb.parametrize((("beats", "computing"),
                     [(1, 0), (3, 0), (6, 0), (0, 20), (0, 60), (0, 110), (0, 160), (0, 230)]))
async def reset_in_the_middle(dut, beats, computing):
    """Of a packet, of a computation, of a result: afterwards all is as after the first reset."""
    host = Host(dut)
    await host.reset()
    host.send(image("first"))
    await host.expect_status(packet.Error.NONE)
    if computing:
        host.send_vectors("first", [1, 2, 3])
        await ClockCycles(dut.clk, computing)
    else:
        values = np.array(CASE["first"]["vectors"][0], "u1")
        host.send(packet.build(packet.Kind.VECTOR, values.tobytes()))
        await ClockCycles(dut.clk, beats)
    host.source.clear()
    await host.reset()
    host.source.clear()
    await ClockCycles(dut.clk, 10)
    host.sink.clear()
    assert await host.read("vectors") == 0
    assert await host.read("status") & 1 == 0
    host.send_vectors("second", [7])
    await host.expect_status(packet.Error.NO_IMAGE, 7)
    host.send(image("second"))
    await host.expect_status(packet.Error.NONE)
    host.send_vectors("second", range(8))
    await host.expect_results("second", range(8))
    assert host.sink.empty()


@cocotb.test()
@cocotb.parametrize(blocked=[0, 200, 2000], name=["first", "second", "broken"])
async def image_while_results_wait(dut, blocked, name):
    """An image waits for vectors, so it cannot change results that have not left."""
    host = Host(dut)
    await host.reset()
    host.send(image("first"))
    await host.expect_status(packet.Error.NONE)
    host.sink.pause = blocked > 0
    host.send_vectors("first", range(2))
    host.send(image(name))
    await ClockCycles(dut.clk, max(1, blocked))
    host.sink.pause = False
    answers = await host.answers(3)
    rows = CASE["first"]["expected"]
    for tag in range(2):
        expected = np.array(rows[tag], "<i4").tobytes()
        assert (packet.Kind.RESULT, tag, expected) in answers
    error = packet.Error.CONFIGURATION if name == "broken" else packet.Error.NONE
    assert (packet.Kind.STATUS, 0, error.to_bytes(4, "little")) in answers
    if name != "broken":
        host.send_vectors(name, range(4))
        await host.expect_results(name, range(4))
