"""Random cases, one after the other, for commands that try many configurations.

A case is drawn from the seed and its number alone, so ``--only 17`` runs the 17th again whatever
``--count`` was.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import tomli_w
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from gen.compile import Compiled, compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import Network, dump
from sim.simulate import npy_bytes, simulate

__all__ = ["Case", "Outcome", "run_case", "run_cases", "run_command"]


@dataclass(frozen=True)
class Case:
    """A configuration file's table, a network, and vectors for it, int64 (vectors x inputs)."""

    config: dict[str, Any]
    network: Network
    inputs: np.ndarray
    stall: float


@dataclass(frozen=True)
class Outcome:
    """What became of a case: what was compiled, the simulation's report, how many outputs are wrong."""

    compiled: Compiled
    report: dict[str, Any]
    mismatches: int
    seconds: float


def run_case(case: Case, path: Path, right: np.ndarray, *,
             light: Callable[[Compiled], bool] = lambda compiled: True,
             progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Compile, generate and simulate in a build folder.

    Args:
        right: The outputs, integers (vectors x outputs).
        light: Whether Icarus, if it is installed, takes less time than Verilator's compiler.
        progress: Called with (vectors done, vectors in all) during the simulation.
    """
    folder = BuildFolder(path)
    source = folder.write("network.source.npz", dump(case.network))
    inputs = folder.write("inputs.npy", npy_bytes(case.inputs))
    config = folder.write("config.toml", tomli_w.dumps(case.config))
    start = time.monotonic()
    compiled = compile_network(source, config, folder)
    generate(None, folder)
    simulator = "icarus" if shutil.which("iverilog") and light(compiled) else "verilator"
    report, _ = simulate(folder, inputs, simulator=simulator, seed=1, stall=case.stall, waves=False,
                         progress=progress)
    outputs = np.load(folder / "outputs.npy")
    wrong = int((outputs != right).sum()) if outputs.shape == right.shape else right.size
    return Outcome(compiled, report, wrong, round(time.monotonic() - start, 1))


def run_command(draw: Callable[[int, int], Case], check: Callable[[Case, Path], dict[str, Any]], *,
                count: int, about: str) -> None:
    """The command line of a module that tries random cases; see :func:`run_cases`.

    Args:
        draw: Makes case ``index`` of a seed.
        check: Runs it in an empty folder.
        count: Cases if nobody says how many.
        about: What ``--help`` tells.
    """
    def main(
        count: Annotated[int, typer.Option(help="how many cases", min=1)] = count,
        seed: Annotated[int, typer.Option(help="of configurations, networks and inputs", min=0)] = 1,
        only: Annotated[Optional[int], typer.Option(  # noqa: UP045
            help="run this case alone", min=0)] = None,
        as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    ) -> None:
        run_cases(lambda seed, index, folder: check(draw(seed, index), folder), count=count, seed=seed,
                  only=only, as_json=as_json)

    main.__doc__ = about
    typer.run(main)


def run_cases(check: Callable[[int, int, Path], dict[str, Any]], *, count: int, seed: int,
              only: int | None, as_json: bool) -> None:
    """Run cases, print a table or JSON, and exit with an error if one failed.

    Args:
        check: Runs a case of a seed in an empty folder; it returns what the case was, and how many
            outputs are wrong ("mismatches").
        count: Cases, from 0 on.
        only: Run this case alone.
    """
    err = Console(stderr=True)
    err.print(f"seed {seed}")
    results, failed = [], 0
    for index in track(range(count) if only is None else [only], "simulating", console=err):
        with tempfile.TemporaryDirectory() as folder:
            try:
                row = {"case": index, **check(seed, index, Path(folder))}
            except Exception as error:  # whatever breaks, the other cases still run
                row = {"case": index, "error": f"{type(error).__name__}: {error}"}
        results.append(row)
        if row.get("mismatches", 1):
            failed += 1
            what = row.get("error", f"{row.get('mismatches')} outputs differ")
            err.print(f"case {index}: {what}; again: --seed {seed} --only {index}", markup=False)
    if as_json:
        print(json.dumps({"seed": seed, "failed": failed, "cases": results}, indent=2))
    else:
        exact = [row for row in results if "error" not in row]
        table = Table(*(exact[0] if exact else ()))
        for row in exact:
            table.add_row(*(f"{value:,g}" if isinstance(value, float) else str(value)
                            for value in row.values()))
        Console().print(table)
    if failed:
        raise SystemExit(f"error: {failed} of {len(results)} cases failed")
