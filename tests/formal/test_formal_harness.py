"""The harness refuses what would make a proof worthless."""

import pytest
from amaranth.hdl import Assert, Assume, Cover, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from tests.formal.handshake import feed, watch
from tests.formal.harness import prove


def counter(m, *properties):
    """A counter to 5; the properties are of its value."""
    value = Signal(3)
    with m.If(value != 5):
        m.d.sync += value.eq(value + 1)
    m.d.comb += [each(value) for each in properties]


def test_broken_assertion_names_property_and_trace():
    with pytest.raises(AssertionError, match=r"(?s)small_enough.*trace: .*trace\.vcd"):
        prove(lambda m: counter(m, lambda value: Assert(value < 5, "small enough")),
              name="broken_assertion", depth=8, cover=2)


def test_unreached_cover():
    with pytest.raises(AssertionError, match="never_there"):
        prove(lambda m: counter(m, lambda value: Cover(value == 6, "never there")),
              name="unreached_cover", depth=2, cover=10)


def test_contradictory_assumptions():
    with pytest.raises(AssertionError, match="unsatisfiable"):
        prove(lambda m: counter(m, lambda value: Assume(value != 2),
                                lambda value: Assert(value != 7, "never seven")),
              name="contradiction", depth=5, cover=5)


def test_valid_that_waits_for_ready():
    class Waits(Component):
        def __init__(self):
            super().__init__({"i": In(stream.Signature(2)), "o": Out(stream.Signature(2))})

        def elaborate(self, platform):
            m = Module()
            m.d.comb += [self.o.valid.eq(self.i.valid & self.o.ready),
                         self.o.payload.eq(self.i.payload), self.i.ready.eq(self.o.ready)]
            return m

    def spec(m):
        m.submodules.dut = dut = Waits()
        feed(m, dut.i, "i")
        watch(m, dut.o, "o")

    with pytest.raises(AssertionError, match="assert-none|Assertion failed: selection"):
        prove(spec, name="waits", depth=2, cover=4)
