"""Carry chains as plain additions, for any technology."""

from collections.abc import Sequence

from amaranth import Cat, Module

from hw.binary.pipeline import Sum

__all__ = ["add"]


def add(m: Module, sums: Sequence[Sum]) -> None:
    """Each chain as the sum of its two rows of slots and its carry."""
    for each in sums:
        rows = [Cat(half[row].value if row < len(half) else 0 for half in each.halves)
                for row in (0, 1)]
        carry = 0 if each.carry is None else each.carry.value
        m.d.comb += each.out.eq(rows[0] + rows[1] + carry)
