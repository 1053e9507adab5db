"""Bare matrices: dense ``.npy``, ``scipy.sparse`` ``.npz``, Matrix Market ``.mtx``."""

import zipfile
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse as sp

from hw.errors import ThriftyError

__all__ = ["read_matrix"]


def read_matrix(path: Path) -> sp.csc_array:
    """A matrix (rows x columns) as int64 or float64, without stored zeros.

    Raises:
        ThriftyError: Not a matrix, complex, empty, or with values that are not finite or too large.
    """
    try:
        if path.suffix == ".npy":
            loaded = np.load(path, allow_pickle=False)
            if loaded.ndim != 2:
                raise ThriftyError(f"{path}: a matrix has 2 dimensions, this array has "
                                   f"{loaded.ndim}")
            matrix = sp.csc_array(loaded)
        elif path.suffix == ".npz":
            matrix = sp.csc_array(sp.load_npz(path))
        else:
            matrix = sp.csc_array(scipy.io.mmread(path))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ThriftyError(f"{path}: cannot be read as a matrix: {error}") from None
    if 0 in matrix.shape:
        raise ThriftyError(f"{path}: the matrix is empty: {matrix.shape[0]} x {matrix.shape[1]}")
    kind = matrix.dtype.kind
    if kind in "bui":
        if kind == "u" and matrix.nnz and int(matrix.data.max()) >= 1 << 63:
            raise ThriftyError(f"{path}: weights up to {matrix.data.max()} are too large: at most 32 "
                               "bits are supported")
        matrix = matrix.astype(np.int64)
    elif kind == "f":
        matrix = matrix.astype(np.float64)
        if not np.isfinite(matrix.data).all():
            where = matrix.tocoo()
            bad = int(np.flatnonzero(~np.isfinite(where.data))[0])
            raise ThriftyError(f"{path}: weight [{where.row[bad]}, {where.col[bad]}] is "
                               f"{where.data[bad]}: weights must be finite")
    else:
        raise ThriftyError(f"{path}: weights of type {matrix.dtype} are not supported: use integers "
                           "or floats")
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix
