"""A network of integer layers: the intermediate representation between readers and the compiler.

The file format is a zip of ``.npy`` arrays (``numpy.load`` opens it): ``meta`` holds JSON, and each
layer ``k`` holds ``k.indptr``, ``k.indices``, ``k.codes`` (compressed sparse columns whose values are
codes), ``k.codebook``, ``k.bias`` and ``k.multiplier``.
"""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from hw.errors import ThriftyError

__all__ = ["Layer", "Network", "load", "dump"]

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
class Network:
    """Layers in the order in which they run, and the format of what flows between them.

    Args:
        activation_width: Bits of an activation; None if the file leaves it to the configuration.
        meta: What training wants to tell: accuracies, scales, seeds. JSON values only.
    """

    layers: list[Layer]
    activation_width: int | None = None
    activation_signed: bool | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        return self.layers[0].columns

    @property
    def outputs(self) -> int:
        return self.layers[-1].rows


def dump(network: Network) -> bytes:
    """The file's bytes: the same network gives the same bytes."""
    arrays: dict[str, np.ndarray] = {}
    heads = []
    for k, layer in enumerate(network.layers):
        book, codes = np.unique(layer.weight.data, return_inverse=True)
        arrays |= {
            f"{k}.indptr": layer.weight.indptr.astype("<i4"),
            f"{k}.indices": layer.weight.indices.astype("<u2" if layer.rows <= 1 << 16 else "<i4"),
            f"{k}.codes": codes.astype("u1" if len(book) <= 256 else "<i4"),
            f"{k}.codebook": book.astype("<i8"),
            f"{k}.bias": layer.bias.astype("<i8"),
        }
        if layer.multiplier is not None:
            arrays[f"{k}.multiplier"] = layer.multiplier.astype("<i8")
        heads.append({"rows": layer.rows, "columns": layer.columns, "relu": layer.relu,
                      "shift": layer.shift, "density": layer.density})
    meta = {"thrifty": VERSION, "layers": heads, "activation_width": network.activation_width,
            "activation_signed": network.activation_signed, "meta": network.meta}
    text = json.dumps(meta, sort_keys=True)
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, meta=np.frombuffer(text.encode(), "u1"), **arrays)
    return out.getvalue()


def load(path: Path) -> Network:
    """Read a network file; ThriftyError if it is damaged or not one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)  # all of them: a name that is damaged would look like one left out
        meta = json.loads(arrays["meta"].tobytes())
        if meta["thrifty"] != VERSION:
            raise ThriftyError(f"{path}: format version {meta['thrifty']}, this thrifty reads {VERSION}")
        layers = [_layer(arrays, k, head) for k, head in enumerate(meta["layers"])]
        formats = meta["activation_width"], meta["activation_signed"], meta["meta"]
        _require(len(layers) > 0, "no layers")
    except ThriftyError:
        raise
    except Exception as error:  # zipfile, zlib, NumPy and SciPy raise nearly anything on damage
        raise ThriftyError(f"{path}: truncated, damaged, or not a thrifty network file "
                           f"({error})") from None
    for k, (before, after) in enumerate(zip(layers, layers[1:], strict=False)):
        if before.rows != after.columns:
            raise ThriftyError(f"{path}: layer {k} has {before.rows} rows, but layer {k + 1} has "
                               f"{after.columns} columns")
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


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise ValueError(rule)
