"""How many bits meet in how many carry chains, stage by stage: a small integer programme.

Unknowns, for each stage t and column c: the halves of chains in the column, the chains that start and
that end there, the plain bits taken, the pairs of bits taken as XOR (their AND takes a slot of the next
column), and the bits waiting; for each stage the products taken. All chains of a stage stand between
the same registers, so nothing else matters. The price of a plan is its halves and, far cheaper, its
registers.

Solved exactly this takes many seconds. But its linear relaxation is within a percent of the optimum, so
the stages are settled one after the other, the later ones still allowed fractions. Where that leads
nowhere, the stage before can be settled again, together with the one that failed.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

__all__ = ["ECP5", "ICE40", "Column", "Technology", "plan"]


class Technology(NamedTuple):
    """Whether two bits may share a slot, and the price in halves of a register that delays a bit."""

    pairs: bool
    delay: float


ECP5 = Technology(pairs=True, delay=0.04)
"""Cells have registers to spare."""

ICE40 = Technology(pairs=False, delay=1)
"""A register takes a whole cell: its input is the cell's LUT."""

_GAP = 0.003


class Column(NamedTuple):
    """What one stage does in one column: numbers of each."""

    starts: int
    halves: int
    ends: int
    singles: int
    pairs: int
    products: int


def plan(columns: tuple[int, ...], products: int, total: int, depth: int,
         technology: Technology, *, careful: bool) -> list[list[Column]] | None:
    """The columns of each stage; None if there is no plan, or none is found.

    Args:
        columns: Plain bits to add, by column, there from the first stage on.
        products: Products to add, in column 0.
        total: No sum exceeds it: columns above its top bit stay empty.
        depth: Stages.
        careful: Settle stages again where that is needed, which may take many times as long.

    The solver is deterministic: one version gives one plan.
    """
    return _Programme(columns, products, total.bit_length(), depth, technology).solve(careful)


class _Programme:
    def __init__(self, columns: tuple[int, ...], products: int, width: int, depth: int,
                 technology: Technology):
        self.width, self.depth = width, depth
        self.names: dict[tuple[str, int, int], int] = {}
        self.rows: list[Mapping[int, float]] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.price: dict[int, float] = {}
        self.fixed: dict[int, float] = {}
        for t in range(depth):
            for c in range(width):
                self._column(t, c, technology)
            take = self._name("products", t, 0)
            self.price[take] = 2 * technology.delay * t
        for c in range(width):
            self.fixed[self._name("waiting", 0, c)] = columns[c] if c < len(columns) else 0
            self._row({self._name("waiting", depth, c): 1}, upper=1)
        self._row({self._name("products", t, 0): 1 for t in range(depth)}, products, products)

    def _name(self, what: str, t: int, c: int) -> int:
        return self.names.setdefault((what, t, c), len(self.names))

    def _row(self, row: Mapping[int, float], lower: float = -np.inf, upper: float = 0) -> None:
        self.rows.append(row)
        self.lower.append(lower)
        self.upper.append(upper)

    def _column(self, t: int, c: int, technology: Technology) -> None:
        starts, halves, ends, singles, pair, waiting = (
            self._name(what, t, c)
            for what in ("starts", "halves", "ends", "singles", "pairs", "waiting"))
        after = self._name("waiting", t + 1, c)
        below = (lambda what: self._name(what, t, c - 1)) if c else None
        chains = {halves: 1.0, starts: -1.0}
        slots = {singles: 1.0, pair: 1.0, halves: -2.0, starts: -1.0}
        bits = {after: 1.0, waiting: -1.0, singles: 1.0, pair: 2.0, halves: -1.0}
        if below:
            chains |= {below("halves"): -1.0, below("ends"): 1.0}
            slots[below("pairs")] = 1.0
            bits[below("ends")] = -1.0
        else:
            slots[self._name("products", t, 0)] = 1.0
        self._row(chains, 0)
        self._row(slots)
        self._row({singles: 1, pair: 2, waiting: -1})
        self._row(bits, 0)
        self._row({ends: 1, halves: -1}, 0 if c == self.width - 1 else -np.inf)
        if c == self.width - 1 or not technology.pairs:
            self.fixed[pair] = 0
        self.price |= {starts: 1, halves: 1 - technology.delay, after: technology.delay,
                       ends: 0 if c == self.width - 1 else -technology.delay}

    def solve(self, careful: bool) -> list[list[Column]] | None:
        """The plan, if there is one."""
        size = len(self.names)
        cells = [(i, k, value) for i, row in enumerate(self.rows) for k, value in row.items()]
        where, which, values = zip(*cells, strict=True)
        matrix = csr_array((values, (where, which)), shape=(len(self.rows), size))
        limits = LinearConstraint(matrix, self.lower, self.upper)
        price = np.zeros(size)
        price[list(self.price)] = list(self.price.values())
        stage = np.array([t for _, t, _ in self.names])
        lower, upper = np.zeros(size), np.full(size, np.inf)
        lower[list(self.fixed)] = upper[list(self.fixed)] = list(self.fixed.values())
        settled, current = 0, 0
        found = np.zeros(size)
        while current < self.depth:
            keep = stage < settled
            bounds = Bounds(np.where(keep, found, lower), np.where(keep, found, upper))
            answer: Any = milp(price, constraints=limits, bounds=bounds, options={"mip_rel_gap": _GAP},
                               integrality=(stage <= current).astype(int))
            if answer.x is not None:
                found = np.where(stage <= current, np.round(answer.x), answer.x)
                settled = current = current + 1
            elif settled and careful:
                settled -= 1
            else:
                return None
        numbers = {name: round(found[k]) for name, k in self.names.items()}
        return [[Column(*(numbers.get((what, t, c), 0) for what in Column._fields))
                 for c in range(self.width)] for t in range(self.depth)]
