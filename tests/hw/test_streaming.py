"""Designs whose entries are streamed equal the golden model, whatever the pace of the stream."""

import json
import shutil
from contextlib import suppress
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import scipy.sparse as sp
from cocotb_tools.runner import get_runner

from gen.image import build_image
from gen.network import Layer, Network
from gen.sparse import place_within, sections
from gen.streamed import streamed_bytes
from hw import packet
from tests.hw.designs import build, check, corner_vectors, network

needs_icarus = pytest.mark.skipif(not shutil.which("iverilog"),
                                  reason="Icarus Verilog is not installed")
U8, S8 = {"width": 8, "signed": False, "lanes": 4}, {"width": 8, "signed": True, "lanes": 8}
TINY = {"capacity": {"entries": 2}}
"""Queues of entries as short as they can be."""


def _zero(_):
    return Network([Layer(sp.csc_array((9, 14), dtype=np.int64), np.arange(9) * 5 - 20)])


def _heavy_rows(rng):
    """All the work on few PEs, then on others: queues fill while others starve."""
    weight = np.zeros((12, 200), np.int64)
    for k in range(0, 200, 25):
        weight[rng.integers(12), k:k + 25] = rng.integers(1, 5, 25)
    return Network([Layer(sp.csc_array(weight), np.arange(12))])


CASES = {
    "one_pe": (lambda rng: network(rng, (31, 23)), {"pes": 1, "activation": U8}),
    "one_pe_dense": (lambda rng: network(rng, (40, 70), density=1.0), {
        "pes": 1, "activation": S8, **TINY}),
    "one_weight": (lambda rng: network(rng, (1, 1), density=1.0), {"pes": 1, "activation": U8}),
    "two_pes": (lambda rng: network(rng, (60, 37), density=0.3), {"pes": 2, "activation": S8, **TINY}),
    "five_pes": (lambda rng: network(rng, (77, 41), density=0.2), {"pes": 5, "activation": U8, **TINY}),
    "five_pes_long_queues": (lambda rng: network(rng, (77, 41), density=0.2), {
        "pes": 5, "activation": U8, "stream_width": 128, "capacity": {"entries": 2000}}),
    "eight_pes_wide": (lambda rng: network(rng, (90, 100), density=0.3), {
        "pes": 8, "activation": U8, "stream_width": 256, **TINY}),
    "widest": (lambda rng: network(rng, (50, 100), density=0.5), {
        "pes": 8, "activation": S8, "stream_width": 512, **TINY}),
    "long_columns": (lambda rng: network(rng, (23, 130), density=0.9), {
        "pes": 2, "activation": U8, **TINY}),
    "halves": (lambda rng: network(rng, (300, 8), density=0.5), {
        "pes": 8, "broadcasts": 2, "activation": U8, **TINY}),
    "halves_long_columns": (lambda rng: network(rng, (100, 200), density=0.04), {
        "pes": 8, "broadcasts": 2, "activation": {"width": 8, "signed": True, "lanes": 16},
        "stream_width": 64, **TINY}),
    "more_pes_than_rows": (lambda rng: network(rng, (300, 3)), {"pes": 5, "activation": S8, **TINY}),
    "heavy_rows": (_heavy_rows, {"pes": 8, "queue_depth": 16, "activation": U8, **TINY}),
    "all_zero_matrix": (_zero, {"pes": 2, "activation": U8}),
    "relative": (lambda rng: network(rng, (50, 60), density=0.1), {
        "pes": 2, "activation": S8, "index": {"kind": "relative"}, **TINY}),
    "direct_wide_entries": (
        lambda rng: network(rng, (17, 11), values=range(-(1 << 23), 1 << 23), bias=1 << 39), {
            "pes": 3, "activation": {"width": 16, "signed": True, "lanes": 2}, "stream_width": 32,
            "weight": {"kind": "direct", "width": 24, "signed": True}}),
    "shift_add": (lambda rng: network(rng, (33, 29)), {
        "pes": 2, "activation": U8, "weight": {"kind": "shift_add", "width": 8, "signed": True}}),
    "requantized": (lambda rng: network(rng, (21, 12), requantize_last=True), {
        "pes": 2, "activation": S8, **TINY}),
}


@needs_icarus
@pytest.mark.parametrize("name, latency", [
    *((name, 2) for name in CASES), *((name, 1) for name in ("five_pes", "halves", "heavy_rows"))])
def test_equals_golden(name, latency, tmp_path):
    rng = np.random.default_rng(5)
    make, sparse = CASES[name]
    design = build({"name": name, "memory_latency": latency, "sparse": {**sparse, "entries": "stream"}},
                   make(rng), tmp_path)
    check(design, corner_vectors(rng, design.activation, design.network.inputs, 5), tmp_path,
          stalls=(0.0, 0.6))


@needs_icarus
@pytest.mark.parametrize("seed", range(6))
def test_random_designs(seed, tmp_path):
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)

    def pick(*values):
        return values[rng.integers(len(values))]

    sizes = rng.choice([1, 2, 5, 13, 40, 90], 2).tolist()
    net = network(rng, sizes, density=pick(0.05, 0.3, 1.0), values=range(-9, 7))
    broadcasts = pick(1, 2)
    design = build({"name": "random", "memory_latency": pick(1, 2), "sparse": {
        "entries": "stream", "stream_width": pick(32, 64, 128), "broadcasts": broadcasts,
        "pes": broadcasts * int(rng.integers(1, 6)), "queue_depth": pick(16, 17, 32),
        "activation": {"width": 8, "signed": True, "lanes": pick(4, 8)},
        "index": {"kind": pick("absolute", "relative", "per_layer")},
        "capacity": {"entries": pick(2, 50, 512)}}}, net, tmp_path)
    check(design, corner_vectors(rng, design.activation, net.inputs, 7), tmp_path, seed=seed + 1,
          stalls=(0.0, 0.6))


def test_a_layer_larger_than_any_memory(tmp_path):
    """More entries than an index of a RAM could tell apart, on one PE."""
    rng = np.random.default_rng(7)
    net = network(rng, (700, 500), density=0.8)
    assert net.layers[0].weight.nnz > 1 << 18
    design = build({"name": "huge", "sparse": {"pes": 1, "entries": "stream", "activation": U8}},
                   net, tmp_path)
    check(design, corner_vectors(rng, design.activation, net.inputs, 5)[2:], tmp_path,
          simulator="verilator", stalls=(0.0, 0.3))


@needs_icarus
def test_resets_and_images_in_the_middle(tmp_path):
    rng = np.random.default_rng(4)
    first, second = network(rng, (40, 33), density=0.5), network(rng, (19, 12))
    design = build({"name": "mid", "sparse": {"pes": 2, "activation": U8, "entries": "stream",
                                              "accumulator": {"width": 20}}}, first, tmp_path)
    c = design.config.sparse
    case = {}
    for name, net in (("first", first), ("second", second)):
        placements = place_within(net, c)
        (tmp_path / f"{name}.image").write_bytes(
            build_image(net, design.config, sections(net, design.config, placements)))
        (tmp_path / f"{name}.weights").write_bytes(streamed_bytes(placements[0], c))
        vectors = corner_vectors(rng, design.activation, net.inputs, 8)
        golden = replace(design, network=net).golden(vectors)
        case[name] = {"vectors": vectors.tolist(), "expected": golden.tolist()}
    _, _, payload = packet.parse((tmp_path / "second.image").read_bytes())
    (tmp_path / "broken.image").write_bytes(packet.build(packet.Kind.IMAGE, bytes(4) + payload[4:]))
    (tmp_path / "case.json").write_text(json.dumps(case))
    runner = get_runner("icarus")
    runner.build(sources=[design.verilog], hdl_toplevel="mid", build_dir=tmp_path,
                 timescale=("1ns", "1ps"))
    report = tmp_path / "results.xml"
    with suppress(SystemExit):  # that a test failed; the report says which
        runner.test(hdl_toplevel="mid", test_module="tests.hw.bench_streaming", build_dir=tmp_path,
                    test_dir=tmp_path, results_xml=str(report), extra_env={"CASE": str(tmp_path)})
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = [each.attrib["name"] for each in cases
              if any(each.find(tag) is not None for tag in ("failure", "error"))]
    assert len(cases) == 7 and not failed
