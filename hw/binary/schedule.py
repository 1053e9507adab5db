"""Which bits meet in which carry chain, in which pipeline stage, to count many bits.

A chain is a ripple of halves, one a column (a column is a power of two). Each half adds two slots and a
carry and puts out the sum's bit; the last carry is a bit of the next column. The carry into the first
half is a third slot. A slot takes one of four things:

- a product: ``a ^ w`` of one pair of inputs, in column 0;
- a bit that an earlier stage put out, in its column;
- the XOR of two such bits, in their column, and then
- their AND, in the next column of the same stage (XOR + 2 AND is the sum of the bits).

A chain of L halves takes up to 2 L + 1 slots and puts out L + 1 bits; it costs L + 1 halves of a carry
chain, one of them to join it to the next. So counting n bits takes n minus the bits of the result, plus
the number of chains, plus slots left empty: the fewer chains the better. Products fill three slots of
a chain's first half; what puts bits into its upper halves is to feed the products in over several
stages, at the price of registers that delay them. ``hw.binary.plan`` finds the balance.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from hw.binary.plan import Column, Technology, plan

__all__ = ["LARGEST", "Chain", "Schedule", "Slot", "check_count", "schedule"]

LARGEST = 1024
"""Bits that can be counted."""


class Slot(NamedTuple):
    """What enters one input of a chain: ``kind`` is product, bit, xor or and; numbers of bits."""

    kind: str
    first: int
    second: int = -1


@dataclass(frozen=True)
class Chain:
    """Halves from ``column`` upwards.

    Members:
        carry: What enters below the first half, in its column.
        halves: Up to two slots each.
        sums: The bit that each half puts out.
        carry_out: The bit in the column above the last; None if it is always 0.
    """

    column: int
    carry: Slot | None
    halves: tuple[tuple[Slot, ...], ...]
    sums: tuple[int, ...]
    carry_out: int | None

    @property
    def outputs(self) -> tuple[int, ...]:
        """The bits that it puts out, lowest first."""
        return self.sums if self.carry_out is None else (*self.sums, self.carry_out)

    @property
    def slots(self) -> Iterator[tuple[int, Slot]]:
        """Column and slot, for each that is filled."""
        if self.carry is not None:
            yield self.column, self.carry
        for column, half in enumerate(self.halves, self.column):
            for slot in half:
                yield column, slot


@dataclass(frozen=True)
class Schedule:
    """Stages of chains, and a register behind each of them.

    Members:
        columns: Of each plain bit; those put in come first, the chains' follow.
        born: The stage after which a bit is there; 0 for those put in. Stage 1 is the first.
        products: Products put in.
        stages: The chains of each.
        result: The bits that are left, at most one a column: their values add up to the count.
    """

    columns: tuple[int, ...]
    born: tuple[int, ...]
    products: int
    stages: tuple[tuple[Chain, ...], ...]
    result: tuple[int, ...]


def check_count(n: int) -> None:
    """ValueError if ``n`` cannot be counted."""
    if not 1 <= n <= LARGEST:
        raise ValueError(f"n must be 1 to {LARGEST}, not {n}")


@cache
def schedule(columns: tuple[int, ...], products: int, total: int, technology: Technology,
             most: int) -> Schedule:
    """The sum of plain bits and products, in few stages.

    Args:
        columns: Plain bits by column.
        products: Products, in column 0.
        total: No sum exceeds it.
        technology: ``hw.binary.plan.ECP5`` or ``ICE40``.
        most: Stages that there may be; ValueError if more are needed.
    """
    # Products that enter late need a stage more, and no fewer do for plain bits.
    shortest = max(1, (total - 1).bit_length() - (1 if products else 2))
    for careful in (False, True):
        for depth in range(shortest, most + 1):
            planned = plan(columns, products, total, depth, technology, careful=careful)
            if planned is not None:
                return _Builder(columns, products, total.bit_length()).build(planned)
    raise ValueError(f"{most} stages are too few to add {products} products and {columns} bits")


class _Builder:
    """Numbers to chains: bits that wait longest go first."""

    def __init__(self, columns: tuple[int, ...], products: int, width: int):
        self.columns = [c for c, count in enumerate(columns) for _ in range(count)]
        self.born = [0] * len(self.columns)
        self.waiting: list[deque[int]] = [deque() for _ in range(width)]
        for bit, column in enumerate(self.columns):
            self.waiting[column].append(bit)
        self.products = iter(range(products))
        self.count = products
        self.width = width

    def build(self, planned: list[list[Column]]) -> Schedule:
        stages = tuple(self._stage(number, stage) for number, stage in enumerate(planned, 1))
        while stages and not stages[-1]:
            stages = stages[:-1]
        result = tuple(bit for column in self.waiting for bit in column)
        return Schedule(tuple(self.columns), tuple(self.born), self.count, stages, result)

    def _bit(self, column: int, stage: int) -> int:
        self.columns.append(column)
        self.born.append(stage)
        return len(self.columns) - 1

    def _stage(self, number: int, stage: list[Column]) -> tuple[Chain, ...]:
        every: list[_Growing] = []
        going: list[_Growing] = []
        above: dict[Slot, _Growing] = {}
        for c, column in enumerate(stage):
            started = [_Growing(c) for _ in range(column.starts)]
            every += started
            going += started
            for chain in going:
                chain.halves.append([])
            # An AND reads the wires of its XOR: beside it if there is room.
            ands = []
            for slot, chain in above.items():
                if chain in going and len(chain.halves[-1]) < 2:
                    chain.halves[-1].append(slot)
                else:
                    ands.append(slot)
            take = self.waiting[c].popleft
            pairs = [(take(), take()) for _ in range(column.pairs)]
            singles = [Slot("bit", take()) for _ in range(column.singles)]
            products = [Slot("product", next(self.products)) for _ in range(column.products)]
            # Chains end in the order in which they started: those that go on take the pairs.
            room = [place for chain in going for place in chain.room(c)]
            for slot, place in zip((*products, *ands, *singles), room, strict=False):
                place.append(slot)
            room = [place for chain in reversed(going) for place in chain.room(c)]
            above = {}
            for pair, place in zip(pairs, room, strict=False):
                place.append(Slot("xor", *pair))
                owner = next(chain for chain in going if any(place is each for each in chain.places))
                above[Slot("and", *pair)] = owner
            going = going[column.ends:]
        chains = []
        for grown in every:
            top = grown.column + len(grown.halves)
            sums = tuple(self._bit(c, number) for c in range(grown.column, top))
            carry_out = self._bit(top, number) if top < self.width else None
            chains.append(Chain(grown.column, next(iter(grown.carry), None),
                                tuple(map(tuple, grown.halves)), sums, carry_out))
        for finished in chains:
            for bit in finished.outputs:
                self.waiting[self.columns[bit]].append(bit)
        return tuple(chains)


class _Growing:
    """A chain while its slots are filled."""

    def __init__(self, column: int):
        self.column = column
        self.carry: list[Slot] = []
        self.halves: list[list[Slot]] = []

    @property
    def places(self) -> list[list[Slot]]:
        return [self.carry, *self.halves]

    def room(self, column: int) -> list[list[Slot]]:
        """The lists that still take slots of a column, once for each."""
        free = [self.halves[-1]] * (2 - len(self.halves[-1]))
        return [self.carry, *free] if column == self.column and not self.carry else free
