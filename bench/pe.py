"""What one processing element takes on ECP5, by kind of weight: `python -m bench.pe`.

A PE of 1,024 entries, 512 words of column tables, 63 rows and one layer, 8-bit activations, 16 codebook
words, 24-bit accumulators and a queue of 255, and the PE of the preset engine16, each synthesised alone.
Slots are LUT4 + 2 CCU2C + 6 DPR16X4.
"""

import json
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from boards.build import count_cells
from boards.carry import absorb_logic
from boards.tools import Tools
from gen.presets import preset_text
from gen.resolve import complete
from gen.verilog import emit
from hw.top import Top

SMALL = {"entries": 1024, "columns": 512, "rows": 63, "layers": 1}
QUEUE = 255
"""That of `thrifty bench eie`."""

GAPS = {"index": {"kind": "per_layer", "width": 6}}

VARIANTS: tuple[tuple[str, dict[str, int], dict[str, Any], str], ...] = (
    ("codebook, multiplier in a DSP", SMALL, {}, ""),
    ("codebook, multiplier in LUTs", SMALL, {}, "-nodsp"),
    *((f"shift-add, {terms} term{'s' * (terms > 1)}", SMALL,
       {"weight": {"kind": "shift_add", "terms": terms}}, "") for terms in (1, 2, 3)),
    ("codebook, entries hold gaps", SMALL, GAPS, ""),
    ("Huffman-coded entries in memory", SMALL, GAPS | {"huffman": "memory"}, ""),
    ("the same, four layers", SMALL | {"layers": 4}, GAPS | {"huffman": "memory"}, ""),
    ("engine16", {}, {}, ""),
)
CELLS = ("LUT4", "CCU2C", "TRELLIS_DPR16X4", "TRELLIS_FF", "MULT18X18D", "DP16KD")


def main(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Synthesise each variant with Yosys."""
    err = Console(stderr=True)
    rows = []
    for name, capacity, changes, options in VARIANTS:
        with err.status(name):
            rows.append({"weights": name, **_cells(capacity, changes, options)})
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


def _cells(capacity: dict[str, int], changes: dict[str, Any], options: str) -> dict[str, int]:
    """Cells of a PE whose configuration differs from engine16's in ``capacity`` and ``changes``."""
    text = tomllib.loads(preset_text("engine16"))
    text["sparse"]["capacity"] |= capacity
    for key, value in changes.items():
        text["sparse"][key] = text["sparse"][key] | value if isinstance(value, dict) else value
    text["sparse"]["queue_depth"] = QUEUE
    top = Top(complete(text, "bench.pe"))
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(scratch)
        (folder / "pe.v").write_text(emit(top, top.config.name, top.shared))
        (folder / "pe.ys").write_text(
            f"read_verilog pe.v\nsynth_ecp5 -nowidelut {options} -top {top.engine.pe.name}\n"
            "write_json netlist.json\n")
        Tools(folder, native=False, progress=lambda what, seconds: None).run("yosys", "-s", "pe.ys")
        netlist = json.loads((folder / "netlist.json").read_text())
    counts = count_cells(netlist["modules"], top.engine.pe.name)
    absorbed = absorb_logic(netlist)
    cells = {cell: counts[cell] for cell in CELLS}
    slots = cells["LUT4"] + 2 * cells["CCU2C"] + 6 * cells["TRELLIS_DPR16X4"]
    return {"slots": slots, "with logic in carry cells": slots - absorbed, **cells}


if __name__ == "__main__":
    typer.run(main)
