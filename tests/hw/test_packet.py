import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw import packet


@settings(derandomize=True, database=None)
@given(kind=st.integers(0, 255), payload=st.binary(max_size=40), sequence=st.integers(0, 65535))
def test_parse_reads_what_build_wrote(kind, payload, sequence):
    data = packet.build(kind, payload, sequence=sequence)
    assert packet.parse(data) == (kind, sequence, payload)
    assert len(data) % 4 == 0 and len(data) - 12 - len(payload) in range(4)


def test_bytes_of_a_packet():
    body = bytes([2, 5, 0x34, 0x12, 3, 0, 0, 0, 7, 8, 9, 0])
    assert packet.build(2, bytes([7, 8, 9]), sequence=0x1234, destination=5) == (
        body + zlib.crc32(body).to_bytes(4, "little"))


def _crc(body):
    return body + zlib.crc32(body).to_bytes(4, "little")


@pytest.mark.parametrize("data, message", [
    (b"", "at least 12 bytes in whole words, not 0"),
    (bytes(8), "at least 12 bytes in whole words, not 8"),
    (bytes(14), "at least 12 bytes in whole words, not 14"),
    (bytes(12), "CRC-32 mismatch"),
    (_crc(bytes([2, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4])),
     "length field 9 does not match 4 payload bytes"),
])
def test_damaged_packets(data, message):
    with pytest.raises(ValueError, match=message):
        packet.parse(data)


@settings(derandomize=True, database=None)
@given(payload=st.binary(max_size=20), bit=st.integers(0, 255))
def test_any_flipped_bit_is_noticed(payload, bit):
    data = bytearray(packet.build(packet.Kind.VECTOR, payload))
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    with pytest.raises(ValueError):
        packet.parse(bytes(data))


def test_every_error_is_explained():
    assert len({error.explanation for error in packet.Error}) == len(packet.Error)
