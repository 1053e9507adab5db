"""A small complete configuration to start from."""

from typing import Any

from hw.config import Config

__all__ = ["config", "table"]


def table(**changes: Any) -> dict[str, Any]:
    """The configuration as a table; keys like ``sparse__capacity__rows`` change parts of it."""
    result: dict[str, Any] = {
        "name": "small", "memory_latency": 2,
        "sparse": {
            "pes": 2, "queue_depth": 16,
            "activation": {"width": 8, "signed": True, "lanes": 4},
            "weight": {"kind": "codebook", "width": 8, "signed": True, "codebook_size": 16},
            "index": {"kind": "per_layer", "width": 3},
            "accumulator": {"width": 24, "signed": True},
            "requantize": {"enabled": True, "multiplier_width": 16},
            "capacity": {"layers": 4, "entries": 64, "columns": 32, "rows": 8, "total_rows": 32,
                         "inputs": 20, "hidden": 12, "outputs": 16},
        },
    }
    for path, value in changes.items():
        *parents, key = path.split("__")
        place = result
        for parent in parents:
            place = place[parent]
        place[key] = value
    return result


def config(**changes: Any) -> Config:
    """The configuration, validated."""
    return Config.model_validate(table(**changes))
