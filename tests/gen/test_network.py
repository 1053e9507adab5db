import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import BinaryLayer, Layer, Network, dump, load
from hw.errors import ThriftyError
from tests.hw.designs import network


def values(array: np.ndarray | None) -> list | None:
    return None if array is None else [str(array.dtype), array.tolist()]


def same(one: Network, other: Network) -> bool:
    def part(layer):
        if isinstance(layer, BinaryLayer):
            return [values(each) for each in (layer.weight, layer.thresholds, layer.scale, layer.bias)]
        return (layer.weight.toarray().tolist(), layer.bias.tolist(), layer.relu, layer.shift,
                layer.density, None if layer.multiplier is None else layer.multiplier.tolist())

    def parts(net):
        return [part(layer) for layer in net.layers]

    return parts(one) == parts(other) and (
        one.activation_width, one.activation_signed, one.meta) == (
        other.activation_width, other.activation_signed, other.meta)


def example(seed: int = 0) -> Network:
    net = network(np.random.default_rng(seed), (9, 7, 5), bias=1 << 40)
    return Network(net.layers, 8, True, {"accuracy": 0.98, "note": "ä"})


def binary_example(seed: int = 0, scaled: bool = False) -> Network:
    """11 bipolar inputs, 8 levels of 2 thresholds, 9 signs, 3 accumulators."""
    rng = np.random.default_rng(seed)

    def signs(rows: int, columns: int) -> np.ndarray:
        return rng.choice(np.array([-1, 1], np.int8), (rows, columns))

    last = BinaryLayer(signs(3, 9), None, *(rng.integers(1, 1 << 40, (2, 3)) if scaled else ()))
    return Network([
        BinaryLayer(signs(8, 11), np.sort(rng.integers(-11, 13, (8, 2)), axis=1)),
        BinaryLayer(signs(9, 8), rng.integers(-8, 10, (9, 1))), last,
    ], 1, True, {"accuracy": 0.93})


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "net.thrifty"
    path.write_bytes(data)
    return path


NETWORKS = {
    "example": example(),
    "no_formats": Network(example().layers),
    "densities": Network([dataclasses.replace(layer, density=density) for layer, density in zip(
        example().layers, (0.25, 1.0), strict=True)]),
    "empty": Network([Layer(sp.csc_array((3, 4), dtype=np.int64), np.zeros(3, np.int64))]),
    "many_values": network(np.random.default_rng(1), (40, 30), density=1.0,
                           values=range(-5000, 5000)),
    "large_values": network(np.random.default_rng(1), (3, 3), values=[-(1 << 62), 1 << 62]),
    "many_rows": Network([Layer(sp.csc_array(([7], ([70_000], [1])), shape=(70_001, 2),
                                             dtype=np.int64), np.zeros(70_001, np.int64))]),
}


@pytest.mark.parametrize("net", NETWORKS.values(), ids=NETWORKS)
def test_load_reads_what_dump_wrote(net, tmp_path):
    assert same(load(written(tmp_path, dump(net))), net) or net.layers[0].rows > 1000
    again = load(written(tmp_path, dump(net))).layers[0].weight
    assert (again != net.layers[0].weight).nnz == 0 and again.shape == net.layers[0].weight.shape


def signs_of(rows: list[list[int]]) -> Network:
    return Network([BinaryLayer(np.array(rows, np.int8))])


BINARY = {
    "example": binary_example(),
    "scaled": binary_example(1, scaled=True),
    "one_weight": signs_of([[-1]]),
    "only_bias": Network([BinaryLayer(np.ones((2, 8), np.int8), bias=np.array([-1 << 62, 5]))]),
    "only_scale": Network([BinaryLayer(np.ones((2, 16), np.int8), scale=np.array([3, 1]))]),
    "equal_thresholds": Network([BinaryLayer(np.ones((1, 3), np.int8), np.array([[2, 2, 4]]))]),
} | {f"thresholds_{bits}": Network([BinaryLayer(np.ones((1, 3), np.int8),
                                                np.array([[-1 << bits, (1 << bits) - 1]]))])
     for bits in (15, 16, 31, 32, 63)}


@pytest.mark.parametrize("net", BINARY.values(), ids=BINARY)
def test_binary_load_reads_what_dump_wrote(net, tmp_path):
    assert same(load(written(tmp_path, dump(net))), net)


def test_signs_are_a_bit_each():
    with np.load(io.BytesIO(dump(signs_of([[1, -1, -1, -1, -1, -1, -1, 1, -1, 1], [-1] * 10])))) as file:
        assert file["0.signs"].dtype == np.uint8 and file["0.signs"].tolist() == [[129, 2], [0, 0]]


@pytest.mark.parametrize("low, high, kind", [
    (-32768, 32767, "<i2"), (-32769, 0, "<i4"), (0, 32768, "<i4"), (-(1 << 31), (1 << 31) - 1, "<i4"),
    (0, 1 << 31, "<i8")])
def test_thresholds_are_stored_small(low, high, kind):
    net = Network([BinaryLayer(np.ones((1, 3), np.int8), np.array([[low, high]]))])
    with np.load(io.BytesIO(dump(net))) as file:
        assert file["0.thresholds"].dtype.str == kind


def test_same_binary_network_same_bytes():
    assert dump(binary_example()) == dump(binary_example())
    assert dump(binary_example()) != dump(binary_example(1))


def test_a_sparse_network_has_no_kind():
    with np.load(io.BytesIO(dump(example()))) as file:
        assert all("kind" not in head for head in json.loads(file["meta"].tobytes())["layers"])


def test_sparse_layers():
    net = example()
    assert net.sparse_layers == net.layers
    with pytest.raises(ThriftyError, match="the network is binary, and the sparse engine does not"):
        _ = binary_example().sparse_layers


def test_same_network_same_bytes():
    assert dump(example()) == dump(example())
    assert dump(example()) != dump(example(1))


def test_shapes():
    net = example()
    assert (net.inputs, net.outputs) == (9, 5)
    assert (net.layers[0].rows, net.layers[0].columns) == (7, 9)
    binary = binary_example()
    assert (binary.inputs, binary.outputs) == (11, 3)
    assert (binary.layers[0].rows, binary.layers[0].columns) == (8, 11)


@pytest.mark.parametrize("net", [example(), binary_example()], ids=["sparse", "binary"])
def test_every_truncation_is_noticed(net, tmp_path):
    data = dump(net)
    for size in [*range(0, len(data), 97), len(data) - 1]:
        with pytest.raises(ThriftyError, match="truncated, damaged, or not a thrifty network"):
            load(written(tmp_path, data[:size]))


def changed(net: Network, **changes) -> bytes:
    """The file of a network with some arrays replaced: by a function's result; None removes one."""
    with np.load(io.BytesIO(dump(net))) as file:
        arrays = {name: file[name] for name in file.files}
    for name, value in changes.items():
        key = name.replace("_", ".")
        arrays[key] = value(arrays[key]) if callable(value) else value
    out = io.BytesIO()
    np.savez(out, **{name: value for name, value in arrays.items() if value is not None})
    return out.getvalue()


@pytest.mark.parametrize("changes", [
    {"meta": None}, {"1_bias": None}, {"0_indices": lambda a: a + 200},
    {"0_indices": lambda a: a[:-1]}, {"0_indptr": lambda a: a[:3]},
    {"0_indptr": lambda a: a[::-1]}, {"0_codes": lambda a: a + 100},
    {"0_codebook": np.zeros(0, "<i8")}, {"meta": np.frombuffer(b"not json", "u1")},
], ids=lambda changes: str(*changes))
def test_damaged_parts(changes, tmp_path):
    with pytest.raises(ThriftyError, match=r"net\.thrifty: truncated, damaged, or not"):
        load(written(tmp_path, changed(example(), **changes)))


def test_other_version(tmp_path):
    meta = np.frombuffer(json.dumps({"thrifty": 99}).encode(), "u1")
    with pytest.raises(ThriftyError, match="format version 99, this thrifty reads 1"):
        load(written(tmp_path, changed(example(), meta=meta)))


def test_layers_must_fit_together(tmp_path):
    layers = example().layers
    with pytest.raises(ThriftyError, match="layer 0 has 5 rows, but layer 1 has 9 columns"):
        load(written(tmp_path, dump(Network(layers[::-1]))))


def test_missing_file(tmp_path):
    with pytest.raises(ThriftyError, match="nothing.npz"):
        load(tmp_path / "nothing.npz")


def test_no_code_is_run_on_loading(tmp_path):
    with pytest.raises(ThriftyError):
        load(written(tmp_path, changed(example(), **{"0_bias": np.array([print], object)})))


@pytest.mark.parametrize("changes, rule", [
    ({"0_bias": np.zeros(3, np.int64)}, "one integer bias"),
    ({"0_bias": np.zeros(7)}, "one integer bias"),
    ({"0_multiplier": np.ones(3, np.int64)}, "one integer bias and multiplier a row"),
    ({"0_codebook": np.linspace(0, 1, 99)}, "codebook and codes must be integers"),
    ({"0_codebook": np.zeros(99, "<i8")}, "entries must ascend in each column and not be zero"),
], ids=range(5))
def test_parts_that_disagree(changes, rule, tmp_path):
    with pytest.raises(ThriftyError, match=rf"net\.\w+: truncated, damaged, or not .*layer 0: {rule}"):
        load(written(tmp_path, changed(example(), **changes)))


@pytest.mark.parametrize("changes, rule", [
    ({"0_signs": None}, "0.signs"),
    ({"0_signs": lambda a: a[:, :1]}, "layer 0: signs must be the bytes of 8 x 11 bits"),
    ({"0_signs": lambda a: a[1:]}, "layer 0: signs must be the bytes of 8 x 11 bits"),
    ({"0_signs": lambda a: a.astype("i2")}, "layer 0: signs must be the bytes of 8 x 11 bits"),
    ({"0_signs": lambda a: a | 1 << 3}, "layer 0: signs must end with zeros"),
    ({"0_thresholds": lambda a: a[:-1]}, "layer 0: thresholds must be integers, in rows"),
    ({"0_thresholds": lambda a: a[:, :0]}, "layer 0: thresholds must be integers, in rows"),
    ({"0_thresholds": lambda a: a[:, 0]}, "layer 0: thresholds must be integers, in rows"),
    ({"0_thresholds": lambda a: a[:, ::-1]}, "layer 0: thresholds must be integers, in rows"),
    ({"0_thresholds": lambda a: a + 0.0}, "layer 0: thresholds must be integers, in rows"),
    ({"0_bias": np.ones(8, "<i8")}, "layer 0: scale and bias exclude thresholds"),
    ({"0_scale": np.ones(8, "<i8")}, "layer 0: scale and bias exclude thresholds"),
    ({"2_scale": lambda a: a[:-1]}, "layer 2: one integer scale and bias a row"),
    ({"2_scale": lambda a: a + 0.0}, "layer 2: one integer scale and bias a row"),
    ({"2_bias": lambda a: a[:, None]}, "layer 2: one integer scale and bias a row"),
], ids=range(15))
def test_binary_parts_that_disagree(changes, rule, tmp_path):
    with pytest.raises(ThriftyError, match=rf"net\.\w+: truncated, damaged, or not .*{rule}"):
        load(written(tmp_path, changed(binary_example(0, True), **changes)))


@pytest.mark.parametrize("head, rule", [
    ({"rows": 0}, "rows and columns must be"), ({"columns": "11"}, "rows and columns must be"),
    ({"rows": True}, "rows and columns must be"), ({"columns": 11.0}, "rows and columns must be"),
    ({"columns": 17}, "signs must be the bytes"), ({"kind": "ternary"}, "all sparse, without"),
    ({"kind": None}, "all sparse, without a kind, or all binary"), ({"kind": 1}, "all sparse, without"),
], ids=str)
def test_wrong_binary_heads(head, rule, tmp_path):
    net = binary_example()
    with np.load(io.BytesIO(dump(net))) as file:
        meta = json.loads(file["meta"].tobytes())
    meta["layers"][0] |= head
    text = np.frombuffer(json.dumps(meta).encode(), "u1")
    with pytest.raises(ThriftyError, match=rf"net\.\w+: truncated, damaged, or not .*{rule}"):
        load(written(tmp_path, changed(net, meta=text)))


def test_binary_layers_must_fit_together(tmp_path):
    layers = binary_example().layers
    with pytest.raises(ThriftyError, match="layer 0 has 9 rows, but layer 1 has 11 columns"):
        load(written(tmp_path, dump(Network([layers[1], layers[0]]))))


@pytest.mark.parametrize("head", [{"rows": "7"}, {"rows": 7.5}, {"rows": 8}, {"relu": "x"},
                                  {"shift": -1}, {"shift": "3"}, {"shift": 63},
                                  {"density": -0.1}, {"density": 1.1}, {"density": float("nan")},
                                  {"density": "1"}, {"density": True}], ids=str)
def test_wrong_heads(head, tmp_path):
    with np.load(io.BytesIO(dump(example()))) as file:
        meta = json.loads(file["meta"].tobytes())
    meta["layers"][0] |= head
    text = np.frombuffer(json.dumps(meta).encode(), "u1")
    with pytest.raises(ThriftyError, match="truncated, damaged, or not a thrifty network"):
        load(written(tmp_path, changed(example(), meta=text)))


@pytest.mark.parametrize("text", ["[]", "null", "3", '{"thrifty": 1}', '{"thrifty": 1, "layers": [1]}',
                                  '{"thrifty": 1, "layers": null}'])
def test_wrong_meta(text, tmp_path):
    with pytest.raises(ThriftyError, match="truncated, damaged, or not a thrifty network"):
        load(written(tmp_path, changed(example(), meta=np.frombuffer(text.encode(), "u1"))))


@pytest.mark.parametrize("whole", [example(), binary_example(0, True)], ids=["sparse", "binary"])
def test_every_bent_byte_is_noticed_or_harmless(whole, tmp_path):
    data = dump(whole)
    for place in range(0, len(data), 7):
        try:
            net = load(written(tmp_path, data[:place] + bytes([data[place] ^ 16]) + data[place + 1:]))
        except ThriftyError:
            continue
        assert same(net, whole)
