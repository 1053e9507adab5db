import random

import pytest

from gen import slip
from hw.slip import END, ESC, ESC_END, ESC_ESC, SlipDecoder, SlipEncoder
from tests.hw.stalls import transfer

SEEDS = range(6)


def words(packet):
    padded = packet + bytes(-len(packet) % 4)
    starts = range(0, len(padded), 4)
    return [{"data": int.from_bytes(padded[k:k + 4], "little"), "last": k == starts[-1]}
            for k in starts]


def expect(packets):
    return [(w["data"], w["last"]) for packet in packets for w in words(packet)]


def decode(data, seed=0):
    return [(w.data, w.last) for w in transfer(SlipDecoder(), data, seed, patience=200)]


CORNERS = {
    "one_word": b"abcd",
    "all_ends": bytes([END] * 8),
    "all_escapes": bytes([ESC] * 8),
    "escaped_codes": bytes([ESC_END, ESC_ESC, END, ESC]),
    "special_last": b"abc" + bytes([ESC]) + b"abc" + bytes([END]),
    "zeros": bytes(12),
}


@pytest.mark.parametrize("name", CORNERS)
def test_corner_packets_survive_both_ways(name):
    packet = CORNERS[name]
    frame = slip.encode(packet)
    assert bytes(transfer(SlipEncoder(), words(packet), 1)) == frame
    assert decode(frame, 1) == expect([packet])
    assert slip.Decoder().feed(frame) == [packet]


DAMAGED = {
    "empty_frames": bytes([END, END, END]),
    "noise_before_end": b"\x00\xff" + slip.encode(b"abcd"),
    "truncated_then_whole": slip.encode(b"abcdefgh")[:6] + slip.encode(b"ijkl"),
    "not_whole_words": slip.encode(b"abcde"),
    "one_byte": slip.encode(b"a"),
    "invalid_escape": bytes([END, ESC, 0x41]) + b"bcd" + bytes([END]),
    "escape_then_end": bytes([END]) + b"abcd" + bytes([ESC, END]) + slip.encode(b"efgh"),
    "two_escapes": bytes([END, ESC, ESC]) + b"bcd" + bytes([END]),
    "no_end_between": bytes([END]) + b"abcdefgh",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_decoder_equals_golden_on_damaged_frames(name):
    data = DAMAGED[name]
    decoded = decode(data, 2)
    if name == "no_end_between":
        assert decoded == [(int.from_bytes(b"abcd", "little"), 0)]
    else:
        assert decoded == expect(slip.Decoder().feed(data))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_packets_with_random_stalls(seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    alphabet = [END, ESC, ESC_END, ESC_ESC, 0, 255, rng.randrange(256)]
    packets = [bytes(rng.choices(alphabet, k=4 * rng.randint(1, 6))) for _ in range(8)]
    frames = b"".join(map(slip.encode, packets))
    inputs = [w for packet in packets for w in words(packet)]
    assert bytes(transfer(SlipEncoder(), inputs, seed)) == frames
    assert decode(frames, seed) == expect(packets)


@pytest.mark.parametrize("seed", SEEDS)
def test_decoder_equals_golden_on_random_bytes(seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    data = bytes(rng.choices([END, ESC, ESC_END, ESC_ESC, 1, 2, 3], k=200)) + bytes([END])
    assert decode(data, seed) == expect(slip.Decoder().feed(data))


def test_golden_decoder_takes_any_pieces():
    packets = list(CORNERS.values())
    data = b"".join(map(slip.encode, packets))
    decoder = slip.Decoder()
    assert [p for k in range(len(data)) for p in decoder.feed(data[k:k + 1])] == packets
