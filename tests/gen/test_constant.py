"""Constant matrices to adder graphs, and the command that writes them."""

import json
import sys
from importlib import util

import numpy as np
import pytest

from gen.verilog import emit
from hw.shift_add.constant import ConstantLayer
from hw.shift_add.ecp5 import LONGEST, rows
from hw.shift_add.graph import Adder, Graph, Term
from hw.shift_add.offsets import chains
from tests.gen.command import refused, thrifty

needs_solver = pytest.mark.skipif(
    not util.find_spec("da4ml"), reason="needs thrifty[constant]")


@needs_solver
@pytest.mark.parametrize("seed", range(8))
def test_the_graph_is_the_matrix(seed):
    from gen.constant import adder_graph

    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 17, 2)
    matrix = rng.integers(-128, 128, shape) * (rng.random(shape) < rng.random())
    graph = adder_graph(matrix, -128, 127, tries=4)
    assert graph.matrix() == matrix.tolist()
    assert not any(term.negative for term in graph.outputs if term is not None)
    # The same again: nothing hangs on the state of the solver.
    assert adder_graph(matrix, -128, 127, tries=4) == graph


@needs_solver
def test_more_tries_are_no_dearer():
    from gen.constant import adder_graph
    from hw.shift_add.offsets import cost

    matrix = np.random.default_rng(1).integers(-8, 8, (8, 8))
    prices = [cost(adder_graph(matrix, -128, 127, tries=tries)) for tries in (1, 4, 16)]
    assert prices == sorted(prices, reverse=True)


def test_ranges_and_rows():
    """x + 2 y and x - y: nine bits above the one that passes, and ten."""
    graph = Graph(2, -128, 127, (
        Adder((Term(0), Term(1, 1))), Adder((Term(0), Term(1, 0, True)))), (Term(2), Term(3, 2)))
    assert graph.ranges[2:] == [(-384, 381), (-255, 255)]
    assert graph.output_range(1) == (-1020, 1020)
    built = chains(graph)
    assert [chain.held.width for chain in built] == [10, 9]
    assert all(sum(len(built[k].halves) for k in row) < LONGEST for row in rows(built))
    assert sorted(k for row in rows(built) for k in row) == [0, 1]


@needs_solver
def test_command(tmp_path):
    matrix = np.random.default_rng(2).integers(-8, 8, (3, 4))
    np.save(tmp_path / "2 w.npy", matrix)
    said = thrifty("constant", tmp_path / "2 w.npy", "-o", tmp_path / "b", "--width", 4, "--unsigned",
                   "--json")
    assert said.code == 0, said.err
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert said.json == {**manifest, "up_to_date": False}
    assert manifest["name"] == "layer_2_w"
    assert [field["signed"] for field in manifest["outputs"]] == [bool(row.min() < 0) for row in matrix]
    assert [port["width"] for port in manifest["ports"] if port["name"] == "i_payload"] == [16]
    text = (tmp_path / "b" / "layer_2_w.v").read_text()
    assert "module layer_2_w(" in text and "CCU2C" not in text
    assert "CCU2C" in (tmp_path / "b" / "layer_2_w.ecp5.v").read_text()
    again = thrifty("constant", tmp_path / "2 w.npy", "-o", tmp_path / "b", "--width", 4, "--unsigned",
                    "--json")
    assert again.json["up_to_date"]


@needs_solver
@pytest.mark.parametrize(("matrix", "message"), [
    (np.ones((2, 2)), "integers are needed, not float64"),
    (np.ones(3, int), "a matrix of outputs x inputs is needed, not one of shape (3,)"),
    (np.ones((0, 3), int), "a matrix of outputs x inputs is needed, not one of shape (0, 3)"),
    (np.full((1, 1), 1 << 24), "a weight has more than 24 bits"),
    (np.ones((200, 200), int), "40,000 weights; at most 16,384 can become adders"),
])
def test_refused(tmp_path, matrix, message):
    np.save(tmp_path / "w.npy", matrix)
    assert message in refused("constant", tmp_path / "w.npy", "-o", tmp_path / "b")
    assert not (tmp_path / "b" / "manifest.json").exists()


def test_without_da4ml(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "da4ml.cmvm", None)
    monkeypatch.setitem(sys.modules, "da4ml", None)
    np.save(tmp_path / "w.npy", np.eye(2, dtype=int))
    assert refused("constant", tmp_path / "w.npy", "-o", tmp_path / "b") == (
        'da4ml is missing: pip install "thrifty[constant]"')


def test_the_text_is_the_same_again():
    graph = Graph(1, 0, 15, (Adder((Term(0), Term(0, 3))),), (Term(1),))
    assert emit(ConstantLayer(graph, "ecp5"), "layer") == emit(ConstantLayer(graph, "ecp5"), "layer")
