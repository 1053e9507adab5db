"""The nine layers of EIE on 64 PEs, simulated from the generated Verilog: ``thrifty bench eie``.

Sizes, densities and the paper's times are those of Han et al., "EIE" (ISCA 2016), tables 3 and 4. The
matrices are random, from a printed seed; one generated design runs all of them.
"""

import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import Layer, Network, dump
from hw.errors import ThriftyError
from sim.simulate import npy_bytes, simulate

__all__ = ["KINDS", "LAYERS", "EieLayer", "bench_eie", "matrix"]

PES = 64
CLOCK_MHZ = 800
"""EIE's PEs and clock, which turn the paper's times into cycles."""

VECTORS = 11
"""The first runs alone for the latency, two more fill the pipeline, eight intervals are averaged."""

CONFIG = """\
name = "eie{pes}"

[sparse]
pes = {pes}
queue_depth = {queue}
broadcasts = 2
drains = 2
outputs = "activations"

[sparse.activation]
width = 8
signed = false
lanes = 8

[sparse.weight]
kind = "codebook"
width = 8
signed = true
codebook_size = 16

[sparse.index]
kind = "per_layer"
width = 8
lower = 6

[sparse.accumulator]
width = 32

[sparse.requantize]
enabled = true
multiplier_width = 16

[sparse.capacity]
layers = 1
entries = 87381
upper_entries = 87381
columns = 12560
rows = 255
total_rows = 5120
inputs = 25088
outputs = 8791
"""
"""87,381 entries of 12 bits, 2 of them in a memory of their own, are EIE's 128 KiB a PE."""


@dataclass(frozen=True)
class EieLayer:
    """A line of EIE's tables: sizes, densities, and measured time on EIE in microseconds."""

    name: str
    columns: int
    rows: int
    weights: float
    activations: float
    paper_us: float

    @property
    def paper_ratio(self) -> float:
        """Cycles of EIE over useful multiply-accumulates a PE, at the table's densities."""
        return (self.paper_us * CLOCK_MHZ * PES
                / (self.columns * self.rows * self.weights * self.activations))


LAYERS = (
    EieLayer("Alex-6", 9216, 4096, 0.09, 0.351, 30.3),
    EieLayer("Alex-7", 4096, 4096, 0.09, 0.353, 12.2),
    EieLayer("Alex-8", 4096, 1000, 0.25, 0.375, 9.9),
    EieLayer("VGG-6", 25088, 4096, 0.04, 0.183, 34.4),
    EieLayer("VGG-7", 4096, 4096, 0.04, 0.375, 8.7),
    EieLayer("VGG-8", 4096, 1000, 0.23, 0.411, 8.4),
    EieLayer("NT-We", 4096, 600, 0.10, 1.0, 8.0),
    EieLayer("NT-Wd", 600, 8791, 0.11, 1.0, 13.9),
    EieLayer("NT-LSTM", 1201, 2400, 0.10, 1.0, 7.5),
)


KINDS = ("uniform", "power-law", "blocks", "band")
"""uniform: every weight is kept with the layer's density. power-law: weight (i, j) is kept with
probability min(1, scale / (rank of row i * rank of column j)), ranks in random order, scale such that
the mean is the density. blocks: 8 x 8 blocks are kept whole with the density. band: a cyclic band
around the diagonal of the stretched matrix."""


def _chances(kind: str, rows: int, columns: int, density: float,
             rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Probabilities (rows x some) that weights of some columns are kept."""
    if kind == "uniform":
        return lambda some: np.full((rows, len(some)), density)
    if kind == "power-law":
        row, column = 1 / (1 + rng.permutation(rows)), 1 / (1 + rng.permutation(columns))
        scale = _scale(row, column, density)
        return lambda some: np.minimum(1, scale * np.outer(row, column[some]))
    if kind == "blocks":
        kept = rng.random((-(-rows // 8), -(-columns // 8))) < density
        return lambda some: kept[np.arange(rows)[:, None] // 8, some // 8]

    def band(some: np.ndarray) -> np.ndarray:
        distance = np.abs(np.arange(rows)[:, None] - some / columns * rows)
        return np.minimum(distance, rows - distance) <= density * rows / 2

    return band


def matrix(kind: str, rows: int, columns: int, density: float,
           rng: np.random.Generator) -> sp.csc_array:
    """A random matrix: int64 (rows x columns), values from 16 distinct 8-bit weights."""
    chances = _chances(kind, rows, columns, density, rng)
    indices, counts = [], []
    chunk = max(1, 4_000_000 // rows)  # columns whose random numbers are drawn at once
    for first in range(0, columns, chunk):
        some = np.arange(first, min(columns, first + chunk))
        chance = chances(some)
        kept = rng.random(chance.shape, np.float32) < chance
        where = np.nonzero(kept.T)
        indices.append(where[1].astype(np.int32))
        counts.append(np.bincount(where[0], minlength=len(some)))
    book = rng.permutation(np.concatenate((np.arange(-128, 0), np.arange(1, 128))))[:16]
    indptr = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    index = np.concatenate(indices)
    return sp.csc_array((book[rng.integers(0, 16, len(index))], index, indptr), shape=(rows, columns))


def _scale(row: np.ndarray, column: np.ndarray, density: float) -> float:
    """The factor that gives min(1, factor * row * column) the mean ``density``."""
    coarse = np.sort(column)[::-1]
    low, high = 0.0, 1 / (row.min() * column.min())
    for _ in range(60):
        middle = (low + high) / 2
        mean = sum(float(np.minimum(1, middle * r * coarse).sum()) for r in row) / (
            len(row) * len(column))
        low, high = (middle, high) if mean < density else (low, middle)
    return high


def bench_eie(layers: list[str], kinds: list[str], *, seed: int, queue: int, divide: int,
              as_json: bool) -> list[dict[str, Any]]:
    """Run layers through compile, generate and simulate; print a table or JSON.

    Args:
        layers: Names out of ``LAYERS``; empty for all nine.
        kinds: Out of ``KINDS``.
        seed: Of matrices and activations.
        queue: Depth of each PE's activation queue.
        divide: Rows, columns and PEs are divided by it: 1 is EIE's size.

    Raises:
        ThriftyError: A name is unknown, or outputs differ from those of ``W @ x``.
    """
    for name, known in (*((name, [each.name for each in LAYERS]) for name in layers),
                        *((kind, KINDS) for kind in kinds)):
        if name not in known:
            raise ThriftyError(f"bench eie: unknown {name!r}: choose from {', '.join(known)}")
    if divide < 1 or PES % divide:
        raise ThriftyError(f"bench eie: --divide {divide} must divide {PES}")
    err = Console(stderr=True)
    err.print(f"seed {seed}, {PES // divide} PEs, queue depth {queue}")
    chosen = [(kind, each) for kind in kinds for each in LAYERS if not layers or each.name in layers]
    folder = BuildFolder(Path("build/bench/eie") / f"{PES // divide}-{queue}")
    config = folder.write("config.toml", CONFIG.format(pes=PES // divide, queue=queue))
    results = []
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/"
                  "{task.total}"), TimeElapsedColumn(), console=err) as progress:
        task = progress.add_task("", total=len(chosen))
        for kind, each in chosen:
            results.append(_run(each, kind, seed, divide, config, folder, lambda what: progress.update(
                task, description=f"{each.name}, {kind}: {what}")))  # noqa: B023
            progress.advance(task)
    if as_json:
        print(json.dumps({"seed": seed, "queue_depth": queue, "clock_paper_mhz": CLOCK_MHZ,
                          "geometric_mean": _means(results), "layers": results}, indent=2))
    else:
        _show(results, queue)
    return results


def _run(layer: EieLayer, kind: str, seed: int, divide: int, config: Path, folder: BuildFolder,
         tell: Callable[[str], None]) -> dict[str, Any]:
    rng = np.random.default_rng([seed, LAYERS.index(layer), KINDS.index(kind)])
    rows, columns, pes = layer.rows // divide, layer.columns // divide, PES // divide
    tell("drawing")
    weight = matrix(kind, rows, columns, layer.weights, rng)
    inputs = rng.integers(1, 256, (VECTORS, columns))
    inputs[rng.random(inputs.shape) >= layer.activations] = 0
    bias, multiplier, shift = _scale_outputs(weight, inputs)
    source = folder.write("network.source.npz", dump(Network([Layer(
        weight, bias, multiplier=multiplier, shift=shift, density=layer.activations)])))
    vectors = folder.write("inputs.npy", npy_bytes(inputs))
    tell("compiling")
    start = time.monotonic()
    compiled = compile_network(source, config, folder)
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    generate(None, folder)
    tell("simulating")
    report, _ = simulate(folder, vectors, simulator="verilator", seed=seed, stall=0.0, waves=False)
    sums = (weight @ inputs.T).T + bias
    expected = np.clip((sums * multiplier + (1 << shift >> 1)) >> shift, 0, 255)
    if not np.array_equal(np.load(folder / "outputs.npy"), expected):
        raise ThriftyError(f"bench eie: {layer.name}, {kind}: outputs differ from those of W @ x")
    # The steady vectors are those whose interval was measured.
    macs = ((inputs[-(VECTORS - 3):] != 0) @ np.diff(weight.indptr)).mean()
    stored = compiled.report["stored_bits"]
    entries = (stored["entries"] + stored.get("upper", 0)) / weight.nnz
    tables = stored["columns"] / weight.nnz
    work = float(macs) / pes
    return {
        "name": layer.name, "kind": kind, "rows": rows, "cols": columns, "pes": pes,
        "nonzeros": int(weight.nnz), "useful_macs": float(macs),
        "latency_cycles": report["latency_cycles"], "cycles": report["interval_cycles"],
        "ratio": report["interval_cycles"] / work, "latency_ratio": report["latency_cycles"] / work,
        "paper_ratio": layer.paper_ratio,
        "scan_bound": compiled.report["layers"][0]["table_words"] / work,
        "bits_per_nonzero": entries + tables, "entry_bits": entries, "table_bits": tables,
        # Memory of the whole bench so far: more than the compiler took.
        "compile_seconds": round(seconds, 1), "peak_mib": peak,
    }


def _scale_outputs(weight: sp.csc_array, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Bias, multiplier and shift that spread the sums of each row over unsigned 8 bits."""
    squares = (weight ** 2 @ (inputs.T.astype(np.int64) ** 2)).mean(1)
    deviation = np.sqrt(np.maximum(squares, 1))
    scale = 64 / deviation
    shift = int(np.log2(65535 / scale.max()))
    return (2 * deviation).astype(np.int64), (scale * 2.0 ** shift).astype(np.int64), shift


def _means(results: list[dict[str, Any]]) -> dict[str, float]:
    return {kind: float(np.exp(np.mean([np.log(row["ratio"]) for row in results
                                        if row["kind"] == kind])))
            for kind in dict.fromkeys(row["kind"] for row in results)}


def _show(results: list[dict[str, Any]], queue: int) -> None:
    table = Table(title=f"cycles over useful multiply-accumulates a PE, queue depth {queue}")
    for head in ("layer", "matrix", "rows", "columns", "nonzeros", "useful MACs", "latency", "interval",
                 "ratio", "EIE", "latency ratio", "scan bound", "bits/nonzero", "entries", "tables"):
        table.add_column(head, justify="left" if head in ("layer", "matrix") else "right")
    for row in results:
        table.add_row(
            row["name"], row["kind"], str(row["rows"]), str(row["cols"]), f"{row['nonzeros']:,}",
            f"{row['useful_macs']:,.0f}", f"{row['latency_cycles']:,}", f"{row['cycles']:,.0f}",
            f"{row['ratio']:.3f}", f"{row['paper_ratio']:.2f}", f"{row['latency_ratio']:.3f}",
            f"{row['scan_bound']:.3f}", f"{row['bits_per_nonzero']:.2f}",
            f"{row['entry_bits']:.2f}", f"{row['table_bits']:.2f}")
    console = Console(width=max(150, Console().width))
    console.print(table)
    for kind, mean in _means(results).items():
        console.print(f"geometric mean, {kind}: {mean:.3f}")
