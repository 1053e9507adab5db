import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import AdderLayer, BinaryLayer, Layer, Network, ShiftLayer, dump, load
from hw.errors import ThriftyError
from tests.hw.designs import network


def values(array: np.ndarray | None) -> list | None:
    return None if array is None else [str(array.dtype), array.tolist()]


def same(one: Network, other: Network) -> bool:
    def part(layer):
        if isinstance(layer, BinaryLayer):
            return [values(each) for each in (layer.weight, layer.thresholds, layer.scale, layer.bias)]
        output = [layer.bias.tolist(), layer.relu, layer.shift,
                  None if layer.multiplier is None else layer.multiplier.tolist()]
        if isinstance(layer, ShiftLayer):
            return [values(layer.sign), values(layer.exponent), *output]
        if isinstance(layer, AdderLayer):
            return [values(layer.weight), *output]
        return [layer.weight.toarray().tolist(), layer.density, *output]

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


def shifts(rng: np.random.Generator, shape: tuple[int, int, int], **output) -> ShiftLayer:
    sign = rng.integers(-1, 2, shape).astype(np.int8)
    exponent = np.where(sign, rng.integers(0, 16, shape), 0).astype(np.uint8)
    return ShiftLayer(sign, exponent, rng.integers(-1 << 40, 1 << 40, shape[0]), **output)


def shift_add_example(seed: int = 0) -> Network:
    """6 inputs, shifts to 5, distances to 4, shifts of two terms to 3 accumulators."""
    rng = np.random.default_rng(seed)
    return Network([
        shifts(rng, (5, 6, 1), multiplier=rng.integers(1, 1 << 16, 5), shift=17),
        AdderLayer(rng.integers(-128, 128, (4, 5)), rng.integers(-99, 99, 4), True,
                   rng.integers(1, 1 << 16, 4), 9),
        shifts(rng, (3, 4, 2)),
    ], 8, True, {"accuracy": 0.97})


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


@pytest.mark.parametrize("formats", [
    ("8", True), (0, True), (17, None), (2.0, True), (True, True), (8, 1), (8, "yes")])
def test_formats_that_are_none(formats, tmp_path):
    bad = Network(example().layers, *formats)
    with pytest.raises(ThriftyError, match="damaged.*activation_(width|signed) must be"):
        load(written(tmp_path, dump(bad)))


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


SHIFT_ADD = {
    "example": shift_add_example(),
    "three_terms": Network([shifts(np.random.default_rng(2), (2, 40, 3), relu=True)]),
    "every_code": Network([ShiftLayer(
        np.sign(np.arange(-16, 17, dtype=np.int8))[None, :, None],
        np.maximum(np.abs(np.arange(-16, 17)) - 1, 0).astype(np.uint8)[None, :, None],
        np.zeros(1, np.int64))]),
    "only_zeros": Network([ShiftLayer(np.zeros((1, 1, 1), np.int8), np.zeros((1, 1, 1), np.uint8),
                                      np.zeros(1, np.int64))]),
    "adder_alone": Network([AdderLayer(np.array([[-32768, 65535]]), np.array([7]))]),
}


@pytest.mark.parametrize("net", SHIFT_ADD.values(), ids=SHIFT_ADD)
def test_shift_add_load_reads_what_dump_wrote(net, tmp_path):
    assert same(load(written(tmp_path, dump(net))), net)


def test_a_term_is_a_byte_and_an_adder_weight_is_small():
    with np.load(io.BytesIO(dump(shift_add_example()))) as file:
        first = shift_add_example().layers[0]
        assert file["0.codes"].dtype == np.int8 and file["0.codes"].shape == (5, 6, 1)
        assert file["0.codes"].tolist() == [[[s * (e + 1) for s, e in zip(*each, strict=True)]
                                             for each in zip(*row, strict=True)]
                                            for row in zip(first.sign.tolist(), first.exponent.tolist(),
                                                           strict=True)]
        assert file["1.weight"].dtype == np.int8 and file["0.bias"].dtype == np.int64
    with np.load(io.BytesIO(dump(Network([AdderLayer(np.array([[0, 128]]), np.zeros(1))])))) as file:
        assert file["0.weight"].dtype == np.int16


def test_weights_of_a_shift_layer():
    sign = np.array([[[1, -1], [0, 0]], [[-1, -1], [1, 0]]], np.int8)
    exponent = np.array([[[15, 0], [0, 0]], [[15, 15], [3, 0]]], np.uint8)
    layer = ShiftLayer(sign, exponent, np.zeros(2, np.int64))
    assert layer.weight.dtype == np.int64 and layer.weight.tolist() == [[32767, 0], [-65536, 8]]
    assert (layer.rows, layer.columns, layer.terms) == (2, 2, 2)


@pytest.mark.parametrize("sign, exponent", [(2, 0), (-2, 0), (1, 16), (1, -1)])
def test_terms_that_no_byte_holds_are_not_written(sign, exponent):
    layer = ShiftLayer(np.full((1, 1, 1), sign), np.full((1, 1, 1), exponent), np.zeros(1))
    with pytest.raises(ValueError, match=r"signs must be -1, 0 or \+1, exponents 0-15"):
        dump(Network([layer]))


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
    assert dump(shift_add_example()) == dump(shift_add_example())
    assert dump(shift_add_example()) != dump(shift_add_example(1))


def test_a_sparse_network_has_no_kind():
    with np.load(io.BytesIO(dump(example()))) as file:
        assert all("kind" not in head for head in json.loads(file["meta"].tobytes())["layers"])


@pytest.mark.parametrize("net, kind", [
    (example(), "sparse"), (binary_example(), "binary"), (shift_add_example(), "shift_add")],
    ids=["sparse", "binary", "shift_add"])
def test_layers_of_one_kind(net, kind):
    assert net.kind == kind
    for name, engine in (("sparse", "sparse engine"), ("binary", "binary array"),
                         ("shift_add", "shift-add array")):
        if name == kind:
            assert getattr(net, f"{name}_layers") == net.layers
            continue
        text = kind.replace("_", "-")
        with pytest.raises(ThriftyError, match=f"^the network is {text}, and the {engine} does not run "
                                               rf"{text} layers: set a table \[{kind}\]$"):
            getattr(net, f"{name}_layers")


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
    mixed = shift_add_example()
    assert (mixed.inputs, mixed.outputs, mixed.layers[0].terms, mixed.layers[2].terms) == (6, 3, 1, 2)
    assert (mixed.layers[1].rows, mixed.layers[1].columns) == (4, 5)


@pytest.mark.parametrize("net", [example(), binary_example(), shift_add_example()],
                         ids=["sparse", "binary", "shift_add"])
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


@pytest.mark.parametrize("changes, rule", [
    ({"0_codes": None}, "0.codes"), ({"1_weight": None}, "1.weight"), ({"0_bias": None}, "0.bias"),
    ({"0_codes": lambda a: a[:, 1:]}, "layer 0: codes must be the bytes of 5 x 6 x terms"),
    ({"0_codes": lambda a: a[1:]}, "layer 0: codes must be the bytes of 5 x 6 x terms"),
    ({"0_codes": lambda a: a[:, :, 0]}, "layer 0: codes must be the bytes of 5 x 6 x terms"),
    ({"0_codes": lambda a: a.astype("i2")}, "layer 0: codes must be the bytes of 5 x 6 x terms"),
    ({"0_codes": lambda a: a[:, :, :0]}, "layer 0: a weight has 1-3 terms, not 0"),
    ({"2_codes": lambda a: a.repeat(2, 2)}, "layer 2: a weight has 1-3 terms, not 4"),
    ({"0_codes": lambda a: np.full_like(a, 17)}, "layer 0: exponents must be 0-15, not 16"),
    ({"0_codes": lambda a: np.full_like(a, -128)}, "layer 0: exponents must be 0-15, not 127"),
    ({"1_weight": lambda a: a[1:]}, "layer 1: weight must be 4 x 5 integers"),
    ({"1_weight": lambda a: a[0]}, "layer 1: weight must be 4 x 5 integers"),
    ({"1_weight": lambda a: a + 0.0}, "layer 1: weight must be 4 x 5 integers"),
    ({"0_bias": lambda a: a[1:]}, "layer 0: one integer bias and multiplier a row"),
    ({"1_multiplier": lambda a: a[1:]}, "layer 1: one integer bias and multiplier a row"),
], ids=range(16))
def test_shift_add_parts_that_disagree(changes, rule, tmp_path):
    with pytest.raises(ThriftyError, match=rf"net\.\w+: truncated, damaged, or not .*{rule}"):
        load(written(tmp_path, changed(shift_add_example(), **changes)))


@pytest.mark.parametrize("k, head, rule", [
    (0, {"rows": 0}, "layer 0: rows and columns"), (0, {"columns": 6.0}, "layer 0: rows and columns"),
    (1, {"rows": True}, "layer 1: rows and columns"), (0, {"kind": "adder"}, "0.weight"),
    (0, {"relu": 1}, "layer 0: relu must be true"), (1, {"shift": 63}, "layer 1: .* shift 0-62"),
    (1, {"kind": "binary"}, "or all binary, or all shift or adder"),
    (1, {"kind": None}, "or all binary, or all shift or adder"),
], ids=range(8))
def test_wrong_shift_add_heads(k, head, rule, tmp_path):
    net = shift_add_example()
    with np.load(io.BytesIO(dump(net))) as file:
        meta = json.loads(file["meta"].tobytes())
    meta["layers"][k] |= head
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


@pytest.mark.parametrize("whole", [example(), binary_example(0, True), shift_add_example()],
                         ids=["sparse", "binary", "shift_add"])
def test_every_bent_byte_is_noticed_or_harmless(whole, tmp_path):
    data = dump(whole)
    for place in range(0, len(data), 7):
        try:
            net = load(written(tmp_path, data[:place] + bytes([data[place] ^ 16]) + data[place + 1:]))
        except ThriftyError:
            continue
        assert same(net, whole)
