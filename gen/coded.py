"""Entries that stay Huffman-coded in the PEs' memories: what ``hw.sparse.decoder`` decodes.

An entry's code and the high bits of its index are one symbol, for which there is a prefix code; the low
bits of the index stay as they are. The first ``DECIDING`` bits of a code word tell its length, which
takes a table of 16 words instead of comparisons. Under this rule the code is optimal.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hw.config import Sparse
from hw.sparse.layout import CODED_WORD, DECIDING, coded_layout

__all__ = ["StoredCode", "pack_bits", "word_lengths"]


def word_lengths(counts: np.ndarray, limit: int, deciding: int = DECIDING) -> np.ndarray:
    """Bits of each symbol's code word, 0 if it does not occur: int64 (symbols).

    The sum of counts times bits is the least that a prefix code can have whose words' first ``deciding``
    bits tell their length.

    Args:
        counts: How often each symbol occurs.
        limit: Bits of the longest code word, at least ``deciding``.
    """
    lengths = np.zeros(len(counts), np.int64)
    used = np.flatnonzero(counts)
    order = used[np.argsort(-counts[used], kind="stable")]  # most frequent first: they get short words
    symbols, beginnings = len(order), 1 << deciding
    if symbols > 1 << limit:
        raise ValueError(f"{symbols} symbols do not fit code words of {limit} bits")
    before = np.concatenate(([0], np.cumsum(counts[order]))).tolist()  # of the first so many
    # The least sum once so many beginnings are taken and so many symbols have words, and how it came
    # about: all words with one beginning, or one word with several, at a time, the shortest first.
    best: dict[tuple[int, int], tuple[int, Any]] = {(0, 0): (0, None)}
    for length in range(1, limit + 1):
        taken, words = 1 << max(0, deciding - length), 1 << max(0, length - deciding)
        for place in range(beginnings - taken + 1):
            for done in range(symbols):
                if (place, done) not in best:
                    continue
                cost, way = best[place, done]
                after = min(symbols, done + words)
                cost += length * (before[after] - before[done])
                if cost < best.get((place + taken, after), (cost + 1, None))[0]:
                    best[place + taken, after] = cost, (length, done, after, way)
    _, way = min((best[place, symbols] for place in range(beginnings + 1) if (place, symbols) in best),
                 key=lambda each: each[0])
    while way is not None:
        length, done, after, way = way
        lengths[order[done:after]] = length
    return lengths


@dataclass(frozen=True)
class StoredCode:
    """A layer's code.

    Args:
        raw: Low bits of an index that are not coded.
        lengths: Bits of each symbol's code word, 0 if it does not occur, int64 (symbols).
        words: Code words, first bit highest, int64 (symbols).
        index_bits, word_bits: Bits of an index, and of the longest word. A symbol is a code, and below
            it what is left of the index.
    """

    raw: int
    lengths: np.ndarray
    words: np.ndarray
    index_bits: int
    word_bits: int

    @classmethod
    def of(cls, index: np.ndarray, code: np.ndarray, c: Sparse) -> "StoredCode":
        """The best code for the entries of a layer, if they fit the configuration."""
        fields, index_bits = coded_layout(c), c.index.width
        limit = fields["symbol"].width
        best: tuple[int, int, np.ndarray] | None = None
        for raw in range(fields["raw"].width, -1, -1):
            counts = np.bincount(code << index_bits - raw | index >> raw)
            if np.count_nonzero(counts) > 1 << limit:
                break
            lengths = word_lengths(counts, limit)
            total = int(counts @ lengths) + raw * len(index)
            if best is None or total < best[0]:
                best = total, raw, lengths
        assert best is not None, "more symbols than code words"
        _, raw, lengths = best
        # Canonical, but longer words than DECIDING begin where no shorter ones do.
        words, place, before = np.zeros_like(lengths), 0, 0
        unit = 1 << limit - DECIDING
        for symbol in np.argsort(lengths, kind="stable")[np.count_nonzero(lengths == 0):].tolist():
            length = int(lengths[symbol])
            if length > max(before, DECIDING):
                place = -(-place // unit) * unit
            words[symbol] = place >> limit - length
            place, before = place + (1 << limit - length), length
        return cls(raw, lengths, words, index_bits, limit)

    def encode(self, index: np.ndarray, code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What stands for each entry: numbers, first bit highest, and their bits; int64 (entries)."""
        symbol = code << self.index_bits - self.raw | index >> self.raw
        return ((index & (1 << self.raw) - 1) << self.lengths[symbol] | self.words[symbol],
                self.lengths[symbol] + self.raw)

    @property
    def entry_lengths(self) -> np.ndarray:
        """Bits of an entry, less one, by the first bits of its code word, the first one lowest."""
        symbol = self._meant()[_reversed(np.arange(1 << DECIDING), DECIDING)
                               << self.word_bits - DECIDING]
        lengths = np.append(self.lengths, 1)  # no symbol: any
        return lengths[symbol] + self.raw - 1

    @property
    def meanings(self) -> tuple[np.ndarray, np.ndarray]:
        """Code, and index without its raw bits, of the word with which some bits begin, the first one
        lowest; 0 if there is none. int64 (2**word_bits) each.
        """
        symbol = self._meant()[_reversed(np.arange(1 << self.word_bits), self.word_bits)]
        symbol = np.maximum(symbol, 0)
        high = self.index_bits - self.raw
        return symbol >> high, (symbol & (1 << high) - 1) << self.raw

    def _meant(self) -> np.ndarray:
        """The symbol of the word with which some bits begin, the first one highest, or -1."""
        meant = np.full(1 << self.word_bits, -1)
        for symbol in np.flatnonzero(self.lengths):
            free = self.word_bits - self.lengths[symbol]
            first = self.words[symbol] << free
            meant[first:first + (1 << free)] = symbol
        return meant


def pack_bits(values: np.ndarray, bits: np.ndarray, first: int) -> np.ndarray:
    """Numbers one behind the other, first bit highest, in words filled from bit 0 up.

    Args:
        bits: Of each number, at most ``CODED_WORD``.
        first: Where the first one begins.

    Returns:
        int64 (words), from word 0 to one behind the last bit: both words that a decoder reads are there.
    """
    end = first + np.cumsum(bits)
    start = end - bits
    low = _reversed(values, CODED_WORD) >> CODED_WORD - bits << start % CODED_WORD
    size = (int(end[-1]) if len(end) else first) // CODED_WORD + 2
    word = start // CODED_WORD
    # Sums of powers of two that all differ: exact as floating-point numbers.
    return (np.bincount(word, low & (1 << CODED_WORD) - 1, size)
            + np.bincount(word + 1, low >> CODED_WORD, size)).astype(np.int64)


def _reversed(values: np.ndarray, bits: int) -> np.ndarray:
    result = np.zeros_like(values)
    for k in range(bits):
        result = result << 1 | values >> k & 1
    return result
