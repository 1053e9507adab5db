"""What the bits of the shift-add array's weights and operands mean, to circuits and compiler."""

from typing import Literal, Protocol

from amaranth.hdl import Shape, signed
from amaranth.lib.data import StructLayout

__all__ = ["EXPONENT", "Format", "Mode", "operand_shape", "value_width", "weight_layout"]

EXPONENT = 4
"""Bits of an exponent: weights are 2 ** 0 to 2 ** 15."""

Mode = Literal["shift", "adder", "both"]


class Format(Protocol):
    """An integer format: an Amaranth ``Shape``, or a table of the configuration."""

    @property
    def width(self) -> int: ...

    @property
    def signed(self) -> bool: ...


def value_width(activation: Format) -> int:
    """Bits of what a lane for both kinds of layers multiplies by, or takes the distance to."""
    return max(EXPONENT + 1, activation.width)


def operand_shape(activation: Format) -> Shape:
    """What activations are to a lane: with a sign, whatever their format."""
    return signed(activation.width + 1)


def weight_layout(mode: Mode, activation: Format) -> StructLayout:
    """A weight of a lane.

    - "shift": ``2 ** exponent`` if ``positive``, else ``-(2 ** exponent)``; nothing without ``write``,
      such as the weight 0.
    - "adder": a number in the format of the activations.
    - "both": ``value`` is a number of the adder layer, or ``exponent`` and, above it, ``positive``;
      nothing without ``write``.
    """
    match mode:
        case "shift":
            return StructLayout({"exponent": EXPONENT, "positive": 1, "write": 1})
        case "adder":
            return StructLayout({"weight": Shape(activation.width, activation.signed)})
        case "both":
            return StructLayout({"value": value_width(activation), "write": 1})
    raise ValueError(f"mode must be shift, adder or both, not {mode}")
