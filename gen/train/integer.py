"""Float layers to the integer layers that the hardware computes."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from torch import nn

from gen.network import Layer, Network

__all__ = ["ACTIVATION_MAX", "accumulator_width", "fixed_point", "quantize", "run"]

ACTIVATION_MAX = 255
"""Largest activation: 8 bits, unsigned. A float activation of a layer's range is this integer."""

_WEIGHT_MAX = 127
_MULTIPLIER_WIDTH = 16
_SHIFT_MAX = 40


def quantize(model: nn.Module, images: np.ndarray, meta: dict[str, Any],
             percentile: float = 99.9) -> Network:
    """Round a perceptron with ReLU between its linear layers to integers.

    Weights become signed 8-bit integers, biases integers in units of the accumulator, and hidden
    activations unsigned 8-bit integers whose range is calibrated. A weight that rounds to zero is
    dropped.

    Args:
        model: ``nn.Sequential`` whose inputs lie between 0 and 1.
        images: uint8 (count x inputs), to calibrate with: the training images, not the test images.
        meta: Goes into the network.
        percentile: Of a hidden layer's activations, what becomes 255; larger ones saturate.
    """
    linear = [part for part in model.modules() if isinstance(part, nn.Linear)]
    layers: list[Layer] = []
    x, unit = images.astype(np.float64) / ACTIVATION_MAX, 1 / ACTIVATION_MAX
    for part in linear:
        weight = part.weight.detach().double().numpy()
        bias = part.bias.detach().double().numpy()
        scale = np.abs(weight).max() / _WEIGHT_MAX
        matrix = sp.csc_array(np.rint(weight / scale).astype(np.int64))
        offset = np.rint(bias / (scale * unit)).astype(np.int64)
        if part is linear[-1]:
            layers.append(Layer(matrix, offset))
            break
        x = np.maximum(x @ weight.T + bias, 0)
        top = np.percentile(x, percentile)
        multiplier, shift = fixed_point(scale * unit * ACTIVATION_MAX / top)
        layers.append(Layer(matrix, offset, True, np.full(matrix.shape[0], multiplier), shift))
        unit = top / ACTIVATION_MAX
    return Network(layers, 8, False, meta)


def fixed_point(factor: float) -> tuple[int, int]:
    """``factor`` as multiplier / 2 ** shift with the largest multiplier that fits."""
    shift = _SHIFT_MAX
    while shift and round(factor * 2 ** shift) >> _MULTIPLIER_WIDTH:
        shift -= 1
    return round(factor * 2 ** shift), shift


def run(network: Network, images: np.ndarray) -> np.ndarray:
    """What the hardware answers: int64 (count x outputs), for integer images (count x inputs)."""
    x = images.astype(np.int64)
    for layer in network.sparse_layers:
        x = x @ layer.weight.toarray().T + layer.bias
        if layer.relu:
            x = np.maximum(x, 0)
        if layer.multiplier is not None:
            half = 1 << layer.shift >> 1
            x = np.clip((x * layer.multiplier + half) >> layer.shift, 0, ACTIVATION_MAX)
    return x


def accumulator_width(layer: Layer) -> int:
    """Bits of a signed accumulator that no input overflows."""
    bound = abs(layer.weight).sum(axis=1) * ACTIVATION_MAX + np.abs(layer.bias)
    return int(bound.max()).bit_length() + 1
