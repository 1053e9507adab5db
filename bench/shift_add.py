"""The shift-add array's figures: lanes, constant layers, array, network. `thrifty bench shiftadd`.

Lanes: ``bench.shift_add_lanes``, the median clock of the seeds. Throughput: a layer of as many rows as
lanes, 64 and 1,024 inputs; slots of a lane for a million of multiply-accumulates (shifts, additions) a
second, every cycle between rows included, as simulated and as estimated. Constant: ``bench.constant``.
Array: 32 lanes for shift layers of up to 1,024 inputs, in the board top. Network: ShiftAddNet on its
preset, every test image.
"""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from bench.constant import FORMS, MATRICES
from bench.constant import measure as measure_constant
from bench.flow import BOARD, ROOT, clocks, present, routed, simulated
from bench.shift_add_lanes import kinds, measure
from boards.estimate_shift_add import shift_add_cycles
from boards.tools import Progress
from gen.compile import compile_network
from gen.datasets import mnist
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import AdderLayer, Network, ShiftLayer, dump
from gen.presets import preset_path
from sim.simulate import npy_bytes

__all__ = ["PARTS", "bench_shift_add"]

PARTS = ("lanes", "throughput", "constant", "array", "network")
INPUTS = (64, 1024)
ARRAY_LANES = 32
NETWORK = Path(__file__).parent.parent / "examples" / "networks" / "shiftaddnet.npz"


def bench_shift_add(parts: list[str], seeds: int, *, as_json: bool) -> None:
    """Measure and print.

    Args:
        parts: Of ``PARTS``.
        seeds: Placements of each design, from 1 on.
    """
    report: dict[str, Any] = {}
    with Console(stderr=True).status("") as status:

        def progress(what: str) -> Progress:
            return lambda tool, seconds: status.update(f"{what}: {tool} {seconds:.0f} s")

        if "lanes" in parts or "throughput" in parts:
            report["lanes"] = _lanes(seeds, progress)
        if "throughput" in parts:
            report["throughput"] = [_throughput(architecture, inputs, report["lanes"], progress)
                                    for architecture in ("bins", "barrel") for inputs in INPUTS]
        if "constant" in parts:
            report["constant"] = [_constant(name, form, seeds, progress)
                                  for name in MATRICES for form in FORMS]
        if "array" in parts:
            report["array"] = [_array(architecture, seeds, progress)
                               for architecture in ("bins", "barrel")]
        if "network" in parts:
            report["network"] = _network(seeds, progress)
    present(report, as_json)


def _lanes(seeds: int, progress: Any) -> list[dict[str, Any]]:
    rows = []
    for family in ("ecp5", "ice40"):
        for kind in kinds(family):
            what = f"{family} {kind.mode} {kind.architecture} {kind.form}"
            runs = [measure(kind, family, seed, progress(f"{what}, seed {seed}"))
                    for seed in range(1, (1 if kind.form == "naive" else seeds) + 1)]
            rows.append({**{key: runs[0][key] for key in (
                "mode", "architecture", "family", "form", "accumulator", "comb", "ff")},
                "slots_per_lane": runs[0]["slots"], **clocks([run["fmax_mhz"] for run in runs])})
    return rows


def _constant(name: str, form: str, seeds: int, progress: Any) -> dict[str, Any]:
    runs = [measure_constant(name, form, seed, progress(f"{name} {form}, seed {seed}"))
            for seed in range(1, seeds + 1)]
    return {**{key: value for key, value in runs[0].items() if key not in ("fmax_mhz", "seed")},
            **clocks([run["fmax_mhz"] for run in runs])}


def _layer(folder: BuildFolder, architecture: str, sizes: tuple[int, ...]) -> Path:
    """Random shift layers compiled for an array of ``ARRAY_LANES`` lanes; vectors for them."""
    rng = np.random.default_rng(1)
    layers: list[ShiftLayer | AdderLayer] = []
    for k, (columns, rows) in enumerate(zip(sizes, sizes[1:], strict=False)):
        sign = (2 * rng.integers(0, 2, (rows, columns, 1)) - 1).astype(np.int8)
        exponent = rng.integers(0, 16, sign.shape).astype(np.uint8)
        last = k == len(sizes) - 2
        layers.append(ShiftLayer(sign, exponent, np.zeros(rows, np.int64), False,
                                 None if last else np.full(rows, 40_000), 0 if last else 36))
    source = folder.write("layer.npz", dump(Network(layers, 8, True)))
    config = folder.write("layer.toml", f'name = "layer"\n[shift_add]\nlanes = {ARRAY_LANES}\n'
                                        f'architecture = "{architecture}"\n')
    compile_network(source, config, folder)
    generate(None, folder)
    return folder.write("vectors.npy", npy_bytes(rng.integers(-128, 128, (24, sizes[0]))))


def _throughput(architecture: str, inputs: int, lanes: list[dict[str, Any]], progress: Any
                ) -> dict[str, Any]:
    from gen.compile import load_compiled

    folder = BuildFolder(ROOT / "shift_add" / f"{architecture}_{inputs}")
    vectors = _layer(folder, architecture, (inputs, ARRAY_LANES))
    interval = simulated(folder, vectors, progress(f"{architecture}, {inputs}"))["interval_cycles"]
    lane = next(row for row in lanes if (row["mode"], row["architecture"], row["form"])
                == ("shift", architecture, "cells"))
    estimated = shift_add_cycles(*load_compiled(folder))["interval_cycles"]

    def slots(cycles: float) -> float:
        return round(lane["slots_per_lane"] / (lane["fmax_mhz"] * inputs / cycles), 4)

    return {"architecture": architecture, "inputs": inputs, "interval_cycles": interval,
            "slots_per_million_macs_a_second": slots(interval), "estimated_cycles": estimated,
            "estimated_slots_per_million_macs_a_second": slots(estimated)}


def _array(architecture: str, seeds: int, progress: Any) -> dict[str, Any]:
    folder = BuildFolder(ROOT / "shift_add" / f"{architecture}_array")
    vectors = _layer(folder, architecture, (1024, ARRAY_LANES, ARRAY_LANES))
    simulation = simulated(folder, vectors, progress(f"{architecture} array"))
    return {"architecture": architecture, "lanes": ARRAY_LANES, "board": BOARD,
            "interval_cycles": simulation["interval_cycles"],
            **routed(folder, seeds, progress(f"{architecture} array"))}


def _network(seeds: int, progress: Any) -> dict[str, Any]:
    """ShiftAddNet on its preset: cycles from the simulation of every test image, clocks routed."""
    folder = BuildFolder(ROOT / "shift_add" / "network")
    compiled = compile_network(NETWORK, preset_path("shiftaddnet"), folder)
    generate(None, folder)
    data = mnist()
    images = (data.test_images >> compiled.network.meta["input_shift"]).astype(np.int64)
    simulation = simulated(folder, folder.write("test_images.npy", npy_bytes(images)),
                           progress("network"))
    accuracy = float((np.load(folder / "outputs.npy").argmax(1) == data.test_labels).mean())
    board = routed(folder, seeds, progress("network"))
    return {"network": "shiftaddnet", "board": BOARD, "images": simulation["vectors"],
            "mismatches": simulation["mismatches"], "accuracy": accuracy,
            "latency_cycles": simulation["latency_cycles"],
            "interval_cycles": simulation["interval_cycles"], **board,
            "images_per_second": round(board["fmax_mhz"] * 1e6 / simulation["interval_cycles"])}
