"""SLIP framing (RFC 1055): packets on a byte stream, with a way back after lost or false bytes."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["END", "ESC", "ESC_END", "ESC_ESC", "SlipDecoder", "SlipEncoder", "WORD"]

END = 0xC0
ESC = 0xDB
ESC_END = 0xDC
ESC_ESC = 0xDD

WORD = data.StructLayout({"data": 32, "last": 1})
"""A little-endian word of a packet; ``last`` marks the packet's final word."""


class SlipDecoder(wiring.Component):
    """Bytes to packets.

    Nothing is judged here, because the CRC at the end of a packet judges everything: a frame that
    is not whole words gets zeros behind its bytes, an escape before any byte but ESC_END and
    ESC_ESC is dropped. Empty frames vanish. The twin is ``gen.slip.Decoder``.

    Members:
        i: Stream of bytes.
        o: Stream of ``WORD``.

    A word comes out 2 cycles after the first byte behind it, because only that one tells whether the
    word was the last. Made for slow lines: a byte takes 3 cycles.
    """

    def __init__(self) -> None:
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(WORD))})

    def elaborate(self, platform):
        m = Module()

        # Escapes are taken out in front of a register: it halves the longest path.
        escaped = Signal()
        full, is_end, byte = Signal(), Signal(), Signal(8)
        is_escape = (self.i.payload == ESC) & ~escaped
        m.d.comb += self.i.ready.eq(~full)
        with m.If(~full):
            m.d.sync += [
                full.eq(self.i.valid & ~is_escape),
                escaped.eq(Mux(self.i.valid, is_escape, escaped)),
                is_end.eq(self.i.payload == END),
                byte.eq(self.i.payload),
            ]
            with m.If(escaped & (self.i.payload == ESC_END)):
                m.d.sync += byte.eq(END)
            with m.If(escaped & (self.i.payload == ESC_ESC)):
                m.d.sync += byte.eq(ESC)

        word = Signal(32)
        count = Signal(5, init=1)  # a bit each for 0 to 4 bytes in ``word``
        emits = Mux(is_end, ~count[0], count[4])  # a word comes out ahead of the byte
        passes = Signal()  # none does; which of both takes a cycle to see
        m.d.comb += self.o.p.data.eq(word)
        with m.If(full & ~self.o.valid):
            m.d.sync += [passes.eq(~emits), self.o.valid.eq(emits), self.o.p.last.eq(is_end)]
        with m.If(passes | (self.o.valid & self.o.ready)):
            m.d.sync += [full.eq(0), passes.eq(0), self.o.valid.eq(0)]
            with m.If(is_end):
                m.d.sync += count.eq(1)
            with m.Elif(count[0] | count[4]):
                m.d.sync += [word.eq(byte), count.eq(2)]
            with m.Else():
                m.d.sync += count.eq(count << 1)
                for k in range(1, 4):
                    with m.If(count[k]):
                        m.d.sync += word.word_select(k, 8).eq(byte)

        return m


class SlipEncoder(wiring.Component):
    """Packets to bytes: END, the bytes with END and ESC escaped, END.

    The END in front flushes what noise may have left at the receiver. The twin is
    ``gen.slip.encode``.

    Members:
        i: Stream of ``WORD``.
        o: Stream of bytes.

    Made for slow lines: a byte takes 3 cycles, 5 if it is escaped, a word 1 more, a packet 2 more.
    The first byte comes a cycle after the first word was taken.
    """

    def __init__(self) -> None:
        super().__init__({"i": In(stream.Signature(WORD)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()

        word = Signal(WORD)
        left = Signal(range(4))  # bytes behind the current one
        byte = word.data[:8]
        special = Signal()
        escaped = Signal()  # the escape is out, its second byte is due

        with m.If(self.i.ready):
            m.d.sync += [word.eq(self.i.payload), left.eq(3)]

        with m.FSM():
            with m.State("first word"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.next = "begin"
            with m.State("begin"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(END)]
                with m.If(self.o.ready):
                    m.next = "look"
            with m.State("look"):  # a cycle of its own: comparing and sending make too long a path
                m.d.sync += special.eq((byte == END) | (byte == ESC))
                m.next = "send"
            with m.State("send"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(byte)]
                with m.If(escaped):
                    m.d.comb += self.o.payload.eq(Cat(byte[0], Const(ESC_END >> 1, 7)))
                with m.Elif(special):
                    m.d.comb += self.o.payload.eq(ESC)
                with m.If(self.o.ready):
                    m.next = "sent"
            with m.State("sent"):
                m.d.sync += escaped.eq(special & ~escaped)
                m.next = "send"
                with m.If(escaped | ~special):
                    m.d.sync += [word.data.eq(word.data >> 8), left.eq(left - 1)]
                    m.next = "look"
                    with m.If(left == 0):
                        m.next = "next word"
                        with m.If(word.last):
                            m.next = "end"
            with m.State("next word"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.next = "look"
            with m.State("end"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(END)]
                with m.If(self.o.ready):
                    m.next = "first word"

        return m
