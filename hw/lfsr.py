"""Counting in an order of its own: one LUT instead of an adder."""

from amaranth import Cat, Value

__all__ = ["LARGEST", "following"]

_TAPS = {
    2: (2, 1), 3: (3, 2), 4: (4, 3), 5: (5, 3), 6: (6, 5), 7: (7, 6), 8: (8, 6, 5, 4), 9: (9, 5),
    10: (10, 7), 11: (11, 9), 12: (12, 6, 4, 1), 13: (13, 4, 3, 1), 14: (14, 5, 3, 1), 15: (15, 14),
    16: (16, 15, 13, 4), 17: (17, 14), 18: (18, 11),
}
"""Maximal ones, from Xilinx XAPP 052 (1996)."""

LARGEST = max(_TAPS)
"""Bits of the longest register."""


def following(state: Value) -> Value:
    """The state after this one of a linear-feedback shift register of 2 to ``LARGEST`` bits.

    From 0 on it takes ``2**bits - 1`` values, all but the one whose bits are all 1.
    """
    feedback = state[-1]
    for tap in _TAPS[len(state)][1:]:
        feedback = feedback ^ state[tap - 1]
    return Cat(~feedback, state[:-1])
