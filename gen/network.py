"""A network of integer layers: the intermediate representation between readers and the compiler.

The file format is a zip of ``.npy`` arrays (``numpy.load`` opens it): ``meta`` holds JSON, and each
layer ``k`` holds ``k.indptr``, ``k.indices``, ``k.codes`` (compressed sparse columns whose values are
codes), ``k.codebook``, ``k.bias`` and ``k.multiplier``.
"""

import io
import json
import zipfile
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
    """

    weight: sp.csc_array
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
                      "shift": layer.shift})
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
            meta = json.loads(file["meta"].tobytes())
            if meta["thrifty"] != VERSION:
                raise ThriftyError(f"{path}: format version {meta['thrifty']}, this thrifty reads "
                                   f"{VERSION}")
            layers = [_layer(file, k, head) for k, head in enumerate(meta["layers"])]
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise ThriftyError(f"{path}: truncated, damaged, or not a thrifty network file "
                           f"({error})") from None
    for k, (before, after) in enumerate(zip(layers, layers[1:], strict=False)):
        if before.rows != after.columns:
            raise ThriftyError(f"{path}: layer {k} has {before.rows} rows, but layer {k + 1} has "
                               f"{after.columns} columns")
    return Network(layers, meta["activation_width"], meta["activation_signed"], meta["meta"])


def _layer(file: Any, k: int, head: dict[str, Any]) -> Layer:
    codes = file[f"{k}.codes"]
    weight = sp.csc_array((file[f"{k}.codebook"][codes], file[f"{k}.indices"].astype(np.int32),
                           file[f"{k}.indptr"]), shape=(head["rows"], head["columns"]))
    weight.check_format(full_check=True)
    return Layer(weight, file[f"{k}.bias"], head["relu"],
                 file[f"{k}.multiplier"] if f"{k}.multiplier" in file else None, head["shift"])
