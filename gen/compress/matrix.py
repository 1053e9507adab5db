"""A bare matrix to a network of one layer with raw outputs."""

import numpy as np
import scipy.sparse as sp

from gen.compress.prune import prune
from gen.compress.share import share
from gen.network import Layer, Network
from gen.terms import representable
from hw.config import Compress

__all__ = ["matrix_network"]


def matrix_network(matrix: sp.csc_array, compress: Compress, weight_width: int,
                   codebook_size: int, terms: int | None) -> Network:
    """Integers stay as they are; floats are pruned, shared and rounded to integers.

    Args:
        matrix: int64 or float64 (rows x columns), no stored zeros.
        weight_width: Bits of a codebook word of a float matrix, signed.
        codebook_size: Distinct values that a float matrix may keep.
        terms: Shift-add terms of a weight of a float matrix; None: any integer will do.

    Returns:
        A network whose ``meta["weight_scale"]`` times its outputs approximate the float matrix's.
    """
    if matrix.dtype.kind == "f":
        matrix, scale = _to_integers(matrix, compress, weight_width, codebook_size, terms)
        meta = {"weight_scale": scale}
    else:
        meta = {}
    return Network([Layer(matrix, np.zeros(matrix.shape[0], np.int64))], meta=meta)


def _to_integers(matrix: sp.csc_array, compress: Compress, weight_width: int,
                 codebook_size: int, terms: int | None) -> tuple[sp.csc_array, float]:
    # The fraction counts every weight of the matrix, those that are zero already among them.
    drop = int(round(compress.prune * matrix.shape[0] * matrix.shape[1]))
    drop -= matrix.shape[0] * matrix.shape[1] - matrix.nnz
    if drop >= matrix.nnz or not matrix.nnz:
        return sp.csc_array(matrix.shape, dtype=np.int64), 1.0
    if drop > 0:
        matrix = matrix.copy()
        matrix.data = prune(matrix.data, drop / matrix.nnz)
        matrix.eliminate_zeros()
    # Fractions of the largest weight can neither overflow nor vanish.
    largest = np.abs(matrix.data).max()
    codebook, codes = share(matrix.data / largest, codebook_size, compress.seed)
    top = max(1, (1 << weight_width - 1) - 1)
    if terms is None:
        step = np.abs(codebook).max() / top
        values = np.rint(codebook / step).astype(np.int64)
    else:
        allowed = representable(top, terms)
        step = np.abs(codebook).max() / allowed[-1]
        values = allowed[np.searchsorted((allowed[1:] + allowed[:-1]) / 2, codebook / step)]
    result = sp.csc_array((values[codes], matrix.indices, matrix.indptr), shape=matrix.shape)
    result.eliminate_zeros()
    return result, float(largest * step)
