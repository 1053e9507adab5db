"""The compile step: a network becomes a configuration, an image and golden vectors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gen.folder import BuildFolder, hash_file, json_text
from gen.image import build_image, coded_bits
from gen.network import Network, dump, load
from gen.read import read_network
from gen.resolve import dump_config, read_config, read_draft, resolve
from gen.sparse import Placement, Section, sections
from gen.streamed import streamed_bytes
from hw.config import Compress, Config, integer_range
from hw.packet import MemoryId
from hw.sparse.layout import memories

__all__ = ["Compiled", "compile_network", "golden_inputs", "load_compiled"]

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
    network = read_network(source, Compress(**draft.get("compress", {})), weight.get("width", 8),
                           weight.get("codebook_size", 16),
                           weight.get("terms", 2) if weight.get("kind") == "shift_add" else None)
    config, placements = resolve(draft, network, str(config_path))
    parts = sections(network, config, placements)
    image = build_image(network, config, parts)
    streamed = {}
    if config.sparse.entries == "stream":
        streamed["weights.bin"] = streamed_bytes(placements[0], config.sparse)
    report = _report(network, config, placements, parts, len(image), streamed.get("weights.bin"))
    results = folder.write_all({
        **streamed,
        "config.resolved.toml": dump_config(config),
        "network.npz": dump(network),
        "image.bin": image,
        "compile.json": json_text(report),
    })
    folder.stamp("compile", key, results)
    return Compiled(network, config, report, False)


def load_compiled(folder: BuildFolder) -> tuple[Network, Config]:
    """The network and the configuration of a compiled build folder."""
    return (load(folder.need("network.npz", "compile")),
            read_config(folder.need("config.resolved.toml", "compile")))


def golden_inputs(network: Network, config: Config, seed: int = GOLDEN_SEED,
                  vectors: int = GOLDEN_VECTORS) -> np.ndarray:
    """Input vectors that try a design: zeros, the extremes, then random ones, half of them sparse.

    Returns:
        int64 (vectors x inputs), within the range of activations.
    """
    activation = config.sparse.activation
    low, high = integer_range(activation.width, activation.signed)
    rng = np.random.default_rng(seed)
    values = rng.integers(low, high, (vectors, network.inputs), endpoint=True)
    values[1::2] *= rng.random(values[1::2].shape) < 0.3
    values[:3] = np.array([[0], [high], [low]])[:len(values)]
    return values


def _report(network: Network, config: Config, placements: list[Placement], parts: list[Section],
            image_bytes: int, streamed: bytes | None) -> dict[str, Any]:
    """Sizes. Bits are those that the hardware's memories spend: entries, tables, codebooks, rows.

    Where entries are streamed, ``streamed_bits`` are what the beats of a vector take; they count among
    the bits of a weight.
    """
    kind = config.sparse.index.kind
    dense = sum(layer.rows * layer.columns for layer in network.layers)
    weights = sum(layer.weight.nnz for layer in network.sparse_layers)
    biases = sum(layer.rows for layer in network.layers)
    widths = {which: width for which, (width, _) in memories(config).items()}
    where = config.sparse.huffman
    bits = {which.name.lower(): width * sum(part.fills(which) for part in parts)
            for which, width in widths.items() if which != MemoryId.HUFFMAN or where == "memory"}
    streamed_bits = 8 * len(streamed or b"")
    total = sum(bits.values()) + streamed_bits
    plain = bits.get("entries", 0) + bits.get("upper", 0) + streamed_bits
    coded = coded_bits(parts) if where == "image" else plain
    return {
        "layers": [{"rows": layer.rows, "columns": layer.columns, "weights": int(layer.weight.nnz),
                    "density": layer.weight.nnz / (layer.rows * layer.columns),
                    "table_words": placement.words, "index_bits": placement.index_bits(kind)}
                   for layer, placement in zip(network.sparse_layers, placements, strict=True)],
        "weights": int(weights),
        "dense_weights": int(dense),
        "image_bytes": image_bytes,
        "stored_bits": bits,
        # In the image: Huffman-coded if the configuration says so, then with the tables of the codes.
        "image_entry_bits": coded,
        "image_entry_bits_per_weight": coded / max(1, weights),
        "entry_bits_per_weight": plain / max(1, weights),
        "bits_per_weight": total / max(1, weights),
        "compression_ratio": 32 * (dense + biases) / total,
        **({} if streamed is None else {
            "streamed_bits": streamed_bits,
            "streamed_beats": streamed_bits // config.sparse.stream_width}),
    }
