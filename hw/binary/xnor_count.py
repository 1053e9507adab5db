"""In how many places two vectors of signs differ: a dot product of +1 and -1."""

from amaranth import Const, Module
from amaranth.lib.wiring import Component, In, Out

from hw.binary.pipeline import pipeline
from hw.binary.schedule import latency, xnor_schedule
from hw.binary.technology import adder

__all__ = ["XnorCount"]


class XnorCount(Component):
    """The number of places where two vectors of bits differ.

    With bit 1 for +1 and 0 for -1, the dot product is ``n - 2 * o``; the XNOR count is ``n - o``.

    Args:
        n: Places, 1 to 1024.
        family: None for plain additions, or the technology whose carry cells are instantiated,
            "ecp5" or "ice40": the same ports and the same latency.

    Members:
        i_a, i_w: The vectors.
        o: In how many places they differ, 0 to ``n``.

    Latency ``latency`` cycles, one count a cycle, no stalls, no reset. The inputs of later places are
    delayed: the first chains have only carries to put into what they add.
    """

    def __init__(self, n: int, family: str | None = None):
        self.latency = latency(n)
        self.add = adder(family)
        self.schedule = xnor_schedule(n)
        super().__init__({"i_a": In(n), "i_w": In(n), "o": Out(range(n + 1))})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o.eq(pipeline(m, self.schedule, self.add, self.latency, bits=Const(0, 0),
                                       a=self.i_a, w=self.i_w))
        return m
