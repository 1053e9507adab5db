"""A network for the sparse engine: configuration, memories, report."""

from typing import Any

from gen.image import coded_bits
from gen.network import Network
from gen.resolve import resolve
from gen.section import Section
from gen.sparse import Placement, sections
from gen.streamed import streamed_bytes
from hw.config import Config
from hw.packet import MemoryId
from hw.sparse.layout import memories

__all__ = ["compile_sparse"]


def compile_sparse(draft: dict[str, Any], network: Network, where: str
                   ) -> tuple[Config, list[Section], dict[str, bytes], dict[str, Any]]:
    """The complete configuration, the image's sections, further files, and the report."""
    config, placements = resolve(draft, network, where)
    parts = sections(network, config, placements)
    streamed = {}
    if config.sparse.entries == "stream":
        streamed["weights.bin"] = streamed_bytes(placements[0], config.sparse)
    return config, parts, streamed, _report(network, config, placements, parts,
                                            streamed.get("weights.bin"))


def _report(network: Network, config: Config, placements: list[Placement], parts: list[Section],
            streamed: bytes | None) -> dict[str, Any]:
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
