"""Binary networks: weights of -1 and +1, batch norm and quantizers as integer thresholds.

Source: thresholds and flipped rows, Umuroglu et al., FINN, FPGA 2017, section 4.2.2; the row scale,
Rastegari et al., XNOR-Net, ECCV 2016.
"""

import numpy as np

__all__ = ["binarize", "fold_batch_norm", "fold_multi_threshold", "xnor_scale"]


def binarize(values: np.ndarray) -> np.ndarray:
    """int8, +1 where a value is at least 0 and -1 below: zero, of either sign, becomes +1."""
    return np.where(values >= 0, 1, -1).astype(np.int8)


def xnor_scale(weight: np.ndarray) -> np.ndarray:
    """float64 (rows): the mean magnitude of each row of float weights (rows x columns).

    This times the row's signs is the nearest to the row that a scale and signs come.
    """
    return np.abs(weight).mean(axis=1, dtype=np.float64)


def fold_batch_norm(weight: np.ndarray, gamma: np.ndarray, beta: np.ndarray, mean: np.ndarray,
                    var: np.ndarray, eps: float, scale: np.ndarray | None = None,
                    ) -> tuple[np.ndarray, np.ndarray]:
    """Sign after batch norm as an integer threshold for every row.

    A row's output is +1 if ``gamma * (scale * dot - mean) / sqrt(var + eps) + beta >= 0``, computed in
    float64 in this order, else -1. That is monotonic in the dot product, rounding included, so bisection
    finds the threshold that agrees with the formula for every dot product, ties included.

    Args:
        weight: -1 and +1 (rows x columns).
        gamma, beta, mean, var: Of the batch norm, finite (rows); var + eps is above 0.
        scale: Positive (rows), or None for 1.

    Returns:
        The weights, int8, a row with a negative gamma turned over, and thresholds, int64 (rows), from
        -columns (always +1) to columns + 1 (never): the output is +1 exactly if the dot product of the
        returned row is at least the threshold.
    """
    _check_signs(weight)
    rows, columns = weight.shape
    gamma, beta, mean, var, scale = (np.asarray(each, np.float64) for each in (
        gamma, beta, mean, var, np.ones(rows) if scale is None else scale))
    for name, each in {"gamma": gamma, "beta": beta, "mean": mean, "var": var, "scale": scale}.items():
        if each.shape != (rows,) or not np.isfinite(each).all():
            raise ValueError(f"{name} must be {rows} finite numbers, one a row")
    if np.any(var + eps <= 0) or np.any(scale <= 0):
        raise ValueError("var + eps and scale must be above 0")
    flip = np.where(gamma < 0, -1, 1)
    deviation = np.sqrt(var + eps)
    low, high = np.full(rows, -columns), np.full(rows, columns + 1)
    while np.any(low < high):
        middle = (low + high) // 2
        reached = gamma * (scale * (flip * middle) - mean) / deviation + beta >= 0
        reached |= low == high
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return (weight * flip[:, None]).astype(np.int8), low.astype(np.int64)


def fold_multi_threshold(weight: np.ndarray, thresholds: np.ndarray, sign: np.ndarray,
                         ) -> tuple[np.ndarray, np.ndarray]:
    """A quantizer of several levels as integer thresholds for every row.

    A row's level is how many of its thresholds the dot product has reached: ``dot >= threshold`` where
    the row's sign is +1, ``dot <= threshold`` where it is -1.

    Args:
        weight: -1 and +1 (rows x columns).
        thresholds: Real numbers in any order (rows x levels), infinite ones for what is always or never
            reached.
        sign: -1 and +1 (rows).

    Returns:
        The weights, int8, a row of sign -1 turned over, and thresholds, int64 (rows x levels),
        ascending, from -columns (always reached) to columns + 1 (never): the level is how many of them
        are at most the dot product of the returned row.
    """
    _check_signs(weight)
    _check_signs(sign)
    rows, columns = weight.shape
    thresholds = np.asarray(thresholds, np.float64)
    if thresholds.ndim != 2 or len(thresholds) != rows or sign.shape != (rows,):
        raise ValueError(f"thresholds (rows x levels) and sign (rows) must have {rows} rows")
    if np.isnan(thresholds).any():
        raise ValueError("thresholds must be numbers")
    flip = sign[:, None]
    folded = np.clip(np.ceil(flip * thresholds), -columns, columns + 1).astype(np.int64)
    return (weight * flip).astype(np.int8), np.sort(folded, axis=1)


def _check_signs(values: np.ndarray) -> None:
    if not np.isin(values, (-1, 1)).all():
        raise ValueError("weights and signs must be -1 or +1")
