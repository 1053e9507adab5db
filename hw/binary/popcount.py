from amaranth import Module
from amaranth.lib.wiring import Component, In, Out

from hw.stream import delay


class PopCount(Component):
    latency = 4
    def __init__(self, n, family=None):
        self.n = n
        super().__init__({"i": In(n), "o": Out(range(n + 1))})
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o.eq(delay(m, sum(self.i[k] for k in range(self.n)), 4, "s", reset_less=True))
        return m
