"""The golden model: what a network computes, as mathematics on integers."""

from collections.abc import Sequence

import numpy as np

from gen.network import BinaryLayer, Layer, Network
from sim.golden.requantize import requantize

__all__ = ["evaluate", "useful_macs"]


def evaluate(network: Network, inputs: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Outputs of all vectors: int64 (vectors x outputs).

    Args:
        inputs: Integers (vectors x inputs).
        width, signed: Format of activations between sparse layers.
    """
    return _layers(network, inputs, width, signed)[-1]


def useful_macs(network: Network, inputs: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Pairs of a nonzero weight and a nonzero activation, of each vector and layer: int64
    (vectors x layers). Of a binary layer that is every weight, with activations of levels too."""
    activations = [inputs, *_layers(network, inputs, width, signed)[:-1]]
    layers: Sequence[Layer | BinaryLayer] = network.layers
    return np.stack([np.full(len(a), layer.rows * layer.columns) if isinstance(layer, BinaryLayer)
                     else (a != 0).astype(np.int64) @ np.diff(layer.weight.indptr)
                     for a, layer in zip(activations, layers, strict=True)], axis=1)


def _layers(network: Network, inputs: np.ndarray, width: int, signed: bool) -> list[np.ndarray]:
    """Every layer's outputs."""
    results, a = [], np.asarray(inputs, np.int64)
    for layer in network.layers:
        total = (layer.weight.astype(np.int64) @ a.T).T
        if isinstance(layer, BinaryLayer):
            a = _binary(layer, total)
        else:
            a = _sparse(layer, total, width, signed)
        results.append(a)
    return results


def _sparse(layer: Layer, total: np.ndarray, width: int, signed: bool) -> np.ndarray:
    total = total + layer.bias
    if layer.multiplier is not None:
        return requantize(total, layer.multiplier, layer.shift, layer.relu, width, signed)
    return np.maximum(total, 0) if layer.relu else total


def _binary(layer: BinaryLayer, total: np.ndarray) -> np.ndarray:
    if layer.thresholds is None:
        scaled = total if layer.scale is None else layer.scale * total
        return scaled if layer.bias is None else scaled + layer.bias
    level = (total[:, :, None] >= layer.thresholds).sum(axis=2)
    return level if layer.thresholds.shape[1] > 1 else 2 * level - 1
