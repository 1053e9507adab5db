"""Reading of bare matrices: what comes out, and what is refused with which words."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp

from gen.read.matrix import LONGEST, read_matrix
from hw.errors import ThriftyError
from tests.gen.command import matrix

COORDINATE = "%%MatrixMarket matrix coordinate {} general\n"


def read(path, array):
    np.save(path / "w.npy", array)
    return read_matrix(path / "w.npy")


def market(path, text):
    (path / "w.mtx").write_text(text)
    return read_matrix(path / "w.mtx")


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", ">i4", "i8", "u8", "f2", ">f4", "f8", "g"])
def test_dense(dtype, tmp_path):
    weights = matrix().clip(0).astype(dtype)
    result = read(tmp_path, weights)
    assert result.dtype == (np.float64 if weights.dtype.kind == "f" else np.int64)
    assert result.format == "csc" and (result.toarray() == weights).all()
    assert result.nnz == np.count_nonzero(weights)


@pytest.mark.parametrize("array", [
    np.array([[0]]), np.array([[-1]]), np.array([[-(1 << 31), (1 << 32) - 1]]), np.zeros((3, 4)),
    np.zeros((3, 4), int), matrix()[:1], matrix()[:, :1], np.asfortranarray(matrix()),
    np.pad(matrix(), 3),
], ids=lambda array: f"{array.shape[0]}x{array.shape[1]}")
def test_shapes(array, tmp_path):
    assert (read(tmp_path, array).toarray() == array).all()


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("dtype", ["i4", "f8"])
def test_scipy_sparse(kind, dtype, tmp_path):
    sp.save_npz(tmp_path / "w.npz", sp.coo_array(matrix().astype(dtype)).asformat(kind))
    result = read_matrix(tmp_path / "w.npz")
    assert result.dtype.kind == dtype[0] and (result.toarray() == matrix()).all()


def test_stored_zeros_and_duplicates(tmp_path):
    sp.save_npz(tmp_path / "w.npz", sp.coo_array(
        ([0, 5, 2, 1], ([0, 1, 1, 2], [0, 1, 1, 0])), shape=(3, 2)))
    result = read_matrix(tmp_path / "w.npz")
    assert result.data.tolist() == [1, 7] and result.has_canonical_format


@pytest.mark.parametrize("options, weights", [
    ({}, matrix()), ({}, matrix() * 0.5), ({"field": "pattern"}, matrix() != 0),
    ({"symmetry": "symmetric"}, matrix(5, 5) + matrix(5, 5).T),
    ({"symmetry": "skew-symmetric"}, matrix(5, 5) - matrix(5, 5).T),
], ids=["integer", "real", "pattern", "symmetric", "skew"])
@pytest.mark.parametrize("form", [sp.coo_array, np.asarray])
def test_matrix_market(options, weights, form, tmp_path):
    if "field" in options:
        form = sp.coo_array  # a dense pattern does not exist
    scipy.io.mmwrite(tmp_path / "w.mtx", form(weights), **options)
    assert (read_matrix(tmp_path / "w.mtx").toarray() == weights).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_must_be_finite(value, tmp_path):
    weights = matrix().astype(float)
    weights[3, 4] = value
    with pytest.raises(ThriftyError, match=rf"w\.npy: weight \[3, 4\] is {value}: weights must be f"):
        read(tmp_path, weights)


@pytest.mark.parametrize("value", [1 << 32, -(1 << 31) - 1, -(1 << 63), (1 << 64) - 1])
def test_weights_must_fit_32_bits(value, tmp_path):
    with pytest.raises(ThriftyError, match=r"w\.npy: weight \[1, 0\] is .*: integers of at most 32 "):
        read(tmp_path, np.array([[1], [value]], "u8" if value >= 1 << 63 else "i8"))


@pytest.mark.parametrize("array, message", [
    (np.arange(4), "a matrix has 2 dimensions, this array has 1"),
    (np.array(4), "a matrix has 2 dimensions, this array has 0"),
    (np.zeros((2, 2, 2)), "a matrix has 2 dimensions, this array has 3"),
    (np.zeros((0, 3)), f"the matrix is 0 x 3: from 1 to {LONGEST} rows and columns"),
    (np.zeros((3, 0)), f"the matrix is 3 x 0: from 1 to {LONGEST} rows and columns"),
    (np.zeros((1, LONGEST + 1), "i1"), f"the matrix is 1 x {LONGEST + 1}: from 1 to {LONGEST}"),
    (np.zeros((2, 2), complex), "numbers of type complex128 are not supported"),
], ids=lambda value: value if isinstance(value, str) else "array")
def test_not_a_matrix(array, message, tmp_path):
    with pytest.raises(ThriftyError, match=message):
        read(tmp_path, array)


@pytest.mark.parametrize("text, message", [
    ("", "Missing banner"), (COORDINATE.format("integer"), "Premature EOF"),
    (COORDINATE.format("integer") + "3 3\n", "Invalid integer"),
    (COORDINATE.format("integer") + "3 3 2\n1 1 5\n", "Truncated file"),
    (COORDINATE.format("integer") + "3 3 1\n4 1 5\n", "Row index out of bounds"),
    (COORDINATE.format("integer") + "3 3 1\n0 1 5\n", "Row index out of bounds"),
    (COORDINATE.format("integer") + "3 3 1\n1 1 x\n", "Invalid integer"),
    (COORDINATE.format("integer") + f"3 3 1\n1 1 {10**30}\n", "Integer out of range"),
    (COORDINATE.format("integer") + f"3 3 {10**13}\n1 1 5\n", "Unable to allocate"),
    (COORDINATE.format("integer") + f"{10**11} {10**11} 1\n1 1 5\n", "from 1 to 131072 rows"),
    (COORDINATE.format("complex") + "3 3 1\n1 1 5 5\n", "weights of type complex128"),
    (COORDINATE.format("real") + "3 3 1\n1 1 1e999\n", r"weight \[0, 0\] is inf"),
], ids=lambda value: value[:20] if "%" not in value else "file")
def test_bad_matrix_market(text, message, tmp_path):
    with pytest.raises(ThriftyError, match=rf"w\.mtx: .*{message}"):
        market(tmp_path, text)


@pytest.mark.parametrize("changes, message", [
    ({"indices": [0, 700]}, "indices must be < 3"), ({"indices": [0, -1]}, "indices must be >= 0"),
    ({"indptr": [0, 2, 1]}, "non-decreasing"), ({"indptr": [0, 1, 9]}, "index pointer"),
    ({"shape": [2, 3, 4]}, "shape"), ({"format": b"xyz"}, "Unknown format"),
    ({"data": np.array([None, 1], object)}, "Object arrays cannot be loaded"),
    ({"data": None}, "data is not a file"), ({"format": None}, "does not contain a sparse"),
], ids=str)
def test_scipy_files_whose_parts_disagree(changes, message, tmp_path):
    parts = {"format": b"csr", "data": [1, 2], "indices": [0, 1], "indptr": [0, 1, 2], "shape": [2, 3]}
    parts |= changes
    np.savez(tmp_path / "w.npz", **{name: part for name, part in parts.items() if part is not None})
    with pytest.raises(ThriftyError, match=rf"w\.npz: cannot be read as a matrix: .*{message}"):
        read_matrix(tmp_path / "w.npz")


def test_one_dimensional_sparse(tmp_path):
    sp.save_npz(tmp_path / "w.npz", sp.coo_array(np.array([1, 0, 2])))
    with pytest.raises(ThriftyError, match="a matrix has 2 dimensions, this array has 1"):
        read_matrix(tmp_path / "w.npz")


def test_truncated_and_bent_scipy_files(tmp_path):
    sp.save_npz(tmp_path / "w.npz", sp.csr_array(matrix()))
    data = (tmp_path / "w.npz").read_bytes()
    for size in range(0, len(data), 61):
        (tmp_path / "w.npz").write_bytes(data[:size])
        with pytest.raises(ThriftyError, match=r"w\.npz: cannot be read as a matrix: "):
            read_matrix(tmp_path / "w.npz")
    for place in range(0, len(data), 5):
        (tmp_path / "w.npz").write_bytes(data[:place] + b"\x5a" + data[place + 1:])
        try:
            bent = read_matrix(tmp_path / "w.npz")
        except ThriftyError:
            continue
        assert (bent.toarray() == matrix()).all()  # the byte did not matter
