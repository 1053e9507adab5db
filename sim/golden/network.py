"""The golden model: what a network computes, as mathematics on integers."""

import numpy as np

from gen.network import AdderLayer, BinaryLayer, Layer, Network, ShiftLayer
from sim.golden.requantize import requantize

__all__ = ["evaluate", "useful_macs"]


def evaluate(network: Network, inputs: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Outputs of all vectors: int64 (vectors x outputs).

    Args:
        inputs: Integers (vectors x inputs).
        width, signed: Format of activations between layers that are not binary.
    """
    return _layers(network, inputs, width, signed)[-1]


def useful_macs(network: Network, inputs: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """The operations of each vector and layer: int64 (vectors x layers).

    Of a sparse layer that is every pair of a nonzero weight and a nonzero activation; of a binary one
    every weight, with activations of levels too; of a shift layer every term that is not 0, and of an
    adder layer every weight, whatever the activation, for the hardware adds zeros too.
    """
    activations = [inputs, *_layers(network, inputs, width, signed)[:-1]]
    return np.stack([_operations(layer, a)
                     for a, layer in zip(activations, network.layers, strict=True)], axis=1)


def _operations(layer: Layer | BinaryLayer | ShiftLayer | AdderLayer, a: np.ndarray) -> np.ndarray:
    if isinstance(layer, Layer):
        return (a != 0).astype(np.int64) @ np.diff(layer.weight.indptr)
    if isinstance(layer, ShiftLayer):
        return np.full(len(a), np.count_nonzero(layer.sign))
    return np.full(len(a), layer.rows * layer.columns)


def _layers(network: Network, inputs: np.ndarray, width: int, signed: bool) -> list[np.ndarray]:
    """Every layer's outputs."""
    results, a = [], np.asarray(inputs, np.int64)
    for layer in network.layers:
        if isinstance(layer, AdderLayer):
            # A row at a time: all at once would take vectors x rows x columns.
            total = -np.stack([np.abs(a - row).sum(axis=1) for row in layer.weight], axis=1)
        else:
            total = (layer.weight.astype(np.int64) @ a.T).T
        a = (_binary(layer, total) if isinstance(layer, BinaryLayer) else
             _output(layer, total, width, signed))
        results.append(a)
    return results


def _output(layer: Layer | ShiftLayer | AdderLayer, total: np.ndarray, width: int, signed: bool,
            ) -> np.ndarray:
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
