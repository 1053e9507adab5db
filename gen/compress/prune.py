"""Pruning by magnitude: the smallest weights become zero."""

import numpy as np

__all__ = ["prune"]


def prune(weights: np.ndarray, fraction: float) -> np.ndarray:
    """A copy of ``weights`` with the ``fraction`` of smallest magnitude set to zero.

    Args:
        weights: Float array of any shape.
        fraction: At least 0 and below 1, of all weights; zeros count as pruned already. Exactly
            ``round(fraction * weights.size)`` weights are chosen; of equal magnitudes, those that
            come first.

    Source: Han et al., Learning both Weights and Connections, NeurIPS 2015.
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"fraction must be at least 0 and below 1, not {fraction}")
    count = round(fraction * weights.size)
    out = weights.copy()
    if count:
        flat = out.reshape(-1)
        size = np.abs(flat)
        threshold = np.partition(size, count - 1)[count - 1]
        below = size < threshold
        flat[below] = 0
        ties = np.flatnonzero(size == threshold)
        flat[ties[:count - np.count_nonzero(below)]] = 0
    return out
