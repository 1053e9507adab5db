"""Golden twin of ``hw.arithmetic.requantize``."""

import numpy as np

from hw.config import integer_range

__all__ = ["requantize"]


def requantize(value: np.ndarray, multiplier: np.ndarray, shift: int, relu: bool,
               width: int, signed: bool) -> np.ndarray:
    """saturate((max(value, 0 if relu) * multiplier + half) >> shift), half = 2 ** (shift - 1).

    Args:
        value: int64; value * multiplier must stay below 2 ** 62.
        multiplier: int64, broadcast over the last axis.

    Returns:
        int64 within the range of the format.
    """
    if relu:
        value = np.maximum(value, 0)
    half = 1 << (shift - 1) if shift else 0
    low, high = integer_range(width, signed)
    return np.clip((value * multiplier + half) >> shift, low, high)
