"""Small binary arrays and networks for tests, and an array in Amaranth's simulator."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
from amaranth import Module
from amaranth.lib.wiring import Component, Out

from gen.binary import sections
from gen.network import BinaryLayer, Network
from gen.resolve import resolve_binary
from hw.binary.bank import RowBank
from hw.binary.engine import BinaryEngine
from hw.binary.popcount import PopCount
from hw.binary.xnor_count import XnorCount
from hw.config import Config, integer_range
from hw.packet import MemoryId
from tests.hw import engines

__all__ = ["Bench", "config", "in_one_piece", "network", "random_inputs", "resolved", "signs"]


def config(*, memory_latency: int = 2, **changes: Any) -> Config:
    """A complete configuration; keyword arguments are keys of the table, dictionaries are merged."""
    table: dict[str, Any] = {
        "pes": 3, "simd": 10, "vectors": 4, "ram_width": 16, "hidden_width": 1, "accumulator": 12,
        "scale_width": 4, "activation": {"width": 1, "signed": True},
        "capacity": {"layers": 4, "words": 64, "groups": 32, "inputs": 40, "hidden": 40, "outputs": 24,
                     "levels": 16},
    }
    for key, value in changes.items():
        table[key] = {**table[key], **value} if isinstance(value, dict) else value
    return Config.model_validate({"name": "signs", "memory_latency": memory_latency, "binary": table})


def signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """-1 and +1 with equal chance."""
    return 2 * rng.integers(0, 2, shape) - 1


def network(rng: np.random.Generator, sizes: Sequence[int], levels: Sequence[int]) -> Network:
    """A random network of the given layer sizes, inputs first. Levels of each layer; 0: raw."""
    layers = []
    for columns, rows, count in zip(sizes[:-1], sizes[1:], levels, strict=True):
        thresholds = None
        if count:
            spread = max(1, int(columns ** 0.5))
            thresholds = np.sort(rng.integers(-spread, spread + 1, (rows, count)), axis=1)
        layers.append(BinaryLayer(signs(rng, rows, columns).astype(np.int8), thresholds))
    return Network(layers)


def resolved(net: Network, *, memory_latency: int = 2, **binary: Any) -> Config:
    """The smallest configuration for a network, apart from what is said."""
    return resolve_binary({"name": "signs", "memory_latency": memory_latency, "binary": binary}, net,
                          "draft")


def random_inputs(rng: np.random.Generator, config: Config, columns: int, count: int) -> np.ndarray:
    """Vectors in the range of the inputs: all lowest, all highest, then random ones."""
    activation = config.binary.activation
    if activation.width == 1:
        vectors = signs(rng, count, columns)
        vectors[0], vectors[1] = -1, 1
        return vectors
    low, high = integer_range(activation.width, activation.signed)
    vectors = rng.integers(low, high, (count, columns), endpoint=True)
    vectors[0], vectors[1] = low, high
    return vectors


class _Zero(Component):
    """As many cycles as a count takes, and nothing counted."""

    def __init__(self, count):
        super().__init__({"o": Out(len(count.o))})

    def elaborate(self, platform):
        return Module()


def _copy(it: Component, *, counts: bool) -> Component:
    if isinstance(it, RowBank):
        return RowBank(it.config, it.count, load_width=len(it.i_load.data),
                       load_address=len(it.i_load.address))
    if not counts:
        return _Zero(it)
    if isinstance(it, XnorCount):
        return XnorCount(len(it.i_a))
    assert isinstance(it, PopCount)
    return PopCount(len(it.i))


def in_one_piece(*, counts: bool = True) -> AbstractContextManager[None]:
    """For Amaranth's simulator. Without ``counts``, counting units count nothing, which leaves all times
    as they are.
    """
    return engines.in_one_piece(partial(_copy, counts=counts))


class Bench(engines.EngineBench):
    """An array between a host that sends packets and one that takes results.

    Args:
        seed: Of the pauses of both; None for none.
        counts: Without them, results are wrong at the right time.
    """

    def __init__(self, config: Config, net: Network, *, seed: int | None = None, counts: bool = True):
        parts = [part for part in sections(net, config) if counts or part.memory != MemoryId.WEIGHTS]
        super().__init__(config, net, BinaryEngine(config), parts,
                         partial(in_one_piece, counts=counts), seed=seed)
