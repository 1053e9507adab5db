from amaranth import Module
from amaranth.lib.wiring import Component, In, Out

from hw.stream import delay


class XnorCount(Component):
    latency = 5
    def __init__(self, n, family=None):
        self.n = n
        super().__init__({"i_a": In(n), "i_w": In(n), "o": Out(range(n + 1))})
    def elaborate(self, platform):
        m = Module()
        x = self.i_a ^ self.i_w
        m.d.comb += self.o.eq(delay(m, sum(x[k] for k in range(self.n)), 5, "s", reset_less=True))
        return m
