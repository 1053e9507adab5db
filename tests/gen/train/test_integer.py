import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("torch")

import torch

from gen.network import Layer, Network, dump
from gen.train.deep_compression import perceptron
from gen.train.integer import accumulator_width, quantize, run


def _images(count: int = 200, inputs: int = 16) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, inputs), np.uint8)


def test_integers_follow_the_float_network() -> None:
    model, images = perceptron((16, 30, 20, 5), seed=0), _images()
    network = quantize(model, images, {"name": "tiny"}, percentile=100)
    assert network.activation_width == 8 and network.activation_signed is False
    assert network.meta == {"name": "tiny"}
    with torch.no_grad():
        expected = model(torch.from_numpy(images.astype(np.float32) / 255)).numpy()
    out = run(network, images)
    # The last layer's unit is not stored: it is the one factor between the two.
    unit = (out * expected).sum() / (out * out).sum()
    assert np.abs(out * unit - expected).max() < 0.02 * np.abs(expected).max()


def test_layers_have_the_formats_of_the_hardware() -> None:
    network = quantize(perceptron((16, 30, 20, 5), seed=0), _images(), {})
    for layer in network.layers:
        assert np.abs(layer.weight.data).max() == 127 and np.all(layer.weight.data != 0)
        assert layer.weight.dtype == layer.bias.dtype == np.int64
    for layer in network.layers[:-1]:
        assert layer.relu and layer.multiplier is not None
        assert len(layer.multiplier) == layer.rows
        assert np.all(layer.multiplier >> 15 == 1) and 0 <= layer.shift <= 40
    assert not network.layers[-1].relu and network.layers[-1].multiplier is None


def test_same_model_same_bytes() -> None:
    model = perceptron((16, 30, 5), seed=0)
    assert dump(quantize(model, _images(), {})) == dump(quantize(model, _images(), {}))


def test_run_rounds_halves_up_and_saturates() -> None:
    eye = sp.csc_array(np.array([[1], [-1], [100]]))
    hidden = Layer(eye, np.array([0, 0, 5]), True, np.array([1, 1, 1]), 1)
    last = Layer(sp.csc_array(np.eye(3, dtype=np.int64)), np.array([0, -7, 0]))
    out = run(Network([hidden, last], 8, False), np.array([[0], [1], [2], [3], [4]], np.uint8))
    assert out.tolist() == [[0, -7, 3], [1, -7, 53], [1, -7, 103], [2, -7, 153], [2, -7, 203]]
    assert run(Network([hidden], 8, False), np.array([[200]])).tolist() == [[100, 0, 255]]


@pytest.mark.parametrize(("bias", "width"), [(0, 9), (1, 10), (-1, 10), (256, 10), (257, 11)])
def test_accumulator_width(bias: int, width: int) -> None:
    assert accumulator_width(Layer(sp.csc_array(np.array([[-1, 0]])), np.array([bias]))) == width
