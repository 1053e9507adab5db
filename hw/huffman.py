"""Huffman-coded entries, decoded while an image is loaded."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.config import BEAT, Config
from hw.memory import Memory
from hw.sparse.layout import MAX_LENGTH, SYMBOL_BITS, huffman_layout

__all__ = ["HuffmanDecoder"]


class HuffmanDecoder(Component):
    """Words of a bit stream to the entries that it codes.

    An entry is the code word of its index, then that of its code, each in a canonical Huffman code of
    its own, first bit first; words are filled from bit 0 up. Of a field wider than ``SYMBOL_BITS`` only
    the upper bits are coded; its low bits follow the code word as they are, highest first.

    Code words have 1 to ``MAX_LENGTH`` bits. Tables are written as ``MemoryId.HUFFMAN``: words of
    ``huffman_layout``, first how many code words have each length (0 comes first and is unused), from
    word ``MAX_LENGTH + 1`` on the symbols by code word.

    A bit a cycle, one more cycle a code word, ``memory_latency + 1`` more an entry, one a word. Reset
    throws away the rest of a word; tables survive it.

    Members: ``i_write``, ``i_address``, ``i_data`` (tables), ``i`` (stream of words), ``o`` (stream of
    {index, code}), ``o_left`` (bits left in a word are not all zero), ``o_error`` (no code has such a
    word, or lengths that no code has; until reset, and then no entries come).
    """

    def __init__(self, config: Config):
        c = config.sparse
        self.latency = config.memory_latency
        self.layout = StructLayout({"index": c.index.width, "code": c.weight.code_width})
        super().__init__({
            "i_write": In(1),
            "i_address": In(SYMBOL_BITS + 1),
            "i_data": In(huffman_layout()),
            "i": In(stream.Signature(BEAT)),
            "o": Out(stream.Signature(self.layout)),
            "o_left": Out(1),
            "o_error": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        layout = huffman_layout()
        # Read every cycle, in distributed RAM: one cycle, whatever other memories have.
        m.submodules.counts = counts = Memory(layout.size, MAX_LENGTH + 1, latency=1)
        m.submodules.symbols = symbols = Memory(2 * SYMBOL_BITS, 2 << SYMBOL_BITS, latency=self.latency,
                                                block=True)
        head = self.i_address <= MAX_LENGTH
        fields = self.i_data
        m.d.comb += [
            counts.i_write.eq(self.i_write & head),
            counts.i_write_address.eq(self.i_address),
            counts.i_write_data.eq(fields),
            symbols.i_write.eq(self.i_write & ~head),
            symbols.i_write_address.eq(self.i_address),
            symbols.i_write_data.eq(Cat(fields.index[:SYMBOL_BITS], fields.code[:SYMBOL_BITS])),
        ]
        too_many = [self._too_many(m, name, head) for name in ("index", "code")]

        word, have = Signal(BEAT), Signal(range(BEAT + 1))
        which = Signal()  # 0: the index comes next, 1: the code
        length = Signal(range(MAX_LENGTH + 1), init=1)
        # Code words of this length so far less the first of them; where the first one's symbol is.
        past, place = Signal(SYMBOL_BITS + 1), Signal(SYMBOL_BITS + 1, init=MAX_LENGTH + 1)
        flying = Signal(self.latency)
        wanted, step, matching, looking, failed = (Signal(name=name) for name in (
            "wanted", "step", "matching", "looking", "failed"))
        m.d.comb += [
            self.i.ready.eq(wanted & (have == 0)),
            step.eq(wanted & (have != 0)),
            self.o_left.eq(word.any()),
            self.o_error.eq(failed | Cat(too_many).any()),
            counts.i_address.eq(length + matching),
            symbols.i_address.eq(place),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [word.eq(self.i.payload), have.eq(BEAT)]
        with m.If(step):
            m.d.sync += [word.eq(word >> 1), have.eq(have - 1)]

        table = layout(counts.o_data)
        count, reached = Signal(SYMBOL_BITS + 1), Signal(SYMBOL_BITS + 1)
        m.d.comb += [count.eq(Mux(which, table.code, table.index)), reached.eq(Cat(word[0], past))]
        coded = {name: Signal(min(field.width, SYMBOL_BITS), name=name) for name, field in self.layout}
        plain = {name: Signal(field.width - len(coded[name]), name=f"{name}_low")
                 for name, field in self.layout}
        for name in ("index", "code"):
            m.d.comb += self.o.payload[name].eq(Cat(plain[name], coded[name]))
        # A symbol arrives before the next one is looked up.
        m.d.sync += flying.eq(Cat(looking, flying))
        with m.If(flying[-1]):
            with m.If(which):
                m.d.sync += coded["index"].eq(symbols.o_data[:SYMBOL_BITS])
            with m.Else():
                m.d.sync += coded["code"].eq(symbols.o_data[SYMBOL_BITS:])
        low = Signal(range(max(map(len, plain.values())) + 1))

        with m.FSM():
            with m.State("WORD"):
                m.d.comb += [wanted.eq(1), matching.eq(step)]
                with m.If(step):
                    m.d.sync += length.eq(length + 1)
                    with m.If(reached < count):
                        m.d.sync += [place.eq(place + reached), length.eq(1)]
                        m.next = "LOOK"
                    with m.Else():
                        m.d.sync += [past.eq(reached - count), place.eq(place + count)]
                        with m.If(length == MAX_LENGTH):
                            m.next = "FAILED"
            with m.State("LOOK"):
                m.d.comb += looking.eq(1)
                m.d.sync += [which.eq(~which), past.eq(0), place.eq(MAX_LENGTH + 1)]
                with m.If(which):
                    m.d.sync += low.eq(len(plain["code"]))
                    m.next = "CODE" if len(plain["code"]) else "ARRIVE"
                with m.Else():
                    m.d.sync += low.eq(len(plain["index"]))
                    m.next = "INDEX" if len(plain["index"]) else "WORD"
            for state, name, after in (("INDEX", "index", "WORD"), ("CODE", "code", "ARRIVE")):
                if len(plain[name]):
                    with m.State(state):
                        m.d.comb += wanted.eq(1)
                        with m.If(step):
                            m.d.sync += [plain[name].eq(Cat(word[0], plain[name])), low.eq(low - 1)]
                            with m.If(low == 1):
                                m.next = after
            with m.State("ARRIVE"):
                with m.If(~flying[:-1].any()):
                    m.next = "ENTRY"
            with m.State("ENTRY"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "WORD"
            with m.State("FAILED"):
                m.d.comb += failed.eq(1)
        return m

    def _too_many(self, m: Module, name: str, head: Value) -> Signal:
        """Whether the lengths last written are more than code words there can be."""
        limit = 1 << SYMBOL_BITS
        room = Signal(SYMBOL_BITS + 1, name=f"{name}_room", reset_less=True)
        wrong = Signal(name=f"{name}_too_many", reset_less=True)
        # Room for a code word of every symbol is enough: symbols are no more than that.
        after = Signal(SYMBOL_BITS + 3, name=f"{name}_after")
        m.d.comb += after.eq((room << 1) - self.i_data[name])
        with m.If(self.i_write & head):
            with m.If(self.i_address == 0):
                m.d.sync += [room.eq(1), wrong.eq(0)]
            with m.Elif(after[-1]):
                m.d.sync += wrong.eq(1)
            with m.Else():
                m.d.sync += room.eq(Mux(after >= limit, limit, after))
        return wrong
