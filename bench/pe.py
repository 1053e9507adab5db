"""What one processing element takes on ECP5, by kind of weight: `python -m bench.pe`.

The PE of the preset engine16, synthesised alone; slots are LUT4 + 2 CCU2C + 6 DPR16X4.
"""

import json
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from boards.tools import Tools
from gen.presets import preset_text
from gen.resolve import complete
from gen.verilog import emit
from hw.top import Top

VARIANTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("codebook, multiplier in a DSP", {}, ""),
    ("codebook, multiplier in LUTs", {}, "-nodsp"),
    *((f"shift-add, {terms} term{'s' * (terms > 1)}", {"kind": "shift_add", "terms": terms}, "")
      for terms in (1, 2, 3)),
)
CELLS = ("LUT4", "CCU2C", "TRELLIS_DPR16X4", "TRELLIS_FF", "MULT18X18D", "DP16KD")


def main(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Synthesise each variant with Yosys."""
    err = Console(stderr=True)
    rows = []
    for name, weight, options in VARIANTS:
        with err.status(name):
            rows.append({"weights": name, **_cells(weight, options)})
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


def _cells(weight: dict[str, Any], options: str) -> dict[str, int]:
    """Cells of a PE whose configuration differs from engine16's in ``weight``."""
    text = tomllib.loads(preset_text("engine16"))
    text["sparse"]["weight"] |= weight
    top = Top(complete(text, "bench.pe"))
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(scratch)
        (folder / "pe.v").write_text(emit(top, top.config.name, top.shared))
        (folder / "pe.ys").write_text(
            f"read_verilog pe.v\nsynth_ecp5 -nowidelut {options} -top {top.engine.pe.name}\n"
            "tee -q -o stat.json stat -json\n")
        Tools(folder, native=False, progress=lambda what, seconds: None).run("yosys", "-s", "pe.ys")
        counts = json.loads((folder / "stat.json").read_text())["design"]["num_cells_by_type"]
    cells = {cell: counts.get(cell, 0) for cell in CELLS}
    return {"slots": cells["LUT4"] + 2 * cells["CCU2C"] + 6 * cells["TRELLIS_DPR16X4"], **cells}


if __name__ == "__main__":
    typer.run(main)
