"""Powers of two: the weights of shift layers, and the fixed point that reference code computes in."""

import numpy as np

__all__ = ["shift_from_float", "to_fixed"]


def shift_from_float(weight: np.ndarray, low: int = -14, high: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The signed powers of two nearest to weights, measured by their logarithms: sign * 2 ** exponent.

    Args:
        weight: Finite floats of any shape.
        low, high: The exponents that there are, both included; what lies outside saturates. ShiftAddNet
            has -14 to 0 at 5 bits and -2 to 0 at 3 bits.

    Returns:
        sign, int8 (-1, +1, and 0 where the weight is 0), and exponent, int64 (``low`` where the weight
        is 0), of the same shape.

    Source: DeepShift-Q, Elhoushi et al., DeepShift, CVPR workshops 2021, section 3.2.
    """
    weight = np.asarray(weight, np.float64)
    if not np.isfinite(weight).all():
        raise ValueError("weights must be finite")
    if low > high:
        raise ValueError(f"low must be at most high, not {low} > {high}")
    magnitude = np.abs(weight)
    exponent = np.rint(np.log2(magnitude, where=magnitude > 0, out=np.full(weight.shape, float(low))))
    return np.sign(weight).astype(np.int8), np.clip(exponent, low, high).astype(np.int64)


def to_fixed(x: np.ndarray, integer_bits: int = 16, fraction_bits: int = 16) -> np.ndarray:
    """Numbers rounded down to fixed point, float64: floor(x * 2 ** fraction_bits) / 2 ** fraction_bits,
    saturated to -2 ** (integer_bits - 1) and 2 ** (integer_bits - 1) - 1.

    The upper end has no fraction: so does the reference code saturate.

    Args:
        x: Finite floats of any shape.
        integer_bits: The sign included, 2 or more.
        fraction_bits: 0 or more; both together at most 53, so that float64 holds every number.

    Source: ``round_to_fixed`` in the code of DeepShift and of ShiftAddNet (You et al., NeurIPS 2020),
    which do so to the inputs of shift layers.
    """
    if integer_bits < 2 or fraction_bits < 0 or integer_bits + fraction_bits > 53:
        raise ValueError("a fixed-point format has 2 integer bits or more, no negative fraction bits, "
                         f"53 bits at most, not {integer_bits}.{fraction_bits}")
    top = 2.0 ** (integer_bits - 1)
    step = 2.0 ** -fraction_bits
    return np.clip(np.floor(np.asarray(x, np.float64) / step) * step, -top, top - 1)
