"""The steps that a lane with bins goes through, and what comes out of it, in Python integers."""

from dataclasses import dataclass, field

from hw.shift_add.bins import BINS, FILL, BinsLane
from hw.shift_add.layout import EXPONENT

__all__ = ["Steps"]


@dataclass
class Steps:
    """Rows of ``lanes.simulate`` for a lane; each output is asked for by ``output``."""

    lane: BinsLane
    rows: list[dict[str, int]] = field(default_factory=list)
    outputs: list[tuple[int, int]] = field(default_factory=list)  # row of its first bit, value
    total: int = 0

    def __post_init__(self):
        self.clear()  # whatever the bins hold

    def shift(self, x: int, exponent: int, positive: int, write: int = 1) -> None:
        """Add +-x * 2 ** exponent."""
        self._step(x, exponent, positive, write, i_rest=1, i_adder=0)
        self.total += write * (x if positive else -x) << exponent

    def adder(self, x: int, w: int, write: int = 1) -> None:
        """Add min(x, w)."""
        value = w & (1 << self.lane.activation.width) - 1
        self._row(x, value, write, i_rest=1, i_adder=1)
        self.total += write * min(x, w)

    def output(self, *, adder: int = 0) -> None:
        """Combine, and make ready for the next one, at once."""
        self.outputs.append((len(self.rows), self.total))
        for number in range(BINS):
            self._step(0, number, 1, 0, i_adder=adder)
        self.clear(adder=adder)

    def clear(self, *, adder: int = 0) -> None:
        """Write zeros to all bins; without a cycle between that and what comes next."""
        for number in range(FILL):
            self._step(-1, number, 0, 0, i_fill=1, i_adder=adder)
        for number in range(BINS):
            self._step(-1, number, 0, 1, i_clear=1, i_rest=number == BINS - 1, i_adder=adder)
        self.total = 0

    def check(self, found: list[dict[str, int]]) -> None:
        """The outputs are there, at their time."""
        for first, expected in self.outputs:
            first += self.lane.latency
            low = sum(found[first + k]["o_low"] << k for k in range(BINS))
            assert (found[first + BINS - 1]["o_sum"] << BINS) + low == expected

    def _step(self, x: int, exponent: int, positive: int, write: int, **shared: int) -> None:
        self._row(x, exponent | positive << EXPONENT, write, **shared)

    def _row(self, x: int, value: int, write: int, **shared: int) -> None:
        above = len(self.lane.i_weight.as_value()) - 1
        self.rows.append({"i_not_x": ~x, "i_weight": value | write << above, **shared})
