"""cocotb bench, run by test_streaming: resets and new images in the middle of the stream of entries."""

import cocotb
from cocotb.triggers import ClockCycles, RisingEdge

from hw import packet
from tests.hw.bench_top import FOLDER, Host, image


class Stream:
    """Plays the beats of a vector over and over on ``s_axis_w``, until ``stop``."""

    def __init__(self, dut, name):
        self.dut = dut
        raw = (FOLDER / f"{name}.weights").read_bytes()
        self.beats = [int.from_bytes(raw[k:k + 4], "little") for k in range(0, len(raw), 4)]
        self.task = cocotb.start_soon(self._play())

    async def _play(self):
        while True:
            for beat in self.beats:
                self.dut.s_axis_w_tdata.value = beat
                self.dut.s_axis_w_tvalid.value = 1
                await RisingEdge(self.dut.clk)
                while not int(self.dut.s_axis_w_tready.value):
                    await RisingEdge(self.dut.clk)

    def stop(self):
        self.task.cancel()
        self.dut.s_axis_w_tvalid.value = 0


@cocotb.test()
@cocotb.parametrize(computing=[0, 30, 77, 120, 200, 333])
async def reset_in_the_middle_of_the_stream(dut, computing):
    host = Host(dut)
    await host.reset()
    stream = Stream(dut, "first")
    host.send(image("first"))
    await host.expect_status(packet.Error.NONE)
    host.send_vectors("first", range(4))
    await ClockCycles(dut.clk, computing + 1)
    stream.stop()
    host.source.clear()
    await host.reset()
    host.source.clear()
    await ClockCycles(dut.clk, 10)
    host.sink.clear()
    stream = Stream(dut, "second")
    host.send(image("second"))
    await host.expect_status(packet.Error.NONE)
    host.send_vectors("second", range(8))
    await host.expect_results("second", range(8))
    stream.stop()


@cocotb.test()
async def a_new_image_drops_what_waits(dut):
    host = Host(dut)
    await host.reset()
    for name in ("first", "second", "first", "first"):
        host.send(image(name))
        await host.expect_status(packet.Error.NONE)
        stream = Stream(dut, name)
        host.send_vectors(name, range(5))
        await host.expect_results(name, range(5))
        stream.stop()
    host.send(image("broken"))
    await host.expect_status(packet.Error.CONFIGURATION)
    dut.s_axis_w_tvalid.value = 1
    for _ in range(50):
        await RisingEdge(dut.clk)
        assert not int(dut.s_axis_w_tready.value), "nothing is taken without an image"
    dut.s_axis_w_tvalid.value = 0
