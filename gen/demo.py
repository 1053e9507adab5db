"""The demo: a trained network through the whole flow, to a bitstream and a table."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gen.compile import compile_network
from gen.datasets import mnist
from gen.energy import dense_energy
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import Network
from gen.presets import preset_path
from hw.errors import ThriftyError

__all__ = ["run_demo"]


class Target(NamedTuple):
    """What a network runs on: preset and clock (None: the board's)."""

    preset: str
    clock_hz: float | None = None


NETWORKS = {
    "lenet-300-100": {"ulx3s-85f": Target("lenet", 80e6)},
    "sfc": {"ulx3s-85f": Target("sfc", 125e6), "icebreaker": Target("sfc_icebreaker")},
    "shiftaddnet": {"ulx3s-85f": Target("shiftaddnet", 125e6),
                    "icebreaker": Target("shiftaddnet_icebreaker")},
}
"""Trained networks in ``examples/networks``, and on which boards they run."""


def run_demo(output: Path, network: str, board: str, as_json: bool, out: Console, err: Console) -> None:
    """Compile, generate, simulate every test image, synthesise; print the table.

    Args:
        output: The build folder; steps that are up to date are not run again.
        network, board: From ``NETWORKS``.
    """
    if network not in NETWORKS:
        raise ThriftyError(f"unknown network {network!r}: there are {', '.join(NETWORKS)}")
    if board not in NETWORKS[network]:
        raise ThriftyError(f"{network} has no demo on {board!r}: there are "
                           f"{', '.join(NETWORKS[network])}")
    folder = BuildFolder(output)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
                  TextColumn("{task.fields[detail]}"), TimeElapsedColumn(), console=err) as progress:
        report = _run(folder, network, board, progress)
    folder.write_json("demo.json", report)
    if as_json:
        out.print_json(json.dumps(report))
    else:
        out.print(_table(report))


def _run(folder: BuildFolder, network: str, board: str, progress: Progress) -> dict[str, Any]:
    from boards.step import synthesise_step
    from sim.simulate import npy_bytes, simulate, write_golden

    def begin(what: str) -> Any:
        return progress.add_task(what, total=None, detail="")

    def end(task: Any, up_to_date: bool) -> None:
        progress.update(task, total=1, completed=1, detail="up to date" if up_to_date else "done")

    task = begin("compile")
    source = Path(__file__).parent.parent / "examples" / "networks" / f"{network}.npz"
    target = NETWORKS[network][board]
    compiled = compile_network(source, preset_path(target.preset), folder)
    write_golden(folder)
    end(task, compiled.up_to_date)

    task = begin("generate")
    manifest, fresh = generate(None, folder)
    end(task, fresh)

    task = begin("simulate every test image")
    progress.update(task, detail="compiling the simulation")
    data = mnist()
    inputs = folder.write("test_images.npy", npy_bytes(_inputs(data.test_images, compiled.network)))

    def count(done: int, total: int) -> None:
        detail = f"{done} of {total} images" if done else "compiling the simulation"
        progress.update(task, completed=done, total=total, detail=detail)

    simulation, fresh = simulate(folder, inputs, simulator="verilator", seed=1, stall=0.0,
                                 waves=True, progress=count)
    end(task, fresh)
    outputs = np.load(folder / "outputs.npy")

    task = begin(f"synthesise for {board}")
    synthesis, fresh = synthesise_step(
        folder, board, clock_hz=target.clock_hz, seed=1, native=False, picture=True,
        progress=lambda what, seconds: progress.update(task, detail=f"{what}, {seconds:.0f} s"))
    end(task, fresh)

    meta = compiled.network.meta
    return {
        "network": network,
        "float_accuracy": meta["float_accuracy"],
        "integer_accuracy": meta["integer_accuracy"],
        "hardware_accuracy": float((outputs.argmax(1) == data.test_labels).mean()),
        "images": simulation["vectors"],
        "mismatches": simulation["mismatches"],
        "compression_ratio": compiled.report["compression_ratio"],
        "stored_bytes": sum(compiled.report["stored_bits"].values()) // 8,
        "file_bytes": source.stat().st_size,
        "dense_bytes": 4 * sum(layer.rows * (layer.columns + 1) for layer in compiled.network.layers),
        "latency_cycles": simulation["latency_cycles"],
        "interval_cycles": simulation["interval_cycles"],
        "efficiency": simulation["efficiency_steady"],
        "pes": simulation["pes"],
        "products": simulation["products"],
        "energy_nj": simulation["energy_pj_per_vector"] / 1000,
        "dense_energy_nj": dense_energy(compiled.network) / 1000,
        "synthesis": synthesis,
        "files": {
            "Verilog": str(folder / manifest["verilog"]),
            "image": str(folder / "image.bin"),
            "waveform": str(folder / "waves.vcd"),
            "bitstream": str(folder / synthesis["bitstream"]),
            "placement": str(folder / synthesis["svg"]),
        },
    }


def _inputs(images: np.ndarray, network: Network) -> np.ndarray:
    """Images as the network takes them: bipolar ones by the threshold it was trained with, others
    shifted as then."""
    if network.activation_width != 1:
        return images >> network.meta.get("input_shift", 0)
    return np.where(images >= network.meta["input_threshold"], 1, -1).astype(np.int8)


def _table(report: dict[str, Any]) -> Table:
    synthesis = report["synthesis"]
    clock = synthesis["clock_mhz"]
    used = {name: each["used"] for name, each in synthesis["resources"].items()}
    rate = clock * 1e6 / report["interval_cycles"]
    rows = {
        "accuracy, float": f"{report['float_accuracy']:.1%} of {report['images']} test images",
        "accuracy, compressed to integers": f"{report['integer_accuracy']:.1%}",
        "accuracy, simulated hardware":
            f"{report['hardware_accuracy']:.1%}; {report['mismatches']} images differ from the "
            "golden model",
        "compression": f"{report['compression_ratio']:.1f}x in the hardware's memories "
                       f"({report['stored_bytes']:,} bytes), "
                       f"{report['dense_bytes'] / report['file_bytes']:.1f}x as a file",
        "cycles per image": f"{report['interval_cycles']:.0f} in steady state, "
                            f"{report['latency_cycles']:,} for one alone",
        "efficiency": f"{report['efficiency']:.1%} of {report['products']:,} products a cycle are "
                      "useful",
        f"size on {synthesis['board']}":
            f"{used['lut4']:,} LUT4, {used['slots']:,} slots, {used['ram']} RAMs, "
            f"{used['dsp']} DSPs",
        "clock": f"{clock:g} MHz (routed up to {synthesis['fmax_mhz']:g} MHz), "
                 f"{rate:,.0f} images a second",
        "energy, estimated at 45 nm": f"{report['energy_nj']:.0f} nJ an image; dense fp32 "
                                      f"{report['dense_energy_nj']:,.0f} nJ",
        **report["files"],
    }
    table = Table(title=f"{report['network']} on thrifty", show_header=False, title_justify="left")
    for name, value in rows.items():
        table.add_row(name, value)
    return table
