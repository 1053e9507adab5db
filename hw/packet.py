"""The packet format that every link speaks: AXI4-Stream, UART, image files.

A packet is a sequence of 32-bit little-endian words; on a stream the last word carries ``tlast``:

====  ======================================================================================
word  contents
====  ======================================================================================
0     type (bits 7:0), destination (bits 15:8), sequence number (bits 31:16)
1     length of the payload in bytes
2...  payload, padded with zero bytes to a whole word
last  CRC-32 (the one of zlib and Ethernet) of all bytes before it, padding included
====  ======================================================================================

Destination 0 is the first engine; other values are kept for designs with several engines. The
answer to a packet carries its sequence number.
"""

import enum
import zlib

import numpy as np

__all__ = ["CODED", "Error", "HEADER_WORDS", "Kind", "MemoryId", "TAG_BITS", "build", "parse"]

HEADER_WORDS = 2
TAG_BITS = 16
"""Bits of a sequence number, which the hardware carries along as the tag of a vector."""


class Kind(enum.IntEnum):
    """Packet types. Types from 0x80 on come from the hardware."""

    IMAGE = 0x01
    """Payload: the image; see ``gen.image``."""
    VECTOR = 0x02
    """Payload: one input vector, activations in 8 or 16 bits each."""
    PROGRAM = 0x03
    """Kept for layer programs with conditions; answered with an error."""
    REGISTER = 0x04
    """Kept for register access over the stream; answered with an error."""
    WEIGHTS = 0x05
    """Kept for streamed weights; answered with an error."""
    RESULT = 0x80
    """Payload: one output vector, 32 or 64 bits each."""
    STATUS = 0x81
    """Payload: one word, an :class:`Error`; zero says that an image was accepted."""


class Error(enum.IntEnum):
    """What a STATUS packet and the ``error`` register say."""

    NONE = 0
    CRC = 1
    LENGTH = 2
    KIND = 3
    CONFIGURATION = 4
    NO_IMAGE = 5
    MALFORMED_IMAGE = 6

    @property
    def explanation(self) -> str:
        return {
            Error.NONE: "no error",
            Error.CRC: "a packet arrived damaged (CRC-32 mismatch)",
            Error.LENGTH: "a packet's length does not match its contents or the network",
            Error.KIND: "unknown packet type",
            Error.CONFIGURATION: "the image was compiled for another configuration",
            Error.NO_IMAGE: "no valid image is loaded",
            Error.MALFORMED_IMAGE: "the image's sections do not fit the hardware's memories",
        }[self]


class MemoryId(enum.IntEnum):
    """Memories that an image fills."""

    ENTRIES = 0
    COLUMNS = 1
    CODEBOOK = 2
    LAYERS = 3
    DRAIN = 4
    ROWS = 5
    UPPER = 6
    HUFFMAN = 7
    """Tables of the Huffman codes of the sections that follow; or lengths of words that stay coded."""
    WEIGHTS = 8
    """Weights of the binary array, the PE of a section its bank and slice; or of the shift-add array,
    the PE its bank."""
    STARTS = 9
    """First values of the binary array's accumulators; the PE of a section is its bank."""
    THRESHOLDS = 10
    """Thresholds of outputs of several levels; the PE of a section is the step of the search."""


CODED = 0x80
"""Beside ``ENTRIES`` in a section's first word: Huffman-coded entries; beside ``UPPER``: those whose
indices have upper bits."""


def build(kind: int, payload: bytes, *, sequence: int = 0, destination: int = 0) -> bytes:
    """The bytes of a packet."""
    head = np.array([kind | destination << 8 | sequence << 16, len(payload)], "<u4").tobytes()
    body = head + payload + bytes(-len(payload) % 4)
    return body + zlib.crc32(body).to_bytes(4, "little")


def parse(data: bytes) -> tuple[int, int, bytes]:
    """Type, sequence number and payload of a packet; ValueError if it is damaged."""
    if len(data) < 12 or len(data) % 4:
        raise ValueError(f"a packet has at least 12 bytes in whole words, not {len(data)}")
    if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        raise ValueError("CRC-32 mismatch")
    length = int.from_bytes(data[4:8], "little")
    if length + (-length % 4) != len(data) - 12:
        raise ValueError(f"length field {length} does not match {len(data) - 12} payload bytes")
    return data[0], int.from_bytes(data[2:4], "little"), data[8:8 + length]
