"""Readers: one a format. ``read_network`` looks at the file and picks the reader."""

import zipfile
from pathlib import Path

from gen.compress.matrix import matrix_network
from gen.network import Network, load
from gen.read.matrix import read_matrix
from gen.read.powers import shift_network
from gen.read.signs import sign_network
from hw.config import Compress
from hw.errors import ThriftyError

__all__ = ["read_network"]

SUFFIXES = (".npy", ".npz", ".mtx")


def read_network(path: Path, compress: Compress, weight_width: int, codebook_size: int,
                 terms: int | None = None, *, kind: str = "sparse") -> Network:
    """A network file as it is, or a bare matrix as a network of one layer.

    Args:
        compress, weight_width, codebook_size, terms: What becomes of a float matrix; see
            ``gen.compress.matrix``.
        kind: What a matrix becomes, by the table of the engine that runs it: "sparse", "binary" (see
            ``gen.read.signs``) or "shift_add" (see ``gen.read.powers``).
    """
    if not path.is_file():
        raise ThriftyError(f"{path}: no such file")
    if path.suffix not in SUFFIXES:
        raise ThriftyError(f"{path}: unknown kind of file: expected a thrifty network or a matrix, "
                           f"{', '.join(SUFFIXES)}")
    if path.suffix == ".npz" and _is_network(path):
        return load(path)
    if kind == "binary":
        return sign_network(path)
    if kind == "shift_add":
        return shift_network(path)
    return matrix_network(read_matrix(path), compress, weight_width, codebook_size, terms)


def _is_network(path: Path) -> bool:
    """A zip with ``meta`` is a network; scipy's sparse matrices have ``format`` instead."""
    try:
        with zipfile.ZipFile(path) as file:
            return "meta.npy" in file.namelist()
    except Exception as error:  # zipfile raises more than BadZipFile on damage
        raise ThriftyError(f"{path}: truncated, damaged, or not an .npz file ({error})") from None
