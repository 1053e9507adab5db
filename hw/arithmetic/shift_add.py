"""Products without a multiplier: a weight is a sum of a few signed powers of two."""

from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.config import bits_for
from hw.stream import delay

__all__ = ["ShiftAddMultiplier", "shift_by", "word_layout"]


def word_layout(width: int, signed_weight: bool, terms: int) -> ArrayLayout:
    """A weight of a ``width``-bit integer format as terms: (-1 if negative) * 2 ** exponent, or nothing.

    Exponents go one above an unsigned format, so that 255 is 256 - 1. A word of zeros is the weight 0.
    """
    exponents = width if signed_weight else width + 1
    return ArrayLayout(StructLayout({"exponent": bits_for(exponents), "negative": 1, "nonzero": 1}),
                       terms)


def shift_by(value: Value, choice: Value, distance: int, low: Value) -> Value:
    """A stage of a shifter: a signed value, ``distance`` bits longer; shifted to the left if ``choice``.

    Args:
        low: The bit that comes in; the sign of a number that has been inverted to be negated.
    """
    return Mux(choice, Cat(low.replicate(distance), value),
               Cat(value, value[-1].replicate(distance))).as_signed()


class ShiftAddMultiplier(Component):
    """The product of an activation and a weight given in terms: the sum of +-(activation << exponent).

    Exact for every word whose value is in the weight's integer format: terms and sum are kept modulo
    2 ** (bits of the product), so a term may exceed the product.

    Args:
        width, signed_weight: Integer format of the weight.
        terms: Of a word, 1 or more.
        activation: Format of ``i_activation``.

    Members:
        i_word: The weight; see :func:`word_layout`.
        i_activation: What it is multiplied by.
        o_product: Their product, as wide as an integer product of the formats.

    Latency ``ShiftAddMultiplier.LATENCY`` cycles, one product a cycle, no stalls.

    Source: the shift layers of ShiftAddNet (NeurIPS 2020), with the sums of powers of two of APoT
    (ICLR 2020).
    """

    LATENCY = 3

    def __init__(self, width: int, signed_weight: bool, terms: int, activation: Shape):
        product = signed if signed_weight or activation.signed else unsigned
        super().__init__({
            "i_word": In(word_layout(width, signed_weight, terms)),
            "i_activation": In(activation),
            "o_product": Out(product(width + activation.width)),
        })

    def elaborate(self, platform):
        m = Module()
        # Sign, shift and sum, a register each. The words come from a RAM, which is slow to answer:
        # what it decides first is only a choice.
        opposite = -self.i_activation
        shifted = []
        for k, term in enumerate(self.i_word):
            operand = Signal.like(opposite, name=f"operand_{k}")
            with m.If(term.nonzero):
                m.d.sync += operand.eq(Mux(term.negative, opposite, self.i_activation))
            with m.Else():
                m.d.sync += operand.eq(0)
            value: Value = operand
            for bit, choice in enumerate(delay(m, term.exponent, 1, f"exponent_{k}", reset_less=True)):
                # A signal each: as one expression every stage would repeat all those before.
                stage = Signal(signed(len(value) + (1 << bit)), name=f"by_{1 << bit}_{k}")
                m.d.comb += stage.eq(shift_by(value, choice, 1 << bit, Const(0)))
                value = stage
            shifted.append(Signal.like(self.o_product, name=f"shifted_{k}", reset_less=True))
            m.d.sync += shifted[k].eq(value)
        m.d.sync += self.o_product.eq(sum(shifted[1:], shifted[0]))
        return m
