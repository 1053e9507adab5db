"""How many of many bits are 1."""

from amaranth import Const, Module
from amaranth.lib.wiring import Component, In, Out

from hw.binary.pipeline import pipeline
from hw.binary.schedule import check_count, schedule
from hw.binary.technology import adder

__all__ = ["PopCount"]


class PopCount(Component):
    """The number of bits that are 1.

    Args:
        n: Bits, 1 to 1024.
        family: None for plain additions, or the technology whose carry cells are instantiated,
            "ecp5" or "ice40": the same ports and the same latency.

    Members:
        i: The bits.
        o: Their count, 0 to ``n``.

    Latency ``latency`` cycles (about log2 n), one count a cycle, no stalls, no reset.
    """

    def __init__(self, n: int, family: str | None = None):
        check_count(n)
        self.latency = max(1, n.bit_length() - 1)
        self.add, technology = adder(family, crowded=True)
        self.schedule = schedule((n,), 0, n, technology, self.latency)
        super().__init__({"i": In(n), "o": Out(range(n + 1))})

    def elaborate(self, platform):
        m = Module()
        nothing = Const(0, 0)
        m.d.comb += self.o.eq(pipeline(m, self.schedule, self.add, self.latency, bits=self.i,
                                       a=nothing, w=nothing))
        return m
