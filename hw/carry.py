"""ECP5's carry cells, half by half.

Half a CCU2C computes, with INJECT1 "NO", S = f(A, B, C, D) ^ CIN and COUT = CIN if f, else
f(A, B, 0, 0). With f = u(A, B) ^ v(C, D) and v(0, 0) = 0 it adds u, v and the carry. A pin that is not
wired stands at 1: a v that leaves one of its pins out may be 1 for a wire of 0, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from amaranth import Const, Module, Signal, Value
from amaranth.hdl import Instance

__all__ = ["ONE", "Half", "place"]

ONE = Const(1)
"""What a pin that nobody drives reads."""


@dataclass(frozen=True)
class Half:
    """One half's INIT, wires and sum."""

    init: int = 0
    pins: tuple[Value, ...] = (ONE,) * 4
    out: Value | None = None


def place(m: Module, rows: Iterable[Sequence[Half]]) -> None:
    """Rows of CCU2C. Nothing enters a row's first carry or leaves by its last, which would take cells
    of their own: a row starts with a half whose f is 0.
    """
    for number, row in enumerate(rows):
        carry: dict[str, Value] = {}
        for column in range(0, len(row), 2):
            halves = [row[column], row[column + 1] if column + 1 < len(row) else Half()]
            ports = dict(carry)
            if column + 2 < len(row):
                ports["o_COUT"] = carry_out = Signal(name=f"carry_{number}_{column // 2}")
                carry = {"i_CIN": carry_out}
            for k, half in enumerate(halves):
                ports |= {f"i_{pin}{k}": wire for pin, wire in zip("ABCD", half.pins, strict=True)}
                if half.out is not None:
                    ports[f"o_S{k}"] = half.out
            m.submodules[f"row_{number}_{column // 2}"] = Instance(
                "CCU2C", p_INIT0=Const(halves[0].init, 16), p_INIT1=Const(halves[1].init, 16),
                p_INJECT1_0="NO", p_INJECT1_1="NO", **ports)
