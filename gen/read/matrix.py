"""Bare matrices: dense ``.npy``, ``scipy.sparse`` ``.npz``, Matrix Market ``.mtx``."""

from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse as sp

from gen.read.npy import read_npy
from hw.errors import ThriftyError

__all__ = ["read_matrix"]

LONGEST = 1 << 17
"""Rows or columns that any configuration can hold."""


def read_matrix(path: Path) -> sp.csc_array:
    """A matrix (rows x columns) as int64 or float64, without stored zeros.

    Raises:
        ThriftyError: Not a matrix, complex, empty, or with values that are not finite or too large.
    """
    matrix = read_npy(path) if path.suffix == ".npy" else _sparse(path)
    if matrix.ndim != 2:
        raise ThriftyError(f"{path}: a matrix has 2 dimensions, this array has {matrix.ndim}")
    kind = matrix.dtype.kind
    if kind not in "buif":
        raise ThriftyError(f"{path}: weights of type {matrix.dtype} are not supported: use integers "
                           "or floats")
    rows, columns = matrix.shape
    if not (0 < rows <= LONGEST and 0 < columns <= LONGEST):
        raise ThriftyError(f"{path}: the matrix is {rows} x {columns}: from 1 to {LONGEST} rows and "
                           "columns are supported")
    # Unsigned numbers beyond int64 are too large as floats, too.
    matrix = matrix.astype(np.float64 if kind == "f" or matrix.dtype == np.uint64 else np.int64)
    matrix = sp.csc_array(matrix)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    _check_values(path, matrix, integers=kind != "f")
    return matrix if kind == "f" else matrix.astype(np.int64)


def _sparse(path: Path) -> sp.coo_array:
    try:
        if path.suffix == ".mtx":
            return sp.coo_array(scipy.io.mmread(path))
        matrix = sp.load_npz(path)
        if matrix.format in ("csc", "csr", "bsr"):
            matrix.check_format(full_check=True)  # conversions trust indices, to the point of crashing
        return sp.coo_array(matrix)
    except Exception as error:  # the readers of NumPy and SciPy raise nearly anything on damage
        raise ThriftyError(f"{path}: cannot be read as a matrix: {error}") from None


def _check_values(path: Path, matrix: sp.csc_array, integers: bool) -> None:
    if integers:
        bad = (matrix.data < -(1 << 31)) | (matrix.data >= 1 << 32)
        problem = "integers of at most 32 bits are supported: scale the weights down"
    else:
        bad, problem = ~np.isfinite(matrix.data), "weights must be finite"
    if bad.any():
        where, first = matrix.tocoo(), int(np.flatnonzero(bad)[0])
        raise ThriftyError(f"{path}: weight [{where.row[first]}, {where.col[first]}] is "
                           f"{where.data[first]}: {problem}")
