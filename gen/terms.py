"""Integer weights as sums of signed powers of two, the codebook words of ``kind = "shift_add"``."""

import numpy as np

from gen.layout import pack
from hw.arithmetic.shift_add import word_layout
from hw.config import Weight

__all__ = ["encode", "representable", "signed_digits"]


def signed_digits(value: int) -> list[tuple[int, int]]:
    """The canonical signed digits of an integer: (sign, exponent) of as few terms as there can be.

    Source: Reitwiesner, "Binary Arithmetic" (1960).
    """
    digits = []
    exponent = 0
    while value:
        if value & 1:
            sign = 2 - (value & 3)  # -1 before another one: ...11 becomes ...(+1)0(-1)
            digits.append((sign, exponent))
            value -= sign
        value >>= 1
        exponent += 1
    return digits


def encode(weights: np.ndarray, weight: Weight) -> np.ndarray:
    """Codebook words of integers that ``weight`` can hold.

    Args:
        weights: int64 (words), each of at most ``weight.terms`` terms.

    Returns:
        int64 (words).
    """
    fields = np.zeros((3, len(weights), weight.terms), np.int64)
    for k, value in enumerate(weights.tolist()):
        for n, (sign, exponent) in enumerate(signed_digits(value)):
            fields[:, k, n] = exponent, sign < 0, 1
    term = word_layout(weight.width, weight.signed, weight.terms).elem_shape
    exponents, negative, nonzero = fields.reshape(3, -1)
    packed = pack(term, exponent=exponents, negative=negative, nonzero=nonzero)[:, 0].astype(np.int64)
    return (packed.reshape(-1, weight.terms) << term.size * np.arange(weight.terms)).sum(1)


def representable(largest: int, terms: int) -> np.ndarray:
    """Every integer from ``-largest`` to ``largest`` of at most so many terms: int64, ascending."""
    powers = 1 << np.arange(largest.bit_length() + 1)
    each = np.concatenate([-powers[::-1], [0], powers])
    sums = each
    for _ in range(terms - 1):
        sums = np.unique(sums[:, None] + each)
    return sums[np.abs(sums) <= largest]
