"""Reading of ``.npy`` files, sound and otherwise."""

import pickle

import numpy as np
import pytest

from gen.read.npy import read_npy
from hw.errors import ThriftyError


@pytest.mark.parametrize("dtype", ["?", "i1", ">i4", "u8", "f2", ">f8", "g"])
def test_numbers_of_any_width_and_byte_order(dtype, tmp_path):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(tmp_path / "a.npy", array)
    assert (read_npy(tmp_path / "a.npy") == array).all()


@pytest.mark.parametrize("dtype", ["c16", "U3", "S2", "M8[s]", [("a", "i4")]], ids=str)
def test_other_types_are_refused(dtype, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2), dtype))
    with pytest.raises(ThriftyError, match=r"a\.npy: numbers of type .* are not supported: use int"):
        read_npy(tmp_path / "a.npy")


def test_nothing_in_a_file_is_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").touch, ()

    np.save(tmp_path / "object.npy", np.array([Trap()], object), allow_pickle=True)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(Trap()))
    for name, message in (("object.npy", "Object arrays cannot be loaded"),
                          ("pickle.npy", "the magic string is not correct")):
        with pytest.raises(ThriftyError, match=message):
            read_npy(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_every_truncation_is_noticed(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(30).reshape(5, 6))
    data = (tmp_path / "a.npy").read_bytes()
    for size in range(0, len(data), 7):
        (tmp_path / "a.npy").write_bytes(data[:size])
        with pytest.raises(ThriftyError, match=r"a\.npy: cannot be read as \.npy: "):
            read_npy(tmp_path / "a.npy")


def test_headers_that_lie(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(30))
    data = (tmp_path / "a.npy").read_bytes()
    for old, new in ((b"(30,)", b"(9e9)"), (b"(30,)", b"(-1,)"), (b"'<i8'", b"'<x8'"),
                     (b"{", b"["), (b"(30,)", b"0x9,,"), (b"shape", b"shame")):
        assert old in data
        (tmp_path / "a.npy").write_bytes(data.replace(old, new))
        with pytest.raises(ThriftyError, match=r"a\.npy: cannot be read as \.npy: "):
            read_npy(tmp_path / "a.npy")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ThriftyError, match=r"nothing\.npy: no such file"):
        read_npy(tmp_path / "nothing.npy")
    with pytest.raises(ThriftyError, match="cannot be read as .npy: .*Is a directory"):
        read_npy(tmp_path)
