"""A build folder through simulation and routing, for commands that measure whole designs."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from boards.step import synthesise_step
from boards.tools import Progress
from gen.folder import BuildFolder
from hw.errors import ThriftyError
from sim.simulate import simulate

__all__ = ["BOARD", "ROOT", "clocks", "present", "routed", "simulated"]

BOARD = "ulx3s-85f"
ROOT = Path("build/bench")


def simulated(folder: BuildFolder, inputs: Path, progress: Progress) -> dict[str, Any]:
    """The report of a simulation; ThriftyError if an output differs from the golden model."""
    progress("simulation", 0)
    report, _ = simulate(folder, inputs, simulator="verilator", seed=1, stall=0.0, waves=False)
    if report["mismatches"]:
        raise ThriftyError(f"{folder.path}: {report['mismatches']} outputs differ from the golden model")
    return report


def routed(folder: BuildFolder, seeds: int, progress: Progress) -> dict[str, Any]:
    """``fmax_mhz`` (the median), ``fmax_mhz_all_seeds``, and the resources on ``BOARD``, by name."""
    runs = [synthesise_step(folder, BOARD, clock_hz=None, seed=seed, native=False, picture=False,
                            progress=progress)[0] for seed in range(1, seeds + 1)]
    return {**clocks([run["fmax_mhz"] for run in runs]),
            **{name: each["used"] for name, each in runs[0]["resources"].items()}}


def clocks(all_seeds: list[float]) -> dict[str, Any]:
    """The median of some clocks, and all of them."""
    return {"fmax_mhz": median(all_seeds), "fmax_mhz_all_seeds": sorted(all_seeds)}


def present(report: dict[str, Any], as_json: bool) -> None:
    """A report of parts, each a dictionary or several with the same keys, for machines or for people."""
    if as_json:
        print(json.dumps(report, indent=2))
        return
    for name, part in report.items():
        rows = part if isinstance(part, list) else [part]
        table = Table("", *([""] * len(rows)), title=name, title_justify="left", show_header=False)
        for key in rows[0]:
            table.add_row(key, *(str(row[key]) for row in rows))
        Console().print(table)
