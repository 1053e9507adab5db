from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import In, Out

from gen.verilog import emit
from hw.shared import Shared, port_map


class Adder(wiring.Component):
    """o.sum = i.a + i.b, a cycle later; elaborated once or the test fails."""

    def __init__(self):
        self.elaborated = 0
        super().__init__({"i": In(StructLayout({"a": 4, "b": 4})),
                          "o": Out(wiring.Signature({"sum": Out(5), "ready": In(1)}))})

    def elaborate(self, platform):
        self.elaborated += 1
        assert self.elaborated == 1
        m = Module()
        m.d.sync += self.o.sum.eq(self.i.a + self.i.b)
        return m


class Pair(wiring.Component):
    def __init__(self):
        self.adder = Shared(Adder(), "adder")
        super().__init__({"i": In(8), "o": Out(5).array(2)})

    def elaborate(self, platform):
        m = Module()
        for k in range(2):
            m.submodules[f"adder_{k}"], adder = self.adder.instantiate()
            m.d.comb += [adder.i.eq(self.i), self.o[k].eq(adder.o.sum)]
        return m


def test_ports_are_paths_joined_by_one_underscore():
    ports = port_map(Adder())
    assert {name: (len(value), flow) for name, (value, flow) in ports.items()} == {
        "i": (8, In), "o_sum": (5, Out), "o_ready": (1, In)}


def test_one_module_many_instances():
    pair = Pair()
    text = emit(pair, "pair", [pair.adder])
    assert text.count("module adder(") == 1
    assert text.count("adder adder_") + text.count("adder \\adder_") == 2
    assert pair.adder.component.elaborated == 1
