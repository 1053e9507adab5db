"""What ``compile.json`` says of a network on an array."""

from typing import Any

from gen.network import Network
from gen.section import Section
from hw.packet import MemoryId

__all__ = ["array_report"]


def array_report(network: Network, parts: list[Section], sizes: dict[MemoryId, tuple[int, int]],
                 layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Sizes and cycles. Bits are those that the hardware's memories spend, padding included.

    Args:
        sizes: Width and depth of every memory.
        layers: Of each layer what there is to say, ``cycles`` among it.
    """
    weights = sum(layer.rows * layer.columns for layer in network.layers)
    biases = sum(layer.rows for layer in network.layers)
    bits = {which.name.lower(): width * sum(part.fills(which) for part in parts)
            for which, (width, _) in sizes.items()}
    total = sum(bits.values())
    return {
        "layers": layers,
        "weights": weights,
        "dense_weights": weights,
        "array_cycles": sum(layer["cycles"] for layer in layers),
        "stored_bits": bits,
        "bits_per_weight": total / weights,
        "compression_ratio": 32 * (weights + biases) / total,
    }
