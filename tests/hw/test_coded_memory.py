"""Entries that stay Huffman-coded in memory: outputs of whole designs, and what cannot be built."""

import shutil

import numpy as np
import pytest
from pydantic import ValidationError

from gen.resolve import resolve
from gen.sparse import sections
from hw.errors import ThriftyError
from sim.golden.network import evaluate
from tests.hw.configs import config
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
from tests.hw.test_coded_image import U8, _empty

ICARUS = pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")

CASES = {
    "layers": (lambda rng: network(rng, (20, 17, 9, 6)), {"pes": 3}),
    "one_weight_value": (lambda rng: network(rng, (14, 11), values=(3,)), {"pes": 2}),
    "absolute": (lambda rng: network(rng, (15, 22, 9)), {"pes": 2, "index": {"kind": "absolute"}}),
    "long_columns": (lambda rng: network(rng, (9, 200), density=0.9), {"pes": 2}),
    "sparse": (lambda rng: network(rng, (40, 300), density=0.03), {"pes": 3}),
    "many_codes": (lambda rng: network(rng, (14, 40), values=range(1, 200)), {"pes": 2}),
    "shift_add": (lambda rng: network(rng, (14, 12, 5), values=(-6, -3, 1, 4)),
                  {"pes": 2, "weight": {"kind": "shift_add"}}),
    "halves": (lambda rng: network(rng, (60, 40), density=0.05),
               {"pes": 8, "broadcasts": 2, "drains": 2}),
    "nothing": (_empty, {"pes": 3}),
}


def draft(sparse, latency=2):
    return {"name": "coded", "memory_latency": latency,
            "sparse": {"huffman": "memory", "activation": U8, **sparse}}


@ICARUS
@pytest.mark.parametrize("case, latency", [*((case, 2) for case in CASES), ("layers", 1),
                                           ("long_columns", 1)])
def test_same_outputs(case, latency, tmp_path):
    make, sparse = CASES[case]
    rng = np.random.default_rng([list(CASES).index(case), latency])
    net = make(rng)
    design = build(draft(sparse, latency), net, tmp_path)
    placements = resolve(draft(sparse, latency), net, "draft")[1]
    assert placements[0].long == (case == "long_columns")
    assert placements[0].halves == (case == "halves")
    check(design, corner_vectors(rng, design.activation, net.inputs, 8), tmp_path, stalls=[0.0, 0.4])


@ICARUS
def test_another_network_on_the_same_hardware(tmp_path):
    """A new image brings other codes, after vectors have been computed with the old ones."""
    rng = np.random.default_rng(5)
    first, second = network(rng, (20, 30, 8)), network(rng, (18, 25, 7), density=0.3, values=(-5, 2, 7))
    design = build(draft({"pes": 3}), first, tmp_path)
    runs = []
    for net, image in ((first, design.image), (second, compile_image(second, design.config))):
        vectors = corner_vectors(rng, design.activation, net.inputs, 6)
        runs.append((net, image, vectors))
    packets, expected = [], []
    for net, image, vectors in (*runs, runs[0]):
        packets += [image, *(vector_packet(design.activation, each, 1) for each in vectors)]
        golden = evaluate(net, vectors, design.activation.width, design.activation.signed)
        expected += [[0], *golden.tolist()]
    answers = results(design.config, play(design, packets, tmp_path).packets)
    assert [answer[2] for answer in answers] == expected


@pytest.mark.parametrize("changes, message", [
    ({"sparse__weight": {"kind": "direct", "width": 8, "signed": True}},
     'huffman = "memory" codes shared weights: set weight.kind to "codebook" or "shift_add", or huffman '
     'to "image"'),
    ({"sparse__index": {"kind": "per_layer", "width": 3, "lower": 2}},
     'index.lower needs entries of one width: leave it out, or set huffman to "image"'),
    ({"sparse__index": {"kind": "per_layer", "width": 13}},
     'index.width 13 and the 4 bits of a code must be at most 16 together with huffman = "memory": use '
     "more PEs or fewer shared weights"),
    ({"sparse__entries": "stream"}, 'huffman needs entries = "memory": streamed ones are not coded'),
])
def test_rules(changes, message):
    with pytest.raises(ValidationError, match=message):
        config(**{"sparse__huffman": "memory", **changes})


def test_too_many_bits():
    net = network(np.random.default_rng(1), (30, 40))
    _, placements = resolve(draft({"pes": 2}), net, "draft")
    cfg, _ = resolve(draft({"pes": 2, "capacity": {"entries": 20}}), net, "draft")
    with pytest.raises(ThriftyError, match=r"layer 0: \d+ words of 16 bits on PE \d, but "
                       r"capacity.entries is 20: set it to \d+, or use at least \d+ PEs"):
        sections(net, cfg, placements)


def test_hardware_id():
    """An image with coded entries is not one for hardware without a decoder, and the other way round."""
    ids = {config(sparse__huffman=where).hardware_id() for where in ("none", "image", "memory")}
    assert len(ids) == 3
