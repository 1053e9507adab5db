"""Matrices of two values."""

import numpy as np
import pytest

from gen.read import read_network
from gen.read.signs import sign_network
from hw.config import Compress
from hw.errors import ThriftyError


def read(path, array):
    np.save(path / "w.npy", array)
    return sign_network(path / "w.npy")


@pytest.mark.parametrize("dtype", ["i1", ">i2", "i8", "f2", "f4", ">f8"])
def test_two_values(dtype, tmp_path):
    values = np.where(np.arange(15).reshape(3, 5) % 4, 3, -3)
    net = read(tmp_path, values.astype(dtype))
    assert (net.binary_layers[0].weight == np.sign(values)).all() and net.meta == {"weight_scale": 3.0}
    assert net.binary_layers[0].thresholds is None and net.activation_width is None


def test_one_value_is_enough(tmp_path):
    for value in (1, -1):
        assert (read(tmp_path, np.full((2, 3), value)).layers[0].weight == value).all()
    for kind in ("i1", "i8"):
        net = read(tmp_path, np.full((2, 3), np.iinfo(kind).min, kind))
        assert (net.layers[0].weight == -1).all()
        assert net.meta["weight_scale"] == -float(np.iinfo(kind).min)


@pytest.mark.parametrize("bad, scale", [(0.0, "1"), (-0.5, "1"), (2, "1"), (np.nan, "1"), (np.inf, "1")])
def test_other_values(bad, scale, tmp_path):
    values = np.where(np.arange(15).reshape(3, 5) % 4, 1.0, -1.0)
    values[0, 0] = bad
    with pytest.raises(ThriftyError) as caught:
        read(tmp_path, values)
    assert str(caught.value) == (
        f"{tmp_path}/w.npy: weight [0, 0] is {float(bad)}, others are {scale} or -{scale}: binary "
        "weights have two values, -s and +s; take their signs, or use a table [sparse]")


def test_integers_without_a_counterpart(tmp_path):
    with pytest.raises(ThriftyError, match=r"weight \[0, 0\] is 127, others are 128 or -128"):
        read(tmp_path, np.array([[127, -128]], "i1"))


@pytest.mark.parametrize("array", [np.zeros((2, 3)), np.full((2, 3), np.nan)])
def test_no_sign_at_all(array, tmp_path):
    with pytest.raises(ThriftyError, match=r"weight \[0, 0\] is (0.0|nan), others are 0 or -0"):
        read(tmp_path, array)


@pytest.mark.parametrize("array, message", [
    (np.ones(3), "the array is 3: a matrix of 1 to 65536 rows and columns is needed"),
    (np.ones(()), "the array is a single number: a matrix"),
    (np.ones((0, 3)), "the array is 0 x 3: a matrix"),
    (np.ones((1, (1 << 16) + 1), "i1"), "the array is 1 x 65537: a matrix"),
    (np.ones((2, 3), "u1"), "weights of type uint8 are not supported: use integers or floats, -1 and"),
    (np.ones((2, 3), bool), "weights of type bool are not supported"),
])
def test_not_a_matrix_of_signs(array, message, tmp_path):
    with pytest.raises(ThriftyError, match=message):
        read(tmp_path, array)


def test_other_files(tmp_path):
    (tmp_path / "w.mtx").write_text("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n")
    with pytest.raises(ThriftyError, match=r"w\.mtx: a matrix for the binary array comes as \.npy"):
        read_network(tmp_path / "w.mtx", Compress(), 8, 16, kind="binary")
    np.save(tmp_path / "w.npy", np.ones((2, 3)))
    assert read_network(tmp_path / "w.npy", Compress(), 8, 16, kind="binary").kind == "binary"
    assert read_network(tmp_path / "w.npy", Compress(), 8, 16).kind == "sparse"
