import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from gen.compress.share import share
from gen.train.deep_compression import perceptron
from gen.train.loop import fit, weights
from gen.train.prune import Prune
from gen.train.share import Share


def _shared() -> tuple[torch.nn.Sequential, Share]:
    model = perceptron((30, 20, 5), seed=0)
    Prune(model, (0.4, 0.9))
    return model, Share(model, 8)


def _gradient(weight: torch.Tensor) -> torch.Tensor:
    assert weight.grad is not None
    return weight.grad


def test_weights_become_the_words_of_k_means() -> None:
    model = perceptron((30, 20, 5), seed=0)
    Prune(model, (0.4, 0.9))
    expected = []
    for weight in weights(model):
        values = weight.detach().numpy().copy()
        book, codes = share(values[values != 0], 8)
        values[values != 0] = book[codes]
        expected.append(values)
    Share(model, 8)
    for weight, values in zip(weights(model), expected, strict=True):
        assert np.array_equal(weight.detach().numpy(), values)


def test_a_centroid_gets_the_summed_gradient() -> None:
    model, hook = _shared()
    model(torch.rand(6, 30)).square().sum().backward()
    parameters = weights(model)
    before = [_gradient(weight).clone() for weight in parameters]
    hook.after_backward(model)
    for weight, grad in zip(parameters, before, strict=True):
        for word in torch.unique(weight.detach()):
            where = weight.detach() == word
            total = grad[where].sum() if word != 0 else torch.tensor(0.0)
            assert torch.allclose(_gradient(weight)[where], total, rtol=1e-4, atol=1e-6)


def test_fine_tuning_moves_words_but_keeps_clusters_and_zeros() -> None:
    model, hook = _shared()
    before = [weight.detach().clone() for weight in weights(model)]
    images = np.random.default_rng(0).random((128, 30)).astype(np.float32)
    fit(model, images, np.arange(128) % 5, epochs=5, rate=0.001, hooks=[hook])
    for weight, old in zip(weights(model), before, strict=True):
        assert torch.equal(weight == 0, old == 0)
        assert len(torch.unique(weight[weight != 0])) == 8
        for word in torch.unique(old[old != 0]):
            tuned = torch.unique(weight[old == word])
            assert len(tuned) == 1 and tuned[0] != word


def test_equal_weights_stay_equal_even_if_rounded_apart() -> None:
    model, hook = _shared()
    with torch.no_grad():
        for weight in weights(model):
            weight.mul_(1 + 1e-6 * torch.rand_like(weight))
        hook.after_step(model)
    assert all(len(torch.unique(weight)) == 9 for weight in weights(model))
