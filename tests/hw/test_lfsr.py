import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import Component, Out

from hw.lfsr import LARGEST, following
from tests.hw.stalls import cycles


class Counter(Component):
    def __init__(self, bits):
        super().__init__({"o_state": Out(bits)})

    def elaborate(self, platform):
        m = Module()
        state = Signal(len(self.o_state))
        m.d.sync += state.eq(following(state))
        m.d.comb += self.o_state.eq(state)
        return m


@pytest.mark.parametrize("bits", [*range(2, 12), pytest.param(LARGEST, marks=pytest.mark.slow)])
def test_every_state_but_one(bits):
    """From 0 through all the others, without the one of ones alone, and back to 0."""
    dut = Counter(bits)
    seen = []

    async def bench(ctx):
        for _ in range(1 << bits):
            seen.append(ctx.get(dut.o_state))
            await ctx.tick()

    cycles(dut, bench)
    assert seen[0] == seen[-1] == 0
    assert sorted(seen[:-1]) == list(range((1 << bits) - 1))
