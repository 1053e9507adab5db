"""Carry chains on ECP5: slots enter the LUTs of the carry cells themselves.

An XOR or an AND of two wires is added as cheaply as a plain bit (``hw.carry``). A half whose f is 0 and
whose f(A, B, 0, 0) is g (C and D stand at 1) shows the carry of the chain below it and gives the chain
above it the carry g; so chains follow one another in the same cells at one half each.
"""

from collections.abc import Iterator, Sequence

from amaranth import Module, Value

from hw.binary.pipeline import Operand, Sum
from hw.carry import ONE, Half, place

__all__ = ["add"]

LONGEST = 48
"""Halves in one row of cells. A tool sees a path along all of them; it has to be faster than a clock."""
SHORT = 32
"""The same for units with many others around them, where the way to the next register is longer."""


def add(m: Module, sums: Sequence[Sum], longest: int = LONGEST) -> None:
    """Chains one after the other, in rows of CCU2C of at most ``longest`` halves."""
    place(m, _rows(sums, longest))


def _rows(sums: Sequence[Sum], longest: int) -> Iterator[list[Half]]:
    row: list[Half] = []
    shown: Value | None = None  # a carry that the next joint shows
    for each in sums:
        # Its joint, its halves and the joint that shows its last carry.
        if row and len(row) + len(each.halves) + 2 > longest:
            yield row if shown is None else [*row, _joint(shown, None)]
            row, shown = [], None
        row.append(_joint(shown, each.carry))
        row += [_half(operands, out) for operands, out in zip(each.halves, each.out, strict=False)]
        shown = each.out[-1] if len(each.out) > len(each.halves) else None
    if row:
        yield row if shown is None else [*row, _joint(shown, None)]


def _joint(out: Value | None, carry: Operand | None) -> Half:
    x, y = _wires(carry)
    return Half(sum(_value(carry, index) << index for index in range(4)), (x, y, ONE, ONE), out)


def _half(operands: tuple[Operand, ...], out: Value) -> Half:
    first, second = (*operands, None, None)[:2]
    init = sum((_value(first, index & 3) ^ _value(second, index >> 2)) << index for index in range(16))
    return Half(init, (*_wires(first), *_wires(second)), out)


def _wires(operand: Operand | None) -> tuple[Value, Value]:
    if operand is None:
        return ONE, ONE
    return operand.x, ONE if operand.y is None else operand.y


def _value(operand: Operand | None, index: int) -> int:
    """Of a slot whose wires are the bits of ``index``."""
    x, y = index & 1, index >> 1
    if operand is None:
        return 0
    if operand.y is None:
        return x
    return x & y if operand.is_and else x ^ y
