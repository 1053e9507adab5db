"""Deep Compression in order: train, prune and retrain by steps, share, round to integers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from gen.datasets import Dataset
from gen.network import Network
from gen.train.augment import Distort
from gen.train.integer import ACTIVATION_MAX, quantize, run
from gen.train.loop import Hook, accuracy, fit, weights
from gen.train.prune import Prune
from gen.train.share import Share

__all__ = ["Plan", "compress", "perceptron"]


@dataclass(frozen=True)
class Plan:
    """What to train, and for how long.

    Args:
        widths: Inputs, hidden units, outputs: LeNet-300-100 is 784, 300, 100, 10.
        keep: One pruning step each: for every layer the fraction of weights that stay.
        words: Codebook words of a layer at most, zero not counted.
        epochs: Of the float network, of each pruning step but the last, of the last, of sharing.
        rate: Learning rate; sharing takes a tenth.
        decay: Weight decay of the float network and of pruning. It shrinks the weights of pixels
            that are hardly ever set, which few gradients reach, so that pruning finds them.
    """

    widths: Sequence[int]
    keep: Sequence[Sequence[float]]
    words: int = 16
    epochs: tuple[int, int, int, int] = (240, 60, 120, 20)
    rate: float = 1e-3
    decay: float = 0.3


def perceptron(widths: Sequence[int], seed: int) -> nn.Sequential:
    """Linear layers with ReLU between them, started from ``seed``."""
    torch.manual_seed(seed)
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def compress(plan: Plan, data: Dataset, seed: int, meta: dict[str, Any]) -> Network:
    """Train and compress a perceptron; its ``meta`` adds to the given one what came of it.

    The test images serve only to state accuracies; nothing is chosen by them. One thread and
    deterministic algorithms: the same seed and versions give the same network on like processors.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    train, test = (images.astype(np.float32) / ACTIVATION_MAX
                   for images in (data.train_images, data.test_images))
    model = perceptron(plan.widths, seed)
    distort = Distort(shift=2, turn=0.2, stretch=0.12, shear=0.2)
    first, step, last, sharing = plan.epochs

    def stage(title: str, epochs: int, rate: float, decay: float, *hooks: Hook) -> float:
        fit(model, train, data.train_labels, epochs=epochs, rate=rate, decay=decay,
            hooks=[distort, *hooks], seed=seed, title=title)
        return accuracy(model, test, data.test_labels)

    result: dict[str, Any] = {"seed": seed, "torch": str(torch.__version__)}
    result["float_bytes"] = 4 * sum(part.numel() for part in model.parameters())
    result["float_accuracy"] = stage("train", first, plan.rate, plan.decay)
    for number, keep in enumerate(plan.keep, 1):
        epochs = step if number < len(plan.keep) else last
        result["pruned_accuracy"] = stage(f"prune {number}/{len(plan.keep)}", epochs, plan.rate,
                                          plan.decay, Prune(model, keep))
    result["weights_kept"] = [round(float((weight != 0).double().mean()), 4)
                              for weight in weights(model)]
    result["compressed_accuracy"] = stage("share", sharing, plan.rate / 10, 0.0,
                                          Share(model, plan.words, seed))
    network = quantize(model, data.train_images, meta | result)
    right = run(network, data.test_images).argmax(1) == data.test_labels
    network.meta["integer_accuracy"] = float(np.mean(right))
    return network
