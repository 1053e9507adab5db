"""A matrix that is known at generation times a vector a cycle: a pipeline of adders."""

from amaranth import Cat, Const, Module, Signal, Value, signed, unsigned
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out

from hw.shift_add import ecp5
from hw.shift_add.graph import Graph, Term
from hw.shift_add.offsets import Bit, chains

__all__ = ["ConstantLayer"]


class ConstantLayer(Component):
    """``o = matrix @ i``, exact, one vector a cycle.

    Args:
        graph: The matrix as adders.
        family: None for plain additions, "ecp5" for its carry cells: the same ports and latency.

    Members:
        i: Stream of all elements of a vector.
        o: Stream of all its outputs, a field each, of the width that its range asks for.

    Latency ``latency`` cycles, throughput 1 vector a cycle. A register stands behind every adder. All of
    them wait together where an output has to wait: ``i.ready`` is a function of ``o.ready``.
    """

    def __init__(self, graph: Graph, family: str | None = None):
        if family not in (None, "ecp5"):
            raise ValueError(f"family must be None or ecp5, not {family!r}")
        self.graph, self.family, self.latency = graph, family, graph.latency
        shape = _shape(graph.low, graph.high)
        outputs = {f"_{k}": _shape(*graph.output_range(k)) for k in range(len(graph.outputs))}
        super().__init__({"i": In(stream.Signature(data.ArrayLayout(shape, graph.inputs))),
                          "o": Out(stream.Signature(data.StructLayout(outputs)))})

    def elaborate(self, platform):
        m = Module()
        moves = Signal(self.latency)
        valid = Signal(self.latency)
        m.d.comb += [self.i.ready.eq(moves[0]), self.o.valid.eq(valid[-1])]
        if self.family:
            ecp5.copies(m, self.o.ready, self.o.valid, moves)
        else:
            m.d.comb += moves.eq((self.o.ready | ~self.o.valid).replicate(self.latency))
        with m.If(moves[0]):
            m.d.sync += valid.eq(Cat(self.i.valid, valid))
        build = self._cells if self.family else self._sums
        for k, (field, value) in enumerate(zip(self.graph.outputs, build(m, moves), strict=True)):
            m.d.comb += self.o.payload[f"_{k}"].eq(0 if field is None else value << field.shift)
        return m

    def _sums(self, m: Module, moves: Value) -> list[Value]:
        """The outputs, unshifted, from plain additions."""
        graph = self.graph
        pipes = [_Pipe(m, moves, self.i.payload[k], 0, f"i_{k}") for k in range(graph.inputs)]
        for k, adder in enumerate(graph.adders):
            node = graph.inputs + k
            stage = graph.stages[node]
            total = Signal(_shape(*graph.ranges[node]), name=f"sum_{k}")
            m.d.comb += total.eq(_sum([(term, pipes[term.node].at(stage - 1)) for term in adder.terms]))
            pipes.append(_Pipe(m, moves, total, stage - 1, f"sum_{k}"))
        return [Const(0) if term is None else pipes[term.node].at(self.latency)
                for term in graph.outputs]

    def _cells(self, m: Module, moves: Value) -> list[Value]:
        """The outputs, unshifted, from carry cells."""
        graph = self.graph
        built = chains(graph)
        # Every bit of a node is another one's or a sum.
        pipes: list[list[_Pipe | _Zero]] = [[_Pipe(m, moves, bit, 0, f"i_{k}_{place}")
                  for place, bit in enumerate(Value.cast(self.i.payload[k]))]
                 for k in range(graph.inputs)]
        zero = _Zero()
        sums = []
        for k, chain in enumerate(built):
            stage = graph.stages[graph.inputs + k]
            sums.append(total := Signal(len(chain.halves), name=f"sum_{k}"))
            pipes.append([zero if bit is None else pipes[bit[0]][bit[1]] for bit in chain.passed]
                         + [_Pipe(m, moves, bit, stage - 1, f"sum_{k}_{place}")
                            for place, bit in enumerate(total)])

        def wire(number: int, bit: Bit) -> Value:
            node, place = bit
            return pipes[node][place].at(graph.stages[graph.inputs + number] - 1)

        ecp5.add(m, built, wire, sums)
        outputs = []
        for term in graph.outputs:
            if term is None:
                outputs.append(Const(0))
                continue
            bits = Cat(pipe.at(self.latency) for pipe in pipes[term.node])
            outputs.append(bits.as_signed() if graph.ranges[term.node][0] < 0 else bits)
        return outputs


class _Pipe:
    """A value that appears at a stage, and its delays as far as they are asked for."""

    def __init__(self, m: Module, moves: Value, value: Value, stage: int, name: str):
        self.m, self.moves, self.stage, self.name = m, moves, stage, name
        self.values = [value]

    def at(self, stage: int) -> Value:
        while self.stage + len(self.values) <= stage:
            register = Signal.like(self.values[-1], name=f"{self.name}_{len(self.values)}",
                                   reset_less=True)
            with self.m.If(self.moves[self.stage + len(self.values) - 1]):
                self.m.d.sync += register.eq(self.values[-1])
            self.values.append(register)
        return self.values[stage - self.stage]


class _Zero:
    """A 0, at any stage."""

    def at(self, stage: int) -> Value:
        return Const(0)


def _sum(terms: list[tuple[Term, Value]]) -> Value:
    shifted = [(term.negative, value << term.shift) for term, value in terms]
    if len(shifted) == 1:
        return -shifted[0][1] if shifted[0][0] else shifted[0][1]
    (first_negative, first), (second_negative, second) = shifted
    if second_negative:
        return -first - second if first_negative else first - second
    return second - first if first_negative else first + second


def _shape(low: int, high: int):
    """The narrowest shape for a range."""
    if low >= 0:
        return unsigned(high.bit_length())
    return signed(1 + max((-low - 1).bit_length(), high.bit_length() if high > 0 else 0))
