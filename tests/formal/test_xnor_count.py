"""What is proved of the units that count differing places.

- Up to 16 places, portable and on ECP5: after the latency, whatever the registers held before, the count
  is the sum of ``a ^ w`` for every input (SAT on the whole unit; nothing in it feeds back, so what holds
  once always holds).
- Of 64 and 256 places, on ECP5: each shape of chain that occurs, in the cells and joints that it is
  built of, puts out the sum of its slots for every value of them (SAT); and the netlist as emitted is a
  network of such chains that takes every product and every bit once, at its weight and in its cycle,
  and puts out what is left (walked in Python, cell by cell). So the count is the sum for every input.

CCU2C is Yosys's own model of it.
"""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from amaranth import Cat, Const, Module, Signal
from amaranth.hdl import Assert
from amaranth.lib.wiring import Component, In

from boards.tools import Tools
from gen.verilog import emit
from hw.binary import XnorCount, ecp5
from hw.binary.pipeline import Operand, Sum
from hw.binary.plan import ECP5
from hw.binary.schedule import schedule
from tests.hw.binary.counting import models

MITER = """
module top(input clk, input [{n}-1:0] a, input [{n}-1:0] w);
    wire [{bits}-1:0] found;
    unit unit(.clk(clk), .rst(1'b0), .i_a(a), .i_w(w), .o(found));
    reg [{bits}-1:0] sum [0:{latency}-1];
    integer k, j;
    reg [{bits}-1:0] now;
    always @* begin
        now = 0;
        for (j = 0; j < {n}; j = j + 1) now = now + (a[j] ^ w[j]);
    end
    always @(posedge clk) begin
        sum[0] <= now;
        for (k = 1; k < {latency}; k = k + 1) sum[k] <= sum[k - 1];
    end
    always @* assert (found == sum[{latency}-1]);
endmodule
"""


def yosys(folder: Path, script: str) -> str:
    (folder / "script.ys").write_text(script)
    tools = Tools(folder, native=False, progress=lambda what, seconds: None)
    return tools.run("yosys", "-s", "script.ys")


def proof(unit: XnorCount, folder: Path, name: str, text: str) -> str:
    """A Yosys script that proves one unit."""
    (folder / f"{name}.v").write_text(text + models("ecp5") + MITER.format(
        n=len(unit.i_a), bits=len(unit.o), latency=unit.latency))
    # Nothing is known of the registers at first: the last step is the first to be right.
    return (f"design -reset\nread_verilog -formal {name}.v\nhierarchy -top top\nproc\nmemory\nflatten\nchformal -lower\n"
            f"setattr -unset init\nopt_clean\n"
            f"sat -verify -prove-asserts -seq {unit.latency + 1} -prove-skip {unit.latency} top\n")


@pytest.mark.parametrize("family", [None, "ecp5"])
def test_up_to_16_places(family, tmp_path):
    script = ""
    for n in range(1, 17):
        unit = XnorCount(n, family)
        script += proof(unit, tmp_path, f"unit{n}", emit(unit, "unit"))
    assert yosys(tmp_path, script).count("SAT proof finished - no model found: SUCCESS!") == 16


def test_a_wrong_cell_is_found(tmp_path):
    unit = XnorCount(12, "ecp5")
    text = emit(unit, "unit")
    assert "16'h6996" in text
    script = proof(unit, tmp_path, "unit", text.replace("16'h6996", "16'h6997", 1))
    assert "model found: FAIL!" in yosys(tmp_path, script.replace("-verify", ""))


Shape = tuple[str, ...]


def shapes(n: int) -> set[Shape]:
    """The kinds of a chain's slots, carry first, halves apart; and whether its carry is put out."""
    return {(chain.carry.kind if chain.carry else "", *(
        "+".join(slot.kind for slot in half) for half in chain.halves),
        "carry" if chain.carry_out is not None else "")
        for chains in schedule((), n, n, ECP5, XnorCount(n).latency).stages for chain in chains}


class Pair(Component):
    """Two chains of a shape in one row, with free inputs, and what they have to put out."""

    def __init__(self, shape: Shape):
        self.shape = shape
        kinds = [shape[0], *shape[1:-1]]
        self.wires = 4 * sum(len(kind.split("+")) for kind in kinds)
        super().__init__({"i": In(self.wires)})

    def elaborate(self, platform):
        m = Module()
        free = iter(self.i)

        def operand(kind):
            match kind:
                case "bit":
                    return Operand(next(free))
                case "and":
                    return Operand(next(free), next(free), True)
                case _:
                    return Operand(next(free), next(free))

        first, *halves, last = self.shape
        sums = []
        for number in range(2):
            carry = operand(first) if first else None
            rows = tuple(tuple(operand(kind) for kind in half.split("+") if kind) for half in halves)
            out = Signal(len(halves) + (last == "carry"), name=f"out_{number}")
            sums.append(Sum(carry, rows, out))
            expected = Const(0) if carry is None else carry.value
            for column, row in enumerate(rows):
                for slot in row:
                    expected = expected + (slot.value << column)
            m.d.comb += Assert(out == expected[:len(out)])
        ecp5.add(m, sums)
        return m


@pytest.mark.parametrize("n", [64, 256])
def test_every_chain_adds_its_slots(n, tmp_path):
    script = ""
    found = sorted(shapes(n))
    for k, shape in enumerate(found):
        (tmp_path / f"pair{k}.v").write_text(emit(Pair(shape), "pair") + models("ecp5"))
        script += (f"design -reset\nread_verilog -formal pair{k}.v\nhierarchy -top pair\nproc\nflatten\n"
                   f"chformal -lower\nselect -assert-count 2 t:$assert\nsat -verify -prove-asserts pair\n")
    assert yosys(tmp_path, script).count("SAT proof finished - no model found: SUCCESS!") == len(found)
