"""Size and clock of the two reference engines: `python -m bench.boards`.

16 PEs on ULX3S-85F and the largest engine that fits the iCEBreaker, at stated seeds.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from boards.report import table
from boards.step import synthesise_step
from gen.folder import BuildFolder
from gen.generate import generate
from gen.presets import preset_path
from hw.errors import ThriftyError

DESIGNS = (("engine16", "ulx3s-85f"), ("icebreaker", "icebreaker"))


def main(seeds: Annotated[int, typer.Option(help="seeds 1 to this", min=1)] = 1,
         absorb: Annotated[bool, typer.Option(
             "--absorb", help="use what ECP5's RAMs, multipliers and carry cells have inside")] = False,
         as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Generate, synthesise, place and route; the first that succeeds is shown, beside all clocks."""
    err = Console(stderr=True)
    results: list[dict[str, Any]] = []
    for preset, board in DESIGNS:
        folder = BuildFolder(Path("build/bench/boards") / preset)
        generate(preset_path(preset), folder)
        runs = []
        for seed in range(1, seeds + 1):
            try:
                with err.status(f"{preset} on {board}, seed {seed}"):
                    run, _ = synthesise_step(folder, board, clock_hz=None, seed=seed, native=False,
                                             picture=False, absorb=absorb,
                                             progress=lambda what, seconds: None)
            except ThriftyError as error:  # the other seeds still run
                err.print(f"{preset}, seed {seed}: {error}", markup=False)
            else:
                runs.append(run)
        if not runs:
            continue
        fmax = sorted(run["fmax_mhz"] for run in runs)
        results.append({"preset": preset, **runs[0], "fmax_mhz_all_seeds": fmax})
        if not as_json:
            Console().print(table(runs[0]))
            Console().print(f"Fmax, seeds 1-{seeds}, sorted: {', '.join(map(str, fmax))} MHz")
    if as_json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    typer.run(main)
