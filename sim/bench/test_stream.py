"""The cocotb test inside the simulator: clock, reset, and a look now and then until it is over.

It writes ``progress`` (result packets received) while it runs and ``outcome.json`` at its end.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import First, RisingEdge, Timer

PERIOD = 10
"""Nanoseconds of a clock cycle; the clock's rising edges lie at odd multiples of its half."""
LOOK = 5_000
"""Cycles between two looks at the progress."""
REPORT = 0.2
"""Seconds between two reports of it."""


def _write(name: str, text: str) -> None:
    Path(f"{name}.part").write_text(text)
    os.replace(f"{name}.part", name)


@cocotb.test()
async def stream(dut: Any) -> None:
    """Run the bench to its end, whichever it is; ``sim.runner`` judges it."""
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, "ns", impl="gpi").start(start_high=False)
    await Timer(5 * PERIOD, "ns")
    dut.rst.value = 0
    reported = time.monotonic()
    while not int(dut.finished.value):
        await First(RisingEdge(dut.finished), Timer(LOOK * PERIOD, "ns"))
        if time.monotonic() - reported > REPORT:
            reported = time.monotonic()
            _write("progress", str(int(dut.received.value)))
    names = ("status", "cycle", "sent", "taken", "received")
    _write("outcome.json", json.dumps({name: int(getattr(dut, name).value) for name in names}))
