"""Energy of an inference, from the operations that it takes (45 nm)."""

import numpy as np

from gen.network import Network
from gen.sparse import has_upper, place_within
from hw.config import Config, Sparse
from hw.sparse.layout import CODED_WORD

__all__ = ["dense_energy", "inference_energy"]

# pJ at 45 nm: Horowitz, "Computing's energy problem", ISSCC 2014, as quoted by EIE (ISCA 2016).
INT8_ADD, INT32_ADD = 0.03, 0.1
INT8_MULTIPLY, INT32_MULTIPLY = 0.2, 3.1
FP32_ADD, FP32_MULTIPLY = 0.9, 3.7
INT8_SHIFT, INT32_SHIFT = 0.024, 0.13  # 45 nm as well: ShiftAddNet, NeurIPS 2020
SRAM_32_BITS = 5.0  # a 32 KiB SRAM


def inference_energy(network: Network, config: Config, macs: np.ndarray) -> float:
    """pJ of one vector, the mean of those in ``macs``: an estimate, not a measurement.

    Counted: each useful multiply-accumulate with its entry read and its accumulator read and
    written, and each output's requantization. A shift-add product is all its shifts and their
    sum. A memory access costs its share of a 32-bit SRAM read; the upper bits of an index are read
    in layers that have them, two words for an entry that stays coded. Column tables, queues, codebooks,
    broadcast, clock and leakage are not counted. A binary product is an eighth of an 8-bit addition and
    a bit that is read.

    Args:
        macs: Useful multiply-accumulates, int64 (vectors x layers).
    """
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
    dense = sum(layer.rows * layer.columns for layer in network.layers)
    return dense * (FP32_MULTIPLY + FP32_ADD + SRAM_32_BITS)
