"""A module measured apart from any design: synthesised, placed and routed between few pins."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from boards.build import PLACEMENT, count_cells
from boards.carry import open_ends
from boards.tools import Progress, Tools

__all__ = ["Unit", "route"]

NEXTPNR = {
    "ecp5": ("--85k", "--package", "CABGA381", "--speed", "6", "--textcfg", "top.config", *PLACEMENT),
    "ice40": ("--up5k", "--package", "sg48", "--asc", "top.asc"),
}
SYNTHESIS = {"ecp5": "synth_ecp5 -nowidelut", "ice40": "synth_ice40 -device u"}
COMB = {"ecp5": "TRELLIS_COMB", "ice40": "ICESTORM_LC"}
GOAL_MHZ = {"ecp5": 300, "ice40": 80}
"""More than is reached, so that nextpnr does what it can."""


@dataclass(frozen=True)
class Unit:
    """What a module takes.

    ``slots`` (LUT4 + 2 CCU2C + 6 DPR16X4, only meant for ECP5) and ``ff`` are those of the module as
    Yosys counts its ``cells``, ``comb`` the cells that nextpnr makes of all its instances.
    """

    slots: int
    ff: int
    comb: int
    fmax_mhz: float
    cells: Mapping[str, int]


def route(verilog: str, unit: str, family: str, seed: int, instances: Sequence[str], progress: Progress,
          goal_mhz: float | None = None) -> Unit:
    """A module ``harness`` routed on an LFE5U-85F (speed 6) or an iCE40UP5K.

    Args:
        unit: The module that is measured; it is kept whole.
        instances: The names of its instances in the harness.
    """
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(scratch)
        (folder / "top.v").write_text(verilog)
        (folder / "synth.ys").write_text(
            f"read_verilog top.v\nsetattr -mod -set keep_hierarchy 1 {unit}\n"
            f"{SYNTHESIS[family]} -top harness -json netlist.json\n")
        tools = Tools(folder, native=False, progress=progress)
        tools.run("yosys", "-s", "synth.ys")
        netlist = json.loads((folder / "netlist.json").read_text())
        cells = count_cells(netlist["modules"], unit)
        open_ends(netlist)
        (folder / "netlist.json").write_text(json.dumps(netlist))
        tools.run(f"nextpnr-{family}", *NEXTPNR[family], "--json", "netlist.json",
                  "--freq", str(goal_mhz or GOAL_MHZ[family]), "--timing-allow-fail",
                  "--seed", str(seed),
                  "--report", "report.json", "--write", "routed.json")
        report = json.loads((folder / "report.json").read_text())
        (routed,) = json.loads((folder / "routed.json").read_text())["modules"].values()
    names = (*(f"{instance}." for instance in instances), "$nextpnr")
    return Unit(
        slots=cells["LUT4"] + 2 * cells["CCU2C"] + 6 * cells["TRELLIS_DPR16X4"],
        ff=sum(count for kind, count in cells.items() if kind.startswith(("TRELLIS_FF", "SB_DFF"))),
        comb=sum(cell["type"] == COMB[family] and name.startswith(names)
                 for name, cell in routed["cells"].items()),
        fmax_mhz=round(min(net["achieved"] for net in report["fmax"].values()), 1),
        cells=cells)
