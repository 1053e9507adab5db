"""The binary array's figures: counting units, array, network. `thrifty bench binary`.

Unit: ``bench.xnor_units``, the median clock of the seeds. Array: the preset binary16, 16 rows of 256
products with 16-bit accumulators; cells of the module ``BinaryArray`` (rows, first values with their
thresholds, accumulators, the registers that leave through the drain, and what all rows share) as Yosys
counts them with logic in carry cells, and nextpnr's, placed alone; the clock is that of the whole board
top, the use of the array that of a network whose sizes divide. Network: SFC on its preset, every test
image.
"""

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from amaranth import Cat, Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out
from rich.console import Console
from rich.table import Table

from bench.unit import NEXTPNR
from bench.xnor_units import measure
from boards.build import count_cells
from boards.carry import absorb_logic, open_ends
from boards.step import synthesise_step
from boards.tools import Progress, Tools
from gen.compile import compile_network
from gen.datasets import mnist
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import BinaryLayer, Network, dump
from gen.presets import preset_path
from gen.resolve import read_config
from gen.verilog import emit, emit_technology
from hw.binary.array import BinaryArray
from hw.errors import ThriftyError
from hw.shared import Shared
from sim.simulate import npy_bytes, simulate

__all__ = ["bench_binary"]

BOARD = "ulx3s-85f"
SIZES = (64, 128, 256)
LAYERS = (1024, 1024, 512, 16)
"""Of a network of which every word and every group of 16 rows is full."""
SFC = Path(__file__).parent.parent / "examples" / "networks" / "sfc.npz"
ROOT = Path("build/bench/binary")


def bench_binary(parts: list[str], seeds: int, *, as_json: bool) -> None:
    """Measure and print.

    Args:
        parts: Of "unit", "array", "network".
        seeds: Placements of each design, from 1 on.
    """
    err, out = Console(stderr=True), Console()
    report: dict[str, Any] = {}
    with err.status("") as status:

        def progress(what: str) -> Progress:
            return lambda tool, seconds: status.update(f"{what}: {tool} {seconds:.0f} s")

        if "unit" in parts:
            report["unit"] = [_unit(family, n, seeds, progress) for family in ("ecp5", "ice40")
                              for n in SIZES]
        if "array" in parts:
            report["array"] = _array(seeds, progress)
        if "network" in parts:
            report["network"] = _network(seeds, progress)
    if as_json:
        print(json.dumps(report, indent=2))
        return
    for name, part in report.items():
        rows = part if isinstance(part, list) else [part]
        table = Table("", *(str(row["n"]) if "n" in row else "" for row in rows), title=name,
                      title_justify="left")
        for key in rows[0]:
            table.add_row(key, *(str(row[key]) for row in rows))
        out.print(table)


def _unit(family: str, n: int, seeds: int, progress: Any) -> dict[str, Any]:
    """A counting unit, and beside it what anyone would write."""
    runs = [measure(family, n, seed, progress=progress(f"{family}, {n} products, seed {seed}"))
            for seed in range(1, seeds + 1)]
    naive = measure(family, n, 1, naive=True, progress=progress(f"{family}, {n} products, naive"))
    clocks = sorted(run["fmax_mhz"] for run in runs)
    return {**{key: runs[0][key] for key in ("family", "n", "slots", "slots_per_product", "comb", "ff")},
            "fmax_mhz": median(clocks), "fmax_mhz_all_seeds": clocks,
            "naive_slots_per_product": naive["slots_per_product"]}


def _array(seeds: int, progress: Any) -> dict[str, Any]:
    """16 rows of 256 products: cells alone, clock in the board top, use by a network that divides."""
    rng = np.random.default_rng(1)
    layers = []
    for k, (columns, rows) in enumerate(zip(LAYERS, LAYERS[1:], strict=False)):
        weight = (2 * rng.integers(0, 2, (rows, columns)) - 1).astype(np.int8)
        last = k == len(LAYERS) - 2
        layers.append(BinaryLayer(weight, None if last else rng.integers(-32, 33, (rows, 1))))
    folder = BuildFolder(ROOT / "array")
    network = folder.write("dividing.npz", dump(Network(layers, 1, True)))
    compile_network(network, preset_path("binary16"), folder)
    generate(None, folder)
    inputs = folder.write("vectors.npy", npy_bytes(2 * rng.integers(0, 2, (40, LAYERS[0])) - 1))
    simulation = _simulated(folder, inputs, progress("array"))
    config = read_config(folder / "config.resolved.toml")
    c = config.binary
    products = c.pes * c.simd
    cells = _alone(BinaryArray(config), progress("array alone"))
    runs = _routed(folder, seeds, progress("array"))
    return {
        "pes": c.pes, "simd": c.simd, "products": products, **cells,
        "slots_per_product": round(cells["slots"] / products, 3),
        "comb_per_product": round(cells["comb"] / products, 3),
        "interval_cycles": simulation["interval_cycles"],
        "utilization": round(simulation["efficiency_steady"], 4),
        **_clocks(runs), "board_slots": runs[0]["resources"]["slots"]["used"],
        "board_ram": runs[0]["resources"]["ram"]["used"],
    }


def _network(seeds: int, progress: Any) -> dict[str, Any]:
    """SFC on its preset: cycles from the simulation of every test image, clocks routed."""
    folder = BuildFolder(ROOT / "sfc")
    compiled = compile_network(SFC, preset_path("sfc"), folder)
    generate(None, folder)
    data = mnist()
    images = np.where(data.test_images >= compiled.network.meta["input_threshold"], 1, -1)
    inputs = folder.write("test_images.npy", npy_bytes(images.astype(np.int8)))
    simulation = _simulated(folder, inputs, progress("sfc"))
    accuracy = float((np.load(folder / "outputs.npy").argmax(1) == data.test_labels).mean())
    runs = _routed(folder, seeds, progress("sfc"))
    clocks = _clocks(runs)
    return {
        "network": "sfc", "board": BOARD, "images": simulation["vectors"],
        "mismatches": simulation["mismatches"], "accuracy": accuracy,
        "latency_cycles": simulation["latency_cycles"],
        "interval_cycles": simulation["interval_cycles"],
        "utilization": round(simulation["efficiency_steady"], 4), **clocks,
        "images_per_second": round(clocks["fmax_mhz"] * 1e6 / simulation["interval_cycles"]),
        **{name: each["used"] for name, each in runs[0]["resources"].items()},
    }


def _simulated(folder: BuildFolder, inputs: Path, progress: Progress) -> dict[str, Any]:
    progress("simulation", 0)
    report, _ = simulate(folder, inputs, simulator="verilator", seed=1, stall=0.0, waves=False)
    if report["mismatches"]:
        raise ThriftyError(f"{folder.path}: {report['mismatches']} outputs differ from the golden model")
    return report


def _routed(folder: BuildFolder, seeds: int, progress: Progress) -> list[dict[str, Any]]:
    return [synthesise_step(folder, BOARD, clock_hz=None, seed=seed, native=False, picture=False,
                            progress=progress)[0] for seed in range(1, seeds + 1)]


def _clocks(runs: list[dict[str, Any]]) -> dict[str, Any]:
    clocks = sorted(run["fmax_mhz"] for run in runs)
    return {"fmax_mhz": median(clocks), "fmax_mhz_all_seeds": clocks}


class _Harness(Component):
    """An array between few pins."""

    def __init__(self, array: BinaryArray):
        self.array = Shared(array, "array")
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform):
        m = Module()
        instance, array = self.array.instantiate()
        m.submodules.array = instance
        inputs, outputs = (Cat(Value.cast(value) for _, member, value in array.signature.flatten(array)
                               if member.flow == flow) for flow in (In, Out))
        shift = Signal(len(inputs), reset_less=True)
        result = Signal(len(outputs), reset_less=True)
        m.d.sync += [shift.eq(Cat(self.i, shift)), result.eq(outputs), self.o.eq(result.xor())]
        m.d.comb += inputs.eq(shift)
        return m


def _alone(array: BinaryArray, progress: Progress) -> dict[str, int]:
    """Cells of the array: Yosys's with logic in carry cells, and nextpnr's by name."""
    harness = _Harness(array)
    shared = [array.count, array.bank, harness.array]
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(scratch)
        (folder / "top.v").write_text(emit(harness, "harness", shared))
        (folder / "ecp5.v").write_text(emit_technology(shared)["ecp5"])
        (folder / "synth.ys").write_text(
            "read_verilog top.v\nread_verilog -overwrite ecp5.v\n"
            f"setattr -mod -set keep_hierarchy 1 array {array.bank.name}\n"
            "synth_ecp5 -nowidelut -top harness -json netlist.json\n")
        tools = Tools(folder, native=False, progress=progress)
        tools.run("yosys", "-s", "synth.ys")
        netlist = json.loads((folder / "netlist.json").read_text())
        absorb_logic(netlist)
        open_ends(netlist)
        cells = count_cells(netlist["modules"], "array")
        (folder / "netlist.json").write_text(json.dumps(netlist))
        tools.run("nextpnr-ecp5", *NEXTPNR["ecp5"], "--json", "netlist.json", "--freq", "100",
                  "--timing-allow-fail", "--no-route", "--seed", "1", "--write", "placed.json")
        (placed,) = json.loads((folder / "placed.json").read_text())["modules"].values()
    lut4, carry, dpr = (cells.get(kind, 0) for kind in ("LUT4", "CCU2C", "TRELLIS_DPR16X4"))
    return {
        "lut4": lut4, "carry": carry, "dpr16x4": dpr, "slots": lut4 + 2 * carry + 6 * dpr,
        "comb": sum(cell["type"] == "TRELLIS_COMB" and name.startswith(("array.", "$nextpnr"))
                    for name, cell in placed["cells"].items()),
        "ff": cells.get("TRELLIS_FF", 0), "ram": cells.get("DP16KD", 0),
    }
