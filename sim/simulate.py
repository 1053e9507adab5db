"""The simulate step: the generated Verilog against the golden model, bit for bit."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gen.compile import golden_inputs, load_compiled
from gen.energy import energy_report, inference_energy
from gen.folder import BuildFolder, hash_file, json_text
from gen.image import read_header
from gen.network import Network
from gen.vectors import check_accepted, read_inputs, result_values, vector_packets
from hw.config import Config
from hw.errors import ThriftyError
from sim.activity import counted_operations, probe
from sim.golden.network import evaluate, useful_macs
from sim.runner import run_streams

__all__ = ["check_outputs", "npy_bytes", "simulate", "write_golden"]


WAVE_VECTORS = 3
"""Vectors in a wave file: every signal of a thousand would be gigabytes."""


def npy_bytes(array: np.ndarray) -> bytes:
    """An array as the bytes of an ``.npy`` file."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def write_golden(folder: BuildFolder) -> None:
    """Golden vectors of a compiled folder: ``golden_inputs.npy`` and ``golden_outputs.npy``."""
    network, config = load_compiled(folder)
    key = {"network": hash_file(folder / "network.npz"), "config": config.model_dump()}
    if folder.fresh("golden", key):
        return
    inputs = golden_inputs(network, config)
    activation = config.engine.activation
    outputs = evaluate(network, inputs, activation.width, activation.signed)
    results = folder.write_all({"golden_inputs.npy": npy_bytes(inputs),
                                "golden_outputs.npy": npy_bytes(outputs)})
    folder.stamp("golden", key, results)


def simulate(folder: BuildFolder, inputs_path: Path | None, *, simulator: str, seed: int,
             stall: float, waves: bool, energy: bool = False,
             progress: Callable[[int, int], None] | None = None) -> tuple[dict[str, Any], bool]:
    """Run vectors through the generated Verilog; write ``outputs.npy`` and ``simulate.json``.

    Args:
        inputs_path: Vectors (``.npy``); None for the golden vectors of the compile step.
        stall: Probability, in each cycle, that a side of the bench pauses.
        waves: Also write ``waves.vcd``, of the image and the first ``WAVE_VECTORS`` vectors.
        energy: Of shift-add networks: count operations in the simulation, and report as ``energy`` what
            they cost beside multiplications, see ``gen.energy.energy_report``.
        progress: Called with (vectors done, vectors in all).

    Returns:
        The report, and whether it was up to date already. Cycles are counted between transfers:
        the latency is that of the first vector, which runs alone, from its first beat in to its
        result's last beat out; the others follow one behind the other, and the interval is the
        mean distance of their last beats, as long as further vectors keep the engine busy. Where
        layers of several vectors take turns, vectors leave in bursts of as many at most, and the
        last ones have the engine to themselves: whole turns count, without the last one. None with
        too few vectors for that: three if they take no turns, otherwise 4 + 2 * turns.
    """
    manifest = folder.read_json("manifest.json", "generate", "name", "verilog", "hardware_id")
    verilog = folder.need(manifest["verilog"], "generate")
    image_path = folder.need("image.bin", "compile")
    network, config = load_compiled(folder)
    image = image_path.read_bytes()
    if read_header(image, str(image_path)).hardware_id != manifest["hardware_id"]:
        raise ThriftyError(f"{image_path} was compiled for another configuration than {verilog}: run "
                           "thrifty generate again")
    if energy and config.shift_add is None:
        raise ThriftyError("operations are counted of shift-add networks only: leave out --energy, "
                           "and see energy_pj_per_vector in simulate.json")
    if inputs_path is None:
        inputs_path = folder.need("golden_inputs.npy", "compile")
    inputs = read_inputs(inputs_path, network, config)
    key = {"verilog": hash_file(verilog), "image": hash_file(image_path),
           "network": hash_file(folder / "network.npz"), "inputs": hash_file(inputs_path),
           "simulator": simulator, "seed": seed, "stall": stall, "waves": waves}
    if energy:
        key["energy"] = True
    weights = None
    if config.sparse is not None and config.sparse.entries == "stream":
        weights_path = folder.need("weights.bin", "compile")
        key["weights"] = hash_file(weights_path)
        weights = np.fromfile(weights_path, "<u4").reshape(-1, config.sparse.stream_width // 32)
    if folder.fresh("simulate", key):
        return folder.read_json("simulate.json", "simulate"), True

    packets = [image, *vector_packets(inputs, config)]
    work = folder / "sim"
    work.mkdir(exist_ok=True)
    bench: dict[str, Any] = {"work": work, "simulator": simulator, "seed": seed, "stall": stall,
                             "weights": weights, "timeout_cycles": 1_000_000 + 4 * len(image)}
    result = run_streams(
        [verilog], manifest["name"], packets, expect=len(packets),
        after=[0, 1] + [2] * (len(inputs) - 1), **bench,
        probe=probe(network, config) if energy else "",
        progress=(lambda done, total: progress(max(0, done - 1), total - 1)) if progress else None)
    if waves:
        few = packets[:1 + WAVE_VECTORS]
        run_streams([verilog], manifest["name"], few, expect=len(few),
                    after=[0] + [1] * (len(few) - 1), waves=folder / "waves.vcd", **bench)
    check_accepted(result.packets[0], str(image_path))
    outputs = np.stack([result_values(answer, k, network, config)
                        for k, answer in enumerate(result.packets[1:])])
    activation = config.engine.activation
    expected = evaluate(network, inputs, activation.width, activation.signed)
    macs = useful_macs(network, inputs, activation.width, activation.signed)

    first, last = result.first_beat_cycles[1:], result.last_beat_cycles[1:]
    cycles = int(last[-1] - first[0])
    pes = config.engine.pes
    products = config.engine.products
    steady = _steady(len(last), _turns(network, config))
    interval = efficiency = None
    if len(last[steady]) > 1:
        interval = float(np.diff(last[steady]).mean())
        efficiency = float(macs[steady][1:].sum(1).mean() / (products * interval))
    report: dict[str, Any] = {
        "vectors": len(inputs),
        "mismatches": int((outputs != expected).any(1).sum()),
        "latency_cycles": int(last[0] - first[0]),
        "interval_cycles": interval,
        "cycles": cycles,
        "useful_macs": int(macs.sum()),
        "pes": pes,
        "products": products,
        "efficiency": float(macs.sum() / (products * cycles)),
        "efficiency_steady": efficiency,
        "energy_pj_per_vector": inference_energy(network, config, macs),
        "seed": seed,
        "stall": stall,
        "simulator": f"{result.simulator} {result.version}",
    }
    if energy:
        counts = counted_operations(result.probed, network, config)
        report["energy"] = energy_report(network, counts, activation.width)
    files = folder.write_all({"outputs.npy": npy_bytes(outputs), "simulate.json": json_text(report)})
    if waves:
        files.append(folder / "waves.vcd")
    folder.stamp("simulate", key, files)
    return report, False


def _turns(network: Network, config: Config) -> int:
    """How many vectors take turns with their layers."""
    if len(network.layers) == 1:
        return 1
    return config.engine.vectors


def _steady(vectors: int, turns: int) -> slice:
    """The results whose distances count; fewer than two of them if there are too few vectors."""
    # The second vector starts when the first has left; a third fills the pipeline behind it. At the end,
    # two more than take turns may be under way: their last layers wait for the engine.
    end = vectors - (turns + 1 if turns > 1 else 0)
    filled = min(2, max(1, end - 2))
    intervals = max(0, end - 1 - filled) // turns * turns
    return slice(max(0, end - 1 - intervals), max(0, end))


def check_outputs(folder: BuildFolder, inputs_path: Path | None, outputs: np.ndarray,
                  report: dict[str, Any]) -> dict[str, Any]:
    """Compare what a board computed with the golden model; write ``outputs.npy`` and ``run.json``."""
    network, config = load_compiled(folder)
    inputs = read_inputs(inputs_path or folder / "golden_inputs.npy", network, config)
    activation = config.engine.activation
    expected = evaluate(network, inputs, activation.width, activation.signed)
    report = {**report, "mismatches": int((outputs != expected).any(1).sum())}
    folder.write_all({"outputs.npy": npy_bytes(outputs), "run.json": json_text(report)})
    return report
