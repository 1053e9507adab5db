"""A network of integer layers: the intermediate representation between readers and the compiler.

The file format is a zip of ``.npy`` arrays (``numpy.load`` opens it): ``meta`` holds JSON, and each
layer ``k`` holds ``k.indptr``, ``k.indices``, ``k.codes`` (compressed sparse columns whose values are
codes), ``k.codebook``, ``k.bias`` and ``k.multiplier``. A binary layer, whose head in ``meta`` says
``"kind": "binary"``, holds ``k.signs`` (a bit a weight, 1 for +1, each row in bytes of its own, least
significant bit first), ``k.thresholds``, ``k.scale`` and ``k.bias``.
"""

import io
import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from hw.errors import ThriftyError

__all__ = ["BinaryLayer", "Layer", "Network", "load", "dump"]

VERSION = 1


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
class Network:
    """Layers in the order in which they run, and the format of what flows between them.

    Args:
        layers: All of one kind.
        activation_width: Bits of an activation; None if the file leaves it to the configuration. 1 means
            bipolar: -1 and +1.
        meta: What training wants to tell: accuracies, scales, seeds. JSON values only.
    """

    layers: list[Layer] | list[BinaryLayer]
    activation_width: int | None = None
    activation_signed: bool | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def sparse_layers(self) -> list[Layer]:
        """The layers, for what only takes sparse ones; ThriftyError if they are binary."""
        sparse = [layer for layer in self.layers if isinstance(layer, Layer)]
        if len(sparse) < len(self.layers):
            raise ThriftyError("the network is binary, and the sparse engine does not run binary "
                               "layers: set a table [binary]")
        return sparse

    @property
    def binary_layers(self) -> list[BinaryLayer]:
        """The layers, for what only takes binary ones; ThriftyError if they are not."""
        binary = [layer for layer in self.layers if isinstance(layer, BinaryLayer)]
        if len(binary) < len(self.layers):
            raise ThriftyError("the network is not binary, and the binary array runs only binary "
                               "layers: set a table [sparse]")
        return binary

    @property
    def binary(self) -> bool:
        """Whether the layers are binary ones."""
        return isinstance(self.layers[0], BinaryLayer)

    @property
    def inputs(self) -> int:
        return self.layers[0].columns

    @property
    def outputs(self) -> int:
        return self.layers[-1].rows


def dump(network: Network) -> bytes:
    """The file's bytes: the same network gives the same bytes."""
    parts = [_binary_parts(layer) if isinstance(layer, BinaryLayer) else _parts(layer)
             for layer in network.layers]
    arrays = {f"{k}.{name}": array for k, (part, _) in enumerate(parts) for name, array in part.items()}
    heads = [head for _, head in parts]
    meta = {"thrifty": VERSION, "layers": heads, "activation_width": network.activation_width,
            "activation_signed": network.activation_signed, "meta": network.meta}
    text = json.dumps(meta, sort_keys=True)
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, meta=np.frombuffer(text.encode(), "u1"), **arrays)
    return out.getvalue()


def _parts(layer: Layer) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays of a layer and its head."""
    book, codes = np.unique(layer.weight.data, return_inverse=True)
    parts = {
        "indptr": layer.weight.indptr.astype("<i4"),
        "indices": layer.weight.indices.astype("<u2" if layer.rows <= 1 << 16 else "<i4"),
        "codes": codes.astype("u1" if len(book) <= 256 else "<i4"),
        "codebook": book.astype("<i8"),
        "bias": layer.bias.astype("<i8"),
    }
    if layer.multiplier is not None:
        parts["multiplier"] = layer.multiplier.astype("<i8")
    return parts, {"rows": layer.rows, "columns": layer.columns, "relu": layer.relu,
                   "shift": layer.shift, "density": layer.density}


def _binary_parts(layer: BinaryLayer) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    parts = {"signs": np.packbits(layer.weight > 0, axis=1, bitorder="little")}
    if layer.thresholds is not None:
        parts["thresholds"] = layer.thresholds.astype(next(
            kind for kind in ("<i2", "<i4", "<i8")
            if np.array_equal(layer.thresholds.astype(kind), layer.thresholds)))
    for name, values in (("scale", layer.scale), ("bias", layer.bias)):
        if values is not None:
            parts[name] = values.astype("<i8")
    return parts, {"kind": "binary", "rows": layer.rows, "columns": layer.columns}


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
        _require(len(kinds) > 0, "no layers")
        _require(kinds in ([None] * len(kinds), ["binary"] * len(kinds)),
                 "layers must be all sparse, without a kind, or all binary")
        layers: list[Layer] | list[BinaryLayer]
        if kinds[0] is None:
            layers = [_layer(arrays, k, head) for k, head in enumerate(meta["layers"])]
        else:
            layers = [_binary_layer(arrays, k, head) for k, head in enumerate(meta["layers"])]
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
    bias = arrays[f"{k}.bias"]
    multiplier = arrays.get(f"{k}.multiplier")
    _require(all(each.shape == (head["rows"],) and each.dtype.kind == "i"
                 for each in (bias, multiplier) if each is not None),
             f"layer {k}: one integer bias and multiplier a row")
    _require(isinstance(head["relu"], bool) and head["shift"] in range(63),
             f"layer {k}: relu must be true or false, shift 0-62")
    density = head.get("density")  # younger than the format
    _require(density is None or (isinstance(density, float) and 0 <= density <= 1),
             f"layer {k}: density must be from 0 to 1")
    return Layer(weight, bias, head["relu"], multiplier, head["shift"], density)


def _binary_layer(arrays: dict[str, np.ndarray], k: int, head: dict[str, Any]) -> BinaryLayer:
    rows, columns = head["rows"], head["columns"]
    _require(type(rows) is int and type(columns) is int and min(rows, columns) > 0,
             f"layer {k}: rows and columns must be at least 1")
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
