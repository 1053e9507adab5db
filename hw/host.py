"""The host's side of a design: packets in, packets out. The format is that of ``hw.packet``."""

from amaranth import Array, Cat, Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import stream
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.config import BEAT, Config, Index
from hw.huffman import HuffmanDecoder
from hw.packet import CODED, TAG_BITS, Error, Kind, MemoryId
from hw.sparse.pe import LoadBus
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
    (vectors), ``i_idle`` (nothing is being computed and no result waits: images wait for it),
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
        m.submodules.crc = crc = CRC32_ISO_HDLC(data_width=BEAT).create()
        taken = Signal()
        m.d.comb += [
            taken.eq(self.i.valid & self.i.ready),
            crc.valid.eq(delay(m, taken, 1, "crc_valid")),
            crc.data.eq(delay(m, beat.data, 1, "crc_data", reset_less=True)),
        ]
        kind, length, left = Signal(8), Signal(BEAT), Signal(BEAT - 2)
        error = Signal(Error)
        m.d.comb += [self.o_status.payload.error.eq(error), self.o_status.payload.tag.eq(self.o_tag)]
        # A new image is parsed from the beginning, wherever the last one ended.
        parser = _ImageParser(self.hardware_id, self.load, self.coded)
        starting = Signal()
        m.submodules.parser = ResetInserter(starting)(parser)
        m.d.comb += [
            parser.i_data.eq(beat.data),
            self.o_input_bytes.eq(parser.o_input_bytes),
            self.o_outputs.eq(parser.o_outputs),
            self.o_load.write.eq(parser.o_load.write),
            self.o_load.memory.eq(parser.o_load.memory),
            self.o_load.pe.eq(parser.o_load.pe),
            self.o_load.address.eq(parser.o_load.address),
            self.o_load.data.eq(parser.o_load.data),
            self.o.payload.eq(beat.data),
        ]

        def fail(code, *, ended):
            """The packet is bad; read on to its end unless this beat was it."""
            m.d.sync += error.eq(code)
            if ended is True:
                m.next = "REPORT"
            elif ended is False:
                m.next = "SKIP"
            else:
                with m.If(ended):
                    m.next = "REPORT"
                with m.Else():
                    m.next = "SKIP"

        with m.FSM():
            with m.State("KIND"):
                m.d.comb += [self.i.ready.eq(1), crc.start.eq(1)]
                m.d.sync += [kind.eq(beat.data[:8]), error.eq(Error.NONE)]
                with m.If(taken):
                    m.d.sync += self.o_tag.eq(beat.data[16:])
                    m.next = "LENGTH"
                    with m.If(beat.last):
                        fail(Error.LENGTH, ended=True)
            with m.State("LENGTH"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += [length.eq(beat.data), left.eq((beat.data + 3) >> 2)]
                with m.If(taken):
                    m.next = "DISPATCH"
                    with m.If(beat.last):
                        fail(Error.LENGTH, ended=True)
            with m.State("DISPATCH"):
                m.d.comb += starting.eq((kind == Kind.IMAGE) & self.i_idle)
                with m.If(starting):
                    m.d.sync += self.o_image_valid.eq(0)
                with m.If(kind == Kind.VECTOR):
                    with m.If(~self.o_image_valid):
                        fail(Error.NO_IMAGE, ended=False)
                    with m.Elif(length != self.o_input_bytes):
                        fail(Error.LENGTH, ended=False)
                    with m.Else():
                        m.next = "PAYLOAD"
                with m.Elif(kind == Kind.IMAGE):
                    with m.If(left == 0):
                        fail(Error.LENGTH, ended=False)
                    with m.Elif(self.i_idle):
                        m.next = "PAYLOAD"
                with m.Else():
                    fail(Error.KIND, ended=False)
            with m.State("PAYLOAD"):
                vector = kind == Kind.VECTOR
                m.d.comb += [
                    self.o.valid.eq(self.i.valid & vector),
                    self.i.ready.eq(Mux(vector, self.o.ready, parser.o_ready)),
                    parser.i_valid.eq(taken & ~vector),
                ]
                with m.If(taken):
                    m.d.sync += left.eq(left - 1)
                    with m.If(left == 1):
                        m.next = "CRC"
                    with m.If(beat.last):
                        fail(Error.LENGTH, ended=True)
            with m.State("CRC"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(taken):
                    m.next = "SETTLE"
                    with m.If(~beat.last):
                        fail(Error.LENGTH, ended=False)
            with m.State("SETTLE"):
                with m.If(parser.o_ready):  # entries of the last word are still being decoded
                    m.next = "VERDICT"  # the CRC is a word behind
            with m.State("VERDICT"):
                m.d.comb += crc.start.eq(1)
                with m.If(~crc.match_detected):
                    fail(Error.CRC, ended=True)
                with m.Elif(kind == Kind.VECTOR):
                    m.d.comb += self.o_commit.eq(1)
                    m.next = "KIND"
                with m.Elif(parser.o_error != Error.NONE):
                    fail(parser.o_error, ended=True)
                with m.Else():
                    m.d.sync += self.o_image_valid.eq(1)
                    m.next = "REPORT"
            with m.State("SKIP"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(taken & beat.last):
                    m.next = "REPORT"
            with m.State("REPORT"):
                m.d.comb += [self.o_status.valid.eq(1), self.o_discard.eq(1), crc.start.eq(1)]
                with m.If(self.o_status.ready):
                    m.next = "KIND"
        return m


class _ImageParser(Component):
    """Words of an image payload to memory writes. Reset starts anew.

    A word may come while ``o_ready``, which does not depend on ``i_valid``. Whatever comes, it is ready
    again in the end.
    """

    def __init__(self, hardware_id: int, load: LoadBus, coded: Config | None):
        self.hardware_id, self.coded = hardware_id, coded
        super().__init__({
            "i_valid": In(1), "i_data": In(BEAT), "o_ready": Out(1, init=1), "o_load": Out(load),
            "o_error": Out(Error), "o_input_bytes": Out(BEAT), "o_outputs": Out(BEAT),
        })

    def elaborate(self, platform):
        m = Module()
        load = self.o_load
        item_words = -(-len(load.data) // BEAT)
        item = Array(Signal(BEAT, name=f"item_{k}") for k in range(item_words))
        word, words, left = Signal(8), Signal(8), Signal(BEAT)
        bad, mismatch, complete = Signal(), Signal(), Signal()
        m.d.comb += self.o_error.eq(Mux(mismatch, Error.CONFIGURATION, Mux(
            bad | ~complete, Error.MALFORMED_IMAGE, Error.NONE)))
        m.d.comb += load.data.eq(Cat(item))
        m.d.sync += load.write.eq(0)
        upper_next = Signal()  # the upper bits of an entry's index go to the same address
        with m.If(load.write & ~upper_next):
            m.d.sync += load.address.eq(load.address + 1)
        coded, decoding = Signal(), Signal()
        if self.coded is not None:
            decoder, tables = self._decoder(m, self.coded, decoding)
        with m.FSM():
            with m.State("HARDWARE"):
                with m.If(self.i_valid):
                    m.d.sync += mismatch.eq(self.i_data != self.hardware_id)
                    m.next = "INPUT_BYTES"
            with m.State("INPUT_BYTES"):
                with m.If(self.i_valid):
                    m.d.sync += self.o_input_bytes.eq(self.i_data)
                    m.next = "OUTPUTS"
            with m.State("OUTPUTS"):
                with m.If(self.i_valid):
                    m.d.sync += [self.o_outputs.eq(self.i_data), bad.eq(self.i_data == 0)]
                    m.next = "SECTION"
            with m.State("SECTION"):
                m.d.comb += complete.eq(1)
                with m.If(self.i_valid):
                    m.d.sync += [load.memory.eq(self.i_data), words.eq(self.i_data[8:16]),
                                 load.pe.eq(self.i_data[16:]),
                                 coded.eq((self.i_data & CODED).any())]
                    m.next = "COUNT"
            with m.State("COUNT"):
                m.d.sync += word.eq(0)
                with m.If(self.i_valid):
                    m.d.sync += [left.eq(self.i_data), load.address.eq(0)]
                    with m.If((words == 0) | (words > item_words)):
                        m.d.sync += bad.eq(1)
                    m.next = "ITEM"
                    if self.coded is not None:
                        with m.If(coded):
                            m.next = "ADDRESS"
                    with m.If(self.i_data == 0):
                        m.next = "SECTION"
            with m.State("ITEM"):
                with m.If(self.i_valid):
                    m.d.sync += [item[word].eq(self.i_data), word.eq(word + 1)]
                    with m.If(word + 1 == words):
                        m.d.sync += [load.write.eq(~mismatch & ~bad), word.eq(0), left.eq(left - 1)]
                        with m.If(left == 1):
                            m.next = "SECTION"
            if self.coded is not None:
                self._decode(m, self.coded.sparse.index, decoder, tables, decoding, item, left,
                             upper_next, ok=~mismatch & ~bad)
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
                decoding: Signal, item: Array, left: Signal, upper_next: Signal, *, ok: Value) -> None:
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
                m.d.sync += [load.address.eq(self.i_data), both.eq(load.memory == MemoryId.UPPER)]
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
                ]
                if len(upper):
                    m.d.sync += upper_next.eq(both)
                with m.If(left == 1):
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

    Members: ``i_status`` (stream of {error, tag}), ``i_start``, ``i_tag``, ``o_go``, ``i`` (result
    vectors: when ``i_start``, ``o_go`` asks for the ``i_words`` words of one), ``o`` (beats).
    Three beats and two idle cycles a packet beside its payload; statuses go first.
    """

    def __init__(self):
        super().__init__({
            "i_status": In(stream.Signature(StructLayout({"error": Error, "tag": TAG_BITS}))),
            "i_start": In(1),
            "i_tag": In(TAG_BITS),
            "o_go": Out(1),
            "i": In(stream.Signature(BEAT)),
            "i_words": In(BEAT - 2),
            "o": Out(stream.Signature(BEAT_LAYOUT)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = CRC32_ISO_HDLC(data_width=BEAT).create()
        sent, covered = Signal(), Signal()  # a beat leaves; the CRC covers it
        status = Signal()
        error, tag, left = Signal(Error), Signal(TAG_BITS), Signal(BEAT - 2)
        m.d.comb += [
            sent.eq(self.o.valid & self.o.ready),
            crc.valid.eq(delay(m, sent & covered, 1, "crc_valid")),
            crc.data.eq(delay(m, self.o.payload.data, 1, "crc_data", reset_less=True)),
            covered.eq(1),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [crc.start.eq(1), self.i_status.ready.eq(1)]
                m.d.sync += status.eq(self.i_status.valid)
                with m.If(self.i_status.valid):
                    m.d.sync += [error.eq(self.i_status.payload.error),
                                 tag.eq(self.i_status.payload.tag), left.eq(1)]
                    m.next = "KIND"
                with m.Elif(self.i_start):
                    m.d.comb += self.o_go.eq(1)
                    m.d.sync += [tag.eq(self.i_tag), left.eq(self.i_words)]
                    m.next = "KIND"
            with m.State("KIND"):
                kind = Mux(status, Kind.STATUS, Kind.RESULT)
                m.d.comb += [self.o.valid.eq(1), self.o.payload.data.eq(kind | tag << 16)]
                with m.If(self.o.ready):
                    m.next = "LENGTH"
            with m.State("LENGTH"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.data.eq(left << 2)]
                with m.If(self.o.ready):
                    m.next = "PAYLOAD"
            with m.State("PAYLOAD"):
                m.d.comb += [
                    self.o.valid.eq(status | self.i.valid),
                    self.o.payload.data.eq(Mux(status, error, self.i.payload)),
                    self.i.ready.eq(~status & self.o.ready),
                ]
                with m.If(sent):
                    m.d.sync += left.eq(left - 1)
                    with m.If(left == 1):
                        m.next = "SETTLE"
            with m.State("SETTLE"):
                m.next = "CRC"  # the CRC is a word behind
            with m.State("CRC"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.data.eq(crc.crc),
                             self.o.payload.last.eq(1), covered.eq(0)]
                with m.If(self.o.ready):
                    m.next = "IDLE"
        return m
