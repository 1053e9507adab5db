"""The host's side of a design: packets in, packets out. The format is that of ``hw.packet``."""

from amaranth import Cat, Const, Module, Mux, ResetInserter, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.config import BEAT, Config, Index
from hw.crc import Crc32
from hw.huffman import HuffmanDecoder
from hw.load import LoadBus
from hw.packet import CODED, TAG_BITS, Error, Kind, MemoryId
from hw.stream import delay

__all__ = ["BEAT_LAYOUT", "IMAGE_HEADER", "PacketReceiver", "PacketSender"]

BEAT_LAYOUT = StructLayout({"data": BEAT, "last": 1})
"""A beat of an AXI4-Stream."""

IMAGE_HEADER = ("hardware_id", "input_bytes", "outputs")
"""Words at the start of an image: whose it is, bytes of a vector, elements of a result."""


class PacketReceiver(Component):
    """Checks packets and takes them apart: images into the memories, vectors into the input buffer.

    An image is written as it comes and becomes valid with its CRC; a vector is committed with its CRC.
    Whatever is wrong with a packet, the receiver reads on to its last beat, reports an error and is
    ready for the next packet. Between packets nothing is remembered of a bad one, except that a bad
    image leaves no image.

    Image payload: the words of ``IMAGE_HEADER``, then sections. A section is a word (memory in bits
    7:0, words an item in bits 15:8, PE in bits 31:16), a word (number of items), and the items, low
    word first, which fill the memory from address 0. With ``CODED`` in the first word there follow,
    instead of the items, a word (address of the first) and the words of ``HuffmanDecoder``'s bit stream,
    padded with zero bits; the items are at least one, and the tables came before, as a section.

    Args:
        coded: The configuration, if entries may be Huffman-coded.

    Members: ``i`` (beats), ``o_load`` (memory writes), ``o``, ``o_commit``, ``o_discard``, ``o_tag``
    (vectors; the tag holds for a cycle after ``o_commit``), ``i_idle`` (nothing is being computed and no
    result waits: images wait for it),
    ``o_status`` (stream of {error, tag} for the sender), ``o_image_valid``, ``o_input_bytes``,
    ``o_outputs``.
    """

    def __init__(self, hardware_id: int, load: LoadBus, coded: Config | None = None):
        self.hardware_id, self.load, self.coded = hardware_id, load, coded
        super().__init__({
            "i": In(stream.Signature(BEAT_LAYOUT)),
            "o_load": Out(load),
            "o": Out(stream.Signature(BEAT)),
            "o_commit": Out(1),
            "o_discard": Out(1),
            "o_tag": Out(TAG_BITS),
            "i_idle": In(1),
            "o_status": Out(stream.Signature(StructLayout({"error": Error, "tag": TAG_BITS}))),
            "o_image_valid": Out(1),
            "o_input_bytes": Out(BEAT),
            "o_outputs": Out(BEAT),
        })

    def elaborate(self, platform):
        m = Module()
        beat = self.i.payload
        taken = Signal()
        m.d.comb += taken.eq(self.i.valid & self.i.ready)
        # A new image is parsed from the beginning, wherever the last one ended.
        parser = _ImageParser(self.hardware_id, self.load, self.coded)
        starting = Signal()
        m.submodules.parser = ResetInserter(starting)(parser)
        m.submodules.crc = crc = Crc32()

        # Where a beat goes: on within the receiver, or to the input buffer; nowhere while it must wait.
        # The flags are set a cycle ahead, and the CRC and the parser are a cycle behind: short paths.
        taking = Signal(init=1)
        resumes = Signal()  # ``taking`` again, a cycle later
        feeding = Signal()
        parsing = Signal()
        # Words of the payload, less one; the lower part goes to below 0 before it borrows from the upper
        # one, which comes later: no long carry.
        left = Signal(signed(17))
        upper = Signal(BEAT - 2 - 16)
        borrows = Signal()
        no_upper = Signal()
        due = left[-1] & no_upper  # the CRC comes next
        sizing = Signal()  # the length comes
        trimming = Signal()  # it was that of whole words
        moves = taken & (feeding | parsing)
        with m.If(sizing):
            m.d.sync += [left.eq(beat.data[2:18]), upper.eq(beat.data[18:])]
        with m.Elif(trimming | moves):
            m.d.sync += [left.eq(Mux(left[-1], 2**16 - 2, left - 1)), borrows.eq(left[-1])]
        with m.If(borrows):
            m.d.sync += [upper.eq(upper - 1), borrows.eq(0)]
        m.d.sync += no_upper.eq(upper == 0)
        word, parsed = Signal(BEAT, reset_less=True), Signal()
        large = Cat(beat.data[1:3].any(), beat.data[3:16].any(), beat.data[16:].any())
        m.d.comb += [
            self.o.valid.eq(self.i.valid & feeding & ~due),
            self.o.payload.eq(beat.data),
            self.i.ready.eq(Mux(feeding, self.o.ready, taking & parser.o_ready)),
            crc.i_valid.eq(delay(m, taken, 1, "crc_valid")),
            crc.i_data.eq(word),
            parser.i_valid.eq(parsed),
            parser.i_data.eq(word),
        ]
        # A beat that ends a packet is the last one for now, and so is the length.
        with m.If(taken & (beat.last | sizing)):
            m.d.sync += taking.eq(0)
        with m.Elif(resumes):
            m.d.sync += taking.eq(1)
        with m.If(parser.o_ready):
            m.d.sync += [word.eq(beat.data), parser.i_large.eq(large),
                         parsed.eq(taken & parsing & ~due)]
        m.d.comb += [
            self.o_input_bytes.eq(parser.o_input_bytes),
            self.o_outputs.eq(parser.o_outputs),
            self.o_load.write.eq(parser.o_load.write),
            self.o_load.memory.eq(parser.o_load.memory),
            self.o_load.pe.eq(parser.o_load.pe),
            self.o_load.address.eq(parser.o_load.address),
            self.o_load.data.eq(parser.o_load.data),
        ]

        kind, length = Signal(8, reset_less=True), Signal(BEAT, reset_less=True)
        tag = Signal(TAG_BITS, reset_less=True)
        vector = Signal()
        image = Signal()
        bytes_ = self.o_input_bytes
        another_length = delay(m, Cat(length[:16] != bytes_[:16], length[16:] != bytes_[16:]), 1,
                               "another_length", reset_less=True).any()
        intact = delay(m, crc.o.all(), 1, "intact", reset_less=True)
        compared = Signal()
        idle = Signal()
        # What is wrong: the first two words, the place of the last one. All of it in the end.
        refused, misplaced, error = Signal(Error), Signal(), Signal(Error)
        committing, reporting = Signal(), Signal()
        m.d.comb += [self.o_tag.eq(tag), self.o_status.payload.error.eq(error),
                     self.o_status.payload.tag.eq(tag),
                     self.o_status.valid.eq(reporting), self.o_discard.eq(reporting),
                     self.o_commit.eq(committing)]
        forgetting = Signal()  # the CRC of a packet, before the next one comes
        accepting = Signal()  # of an image
        with m.If(accepting):
            m.d.sync += self.o_image_valid.eq(1)
        m.d.comb += crc.i_start.eq(forgetting)
        m.d.sync += [forgetting.eq(0), compared.eq(0), idle.eq(0), starting.eq(0), feeding.eq(0),
                     parsing.eq(0), committing.eq(0), reporting.eq(0), trimming.eq(0),
                     accepting.eq(0), sizing.eq(0), resumes.eq(0)]
        with m.FSM():
            with m.State("KIND"):
                m.d.sync += [kind.eq(beat.data), tag.eq(beat.data[16:]), refused.eq(Error.NONE),
                             misplaced.eq(beat.last)]
                with m.If(taken):
                    m.d.sync += sizing.eq(~beat.last)
                    m.next = "LENGTH"
                    with m.If(beat.last):
                        m.next = "SETTLE"
            with m.State("LENGTH"):
                m.d.sync += [length.eq(beat.data), misplaced.eq(beat.last), sizing.eq(~taken),
                             vector.eq(kind == Kind.VECTOR), image.eq(kind == Kind.IMAGE)]
                with m.If(taken):
                    m.d.sync += trimming.eq(beat.data[:2] == 0)
                    m.next = "COMPARE"
                    with m.If(beat.last):
                        m.next = "SETTLE"
            with m.State("COMPARE"):
                m.d.sync += [compared.eq(1), refused.eq(Mux(
                    vector, Mux(self.o_image_valid, Mux(another_length, Error.LENGTH, Error.NONE),
                                Error.NO_IMAGE),
                    Mux(image, Mux(due, Error.LENGTH, Error.NONE), Error.KIND)))]
                with m.If(compared):
                    m.next = "DISPATCH"
            with m.State("DISPATCH"):
                # Asked only here, where the engine has long known of the vector before.
                m.d.sync += idle.eq(self.i_idle)
                with m.If(~image | idle):
                    accepted = vector & (refused == Error.NONE)
                    m.d.sync += [feeding.eq(accepted), resumes.eq(~accepted),
                                 starting.eq(image), parsing.eq(image)]
                    with m.If(image):
                        m.d.sync += self.o_image_valid.eq(0)
                    m.next = "BODY"
            with m.State("BODY"):
                m.d.sync += [feeding.eq(feeding), parsing.eq(parsing)]
                with m.If(taken):
                    with m.If(beat.last | due):
                        m.d.sync += [feeding.eq(0), parsing.eq(0), resumes.eq(~beat.last)]
                    with m.If(beat.last != due):
                        m.d.sync += misplaced.eq(1)
                    with m.If(beat.last):
                        m.next = "SETTLE"
            with m.State("SETTLE"):
                # The CRC is two words behind, and entries of the last word are still being decoded.
                with m.If(~crc.i_valid & parser.o_ready):
                    m.next = "VERDICT"
            with m.State("VERDICT"):
                m.next = "ANSWER"
                m.d.sync += forgetting.eq(1)
                wrong = (refused != Error.NONE) | misplaced | ~intact
                m.d.sync += [committing.eq(vector & ~wrong), reporting.eq(~vector | wrong)]
                with m.If(wrong):
                    m.d.sync += error.eq(Mux(refused != Error.NONE, refused, Mux(
                        misplaced, Error.LENGTH, Error.CRC)))
                with m.Else():
                    m.d.sync += [error.eq(parser.o_error),
                                 accepting.eq(image & (parser.o_error == Error.NONE))]
            with m.State("ANSWER"):
                m.d.sync += reporting.eq(reporting & ~self.o_status.ready)
                with m.If(committing | self.o_status.ready):
                    m.d.sync += resumes.eq(1)
                    m.next = "KIND"
        return m


class _ImageParser(Component):
    """Words of an image payload to memory writes. Reset starts anew.

    A word may come while ``o_ready``, which does not depend on ``i_valid``. Whatever comes, it is ready
    again in the end. ``i_large`` tells of bits 2:1, 15:3 and 31:16 whether any is set.
    """

    def __init__(self, hardware_id: int, load: LoadBus, coded: Config | None):
        self.hardware_id, self.coded = hardware_id, coded
        super().__init__({
            "i_valid": In(1), "i_data": In(BEAT), "i_large": In(3), "o_ready": Out(1, init=1),
            "o_load": Out(load), "o_error": Out(Error), "o_input_bytes": Out(BEAT),
            "o_outputs": Out(BEAT),
        })

    def elaborate(self, platform):
        m = Module()
        load = self.o_load
        item_words = -(-len(load.data) // BEAT)
        item = [Signal(BEAT, name=f"item_{k}", reset_less=True) for k in range(item_words)]
        # A bit a word of an item: how many there are, and which comes next, and whether it is the last.
        words, place, ends = Signal(item_words), Signal(item_words), Signal()
        left, last = Signal(BEAT), Signal()  # items; 1 is left
        # 8 or more were left two cycles ago: the next one is not yet the last.
        some, many = Signal(2), Signal()
        empty = ~self.i_large.any() & ~self.i_data[0]
        bad, mismatch, complete = Signal(), Signal(), Signal()
        address = Signal.like(load.address, reset_less=True)
        m.d.sync += self.o_error.eq(Mux(mismatch, Error.CONFIGURATION, Mux(
            bad | ~complete, Error.MALFORMED_IMAGE, Error.NONE)))
        m.d.comb += [load.data.eq(Cat(item)), load.address.eq(address)]
        m.d.sync += load.write.eq(self.i_valid & ends & ~mismatch & ~bad)
        upper_next = Signal()  # the upper bits of an entry's index go to the same address
        with m.If(load.write & ~upper_next):
            m.d.sync += address.eq(address + 1)
        coded, decoding = Signal(), Signal()
        if self.coded is not None:
            decoder, tables = self._decoder(m, self.coded, decoding)
        # Registers may follow whatever comes before the right word does: few conditions, short paths.
        for k in range(item_words):
            with m.If(place[k]):
                m.d.sync += item[k].eq(self.i_data)
        m.d.sync += [some.eq(Cat(left[3:16].any(), left[16:].any())), many.eq(some.any())]
        with m.FSM():
            with m.State("HARDWARE"):
                m.d.sync += mismatch.eq(self.i_data != self.hardware_id)
                with m.If(self.i_valid):
                    m.next = "INPUT_BYTES"
            with m.State("INPUT_BYTES"):
                with m.If(self.i_valid):
                    m.d.sync += self.o_input_bytes.eq(self.i_data)
                    m.next = "OUTPUTS"
            with m.State("OUTPUTS"):
                m.d.sync += bad.eq(empty)
                with m.If(self.i_valid):
                    m.d.sync += self.o_outputs.eq(self.i_data)
                    m.next = "SECTION"
            with m.State("SECTION"):
                m.d.comb += complete.eq(1)
                m.d.sync += [load.memory.eq(self.i_data), load.pe.eq(self.i_data[16:]),
                             *(words[k].eq(self.i_data[8:16] == k + 1) for k in range(item_words)),
                             coded.eq((self.i_data & CODED).any() if self.coded is not None else 0)]
                with m.If(self.i_valid):
                    m.next = "COUNT"
            with m.State("COUNT"):
                m.d.sync += [left.eq(self.i_data), last.eq(~self.i_large.any()),
                             some.eq(self.i_large[1:]), many.eq(self.i_large[1:].any()), address.eq(0)]
                begins = self.i_valid & ~empty & ~coded
                m.d.sync += [place.eq(begins), ends.eq(begins & words[0])]
                with m.If(self.i_valid):
                    with m.If(~words.any()):
                        m.d.sync += bad.eq(1)
                    m.next = "ITEM"
                    if self.coded is not None:
                        with m.If(coded):
                            m.next = "ADDRESS"
                    with m.If(empty):
                        m.next = "SECTION"
            with m.State("ITEM"):
                with m.If(self.i_valid):
                    m.d.sync += [place.eq(place << 1), ends.eq((place << 1 & words).any())]
                    with m.If(ends):
                        m.d.sync += [place.eq(1), ends.eq(words[0]),
                                     left.eq(left - 1), last.eq((left[:3] == 2) & ~many)]
                        with m.If(last):
                            m.d.sync += [place.eq(0), ends.eq(0)]
                            m.next = "SECTION"
            if self.coded is not None:
                self._decode(m, self.coded.sparse.index, decoder, tables, decoding, item, address,
                             left, last, many, upper_next, ok=~mismatch & ~bad)
        return m

    def _decoder(self, m: Module, config: Config, decoding: Value) -> tuple[HuffmanDecoder, Signal]:
        """The decoder, and whether it has tables of this image; a section begins with a new word."""
        load = self.o_load
        decoder, tables = HuffmanDecoder(config), Signal()
        m.submodules.decoder = ResetInserter(~decoding)(decoder)
        m.d.comb += [
            decoder.i_write.eq(load.write & (load.memory == MemoryId.HUFFMAN)),
            decoder.i_address.eq(load.address),
            decoder.i_data.eq(load.data),
            decoder.i.payload.eq(self.i_data),
            decoder.i.valid.eq(self.i_valid),
            decoder.o.ready.eq(1),  # entries are two cycles apart at least
        ]
        with m.If(decoder.i_write):
            m.d.sync += tables.eq(1)
        return decoder, tables

    def _decode(self, m: Module, index: Index, decoder: HuffmanDecoder, tables: Signal,
                decoding: Signal, item: list[Signal], address: Signal, left: Signal, last: Signal,
                many: Signal, upper_next: Signal, *, ok: Value) -> None:
        """The states in which entries are decoded."""
        load = self.o_load
        entry = decoder.o.payload
        stored = Cat(entry.index[:index.stored], entry.code)
        both, upper = Signal(), Signal(index.width - index.stored)

        def write_upper():
            with m.If(upper_next):
                m.d.sync += [item[0][:len(upper)].eq(upper), load.memory.eq(MemoryId.UPPER),
                             load.write.eq(ok), upper_next.eq(0)]

        with m.State("ADDRESS"):
            with m.If(self.i_valid):
                m.d.sync += [address.eq(self.i_data), both.eq(load.memory == MemoryId.UPPER)]
                m.next = "CODED"
                with m.If(~tables):
                    m.next = "FAILED"
        with m.State("CODED"):
            m.d.comb += [decoding.eq(1), self.o_ready.eq(decoder.i.ready)]
            write_upper()
            with m.If(decoder.o.valid):
                m.d.sync += [
                    Cat(*item)[:len(stored)].eq(stored), upper.eq(entry.index >> index.stored),
                    load.memory.eq(MemoryId.ENTRIES), load.write.eq(ok), left.eq(left - 1),
                    last.eq((left[:3] == 2) & ~many),
                ]
                if len(upper):
                    m.d.sync += upper_next.eq(both)
                with m.If(last):
                    m.next = "END"
                    with m.If(decoder.o_left):
                        m.next = "FAILED"
            with m.If(decoder.o_error):
                m.next = "FAILED"
        with m.State("END"):
            m.d.comb += self.o_ready.eq(0)
            write_upper()
            m.next = "SECTION"
        with m.State("FAILED"):
            pass  # never complete


class PacketSender(Component):
    """Puts results and status reports into packets.

    Args:
        word_bits: Of ``i_words``.

    Members: ``i_status`` (stream of {error, tag}), ``i_start``, ``i_tag``, ``o_go``, ``i`` (result
    vectors: when ``i_start``, ``o_go`` asks for the ``i_words`` words of one), ``o`` (beats, from
    registers). Three beats and three idle cycles a packet beside its payload; statuses go first.
    """

    def __init__(self, word_bits: int):
        super().__init__({
            "i_status": In(stream.Signature(StructLayout({"error": Error, "tag": TAG_BITS}))),
            "i_start": In(1),
            "i_tag": In(TAG_BITS),
            "o_go": Out(1),
            "i": In(stream.Signature(BEAT)),
            "i_words": In(word_bits),
            "o": Out(stream.Signature(BEAT_LAYOUT)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = Crc32()
        status, error, tag = Signal(), Signal(Error), Signal(TAG_BITS)
        words, left = Signal.like(self.i_words), Signal(len(self.i_words) + 1)  # of the payload
        last = left[-1]  # the beats before the payload count too: below 0 one is left
        # One bit a step, in turn. In ``zero`` the CRC gets a word of zeros, which does not leave.
        steps = Signal(7, init=1)
        idle, kind, length, payload, settle, zero, check = steps
        free, offered = Signal(), Signal()
        m.d.comb += [
            free.eq(self.o.ready | ~self.o.valid),
            offered.eq(kind | length | (payload & (status | self.i.valid)) | check),
            self.i_status.ready.eq(idle),
            self.o_go.eq(idle & self.i_start & ~self.i_status.valid),
            self.i.ready.eq(payload & ~status & free),
            crc.i_start.eq(idle),
            crc.i_valid.eq((self.o.valid & self.o.ready & ~self.o.payload.last) | zero),
            crc.i_data.eq(self.o.payload.data),
        ]
        with m.If(Mux(idle, self.i_status.valid | self.i_start,
                      free & (~payload | (last & (status | self.i.valid))))):
            m.d.sync += steps.eq(steps.rotate_left(1))
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(offered),
                self.o.payload.last.eq(check),
                self.o.payload.data.eq(
                    Mux(kind, Cat(status, Const(Kind.RESULT >> 1, 15), tag), 0)
                    | Mux(length, words << 2, 0)
                    | Mux(payload, Mux(status, error, self.i.payload), 0)
                    | Mux(check, ~crc.o, 0)),
            ]
        with m.If(idle):
            m.d.sync += [
                status.eq(self.i_status.valid),
                error.eq(self.i_status.payload.error),
                tag.eq(Mux(self.i_status.valid, self.i_status.payload.tag, self.i_tag)),
                words.eq(Mux(self.i_status.valid, 1, self.i_words)),
                left.eq(Mux(self.i_status.valid, 1, self.i_words)),
            ]
        with m.Elif(offered & free):
            m.d.sync += left.eq(left - 1)
        return m
