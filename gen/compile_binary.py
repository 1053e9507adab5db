"""A network for the binary array: configuration, memories, report."""

from typing import Any

from gen.array_report import array_report
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
    c = config.binary
    layers = [{"rows": each.layer.rows, "columns": each.layer.columns, "planes": each.planes,
               "cycles": each.cycles,
               "utilization": each.planes * each.weight.size / (each.cycles * c.pes * c.simd)}
              for each in place_layers(network, c)]
    return config, parts, {}, array_report(network, parts, memories(config), layers)
