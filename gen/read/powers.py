"""A bare matrix as a shift layer."""

from pathlib import Path
from typing import Any

import numpy as np

from gen.compress.power_of_two import shift_from_float
from gen.network import AdderLayer, Network, ShiftLayer
from gen.read.matrix import read_matrix
from gen.terms import signed_digits
from hw.errors import ThriftyError
from hw.shift_add.layout import EXPONENT
from hw.shift_add.memories import TERMS

__all__ = ["shift_network"]

LARGEST = (1 << EXPONENT) - 1
"""The largest exponent."""


def shift_network(path: Path) -> Network:
    """A matrix (rows x columns) as one shift layer with raw outputs.

    Integers stay as they are, in as few terms as there can be; ThriftyError if one needs more than
    three, or an exponent above 15. A float becomes the power of two that is nearest by its logarithm,
    of the 16 largest that the matrix needs; ``meta["weight_scale"]`` times outputs approximate the
    float matrix's.
    """
    matrix = read_matrix(path).toarray()
    bias = np.zeros(len(matrix), np.int64)
    if matrix.dtype.kind == "f":
        top = int(np.rint(np.log2(np.abs(matrix).max()))) if matrix.any() else 0
        sign, exponent = (each[:, :, None] for each in shift_from_float(matrix, top - LARGEST, top))
        exponent = np.where(sign, exponent - (top - LARGEST), 0).astype(np.uint8)
        return _network(sign, exponent, bias, {"weight_scale": 2.0 ** (top - LARGEST)})
    values, codes = np.unique(matrix, return_inverse=True)
    digits = [signed_digits(value) for value in values.tolist()]
    terms = max(1, *map(len, digits))
    sign = np.zeros((len(values), terms), np.int8)
    exponent = np.zeros((len(values), terms), np.int64)
    for k, each in enumerate(digits):
        for n, (positive, power) in enumerate(each):
            sign[k, n], exponent[k, n] = positive, power
    bad = (np.abs(sign).sum(1) > TERMS) | (exponent > LARGEST).any(1)
    if bad.any():
        row, column = np.argwhere(bad[codes.reshape(matrix.shape)])[0]
        raise ThriftyError(f"{path}: weight [{row}, {column}] is {matrix[row, column]}, not a sum of at "
                           f"most {TERMS} signed powers of two up to 2**{LARGEST}: round it, or use a "
                           "table [sparse]")
    shape = (*matrix.shape, terms)
    return _network(sign[codes.ravel()].reshape(shape),
                    exponent[codes.ravel()].astype(np.uint8).reshape(shape), bias, {})


def _network(sign: np.ndarray, exponent: np.ndarray, bias: np.ndarray, meta: dict[str, Any]) -> Network:
    layers: list[ShiftLayer | AdderLayer] = [ShiftLayer(sign, exponent, bias)]
    return Network(layers, meta=meta)
