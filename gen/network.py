"""A network of integer layers: the intermediate representation between readers and the compiler.

The file format is a zip of ``.npy`` arrays (``numpy.load`` opens it): ``meta`` holds JSON, and each
layer ``k`` holds ``k.indptr``, ``k.indices``, ``k.codes`` (compressed sparse columns whose values are
codes), ``k.codebook``, ``k.bias`` and ``k.multiplier``. A binary layer, whose head in ``meta`` says
``"kind": "binary"``, holds ``k.signs`` (a bit a weight, 1 for +1, each row in bytes of its own, least
significant bit first), ``k.thresholds``, ``k.scale`` and ``k.bias``. A shift layer, ``"kind":
"shift"``, holds ``k.codes`` (a byte a term: sign * (exponent + 1)), an adder layer, ``"kind":
"adder"``, ``k.weight``; both have ``k.bias`` and ``k.multiplier``.
"""

import io
import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import scipy.sparse as sp

from hw.errors import ThriftyError

__all__ = ["AdderLayer", "BinaryLayer", "Layer", "Network", "ShiftLayer", "load", "dump"]

VERSION = 1
_EXPONENT_MAX = 15
_TERMS_MAX = 3


@dataclass(frozen=True)
class Layer:
    """One layer: y = weight @ x + bias, then optionally ReLU and requantize.

    Args:
        weight: Integer matrix (rows x columns), ``scipy.sparse.csc_array``, without stored zeros.
        bias: int64 (rows), in units of the accumulator.
        relu: Whether negative accumulators become zero.
        multiplier: None for raw accumulators; otherwise int64 (rows), unsigned.
        shift: Right shift after the multiplication, 0-62.
        density: Fraction of the layer's activations that are expected not to be zero, if known. It
            decides how the layer is spread over PEs, not what it computes.
    """

    weight: sp.csc_array
    bias: np.ndarray
    relu: bool = False
    multiplier: np.ndarray | None = None
    shift: int = 0
    density: float | None = None

    @property
    def rows(self) -> int:
        return int(self.weight.shape[0])

    @property
    def columns(self) -> int:
        return int(self.weight.shape[1])


@dataclass(frozen=True)
class BinaryLayer:
    """One layer of signs: weight @ x, then thresholds, or raw accumulators, scaled or not.

    Args:
        weight: int8 (rows x columns), -1 and +1.
        thresholds: None for raw accumulators; otherwise int64 (rows x levels), ascending in each row:
            the output is the number of thresholds that the accumulator reaches. One level gives a
            bipolar output, -1 or +1; more give unsigned ones, 0 to levels.
        scale, bias: int64 (rows) or None, only with raw accumulators: y = scale * (weight @ x) + bias.
    """

    weight: np.ndarray
    thresholds: np.ndarray | None = None
    scale: np.ndarray | None = None
    bias: np.ndarray | None = None

    @property
    def rows(self) -> int:
        return int(self.weight.shape[0])

    @property
    def columns(self) -> int:
        return int(self.weight.shape[1])


@dataclass(frozen=True)
class ShiftLayer:
    """One layer of shifts: y = weight @ x + bias, then optionally ReLU and requantize, where a weight
    is a sum of terms, each a signed power of two or 0.

    Args:
        sign: int8 (rows x columns x terms), -1, 0 or +1; 1-3 terms.
        exponent: uint8 (rows x columns x terms), 0-15; 0 where the sign is 0.
        bias: int64 (rows), in units of the accumulator.
        relu: Whether negative accumulators become zero.
        multiplier: None for raw accumulators; otherwise int64 (rows), unsigned.
        shift: Right shift after the multiplication, 0-62.

    Source: You et al., ShiftAddNet, NeurIPS 2020; several terms, Li et al., APoT, ICLR 2020.
    """

    sign: np.ndarray
    exponent: np.ndarray
    bias: np.ndarray
    relu: bool = False
    multiplier: np.ndarray | None = None
    shift: int = 0

    @property
    def rows(self) -> int:
        return int(self.sign.shape[0])

    @property
    def columns(self) -> int:
        return int(self.sign.shape[1])

    @property
    def terms(self) -> int:
        return int(self.sign.shape[2])

    @property
    def weight(self) -> np.ndarray:
        """The weights themselves, int64 (rows x columns): the sums of their terms."""
        return (self.sign.astype(np.int64) << self.exponent.astype(np.int64)).sum(axis=2)


@dataclass(frozen=True)
class AdderLayer:
    """One layer of distances: y[r] = -sum_k |x[k] - weight[r, k]| + bias[r], then optionally ReLU and
    requantize.

    Args:
        weight: int64 (rows x columns), in the format of the activations.
        bias, relu, multiplier, shift: As of :class:`ShiftLayer`.

    Source: Chen et al., AdderNet, CVPR 2020.
    """

    weight: np.ndarray
    bias: np.ndarray
    relu: bool = False
    multiplier: np.ndarray | None = None
    shift: int = 0

    @property
    def rows(self) -> int:
        return int(self.weight.shape[0])

    @property
    def columns(self) -> int:
        return int(self.weight.shape[1])


_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class Network:
    """Layers in the order in which they run, and the format of what flows between them.

    Args:
        layers: All sparse, all binary, or shift and adder layers in any order.
        activation_width: Bits of an activation; None if the file leaves it to the configuration. 1 means
            bipolar: -1 and +1.
        meta: What training wants to tell: accuracies, scales, seeds. JSON values only.
    """

    layers: list[Layer] | list[BinaryLayer] | list[ShiftLayer | AdderLayer]
    activation_width: int | None = None
    activation_signed: bool | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def sparse_layers(self) -> list[Layer]:
        """The layers, for what only takes sparse ones; ThriftyError if they are of another kind."""
        return self._only("the sparse engine", Layer)

    @property
    def binary_layers(self) -> list[BinaryLayer]:
        """The layers, for what only takes binary ones; ThriftyError if they are of another kind."""
        return self._only("the binary array", BinaryLayer)

    @property
    def shift_add_layers(self) -> list[ShiftLayer | AdderLayer]:
        """The layers, for what only takes shift and adder layers; ThriftyError if they are of another
        kind."""
        return self._only("the shift-add array", ShiftLayer, AdderLayer)

    def _only(self, engine: str, *kinds: type[_Kind]) -> list[_Kind]:
        layers: list[_Kind] = [layer for layer in self.layers if isinstance(layer, kinds)]
        if len(layers) < len(self.layers):
            kind = self.kind.replace("_", "-")
            raise ThriftyError(f"the network is {kind}, and {engine} does not run {kind} layers: "
                               f"set a table [{self.kind}]")
        return layers

    @property
    def kind(self) -> Literal["sparse", "binary", "shift_add"]:
        """What its layers are, by the table of a configuration that runs them."""
        first = self.layers[0]
        return ("sparse" if isinstance(first, Layer) else "binary" if isinstance(first, BinaryLayer)
                else "shift_add")

    @property
    def inputs(self) -> int:
        return self.layers[0].columns

    @property
    def outputs(self) -> int:
        return self.layers[-1].rows


def dump(network: Network) -> bytes:
    """The file's bytes: the same network gives the same bytes."""
    parts = [_any_parts(layer) for layer in network.layers]
    arrays = {f"{k}.{name}": array for k, (part, _) in enumerate(parts) for name, array in part.items()}
    heads = [head for _, head in parts]
    meta = {"thrifty": VERSION, "layers": heads, "activation_width": network.activation_width,
            "activation_signed": network.activation_signed, "meta": network.meta}
    text = json.dumps(meta, sort_keys=True)
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, meta=np.frombuffer(text.encode(), "u1"), **arrays)
    return out.getvalue()


_Parts = tuple[dict[str, np.ndarray], dict[str, Any]]
"""The arrays of a layer and its head."""


def _any_parts(layer: Layer | BinaryLayer | ShiftLayer | AdderLayer) -> _Parts:
    if isinstance(layer, BinaryLayer):
        return _binary_parts(layer)
    arrays, head = (_shift_parts(layer) if isinstance(layer, ShiftLayer) else
                    _adder_parts(layer) if isinstance(layer, AdderLayer) else _sparse_parts(layer))
    arrays["bias"] = layer.bias.astype("<i8")
    if layer.multiplier is not None:
        arrays["multiplier"] = layer.multiplier.astype("<i8")
    return arrays, head | {"rows": layer.rows, "columns": layer.columns, "relu": layer.relu,
                           "shift": layer.shift}


def _sparse_parts(layer: Layer) -> _Parts:
    book, codes = np.unique(layer.weight.data, return_inverse=True)
    return {
        "indptr": layer.weight.indptr.astype("<i4"),
        "indices": layer.weight.indices.astype("<u2" if layer.rows <= 1 << 16 else "<i4"),
        "codes": codes.astype("u1" if len(book) <= 256 else "<i4"),
        "codebook": book.astype("<i8"),
    }, {"density": layer.density}


def _shift_parts(layer: ShiftLayer) -> _Parts:
    _require(bool(np.all(np.abs(layer.sign) <= 1)
                  and np.all((layer.exponent >= 0) & (layer.exponent <= _EXPONENT_MAX))),
             f"signs must be -1, 0 or +1, exponents 0-{_EXPONENT_MAX}")
    return {"codes": layer.sign.astype("i1") * (layer.exponent.astype("i1") + 1)}, {"kind": "shift"}


def _adder_parts(layer: AdderLayer) -> _Parts:
    return {"weight": _small(layer.weight, "i1", "<i2", "<i4")}, {"kind": "adder"}


def _binary_parts(layer: BinaryLayer) -> _Parts:
    parts = {"signs": np.packbits(layer.weight > 0, axis=1, bitorder="little")}
    if layer.thresholds is not None:
        parts["thresholds"] = _small(layer.thresholds, "<i2", "<i4", "<i8")
    for name, values in (("scale", layer.scale), ("bias", layer.bias)):
        if values is not None:
            parts[name] = values.astype("<i8")
    return parts, {"kind": "binary", "rows": layer.rows, "columns": layer.columns}


def _small(values: np.ndarray, *kinds: str) -> np.ndarray:
    """Integers in the first of these types that holds them all."""
    return values.astype(next(kind for kind in kinds if np.array_equal(values.astype(kind), values)))


def load(path: Path) -> Network:
    """Read a network file; ThriftyError if it is damaged or not one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)  # all of them: a name that is damaged would look like one left out
        meta = json.loads(arrays["meta"].tobytes())
        if meta["thrifty"] != VERSION:
            raise ThriftyError(f"{path}: format version {meta['thrifty']}, this thrifty reads {VERSION}")
        kinds = [head.get("kind") for head in meta["layers"]]
        formats = meta["activation_width"], meta["activation_signed"], meta["meta"]
        width, signed, _ = formats
        _require(width is None or (type(width) is int and 1 <= width <= 16),
                 "activation_width must be 1 to 16, or null")
        _require(signed is None or type(signed) is bool, "activation_signed must be true, false or null")
        _require(len(kinds) > 0, "no layers")
        _require({*kinds} in ({None}, {"binary"}) or {*kinds} <= {"shift", "adder"},
                 "layers must be all sparse, without a kind, or all binary, or all shift or adder")
        readers = {None: _layer, "binary": _binary_layer, "shift": _shift_layer, "adder": _adder_layer}
        layers: list[Any] = [readers[kind](arrays, k, head)
                             for k, (kind, head) in enumerate(zip(kinds, meta["layers"], strict=True))]
    except ThriftyError:
        raise
    except Exception as error:  # zipfile, zlib, NumPy and SciPy raise nearly anything on damage
        raise ThriftyError(f"{path}: truncated, damaged, or not a thrifty network file "
                           f"({error})") from None
    sizes = [(layer.rows, layer.columns) for layer in layers]
    for k, ((rows, _), (_, columns)) in enumerate(pairwise(sizes)):
        if rows != columns:
            raise ThriftyError(f"{path}: layer {k} has {rows} rows, but layer {k + 1} has "
                               f"{columns} columns")
    return Network(layers, *formats)


def _layer(arrays: dict[str, np.ndarray], k: int, head: dict[str, Any]) -> Layer:
    book, codes = arrays[f"{k}.codebook"], arrays[f"{k}.codes"]
    _require(book.dtype.kind == "i" and codes.dtype.kind in "iu" and codes.min(initial=0) >= 0,
             f"layer {k}: codebook and codes must be integers")
    indices, indptr = arrays[f"{k}.indices"].astype(np.int32), arrays[f"{k}.indptr"]
    weight = sp.csc_array((book[codes], indices, indptr), shape=(head["rows"], head["columns"]))
    weight.check_format(full_check=True)
    _require(weight.has_canonical_format and 0 not in weight.shape and bool(weight.data.all()),
             f"layer {k}: entries must ascend in each column and not be zero")
    density = head.get("density")  # younger than the format
    _require(density is None or (isinstance(density, float) and 0 <= density <= 1),
             f"layer {k}: density must be from 0 to 1")
    return Layer(weight, *_output(arrays, k, head), density)


def _output(arrays: dict[str, np.ndarray], k: int, head: dict[str, Any],
            ) -> tuple[np.ndarray, bool, np.ndarray | None, int]:
    """bias, relu, multiplier and shift, which all but binary layers have."""
    bias = arrays[f"{k}.bias"]
    multiplier = arrays.get(f"{k}.multiplier")
    _require(all(each.shape == (head["rows"],) and each.dtype.kind == "i"
                 for each in (bias, multiplier) if each is not None),
             f"layer {k}: one integer bias and multiplier a row")
    _require(isinstance(head["relu"], bool) and head["shift"] in range(63),
             f"layer {k}: relu must be true or false, shift 0-62")
    return bias, head["relu"], multiplier, head["shift"]


def _shift_layer(arrays: dict[str, np.ndarray], k: int, head: dict[str, Any]) -> ShiftLayer:
    rows, columns = _size(k, head)
    codes = arrays[f"{k}.codes"]
    _require(codes.dtype == np.int8 and codes.ndim == 3 and codes.shape[:2] == (rows, columns),
             f"layer {k}: codes must be the bytes of {rows} x {columns} x terms")
    _require(1 <= codes.shape[2] <= _TERMS_MAX, f"layer {k}: a weight has 1-{_TERMS_MAX} terms, "
             f"not {codes.shape[2]}")
    exponent = np.abs(codes.astype(np.int64)) - 1
    _require(int(exponent.max()) <= _EXPONENT_MAX,
             f"layer {k}: exponents must be 0-{_EXPONENT_MAX}, not {exponent.max()}")
    return ShiftLayer(np.sign(codes), np.maximum(exponent, 0).astype(np.uint8),
                      *_output(arrays, k, head))


def _adder_layer(arrays: dict[str, np.ndarray], k: int, head: dict[str, Any]) -> AdderLayer:
    rows, columns = _size(k, head)
    weight = arrays[f"{k}.weight"]
    _require(weight.dtype.kind == "i" and weight.shape == (rows, columns),
             f"layer {k}: weight must be {rows} x {columns} integers")
    return AdderLayer(weight.astype(np.int64), *_output(arrays, k, head))


def _size(k: int, head: dict[str, Any]) -> tuple[int, int]:
    """rows and columns of a dense layer."""
    rows, columns = head["rows"], head["columns"]
    _require(type(rows) is int and type(columns) is int and min(rows, columns) > 0,
             f"layer {k}: rows and columns must be at least 1")
    return rows, columns


def _binary_layer(arrays: dict[str, np.ndarray], k: int, head: dict[str, Any]) -> BinaryLayer:
    rows, columns = _size(k, head)
    signs = arrays[f"{k}.signs"]
    _require(signs.dtype == np.uint8 and signs.shape == (rows, -(-columns // 8)),
             f"layer {k}: signs must be the bytes of {rows} x {columns} bits")
    bits = np.unpackbits(signs, axis=1, bitorder="little").astype(np.int8)
    _require(not bits[:, columns:].any(), f"layer {k}: signs must end with zeros")
    thresholds, scale, bias = (arrays.get(f"{k}.{name}") for name in ("thresholds", "scale", "bias"))
    if thresholds is not None:
        _require(thresholds.dtype.kind == "i" and thresholds.ndim == 2 and len(thresholds) == rows
                 and thresholds.shape[1] > 0 and bool(np.all(thresholds[:, 1:] >= thresholds[:, :-1])),
                 f"layer {k}: thresholds must be integers, in rows that ascend")
        _require(scale is None and bias is None, f"layer {k}: scale and bias exclude thresholds")
        thresholds = thresholds.astype(np.int64)
    _require(all(each.shape == (rows,) and each.dtype.kind == "i"
                 for each in (scale, bias) if each is not None),
             f"layer {k}: one integer scale and bias a row")
    return BinaryLayer(2 * bits[:, :columns] - 1, thresholds, scale, bias)


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise ValueError(rule)
