"""A network for the binary array: configuration, memories, report."""

from typing import Any

from gen.binary import place_layers, sections
from gen.network import Network
from gen.resolve import resolve_binary
from gen.section import Section
from hw.binary.layout import memories
from hw.config import Config

__all__ = ["compile_binary"]


def compile_binary(draft: dict[str, Any], network: Network, where: str
                   ) -> tuple[Config, list[Section], dict[str, bytes], dict[str, Any]]:
    """The complete configuration, the image's sections, further files (none), and the report."""
    config = resolve_binary(draft, network, where)
    parts = sections(network, config)
    return config, parts, {}, _report(network, config, parts)


def _report(network: Network, config: Config, parts: list[Section]) -> dict[str, Any]:
    """Sizes and cycles. Bits are those that the hardware's memories spend, padding included."""
    c = config.binary
    placed = place_layers(network, c)
    weights = sum(layer.rows * layer.columns for layer in network.layers)
    biases = sum(layer.rows for layer in network.layers)
    bits = {which.name.lower(): width * sum(part.fills(which) for part in parts)
            for which, (width, _) in memories(config).items()}
    total = sum(bits.values())
    return {
        "layers": [{"rows": each.layer.rows, "columns": each.layer.columns, "planes": each.planes,
                    "cycles": each.cycles,
                    "utilization": each.planes * each.weight.size / (each.cycles * c.pes * c.simd)}
                   for each in placed],
        "weights": weights,
        "dense_weights": weights,
        "array_cycles": sum(each.cycles for each in placed),
        "stored_bits": bits,
        "bits_per_weight": total / weights,
        "compression_ratio": 32 * (weights + biases) / total,
    }
