"""A row of an adder layer: the sum of the smaller ones of activations and weights."""

from amaranth import Const, Module, Mux, Shape, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.ecp5 import Half, place_row, table
from hw.shift_add.compare import compare
from hw.shift_add.family import check_lane
from hw.shift_add.layout import operand_shape, weight_layout
from hw.stream import delay

__all__ = ["AdderLane"]

_BIT = table(lambda a, b, c, d: a ^ (b if d else c))


class AdderLane(Component):
    """accumulator += min(x, w), one input a cycle.

    The distance of a row's weights comes of it: -|x - w| = 2 min(x, w) - x - w. The sum of all x is the
    same for all rows, that of all w is known beforehand.

    Args:
        activation_width, signed: Format of activations and weights, 2 to 16 bits.
        accumulator: Bits of the accumulator, at least ``activation_width + 2``, at most 64.
        family: None for plain additions, or "ecp5" for its carry cells: the same ports and latency.

    Members:
        i_x: The activation, extended by one bit.
        i_weight: See :func:`hw.shift_add.layout.weight_layout`, "adder".
        i_enable: Whether they count.
        o_sum: The accumulator, with its sign. Only reset sets it to 0: whoever reads it takes
            differences, modulo 2 ** accumulator.

    Latency ``latency`` cycles (2) from inputs to ``o_sum``, one input a cycle, no stalls. Inputs come
    from registers.

    On ECP5 it is one row of carry cells: half a cell a bit of the accumulator, the choice among its
    inputs, half a cell a bit of the comparison, and one at either end. iCE40 has no such cells: the
    operands of its carry are the LUT's inputs I1 and I2, which leaves only I0, so the choice takes a LUT
    a bit of the activations before the sum, and plain logic is as good as cells placed by hand.

    Source: AdderNet (CVPR 2020), as ShiftAddNet (NeurIPS 2020) uses it; the form with the minimum is
    plain algebra.
    """

    def __init__(self, activation_width: int, signed: bool, accumulator: int,
                 family: str | None = None):
        check_lane(activation_width, accumulator, family)
        self.activation = Shape(activation_width, signed)
        self.family = family
        self.latency = 2
        super().__init__({
            "i_x": In(operand_shape(self.activation)),
            "i_weight": In(weight_layout("adder", self.activation)),
            "i_enable": In(1),
            "o_sum": Out(Shape(accumulator, signed=True)),
        })

    def elaborate(self, platform):
        m = Module()
        x = Signal(self.activation)
        m.d.comb += x.eq(self.i_x)
        w = self.i_weight.weight
        less = Signal()
        # A comparison that feeds a LUT is lost in mapping: a register stands behind it.
        select, enable, x_1, w_1 = (
            delay(m, each, 1, name, reset_less=name != "enable") for name, each in
            {"select": less, "enable": self.i_enable, "x": x, "w": w}.items())
        following = Signal.like(self.o_sum)
        if self.family is None:
            m.d.comb += [less.eq(x < w), following.eq(self.o_sum + Mux(select, x_1, w_1))]
        else:
            # The comparison stands above the sum: what comes from far, the inputs, goes the shorter way.
            row = [Half()]
            for k, out in enumerate(following):
                operands = ((each[min(k, len(each) - 1)] if k < len(each) or self.activation.signed
                             else Const(0)) for each in (x_1, w_1))
                row.append(Half(_BIT, (self.o_sum[k], *operands, select), out))
            place_row(m, [*row, *compare(x, w, less, signed=self.activation.signed)])
        with m.If(enable):
            m.d.sync += self.o_sum.eq(following)
        return m
