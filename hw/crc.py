"""The CRC-32 of packets, a word a cycle."""

from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.config import BEAT

__all__ = ["Crc32"]

_POLYNOMIAL = 0xEDB88320  # lowest bit first, as zlib has it


class Crc32(Component):
    """CRC-32 (the one of zlib and Ethernet) of 32-bit words, lowest byte first.

    The register holds what is left of the division with the last word already added, so that the longest
    path is the sum of a word bit and of at most 17 register bits. After one more word, zero, it is the
    complement of the CRC; after the CRC itself it is all ones.

    Members: ``i_start`` (forget all words; nothing is taken), ``i_valid``, ``i_data``, ``o``.
    """

    def __init__(self):
        super().__init__({"i_start": In(1), "i_valid": In(1), "i_data": In(BEAT), "o": Out(BEAT)})

    def elaborate(self, platform):
        m = Module()
        remainder = Signal(BEAT, init=_before(2**BEAT - 1))
        m.d.comb += self.o.eq(remainder)
        columns = [_after(1 << k) for k in range(BEAT)]
        rows = [[remainder[k] for k in range(BEAT) if columns[k] >> bit & 1] for bit in range(BEAT)]
        sums = [Cat(self.i_data[bit], *row).xor() for bit, row in enumerate(rows)]
        with m.If(self.i_start):
            m.d.sync += remainder.eq(remainder.init)
        with m.Elif(self.i_valid):
            m.d.sync += remainder.eq(Cat(sums))
        return m


def _after(remainder: int) -> int:
    """The remainder after a word of zeros."""
    for _ in range(BEAT):
        remainder = remainder >> 1 ^ (_POLYNOMIAL if remainder & 1 else 0)
    return remainder


def _before(remainder: int) -> int:
    """The remainder that a word of zeros turns into this one."""
    for _ in range(BEAT):
        carry = remainder >> BEAT - 1
        remainder = (remainder ^ (_POLYNOMIAL if carry else 0)) << 1 | carry
    return remainder
