"""Random matrices through compile, generate and simulate, judged by ``W @ x`` in NumPy.

``python bench/matrices.py`` takes about 10 minutes on 2 cores: every matrix becomes hardware of its
own, with a configuration that says nothing but a name.
"""

import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from sim.simulate import npy_bytes, simulate

__all__ = ["Case", "cases", "check"]

LARGEST = (2000, 3000)
NONZEROS = 600_000
VECTORS = 4
CORNERS = [(1, 1, 1.0), (1, 3000, 0.5), (2000, 1, 0.5), (*LARGEST, 0.0995), (1999, 2999, 0.01),
           (773, 769, 1.0), (97, 101, 0.0)]
"""Rows, columns and density of the first cases; the others are drawn."""
DISTINCT = (2, 16, 256, 4000)
"""Distinct weights: up to 256 become a codebook, more are stored directly."""


@dataclass(frozen=True)
class Case:
    """A matrix, int64 (rows x columns), and vectors for it, int64 (vectors x columns)."""

    matrix: np.ndarray
    inputs: np.ndarray

    @property
    def nonzeros(self) -> int:
        return int(np.count_nonzero(self.matrix))


def cases(seed: int, count: int) -> list[Case]:
    """Matrices from 1 x 1 to 2000 x 3000, some with empty rows and columns, the smallest first."""
    rng = np.random.default_rng(seed)
    drawn = []
    for k in range(count):
        rows, columns, density = CORNERS[k] if k < len(CORNERS) else _shape(rng)
        drawn.append(_case(rng, rows, columns, density, DISTINCT[k % 4], hollow=k >= 4 and k % 2 == 0))
    return sorted(drawn, key=lambda case: (case.nonzeros, case.matrix.shape))


def _shape(rng: np.random.Generator) -> tuple[int, int, float]:
    rows, columns = (int(np.ceil(most * rng.random() ** 2)) for most in LARGEST)
    return rows, columns, min(float(rng.choice([0.01, 0.1, 0.5, 1])), NONZEROS / (rows * columns))


def _case(rng: np.random.Generator, rows: int, columns: int, density: float, distinct: int,
          hollow: bool) -> Case:
    """A matrix and its vectors; a hollow one has empty rows and columns."""
    values = rng.integers(-distinct // 2, distinct // 2, (rows, columns))
    values[values >= 0] += 1
    values[rng.random((rows, columns)) >= density] = 0
    if hollow:
        values[rng.random(rows) < 0.2] = 0
        values[:, rng.random(columns) < 0.2] = 0
    inputs = rng.integers(-(1 << 15), 1 << 15, (VECTORS, columns))
    inputs[1::2] *= rng.random((len(inputs[1::2]), columns)) < 0.3
    return Case(values, inputs)


def check(case: Case, path: Path, simulator: str) -> dict[str, Any]:
    """Run a case in a build folder; what it took, and how many outputs are wrong."""
    folder = BuildFolder(path)
    source = folder.write("matrix.npy", npy_bytes(case.matrix))
    inputs = folder.write("inputs.npy", npy_bytes(case.inputs))
    config = folder.write("config.toml", 'name = "matrix"\n')
    start = time.monotonic()
    compile_network(source, config, folder)
    generate(None, folder)
    report, _ = simulate(folder, inputs, simulator=simulator, seed=1, stall=0.0, waves=False)
    outputs = np.load(folder / "outputs.npy")
    expected = case.inputs @ case.matrix.T
    return {
        "rows": case.matrix.shape[0], "columns": case.matrix.shape[1],
        "density": round(case.nonzeros / case.matrix.size, 6), "nonzeros": case.nonzeros,
        "simulator": report["simulator"], "pes": report["pes"],
        "interval_cycles": report["interval_cycles"], "cycles": report["cycles"],
        "mismatches": int((outputs != expected).sum()) if outputs.shape == expected.shape
        else expected.size,
        "seconds": round(time.monotonic() - start, 1),
    }


def main(
    count: Annotated[int, typer.Option(help="how many matrices", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="of shapes, weights and inputs", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Every matrix on Verilator, the smaller half on Icarus too."""
    err = Console(stderr=True)
    err.print(f"seed {seed}")
    drawn = cases(seed, count)
    jobs = [(case, "verilator") for case in drawn]
    if shutil.which("iverilog"):
        jobs += [(case, "icarus") for case in drawn[:count // 2]]
    else:
        err.print("skipped on Icarus: it is not installed (apt-get install iverilog)")
    results = []
    for case, simulator in track(jobs, "simulating", console=err):
        with tempfile.TemporaryDirectory() as folder:
            results.append(check(case, Path(folder), simulator))
    if as_json:
        print(json.dumps({"seed": seed, "matrices": results}, indent=2))
    else:
        table = Table(*results[0])
        for row in results:
            table.add_row(*(f"{value:,g}" if isinstance(value, float) else str(value)
                            for value in row.values()))
        Console().print(table)
    if any(row["mismatches"] for row in results):
        raise SystemExit("error: outputs differ from W @ x")


if __name__ == "__main__":
    typer.run(main)
