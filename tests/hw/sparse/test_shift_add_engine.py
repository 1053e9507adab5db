"""The engine without multipliers: compiled, emitted and simulated, against matrix products."""

import shutil

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import Layer, Network
from gen.verilog import emit
from hw.top import Top
from tests.gen.command import thrifty, write_config
from tests.hw.configs import config
from tests.hw.designs import build, check, corner_vectors, network

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"),
                                reason="Icarus Verilog is not installed")

SIGNED = [value * sign for value in (1, 2, 3, 5, 24, 63, 64, 65, 127) for sign in (1, -1)] + [-128]
CASES = {
    "two_terms": (SIGNED, {}, 8, True),
    "one_term": ([1, 2, 4, 64, -1, -128], {"terms": 1}, 8, True),
    "three_terms": ([11, -11, 37, -37, 73, 97, -128], {"terms": 3}, 8, True),
    "unsigned_activations": (SIGNED, {}, 8, False),
    "unsigned_weights": ([1, 3, 6, 128, 192, 255], {"signed": False}, 8, True),
    "nothing_signed": ([1, 3, 6, 128, 192, 255], {"signed": False}, 7, False),
    "minus_one": ([-1], {"width": 1, "terms": 1}, 8, True),
    "one_bit_activations": (SIGNED, {}, 1, False),
    "wide": ([1, -(1 << 23), (1 << 23) - 1, (1 << 22) + 1, -(1 << 20) + 1], {"width": 24}, 16, True),
}


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_one_layer(name, latency, tmp_path):
    values, weight, width, is_signed = CASES[name]
    rng = np.random.default_rng(8)
    matrix = np.where(rng.random((19, 21)) < 0.6, rng.choice(values, (19, 21)), 0)
    matrix[4], matrix[:, 7] = 0, 0
    matrix[5] = values[-1]  # the same row in every column: sums are forwarded
    net = Network([Layer(sp.csc_array(matrix), np.zeros(19, np.int64))])
    design = build({"name": "mine", "memory_latency": latency, "sparse": {
        "pes": 3, "weight": {"kind": "shift_add", **weight},
        "activation": {"width": width, "signed": is_signed, "lanes": 4}}}, net, tmp_path)
    assert design.config.sparse.weight.terms == weight.get("terms", 2)
    vectors = corner_vectors(rng, design.activation, 21, 9)
    assert np.array_equal(design.golden(vectors), vectors @ matrix.T)
    check(design, vectors, tmp_path)


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("pes", [1, 4])
def test_layers_and_vectors_follow_each_other(pes, latency, tmp_path):
    rng = np.random.default_rng(9)
    net = network(rng, (23, 17, 2, 9), values=[-7, -6, -1, 1, 2, 3, 14], density=0.7)
    design = build({"name": "deep", "memory_latency": latency, "sparse": {
        "pes": pes, "queue_depth": 16, "weight": {"kind": "shift_add"},
        "activation": {"width": 8, "signed": False, "lanes": 4}}}, net, tmp_path)
    check(design, corner_vectors(rng, design.activation, 23, 12), tmp_path)


@pytest.mark.parametrize("floats", [False, True])
def test_from_the_command_line(floats, tmp_path):
    rng = np.random.default_rng(10)
    matrix = rng.normal(size=(10, 14)) if floats else rng.integers(-5, 9, (10, 14))
    inputs = rng.integers(-128, 128, (6, 14))
    np.save(tmp_path / "w.npy", matrix)
    np.save(tmp_path / "x.npy", inputs)
    write_config(tmp_path / "c.toml", '[sparse]\npes = 2\n[sparse.weight]\nkind = "shift_add"\n')
    for step in (("compile", tmp_path / "w.npy", "--config", tmp_path / "c.toml", "-o", tmp_path / "b"),
                 ("generate", "-o", tmp_path / "b"),
                 ("simulate", tmp_path / "b", "--inputs", tmp_path / "x.npy", "--simulator", "icarus")):
        outcome = thrifty(*step)
        assert outcome.code == 0, outcome.err
    outputs = np.load(tmp_path / "b" / "outputs.npy")
    if floats:
        with np.load(tmp_path / "b" / "network.npz") as file:
            book = file["0.codebook"]
        assert len(book) <= 16 and np.abs(book).max() == 127
        scale = np.abs(matrix).max() / 127
        error = np.abs(outputs * scale - inputs @ matrix.T)
        assert 0 < error.max() < 0.25 * np.abs(inputs @ matrix.T).max()
    else:
        assert np.array_equal(outputs, inputs @ matrix.T)


def test_no_multiplier_is_left_in_the_pe():
    def pe(kind):
        top = Top(config(sparse__weight__kind=kind))
        text = emit(top, "small", top.shared)
        return text[text.index("module \\small_pe.body ("):].split("endmodule")[0]

    assert " * " in pe("codebook") and " * " not in pe("shift_add")
