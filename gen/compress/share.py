"""Weight sharing: a layer keeps a few weight values, and each weight names one of them."""

import numpy as np

__all__ = ["share"]

_ROUNDS = 300
"""Lloyd's algorithm settles long before; this only bounds it."""


def share(weights: np.ndarray, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Cluster weights by k-means.

    Centroids start evenly spaced from the smallest to the largest weight, so the few large weights,
    which matter most, get centroids of their own. One that attracts no weight moves to a random
    value among them, the only use of ``seed``. Halfway between two words the lower one is taken.
    Sorted weights with running sums make a round cost O(size log n): 4 million weights take less
    than a second.

    Args:
        weights: Float array of any shape, usually without the zeros, which need no codebook word.
        size: Codebook words at most, at least 1. Up to ``size`` different values are kept exactly.
        seed: Of the random choice.

    Returns:
        The codebook, float64, ascending, and the codes in the shape of ``weights``, uint8 for up to
        256 words: ``codebook[codes]`` are the shared weights.

    Source: Han et al., Deep Compression, ICLR 2016, section 3.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, not {size}")
    values = np.sort(weights, axis=None).astype(np.float64)
    codebook = values[np.flatnonzero(np.diff(values, prepend=np.nan))]
    if len(codebook) > size:
        codebook = _kmeans(values, codebook, size, np.random.default_rng(seed))
    codes = np.searchsorted(_borders(codebook), weights)
    return codebook, codes.astype(np.uint8 if size <= 256 else np.int32)


def _borders(codebook: np.ndarray) -> np.ndarray:
    return (codebook[1:] + codebook[:-1]) / 2


def _edges(values: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Where in the sorted values each cluster starts, and where the last one ends."""
    inner = np.searchsorted(values, _borders(codebook), side="right")
    return np.concatenate([[0], inner, [len(values)]])


def _kmeans(values: np.ndarray, distinct: np.ndarray, size: int,
            rng: np.random.Generator) -> np.ndarray:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    codebook = np.linspace(values[0], values[-1], size)
    edges = _edges(values, codebook)
    for _ in range(_ROUNDS):
        counts = np.diff(edges)
        used = counts > 0
        means = np.diff(sums[edges])[used] / counts[used]
        moved = rng.choice(distinct, size - len(means))
        codebook = np.sort(np.concatenate([means, moved]))
        before, edges = edges, _edges(values, codebook)
        if used.all() and np.array_equal(edges, before):
            break
    return codebook[np.diff(edges) > 0]
