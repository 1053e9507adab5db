"""Energy estimates, against sums by hand."""

import numpy as np
import pytest

from gen.energy import (
    Operations,
    dense_energy,
    energy_report,
    inference_energy,
    multiply_energy,
    shift_add_energy,
)
from gen.network import AdderLayer, Network, ShiftLayer
from gen.resolve import complete
from tests.hw.configs import config
from tests.hw.designs import network

NET = network(np.random.default_rng(0), (9, 7, 5))


def test_dense():
    assert dense_energy(NET) == pytest.approx((9 * 7 + 7 * 5) * (3.7 + 0.9 + 5.0))


def test_nothing_to_do_costs_only_the_outputs():
    assert inference_energy(NET, config(), np.zeros((3, 2))) == pytest.approx(12 * (3.1 + 0.1))


@pytest.mark.parametrize("width, multiply", [(8, 0.2), (9, 3.1)])
def test_each_useful_product(width, multiply):
    c = config(sparse__weight__width=width)
    macs = np.array([[10, 4], [20, 6]])  # 20 a vector
    bits = 3 + 4 + 2 * 24  # index, code, accumulator read and written
    each = multiply + 0.1 + bits / 32 * 5.0
    assert inference_energy(NET, c, macs) == pytest.approx(20 * each + 12 * 3.2)


@pytest.mark.parametrize("width, terms, product", [(8, 1, 0.024), (8, 2, 0.148), (9, 3, 0.59)])
def test_shifts_and_adds_instead_of_products(width, terms, product):
    c = config(sparse__weight={"kind": "shift_add", "width": width, "signed": True, "terms": terms})
    macs = np.array([[10, 4], [20, 6]])
    each = product + 0.1 + (3 + 4 + 2 * 24) / 32 * 5.0
    assert inference_energy(NET, c, macs) == pytest.approx(20 * each + 12 * 3.2)


def test_upper_bits_are_read_in_the_layers_that_have_them():
    """On one PE, 3 rows need 2 bits and 7 rows need 3; on two PEs, 4 rows need 2."""
    net = network(np.random.default_rng(0), (9, 3, 7))
    index = {"kind": "absolute", "width": 3, "lower": 2}
    c = config(sparse__pes=1, sparse__index=index, sparse__capacity__upper_entries=40)
    macs = np.array([[10, 4], [20, 6]])
    first, second = ((bits + 4 + 2 * 24) / 32 * 5.0 + 0.3 for bits in (2, 3))
    assert inference_energy(net, c, macs) == pytest.approx(15 * first + 5 * second + 10 * 3.2)
    two = config(sparse__pes=2, sparse__index=index, sparse__capacity__upper_entries=40)
    assert inference_energy(net, two, macs) == pytest.approx(20 * first + 10 * 3.2)


@pytest.mark.parametrize("width, shift, compare", [(8, 0.024, 0.03), (4, 0.024, 0.03), (9, 0.13, 0.1)])
def test_shift_add_operations(width, shift, compare):
    counts = Operations(*np.array([[1000, 0], [1010, 400], [0, 390], [7, 5], [6400, 3200]]))
    assert shift_add_energy(counts, width) == pytest.approx([
        1000 * shift + 1010 * 0.1 + 7 * 3.2 + 200 * 5.0,
        400 * 0.1 + 390 * compare + 5 * 3.2 + 100 * 5.0])


@pytest.mark.parametrize("mode, bits", [("shift", 6), ("both", 9), ("adder", 8)])
def test_a_shift_add_array(mode, bits):
    """A term is shifted and added, a weight of an adder layer compared and added; both are read."""
    shift = ShiftLayer(np.ones((5, 4, 2), np.int8), np.zeros((5, 4, 2), np.uint8), np.zeros(5, np.int64))
    adder = AdderLayer(np.ones((3, 5), np.int64), np.zeros(3, np.int64))
    layers = {"shift": [shift], "adder": [adder], "both": [shift, adder]}[mode]
    c = complete({"name": "c", "shift_add": {
        "lanes": 2, "mode": mode, "accumulator": 12, "result": 12,
        "activation": {"width": 8, "signed": True}, "capacity": {
            "layers": 2, "words": 90, "rows": 10, "inputs": 5, "hidden": 5, "outputs": 5}}}, "here")
    macs = np.array([[38, 15], [40, 15]])[:, {"shift": [0], "adder": [1], "both": [0, 1]}[mode]]
    read = bits / 32 * 5.0
    first, second = 39 * (0.024 + 0.1 + read) + 5 * 3.2, 15 * (0.03 + 0.1 + read) + 3 * 3.2
    expected = {"shift": first, "adder": second, "both": first + second}[mode]
    assert inference_energy(Network(layers, 8, True), c, macs) == pytest.approx(expected)


def test_report_of_a_network():
    layers = [AdderLayer(np.ones((3, 5), np.int64), np.zeros(3, np.int64)) for _ in range(2)]
    counts = Operations(*np.array([[0, 0], [33, 30], [15, 15], [3, 0], [320, 160]]))
    report = energy_report(Network(layers, 8, True), counts, 8)
    first, second = report["layers"]
    assert first["additions"] == 33 and first["products"] == 15
    assert first["shift_add_nj"] == pytest.approx((33 * 0.1 + 15 * 0.03 + 3 * 3.2 + 10 * 5.0) / 1000)
    assert first["fp32_nj"] == pytest.approx(15 * 9.6 / 1000)
    assert first["int8_nj"] == pytest.approx((15 * 1.55 + 3 * 3.2) / 1000)
    assert second["saved_of_fp32"] == pytest.approx(1 - (3 + 0.45 + 25) / 144)
    assert report["total"]["shift_add_nj"] == pytest.approx(
        first["shift_add_nj"] + second["shift_add_nj"])
    assert report["total"]["saved_of_int8"] == pytest.approx(
        1 - (63.35 + 28.45) / (2 * 23.25 + 9.6))


def test_multiplications():
    products, outputs = np.array([100, 30]), np.array([4, 0])
    assert multiply_energy(products, outputs, "fp32") == pytest.approx([960, 288])
    assert multiply_energy(products, outputs, "int8") == pytest.approx([
        100 * (0.2 + 0.1 + 1.25) + 4 * 3.2, 30 * (0.2 + 0.1 + 1.25)])
