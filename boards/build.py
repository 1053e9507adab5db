"""From generated Verilog to a bitstream, and to the numbers that say what it costs."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boards
from boards.absorb import absorb_registers
from boards.board import RESOURCES, SPRAM_DEPTH, Board
from boards.carry import absorb_logic, open_ends
from boards.clock import Clock, fastest, plan
from boards.floorplan import assign_sites
from boards.tools import Progress, ToolFailed, Tools
from boards.top import BoardTop
from gen.folder import BuildFolder
from gen.verilog import emit
from hw.errors import ThriftyError

__all__ = ["PLACEMENT", "count_cells", "synthesise"]

EFFORT_HZ = 200e6
"""What nextpnr is asked for at least on ECP5: content with less, it leaves resets and the like far
apart."""

PLACEMENT = ("--placer-heap-timingweight", "100", "--placer-heap-critexp", "4")
"""For ECP5: timing weighs more than by default, 5 to 15 MHz on the arrays for a longer placement."""

_BITSTREAM = {"ecp5": "top.bit", "ice40": "top.bin"}

_NEXTPNR_TYPES = {
    "ecp5": {"comb": "TRELLIS_COMB", "ff": "TRELLIS_FF", "ram": "DP16KD", "dsp": "MULT18X18D"},
    "ice40": {"comb": "ICESTORM_LC", "ram": "ICESTORM_RAM", "spram": "ICESTORM_SPRAM",
              "dsp": "ICESTORM_DSP"},
}

_ICE40_REGISTERS = " ".join(f"-cell $_{kind}_ 0" for kind in (
    "DFF_?", "DFFE_?P", "DFF_?P?", "DFFE_?P?P", "SDFF_?P?", "SDFFCE_?P?P"))
"""What synth_ice40 makes of registers, in the words of dfflegalize."""


def synthesise(build_dir: Path, board_name: str, *, clock_hz: float | None = None, seed: int = 1,
               native: bool = False, picture: bool = False, absorb: bool = False,
               progress: Progress = lambda what, seconds: None) -> dict[str, Any]:
    """Make a board's bitstream of a generated design and report what it takes.

    Everything lies in ``<build_dir>/synth/<board>/``; a failed run leaves an earlier result alone
    and its own files in ``<board>.failed/``. The result is written there as ``synth.json``, and to
    ``<build_dir>/synth.json``, which tells of the last board.

    Args:
        build_dir: Where ``manifest.json`` and the Verilog are.
        board_name: One of ``boards.BOARDS``.
        clock_hz: The clock to run at; the board's default if None.
        seed: Of placement.
        native: Use Yosys and nextpnr from PATH.
        picture: Draw the placement, too; on an 85F that takes 15 s and 36 MB.
        absorb: On ECP5, use registers inside RAMs and multipliers (``boards.absorb``) and what carry
            cells can take in (``boards.carry``).
        progress: Told about once a second what runs.

    Returns:
        ``board family device clock_mhz fmax_mhz seed tools bitstream svg`` (None without a picture)
        and ``resources``, by name ``{"used": ..., "available": ...}``: ``lut4 carry dpr16x4`` as
        Yosys counts them, ``slots`` (on ECP5 LUT4 + 2 CCU2C + 6 DPR16X4, on iCE40 logic cells), the
        rest as nextpnr counts it.

    Raises:
        ThriftyError: The design does not fit, cannot be routed or misses the clock; a tool is
            missing.
    """
    board = boards.find(board_name)
    folder = BuildFolder(build_dir)
    manifest = folder.read_json("manifest.json", "generate", "name", "verilog", "memories",
                                "keep_hierarchy", "technology")
    if any(port["name"].startswith("s_axis_w_") for port in manifest.get("ports", ())):
        raise ThriftyError(f"{board.name}: nothing on the board feeds s_axis_w, the stream of entries: "
                           'set sparse.entries = "memory" and compile again')
    clock = plan(board, clock_hz or board.clock_hz)
    final = build_dir / "synth" / board.name
    work = final.with_name(f"{board.name}.failed")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)

    tools = Tools(work, native=native, progress=progress)
    versions = {tool: tools.version(tool) for tool in ("yosys", f"nextpnr-{board.family}")}
    try:
        counts, report = _run(tools, work, board, manifest, clock, seed, picture,
                              absorb)
    except ToolFailed as failure:
        raise _explain(failure, board, work) from None
    fmax_hz = 1e6 * min(net["achieved"] for net in report["fmax"].values())
    if fmax_hz < clock.hz:
        slower = fastest(board, fmax_hz)
        advice = f"run it at {slower / 1e6:.6g} MHz" if slower else "choose fewer or smaller PEs"
        raise ThriftyError(
            f"{board.name}: the design reaches {fmax_hz / 1e6:.1f} MHz, not the "
            f"{clock.hz / 1e6:.6g} MHz asked for; {advice} or try another seed")

    result = {
        "board": board.name, "family": board.family, "device": board.device,
        "clock_mhz": round(clock.hz / 1e6, 6), "fmax_mhz": round(fmax_hz / 1e6, 2),
        "seed": seed,
        "resources": _resources(board, counts, report["utilization"]),
        "tools": versions,
        "bitstream": f"synth/{board.name}/{_BITSTREAM[board.family]}",
        "svg": f"synth/{board.name}/placed.svg" if picture else None,
    }
    folder.write_json(f"synth/{work.name}/synth.json", result)
    shutil.rmtree(final, ignore_errors=True)
    work.rename(final)
    folder.write_json("synth.json", result)
    return result


def _run(tools: Tools, work: Path, board: Board, manifest: Mapping[str, Any], clock: Clock,
         seed: int, picture: bool, absorb: bool) -> tuple[dict[str, int], dict[str, Any]]:
    """Yosys's cell counts and nextpnr's report."""
    (work / "top.v").write_text(emit(BoardTop(manifest["name"], board, clock), "BoardTop"))
    (work / "pins").write_text(board.constraints())
    (work / "synth.ys").write_text(_script(board, manifest))
    tools.run("yosys", "-s", "synth.ys")

    ecp5 = board.family == "ecp5"
    netlist = json.loads((work / "netlist.json").read_text())
    if ecp5 and absorb:
        absorb_registers(netlist)
        absorb_logic(netlist)
        open_ends(netlist)
    counts = count_cells(netlist["modules"], "BoardTop")
    if board.sites is not None:
        assign_sites(netlist, manifest["keep_hierarchy"], board.sites)
    if ecp5:
        (work / "netlist.json").write_text(json.dumps(netlist))
        (work / "pins").write_text(board.constraints() + _effort(netlist, clock.hz))
    placed = "top.config" if ecp5 else "top.asc"
    options = ["--speed", board.speed, "--lpf", "pins", "--textcfg", placed, *PLACEMENT]
    tools.run(f"nextpnr-{board.family}", f"--{board.device}", "--package", board.package,
              "--json", "netlist.json", *(options if ecp5 else ["--pcf", "pins", "--asc", placed]),
              "--freq", f"{max(clock.hz, EFFORT_HZ) / 1e6 if ecp5 else clock.hz / 1e6:.6f}",
              "--timing-allow-fail",
              "--seed", str(seed),
              "--report", "report.json", *(["--placed-svg", "placed.svg"] if picture else []))

    bitstream = _BITSTREAM[board.family]
    if ecp5:
        tools.run("ecppack", "--compress", placed, bitstream)
    else:
        tools.run("icepack", placed, bitstream)
    return counts, json.loads((work / "report.json").read_text())


def _script(board: Board, manifest: Mapping[str, Any]) -> str:
    lines = [f"read_verilog ../../{manifest['verilog']} top.v"]
    if board.family in manifest["technology"]:
        lines.append(f"read_verilog -overwrite ../../{manifest['technology'][board.family]}")
    lines += [f"setattr -mod -set keep_hierarchy 1 {name}" for name in manifest["keep_hierarchy"]]
    lines.append("logger -werror conflict")  # of drivers: Yosys would go on with a wrong netlist
    if board.family == "ecp5":
        # Wide tables cost more than they save: an XNOR-count of 64 takes 296 LUT4, 167 without.
        lines.append("synth_ecp5 -nowidelut -top BoardTop -json netlist.json")
    else:
        lines += [f'setattr -set ram_style "huge" {memory["module"]}/m:{memory["name"]}'
                  for memory in manifest["memories"]
                  if memory["ports"] == "single" and memory["depth"] >= SPRAM_DEPTH]
        # Of the two registers behind a product, ice40_dsp (Yosys 0.70) would take the second one into
        # the multiplier and leave it in the netlist, too: outputs become 0. It takes none that is kept.
        lines.append("setattr -set keep 1 *requantizer_*/w:product_*")
        # The 8 cells of a tile share clock enable and reset: few registers do without their own.
        synthesise_ice40 = "synth_ice40 -device u -dsp -top BoardTop"
        lines += [f"{synthesise_ice40} -run begin:map_ffs",
                  f"dfflegalize {_ICE40_REGISTERS} -mince 8 -minsrst 8",
                  f"{synthesise_ice40} -run map_ffs: -json netlist.json"]
    return "\n".join(lines) + "\n"


def _effort(netlist: dict[str, Any], hz: float) -> str:
    """A constraint for the clock that a PLL makes: nextpnr would be content with its frequency."""
    top = netlist["modules"]["BoardTop"]
    plls = [cell for cell in top["cells"].values() if cell["type"] == "EHXPLLL"]
    nets = sorted(name for name, net in top["netnames"].items() for pll in plls
                  if pll["connections"]["CLKOP"] == net["bits"])
    return f'FREQUENCY NET "{nets[0]}" {max(hz, EFFORT_HZ) / 1e6:g} MHZ;\n' if nets else ""


def count_cells(modules: Mapping[str, Any], name: str) -> Counter[str]:
    """Cells of a module by type, those of its submodules among them."""
    total: Counter[str] = Counter()
    for kind, count in Counter(cell["type"] for cell in modules[name]["cells"].values()).items():
        inner = modules.get(kind)
        if inner is None or "blackbox" in inner["attributes"]:
            total[kind] += count
        else:
            for each, number in count_cells(modules, kind).items():
                total[each] += count * number
    return total


def _resources(board: Board, cells: Mapping[str, int], utilization: Mapping[str, Mapping[str, int]]
               ) -> dict[str, dict[str, int]]:
    placed = {name: dict(utilization[kind]) for name, kind in _NEXTPNR_TYPES[board.family].items()}
    slots = board.capacity.slots
    if board.family == "ecp5":
        lut4, carry = cells.get("LUT4", 0), cells.get("CCU2C", 0)
        dpr16x4 = cells.get("TRELLIS_DPR16X4", 0)
        # A slot is a LUT4; a CCU2C takes two, a distributed RAM six (four for data, two to write).
        return {
            "lut4": {"used": lut4, "available": slots},
            "carry": {"used": carry, "available": slots // 2},
            "dpr16x4": {"used": dpr16x4, "available": slots // 6},
            "slots": {"used": lut4 + 2 * carry + 6 * dpr16x4, "available": slots},
            **placed,
        }
    ff = sum(count for kind, count in cells.items() if kind.startswith("SB_DFF"))
    return {
        "lut4": {"used": cells.get("SB_LUT4", 0), "available": slots},
        "carry": {"used": cells.get("SB_CARRY", 0), "available": slots},
        "slots": placed["comb"],
        **placed,
        "ff": {"used": ff, "available": board.capacity.ff},
    }


def _explain(failure: ToolFailed, board: Board, work: Path) -> ThriftyError:
    """What a tool's failure means to the user."""
    if failure.tool.startswith("nextpnr"):
        # The table of resources is printed before placement; report.json only after success.
        over = [(kind, int(used), int(available)) for kind, used, available in
                re.findall(r"^Info:\s+(\w+):\s+(\d+)/\s*(\d+)\s+\d+%", failure.log, re.MULTILINE)
                if int(used) > int(available)]
        if over:
            names = {kind: RESOURCES[name] for name, kind in _NEXTPNR_TYPES[board.family].items()}
            needs = ", ".join(
                f"{used} of {available} {names.get(kind, kind)} ({used - available} too many)"
                for kind, used, available in over)
            return ThriftyError(f"{board.name}: the design does not fit: it needs {needs}; choose "
                                f"a larger board or fewer or smaller PEs")
        if "Unable to find legal placement" in failure.log:
            return ThriftyError(f"{board.name}: nextpnr found no place for some cells; try another "
                                f"seed, or choose fewer or smaller PEs; see {work / failure.tool}.log")
    return ThriftyError(f"{board.name}: {failure.tool} failed: {failure.reason()}; "
                        f"see {work / failure.tool}.log")
