"""Results on their way to the host."""

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import exact_log2

from hw.config import BEAT, bits_for
from hw.memory import Memory
from hw.packet import TAG_BITS
from hw.stream import ReadPipeline, SkidBuffer, delay

__all__ = ["OutputBuffer"]


class OutputBuffer(Component):
    """Output vectors in natural order, one slot a context, streamed to the host as 32-bit words.

    Accumulators take one word each, or two, low word first; activations stand in the slots of input
    vectors, with zeros behind the last one.

    Args:
        outputs: Elements of the longest vector.
        width, is_signed: Format of an element.
        slot: Bits of an activation among 32, 8 or 16; None for accumulators.
        lanes: Elements that come in a cycle, 1 or 2.
        latency: Of memories.

    Members: ``i_write``, ``i_context``, ``i_row``, ``i_value`` (from the drain, one a lane; with two
    lanes, the first one's rows are even and the other's odd), ``i_commit`` (slot ``i_context`` is
    complete, with ``i_tag``), ``o_free`` (one bit a context), ``i_count`` (elements a vector),
    ``o_words`` (words a vector), ``o`` (stream of words). ``o_start`` announces a vector with its
    ``o_tag``; its words follow when ``i_go`` answers.

    With memories of latency 2, what comes in is written a cycle later.
    """

    def __init__(self, outputs: int, width: int, is_signed: bool, *, slot: int | None = None,
                 lanes: int = 1, latency: int = 2):
        self.depth = 1 << bits_for(outputs)
        self.width, self.is_signed, self.slot = width, is_signed, slot
        self.lanes, self.latency = lanes, latency
        count = bits_for(self.depth) + 1
        super().__init__({
            "i_write": In(lanes),
            "i_context": In(1),
            "i_row": In(bits_for(self.depth)).array(lanes),
            "i_value": In(width).array(lanes),
            "i_commit": In(1),
            "i_tag": In(TAG_BITS),
            "o_free": Out(2, init=0b11),
            "i_count": In(count),
            "o_words": Out(count + 1),
            "o": Out(stream.Signature(BEAT)),
            "o_start": Out(1),
            "o_tag": Out(TAG_BITS),
            "i_go": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        lanes, latency = self.lanes, self.latency
        group = BEAT // self.slot if self.slot else lanes  # elements at an address
        each = group // lanes  # of these, in a lane's memory
        lane_bits, group_bits = exact_log2(lanes), exact_log2(group)
        address_bits = max(1, bits_for(self.depth) - group_bits)
        m.submodules.reader = reader = ReadPipeline(
            2 << address_bits, StructLayout({"piece": group_bits + 1, "last": 1}), latency=latency)
        free, context = Signal(2, init=0b11), Signal()
        tag = Array(Signal(TAG_BITS, name=f"tag_{k}", reset_less=True) for k in range(2))
        elements: list[Value] = [Const(0)] * group
        for lane in range(lanes):
            m.submodules[f"memory_{lane}"] = memory = Memory(
                self.width * each, 2 << address_bits, latency=latency,
                granularity=self.width if each > 1 else None)
            row = self.i_row[lane]
            strobes = Signal(each, name=f"strobes_{lane}")
            address = Signal(address_bits + 1, name=f"address_{lane}")
            m.d.comb += [
                strobes.eq(Mux(self.i_write[lane], Const(1, each) << row[lane_bits:group_bits], 0)),
                address.eq(row >> group_bits | self.i_context << address_bits),
                memory.i_write.eq(delay(m, strobes, latency - 1, f"write_{lane}")),
                memory.i_write_address.eq(delay(m, address, latency - 1, f"address_{lane}",
                                                reset_less=True)),
                memory.i_write_data.eq(Cat(delay(m, self.i_value[lane], latency - 1, f"value_{lane}",
                                                 reset_less=True) for _ in range(each))),
                memory.i_read.eq(reader.o_read),
                memory.i_advance.eq(reader.o_advance),
                memory.i_address.eq(reader.o_address),
            ]
            for k in range(each):
                elements[lane + k * lanes] = memory.o_data.word_select(k, self.width)

        # Words: a position is an address with the piece of it that comes next.
        m.submodules.exit = exit_ = SkidBuffer(BEAT)
        position = Signal(range(4 * self.depth))
        go, reading, release = Signal(), Signal(), Signal()
        left = Signal(signed(len(self.o_words) + 1))  # words, less two
        all_left = Signal.like(left)
        words = Signal.like(self.o_words)
        m.d.sync += [self.o_words.eq(words), all_left.eq(self.o_words - 2)]
        shown = reader.o.payload
        if self.slot:
            pieces = 0
            valid = Signal(group_bits)  # elements of the last word, less one; `i_count` may change
            with m.If(go):
                m.d.sync += valid.eq(self.i_count - 1)
            m.d.comb += words.eq((self.i_count + (group - 1)) >> group_bits)
            slots = [Mux(shown.last & (k > valid), 0, _extended(value, self.is_signed, self.slot))
                     for k, value in enumerate(elements)]
            m.d.comb += exit_.i.payload.eq(Cat(slot[:self.slot] for slot in slots))
        else:
            # Elements are sign-extended; the golden side reads them as signed numbers.
            wide = int(self.width > BEAT)
            pieces = group_bits + wide
            m.d.comb += words.eq(self.i_count << wide)
            all_words = [_extended(value, self.is_signed, BEAT << wide).word_select(k, BEAT)
                         for value in elements for k in range(1 + wide)]
            m.d.comb += exit_.i.payload.eq(Array(all_words)[shown.piece[:pieces]])
        last = left[-1]
        m.d.comb += [
            reader.i.valid.eq(reading),
            reader.i.payload.piece.eq(position[:pieces]),
            reader.i.payload.last.eq(last),
            reader.i_address.eq(position >> pieces | context << address_bits),
            exit_.i.valid.eq(reader.o.valid),
            reader.o.ready.eq(exit_.i.ready),
            self.o.valid.eq(exit_.o.valid),
            self.o.payload.eq(exit_.o.payload),
            exit_.o.ready.eq(self.o.ready),
            self.o_free.eq(free),
            self.o_tag.eq(tag[context]),
        ]
        m.d.sync += [
            self.o_start.eq(~(go | reading | release | free.bit_select(context, 1))),
            go.eq(self.o_start & self.i_go),
            release.eq(0),
            free.eq((free | Mux(release, Const(1, 2) << context, 0))
                    & ~Mux(self.i_commit, Const(1, 2) << self.i_context, 0)[:2]),
        ]
        with m.If(self.i_commit):
            m.d.sync += tag[self.i_context].eq(self.i_tag)
        with m.If(release):
            m.d.sync += context.eq(~context)
        with m.If(~reading):
            m.d.sync += [position.eq(0), left.eq(all_left)]
            with m.If(go):
                m.d.sync += reading.eq(1)
        with m.Elif(reader.i.ready):
            m.d.sync += [position.eq(position + 1), left.eq(left - 1)]
            with m.If(last):
                # The words still in the pipeline have been read: the slot may be written again.
                m.d.sync += [reading.eq(0), release.eq(1)]
        return m


def _extended(value: Value, is_signed: bool, width: int) -> Value:
    """A number with more bits."""
    return Cat(value, (value[-1] if is_signed else Const(0)).replicate(width - len(value)))
