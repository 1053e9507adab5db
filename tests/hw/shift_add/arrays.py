"""Small shift-add arrays and networks for tests, and an array in Amaranth's simulator."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from amaranth.lib.wiring import Component

from gen.network import AdderLayer, Network, ShiftLayer
from gen.resolve import resolve_shift_add
from gen.shift_add import sections
from hw.config import Config, integer_range
from hw.shift_add.adder import AdderLane
from hw.shift_add.bank import LaneBank
from hw.shift_add.barrel import BarrelLane
from hw.shift_add.bins import BinsLane
from hw.shift_add.engine import ShiftAddEngine
from tests.hw import engines

__all__ = ["Bench", "adder", "config", "in_one_piece", "network", "random_inputs", "resolved", "shift"]


def config(*, memory_latency: int = 2, **changes: Any) -> Config:
    """A complete configuration; keyword arguments are keys of the table, dictionaries are merged."""
    table: dict[str, Any] = {
        "lanes": 3, "architecture": "bins", "mode": "both", "vectors": 4, "accumulator": 20,
        "result": 32, "activation": {"width": 8, "signed": True},
        "requantize": {"enabled": True, "multiplier_width": 8},
        "capacity": {"layers": 4, "words": 400, "rows": 64, "inputs": 40, "hidden": 40, "outputs": 24},
    }
    for key, value in changes.items():
        table[key] = {**table[key], **value} if isinstance(value, dict) else value
    return Config.model_validate({"name": "shifts", "memory_latency": memory_latency,
                                  "shift_add": table})


def shift(rng: np.random.Generator, rows: int, columns: int, terms: int = 1, **more: Any) -> ShiftLayer:
    """A third of the terms is 0."""
    sign = rng.integers(-1, 2, (rows, columns, terms)).astype(np.int8)
    exponent = (rng.integers(0, 16, sign.shape) * (sign != 0)).astype(np.uint8)
    return ShiftLayer(sign, exponent, **{"bias": rng.integers(-999, 1000, rows), **more})


def adder(rng: np.random.Generator, rows: int, columns: int, width: int = 8, signed: bool = True,
          **more: Any) -> AdderLayer:
    """Weights in the whole range, biases such that sums are often above 0."""
    low, high = integer_range(width, signed)
    bias = rng.integers(0, 1 + columns * (high - low), rows)
    return AdderLayer(rng.integers(low, high, (rows, columns), endpoint=True), **{"bias": bias, **more})


def network(rng: np.random.Generator, sizes: Sequence[int], kinds: str, *, width: int = 8,
            signed: bool = True, raw: bool = True) -> Network:
    """A random network of the given layer sizes, inputs first.

    Args:
        kinds: A character a layer: "1" to "3" are terms of a shift layer, "a" is an adder layer.
        raw: Whether the last layer gives accumulators.
    """
    layers: list[ShiftLayer | AdderLayer] = []
    for k, (columns, rows, kind) in enumerate(zip(sizes[:-1], sizes[1:], kinds, strict=True)):
        more: dict[str, Any] = {"relu": bool(rng.integers(2))}
        if k < len(kinds) - 1 or not raw:
            # Sums of shift layers have some 14 bits more than activations, those of adder layers some 2.
            more |= {"multiplier": rng.integers(0, 200, rows), "shift": 9 if kind == "a" else 20}
        layers.append(adder(rng, rows, columns, width, signed, **more) if kind == "a"
                      else shift(rng, rows, columns, int(kind), **more))
    return Network(layers, width, signed)


def resolved(net: Network, *, memory_latency: int = 2, **shift_add: Any) -> Config:
    """The smallest configuration for a network, apart from what is said."""
    return resolve_shift_add({"name": "shifts", "memory_latency": memory_latency,
                              "shift_add": shift_add}, net, "draft")


def random_inputs(rng: np.random.Generator, config: Config, columns: int, count: int) -> np.ndarray:
    """Vectors in the range of the inputs: all lowest, all highest, then random ones."""
    activation = config.shift_add.activation
    low, high = integer_range(activation.width, activation.signed)
    vectors = rng.integers(low, high, (count, columns), endpoint=True)
    vectors[0], vectors[1] = low, high
    return vectors


def _copy(it: Component) -> Component:
    if isinstance(it, LaneBank):
        return LaneBank(it.config, it.lane, load_width=len(it.i_load.data),
                        load_address=len(it.i_load.address))
    assert isinstance(it, AdderLane | BarrelLane | BinsLane)
    format_ = it.activation.width, it.activation.signed
    if isinstance(it, AdderLane):
        return AdderLane(*format_, len(it.o_sum))
    return type(it)(*format_, len(it.o_sum), both=it.both)


in_one_piece = partial(engines.in_one_piece, _copy)
"""For Amaranth's simulator."""


class Bench(engines.EngineBench):
    """An array between a host that sends packets and one that takes results.

    Args:
        seed: Of the pauses of both; None for none.
    """

    def __init__(self, config: Config, net: Network, *, seed: int | None = None):
        super().__init__(config, net, ShiftAddEngine(config), sections(net, config), in_one_piece,
                         seed=seed)
