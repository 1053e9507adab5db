"""Logic inside carry cells does what it did outside, as mapped netlists."""

import random

import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from boards.carry import absorb_logic
from tests.boards.test_absorb import CYCLES, compare, netlist


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
