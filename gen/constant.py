"""A constant integer matrix to a graph of adders, as da4ml's solver finds it.

The solver (da4ml, C. Sun et al., arXiv 2507.04535) is greedy. It is asked again for the same matrix in
other orders and with other signs of rows and columns, which make it take other turns, and the graph that
is cheapest in carry cells is taken.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from hw.errors import ThriftyError
from hw.shift_add.graph import Adder, Graph, Term
from hw.shift_add.offsets import cost

__all__ = ["adder_graph"]

WIDEST = 24
"""Bits of a weight, which the solver holds as floating-point numbers of single precision."""


def adder_graph(matrix: npt.NDArray[np.integer], low: int, high: int, *, tries: int = 100,
                seed: int = 1) -> Graph:
    """The cheapest of the graphs found for ``matrix @ x``.

    Args:
        matrix: Outputs x inputs.
        low, high: Range of each input.
        tries: How often the solver is asked.
        seed: Of the orders and signs.

    ThriftyError if da4ml is missing or a weight has more than 24 bits.
    """
    try:
        from da4ml.cmvm import solve
    except ImportError:
        raise ThriftyError('da4ml is missing: pip install "thrifty[constant]"') from None
    if max(abs(int(matrix.min())), abs(int(matrix.max()))) >> WIDEST:
        raise ThriftyError(f"a weight has more than {WIDEST} bits: scale the matrix down")
    rows, columns = matrix.shape
    if not matrix.any():
        return Graph(columns, low, high, (), (None,) * rows)
    rng = np.random.default_rng(seed)
    graphs = []
    for number in range(tries):
        # The first as it is.
        order = [rng.permutation(rows), rng.permutation(columns)]
        signs = [rng.choice([-1, 1], rows), rng.choice([-1, 1], columns)]
        if number == 0:
            order, signs = [np.arange(rows), np.arange(columns)], [np.ones(rows), np.ones(columns)]
        # The solver reads memory as it lies: a transposed view would be taken for the other matrix.
        kernel = np.ascontiguousarray((matrix * np.outer(*signs))[np.ix_(*order)].T, np.float32)
        solution = solve(kernel, method0=("wmc", "mc")[number % 2],
                         qintervals=[(float(low), float(high), 1.0)] * columns)
        graphs.append(_graph(solution, columns, low, high, order, signs))
    return min(graphs, key=cost)


def _graph(solution: Any, inputs: int, low: int, high: int, order: list[Any], signs: list[Any]) -> Graph:
    adders: list[Adder] = []
    # A value is a term, or None for 0.
    values: list[Term | None] = [Term(int(column), 0, bool(signs[1][column] < 0)) for column in order[1]]
    for part in solution.solutions:
        buffer: list[Term | None] = []
        for op in part.ops:
            if op.opcode == -1:
                buffer.append(_times(values[op.id0], part.inp_shifts[op.id0], False))
            else:
                second = _times(buffer[op.id1], op.data, op.opcode == 1)
                buffer.append(_add(adders, inputs, buffer[op.id0], second))
        values = [None if place < 0 else _times(buffer[place], shift, bool(negative))
                  for place, shift, negative in zip(part.out_idxs, part.out_shifts, part.out_negs,
                                                    strict=True)]
    outputs: list[Term | None] = [None] * len(values)
    for row, value in zip(order[0], values, strict=True):
        outputs[row] = _times(value, 0, bool(signs[0][row] < 0))
    return _positive(_reached(Graph(inputs, low, high, tuple(adders), tuple(outputs))))


def _times(term: Term | None, shift: int, negative: bool) -> Term | None:
    return term and Term(term.node, term.shift + int(shift), term.negative != negative)


def _add(adders: list[Adder], inputs: int, first: Term | None, second: Term | None) -> Term | None:
    if first is None or second is None:
        return first or second
    shift = min(first.shift, second.shift)
    adders.append(Adder((Term(first.node, first.shift - shift, first.negative),
                         Term(second.node, second.shift - shift, second.negative))))
    return Term(inputs + len(adders) - 1, shift)


def _reached(graph: Graph) -> Graph:
    """Without the adders that no output looks at."""
    used = {term.node for term in graph.outputs if term is not None}
    for node in range(graph.inputs + len(graph.adders) - 1, graph.inputs - 1, -1):
        if node in used:
            used |= {term.node for term in graph.adders[node - graph.inputs].terms}
    kept = [node for node in range(graph.inputs, graph.inputs + len(graph.adders)) if node in used]
    number = {**{k: k for k in range(graph.inputs)},
              **{node: graph.inputs + k for k, node in enumerate(kept)}}

    def renamed(term: Term) -> Term:
        return Term(number[term.node], term.shift, term.negative)

    return Graph(graph.inputs, graph.low, graph.high, tuple(
        Adder(tuple(map(renamed, graph.adders[node - graph.inputs].terms))) for node in kept),
        tuple(term and renamed(term) for term in graph.outputs))


def _positive(graph: Graph) -> Graph:
    """The same with outputs that are not negative: adders of the other sign, or one more of one term."""
    wanted = {term.node: term.negative for term in graph.outputs if term is not None}
    turned = {node for node, negative in wanted.items() if negative and node >= graph.inputs}

    def seen(term: Term, negate: bool) -> Term:
        return Term(term.node, term.shift, term.negative ^ (term.node in turned) ^ negate)

    adders = [Adder(tuple(seen(term, graph.inputs + k in turned) for term in adder.terms))
              for k, adder in enumerate(graph.adders)]
    outputs: list[Term | None] = []
    negated: dict[int, int] = {}
    for output in graph.outputs:
        term = output and seen(output, False)
        if term is not None and term.negative:
            if term.node not in negated:
                negated[term.node] = graph.inputs + len(adders)
                adders.append(Adder((Term(term.node, 0, True),)))
            term = Term(negated[term.node], term.shift)
        outputs.append(term)
    return Graph(graph.inputs, graph.low, graph.high, tuple(adders), tuple(outputs))
