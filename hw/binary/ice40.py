"""Counting on iCE40: LUTs that halve the products, then carry chains.

A cell's carry is the majority of two raw wires and the carry below, so no XOR enters a chain. Three
products x1, x2, x3 become two bits first: d = x1 ^ x2, their sum's low bit s = d ^ x3, and its high
bit, x3 if d else x1; x3 = d ^ s, so one LUT of d, s and the factors of x1 has it.

A cell whose carry takes one wire twice gives that wire to the chain above, and its LUT shows the carry
of the chain below; so chains follow one another at one cell each.
"""

from collections.abc import Callable, Sequence

from amaranth import Cat, Const, Module, Signal, Value
from amaranth.hdl import Instance

from hw.binary.pipeline import Sum

__all__ = ["add", "halve"]

LONGEST = 32
"""Cells in one row. A tool sees a path along all of them; it has to be faster than a clock."""


def halve(m: Module, a: Value, w: Value) -> tuple[Value, Value]:
    """The products ``a ^ w`` as fewer bits of the same sum: those of column 0 and those of column 1."""
    low, high = [], []
    for k in range(0, len(a), 3):
        wires = [wire for pair in zip(a[k:k + 3], w[k:k + 3], strict=True) for wire in pair]
        if len(wires) == 2:
            low.append(_lut(m, f"low_{k}", _XOR, *wires))
            continue
        differ = _lut(m, f"differ_{k}", _XOR, *wires[:4])
        if len(wires) == 4:
            low.append(differ)
            high.append(_lut(m, f"high_{k}", _BOTH, *wires))
        else:
            low.append(_lut(m, f"low_{k}", _XOR, differ, *wires[4:]))
            high.append(_lut(m, f"high_{k}", _SECOND, differ, low[-1], *wires[:2]))
    return Cat(low), Cat(high)


def add(m: Module, sums: Sequence[Sum]) -> None:
    """Chains one after the other, in rows of cells."""
    row, length = 0, 0
    carry: Value | None = None  # that of the chain before, and the bit that it drives
    shown: Value | None = None
    for each in sums:
        if length and length + len(each.halves) + 2 > LONGEST:
            _show(m, carry, shown)
            row, length, carry, shown = row + 1, 0, None, None
        name = f"row_{row}_{length}"
        if each.carry is not None:
            wire = each.carry.value
            _show(m, carry, shown, wire)
            carry = _carry(m, name, wire, wire, carry)
        elif carry is not None:
            _show(m, carry, shown)
            carry = None
        for k, (operands, out) in enumerate(zip(each.halves, each.out, strict=False), 1):
            first, second = (*(operand.value for operand in operands), _ZERO, _ZERO)[:2]
            _instance(m, _SUM, out, _ZERO, first, second, _ZERO if carry is None else carry)
            carry = _carry(m, f"row_{row}_{length + k}", first, second, carry)
        shown = each.out[-1] if len(each.out) > len(each.halves) else None
        length += len(each.halves) + 1
    _show(m, carry, shown)


def _table(function: Callable[..., int], inputs: int = 4) -> int:
    """LUT_INIT of a function of the first of four inputs."""
    return sum(function(*(index >> k & 1 for k in range(inputs))) << index for index in range(16))


_ZERO = Const(0)
_XOR = _table(lambda a, b, c, d: a ^ b ^ c ^ d)
_SUM = _table(lambda _, b, c, d: b ^ c ^ d)
_CARRY = _table(lambda a, b, c, d: d)
_BOTH = _table(lambda a, b, c, d: (a ^ b) & (c ^ d))
_SECOND = _table(lambda differ, low, a, w: 1 - low if differ else a ^ w)


def _show(m: Module, carry: Value | None, shown: Value | None, wire: Value = _ZERO) -> None:
    """A cell's LUT that shows a carry; ``wire`` enters its own carry twice."""
    if carry is not None and shown is not None:
        _instance(m, _CARRY, shown, _ZERO, wire, wire, carry)


def _carry(m: Module, name: str, first: Value, second: Value, below: Value | None) -> Value:
    out = Signal(name=name)
    m.submodules += Instance("SB_CARRY", i_I0=first, i_I1=second, i_CI=_ZERO if below is None else below,
                             o_CO=out)
    return out


def _lut(m: Module, name: str, table: int, *wires: Value) -> Value:
    out = Signal(name=name)
    _instance(m, table, out, *wires)
    return out


def _instance(m: Module, table: int, out: Value, *wires: Value) -> None:
    inputs = {f"i_I{k}": wire for k, wire in enumerate((*wires, *[_ZERO] * (4 - len(wires))))}
    m.submodules += Instance("SB_LUT4", p_LUT_INIT=Const(table, 16), **inputs, o_O=out)
