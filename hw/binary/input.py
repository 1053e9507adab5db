"""Input vectors of the binary array: words from the host to words of activations, bit plane by plane."""

from amaranth import Array, Cat, Const, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2

from hw.binary.layout import folds, input_chunks
from hw.binary.words import ChunkMemory
from hw.config import BEAT, Config
from hw.packet import TAG_BITS
from hw.slots import InputSlots

__all__ = ["BinaryInput"]

BYTES = BEAT // 8


class BinaryInput(Component):
    """Input vectors from the host, in one of two slots.

    A vector comes as words of ``simd`` inputs, each filled up to whole chunks of 32 inputs with the
    lowest number: a chunk of bipolar inputs is one word of 32 bits, others are eight words of four
    bytes. Their bits go into planes; of signed ones the sign bit is inverted, which adds
    2 ** (width - 1) to each, so that bits behind the end are zeros.

    Members: ``i`` (stream of words), ``i_commit`` (the vector is complete and good), ``i_discard``
    (start again), ``i_tag``; ``o_pending`` (a committed vector does not wait yet);
    ``o_full`` (a vector waits in slot ``o_slot``, with ``o_tag``), ``i_take``
    (it will be computed now: the next one may be announced), ``i_release`` (it has been read: its slot
    may be written, in the order in which vectors were taken); ``i_address`` {word, plane, slot}, ``o``
    (``memory_latency`` cycles later).

    For some cycles after a commit or ``i_discard`` no word is taken, and none may be offered in the
    cycle itself. Words beyond the buffer spoil the vector, no other one: whoever commits it has counted
    them.
    """

    def __init__(self, config: Config):
        c = config.binary
        self.config = config
        self.word_bits = ceil_log2(folds(c, c.capacity.inputs, hidden=False))
        self.plane_bits = ceil_log2(c.activation.width)
        super().__init__({
            "i": In(stream.Signature(BEAT)),
            "i_commit": In(1),
            "i_discard": In(1),
            "i_tag": In(TAG_BITS),
            "o_pending": Out(1),
            "o_full": Out(1),
            "o_slot": Out(1),
            "o_tag": Out(TAG_BITS),
            "i_take": In(1),
            "i_release": In(1),
            "i_address": In(self.word_bits + self.plane_bits + 1),
            "o": Out(c.simd),
        })

    def elaborate(self, platform):
        m = Module()
        c = self.config.binary
        chunks = input_chunks(c)
        m.submodules.memory = memory = ChunkMemory(
            BEAT, c.simd, chunks, 2 << self.word_bits + self.plane_bits,
            latency=self.config.memory_latency, kind=c.small_ram)
        begins = Signal()  # a vector
        arrives = Signal()
        m.d.comb += arrives.eq(self.i.valid & self.i.ready)

        # Chunks: planes of 32 bits, and the places where they go.
        write = Signal()
        last, plane = Signal(), Signal(self.plane_bits)
        busy = Signal()  # what has arrived is not yet written
        if c.activation.width == 1:
            m.d.comb += [last.eq(1), busy.eq(write)]
            m.d.sync += [write.eq(arrives), memory.i_data.eq(self.i.payload)]
        else:
            self._transpose(m, arrives, begins, write, last, plane, busy, memory.i_data)
        chunk = Signal(chunks, init=(1 << chunks) - 1)  # a thermometer, see ChunkMemory
        word, slot = Signal(self.word_bits), Signal()
        with m.If(write & last):
            m.d.sync += chunk.eq(chunk << 1)
            with m.If(~chunk[-2] if chunks > 1 else Const(1)):
                m.d.sync += [chunk.eq(chunk.init), word.eq(word + 1)]
        with m.If(begins):
            m.d.sync += [chunk.eq(chunk.init), word.eq(0)]
        m.d.comb += [
            memory.i_write.eq(write),
            memory.i_from.eq(chunk),
            memory.i_write_address.eq(Cat(word, plane, slot)),
            memory.i_address.eq(self.i_address),
            self.o.eq(memory.o),
        ]

        m.submodules.slots = slots = InputSlots()
        m.d.comb += [
            *(getattr(slots, name).eq(getattr(self, name))
              for name in ("i_commit", "i_discard", "i_tag", "i_take", "i_release")),
            *(getattr(self, name).eq(getattr(slots, name))
              for name in ("o_pending", "o_full", "o_slot", "o_tag")),
            slots.i_busy.eq(busy), begins.eq(slots.o_begins), slot.eq(slots.o_filled),
            self.i.ready.eq(slots.o_ready),
        ]
        return m

    def _transpose(self, m, arrives, begins, write, last, plane, busy, out):
        """Eight words of four bytes become planes, which are written while the next eight come."""
        c = self.config.binary
        width = c.activation.width
        filled = [Signal(BEAT, name=f"plane_{k}", reset_less=True) for k in range(width)]
        held = Array(Signal(BEAT, name=f"held_{k}", reset_less=True) for k in range(width))
        count, complete = Signal(range(BEAT // BYTES)), Signal()
        with m.If(arrives):
            m.d.sync += count.eq(count + 1)
            for k, bits in enumerate(filled):
                fresh = Cat(self.i.payload[8 * n + k] for n in range(BYTES))
                sign = c.activation.signed and k == width - 1
                m.d.sync += bits.eq(Cat(bits[BYTES:], ~fresh if sign else fresh))
        with m.If(begins):
            m.d.sync += count.eq(0)
        m.d.sync += [complete.eq(arrives & count.all()), plane.eq(plane + 1)]
        m.d.comb += [last.eq(plane == width - 1), busy.eq(complete | write), out.eq(held[plane])]
        with m.If(last):
            m.d.sync += write.eq(0)
        with m.If(complete):
            m.d.sync += [write.eq(1), plane.eq(0), *(h.eq(f) for h, f in zip(held, filled, strict=True))]
