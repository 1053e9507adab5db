"""Lanes of the same ports side by side in one Icarus simulation."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from amaranth import Cat, Module, Value
from amaranth.lib.wiring import Component, In, Out

from hw.shared import port_map
from tests.hw.binary.counting import mapped, models, verilog

__all__ = ["Bank", "simulate"]

BENCH = """
module bench;
    reg clk = 0;
    reg [{width}-1:0] stimulus [0:{cycles}-1];
    reg [{width}-1:0] value;
    wire [{outputs}-1:0] found;
    bank dut (.clk(clk), .rst(1'b0), .i(value), .o(found));
    integer k;
    initial begin
        $readmemb("stimulus", stimulus);
        for (k = 0; k < {cycles}; k = k + 1) begin
            value = stimulus[k];
            #5 clk = 1;
            #5 clk = 0;
            $display("%b", found);
        end
    end
endmodule
"""


class Bank(Component):
    """Lanes that all take the same inputs: ``i`` has the first lane's, one port after the other."""

    def __init__(self, *lanes: Component):
        self.lanes = lanes
        ports = port_map(lanes[0])
        self.inputs = {name: len(value) for name, (value, flow) in ports.items() if flow == In}
        self.outputs = {name: len(value) for name, (value, flow) in ports.items() if flow == Out}
        super().__init__({"i": In(sum(self.inputs.values())),
                          "o": Out(len(lanes) * sum(self.outputs.values()))})

    def elaborate(self, platform):
        m = Module()
        found: list[Value] = []
        for number, lane in enumerate(self.lanes):
            m.submodules[f"lane_{number}"] = lane
            ports = port_map(lane)
            m.d.comb += Cat(ports[name][0] for name in self.inputs).eq(self.i)
            found += [ports[name][0] for name in self.outputs]
        m.d.comb += self.o.eq(Cat(found))
        return m


def simulate(bank: Bank, rows: Iterable[Mapping[str, int]], folder: Path, *, netlist: str | None = None,
             edit: tuple[str, str] | None = None) -> list[list[dict[str, int]]]:
    """What each lane's outputs are after each cycle, ``o_sum`` with its sign.

    Args:
        rows: The ports of each cycle: layouts as integers, what is missing is 0.
        netlist: Simulate what Yosys makes of it for a family, with the family's cells.
        edit: Text of the Verilog and what takes its place.
    """
    words = []
    for row in rows:
        word, place = 0, 0
        for name, width in bank.inputs.items():
            word |= (row.get(name, 0) & (1 << width) - 1) << place
            place += width
        words.append(f"{word:0{place}b}")
    text = mapped(bank, netlist, folder) if netlist else verilog(bank)
    if edit is not None:
        before, after = edit
        start = text.index(before)  # a ValueError if it is not there
        text = text[:start] + after + text[start + len(before):]
    (folder / "units.v").write_text(text + models("ecp5") + BENCH.format(
        width=len(bank.i), cycles=len(words), outputs=len(bank.o)))
    (folder / "stimulus").write_text("\n".join(words) + "\n")
    subprocess.run(["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "units.v"],
                   cwd=folder, check=True)
    said = subprocess.run(["vvp", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if set(line) <= set("01x")]
    assert len(lines) == len(words), said.stdout[-500:]
    assert not any("x" in line for line in lines)
    found: list[list[dict[str, int]]] = [[] for _ in bank.lanes]
    for line in lines:
        word = int(line, 2)
        for lane in found:
            values = {}
            for name, width in bank.outputs.items():
                value, word = word & (1 << width) - 1, word >> width
                values[name] = value - (value >> width - 1 << width) if name == "o_sum" else value
            lane.append(values)
    return found
