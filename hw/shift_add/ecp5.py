"""Chains of a graph in ECP5's carry cells, one after the other in long rows."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from amaranth import Cat, Const, Module, Signal, Value
from amaranth.hdl import Instance

from hw.ecp5 import ONE, Half, place_row
from hw.shift_add.offsets import Bit, Chain, Function

__all__ = ["LONGEST", "add", "copies", "rows"]

LONGEST = 32
"""Halves in one row. A tool sees a path along all of them; it has to be faster than a clock."""


def add(m: Module, chains: Sequence[Chain], wire: Callable[[int, Bit], Value],
        sums: Sequence[Value]) -> None:
    """Chains, combinational.

    Args:
        wire: A chain's number and a bit to the signal that this chain finds the bit on.
        sums: For each chain the signal of what its halves show, lowest first.
    """
    def half(number: int, column: int) -> Half:
        each = chains[number].halves[column]
        u, v = (each.u, each.v) if each.v.free else (each.v, each.u)
        bits = [[wire(number, bit) for bit in part.bits] for part in (u, v)]
        if not v.free:
            shown = Signal(name=f"lut_{number}_{column}")
            m.d.comb += shown.eq(Const(v.table, 4).bit_select(Cat(bits[1]), 1))
            bits[1], v = [shown], Function(v.bits[:1], 0b10)
        # With C and D at 0, which no wires are if one is left out, the second function is 0.
        init = sum((u.value(index & 3) ^ (index > 3 and v.value(index >> 2))) << index
                   for index in range(16))
        pins = [*bits[0], ONE, ONE][:2] + [*bits[1], ONE, ONE][:2]
        return Half(init, tuple(pins), sums[number][column])

    def row(numbers: list[int]) -> Iterator[Half]:
        carry_known = False
        for number in numbers:
            if not carry_known:
                yield Half()
            yield from (half(number, column) for column in range(len(chains[number].halves)))
            carry_known = chains[number].closed

    for number, numbers in enumerate(rows(chains)):
        place_row(m, list(row(numbers)), str(number))


def copies(m: Module, ready: Value, valid: Value, moves: Signal) -> None:
    """``ready | ~valid`` in a LUT for each stage: one for all would stand far from most registers."""
    for k, out in enumerate(moves):
        m.submodules[f"moves_{k}"] = Instance("LUT4", a_keep=True, p_INIT=Const(0xDDDD, 16), i_A=valid,
                                              i_B=ready, i_C=ONE, i_D=ONE, o_Z=out)


def rows(chains: Sequence[Chain]) -> Iterator[list[int]]:
    """Numbers of the chains that stand in each row.

    Chains whose last carry is not known stand last, or a half more makes a carry of 0 behind them.
    """
    closed, open_ = (deque(number for number, chain in enumerate(chains)
                           if chain.halves and chain.closed == kind) for kind in (True, False))
    while closed or open_:
        last = open_.popleft() if open_ else None
        used = 1 + (0 if last is None else len(chains[last].halves))
        numbers: list[int] = []
        while closed and (used + len(chains[closed[0]].halves) <= LONGEST or not numbers):
            numbers.append(closed.popleft())
            used += len(chains[numbers[-1]].halves)
        while not closed and open_ and used + 1 + len(chains[open_[0]].halves) <= LONGEST:
            numbers.append(open_.popleft())
            used += 1 + len(chains[numbers[-1]].halves)
        yield numbers if last is None else [*numbers, last]
