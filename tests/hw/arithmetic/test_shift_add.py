"""Shift-add products: every word of small formats against NumPy, and integers for any word by proof."""

import itertools

import numpy as np
import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cat, Cover, Mux, Signal, signed, unsigned

from hw.arithmetic.shift_add import ShiftAddMultiplier, word_layout
from hw.stream import delay
from tests.formal.harness import prove
from tests.hw.stalls import cycles


def words(width, is_signed, terms):
    """Every word and its value, from the bits: exponent, sign, presence, least significant first."""
    bits = max(1, (width - 1 if is_signed else width).bit_length())
    each = [(exponent | negative << bits | nonzero << bits + 1,
             nonzero * (-1)**negative * 2**exponent)
            for exponent in range(1 << bits) for negative in (0, 1) for nonzero in (0, 1)]
    for choice in itertools.product(each, repeat=terms):
        yield (sum(word << k * (bits + 2) for k, (word, _) in enumerate(choice)),
               sum(value for _, value in choice))


def products(dut, weights, activations):
    """Products of one pair a cycle."""
    results = []

    async def bench(ctx):
        for k in range(len(weights) + dut.LATENCY):
            if k < len(weights):
                ctx.set(dut.i_word.as_value(), weights[k])
                ctx.set(dut.i_activation, activations[k])
            if k >= dut.LATENCY:
                results.append(ctx.get(dut.o_product))
            await ctx.tick()

    cycles(dut, bench)
    return np.array(results)


@pytest.mark.parametrize("signed_activation", [True, False])
@pytest.mark.parametrize("width, signed_weight, terms", [
    (1, True, 1), (1, False, 1), (4, True, 1), (5, False, 1), (8, False, 1), (8, True, 1),
    (2, True, 2), (3, False, 2), (4, True, 2), (2, True, 3)])
def test_every_word_and_every_activation(width, signed_weight, terms, signed_activation):
    low, high = (-2**(width - 1), 2**(width - 1) - 1) if signed_weight else (0, 2**width - 1)
    weights = [pair for pair in words(width, signed_weight, terms) if low <= pair[1] <= high]
    assert {value for _, value in weights} == {
        value for value in range(low, high + 1) if terms_of(value, width + 1, terms)}
    activations = np.arange(-128, 128) if signed_activation else np.arange(256)
    word, value = (np.repeat(column, 256) for column in zip(*weights, strict=True))
    activation = np.tile(activations, len(weights))
    dut = ShiftAddMultiplier(width, signed_weight, terms,
                             signed(8) if signed_activation else unsigned(8))
    assert len(dut.i_word.as_value()) == terms * (2 + max(
        1, (width - signed_weight).bit_length()))
    assert np.array_equal(products(dut, word.tolist(), activation.tolist()), value * activation)


def terms_of(value, exponents, terms):
    """Whether so many signed powers of two can add up to a value, by trying."""
    powers = [0, *(sign << exponent for sign in (1, -1) for exponent in range(exponents))]
    return any(sum(choice) == value for choice in itertools.product(powers, repeat=terms))


@pytest.mark.parametrize("width, signed_weight, terms, activation", [
    (8, True, 2, signed(8)), (4, False, 2, signed(4)), (4, True, 3, unsigned(4)),
    (4, False, 3, unsigned(3))], ids=str)
def test_any_word_is_an_integer_product(width, signed_weight, terms, activation):
    """For any word whose value is in the weight's format, in any order."""
    def spec(m):
        dut = ShiftAddMultiplier(width, signed_weight, terms, activation)
        m.submodules.dut = dut
        word = Signal(word_layout(width, signed_weight, terms))
        weight = Signal(signed(width) if signed_weight else unsigned(width))
        m.d.comb += [
            word.eq(AnySeq(len(word.as_value()))),
            dut.i_word.eq(word),
            dut.i_activation.eq(AnySeq(activation.width)),
        ]
        total = 0
        for term in word:
            power = Cat(term.exponent == k for k in range(1 << len(term.exponent)))
            size = Mux(term.nonzero, power, 0)
            total += Mux(term.negative, -size, size)
        product = Signal.like(dut.o_product)
        m.d.comb += [weight.eq(total), Assume(total == weight), product.eq(weight * dut.i_activation)]
        # `begun` covers the cycles whose product entered after reset.
        begun = delay(m, 1, dut.LATENCY, "begun")
        expected = delay(m, product, dut.LATENCY, "expected")
        m.d.comb += [Assert(~begun | (dut.o_product == expected), "the integer product"),
                     Cover(begun & (expected == weight * 3) & (weight == 7))]

    name = f"shift_add_{width}{'s' if signed_weight else 'u'}_{terms}_{activation.width}"
    prove(spec, name=name, depth=8, cover=8)
