"""Images with Huffman-coded entries: same outputs as without, and errors where something is wrong."""

import shutil

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import Layer
from tests.hw.designs import build, check, corner_vectors, network

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"),
                                reason="Icarus Verilog is not installed")

U8 = {"width": 8, "signed": False, "lanes": 4}


def _empty(rng):
    """A layer without weights between two with some, and a PE without any."""
    net = network(rng, (12, 9, 9, 5))
    net.layers[1] = Layer(sp.csc_array((9, 9), dtype=np.int64), *_rest(net.layers[1]))
    weight = net.layers[2].weight.toarray()
    weight[1:] = 0
    net.layers[2] = Layer(sp.csc_array(weight), *_rest(net.layers[2]))
    return net


def _rest(layer):
    return layer.bias, layer.relu, layer.multiplier, layer.shift


CASES = {
    "layers": (lambda rng: network(rng, (20, 17, 9, 6)), {"pes": 3}),
    "one_weight_value": (lambda rng: network(rng, (14, 11), values=(3,)), {"pes": 2}),
    "absolute": (lambda rng: network(rng, (15, 22, 9)), {"pes": 2, "index": {"kind": "absolute"}}),
    "upper_bits": (lambda rng: network(rng, (15, 40, 9), density=0.1),
                   {"pes": 2, "index": {"kind": "per_layer", "lower": 2}}),
    "wide_direct": (lambda rng: network(rng, (14, 20), values=(-20000, -3, 1, 5, 29999)),
                    {"pes": 2, "weight": {"kind": "direct"}}),
    "wide_index": (lambda rng: network(rng, (3, 700), density=0.02),
                   {"pes": 1, "index": {"kind": "absolute"}}),
    "shift_add": (lambda rng: network(rng, (14, 12, 5), values=(-6, -3, 1, 4)),
                  {"pes": 2, "weight": {"kind": "shift_add"}}),
    "nothing": (_empty, {"pes": 3}),
}


@pytest.mark.parametrize("case, latency", [*((case, 2) for case in CASES), ("upper_bits", 1)])
def test_same_outputs(case, latency, tmp_path):
    make, sparse = CASES[case]
    rng = np.random.default_rng([list(CASES).index(case), latency])
    net = make(rng)
    design = build({"name": "coded", "memory_latency": latency,
                    "sparse": {"huffman": "image", "activation": U8, **sparse}}, net, tmp_path)
    c = design.config.sparse
    assert (c.capacity.upper_entries > 2) == (case == "upper_bits")
    assert (c.index.width > 8) == (case == "wide_index")
    assert (c.weight.code_width > 8) == (case == "wide_direct")
    vectors = corner_vectors(rng, design.activation, net.inputs, 8)
    check(design, vectors, tmp_path, stalls=[0.0, 0.4])
