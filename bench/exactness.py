"""A million random dot products of every format through the generated Verilog, against the golden model.

A dot product is a row of weights that meets a vector of activations. A format is a layer of 1,000 rows
and 1,000 vectors, neither a multiple of what works in parallel, through compile, generate and simulate:
the whole design, as Verilator runs it. Of activations and weights a fifth are the smallest, the largest
or 0, and some rows and vectors are so from end to end, so that the extremes of sums occur as well.
Thresholds lie on sums that occur, on the next larger ones, and behind both ends.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.cases import Case, run_case
from gen.network import AdderLayer, BinaryLayer, Network, ShiftLayer
from hw.config import BinaryActivation, integer_range
from sim.golden.network import evaluate

__all__ = ["FORMATS", "BinaryFormat", "ShiftAddFormat", "check"]

ROWS, VECTORS = 1000, 1000
COLUMNS = {"shift_add": 27, "binary": 150}
LANES = 48
PES, SIMD = 24, 64
LEVELS = 5
BIAS = 1 << 16
LIGHT = 10_000
"""Dot products up to which Icarus takes less time than Verilator's compiler."""


@dataclass(frozen=True)
class ShiftAddFormat:
    """A layer of the shift-add array.

    Args:
        terms: Of a shift layer's weights; 0 for an adder layer.
        scaled: Whether outputs are requantized; otherwise they are raw sums.
    """

    mode: Literal["shift", "adder", "both"]
    architecture: Literal["bins", "barrel"]
    terms: int
    signed: bool
    width: int
    scaled: bool = False

    @property
    def name(self) -> str:
        array = "adder" if self.mode == "adder" else f"{self.mode} {self.architecture}"
        layer = ("distances", "1 term", "2 terms", "3 terms")[self.terms]
        return f"{array}: {layer}, {_short(self.signed, self.width)}{', requantized' * self.scaled}"

    def draw(self, rng: np.random.Generator, rows: int, vectors: int) -> Case:
        """Random weights and vectors."""
        columns = COLUMNS["shift_add"]
        low, high = integer_range(self.width, self.signed)
        inputs = rng.permutation(_values(rng, (vectors, columns), low, high))
        bias = rng.integers(-BIAS, BIAS, rows, endpoint=True)
        layer: ShiftLayer | AdderLayer
        if self.terms:
            sign = _values(rng, (rows, columns, self.terms), -1, 1)
            exponent = _values(rng, sign.shape, 0, 15)
            sign[:4], exponent[:4] = (
                np.reshape(each, (4, 1, 1)) for each in ([-1, -1, 1, 1], [0, 15, 0, 15]))
            order = rng.permutation(rows)
            layer = ShiftLayer(sign[order].astype(np.int8),
                               (exponent * (sign != 0))[order].astype(np.uint8), bias)
        else:
            layer = AdderLayer(rng.permutation(_values(rng, (rows, columns), low, high)), bias)
        if self.scaled:
            spread = int(np.std(evaluate(Network([layer]), inputs, self.width, self.signed)))
            layer = replace(layer, multiplier=_values(rng, (rows,), 0, (1 << 16) - 1),
                            shift=(spread << 16).bit_length() - self.width)
        table = {"lanes": LANES, "architecture": self.architecture, "mode": self.mode,
                 "activation": {"width": self.width, "signed": self.signed}}
        config = {"name": "exactness", "shift_add": table}
        return Case(config, Network([layer], self.width, self.signed), inputs, 0.0)


@dataclass(frozen=True)
class BinaryFormat:
    """A layer of the binary array.

    Args:
        output: Bits, several bits, or raw sums.
    """

    output: Literal["bits", "levels", "raw"]
    signed: bool
    width: int

    @property
    def name(self) -> str:
        activations = "bipolar" if self.width == 1 else _short(self.signed, self.width)
        return f"binary: {activations}, {self.output}"

    def draw(self, rng: np.random.Generator, rows: int, vectors: int) -> Case:
        """Random weights and vectors."""
        columns = COLUMNS["binary"]
        activation = {"width": self.width, "signed": self.signed}
        low, high = BinaryActivation(**activation).range
        inputs = rng.permutation(_bipolar(rng, (vectors, columns)) if self.width == 1
                                 else _values(rng, (vectors, columns), low, high))
        weight = rng.permutation(_bipolar(rng, (rows, columns))).astype(np.int8)
        table = {"pes": PES, "simd": SIMD, "activation": activation}
        thresholds = None
        if self.output != "raw":
            levels = 1 if self.output == "bits" else LEVELS
            table["hidden_width"] = levels.bit_length()
            thresholds = _thresholds(rng, inputs @ weight.T.astype(np.int64), levels,
                                     columns * max(-low, high))
        layer = BinaryLayer(weight, thresholds)
        config = {"name": "exactness", "binary": table}
        return Case(config, Network([layer], self.width, self.signed), inputs, 0.0)


FORMATS: tuple[ShiftAddFormat | BinaryFormat, ...] = (
    *(ShiftAddFormat("shift", architecture, terms, signed, width, scaled)
      for architecture in ("bins", "barrel")
      for terms, signed, width, scaled in (
          *((terms, signed, 8, False) for terms in (1, 2, 3) for signed in (True, False)),
          (2, True, 16, False), (2, False, 2, False), (2, True, 8, True))),
    *(ShiftAddFormat("adder", "bins", 0, signed, 8) for signed in (True, False)),
    *(ShiftAddFormat("both", architecture, terms, signed, 8)
      for architecture in ("bins", "barrel") for terms in (1, 0) for signed in (True, False)),
    *(BinaryFormat(output, signed, width)
      for signed, width in ((True, 1), (True, 2), (False, 2), (True, 4), (False, 4), (True, 8),
                            (False, 8))
      for output in ("bits", "levels", "raw")),
)


def _short(signed: bool, width: int) -> str:
    return f"{'s' if signed else 'u'}{width}"


def _values(rng: np.random.Generator, shape: tuple[int, ...], low: int, high: int) -> np.ndarray:
    """Integers of a range, int64; the first rows are the smallest, the largest and 0 throughout."""
    values = rng.integers(low, high, shape, endpoint=True)
    ends = np.array([low, high, 0])
    some = rng.random(shape) < 0.2
    values[some] = rng.choice(ends, some.sum())
    whole = rng.random(shape[0]) < 0.1
    values[whole] = rng.choice(ends, (whole.sum(), *(1 for _ in shape[1:])))
    values[:3] = ends.reshape(3, *(1 for _ in shape[1:]))
    return values


def _bipolar(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """-1 and +1, int64."""
    return 2 * _values(rng, shape, 0, 1) - 1


def _thresholds(rng: np.random.Generator, sums: np.ndarray, levels: int, bound: int) -> np.ndarray:
    """Ascending in each row: sums (vectors x rows) that occur, some plus 1, and a tenth anything from
    what is always reached to what never is."""
    vectors, rows = sums.shape
    thresholds = sums[rng.integers(vectors, size=(rows, levels)), np.arange(rows)[:, None]]
    thresholds += rng.integers(0, 1, thresholds.shape, endpoint=True)
    some = rng.random(thresholds.shape) < 0.1
    thresholds[some] = rng.choice([-bound, -bound + 1, 0, bound, bound + 1], some.sum())
    return np.sort(np.minimum(thresholds, bound + 1), axis=1)


def check(index: int, seed: int, folder: Path, *, rows: int = ROWS, vectors: int = VECTORS,
          progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Run a format in an empty folder; how many of its dot products are wrong.

    Args:
        index: Of ``FORMATS``.
        progress: Called with (vectors done, vectors in all).
    """
    chosen = FORMATS[index]
    case = chosen.draw(np.random.default_rng([seed, index]), rows, vectors)
    right = evaluate(case.network, case.inputs, chosen.width, chosen.signed)
    done = run_case(case, folder, right, light=lambda compiled: right.size < LIGHT, progress=progress)
    return {"format": chosen.name, "dot_products": right.size, "mismatches": done.mismatches,
            "seed": seed, "seconds": done.seconds}


def main(
    seed: Annotated[int, typer.Option(help="of weights and vectors", min=0)] = 1,
    only: Annotated[Optional[int], typer.Option(  # noqa: UP045
        help="run this format alone, counted from 0", min=0, max=len(FORMATS) - 1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """A million dot products of every format through the generated Verilog."""
    indices = range(len(FORMATS)) if only is None else [only]
    err = Console(stderr=True)
    err.print(f"seed {seed}")
    results = []
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} of "
                  "{task.total:,.0f}"), TimeElapsedColumn(), console=err) as bars:
        total = bars.add_task("formats", total=len(indices))
        for index in indices:
            bar = bars.add_task(f"{FORMATS[index].name}, vectors", total=VECTORS)
            with tempfile.TemporaryDirectory() as folder:
                row = check(index, seed, Path(folder),
                            progress=lambda done, of: bars.update(bar, completed=done))  # noqa: B023
            bars.remove_task(bar)
            bars.advance(total)
            results.append(row)
            if row["mismatches"]:
                err.print(f"{row['format']}: {row['mismatches']} of {row['dot_products']} differ; "
                          f"again: --seed {seed} --only {index}", markup=False)
    if as_json:
        print(json.dumps({"seed": seed, "formats": results}, indent=2))
    else:
        table = Table(*results[0])
        for row in results:
            table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value)
                            for value in row.values()))
        Console().print(table)
    if any(row["mismatches"] for row in results):
        raise SystemExit("error: dot products differ from the golden model")


if __name__ == "__main__":
    typer.run(main)
