import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from gen.train.deep_compression import perceptron
from gen.train.loop import fit, weights
from gen.train.prune import Prune


def test_pruned_weights_stay_zero_and_the_others_learn() -> None:
    model = perceptron((10, 20, 4), seed=0)
    before = [weight.detach().clone() for weight in weights(model)]
    hook = Prune(model, (0.1, 0.5))
    masks = [weight.detach() != 0 for weight in weights(model)]
    assert [int(mask.sum()) for mask in masks] == [20, 40]
    for old, mask in zip(before, masks, strict=True):
        assert old[mask].abs().min() >= old[~mask].abs().max()

    images = np.random.default_rng(0).random((128, 10)).astype(np.float32)
    fit(model, images, np.arange(128) % 4, epochs=3, rate=0.01, hooks=[hook])
    for weight, old, mask in zip(weights(model), before, masks, strict=True):
        assert torch.all(weight[~mask] == 0)
        # A unit that never fires gets no gradient, so a few weights may rest.
        assert (weight[mask] != old[mask]).float().mean() > 0.7


def test_every_layer_needs_a_fraction() -> None:
    with pytest.raises(ValueError):
        Prune(perceptron((10, 20, 4), seed=0), (0.1,))
