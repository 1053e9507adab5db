"""Streams with random stalls on both sides, in Amaranth's simulator."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from amaranth.sim import Simulator

__all__ = ["cycles", "transfer"]


def cycles(component: Any, *testbenches: Callable[[Any], Any]) -> None:
    """Simulate a component; the first testbench decides when it is over."""
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbenches[0])
    for testbench in testbenches[1:]:
        simulator.add_testbench(testbench, background=True)
    simulator.run()


def transfer(component: Any, items: Sequence[Any], seed: int | None, *,
             plain: Callable[[Any], Any] = lambda payload: payload,
             around: Sequence[Callable[[Any], Any]] = (), patience: int = 60) -> list[Any]:
    """What leaves ``o`` when ``items`` enter ``i``; the handshake rule of ``o`` is checked.

    Args:
        seed: Of the stalls; None for none.
        plain: Makes a payload comparable.
        around: More testbenches to run beside.
        patience: Cycles without an item after which it is over.
    """
    rng = random.Random(seed)
    print(f"seed {seed}")
    eager_in, eager_out = (1.0, 1.0) if seed is None else (
        rng.choice([1.0, 0.7, 0.2]), rng.choice([1.0, 0.7, 0.2]))
    received: list[Any] = []

    async def source(ctx):
        for item in items:
            while rng.random() > eager_in:
                await ctx.tick()
            ctx.set(component.i.payload, item)
            ctx.set(component.i.valid, 1)
            await ctx.tick().until(component.i.ready)
            ctx.set(component.i.valid, 0)

    async def sink(ctx):
        waiting, idle = None, 0
        while idle < patience:
            ctx.set(component.o.ready, rng.random() <= eager_out)
            _, _, valid, ready, payload = await ctx.tick().sample(
                component.o.valid, component.o.ready, component.o.payload)
            payload = plain(payload)
            assert waiting is None or (valid and payload == waiting), "not held until taken"
            waiting = payload if valid and not ready else None
            idle = 0 if valid else idle + 1
            if valid and ready:
                received.append(payload)

    cycles(component, sink, source, *around)
    return received
