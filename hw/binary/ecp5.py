"""Carry chains on ECP5: slots enter the LUTs of the carry cells themselves.

Half a CCU2C computes, with INJECT1 "NO", S = f(A, B, C, D) ^ CIN and COUT = CIN if f, else
f(A, B, 0, 0). With f = u(A, B) ^ v(C, D) and v(0, 0) = 0 it adds u, v and the carry: an XOR or an AND
of two wires is as cheap as a plain bit. A half whose f is 0 and whose f(A, B, 0, 0) is g (C and D stand
at 1) shows the carry of the chain below it and gives the chain above it the carry g; so chains follow
one another in the same cells at one half each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amaranth import Const, Module, Signal, Value
from amaranth.hdl import Instance

from hw.binary.pipeline import Operand, Sum

__all__ = ["add"]

LONGEST = 48
"""Halves in one row of cells. A tool sees a path along all of them; it has to be faster than a clock."""
SHORT = 32
"""The same for units with many others around them, where the way to the next register is longer."""


def add(m: Module, sums: Sequence[Sum], longest: int = LONGEST) -> None:
    """Chains one after the other, in rows of CCU2C of at most ``longest`` halves."""
    for number, row in enumerate(_rows(sums, longest)):
        # Nothing enters a row's first carry or leaves by its last, which would take cells of their own.
        carry: dict[str, Value] = {}
        for place in range(0, len(row), 2):
            halves = [row[place], row[place + 1] if place + 1 < len(row) else _Half()]
            ports = dict(carry)
            if place + 2 < len(row):
                ports["o_COUT"] = carry_out = Signal(name=f"carry_{number}_{place // 2}")
                carry = {"i_CIN": carry_out}
            for k, half in enumerate(halves):
                ports |= {f"i_{pin}{k}": wire for pin, wire in zip("ABCD", half.pins, strict=True)}
                if half.out is not None:
                    ports[f"o_S{k}"] = half.out
            m.submodules[f"row_{number}_{place // 2}"] = Instance(
                "CCU2C", p_INIT0=Const(halves[0].init, 16), p_INIT1=Const(halves[1].init, 16),
                p_INJECT1_0="NO", p_INJECT1_1="NO", **ports)


_ONE = Const(1)
"""What a pin that nobody drives reads."""


@dataclass(frozen=True)
class _Half:
    """One half's INIT, wires and sum."""

    init: int = 0
    pins: tuple[Value, ...] = (_ONE,) * 4
    out: Value | None = None


def _rows(sums: Sequence[Sum], longest: int) -> Iterator[list[_Half]]:
    row: list[_Half] = []
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


def _joint(out: Value | None, carry: Operand | None) -> _Half:
    x, y = _wires(carry)
    return _Half(sum(_value(carry, index) << index for index in range(4)), (x, y, _ONE, _ONE), out)


def _half(operands: tuple[Operand, ...], out: Value) -> _Half:
    first, second = (*operands, None, None)[:2]
    init = sum((_value(first, index & 3) ^ _value(second, index >> 2)) << index for index in range(16))
    return _Half(init, (*_wires(first), *_wires(second)), out)


def _wires(operand: Operand | None) -> tuple[Value, Value]:
    if operand is None:
        return _ONE, _ONE
    return operand.x, _ONE if operand.y is None else operand.y


def _value(operand: Operand | None, index: int) -> int:
    """Of a slot whose wires are the bits of ``index``."""
    x, y = index & 1, index >> 1
    if operand is None:
        return 0
    if operand.y is None:
        return x
    return x & y if operand.is_and else x ^ y
