"""How Verilog and synthesis grow with the number of PEs: `python -m bench.growth`.

The PE is one module, emitted and synthesised once; 64 PEs must cost less than 1.5 times what 4 cost.
Times are wall-clock, compared only as a ratio within one run.
"""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from boards.tools import Tools
from gen.folder import BuildFolder
from gen.generate import generate
from gen.presets import preset_text

PES = (4, 16, 64)


def main(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Generate and synthesise engine16 with 4, 16 and 64 PEs."""
    err = Console(stderr=True)
    rows = []
    for pes in (PES[0], *PES):  # the first run warms the tools and is not counted
        err.print(f"{pes} PEs")
        folder = BuildFolder(Path("build/bench/growth") / str(pes))
        text = preset_text("engine16").replace("pes = 16", f"pes = {pes}", 1)
        config = folder.write("config.toml", text)
        manifest, _ = generate(config, folder)
        rows.append({"pes": pes, "verilog_bytes": (folder / manifest["verilog"]).stat().st_size,
                     "yosys_seconds": round(_synthesise(folder, manifest), 1)})
    rows = rows[1:]
    growth = {key: rows[-1][key] / rows[0][key] for key in ("verilog_bytes", "yosys_seconds")}
    if as_json:
        print(json.dumps({"rows": rows, "growth_4_to_64": growth}, indent=2))
        return
    table = Table("PEs", "Verilog, bytes", "Yosys, s")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)
    print(f"from 4 to 64 PEs: Verilog x {growth['verilog_bytes']:.2f}, "
          f"Yosys x {growth['yosys_seconds']:.2f}")


def _synthesise(folder: BuildFolder, manifest: dict) -> float:
    """Seconds that Yosys takes for the design alone on ECP5."""
    script = [f"read_verilog {manifest['verilog']}",
              *(f"setattr -mod -set keep_hierarchy 1 {name}" for name in manifest["keep_hierarchy"]),
              f"synth_ecp5 -nowidelut -top {manifest['name']}"]
    folder.write("growth.ys", "\n".join(script) + "\n")
    tools = Tools(folder.path, native=False, progress=lambda what, seconds: None)
    start = time.monotonic()
    tools.run("yosys", "-s", "growth.ys")
    return time.monotonic() - start


if __name__ == "__main__":
    typer.run(main)
