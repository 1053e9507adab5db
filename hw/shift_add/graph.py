"""Products with a constant matrix as a graph of additions and subtractions of shifted values."""

from dataclasses import dataclass
from functools import cached_property

__all__ = ["Adder", "Graph", "Term"]


@dataclass(frozen=True)
class Term:
    """``±(value << shift)`` of a node: inputs first, then adders in their order."""

    node: int
    shift: int = 0
    negative: bool = False

    def of(self, value: int) -> int:
        """The term's value where its node has ``value``."""
        return (-value if self.negative else value) << self.shift


@dataclass(frozen=True)
class Adder:
    """A sum of one or two terms; one term that is not negative would be no adder."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Graph:
    """Adders between ``inputs`` integers, each from ``low`` to ``high``, and the outputs.

    Args:
        adders: In an order in which each uses inputs and adders before it.
        outputs: None is an output that is always 0.
    """

    inputs: int
    low: int
    high: int
    adders: tuple[Adder, ...]
    outputs: tuple[Term | None, ...]

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """The least and the greatest value of every node, exact if its inputs vary freely."""
        rows = self.coefficients
        return [(sum(min(w * self.low, w * self.high) for w in row.values()),
                 sum(max(w * self.low, w * self.high) for w in row.values())) for row in rows]

    @cached_property
    def coefficients(self) -> list[dict[int, int]]:
        """What every node takes each input times."""
        rows: list[dict[int, int]] = [{k: 1} for k in range(self.inputs)]
        for adder in self.adders:
            row: dict[int, int] = {}
            for term in adder.terms:
                for column, weight in rows[term.node].items():
                    row[column] = row.get(column, 0) + term.of(weight)
            rows.append(row)
        return rows

    @cached_property
    def stages(self) -> list[int]:
        """The register behind which each node stands: 0 for inputs, 1 for adders of inputs alone."""
        stages = [0] * self.inputs
        for adder in self.adders:
            stages.append(1 + max(stages[term.node] for term in adder.terms))
        return stages

    @property
    def latency(self) -> int:
        """Stages of the longest way; at least 1."""
        return max([1, *(self.stages[term.node] for term in self.outputs if term is not None)])

    @cached_property
    def last_uses(self) -> list[int]:
        """The stage behind whose register each node is last looked at."""
        uses = list(self.stages)
        for stage, adder in zip(self.stages[self.inputs:], self.adders, strict=True):
            for term in adder.terms:
                uses[term.node] = max(uses[term.node], stage - 1)
        for output in self.outputs:
            if output is not None:
                uses[output.node] = self.latency
        return uses

    def matrix(self) -> list[list[int]]:
        """Outputs x inputs: the matrix that the graph multiplies with."""
        return [[0 if term is None else term.of(self.coefficients[term.node].get(column, 0))
                 for column in range(self.inputs)] for term in self.outputs]

    def output_range(self, output: int) -> tuple[int, int]:
        """The least and the greatest value of an output."""
        term = self.outputs[output]
        if term is None:
            return 0, 0
        low, high = sorted(map(term.of, self.ranges[term.node]))
        return low, high
