"""The constant step: a matrix becomes the Verilog of a layer without weight memory, and a manifest."""

import re
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from amaranth import Value

from gen.constant import adder_graph
from gen.folder import BuildFolder, hash_bytes, hash_file
from gen.generate import ports
from gen.read.npy import read_npy
from gen.verilog import emit, emit_technology
from hw.errors import ThriftyError
from hw.shared import Shared
from hw.shift_add.constant import ConstantLayer
from hw.shift_add.offsets import cost

__all__ = ["generate_constant"]

LARGEST = 128 * 128
"""Weights that are not 0. More take more slots than the largest ECP5 has."""


def generate_constant(path: Path, folder: BuildFolder, *, width: int, unsigned: bool
                      ) -> tuple[dict[str, Any], bool]:
    """Write ``<name>.v``, ``<name>.ecp5.v`` and ``manifest.json``; ``<name>`` is the file's.

    Args:
        path: outputs x inputs, integers (.npy).
        width, unsigned: Of each input.

    Returns:
        The manifest, and whether the files were up to date already. ThriftyError for what is no such
        matrix.
    """
    key = {"matrix": hash_file(path), "name": path.stem, "width": width, "unsigned": unsigned}
    if folder.fresh("constant", key):
        return folder.read_json("manifest.json", "constant"), True
    matrix = _matrix(path)
    low, high = (0, (1 << width) - 1) if unsigned else (-1 << width - 1, (1 << width - 1) - 1)
    graph = adder_graph(matrix, low, high)
    name = re.sub(r"\W", "_", path.stem)
    if not re.match(r"[A-Za-z_]", name):
        name = f"layer_{name}"
    layer = ConstantLayer(graph)
    shared = Shared(layer, name, {"ecp5": ConstantLayer(graph, "ecp5")})
    files = {f"{name}.v": emit(layer, name),
             **{f"{name}.{family}.v": text for family, text in emit_technology([shared]).items()}}
    manifest = {
        "name": name,
        "verilog": f"{name}.v",
        "technology": {"ecp5": f"{name}.ecp5.v"},
        "inputs": graph.inputs, "input_width": width, "input_signed": not unsigned,
        "outputs": _fields(layer),
        "adders": len(graph.adders), "latency": layer.latency, "ecp5_slots": cost(graph),
        "ports": ports(layer),
        "tools": {tool: metadata.version(tool) for tool in ("thrifty", "amaranth", "da4ml")},
        "hashes": {file: hash_bytes(text.encode()) for file, text in files.items()},
    }
    results = [*folder.write_all(files), folder.write_json("manifest.json", manifest)]
    folder.stamp("constant", key, results)
    return manifest, False


def _fields(layer: ConstantLayer) -> list[dict[str, Any]]:
    """Where each output stands in ``o_payload``."""
    fields, low = [], 0
    for k in range(len(layer.graph.outputs)):
        shape = Value.cast(layer.o.payload[f"_{k}"]).shape()
        fields.append({"low": low, "width": shape.width, "signed": shape.signed})
        low += shape.width
    return fields


def _matrix(path: Path) -> np.ndarray:
    matrix = read_npy(path)
    if matrix.ndim != 2 or not matrix.size:
        raise ThriftyError(f"{path}: a matrix of outputs x inputs is needed, not one of shape "
                           f"{matrix.shape}")
    if not np.issubdtype(matrix.dtype, np.integer):
        raise ThriftyError(f"{path}: integers are needed, not {matrix.dtype}")
    count = int(np.count_nonzero(matrix))
    if count > LARGEST:
        raise ThriftyError(f"{path}: {count:,} weights; at most {LARGEST:,} can become adders: "
                           "use an engine with a memory")
    return matrix
