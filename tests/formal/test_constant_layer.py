"""A constant layer keeps the handshake rule: outputs hold until they are taken."""

import pytest

from hw.shift_add.constant import ConstantLayer
from hw.shift_add.graph import Adder, Graph, Term
from tests.formal.handshake import feed, watch
from tests.formal.harness import prove

GRAPH = Graph(2, -2, 1, (
    Adder((Term(0), Term(1, 1, True))), Adder((Term(2), Term(0, 1))), Adder((Term(1, 0, True),))),
    (Term(3), Term(4), Term(2, 1), None))
"""Adders in two stages, a delay, and an output that is 0; no solver is needed."""


def test_handshake():
    def spec(m):
        m.submodules.dut = dut = ConstantLayer(GRAPH)
        feed(m, dut.i, "i")
        watch(m, dut.o, "o")
    prove(spec, name="handshake_constant_layer", depth=4, cover=10)


def test_the_graph_is_what_it_says():
    assert GRAPH.matrix() == [[3, -2], [0, -1], [2, -4], [0, 0]]
    assert GRAPH.latency == 2
    with pytest.raises(ValueError):
        ConstantLayer(GRAPH, "ice40")
