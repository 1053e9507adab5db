"""A row of a shift layer with a barrel shifter: products are shifted activations, perhaps negated."""

from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from hw.ecp5 import ONE, Half, place_row, table
from hw.shift_add.compare import compare
from hw.shift_add.family import check_lane
from hw.shift_add.layout import EXPONENT, operand_shape, weight_layout
from hw.stream import delay

__all__ = ["BarrelLane"]

_CARRY = table(lambda a, b, c, d: 0 if c | d else ~a)
"""A carry that is 1 if A is not."""

_LOW_BIT = table(lambda a, b, c, d: a ^ (1 - b if d else c))
_BIT = table(lambda a, b, c, d: a ^ (b if d else c))


class BarrelLane(Component):
    """accumulator += +-(x << exponent), one input a cycle.

    Args:
        activation_width, signed: Format of the activations, 2 to 16 bits.
        accumulator: Bits of the accumulator, at least ``activation_width + 2``, at most 64; one product
            alone takes ``activation_width + 16``.
        both: Whether it does adder layers, too: with ``i_adder`` it adds min(x, w), w being the weight's
            value. (-|x - w| = 2 min(x, w) - x - w.)
        family: None for plain additions, or "ecp5" for its carry cells: the same ports and latency.

    Members:
        i_x: The activation, extended by one bit.
        i_weight: See :func:`hw.shift_add.layout.weight_layout`, "shift" or "both".
        i_adder: Only with ``both``: whether weight and activation are of an adder layer.
        o_sum: The accumulator, with its sign. Only reset sets it to 0: whoever reads it takes
            differences, modulo 2 ** accumulator.

    Latency ``latency`` cycles (4, or 6 with ``both``) from inputs to ``o_sum``, one input a cycle, no
    stalls. Inputs come from registers.

    A register stands behind the shift by 1, that by 2 and that by 4, each a LUT a bit, the negation
    (-x = ~x + 1) in those of the first. The shift by 8 chooses among the inputs of ECP5's carry cells,
    and ~x's 1 is the carry into them. iCE40 has no such cells: the operands of its carry are the LUT's
    inputs I1 and I2, which leaves only I0, so the choice takes a LUT a bit more before the sum, and
    plain logic is as good as cells placed by hand.

    Source: the shift layers of ShiftAddNet (NeurIPS 2020).
    """

    def __init__(self, activation_width: int, signed: bool, accumulator: int, *, both: bool = False,
                 family: str | None = None):
        check_lane(activation_width, accumulator, family)
        self.activation = Shape(activation_width, signed)
        self.both = both
        self.family = family
        self.latency = 6 if both else 4
        super().__init__({
            "i_x": In(operand_shape(self.activation)),
            "i_weight": In(weight_layout("both" if both else "shift", self.activation)),
            **({"i_adder": In(1)} if both else {}),
            "o_sum": Out(Shape(accumulator, signed=True)),
        })

    def elaborate(self, platform):
        m = Module()
        # A format without a sign has the extension's 0 for one; with it the extension says nothing new.
        if self.both:
            x, exponent, positive, write = self._choose(m)
        else:
            x = self.i_x[:self.activation.width].as_signed() if self.activation.signed else self.i_x
            exponent, write = self.i_weight.exponent, self.i_weight.write
            positive = self.i_weight.positive

        for stage in range(EXPONENT - 1):
            distance = 1 << stage
            y = Signal(len(x) + distance, name=f"by_{distance}", reset_less=True)
            # What is shifted in is negated, too.
            low = (~positive).replicate(distance) if stage else Const(0, distance)
            shifted = Mux(exponent[0], Cat(low, x), Cat(x, x[-1].replicate(distance)))
            m.d.sync += y.eq(shifted if stage else shifted ^ (~positive).replicate(len(y)))
            x = y
            exponent = delay(m, exponent[1:], 1, f"exponent_{stage}", reset_less=True)
            positive = delay(m, positive, 1, f"positive_{stage}", reset_less=True)
            write = delay(m, write, 1, f"write_{stage}")
        following = Signal.like(self.o_sum)
        (_add if self.family is None else _add_ecp5)(m, self.o_sum, x, exponent[0], positive, following)
        with m.If(write):
            m.d.sync += self.o_sum.eq(following)
        return m

    def _choose(self, m: Module) -> tuple[Value, Value, Value, Value]:
        """Operand, exponent, sign and write two cycles later: min(x, w) in an adder layer."""
        x = Signal(self.activation)
        w = Signal(self.activation)
        less = Signal()
        m.d.comb += [x.eq(self.i_x), w.eq(self.i_weight.value)]
        if self.family is None:
            m.d.comb += less.eq(x < w)
        else:
            place_row(m, compare(x, w, less, signed=self.activation.signed), "compare")
        # A comparison that feeds a LUT is lost in mapping: a register stands behind it.
        x_1, value, select, adder = (
            delay(m, each, 1, name, reset_less=True) for name, each in
            {"x": x, "value": self.i_weight.value, "select": less, "adder": self.i_adder}.items())
        write = delay(m, self.i_weight.write, 2, "write_choose")
        y = Signal(self.activation, name="y", reset_less=True)
        exponent = Signal(EXPONENT, name="exponent_y", reset_less=True)
        positive = Signal(name="positive_y", reset_less=True)
        m.d.sync += [
            y.eq(Mux(adder & ~select, value, x_1)),
            exponent.eq(value[:EXPONENT]),
            positive.eq(value[EXPONENT]),
        ]
        with m.If(adder):
            m.d.sync += [exponent.eq(0), positive.eq(1)]
        if self.activation.signed:
            return y, exponent, positive, write
        return Cat(y, Const(0, 1)).as_signed(), exponent, positive, write


def _add(m: Module, total: Signal, x: Value, by_8: Value, positive: Value, following: Signal) -> None:
    """The sum as plain logic."""
    shifted = Mux(by_8, Cat((~positive).replicate(8), x).as_signed(), x.as_signed())
    m.d.comb += following.eq(total + shifted + ~positive)


def _add_ecp5(m: Module, total: Signal, x: Value, by_8: Value, positive: Value, following: Signal
              ) -> None:
    """The sum in one row of carry cells, the shift by 8 in their LUTs."""
    row = [Half(_CARRY, (positive, ONE, ONE, ONE))]
    for k, out in enumerate(following):
        plain = x[min(k, len(x) - 1)]
        if k < 8:
            row.append(Half(_LOW_BIT, (total[k], positive, plain, by_8), out))
        else:
            row.append(Half(_BIT, (total[k], x[min(k - 8, len(x) - 1)], plain, by_8), out))
    place_row(m, row)
