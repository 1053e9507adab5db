"""The golden model: what a network computes, as mathematics on integers."""

import numpy as np

from gen.network import Network
from sim.golden.requantize import requantize

__all__ = ["evaluate", "useful_macs"]


def evaluate(network: Network, inputs: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Outputs of all vectors: int64 (vectors x outputs).

    Args:
        inputs: Integers (vectors x inputs).
        width, signed: Format of activations between layers.
    """
    return _layers(network, inputs, width, signed)[-1]


def useful_macs(network: Network, inputs: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Pairs of a nonzero weight and a nonzero activation, of each vector and layer: int64
    (vectors x layers)."""
    activations = [inputs, *_layers(network, inputs, width, signed)[:-1]]
    return np.stack([(a != 0).astype(np.int64) @ np.diff(layer.weight.indptr)
                     for a, layer in zip(activations, network.layers, strict=True)], axis=1)


def _layers(network: Network, inputs: np.ndarray, width: int, signed: bool) -> list[np.ndarray]:
    """Every layer's outputs."""
    results, a = [], np.asarray(inputs, np.int64)
    for layer in network.layers:
        total = (layer.weight.astype(np.int64) @ a.T).T + layer.bias
        if layer.multiplier is not None:
            a = requantize(total, layer.multiplier, layer.shift, layer.relu, width, signed)
        else:
            a = np.maximum(total, 0) if layer.relu else total
        results.append(a)
    return results
