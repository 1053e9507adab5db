"""Vectors between files and packets."""

import numpy as np
import pytest

from gen.network import Network
from gen.vectors import check_accepted, read_inputs, result_values, vector_packets
from hw import packet
from hw.errors import ThriftyError
from hw.packet import Error, Kind
from tests.hw.binary.arrays import config as binary_config
from tests.hw.configs import config
from tests.hw.designs import network

NET = network(np.random.default_rng(0), (9, 7, 5))
CONFIG = config()


def read(path, array, **changes):
    np.save(path / "x.npy", array)
    return read_inputs(path / "x.npy", NET, config(**changes))


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">i2", "u8", "f2", "f8"])
def test_integers_of_any_type(dtype, tmp_path):
    values = (np.arange(27).reshape(3, 9) % 2).astype(dtype)
    result = read(tmp_path, values)
    assert result.dtype == np.int64 and (result == values).all()


def test_one_vector_may_be_flat(tmp_path):
    assert read(tmp_path, np.arange(9)).tolist() == [list(range(9))]


@pytest.mark.parametrize("signed, low, high", [(True, -128, 127), (False, 0, 255)])
def test_range(signed, low, high, tmp_path):
    values = np.array([[low, high] + [0] * 7])
    changes = {"sparse__activation__signed": signed}
    assert (read(tmp_path, values, **changes) == values).all()
    kind = "signed" if signed else "unsigned"
    for wrong in (low - 1, high + 1):
        values[0, 6] = wrong
        with pytest.raises(ThriftyError, match=rf"x\.npy: input \[0, 6\] is {wrong}, outside {low} to "
                           rf"{high}, the range of 8-bit {kind} activations: set sparse\.activation"):
            read(tmp_path, values, **changes)


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_only_integers(value, tmp_path):
    values = np.zeros((2, 9))
    values[1, 8] = value
    with pytest.raises(ThriftyError, match=rf"x\.npy: input \[1, 8\] is {value}: inputs must be int"):
        read(tmp_path, values)


@pytest.mark.parametrize("value", [np.inf, 1e300, (1 << 64) - 1])
def test_far_out_of_range(value, tmp_path):
    with pytest.raises(ThriftyError, match=r"input \[0, 0\] is .*, outside -128 to 127"):
        read(tmp_path, np.full((1, 9), value))


@pytest.mark.parametrize("shape, words", [
    ((3, 8), "3 x 8"), ((9, 3), "9 x 3"), ((8,), "1 x 8"), ((0, 9), "0 x 9"), ((1, 3, 9), "1 x 3 x 9"),
    ((), "of a single number")])
def test_shape(shape, words, tmp_path):
    with pytest.raises(ThriftyError, match=rf"x\.npy: inputs have shape {words}, but the network takes "
                       "vectors x 9, at least one vector"):
        read(tmp_path, np.zeros(shape, int))


def test_packets():
    packets = vector_packets(np.array([[0, -1, 127], [1, 2, -128]]), CONFIG)
    assert [packet.parse(each) for each in packets] == [
        (Kind.VECTOR, 0, b"\0\xff\x7f"), (Kind.VECTOR, 1, b"\1\2\x80")]
    wide = vector_packets(np.array([[-2, 300]]), config(sparse__activation__width=12))
    assert packet.parse(wide[0])[2] == b"\xfe\xff\x2c\x01"


def test_bipolar_inputs_have_no_zero(tmp_path):
    values = np.where(np.arange(18).reshape(2, 9) % 4, 1, -1)
    for dtype in ("i1", ">i4", "f4"):
        np.save(tmp_path / "x.npy", values.astype(dtype))
        assert (read_inputs(tmp_path / "x.npy", NET, binary_config()) == values).all()
    for wrong in (0, 2, -3):
        values[1, 7] = wrong
        np.save(tmp_path / "x.npy", values)
        with pytest.raises(ThriftyError, match=rf"x\.npy: input \[1, 7\] is {wrong}, but bipolar inputs "
                           r"are -1 or \+1: there is no zero to pad with; pad with a sign and correct "
                           r"the thresholds, or set binary\.activation\.width = 2"):
            read_inputs(tmp_path / "x.npy", NET, binary_config())


def test_bipolar_inputs_of_a_network_that_asks_for_them(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 9), int))
    with pytest.raises(ThriftyError, match="correct the thresholds$"):
        read_inputs(tmp_path / "x.npy", Network(NET.layers, 1, True), binary_config())


def test_range_of_planes(tmp_path):
    for signed, low, high in ((True, -4, 3), (False, 0, 7)):
        c = binary_config(activation={"width": 3, "signed": signed})
        values = np.array([[low, high] + [1] * 7])
        np.save(tmp_path / "x.npy", values)
        assert (read_inputs(tmp_path / "x.npy", NET, c) == values).all()
        np.save(tmp_path / "x.npy", values + 1)
        with pytest.raises(ThriftyError, match=rf"input \[0, 1\] is {high + 1}, outside {low} to "
                           rf"{high}, the range of 3-bit .*signed activations: set binary\.activation"):
            read_inputs(tmp_path / "x.npy", NET, c)


def test_chunks_of_32_inputs():
    """Each word of ``simd`` inputs is filled up with the lowest number."""
    c = binary_config(simd=34, pes=2)
    vector = np.ones((1, 40), int)
    vector[0, 33] = -1
    (data,) = vector_packets(vector, c)
    assert packet.parse(data)[2] == np.array([0xFFFFFFFF, 0b01, 0b111111], "<u4").tobytes()
    for signed, filler in ((True, 0xFC), (False, 0)):
        c = binary_config(activation={"width": 3, "signed": signed})
        (data,) = vector_packets(np.array([[3] * 10 + [1, 2]]), c)
        assert packet.parse(data)[2] == bytes([3] * 10 + [filler] * 22 + [1, 2] + [filler] * 30)


def test_sequence_numbers_wrap():
    packets = vector_packets(np.zeros((65_537, 1), int), CONFIG)
    assert [packet.parse(packets[k])[1] for k in (65_535, 65_536)] == [65_535, 0]


@pytest.mark.parametrize("width, signed, dtype", [
    (24, True, "<i4"), (32, False, "<u4"), (33, True, "<i8"), (46, False, "<u8")])
def test_results(width, signed, dtype):
    c = config(sparse__accumulator={"width": width, "signed": signed},
               sparse__activation__signed=signed, sparse__weight__signed=signed)
    values = np.array([0, 1, (1 << width - 1) - 1, 7, -5 if signed else 5])
    answer = packet.build(Kind.RESULT, values.astype(dtype).tobytes(), sequence=0)
    assert (result_values(answer, 65_536, NET, c) == values).all()


@pytest.mark.parametrize("answer, message", [
    (b"\0" * 12, "result 1 arrived damaged: CRC-32 mismatch"),
    (packet.build(Kind.RESULT, bytes(16), sequence=1), "vector 1: unexpected answer.* 4 elements"),
    (packet.build(Kind.RESULT, bytes(20), sequence=2), "vector 1: unexpected answer.* number 2"),
    (packet.build(Kind.VECTOR, bytes(20), sequence=1), "vector 1: unexpected answer: type 0x2"),
    (packet.build(Kind.STATUS, bytes([Error.LENGTH, 0, 0, 0]), sequence=2),
     "vector 2: the hardware reports: a packet's length does not match"),
    (packet.build(Kind.STATUS, b"\x63\0\0\0", sequence=1),
     "vector 1: the hardware reports: unknown error 99"),
], ids=range(6))
def test_wrong_results(answer, message):
    with pytest.raises(ThriftyError, match=message):
        result_values(answer, 1, NET, CONFIG)


def test_answers_to_an_image():
    check_accepted(packet.build(Kind.STATUS, bytes(4)), "here")
    for answer, message in (
            (packet.build(Kind.STATUS, bytes([Error.CONFIGURATION, 0, 0, 0])),
             "here: the hardware refuses the image: the image was compiled for another"),
            (packet.build(Kind.STATUS, b"\x63\0\0\0"), "refuses the image: unknown error 99"),
            (packet.build(Kind.IMAGE, b"\x63\0\0\0"), "unexpected answer to the image: type 0x1"),
            (b"", "here: damaged answer to the image")):
        with pytest.raises(ThriftyError, match=message):
            check_accepted(answer, "here")
