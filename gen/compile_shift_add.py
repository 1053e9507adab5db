"""A network for the shift-add array: configuration, memories, report."""

from typing import Any

from gen.array_report import array_report
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
    c = config.shift_add
    layers = [{"rows": each.layer.rows, "columns": each.layer.columns, "terms": each.terms,
               "cycles": each.cycles,
               "utilization": each.layer.rows * each.layer.columns * each.terms
               / (each.cycles * c.lanes)} for each in place_layers(network, c)]
    return config, parts, {}, array_report(network, parts, memories(config), layers)
