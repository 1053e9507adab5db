"""A row of a shift layer with a bin for every exponent: a product is an addition to one of 16 sums."""

from dataclasses import dataclass

from amaranth import Cat, Module, Mux, Shape, Signal, Value
from amaranth.hdl import signed
from amaranth.lib import memory
from amaranth.lib.wiring import Component, In, Out

from hw.ecp5 import ONE, Half, place_row, table
from hw.shift_add.compare import compare
from hw.shift_add.family import check_lane
from hw.shift_add.layout import EXPONENT, operand_shape, weight_layout
from hw.stream import delay

__all__ = ["BinsLane", "operand"]

BINS = 1 << EXPONENT

FILL = 4
"""Cycles that fill S with ones: every fourth bit from the top takes the wire that fills."""

_JOINT = table(lambda a, b, c, d: 0 if c | d else ~a & ~b)
"""A carry that is 1 if neither A nor B is."""


def _bit(a: int, b: int, c: int, d: int) -> int:
    """Of a bin (a), S (b), the inverted activation (c) and the weight's sign, 1 if positive (d)."""
    x, negative = 1 - c, 1 - d
    if b and x:
        return 1  # the carry goes through; so zeros are written, and filling ORs
    return a ^ b if (x, negative) == (0, 0) else a ^ x ^ negative


_BIT = table(_bit)


def operand(m: Module, x: Value, *, zeros: Value, ones: Value) -> Signal:
    """The register of ``i_not_x``, one for all lanes: the activation ``x`` a cycle later, inverted.

    Args:
        x: The activation, as wide as ``operand_shape`` says.
        zeros: ``x`` goes with a step of combining: the lanes take 0.
        ones: ``x`` goes with a step of filling or clearing: the lanes take -1.
    """
    register = Signal(len(x), name="not_x", reset_less=True)
    m.d.sync += register.eq((~x | zeros.replicate(len(x))) & ~ones.replicate(len(x)))
    return register


class BinsLane(Component):
    """One row at a time, one input a cycle: 16 bins, one adder, and S, in which the bins come together.

    An activation times +-2 ** e is added to bin e, unshifted. After an output's last input the bins
    are combined by the same adder, least significant first: S <- (bin[e] + S) >> 1, whose lowest bit
    goes out. What the array sends decides what a cycle is for; the weight has the bin's number in all:

    =======  ======  ===========  ===  =====================  ============================
    step     cycles  shared wire  x    positive, write        what it does
    =======  ======  ===========  ===  =====================  ============================
    add      any     i_rest       any  the row's (idle: x 0)  bin[exponent] +- x; S <- 0
    combine  16      none         0    1, 0                   S <- (bin[exponent] + S) >> 1
    fill     4       i_fill       -1   0, 0                   S <- ones
    clear    16      i_clear      -1   0, 1                   bin[exponent] <- 0
    =======  ======  ===========  ===  =====================  ============================

    S is 0 from the cycle after a step with ``i_rest``, which has to come before the first weight that
    adds and before combining: a step of add without a weight, or the last step of clear, which may have
    ``i_rest`` with ``i_clear``. After reset the bins are to be cleared (fill, clear) before use.

    After 16 steps of combining, the sum is S * 2 ** 16 + the 16 low bits, first out the lowest. It is
    exact if the sum of |x| over all that an output adds, each term of a weight on its own, is below
    2 ** (accumulator - 1): 1,024 activations of 8 bits with a sign need 19 bits.

    Args:
        activation_width, signed: Format of the activations, 2 to 16 bits.
        accumulator: Bits of a bin, of S and of the adder, at least ``activation_width + 2``, at most 64.
        both: Whether it does adder layers, too: with ``i_adder``, steps of add that have ``write`` add
            min(x, w) to bin 0, w being the weight's value. (-|x - w| = 2 min(x, w) - x - w.)
        family: None for plain additions, or "ecp5" for its carry cells: the same ports and latency, and
            the same outputs after every sequence of the steps above.

    Members:
        i_not_x: The activation with its bits inverted, extended by one bit; see :func:`operand`. It is
            inverted where all lanes share it, as the carry cell wants it so.
        i_weight: See :func:`hw.shift_add.layout.weight_layout`, "shift" or "both".
        i_rest, i_fill, i_clear: Shared, with the weight that they belong to.
        i_adder: Only with ``both``. It only matters in steps of add.
        o_low: The lowest bit of the sum, one cycle after the step reaches the bins.
        o_sum: S, with its sign.

    A step reaches the bins ``latency`` cycles after the ports: 0, or 2 with ``both``. Its bit is at
    ``o_low``, and what it makes of S at ``o_sum``, one cycle after that. One step a cycle, no stalls.
    All inputs come from registers.

    Source: distributed arithmetic's bins by power of two, in place of a barrel shifter.
    """

    def __init__(self, activation_width: int, signed: bool, accumulator: int, *, both: bool,
                 family: str | None = None):
        check_lane(activation_width, accumulator, family)
        self.activation = Shape(activation_width, signed)
        self.accumulator = accumulator
        self.both = both
        self.family = family
        self.latency = 2 if both else 0
        super().__init__({
            "i_not_x": In(operand_shape(self.activation).width),
            "i_weight": In(weight_layout("both" if both else "shift", self.activation)),
            "i_rest": In(1), "i_fill": In(1), "i_clear": In(1),
            **({"i_adder": In(1)} if both else {}),
            "o_low": Out(1),
            "o_sum": Out(Shape(accumulator, signed=True)),
        })

    def elaborate(self, platform):
        m = Module()
        step = self._choose(m) if self.both else _Step(
            self.i_not_x, self.i_weight.exponent, self.i_weight.positive, self.i_weight.write,
            self.i_rest, self.i_fill, self.i_clear)
        m.submodules.bins = bins = memory.Memory(shape=self.accumulator, depth=BINS, init=[])
        read = bins.read_port(domain="comb")
        write = bins.write_port()
        s = Signal(self.accumulator, reset_less=True)
        total = Signal(self.accumulator)
        (_add if self.family is None else _add_ecp5)(m, step, read.data, s, total)

        following = Signal.like(s)
        for k in range(self.accumulator):
            above = total[min(k + 1, self.accumulator - 1)]
            fills = (self.accumulator - 1 - k) % FILL == 0
            m.d.comb += following[k].eq(step.fill | above if fills else above)
        with m.If(step.rest):
            m.d.sync += s.eq(0)
        with m.Elif(~step.clear):
            m.d.sync += s.eq(following)
        low = Signal(reset_less=True)
        m.d.sync += low.eq(total[0])
        m.d.comb += [
            read.addr.eq(step.exponent),
            write.addr.eq(step.exponent),
            write.data.eq(total),
            write.en.eq(step.write),
            self.o_low.eq(low),
            self.o_sum.eq(s),
        ]
        return m

    def _choose(self, m: Module) -> "_Step":
        """The step at the bins: in those that add for an adder layer, with the smaller of x and w."""
        width = self.activation.width
        w = self.i_weight.value[:width]
        less = Signal()
        adding = Signal()
        if self.family is None:
            x = ~self.i_not_x[:width]
            m.d.comb += [
                less.eq(x.as_signed() < w.as_signed() if self.activation.signed else x < w),
                adding.eq(self.i_adder & self.i_rest & ~self.i_clear),
            ]
        else:
            row = compare(self.i_not_x[:width], w, less, signed=self.activation.signed, inverted=True)
            # No carry comes out of the comparison: another half is as good as a LUT.
            row.append(Half(table(lambda a, b, c, d: a & b & ~c),
                            (self.i_adder, self.i_rest, self.i_clear, ONE), adding))
            place_row(m, row, "compare")
        # A comparison that feeds a LUT is lost in mapping: a register stands behind it.
        not_x, value, write, select, adding, rest, fill, clear = (
            delay(m, each, 1, name, reset_less=True) for name, each in {
                "not_x": self.i_not_x, "value": self.i_weight.value, "write": self.i_weight.write,
                "select": less, "adding": adding,
                "rest": self.i_rest, "fill": self.i_fill, "clear": self.i_clear}.items())
        y = Signal(width, name="not_y", reset_less=True)
        # Only x that fills and clears has a bit above that differs from those of its format.
        top = Signal(name="not_top", reset_less=True)
        m.d.sync += [y.eq(Mux(adding & ~select, ~value[:width], not_x[:width])), top.eq(not_x[width])]
        exponent = Signal(EXPONENT, name="bin", reset_less=True)
        positive = Signal(reset_less=True)
        m.d.sync += [exponent.eq(value[:EXPONENT]), positive.eq(value[EXPONENT])]
        with m.If(adding):
            m.d.sync += [exponent.eq(0), positive.eq(1)]
        write, rest, fill, clear = (delay(m, each, 1, f"{name}_at_bins", reset_less=True)
                                    for name, each in (("write", write), ("rest", rest),
                                                       ("fill", fill), ("clear", clear)))
        return _Step(Cat(y, y[-1] if self.activation.signed else top), exponent, positive, write, rest,
                     fill, clear)


@dataclass(frozen=True)
class _Step:
    """What the bins do in a cycle."""

    not_x: Value
    exponent: Value
    positive: Value
    write: Value
    rest: Value
    fill: Value
    clear: Value


def _add(m: Module, step: _Step, stored: Value, s: Signal, total: Signal) -> None:
    """The adder as plain logic. Either S is 0 or the term is."""
    extended = step.not_x.as_signed()
    term = Signal(signed(len(s)))
    m.d.comb += term.eq(Mux(step.positive, ~extended, extended))
    with m.If(step.clear):
        m.d.comb += total.eq(0)
    with m.Elif(step.fill):
        m.d.comb += total.eq(stored | s)
    with m.Else():
        m.d.comb += total.eq(stored + (term | s) + ~step.positive)


def _add_ecp5(m: Module, step: _Step, stored: Value, s: Signal, total: Signal) -> None:
    """The adder in one row of carry cells, with S held where it clears."""
    row = [Half(_JOINT, (step.positive, step.fill, ONE, ONE))]
    for k in range(len(s)):
        not_x = step.not_x[min(k, len(step.not_x) - 1)]
        row.append(Half(_BIT, (stored[k], s[k], not_x, step.positive), total[k]))
    place_row(m, row)
