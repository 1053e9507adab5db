"""A configuration as small as the rules allow."""

from hw.config import Config

__all__ = ["small"]


def small(*, memory_latency: int = 2, accumulator_width: int = 8, rows: int = 4,
          entries: int = 8, broadcasts: int = 1) -> Config:
    """Two PEs, two-bit activations in beats of four."""
    return Config.model_validate({
        "name": "formal", "memory_latency": memory_latency,
        "sparse": {
            "pes": 2, "queue_depth": 16, "broadcasts": broadcasts,
            "activation": {"width": 2, "signed": False, "lanes": 4},
            "weight": {"width": 2, "signed": True, "codebook_size": 2},
            "index": {"kind": "per_layer", "width": 2},
            "accumulator": {"width": accumulator_width},
            "capacity": {"layers": 2, "entries": entries, "columns": 8, "rows": rows, "total_rows": 32,
                         "inputs": 8, "hidden": 8, "outputs": 4},
        },
    })
