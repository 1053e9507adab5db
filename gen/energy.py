"""Energy of an inference, from the operations that it takes (45 nm)."""

from typing import Any, Literal, NamedTuple

import numpy as np

from gen.network import AdderLayer, Network
from gen.sparse import has_upper, place_within
from hw.config import Config, Sparse
from hw.shift_add.layout import weight_layout
from hw.sparse.layout import CODED_WORD

__all__ = ["Operations", "dense_energy", "energy_report", "inference_energy", "multiply_energy",
           "shift_add_energy"]

# pJ at 45 nm: Horowitz, "Computing's energy problem", ISSCC 2014, as quoted by EIE (ISCA 2016).
INT8_ADD, INT32_ADD = 0.03, 0.1
INT8_MULTIPLY, INT32_MULTIPLY = 0.2, 3.1
FP32_ADD, FP32_MULTIPLY = 0.9, 3.7
INT8_SHIFT, INT32_SHIFT = 0.024, 0.13  # 45 nm as well: ShiftAddNet, NeurIPS 2020
SRAM_32_BITS = 5.0  # a 32 KiB SRAM


class Operations(NamedTuple):
    """What each layer of a shift-add network does for a vector, as counted: arrays (layers).

    Args:
        shifts: Activations shifted: one a term.
        additions: Additions to accumulators, subtractions too.
        comparisons: Of an activation with a weight of an adder layer.
        requantized: Accumulators multiplied and rounded to an activation.
        read_bits: Bits read from RAMs: weights, activations, parameters of outputs.
    """

    shifts: np.ndarray
    additions: np.ndarray
    comparisons: np.ndarray
    requantized: np.ndarray
    read_bits: np.ndarray


def shift_add_energy(counts: Operations, activation_width: int) -> np.ndarray:
    """pJ of each layer of a shift-add network for a vector, float64 (layers): an estimate.

    An accumulator is a register of its lane: only bits read from RAMs are counted as memory, each as its
    share of a 32-bit SRAM read. A comparison costs an addition as wide as activations. Queues,
    broadcast, clock and leakage are not counted.
    """
    shift, compare = ((INT8_SHIFT, INT8_ADD) if activation_width <= 8 else (INT32_SHIFT, INT32_ADD))
    return (np.asarray(counts.shifts) * shift
            + np.asarray(counts.additions) * INT32_ADD
            + np.asarray(counts.comparisons) * compare
            + np.asarray(counts.requantized) * (INT32_MULTIPLY + INT32_ADD)
            + np.asarray(counts.read_bits) * (SRAM_32_BITS / 32))


def multiply_energy(products: np.ndarray, requantized: np.ndarray,
                    number: Literal["fp32", "int8"]) -> np.ndarray:
    """pJ of each layer if every product is a multiplication, float64 (layers): what shift-add is held
    against.

    Each product reads its weight, multiplies and adds: in fp32, or 8 bits times 8 bits into 32. In int8
    outputs are requantized too.

    Args:
        products, requantized: Of a vector, arrays (layers).
    """
    if number == "fp32":
        return np.asarray(products) * (FP32_MULTIPLY + FP32_ADD + SRAM_32_BITS)
    return (np.asarray(products) * (INT8_MULTIPLY + INT32_ADD + SRAM_32_BITS / 4)
            + np.asarray(requantized) * (INT32_MULTIPLY + INT32_ADD))


def energy_report(network: Network, counts: Operations, activation_width: int) -> dict[str, Any]:
    """The same network in fp32, in int8 and as shift-add: nJ for a vector, each layer's and in all.

    ``layers`` and ``total`` have the operations, ``products`` (rows * columns: what multiplying takes
    their place), ``fp32_nj``, ``int8_nj``, ``shift_add_nj``, and the fractions that shift-add saves,
    ``saved_of_fp32`` and ``saved_of_int8``.
    """
    products = np.array([layer.rows * layer.columns for layer in network.layers])
    requantized = counts.requantized
    columns = {**counts._asdict(), "products": products,
               "fp32_nj": multiply_energy(products, requantized, "fp32") / 1000,
               "int8_nj": multiply_energy(products, requantized, "int8") / 1000,
               "shift_add_nj": shift_add_energy(counts, activation_width) / 1000}
    rows = [{name: float(column[k]) for name, column in columns.items()}
            for k in range(len(network.layers))]
    rows.append({name: float(column.sum()) for name, column in columns.items()})
    for row in rows:
        for number in ("fp32", "int8"):
            row[f"saved_of_{number}"] = 1 - row["shift_add_nj"] / row[f"{number}_nj"]
    return {"layers": rows[:-1], "total": rows[-1]}


def inference_energy(network: Network, config: Config, macs: np.ndarray) -> float:
    """pJ of one vector, the mean of those in ``macs``: an estimate, not a measurement.

    Counted: each useful multiply-accumulate with its entry read and its accumulator read and
    written, and each output's requantization. A shift-add product is all its shifts and their
    sum. A memory access costs its share of a 32-bit SRAM read; the upper bits of an index are read
    in layers that have them, two words for an entry that stays coded. Column tables, queues, codebooks,
    broadcast, clock and leakage are not counted. A binary product is an eighth of an 8-bit addition and
    a bit that is read. A shift-add array's term, or comparison, reads a weight; what the array does
    besides only the simulation counts (:func:`shift_add_energy`).

    Args:
        macs: Useful multiply-accumulates, int64 (vectors x layers).
    """
    if config.shift_add is not None:
        distances = np.array([isinstance(layer, AdderLayer) for layer in network.layers])
        terms = macs.mean(0)
        weight = weight_layout(config.shift_add.mode, config.shift_add.activation).size
        return float(shift_add_energy(Operations(
            shifts=terms * ~distances, additions=terms, comparisons=terms * distances,
            requantized=np.array([layer.rows for layer in network.layers]), read_bits=terms * weight),
            config.shift_add.activation.width).sum())
    if config.sparse is None:
        return float(macs.mean(0).sum() * (INT8_ADD / 8 + SRAM_32_BITS / 32))
    c = config.sparse
    narrow = c.weight.width <= 8 and c.activation.width <= 8
    entry = _index_bits(network, c) + c.weight.code_width
    if c.huffman == "memory":
        entry = np.full(len(network.layers), 2 * CODED_WORD)
    access = (entry + 2 * c.accumulator.width) / 32 * SRAM_32_BITS
    if c.weight.kind == "shift_add":
        product = c.weight.terms * (INT8_SHIFT if narrow else INT32_SHIFT)
        product += (c.weight.terms - 1) * INT32_ADD
    else:
        product = INT8_MULTIPLY if narrow else INT32_MULTIPLY
    each = product + INT32_ADD + access
    outputs = sum(layer.rows for layer in network.layers)
    return float(macs.mean(0) @ each + outputs * (INT32_MULTIPLY + INT32_ADD))


def _index_bits(network: Network, c: Sparse) -> np.ndarray:
    """Bits of an index that are read in each layer, int64 (layers)."""
    if c.index.stored == c.index.width:
        return np.full(len(network.layers), c.index.width)
    return np.array([c.index.width if has_upper(placement, c) else c.index.stored
                     for placement in place_within(network, c)])


def dense_energy(network: Network) -> float:
    """pJ of one vector computed densely in fp32, each weight read from a 32 KiB SRAM."""
    dense = np.array([layer.rows * layer.columns for layer in network.layers])
    return float(multiply_energy(dense, np.zeros(len(dense)), "fp32").sum())
