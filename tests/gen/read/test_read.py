"""Which reader a file gets, and what a bare matrix becomes."""

import shutil

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import dump
from gen.read import read_network
from hw.config import Compress
from hw.errors import ThriftyError
from tests.gen.command import matrix
from tests.hw.designs import network

AS_IT_IS = Compress()


def read(path, compress=AS_IT_IS, width=8, size=16):
    return read_network(path, compress, width, size)


def weights(path, **options):
    return read(path, **options).layers[0].weight.toarray()


@pytest.fixture
def floats(tmp_path):
    array = np.random.default_rng(3).normal(size=(12, 20))
    np.save(tmp_path / "f.npy", array)
    return tmp_path / "f.npy", array


def test_a_network_and_a_sparse_matrix_share_a_suffix(tmp_path):
    net = network(np.random.default_rng(0), (9, 7, 5))
    (tmp_path / "net.npz").write_bytes(dump(net))
    sp.save_npz(tmp_path / "matrix.npz", sp.csr_array(matrix()))
    assert [layer.rows for layer in read(tmp_path / "net.npz").layers] == [7, 5]
    assert (weights(tmp_path / "matrix.npz") == matrix()).all()


def test_integers_stay_as_they_are(tmp_path):
    many = np.arange(-300, 300).reshape(20, 30)
    np.save(tmp_path / "w.npy", many)
    result = read(tmp_path / "w.npy", Compress(prune=0.5), 4, 2)
    assert (result.layers[0].weight.toarray() == many).all()
    assert result.layers[0].multiplier is None and not result.layers[0].bias.any()
    assert result.activation_width is None and result.meta == {}


@pytest.mark.parametrize("width, size", [(8, 16), (4, 256), (2, 4), (32, 16), (16, 256)])
def test_floats_are_shared_and_rounded(width, size, floats):
    path, array = floats
    result = read(path, width=width, size=size)
    values = result.layers[0].weight.toarray()
    assert len(np.unique(values[values != 0])) <= size
    assert np.abs(values).max() == (1 << width - 1) - 1
    step = result.meta["weight_scale"]
    if width == 16:  # wide enough for 240 of 240 weights as they were
        assert np.abs(values * step - array).max() <= step / 2


@pytest.mark.parametrize("fraction, kept", [(0, 240), (0.5, 120), (0.9, 24), (0.999, 0)])
def test_prune(fraction, kept, floats):
    path, array = floats
    values = weights(path, compress=Compress(prune=fraction), size=256, width=32)
    assert np.count_nonzero(values) == kept
    assert kept == 0 or np.abs(array[values == 0]).max(initial=0) < np.abs(array[values != 0]).min()


@pytest.mark.parametrize("scale", [1e300, 1e-300, 5e-324, 2e307])
def test_weights_of_any_magnitude(scale, tmp_path, recwarn):
    np.save(tmp_path / "f.npy", np.array([[8, -8, 0], [4, 8, 0]]) * scale)
    assert weights(tmp_path / "f.npy").tolist() == [[127, -127, 0], [64, 127, 0]]
    assert not recwarn.list


def test_floats_that_are_all_zero(tmp_path):
    np.save(tmp_path / "f.npy", np.zeros((3, 4)))
    assert weights(tmp_path / "f.npy").tolist() == [[0] * 4] * 3


def test_unknown_files(tmp_path):
    (tmp_path / "w.txt").write_text("1 2 3")
    with pytest.raises(ThriftyError, match=r"w\.txt: unknown kind of file: expected a thrifty network "
                       r"or a matrix, \.npy, \.npz, \.mtx"):
        read(tmp_path / "w.txt")
    for path in (tmp_path, tmp_path / "nothing.npy"):
        with pytest.raises(ThriftyError, match="no such file"):
            read(path)


def test_files_that_are_not_what_their_names_say(tmp_path):
    np.save(tmp_path / "w.npy", matrix())
    shutil.copy(tmp_path / "w.npy", tmp_path / "w.npz")
    with pytest.raises(ThriftyError, match=r"w\.npz: truncated, damaged, or not an \.npz file"):
        read(tmp_path / "w.npz")
    np.savez(tmp_path / "other.npz", a=matrix())
    with pytest.raises(ThriftyError, match="cannot be read as a matrix: .*does not contain a sparse"):
        read(tmp_path / "other.npz")
    shutil.copy(tmp_path / "other.npz", tmp_path / "zip.npy")
    with pytest.raises(ThriftyError, match=r"zip\.npy: cannot be read as \.npy"):
        read(tmp_path / "zip.npy")
