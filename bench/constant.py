"""Constant matrices as adder graphs, beside da4ml's own Verilog: `python -m bench.constant`.

Four matrices of random weights and 8-bit signed activations, each in three forms: da4ml's Verilog (its
pipeline with a register behind every level of adders, which is its cheapest under Yosys), ours in plain
additions, and ours in carry cells. All take a vector a cycle. Each stands alone on an LFE5U-85F (speed
6), between a shift register that feeds it and a register of the parity of what it puts out. Slots are
LUT4 + 2 CCU2C of the unit's module as Yosys counts them; `comb` is the cells that nextpnr makes of the
unit, those that lead carries in and out among them. Ours can wait for its reader; da4ml's cannot.
"""

import json
import re
from importlib import resources
from typing import Annotated, Any

import numpy as np
import typer
from amaranth import Cat, ClockSignal, Module, Signal
from amaranth.hdl import Instance
from amaranth.lib.wiring import Component, In, Out
from rich.console import Console
from rich.table import Table

from bench.unit import route
from boards.tools import Progress
from gen.constant import adder_graph
from gen.verilog import emit
from hw.shared import Shared
from hw.shift_add.constant import ConstantLayer

__all__ = ["FORMS", "MATRICES", "measure"]

MATRICES = {"int4": (16, -8, 7), "ternary": (16, -1, 1), "int8": (16, -128, 127), "int4-32": (32, -8, 7)}
"""Rows and columns, and the range of the weights."""
FORMS = ("da4ml", "portable", "ecp5")
GOAL_MHZ = 250


def matrix(name: str) -> np.ndarray:
    """Uniform random weights; the seed is 1."""
    size, low, high = MATRICES[name]
    return np.random.default_rng(1).integers(low, high + 1, (size, size))


class _Harness(Component):
    """Ours between few pins."""

    def __init__(self, unit: ConstantLayer):
        self.shared = Shared(unit, "unit")
        super().__init__({"i": In(1), "i_ready": In(1), "o": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.unit, unit = self.shared.instantiate()
        fed = _feed(m, self.i, unit.i.payload.as_value(), self.o, unit.o.payload.as_value())
        m.d.comb += unit.i.valid.eq(fed)
        m.d.sync += unit.o.ready.eq(self.i_ready)
        return m


class _Foreign(Component):
    """da4ml's between few pins."""

    def __init__(self, inputs: int, outputs: int):
        self.inputs, self.outputs = inputs, outputs
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform):
        m = Module()
        inputs, outputs = Signal(self.inputs), Signal(self.outputs)
        m.submodules.unit = Instance(
            "unit", i_clk=ClockSignal(), i_model_inp=inputs, o_model_out=outputs)
        _feed(m, self.i, inputs, self.o, outputs)
        return m


def _feed(m: Module, i: Any, inputs: Any, o: Any, outputs: Any) -> Any:
    shift = Signal(len(inputs) + 1, reset_less=True)
    held = Signal.like(outputs, reset_less=True)
    # In two levels: the parity is not what is measured.
    parts = Signal(-(-len(held) // 16), reset_less=True)
    m.d.comb += inputs.eq(shift)
    m.d.sync += [shift.eq(Cat(i, shift)), held.eq(outputs), o.eq(parts.xor()),
                 parts.eq(Cat(held[k:k + 16].xor() for k in range(0, len(held), 16)))]
    return shift[-1]


def _da4ml(weights: np.ndarray) -> tuple[str, int]:
    """da4ml's Verilog, and its latency."""
    from da4ml.codegen.rtl.verilog import pipeline_logic_gen
    from da4ml.trace import FixedVariableArrayInput, HWConfig, comb_trace
    from da4ml.trace.pipeline import to_pipeline

    count = weights.shape[1]
    inputs = FixedVariableArrayInput((count,), hwconf=HWConfig(-1, -1, 1)).quantize(
        np.ones(count, int), np.full(count, 7), np.zeros(count, int))
    outputs = inputs @ np.ascontiguousarray(weights.T)
    pipeline = to_pipeline(comb_trace(inputs, outputs), 1, retiming=False)
    x = np.random.default_rng(2).integers(-128, 128, (100, count))
    assert all(np.array_equal(np.asarray(pipeline(list(map(float, row))), float), weights @ row)
               for row in x)
    source = resources.files("da4ml") / "codegen" / "rtl" / "verilog" / "source"
    text = "\n".join([*pipeline_logic_gen(pipeline, "unit").values(),
                      *((source / name).read_text() for name in ("shift_adder.v", "negative.v"))])
    found = {name: int(width) + 1
             for width, name in re.findall(r"\[(\d+):0\] (model_inp|model_out)\b",
                                           text[text.index("module unit ("):])}
    harness = _Foreign(found["model_inp"], found["model_out"])
    return emit(harness, "harness") + text, len(pipeline.solutions) + 1


def measure(name: str, form: str, seed: int, progress: Progress = lambda what, seconds: None
            ) -> dict[str, Any]:
    """One form of a matrix routed: ``matrix form slots lut4 ccu2c ff comb latency fmax_mhz seed``."""
    weights = matrix(name)
    if form == "da4ml":
        text, latency = _da4ml(weights)
    else:
        layer = ConstantLayer(adder_graph(weights, -128, 127), "ecp5" if form == "ecp5" else None)
        harness = _Harness(layer)
        text, latency = emit(harness, "harness", [harness.shared]), layer.latency
    routed = route(text, "unit", "ecp5", seed, ["unit"], progress, GOAL_MHZ)
    return {"matrix": name, "form": form, "slots": routed.slots, "lut4": routed.cells["LUT4"],
            "ccu2c": routed.cells["CCU2C"], "ff": routed.ff, "comb": routed.comb,
            "latency": latency, "fmax_mhz": routed.fmax_mhz, "seed": seed}


def main(as_json: Annotated[bool, typer.Option("--json")] = False,
         only: Annotated[list[str], typer.Option("--matrix")] = list(MATRICES),  # noqa: B006
         form: Annotated[list[str], typer.Option("--form")] = list(FORMS),  # noqa: B006
         seeds: Annotated[int, typer.Option(help="Placements of each form.")] = 3) -> None:
    """Synthesise, place and route each form of each matrix."""
    rows = []
    with Console(stderr=True).status("") as status:
        for name in only:
            for each in form:
                for seed in range(1, seeds + 1):
                    what = f"{name} {each}, seed {seed}"

                    def progress(tool: str, seconds: float, what: str = what) -> None:
                        status.update(f"{what}: {tool} {seconds:.0f} s")

                    rows.append(measure(name, each, seed, progress))
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
