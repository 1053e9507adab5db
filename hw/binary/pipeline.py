"""A schedule of carry chains as hardware: the registers between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amaranth import Cat, Module, Signal, Value

from hw.binary.schedule import Chain, Schedule, Slot

__all__ = ["Adder", "Operand", "Sum", "pipeline"]


@dataclass(frozen=True)
class Operand:
    """A slot's wires: the value is ``x ^ y`` (xor), ``x & y`` (and), or ``x`` if there is no ``y``."""

    x: Value
    y: Value | None = None
    is_and: bool = False

    @property
    def value(self) -> Value:
        if self.y is None:
            return self.x
        return self.x & self.y if self.is_and else self.x ^ self.y


@dataclass(frozen=True)
class Sum:
    """A chain to build: ``out``, of a bit a half and perhaps the last carry, is to be driven."""

    carry: Operand | None
    halves: tuple[tuple[Operand, ...], ...]
    out: Value


Adder = Callable[[Module, Sequence[Sum]], None]
"""Builds all chains of a unit, combinational."""


def pipeline(m: Module, schedule: Schedule, add: Adder, cycles: int, *, bits: Value,
             a: Value, w: Value) -> Value:
    """The count, ``cycles`` after the inputs; a register stands behind every chain.

    Args:
        schedule: Of ``len(bits)`` plain bits, by number, and ``len(a)`` products.
        add: Builds the chains.
        a, w: Factors of the products.
    """
    last_use = _last_use(schedule)
    sums: list[Sum] = []
    now: dict[int, Value] = dict(enumerate(bits))
    products = 0
    for stage, chains in enumerate([*schedule.stages, *[()] * (cycles - len(schedule.stages))], 1):
        taken = products
        following: dict[int, Value] = {}
        outputs = Signal(sum(len(chain.outputs) for chain in chains), name=f"sums_{stage}")
        held = Signal.like(outputs, name=f"held_{stage}", reset_less=True)
        m.d.sync += held.eq(outputs)
        place = 0
        for chain in chains:
            top = place + len(chain.outputs)
            sums.append(_sum(chain, outputs[place:top], now, a, w, products))
            following |= zip(chain.outputs, held[place:top], strict=True)
            place = top
            taken += sum(slot.kind == "product" for _, slot in chain.slots)
        waiting = [bit for bit in now if last_use[bit] > stage]
        waited = Signal(len(waiting), name=f"waited_{stage}", reset_less=True)
        m.d.sync += waited.eq(Cat(now[bit] for bit in waiting))
        now = following | dict(zip(waiting, waited, strict=True))
        factors = [a[taken - products:], w[taken - products:]]
        a, w = (Signal(len(rest), name=f"{name}_{stage}", reset_less=True)
                for name, rest in zip("aw", factors, strict=True))
        m.d.sync += [a.eq(factors[0]), w.eq(factors[1])]
        products = taken
    add(m, sums)
    top = max((schedule.columns[bit] for bit in schedule.result), default=0)
    columns = {schedule.columns[bit]: now[bit] for bit in schedule.result}
    return Cat(columns.get(column, 0) for column in range(top + 1))


def _sum(chain: Chain, out: Value, bits: dict[int, Value], a: Value, w: Value, products: int) -> Sum:
    """The chain's wires; ``a`` and ``w`` start with the product of number ``products``."""
    def operand(slot: Slot) -> Operand:
        if slot.kind == "product":
            return Operand(a[slot.first - products], w[slot.first - products])
        if slot.kind == "bit":
            return Operand(bits[slot.first])
        return Operand(bits[slot.first], bits[slot.second], slot.kind == "and")

    return Sum(None if chain.carry is None else operand(chain.carry),
               tuple(tuple(map(operand, half)) for half in chain.halves), out)


def _last_use(schedule: Schedule) -> dict[int, int]:
    """The stage that takes each bit; one past all of them for those that are left."""
    use = dict.fromkeys(schedule.result, 1 << 30)
    for stage, chains in enumerate(schedule.stages, 1):
        for chain in chains:
            for _, slot in chain.slots:
                if slot.kind != "product":
                    use[slot.first] = stage
                    if slot.second >= 0:
                        use[slot.second] = stage
    return use
