"""What is proved of the units that count differing places.

- Up to 16 places, portable, on ECP5 and on iCE40: after the latency, whatever the registers held
  before, the count is the sum of ``a ^ w`` for every input (SAT on the whole unit; nothing in it feeds
  back, so what holds once always holds).
- Of 64 and 256 places, on ECP5: each shape of chain that occurs, in the cells and joints that it is
  built of, puts out the sum of its slots for every value of them (SAT); and the netlist as emitted is a
  network of such chains that takes every product and every bit once, at its weight and in its cycle,
  and puts out what is left (walked in Python, cell by cell). So the count is the sum for every input.

Cells are Yosys's own models of them.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from amaranth import Const, Module, Signal
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
    (folder / f"{name}.v").write_text(text + models(unit.family) + MITER.format(
        n=len(unit.i_a), bits=len(unit.o), latency=unit.latency))
    # Nothing is known of the registers at first: the last step is the first to be right.
    return (f"design -reset\nread_verilog -formal {name}.v\nhierarchy -top top\nproc\nmemory\nflatten\n"
            f"chformal -lower\nsetattr -unset init\nopt_clean\n"
            f"sat -verify -prove-asserts -seq {unit.latency + 1} -prove-skip {unit.latency} top\n")


@pytest.mark.parametrize("family", [None, "ecp5", "ice40"])
def test_up_to_16_places(family, tmp_path):
    script = ""
    for n in range(1, 17):
        unit = XnorCount(n, family)
        script += proof(unit, tmp_path, f"unit{n}", emit(unit, "unit"))
    assert yosys(tmp_path, script).count("SAT proof finished - no model found: SUCCESS!") == 16


@pytest.mark.parametrize("family, right, wrong", [
    ("ecp5", "16'h6996", "16'h6997"), ("ice40", "16'hc33c", "16'hc33d")])
def test_a_wrong_cell_is_found(family, right, wrong, tmp_path):
    unit = XnorCount(12, family)
    text = emit(unit, "unit")
    assert right in text
    script = proof(unit, tmp_path, "unit", text.replace(right, wrong, 1))
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
        text = emit(Pair(shape), "pair") + models("ecp5")
        (tmp_path / f"pair{k}.v").write_text(text)
        script += (f"design -reset\nread_verilog -formal pair{k}.v\nhierarchy -top pair\nproc\n"
                   "flatten\nchformal -lower\nselect -assert-count 2 t:$assert\n"
                   "sat -verify -prove-asserts pair\n")
    assert yosys(tmp_path, script).count("SAT proof finished - no model found: SUCCESS!") == len(found)


class Walk:
    """The netlist of a unit on ECP5, which has nothing but registers and CCU2C."""

    def __init__(self, module: dict, n: int):
        self.cells = module["cells"].values()
        ports = {name: port["bits"] for name, port in module["ports"].items()}
        self.inputs = {bit: (name, k) for name in ("i_a", "i_w") for k, bit in enumerate(ports[name])}
        self.counts = ports["o"]
        self.before = {cell["connections"]["Q"][k]: cell["connections"]["D"][k] for cell in self.cells
                       if cell["type"] == "$dff" for k in range(len(cell["connections"]["Q"]))}
        assert {cell["type"] for cell in self.cells} == {"$dff", "CCU2C"}
        self.n = n

    def source(self, bit):
        """Whose value a wire holds, an input's or a cell's, and how many cycles later."""
        cycles = 0
        while bit in self.before:
            bit, cycles = self.before[bit], cycles + 1
        return bit, cycles

    def rows(self):
        """The halves of each row: INIT, the wires of A to D, and the wire of S (None if open)."""
        after = {cell["connections"]["CIN"][0]: cell for cell in self.cells if cell["type"] == "CCU2C"
                 and "CIN" in cell["connections"]}
        for cell in self.cells:
            if cell["type"] == "CCU2C" and cell["connections"].get("CIN", ["x"])[0] in ("x", "z", "0"):
                row = []
                while cell is not None:
                    wires, parameters = cell["connections"], cell["parameters"]
                    for k in "01":
                        assert parameters[f"INJECT1_{k}"] == "NO"
                        pins = [wires[pin + k][0] for pin in "ABCD"]
                        row.append((int(parameters[f"INIT{k}"], 2), pins, wires.get(f"S{k}", [None])[0]))
                    cell = after.get(wires.get("COUT", [None])[0])
                yield row

    def slot(self, function, wires):
        """Kind and wires of a slot from its truth table over two wires; None if it is empty."""
        if wires == ["1", "1"]:
            assert not function >> 3
            return None
        if wires[1] == "1":
            assert function >> 2 == 0b10
            return "bit", wires[:1]
        return {0b0110: "xor", 0b1000: "and"}[function], wires

    def chains(self):
        """Carry slot, halves' slots, wires put out (the last is the carry, None if open)."""
        for row in self.rows():
            chain = None
            for init, wires, out in row:
                if wires[2:] == ["1", "1"] and init >> 12 == 0:
                    if chain is not None and chain[1]:
                        yield (*chain, out)
                    chain = (self.slot(init & 15, wires[:2]), [], [])
                else:
                    # It is the XOR of its two slots, and the second one is 0 at C = D = 0.
                    first = init & 15
                    second = sum((init >> 4 * k ^ init) % 2 << k for k in range(4))
                    assert init == sum((first >> k % 4 ^ second >> k // 4) % 2 << k for k in range(16))
                    chain[1].append([each for each in (self.slot(first, wires[:2]),
                                                       self.slot(second, wires[2:])) if each])
                    chain[2].append(out)
            if chain is not None and chain[1]:
                yield (*chain, None)


def netlist(unit: XnorCount, folder: Path) -> dict:
    """A unit's module as Yosys reads it."""
    (folder / "unit.v").write_text(emit(unit, "unit"))
    (folder / "cells.v").write_text(models("ecp5"))
    yosys(folder, "read_verilog unit.v\nread_verilog -lib cells.v\nhierarchy -top unit\nproc\n"
                  "opt_clean\nwrite_json unit.json\n")
    return json.loads((folder / "unit.json").read_text())["modules"]["unit"]


@pytest.mark.parametrize("n", [64, 256])
def test_netlist_is_a_network_of_chains(n, tmp_path):
    unit = XnorCount(n, "ecp5")
    walk = Walk(netlist(unit, tmp_path), n)
    proved = {tuple(kind.replace("product", "xor") for kind in shape) for shape in shapes(n)}
    for carry, halves, _, last in walk.chains():
        kinds = ("+".join(kind for kind, _ in half) for half in halves)
        assert (carry[0] if carry else "", *kinds, "carry" if last is not None else "") in proved
    walk_network(walk, unit)


@pytest.mark.parametrize("register", ["a_1", "waited_2", "held_1"])
def test_crossed_wires_are_found(register, tmp_path):
    unit = XnorCount(64, "ecp5")
    module = netlist(unit, tmp_path)
    wires = module["netnames"][register]["bits"]
    cell = next(cell for cell in module["cells"].values() if cell["connections"].get("Q") == wires)
    data = cell["connections"]["D"]
    data[0], data[-1] = data[-1], data[0]
    with pytest.raises(AssertionError):
        walk_network(Walk(module, 64), unit)


def walk_network(walk: Walk, unit: XnorCount) -> None:
    """Every chain's column and stage follow from what enters it; all is used once, and in time."""
    chains = list(walk.chains())
    at = dict.fromkeys(walk.inputs, 0)  # cycles after the inputs
    column: dict = {}
    taken: Counter = Counter()
    pending = chains
    while pending:
        waiting = []
        for chain in pending:
            carry, halves, outs, last = chain
            slots = [(0, carry)] if carry else []
            slots += [(k, slot) for k, half in enumerate(halves) for slot in half]
            sources = [(k, kind, [walk.source(bit) for bit in bits]) for k, (kind, bits) in slots]
            if any(bit not in at for _, _, bits in sources for bit, _ in bits):
                waiting.append(chain)
                continue
            stages = {at[bit] + cycles for _, _, bits in sources for bit, cycles in bits}
            assert len(stages) == 1  # all that meets is of the same inputs
            (stage,) = stages
            lows = set()
            for k, kind, bits in sources:
                names = [bit for bit, _ in bits]
                if names[0] in walk.inputs:
                    assert kind == "xor"
                    (_, i), (_, j) = sorted(walk.inputs[bit] for bit in names)
                    assert i == j and {walk.inputs[bit][0] for bit in names} == {"i_a", "i_w"}
                    lows.add(0 - k)
                    taken["product", i] += 1
                else:
                    columns = {column[bit] for bit in names}
                    assert len(columns) == 1
                    lows.add(columns.pop() + (kind == "and") - k)
                    key = tuple(sorted(names)) if kind in ("xor", "and") else names[0]
                    taken[kind, key, stage] += 1
            assert len(lows) == 1  # every slot is in its column
            (low,) = lows
            for k, out in enumerate([*outs, last]):
                if out is not None:
                    at[out] = stage
                    column[out] = low + k
                else:
                    assert k == len(outs) and 1 << (low + k) > walk.n  # no count has such a bit
        assert len(waiting) < len(pending)
        pending = waiting
    # Each product once; each bit once, alone, or with another as XOR and AND; or in the count.
    assert [taken["product", k] for k in range(walk.n)] == [1] * walk.n
    used: Counter = Counter()
    for key, times in taken.items():
        if key[0] == "bit":
            used[key[1]] += times
        elif key[0] == "xor":
            assert times == 1 and taken["and", *key[1:]] == 1
            used.update(key[1])
        elif key[0] == "and":
            assert taken["xor", *key[1:]] == 1
    for k, wire in enumerate(walk.counts):
        bit, cycles = walk.source(wire)
        if bit != "0":
            assert column[bit] == k and at[bit] + cycles == unit.latency
            used[bit] += 1
    assert used == Counter(column.keys())
