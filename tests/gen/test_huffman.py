import heapq

import numpy as np
import pytest

from gen.huffman import EntryCoder, HuffmanCode, code_lengths
from hw.sparse.layout import MAX_LENGTH

COUNTS = {
    "one": [0, 0, 7, 0],
    "two": [5, 0, 900],
    "equal": [3] * 16,
    "skewed": [1 << k for k in range(12)],
    "too_skewed": [1 << k for k in range(40)],
    "all": np.random.default_rng(0).geometric(0.02, 256).tolist(),
}


def plain_huffman(counts):
    """Bits of the whole text, by the textbook."""
    heap = [count for count in counts if count]
    if len(heap) == 1:
        return heap[0]
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        total += both
        heapq.heappush(heap, both)
    return total


@pytest.mark.parametrize("name", COUNTS)
def test_lengths(name):
    counts = np.array(COUNTS[name])
    lengths = code_lengths(counts)
    assert ((lengths > 0) == (counts > 0)).all() and lengths.max() <= MAX_LENGTH
    kraft = sum(2.0 ** -int(length) for length in lengths if length)
    assert kraft == (0.5 if name == "one" else 1)
    total = int(counts @ lengths)
    if name == "too_skewed":
        assert total > plain_huffman(COUNTS[name])
    else:
        assert total == plain_huffman(COUNTS[name])


def test_the_shortest_limited_lengths():
    # All sets of lengths of four symbols within two bits: only {2, 2, 2, 2}; within three, Huffman's.
    assert code_lengths(np.array([1, 2, 4, 8]), 2).tolist() == [2, 2, 2, 2]
    assert code_lengths(np.array([1, 2, 4, 8]), 3).tolist() == [3, 3, 2, 1]
    # Five within three bits: {1, 3, 3, 3, 3} costs 9 + 3 * 10, {2, 2, 2, 3, 3} 2 * 16 + 3 * 3.
    assert code_lengths(np.array([1, 2, 3, 4, 9]), 3).tolist() == [3, 3, 3, 3, 1]
    with pytest.raises(ValueError, match="5 symbols do not fit code words of 2 bits"):
        code_lengths(np.ones(5, int), 2)


def test_nothing_to_code():
    assert not code_lengths(np.zeros(4, int)).any()


def test_a_known_code():
    """RFC 1951, 3.2.2: lengths 3 3 3 3 3 2 4 4 are the words 010 011 100 101 110 00 1110 1111."""
    counts = [8, 8, 8, 8, 8, 16, 4, 4]
    code = HuffmanCode.of(np.repeat(np.arange(8), counts), 3)
    assert code.lengths.tolist() == [3, 3, 3, 3, 3, 2, 4, 4]
    assert code.words.tolist() == [2, 3, 4, 5, 6, 0, 14, 15]
    assert code.table.tolist() == [0, 0, 1, 5, 2, *[0] * 11, 5, 0, 1, 2, 3, 4, 6, 7]


def test_bits_of_a_stream():
    coder = EntryCoder.of(np.array([1, 1, 0, 2]), np.array([600, 1, 600, 600]), 2, 10)
    # Indices: 1 is 0, 0 is 10, 2 is 11. Codes: low bits 00, 01; 150 is 0, 0 is 1? Fewer come later.
    assert coder.code.low == 2
    words = {150: coder.code.words[150], 0: coder.code.words[0]}
    assert sorted(words.values()) == [0, 1]
    bits = "".join(("0", "10", "11")[(1, 0, 2).index(i)] + f"{words[c >> 2]:b}" + f"{c & 3:02b}"
                   for i, c in ((1, 600), (1, 1), (0, 600), (2, 600)))
    stream = coder.encode(np.array([1, 1, 0, 2]), np.array([600, 1, 600, 600]))
    assert stream.tolist() == [int(bits[::-1], 2)]
    assert coder.table().shape == (16 + 3, 1)
