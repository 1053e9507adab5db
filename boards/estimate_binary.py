"""What the binary array takes, and how fast it is, before synthesis."""

from math import ceil
from typing import Any

from gen.binary import place_layers
from gen.image import input_bytes
from gen.network import Network
from hw.binary.bank import pairs_pay
from hw.binary.layout import banks, hidden_chunks, input_chunks, threshold_steps
from hw.config import BEAT, Binary, Config

__all__ = ["binary_cycles", "binary_slots"]

_PACKET, _RECEIVER = 4, 9
"""Cycles: of head and tail of a packet, and in which the receiver takes no word of the next one."""


def binary_slots(c: Binary) -> float:
    """LUT4 and carry cells on ECP5, distributed RAM aside: a linear model of what ``synth`` makes.

    Counting units take 1.29 slots a plain bit and 1.415 a product (``bench.xnor_units``).
    """
    pairs = ceil(c.simd / 2)
    rows = 2.1 * c.accumulator + 8
    if c.planes > 1:
        rows += 1.5 * c.accumulator
    if pairs_pay(c):
        rows += pairs + 1.29 * pairs + 10
        shared = pairs + 1.29 * pairs
    else:
        rows += 1.415 * c.simd
        shared = 0.0
    fixed = 1620 + 4 * hidden_chunks(c) + 2 * input_chunks(c) + 3 * banks(c)
    return c.pes * rows + shared + c.simd + fixed


def binary_cycles(network: Network, config: Config) -> dict[str, Any]:
    """Cycles of a vector alone, within 10 %, and between vectors: the slowest of array, drain, input and
    output."""
    c = config.binary
    placed = place_layers(network, c)
    # A group of rows leaves through the drain one by one; the next group that does so waits for it.
    period = max(2, c.pes, threshold_steps(c))
    through = [each for each in placed if each is placed[-1] or threshold_steps(c) > 0]
    others = len(through) < len(placed)  # the drain is done while they run
    waits = sum((each.groups - others) * max(0, period - each.words * each.planes) for each in through)
    work = waits + sum(each.cycles for each in placed)
    drain = period * sum(each.groups for each in through)
    load = input_bytes(config, network.inputs) * 8 // BEAT + _PACKET
    unload = network.outputs + _PACKET
    # From the last step of a layer to the first one of the next: count, write, decide, read; levels
    # are searched and collected before. Fitted to simulations, like what a vector takes besides.
    latency, steps = config.memory_latency, threshold_steps(c)
    between = 12 + 3 * latency
    levels = period + steps * (latency + 2) if steps else 0
    fill = between * len(placed) + levels * (len(placed) - 1) + period + 17 + 2 * latency
    return {"latency_cycles": load + work + fill + unload,
            "interval_cycles": max(work, drain, load + _RECEIVER, unload + 3)}
