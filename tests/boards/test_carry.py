"""Logic inside carry cells does what it did outside, as mapped netlists."""

import json
import random

import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from boards.carry import absorb_logic, open_ends
from hw.binary import XnorCount
from tests.boards.test_absorb import CYCLES, compare, netlist, yosys
from tests.hw.binary.counting import Bank, check, vectors


class MaskedSum(Component):
    """A sum, one of whose operands is the OR of a number and a masked number: all of it fits."""

    def __init__(self, width):
        self.width = width
        super().__init__({"i_a": In(width), "i_b": In(width), "i_c": In(width), "i_use": In(1),
                          "o_sum": Out(width)})

    def elaborate(self, platform):
        m = Module()
        result = Signal(self.width)
        m.d.sync += result.eq(self.i_a + (self.i_b | Mux(self.i_use, self.i_c, 0)))
        m.d.comb += self.o_sum.eq(result)
        return m


class ChosenSum(MaskedSum):
    """One of whose operands is one of two numbers: three inputs, but no pair of them keeps it at 0."""

    def elaborate(self, platform):
        m = Module()
        result = Signal(self.width)
        m.d.sync += result.eq(self.i_a + Mux(self.i_use, self.i_c, self.i_b))
        m.d.comb += self.o_sum.eq(result)
        return m


def cells(mapped):
    return [cell["type"] for cell in mapped["modules"]["mapped"]["cells"].values()]


@pytest.mark.parametrize("component, width", [(MaskedSum(24), 24), (MaskedSum(7), 7), (ChosenSum(9), 9)])
def test_mapped_sum_equals_source(component, width, tmp_path):
    mapped = netlist(component, tmp_path)
    luts = cells(mapped).count("LUT4")
    moved = absorb_logic(mapped)
    assert moved >= width - 1 and cells(mapped).count("LUT4") == luts - moved
    rng = random.Random(1)
    stimulus = [{name: rng.getrandbits(1 if name == "i_use" else width)
                 for name in ("i_a", "i_b", "i_c", "i_use")} for _ in range(CYCLES)]
    assert int(compare(component, mapped, tmp_path, stimulus).split()[-1]) > CYCLES // 2
    adder = next(cell for cell in mapped["modules"]["mapped"]["cells"].values()
                 if cell["type"] == "CCU2C")
    adder["parameters"]["INIT0"] = f"{0x96AA:016b}"
    assert "not" in compare(component, mapped, tmp_path, stimulus)


def test_open_ends_change_nothing(tmp_path):
    """Rows of chains end open on both sides; an adder of Yosys's only above, it needs its first 0."""
    bank = Bank(XnorCount(64, "ecp5"))
    mapped = netlist(bank, tmp_path)
    cells = [cell["connections"] for cell in mapped["modules"]["mapped"]["cells"].values()
             if cell["type"] == "CCU2C"]
    rows = sum(wires["CIN"] == ["0"] for wires in cells)
    assert rows and open_ends(mapped) == 2 * rows and open_ends(mapped) == 0
    assert sum(wires["CIN"] == ["x"] for wires in cells) == rows
    assert sum(wires["COUT"] == ["x"] for wires in cells) == rows
    (tmp_path / "mapped.json").write_text(json.dumps(mapped))
    yosys(tmp_path, "read_json mapped.json\nrename mapped bank\nselect bank\n"
                    "write_verilog -noattr -selected mapped.v\n")
    # Icarus wants no x where something comes out.
    text = (tmp_path / "mapped.v").read_text().replace(".COUT(1'hx)", ".COUT()")
    check(bank, vectors(128, 64, 500, 1), "ecp5", tmp_path, text)

    adder = netlist(MaskedSum(8), tmp_path)
    assert open_ends(adder) <= 1
    chain = [cell["connections"] for cell in adder["modules"]["mapped"]["cells"].values()
             if cell["type"] == "CCU2C"]
    assert sum(wires["CIN"] == ["0"] for wires in chain) == 1
