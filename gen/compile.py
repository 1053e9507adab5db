"""The compile step: a network becomes a configuration, an image and golden vectors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gen.compile_binary import compile_binary
from gen.compile_shift_add import compile_shift_add
from gen.compile_sparse import compile_sparse
from gen.folder import BuildFolder, hash_file, json_text
from gen.image import build_image
from gen.network import Network, dump, load
from gen.read import read_network
from gen.resolve import dump_config, read_config, read_draft
from hw.config import BinaryActivation, Compress, Config, integer_range
from hw.errors import ThriftyError

__all__ = ["Compiled", "compile_network", "golden_inputs", "load_compiled"]

ENGINES = {"sparse": compile_sparse, "binary": compile_binary, "shift_add": compile_shift_add}
"""By the table of the configuration that asks for one."""
GOLDEN_SEED = 1
GOLDEN_VECTORS = 8


@dataclass(frozen=True)
class Compiled:
    """What the compile step leaves in a build folder."""

    network: Network
    config: Config
    report: dict[str, Any]
    up_to_date: bool


def compile_network(source: Path, config_path: Path, folder: BuildFolder) -> Compiled:
    """Compress and place a network; write ``config.resolved.toml``, ``network.npz``, ``image.bin``,
    ``compile.json``, and ``weights.bin``, the beats of a vector, if entries are streamed.

    Nothing is written unless everything fits.
    """
    draft = read_draft(config_path)
    key = {"network": hash_file(source), "kind": source.suffix, "config": hash_file(config_path)}
    if folder.fresh("compile", key):
        return Compiled(*load_compiled(folder), folder.read_json("compile.json", "compile"), True)
    weight = draft.get("sparse", {}).get("weight", {})
    given = next((name for name in ENGINES if name in draft), None)
    network = read_network(source, Compress(**draft.get("compress", {})), weight.get("width", 8),
                           weight.get("codebook_size", 16),
                           weight.get("terms", 2) if weight.get("kind") == "shift_add" else None,
                           kind=given or "sparse")
    engine = given or network.kind
    if engine != "sparse" and Compress(**draft.get("compress", {})) != Compress():
        raise ThriftyError(f"{config_path}: a table [compress] is for the sparse engine: leave it out")
    config, parts, files, report = ENGINES[engine](draft, network, str(config_path))
    image = build_image(network, config, parts)
    report["image_bytes"] = len(image)
    results = folder.write_all({
        **files,
        "config.resolved.toml": dump_config(config),
        "network.npz": dump(network),
        "image.bin": image,
        "compile.json": json_text(report),
    }, step="compile")
    folder.stamp("compile", key, results)
    return Compiled(network, config, report, False)


def load_compiled(folder: BuildFolder) -> tuple[Network, Config]:
    """The network and the configuration of a compiled build folder."""
    network, config = (folder.need(name, "compile") for name in ("network.npz", "config.resolved.toml"))
    folder.finished("compile")
    return load(network), read_config(config)


def golden_inputs(network: Network, config: Config, seed: int = GOLDEN_SEED,
                  vectors: int = GOLDEN_VECTORS) -> np.ndarray:
    """Input vectors that try a design: zeros, the extremes, then random ones, half of them sparse.

    Returns:
        int64 (vectors x inputs), within the range of activations.
    """
    activation = config.engine.activation
    rng = np.random.default_rng(seed)
    if isinstance(activation, BinaryActivation) and activation.width == 1:
        values = 2 * rng.integers(0, 2, (vectors, network.inputs)) - 1
        values[:2] = np.array([[1], [-1]])[:len(values)]
        return values
    low, high = integer_range(activation.width, activation.signed)
    values = rng.integers(low, high, (vectors, network.inputs), endpoint=True)
    values[1::2] *= rng.random(values[1::2].shape) < 0.3
    values[:3] = np.array([[0], [high], [low]])[:len(values)]
    return values
