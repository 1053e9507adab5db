import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import AdderLayer, BinaryLayer, Layer, Network, ShiftLayer
from sim.golden.network import evaluate, useful_macs


def _by_hand(layer: BinaryLayer, x: list[int]) -> list[int]:
    """One vector through one layer, in Python's integers."""
    y = []
    for k, row in enumerate(layer.weight.tolist()):
        dot = sum(w * each for w, each in zip(row, x, strict=True))
        if layer.thresholds is None:
            y.append(dot * (1 if layer.scale is None else int(layer.scale[k]))
                     + (0 if layer.bias is None else int(layer.bias[k])))
        else:
            steps = layer.thresholds[k].tolist()
            level = sum(dot >= step for step in steps)
            y.append(level if len(steps) > 1 else 1 if level else -1)
    return y


def _signs(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.choice(np.array([-1, 1], np.int8), (rows, columns))


@pytest.mark.parametrize("levels", [1, 2, 7])
@pytest.mark.parametrize("scale, bias", [(False, False), (True, True), (True, False), (False, True)])
def test_binary_layers(levels: int, scale: bool, bias: bool) -> None:
    rng = np.random.default_rng(levels)
    network = Network([
        BinaryLayer(_signs(rng, 12, 300), np.sort(rng.integers(-30, 31, (12, levels)), axis=1)),
        BinaryLayer(_signs(rng, 9, 12), rng.integers(-5, 6, (9, 1))),
        BinaryLayer(_signs(rng, 4, 9), None, rng.integers(1, 1 << 40, 4) if scale else None,
                    rng.integers(-1 << 50, 1 << 50, 4) if bias else None),
    ], 1)
    inputs = _signs(rng, 20, 300)
    found = evaluate(network, inputs, 1, True)
    expected = []
    for x in inputs.tolist():
        for layer in network.layers:
            x = _by_hand(layer, x)
        expected.append(x)
    assert found.dtype == np.int64 and found.tolist() == expected
    assert len(np.unique(expected)) > 4
    macs = useful_macs(network, inputs, 1, True)
    assert macs.tolist() == [[3600, 108, 36]] * 20


def test_a_threshold_is_reached_when_it_is_equalled() -> None:
    network = Network([BinaryLayer(np.ones((3, 2), np.int8), np.array([[-1], [0], [1]]))], 1)
    assert evaluate(network, np.array([[1, -1]]), 1, True).tolist() == [[1, 1, -1]]


def test_sparse_layers_count_what_is_not_zero() -> None:
    weight = sp.csc_array(np.array([[2, 0, -1], [0, 0, 3]]))
    network = Network([Layer(weight, np.array([1, -9]), relu=True)])
    inputs = np.array([[1, 5, 4], [0, 2, 1], [0, 0, 0]])
    assert evaluate(network, inputs, 8, True).tolist() == [[0, 3], [0, 0], [1, 0]]
    assert useful_macs(network, inputs, 8, True).tolist() == [[3], [2], [0]]


def _requantized(total: int, layer: ShiftLayer | AdderLayer, row: int, low: int, high: int) -> int:
    """Bias, ReLU and requantization of one accumulator, in Python's integers."""
    total += int(layer.bias[row])
    if layer.relu:
        total = max(total, 0)
    if layer.multiplier is None:
        return total
    half = 2 ** (layer.shift - 1) if layer.shift else 0
    return min(max((total * int(layer.multiplier[row]) + half) // 2 ** layer.shift, low), high)


@pytest.mark.parametrize("terms", [1, 2, 3])
@pytest.mark.parametrize("width, signed", [(8, True), (6, False)])
def test_shift_and_adder_layers(terms: int, width: int, signed: bool) -> None:
    rng = np.random.default_rng(terms)
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)

    def shifts(rows: int, columns: int, **output) -> ShiftLayer:
        sign = rng.integers(-1, 2, (rows, columns, terms)).astype(np.int8)
        exponent = np.where(sign, rng.integers(0, 16, sign.shape), 0).astype(np.uint8)
        return ShiftLayer(sign, exponent, rng.integers(-9000, 9000, rows), **output)

    network = Network([
        shifts(7, 60, multiplier=np.full(7, 300), shift=22),
        AdderLayer(rng.integers(low, high + 1, (6, 7)),
                   rng.integers(100 if width == 6 else 500, 900, 6), True, rng.integers(1, 300, 6), 8),
        AdderLayer(rng.integers(low, high + 1, (5, 6)), rng.integers(-9, 9, 5)),
        shifts(4, 5, relu=terms == 2),
    ], width, signed)
    inputs = rng.integers(low, high + 1, (40, 60))
    expected = []
    for x in inputs.tolist():
        for layer in network.layers:
            if isinstance(layer, ShiftLayer):
                totals = [sum(a * s * 2 ** e for a, each in zip(x, zip(signs, exponents, strict=True),
                                                                strict=True)
                              for s, e in zip(*each, strict=True))
                          for signs, exponents in zip(layer.sign.tolist(), layer.exponent.tolist(),
                                                      strict=True)]
            else:
                totals = [-sum(abs(a - w) for a, w in zip(x, row, strict=True))
                          for row in layer.weight.tolist()]
            x = [_requantized(total, layer, row, low, high) for row, total in enumerate(totals)]
        expected.append(x)
    found = evaluate(network, inputs, width, signed)
    assert found.dtype == np.int64 and found.tolist() == expected
    assert len(np.unique(expected)) > 40
    inputs[0] = 0
    terms_used = [int((layer.sign != 0).sum()) for layer in network.layers[::3]]
    assert useful_macs(network, inputs, width, signed).tolist() == [
        [terms_used[0], 42, 30, terms_used[1]]] * 40
