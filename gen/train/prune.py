"""Pruning while training: pruned weights stay zero."""

from collections.abc import Sequence

import torch
from torch import nn

from gen.compress.prune import prune
from gen.train.loop import Hook, weights

__all__ = ["Prune"]


class Prune(Hook):
    """Prune a model's layers by magnitude, now, and keep them so while they retrain.

    Args:
        keep: For each linear layer, the fraction of weights that stay, above 0 and at most 1.

    Source: Han et al., Learning both Weights and Connections, NeurIPS 2015.
    """

    def __init__(self, model: nn.Module, keep: Sequence[float]) -> None:
        self._masks = []
        for weight, fraction in zip(weights(model), keep, strict=True):
            pruned = torch.from_numpy(prune(weight.detach().numpy(), 1 - fraction))
            self._masks.append(pruned != 0)
        with torch.no_grad():
            self.after_step(model)

    def after_step(self, model: nn.Module) -> None:
        for weight, mask in zip(weights(model), self._masks, strict=True):
            weight.mul_(mask)
