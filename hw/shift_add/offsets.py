"""A graph of adders in halves of carry cells: every node as an unsigned number with a known offset.

Nothing is negative then. A chain that adds two such numbers into as many bits as the sum has ends with
carry 0, and the next chain may follow in the same row of cells. A term that is subtracted is one's
complement, ``-n = ~n - (2 ** width - 1)``: wires, whose inversion the reader's LUT takes in. What the
offsets add up to comes off again where a node is an output. That costs nothing either: x + y + k of a
constant k is (x ^ y ^ k) + 2 * maj(x, y, k), and one half adds a function of two wires of its own column
and one of two wires of the column below (``hw.ecp5``).
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from hw.shift_add.graph import Graph, Term

__all__ = ["Bit", "Chain", "Function", "Held", "Half", "chains", "cost"]

Bit = tuple[int, int]
"""A node and one of its bits, as it is stored."""


@dataclass(frozen=True)
class Function:
    """Of up to two bits; ``table`` bit ``i`` is the value where the bits are those of ``i``."""

    bits: tuple[Bit, ...] = ()
    table: int = 0

    @property
    def free(self) -> bool:
        """Whether it may stand at the pins where zeros have to give 0: or it leaves one of them out."""
        return len(self.bits) < 2 or not self.table & 1

    def value(self, index: int) -> int:
        """Where its bits are the lowest ones of ``index``."""
        return self.table >> (index & (1 << len(self.bits)) - 1) & 1


@dataclass(frozen=True)
class Half:
    """What half a cell adds to the carry."""

    u: Function
    v: Function

    @property
    def fits(self) -> bool:
        """Whether no LUT is needed beside."""
        return self.u.free or self.v.free


@dataclass(frozen=True)
class Held:
    """How a node is stored: ``sign * value + offset`` is a number of ``width`` bits, 0 or more.

    Bits in the mask ``inverted`` are stored inverted.
    """

    sign: int
    width: int
    offset: int
    inverted: int


@dataclass(frozen=True)
class Chain:
    """How an adder is built.

    Args:
        passed: Its lowest bits, which are bits of one of its terms, or 0 between the two (None).
        halves: The bits above them, lowest first.
        closed: The carry out of the last half is always 0.
    """

    held: Held
    passed: tuple[Bit | None, ...]
    halves: tuple[Half, ...]
    closed: bool

    @property
    def luts(self) -> int:
        """Halves that take a LUT beside."""
        return sum(not half.fits for half in self.halves)

    @property
    def slots(self) -> int:
        return len(self.halves) + self.luts + (not self.closed)


@dataclass(frozen=True)
class _Operand:
    """A term's bits as they are added: ``number`` of them, from ``shift`` up."""

    node: int
    shift: int
    number: int
    inverted: int

    def bit(self, position: int) -> tuple[Bit, bool] | None:
        place = position - self.shift
        if not 0 <= place < self.number:
            return None
        return (self.node, place), bool(self.inverted >> place & 1)


def cost(graph: Graph) -> int:
    """Slots of LUT4 and carry cells, but for the ends of rows and before any node is turned."""
    return sum(chain.slots for chain in _chains(graph, frozenset()))


def chains(graph: Graph) -> list[Chain]:
    """How each adder is built, in their order.

    The negative of a node is stored where that takes fewer slots; tried for what LUTs are needed for.
    """
    turned: set[int] = set()
    best = _chains(graph, turned)
    slots = sum(chain.slots for chain in best)
    tried: set[int] = set()
    for number, adder in enumerate(graph.adders):
        for term in adder.terms if best[number].luts else ():
            if term.node < graph.inputs or term.node in tried:
                continue
            tried.add(term.node)
            found = _chains(graph, turned | {term.node})
            now = sum(chain.slots for chain in found)
            if now < slots:
                turned, best, slots = turned | {term.node}, found, now
    return best


def _chains(graph: Graph, turned: Set[int]) -> list[Chain]:
    outputs = {term.node for term in graph.outputs if term is not None}
    held = [_input(graph)] * graph.inputs
    result = []
    for number, adder in enumerate(graph.adders):
        node = graph.inputs + number
        low, high = graph.ranges[node]
        if node in outputs:
            chain = _output(adder.terms, held, low, high)
        elif node in turned:
            chain = _inner(adder.terms, held, -1, -high, -low)
        else:
            chain = _inner(adder.terms, held, 1, low, high)
        held.append(chain.held)
        result.append(chain)
    return result


def _input(graph: Graph) -> Held:
    return _twos_complement(graph.low, graph.high)


def _twos_complement(low: int, high: int) -> Held:
    """How a two's complement number looks without its sign: its first bit inverted and an offset."""
    if low >= 0:
        return Held(1, high.bit_length(), 0, 0)
    top = max((-low - 1).bit_length(), high.bit_length() if high > 0 else 0)
    return Held(1, top + 1, 1 << top, 1 << top)


def _operands(terms: Sequence[Term], held: Sequence[Held], sign: int) -> tuple[list[_Operand], int]:
    """The terms as they are added, and the offset that their sum has."""
    operands, offset = [], 0
    for term in terms:
        each = held[term.node]
        ones = (1 << each.width) - 1
        if (sign * each.sign < 0) != term.negative:
            operands.append(_Operand(term.node, term.shift, each.width, each.inverted ^ ones))
            offset += (ones - each.offset) << term.shift
        else:
            operands.append(_Operand(term.node, term.shift, each.width, each.inverted))
            offset += each.offset << term.shift
    return operands, offset


def _output(terms: Sequence[Term], held: Sequence[Held], low: int, high: int) -> Chain:
    """In two's complement, with no bit inverted."""
    operands, offset = _operands(terms, held, 1)
    form = _twos_complement(low, high)
    constant = -offset % (1 << form.width)
    start = max(operand.shift for operand in operands) if len(operands) > 1 else form.width
    if constant:
        start = min(start, (constant & -constant).bit_length() - 1)
    while any((bit := operand.bit(position)) and bit[1] for operand in operands
              for position in range(start)):
        start -= 1
    closed = high + offset + constant < 1 << form.width
    return _chain(form, operands, constant, start, closed)


def _inner(terms: Sequence[Term], held: Sequence[Held], sign: int, low: int, high: int) -> Chain:
    operands, offset = _operands(terms, held, sign)
    start = max(operand.shift for operand in operands) if len(operands) > 1 else 1 << 30
    least, most = low + offset, high + offset
    width = (most - least).bit_length()
    if most >> width:
        # The carry out of so few bits is not known. The multiple of 2 ** start below `least` comes off.
        surplus = least >> start << start
        if (most - surplus) >> width == 0:
            held_ = Held(sign, width, offset - surplus, 0)
            narrow = _chain(held_, operands, -surplus % (1 << width), start, False)
            if not narrow.luts:
                return narrow
        width = most.bit_length()
    return _chain(Held(sign, width, offset, 0), operands, 0, start, True)


def _chain(held: Held, operands: Sequence[_Operand], constant: int, start: int, closed: bool) -> Chain:
    passed: list[Bit | None] = []
    inverted = held.inverted
    for position in range(min(start, held.width)):
        # Only one of them starts so low.
        one_bit = next((bit for operand in operands if (bit := operand.bit(position))), (None, False))
        passed.append(one_bit[0])
        inverted |= one_bit[1] << position
    halves = []
    below: Function | None = None
    for position in range(start, held.width):
        found = [bit for operand in operands if (bit := operand.bit(position))]
        wires = tuple(bit for bit, _ in found)
        flips = sum(flip << k for k, (_, flip) in enumerate(found))
        one = constant >> position & 1
        if len(found) + one + (below is not None) <= 2:
            parts = [Function((bit,), 0b01 if flip else 0b10) for bit, flip in found]
            parts += [Function((), 1)] * one + ([below] if below is not None else [])
            halves.append(Half(*(*parts, Function(), Function())[:2]))
            below = None
        else:
            sums = [one + (index ^ flips).bit_count() for index in range(1 << len(wires))]
            parity = Function(wires, sum((each & 1) << k for k, each in enumerate(sums)))
            halves.append(Half(parity, below or Function()))
            below = Function(wires, sum((each >> 1) << k for k, each in enumerate(sums)))
    held = Held(held.sign, held.width, held.offset, inverted)
    return Chain(held, tuple(passed), tuple(halves), closed)
