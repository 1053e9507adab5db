"""In how many places two vectors of signs differ: a dot product of +1 and -1."""

from amaranth import Cat, Const, Module
from amaranth.lib.wiring import Component, In, Out

from hw.binary.ice40 import halve
from hw.binary.pipeline import pipeline
from hw.binary.schedule import check_count, schedule
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

    Latency ``latency`` cycles (about log2 n), one count a cycle, no stalls, no reset. Inputs come from
    registers. On ECP5 those of the last places go through registers first, so that the chains that
    take them find bits of higher columns to add.

    Source: a tree of full adders (Wallace, 1964) whose rows are carry chains; ``hw.binary.schedule``.
    """

    def __init__(self, n: int, family: str | None = None):
        check_count(n)
        self.latency = max(2, (n - 1).bit_length() - 1)
        self.family = family
        self.add, self.technology = adder(family)
        super().__init__({"i_a": In(n), "i_w": In(n), "o": Out(range(n + 1))})

    def elaborate(self, platform):
        m = Module()
        nothing = Const(0, 0)
        n = len(self.i_a)
        if self.family == "ice40":
            # No registers here: a cell puts out its LUT or its register, and others need the LUTs.
            columns = halve(m, self.i_a, self.i_w)
            plan = schedule(tuple(map(len, columns)), 0, n, self.technology,
                            self.latency)
            count = pipeline(m, plan, self.add, self.latency, bits=Cat(columns), a=nothing, w=nothing)
        else:
            plan = schedule((), n, n, self.technology, self.latency)
            count = pipeline(m, plan, self.add, self.latency, bits=nothing, a=self.i_a, w=self.i_w)
        m.d.comb += self.o.eq(count)
        return m
