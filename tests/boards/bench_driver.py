"""cocotb bench, run by test_driver: the simulated board's serial line behind a pseudo-terminal."""

import json
import logging
import os
import subprocess
import sysconfig
import time
import tty
from contextlib import contextmanager
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Timer
from cocotbext.uart import UartSink, UartSource

from gen import slip
from hw import packet

BAUD = int(os.environ["BAUD"])
BYTE_NS = 10 * 1_000_000_000 // BAUD
COMMAND = Path(sysconfig.get_path("scripts")) / "thrifty"
FOLDER = Path(os.environ["FOLDER"])


async def start(dut):
    """The two ends of the serial line, after reset."""
    dut.button.value = 0  # pressed: resets what an earlier test left
    dut.uart_rx.value = 1
    Clock(dut.osc, 2 * round(5e11 / int(os.environ["CLOCK_HZ"])), "ps").start()
    await ClockCycles(dut.osc, 10)
    dut.button.value = 1
    source = UartSource(dut.uart_rx, baud=BAUD, bits=8)
    sink = UartSink(dut.uart_tx, baud=BAUD, bits=8)
    for end in (source, sink):
        end.log.setLevel(logging.WARNING)  # not a line for every byte
    await ClockCycles(dut.osc, 400)
    return source, sink


@contextmanager
def terminal():
    """A raw pseudo-terminal: our end, which never waits, and the name of the other."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


async def thrifty_run(source, sink, build, *, disturb=b""):
    """``thrifty run`` against the board: exit code, stdout, stderr.

    The command finds ``disturb`` on its line while it sends the image.
    """
    with terminal() as (line, port):
        process = subprocess.Popen(
            [COMMAND, "run", FOLDER / build, "--port", port, "--inputs", FOLDER / "x.npy",
             "--baud", str(BAUD), "--timeout", "60", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while process.poll() is None:
                try:
                    data = os.read(line, 4096)
                except BlockingIOError:
                    data = b""
                await source.write(data)
                back = sink.read_nowait() if not sink.empty() else b""
                if len(data) > 2:  # more than the two ENDs that settle a link
                    back, disturb = disturb + back, b""
                os.write(line, back)
                if not data and not back and source.empty():
                    time.sleep(0.001)  # leave the processor to the command
                await Timer(BYTE_NS, "ns")
        finally:
            process.kill()
        out, err = process.communicate()
    return process.returncode, out.replace(port, "PORT"), err.replace(port, "PORT")


def succeeded(outcome):
    """Whether a run reported success and left the outputs that NumPy had computed."""
    code, out, err = outcome
    assert (code, err) == (0, ""), outcome
    report = json.loads(out)
    assert report["mismatches"] == 0 and report["vectors"] == len(np.load(FOLDER / "x.npy"))
    outputs = FOLDER / "design" / "outputs.npy"
    assert (np.load(outputs) == np.load(FOLDER / "y.npy")).all()
    outputs.unlink()  # the next run has to write its own
    return True


@cocotb.test()
async def outputs_are_what_numpy_computed(dut):
    source, sink = await start(dut)
    assert succeeded(await thrifty_run(source, sink, "design"))


@cocotb.test(skip="OTHER" not in os.environ)
async def image_of_another_configuration_is_refused(dut):
    source, sink = await start(dut)
    code, out, err = await thrifty_run(source, sink, os.environ.get("OTHER"))
    assert (code, out) == (1, "")
    assert err == ("error: PORT: the hardware refuses the image: the image was compiled for "
                   "another configuration\n")


@cocotb.test(skip="OTHER" not in os.environ)
async def a_board_left_in_the_middle_of_a_packet(dut):
    """Half an image, without its END: the board waits for the rest."""
    source, sink = await start(dut)
    await source.write(slip.encode((FOLDER / "design" / "image.bin").read_bytes())[:101])
    await source.wait()
    assert succeeded(await thrifty_run(source, sink, "design"))


@cocotb.test(skip="OTHER" not in os.environ)
async def garbage_on_both_lines(dut):
    """A byte before the first packet, and answers to an earlier run before the board's own."""
    source, sink = await start(dut)
    await source.write(b"\x55")
    await source.wait()
    earlier = slip.encode(packet.build(packet.Kind.RESULT, bytes(24), sequence=1)) + slip.encode(
        packet.build(packet.Kind.STATUS, packet.Error.NO_IMAGE.to_bytes(4, "little")))
    assert succeeded(await thrifty_run(source, sink, "design", disturb=b"\xff\x12" + earlier))
