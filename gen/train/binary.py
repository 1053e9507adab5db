"""Binary perceptrons: weights and activations of -1 and +1, trained through latent float weights."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import linear

from gen.compress.binarize import binarize, fold_batch_norm
from gen.datasets import Dataset
from gen.network import BinaryLayer, Network
from gen.train.augment import Distort
from gen.train.loop import Hook, accuracy, fit, weights

__all__ = ["Binarize", "BinaryLinear", "Clip", "Scale", "Sign", "binary_perceptron", "fold", "run",
           "sign", "train"]


class _StraightThrough(torch.autograd.Function):
    """Sign forwards; backwards the gradient passes where the value lies in [-1, 1]."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(values)
        return (values >= 0).to(values.dtype) * 2 - 1

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        values, = ctx.saved_tensors
        return gradient * (values.abs() <= 1)


def sign(values: torch.Tensor) -> torch.Tensor:
    """-1 and +1, sign(0) = +1, with the gradient of hardtanh.

    Source: straight-through estimator, Courbariaux et al., Binarized Neural Networks, NeurIPS 2016.
    """
    return _StraightThrough.apply(values)


class Sign(nn.Module):
    """The activation :func:`sign`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return sign(x)


class BinaryLinear(nn.Linear):
    """A linear layer without bias that computes with the signs of its latent weights."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return linear(x, sign(self.weight))


class Scale(nn.Module):
    """Divides by the square root of ``inputs``: what cross-entropy takes for logits.

    One constant for all rows, so it changes no order of outputs and the hardware leaves it out.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self._factor = inputs ** -0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self._factor


class Clip(Hook):
    """Keeps latent weights in [-1, 1]: one beyond would never get a gradient again."""

    def after_step(self, model: nn.Module) -> None:
        for weight in weights(model):
            weight.clamp_(-1, 1)


class Binarize(Hook):
    """Inputs become +1 from the threshold on and -1 below, for instance after distorted images."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def batch(self, images: torch.Tensor) -> torch.Tensor:
        return torch.where(images >= self._threshold, 1.0, -1.0)


def binary_perceptron(widths: Sequence[int], seed: int) -> nn.Sequential:
    """Binary linear layers with batch norm and sign between them, started from ``seed``.

    The last layer's accumulators are only scaled, all alike.
    """
    torch.manual_seed(seed)
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [BinaryLinear(inputs, outputs), nn.BatchNorm1d(outputs), Sign()]
    return nn.Sequential(*parts[:-2], Scale(widths[-2]))


def fold(model: nn.Sequential) -> list[BinaryLayer]:
    """The integer layers of a binary perceptron: batch norms become thresholds, the last scale goes."""
    layers = []
    for part, after in pairwise(model):
        if not isinstance(part, BinaryLinear):
            continue
        weight = binarize(_float64(part.weight))
        if isinstance(after, nn.BatchNorm1d):
            gamma, beta, mean, var = (_float64(each) for each in (
                after.weight, after.bias, after.running_mean, after.running_var))
            weight, thresholds = fold_batch_norm(weight, gamma, beta, mean, var, after.eps)
            layers.append(BinaryLayer(weight, thresholds[:, None]))
        else:
            layers.append(BinaryLayer(weight))
    return layers


def run(layers: Sequence[BinaryLayer], inputs: np.ndarray) -> np.ndarray:
    """What the hardware answers: int64 (count x outputs), for inputs of -1 and +1 (count x inputs)."""
    x = inputs.astype(np.int64)
    for layer in layers:
        x = x @ layer.weight.T.astype(np.int64)
        if layer.thresholds is not None:
            x = np.where(x >= layer.thresholds[:, 0], 1, -1)
    return x


def train(widths: Sequence[int], epochs: int, rate: float, threshold: int, data: Dataset, seed: int,
          meta: dict[str, Any]) -> Network:
    """Train a binary perceptron and fold it; its ``meta`` adds to the given one what came of it.

    The test images serve only to state accuracies; nothing is chosen by them. One thread and
    deterministic algorithms: the same seed and versions give the same network on like processors.

    Args:
        widths: Inputs, hidden units, outputs.
        rate: Learning rate at the start.
        threshold: A pixel is +1 from here on, -1 below; training images are distorted before that.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    model = binary_perceptron(widths, seed)
    distort = Distort(shift=2, turn=0.2, stretch=0.12, shear=0.2)
    fit(model, data.train_images.astype(np.float32), data.train_labels, epochs=epochs, rate=rate,
        batch=128, hooks=[distort, Binarize(threshold), Clip()], seed=seed)
    test = binarize(data.test_images.astype(np.int64) - threshold)
    layers = fold(model)
    right = run(layers, test).argmax(1) == data.test_labels
    return Network(layers, 1, True, meta | {
        "seed": seed, "torch": str(torch.__version__), "input_threshold": threshold,
        "float_accuracy": accuracy(model, test.astype(np.float32), data.test_labels),
        "integer_accuracy": float(np.mean(right)),
    })


def _float64(values: torch.Tensor | None) -> np.ndarray:
    assert values is not None
    return values.detach().double().numpy()
