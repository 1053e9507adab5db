"""A bare matrix of two values as a binary network."""

from pathlib import Path

import numpy as np

from gen.compress.binarize import binarize
from gen.network import BinaryLayer, Network
from gen.read.npy import read_npy
from hw.errors import ThriftyError

__all__ = ["sign_network"]

LONGEST = 1 << 16
"""Rows or columns that any configuration can hold."""


def sign_network(path: Path) -> Network:
    """A matrix of -s and +s (rows x columns, ``.npy``) as one layer with raw outputs.

    ``meta["weight_scale"]`` is s: times it, outputs are the matrix's. ThriftyError for other values.
    """
    if path.suffix != ".npy":
        raise ThriftyError(f"{path}: a matrix for the binary array comes as .npy: it has no zeros to "
                           "leave out")
    matrix = read_npy(path)
    if matrix.ndim != 2 or not all(0 < size <= LONGEST for size in matrix.shape):
        shape = " x ".join(map(str, matrix.shape)) or "a single number"
        raise ThriftyError(f"{path}: the array is {shape}: a matrix of 1 to {LONGEST} rows and columns "
                           "is needed")
    if matrix.dtype.kind not in "if":
        raise ThriftyError(f"{path}: weights of type {matrix.dtype} are not supported: use integers or "
                           "floats, -1 and +1")
    # Of integers as unsigned ones: the smallest has no counterpart.
    size = np.abs(matrix) if matrix.dtype.kind == "f" else np.abs(matrix.astype("i8")).view("u8")
    # The commonest magnitude, so that what differs from it is the weight that is named.
    sizes, counts = np.unique(size[np.isfinite(matrix)], return_counts=True)
    scale = sizes[counts == counts.max(initial=0)].max(initial=0)
    bad = np.argwhere((size != scale) | (scale == 0))
    if len(bad):
        row, column = bad[0]
        raise ThriftyError(f"{path}: weight [{row}, {column}] is {matrix[row, column]}, others are "
                           f"{scale:g} or -{scale:g}: binary weights have two values, -s and +s; take "
                           "their signs, or use a table [sparse]")
    layer = BinaryLayer(binarize(matrix))
    return Network([layer], meta={"weight_scale": float(scale)})
