"""A network for the shift-add array: configuration, memories, report."""

from typing import Any

from gen.network import Network
from gen.resolve import resolve_shift_add
from gen.section import Section
from gen.shift_add import place_layers, sections
from hw.config import Config
from hw.shift_add.memories import memories

__all__ = ["compile_shift_add"]


def compile_shift_add(draft: dict[str, Any], network: Network, where: str
                      ) -> tuple[Config, list[Section], dict[str, bytes], dict[str, Any]]:
    """The complete configuration, the image's sections, further files (none), and the report."""
    config = resolve_shift_add(draft, network, where)
    parts = sections(network, config)
    return config, parts, {}, _report(network, config, parts)


def _report(network: Network, config: Config, parts: list[Section]) -> dict[str, Any]:
    """Sizes and cycles. Bits are those that the hardware's memories spend, padding included."""
    c = config.shift_add
    placed = place_layers(network, c)
    weights = sum(layer.rows * layer.columns for layer in network.layers)
    biases = sum(layer.rows for layer in network.layers)
    bits = {which.name.lower(): width * sum(part.fills(which) for part in parts)
            for which, (width, _) in memories(config).items()}
    total = sum(bits.values())
    return {
        "layers": [{"rows": each.layer.rows, "columns": each.layer.columns, "terms": each.terms,
                    "cycles": each.cycles,
                    "utilization": each.layer.rows * each.layer.columns * each.terms
                    / (each.cycles * c.lanes)} for each in placed],
        "weights": weights,
        "dense_weights": weights,
        "array_cycles": sum(each.cycles for each in placed),
        "stored_bits": bits,
        "bits_per_weight": total / weights,
        "compression_ratio": 32 * (weights + biases) / total,
    }
