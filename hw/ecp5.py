"""ECP5's carry cells, placed by hand: logic enters the LUTs of the carry cells themselves.

Half a CCU2C computes, with INJECT1 "NO", S = f(A, B, C, D) ^ CIN and COUT = CIN if f, else
f(A, B, 0, 0). So it adds A and u(B, C, D) if f = A ^ u and u(B, 0, 0) = 0. A half whose f is 0 and whose
f(A, B, 0, 0) is g (C and D stand at 1) shows the carry of the chain below it and gives the chain above
it the carry g; so chains follow one another in the same cells at one half each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amaranth import Const, Module, Signal, Value
from amaranth.hdl import Instance

__all__ = ["ONE", "Half", "place_row", "table"]

ONE = Const(1)
"""What a pin that nobody drives reads."""


@dataclass(frozen=True)
class Half:
    """One half's INIT, wires and sum."""

    init: int = 0
    pins: tuple[Value, ...] = (ONE,) * 4
    out: Value | None = None


def table(function: Callable[[int, int, int, int], int]) -> int:
    """The INIT of a function of the pins A to D, bits all of them."""
    return sum((function(k & 1, k >> 1 & 1, k >> 2 & 1, k >> 3) & 1) << k for k in range(16))


def place_row(m: Module, row: Sequence[Half], name: str = "0") -> None:
    """CCU2C for halves one after the other, the lowest first.

    Nothing enters a row's first carry or leaves by its last, which would take cells of their own: the
    first half has f = 0, or its carry is of no account.
    """
    carry: dict[str, Value] = {}
    for place in range(0, len(row), 2):
        halves = [row[place], row[place + 1] if place + 1 < len(row) else Half()]
        ports = dict(carry)
        if place + 2 < len(row):
            ports["o_COUT"] = carry_out = Signal(name=f"carry_{name}_{place // 2}")
            carry = {"i_CIN": carry_out}
        for k, half in enumerate(halves):
            ports |= {f"i_{pin}{k}": wire for pin, wire in zip("ABCD", half.pins, strict=True)}
            if half.out is not None:
                ports[f"o_S{k}"] = half.out
        m.submodules[f"row_{name}_{place // 2}"] = Instance(
            "CCU2C", p_INIT0=Const(halves[0].init, 16), p_INIT1=Const(halves[1].init, 16),
            p_INJECT1_0="NO", p_INJECT1_1="NO", **ports)
