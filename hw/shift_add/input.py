"""Input vectors of the shift-add array: words from the host to one activation a cycle."""

from amaranth import Cat, Module, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2, exact_log2

from hw.config import BEAT, Config
from hw.memory import Memory
from hw.packet import TAG_BITS
from hw.slots import InputSlots
from hw.stream import delay

__all__ = ["ActivationInput"]


class ActivationInput(Component):
    """Input vectors from the host, in one of two slots.

    Words of 32 bits hold activations in slots of 8 or 16 bits, first activation lowest. Words beyond
    the buffer spoil the vector, no other one: whoever commits it has counted them.

    Members: ``i`` (stream of words); those of ``InputSlots``; ``i_element``, ``i_slot`` (which
    activation is wanted), ``o`` (``memory_latency + 1`` cycles later).
    """

    def __init__(self, config: Config):
        c = config.shift_add
        self.config = config
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
            "i_element": In(max(1, ceil_log2(c.capacity.inputs))),
            "i_slot": In(1),
            "o": Out(Shape(c.activation.width, c.activation.signed)),
        })

    def elaborate(self, platform):
        m = Module()
        activation, latency = self.config.shift_add.activation, self.config.memory_latency
        piece_bits = exact_log2(activation.per_beat)
        word_bits = max(0, len(self.i_element) - piece_bits)
        m.submodules.memory = memory = Memory(activation.width * activation.per_beat, 2 << word_bits,
                                              latency=latency)
        m.submodules.slots = slots = InputSlots()
        word = Signal(word_bits)
        write = Signal()
        m.d.sync += write.eq(self.i.valid & self.i.ready)
        with m.If(write):
            m.d.sync += word.eq(word + 1)
        with m.If(slots.o_begins):
            m.d.sync += word.eq(0)
        values = Cat(self.i.payload.word_select(k, activation.slot)[:activation.width]
                     for k in range(activation.per_beat))
        m.d.comb += [
            *(getattr(slots, name).eq(getattr(self, name))
              for name in ("i_commit", "i_discard", "i_tag", "i_take", "i_release")),
            *(getattr(self, name).eq(getattr(slots, name))
              for name in ("o_pending", "o_full", "o_slot", "o_tag")),
            slots.i_busy.eq(write), self.i.ready.eq(slots.o_ready),
            memory.i_write.eq(write),
            memory.i_write_address.eq(Cat(word, slots.o_filled)),
            memory.i_write_data.eq(delay(m, values, 1, "values", reset_less=True)),
            memory.i_address.eq(Cat(self.i_element[piece_bits:], self.i_slot)),
        ]
        piece = delay(m, self.i_element[:piece_bits], latency, "piece", reset_less=True)
        chosen = Signal.like(self.o, name="chosen", reset_less=True)
        m.d.sync += chosen.eq(memory.o_data.word_select(piece, activation.width))
        m.d.comb += self.o.eq(chosen)
        return m
