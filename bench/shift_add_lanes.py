"""What a lane of the shift-add array takes: `python -m bench.shift_add_lanes`.

16 lanes of one kind stand alone on an LFE5U-85F (speed 6) or an iCE40UP5K: activations and weights come
from a shift register that feeds them, what they put out is folded by registered XORs; nextpnr places
and routes it. Activations have 8 bits and a sign. Slots are LUT4 + 2 CCU2C + 6 DPR16X4 of a lane's
module as Yosys counts them, on iCE40 logic cells; `comb` is the cells that nextpnr makes of a lane, by
name. The forms are `cells` (the technology's carry cells by hand), `plain` (the same lane in plain
Amaranth) and `naive`, the sum as anyone would write it: a register behind the product, then the
accumulator.

Weight memories, sequencer and what reads the lanes out are not counted.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Any

import typer
from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib.wiring import Component, In, Out
from rich.console import Console
from rich.table import Table

from bench.unit import route
from boards.tools import Progress
from hw.shared import Shared
from hw.shift_add.adder import AdderLane
from hw.shift_add.barrel import BarrelLane
from hw.shift_add.bins import BinsLane
from hw.shift_add.layout import operand_shape, weight_layout
from hw.stream import delay

__all__ = ["kinds", "measure"]

LANES = 16
WIDTH, SIGNED = 8, True

BINS_BITS = 19
"""Exact for 1,024 activations."""
BARREL_BITS = 34
"""The same with 2 ** 15 inside the sum."""
ADDER_BITS = 24


@dataclass(frozen=True)
class Kind:
    """A form of a lane."""

    mode: str
    architecture: str
    form: str
    accumulator: int
    make: Callable[[], Component]


class NaiveLane(Component):
    """Products or distances, summed as anyone would write it."""

    def __init__(self, mode: str, accumulator: int):
        self.mode = mode
        activation = Shape(WIDTH, SIGNED)
        super().__init__({
            "i_x": In(operand_shape(activation)), "i_weight": In(weight_layout(mode, activation)),
            **({"i_enable": In(1)} if mode == "adder" else {}),
            **({"i_adder": In(1)} if mode == "both" else {}),
            "o_sum": Out(Shape(accumulator, signed=True)),
        })

    def elaborate(self, platform):
        m = Module()
        x = self.i_x[:WIDTH].as_signed()
        term = Signal(Shape(WIDTH + 16, signed=True), reset_less=True)
        distance = Signal(Shape(WIDTH + 2, signed=True))
        product = Signal.like(term)
        if self.mode != "shift":
            weight = self.i_weight.weight if self.mode == "adder" else self.i_weight.value.as_signed()
            m.d.comb += distance.eq(-abs(x - weight))
        if self.mode != "adder":
            exponent, positive = (self.i_weight.exponent, self.i_weight.positive) \
                if self.mode == "shift" else (self.i_weight.value[:4], self.i_weight.value[4])
            m.d.comb += product.eq(Mux(positive, x << exponent, -(x << exponent)))
        m.d.sync += term.eq({"shift": product, "adder": distance}[self.mode] if self.mode != "both"
                            else Mux(self.i_adder, distance, product))
        enable = self.i_enable if self.mode == "adder" else self.i_weight.write
        with m.If(delay(m, enable, 1, "enable")):
            m.d.sync += self.o_sum.eq(self.o_sum + term)
        return m


def kinds(family: str) -> list[Kind]:
    """All lanes and forms of a family."""
    bits = {"bins": BINS_BITS, "barrel": BARREL_BITS, "adder": ADDER_BITS}
    found = []
    for form in ("cells", "plain") if family == "ecp5" else ("plain",):
        of = "ecp5" if form == "cells" else None
        for both in (False, True):
            mode = "both" if both else "shift"
            if family == "ecp5":
                found.append(Kind(mode, "bins", form, BINS_BITS, lambda both=both, of=of: BinsLane(
                    WIDTH, SIGNED, BINS_BITS, both=both, family=of)))
            found.append(Kind(mode, "barrel", form, BARREL_BITS, lambda both=both, of=of: BarrelLane(
                WIDTH, SIGNED, BARREL_BITS, both=both, family=of)))
        found.append(Kind("adder", "adder", form, ADDER_BITS, lambda of=of: AdderLane(
            WIDTH, SIGNED, ADDER_BITS, family=of)))
    for mode, architecture in (("shift", "barrel"), ("both", "barrel"), ("adder", "adder")):
        found.append(Kind(mode, architecture, "naive", bits[architecture],
                          lambda mode=mode, width=bits[architecture]: NaiveLane(mode, width)))
    return found


class Harness(Component):
    """Lanes between few pins."""

    def __init__(self, lane: Component):
        self.shared = Shared(lane, "lane")
        super().__init__({"i": In(1), "o": Out(1)})

    def elaborate(self, platform):
        m = Module()
        members = self.shared.component.signature.members
        register = self.i

        def fed(name: str) -> Signal:
            """A port's register, which the shift register goes through."""
            nonlocal register
            signal = Signal(Shape.cast(members[name].shape).width, name=name, reset_less=True)
            m.d.sync += signal.eq(Cat(register, signal))
            register = signal[-1]
            return signal

        common = {name: fed(name) for name, member in members.items()
                  if member.flow == In and name != "i_weight"}
        bits = []
        for number in range(LANES):
            instance, lane = self.shared.instantiate(**common, i_weight=fed("i_weight"))
            m.submodules[f"lane_{number}"] = instance
            bits += [bit for name, member in members.items() if member.flow == Out
                     for bit in getattr(lane, name)]
        while len(bits) > 1:
            folded = Signal(-(-len(bits) // 4), name=f"folded_{len(bits)}", reset_less=True)
            m.d.sync += folded.eq(Cat(Cat(bits[k:k + 4]).xor() for k in range(0, len(bits), 4)))
            bits = list(folded)
        m.d.comb += self.o.eq(bits[0])
        return m


def measure(kind: Kind, family: str, seed: int,
            progress: Progress = lambda what, seconds: None) -> dict[str, Any]:
    """16 lanes routed: ``family mode architecture form accumulator slots comb ff fmax_mhz seed``."""
    harness = Harness(kind.make())
    unit = route(harness, [harness.shared], family, seed, [f"lane_{k}" for k in range(LANES)], progress)
    comb = round(unit.comb / LANES, 1)
    return {"family": family, "mode": kind.mode, "architecture": kind.architecture, "form": kind.form,
            "accumulator": kind.accumulator, "slots": unit.slots if family == "ecp5" else comb,
            "comb": comb, "ff": unit.ff, "fmax_mhz": unit.fmax_mhz, "seed": seed}


def main(as_json: Annotated[bool, typer.Option("--json")] = False,
         family: Annotated[list[str], typer.Option("--family")] = ["ecp5", "ice40"],  # noqa: B006
         form: Annotated[list[str], typer.Option("--form")] = ["cells", "plain", "naive"],  # noqa: B006
         seeds: Annotated[int, typer.Option(help="Placements of each lane.")] = 3) -> None:
    """Synthesise, place and route 16 of each lane; of the clocks, the median and each."""
    err = Console(stderr=True)
    rows = []
    with err.status("") as status:
        for of in family:
            for kind in kinds(of):
                if kind.form not in form:
                    continue
                placements = []
                for seed in range(1, seeds + 1):
                    what = f"{of} {kind.mode} {kind.architecture} {kind.form}, seed {seed}"

                    def progress(tool: str, seconds: float, what: str = what) -> None:
                        status.update(f"{what}: {tool} {seconds:.0f} s")

                    placements.append(measure(kind, of, seed, progress))
                clocks = [row["fmax_mhz"] for row in placements]
                del placements[0]["seed"]
                rows.append({**placements[0], "fmax_mhz": median(clocks), "by_seed": clocks})
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
