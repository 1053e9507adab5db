"""The whole top level equals the golden model, for networks and configurations of every kind."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import Layer, Network
from hw import packet
from tests.hw.designs import (
    build,
    check,
    compile_image,
    corner_vectors,
    network,
    play,
    results,
    vector_packet,
)

needs_icarus = pytest.mark.skipif(not shutil.which("iverilog"),
                                  reason="Icarus Verilog is not installed")

U8, S8 = {"width": 8, "signed": False, "lanes": 4}, {"width": 8, "signed": True, "lanes": 8}


def _holes(rng):
    """Empty rows and columns at the beginning, in the middle and at the end."""
    net = network(rng, (21, 17), density=0.5)
    weight = net.layers[0].weight.toarray()
    weight[[0, 5, 6, 16]] = 0
    weight[:, [0, 1, 9, 20]] = 0
    return Network([Layer(sp.csc_array(weight), net.layers[0].bias)])


def _zero(_):
    return Network([Layer(sp.csc_array((9, 14), dtype=np.int64), np.arange(9) * 5 - 20)])


def _one_heavy_row(rng):
    """All the work on one of four PEs, so that its queue fills and stops the others."""
    weight = np.zeros((4, 61), np.int64)
    weight[2] = rng.integers(1, 5, 61)
    weight[0, 60] = weight[1, 0] = -1
    return Network([Layer(sp.csc_array(weight), np.arange(4))])


def _saturating(rng):
    return network(rng, (13, 15, 11), multiplier=900, shift=2, relu=False, requantize_last=True)


CASES = {
    "one_weight": (lambda rng: network(rng, (1, 1), density=1.0), {"pes": 1, "activation": U8}),
    "one_row": (lambda rng: network(rng, (17, 1)), {"pes": 3, "activation": S8}),
    "one_column": (lambda rng: network(rng, (1, 13), density=0.8), {"pes": 2, "activation": U8}),
    "more_pes_than_rows": (lambda rng: network(rng, (11, 3)), {"pes": 5, "activation": S8}),
    "empty_rows_and_columns": (_holes, {"pes": 3, "activation": U8}),
    "all_zero_matrix": (_zero, {"pes": 2, "activation": U8}),
    "one_heavy_row": (_one_heavy_row, {"pes": 4, "queue_depth": 16, "activation": U8}),
    "dense_rows_in_one_pe": (lambda rng: network(rng, (19, 23), density=1.0), {
        "pes": 1, "queue_depth": 16, "activation": S8, "index": {"kind": "absolute"}}),
    "two_rows": (lambda rng: network(rng, (41, 2), density=1.0), {"pes": 1, "activation": S8}),
    "three_layers": (lambda rng: network(rng, (29, 23, 19, 7)), {
        "pes": 3, "activation": U8, "index": {"kind": "absolute"}}),
    "relative_indices": (lambda rng: network(rng, (31, 37, 11), density=0.1), {
        "pes": 2, "activation": S8, "index": {"kind": "relative"}}),
    "direct_weights": (lambda rng: network(rng, (23, 29, 13), values=range(-100, 100)), {
        "pes": 4, "activation": {"width": 8, "signed": True, "lanes": 16},
        "weight": {"kind": "direct", "width": 8, "signed": True}}),
    "sixteen_bits_two_lanes": (lambda rng: network(rng, (13, 11, 7), shift=18), {
        "pes": 2, "activation": {"width": 16, "signed": True, "lanes": 2}}),
    "three_bits_signed": (lambda rng: network(rng, (21, 13, 5), shift=10), {
        "pes": 3, "activation": {"width": 3, "signed": True, "lanes": 4}}),
    "one_bit_activations": (lambda rng: network(rng, (33, 17, 9), shift=12), {
        "pes": 2, "activation": {"width": 1, "signed": False, "lanes": 8}}),
    "unsigned_accumulators": (lambda rng: network(rng, (19, 13), values=(1, 2, 5)), {
        "pes": 2, "activation": U8, "accumulator": {"signed": False}}),
    "wide_accumulators": (
        lambda rng: network(rng, (17, 11), values=range(-(1 << 23), 1 << 23), bias=1 << 39), {
            "pes": 3, "activation": {"width": 16, "signed": True, "lanes": 2},
            "weight": {"kind": "direct", "width": 24, "signed": True}}),
    "accumulators_of_64_bits": (lambda rng: network(rng, (7, 5), relu=False, bias=1 << 62), {
        "pes": 2, "activation": S8, "accumulator": {"width": 64, "signed": True}}),
    "requantized_outputs": (lambda rng: network(rng, (21, 12), requantize_last=True), {
        "pes": 2, "activation": S8}),
    "saturating_at_both_ends": (_saturating, {"pes": 2, "activation": S8}),
    "shift_only": (lambda rng: network(rng, (20, 15, 10), multiplier=1, shift=4), {
        "pes": 2, "activation": U8, "requantize": {"multiplier_width": 1}}),
    "larger_than_needed": (lambda rng: network(rng, (20, 15, 10)), {
        "pes": 2, "activation": U8, "index": {"kind": "relative", "width": 9},
        "accumulator": {"width": 30, "signed": True}, "capacity": {
            "layers": 5, "entries": 1000, "columns": 100, "rows": 40, "total_rows": 99,
            "inputs": 50, "hidden": 64, "outputs": 33}}),
}


@needs_icarus
@pytest.mark.parametrize("name, latency", [
    *((name, 2) for name in CASES),
    *((name, 1) for name in ("three_layers", "one_heavy_row", "dense_rows_in_one_pe", "two_rows",
                             "direct_weights", "wide_accumulators")),
])
def test_equals_golden(name: str, latency: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    make, sparse = CASES[name]
    design = build({"name": name, "memory_latency": latency, "sparse": sparse}, make(rng), tmp_path)
    check(design, corner_vectors(rng, design.activation, design.network.inputs, 9), tmp_path)


@needs_icarus
@pytest.mark.parametrize("sizes, density, latency", [
    ((900, 3), 0.8, 1), ((220, 10, 4), 1.0, 2)])
def test_split_rows(sizes: tuple[int, ...], density: float, latency: int, tmp_path: Path) -> None:
    """Rows in parts on several PEs: raw sums of three rows, and a layer with ReLU and requantization."""
    rng = np.random.default_rng(6)
    net = network(rng, sizes, density=density, bias=9000)
    design = build({"name": "split", "memory_latency": latency,
                    "sparse": {"pes": 8, "activation": U8}}, net, tmp_path)
    assert design.config.sparse.capacity.total_rows >= sum(sizes[1:]) + 4
    check(design, corner_vectors(rng, design.activation, net.inputs, 6), tmp_path)


@needs_icarus
@pytest.mark.parametrize("seed", range(8))
def test_random_designs(seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)

    def pick(*values):
        return values[rng.integers(len(values))]

    width = int(rng.integers(1, 17))
    lanes = pick(2, 4, 8) if width > 8 else pick(4, 8)
    sizes = rng.choice([1, 2, 3, 5, 8, 13, 16, 17, 31], rng.integers(2, 5)).tolist()
    low = pick(-128, -2, 1)
    net = network(rng, sizes, density=pick(0.05, 0.3, 1.0), values=range(low, pick(2, 40)),
                  bias=pick(0, 500), relu=bool(rng.integers(2)), multiplier=pick(1, 3, 60_000),
                  shift=int(rng.integers(0, 24)), requantize_last=bool(rng.integers(2)))
    design = build({"name": "random", "memory_latency": pick(1, 2), "sparse": {
        "pes": int(rng.integers(1, 6)), "queue_depth": pick(16, 17, 32),
        "activation": {"width": width, "signed": bool(rng.integers(2)), "lanes": lanes},
        "index": {"kind": pick("absolute", "relative", "per_layer")}}}, net, tmp_path)
    check(design, corner_vectors(rng, design.activation, net.inputs, 7), tmp_path, seed=seed + 1)


def test_many_vectors_with_verilator(tmp_path: Path) -> None:
    """Random contents of all memories before the image, and several kinds of stalls."""
    rng = np.random.default_rng(2)
    net = network(rng, (45, 37, 24, 10), density=0.3)
    design = build({"name": "many", "sparse": {"pes": 4, "activation": U8}}, net, tmp_path)
    vectors = corner_vectors(rng, design.activation, net.inputs, 300)
    check(design, vectors, tmp_path, simulator="verilator", stalls=(0.0, 0.2, 0.8), seed=9)


@needs_icarus
def test_one_network_after_another(tmp_path: Path) -> None:
    """Images of other shapes for the same hardware leave nothing behind."""
    rng = np.random.default_rng(3)
    big = network(rng, (23, 19, 11))
    design = build({"name": "reload", "sparse": {"pes": 3, "activation": U8}}, big, tmp_path)
    networks = [big, network(rng, (5, 2), density=1.0), network(rng, (23, 11), values=(-7, 1, 2)),
                Network(big.layers[::-1][:1]), big]
    packets, after, expected = [], [], []
    for net in networks:
        packets.append(compile_image(net, design.config))
        after.append(len(expected))
        expected.append((packet.Kind.STATUS, 0, [0]))
        vectors = corner_vectors(rng, design.activation, net.inputs, 6)
        golden = replace(design, network=net).golden(vectors)
        for k, (vector, row) in enumerate(zip(vectors, golden.tolist(), strict=True)):
            packets.append(vector_packet(design.activation, vector, k))
            after.append(after[-1] if k else len(expected))
            expected.append((packet.Kind.RESULT, k, row))
    for stall in (0.0, 0.5):
        run = play(design, packets, tmp_path, after=after, stall=stall)
        assert results(design.config, run.packets) == expected
