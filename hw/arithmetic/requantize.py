"""From accumulators back to activations: multiply, round half up, shift right, saturate."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import Component, In, Out

from hw.config import integer_range
from hw.stream import delay

__all__ = ["Requantizer"]

SHIFT_BITS = 6
BEFORE_SHIFT = 4
"""Registers in front of the shifter: of the value, of products and of their sum."""
PIECE = 17
"""Bits of an unsigned operand of a hardware multiplier (18 x 18 signed on ECP5)."""


class Requantizer(Component):
    """y = saturate((max(x, 0 if relu) * multiplier + half) >> shift), half = 2 ** (shift - 1).

    With shift 0 nothing is added. The shift is arithmetic, so exact halves round towards plus
    infinity. Golden twin: ``sim.golden.requantize``.

    Args:
        width, signed_input: Format of ``i_value``.
        multiplier_width: Bits of the unsigned ``i_multiplier``; 1 means that it is not looked at.
        output_width, signed_output: Format of ``o_value``.

    ``i_shift`` (0-62), ``i_relu`` and ``i_multiplier`` come with the value. Latency
    ``Requantizer.LATENCY`` cycles, one value a cycle, no stalls.
    """

    LATENCY = 13

    def __init__(self, width: int, signed_input: bool, multiplier_width: int,
                 output_width: int, signed_output: bool):
        if width + multiplier_width > 62:
            raise ValueError(f"width {width} + multiplier_width {multiplier_width} must be at "
                             "most 62")
        self.multiplier_width = multiplier_width
        self.output_width, self.signed_output = output_width, signed_output
        super().__init__({
            "i_value": In(signed(width) if signed_input else unsigned(width)),
            "i_multiplier": In(multiplier_width),
            "i_shift": In(SHIFT_BITS),
            "i_relu": In(1),
            "o_value": Out(output_width),
        })

    def elaborate(self, platform):
        m = Module()
        rectified = Signal.like(self.i_value, name="rectified", reset_less=True)
        negative = self.i_value < 0
        m.d.sync += rectified.eq(Mux(self.i_relu & negative, 0, self.i_value))
        multiplier = Signal(self.multiplier_width, reset_less=True)
        m.d.sync += multiplier.eq(self.i_multiplier if self.multiplier_width > 1 else 1)

        # Products of pieces that one hardware multiplier takes, then their sum, each registered.
        signed_value = Signal(signed(len(rectified) + 1))
        m.d.comb += signed_value.eq(rectified)
        partial = []
        for low in range(0, len(signed_value), PIECE):
            piece = signed_value[low:low + PIECE]
            if low + PIECE >= len(signed_value):
                piece = piece.as_signed()
            product = Signal.like(piece * multiplier, name=f"product_{low}", reset_less=True)
            m.d.sync += product.eq(piece * multiplier if self.multiplier_width > 1 else piece)
            # Once more: multipliers are far from everything else.
            partial.append(delay(m, product, 1, f"product_{low}", reset_less=True) << low)
        value = Signal(signed(len(signed_value) + self.multiplier_width + 1), name="product",
                       reset_less=True)
        m.d.sync += value.eq(sum(partial[1:], partial[0]) << 1)

        # One bit more than the result is kept while shifting, so that (z + 1) >> 1 rounds.
        shift = delay(m, self.i_shift, BEFORE_SHIFT, "shift", reset_less=True)
        for bit in reversed(range(SHIFT_BITS)):
            shifted = Signal.like(value, name=f"shifted_{bit}", reset_less=True)
            m.d.sync += shifted.eq(Mux(shift[bit], value >> (1 << bit), value))
            shift = delay(m, shift[:bit], 1, f"shift_{bit}", reset_less=True)
            value = shifted
        rounded = Signal.like(value, name="rounded", reset_less=True)
        m.d.sync += rounded.eq((value + 1) >> 1)

        # In range if all bits above the result say the same as its sign.
        low, high = integer_range(self.output_width, self.signed_output)
        above = rounded[self.output_width - int(self.signed_output):]
        inside = Signal(self.output_width, reset_less=True)
        negative = Signal()
        pieces = [above[k:k + 10] for k in range(0, len(above), 10)]
        some, every = Signal(len(pieces)), Signal(len(pieces))
        m.d.sync += [
            inside.eq(rounded),
            negative.eq(rounded[-1]),
            some.eq(Cat(piece.any() for piece in pieces)),
            every.eq(Cat(piece.all() for piece in pieces) if self.signed_output else 0),
            self.o_value.eq(Mux(negative, Mux(every.all(), inside, low),
                                Mux(some.any(), high, inside))),
        ]
        return m
