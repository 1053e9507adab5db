"""Huffman codes for entries: what ``hw.huffman`` decodes.

Source: Han et al., "Deep Compression" (arXiv 1510.00149): indices and codes of a layer are coded
separately. Lengths are limited by package-merge (Larmore and Hirschberg, 1990), which is optimal.
"""

from dataclasses import dataclass

import numpy as np

from gen.layout import pack
from hw.sparse.layout import MAX_LENGTH, SYMBOL_BITS, huffman_layout

__all__ = ["EntryCoder", "HuffmanCode", "code_lengths"]


def code_lengths(counts: np.ndarray, limit: int = MAX_LENGTH) -> np.ndarray:
    """Bits of each symbol's code word, 0 if it does not occur: int64 (symbols).

    A symbol that is alone gets one bit.

    Args:
        counts: How often each symbol occurs.
        limit: Bits of the longest code word.
    """
    used = np.flatnonzero(counts)
    lengths = np.zeros(len(counts), np.int64)
    if len(used) > 1 << limit:
        raise ValueError(f"{len(used)} symbols do not fit code words of {limit} bits")
    if len(used) < 2:
        lengths[used] = 1
        return lengths
    # Packages are (weight, symbols in it); those of two go on to the next, shorter length.
    singles = [(int(counts[k]), (k,)) for k in used.tolist()]
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(limit):
        merged = sorted(singles + packages)
        packages = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(merged[::2], merged[1::2], strict=False)]
    for _, symbols in packages[:len(used) - 1]:
        np.add.at(lengths, list(symbols), 1)
    return lengths


@dataclass(frozen=True)
class HuffmanCode:
    """A canonical code for values of ``bits`` bits.

    Args:
        low: Low bits of a value, which are not coded.
        lengths: Bits of each symbol's code word, int64 (symbols).
        words: Code words, int64 (symbols).
    """

    low: int
    lengths: np.ndarray
    words: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, bits: int) -> "HuffmanCode":
        """The best code for values, all of them less than ``2**bits``."""
        low = max(0, bits - SYMBOL_BITS)
        lengths = code_lengths(np.bincount(values >> low, minlength=1 << bits - low))
        words = np.zeros_like(lengths)
        word = before = 0
        for symbol in _canonical(lengths).tolist():
            word <<= int(lengths[symbol]) - before
            words[symbol], before = word, int(lengths[symbol])
            word += 1
        return cls(low, lengths, words)

    @property
    def table(self) -> np.ndarray:
        """Code words of each length, then symbols in the order of their code words: int64."""
        return np.concatenate((
            np.bincount(self.lengths[self.lengths > 0], minlength=MAX_LENGTH + 1),
            _canonical(self.lengths)))

    def code(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What stands for values in the bit stream: numbers, first bit highest, and their bits."""
        symbol = values >> self.low
        return (self.words[symbol] << self.low | values & (1 << self.low) - 1,
                self.lengths[symbol] + self.low)


@dataclass(frozen=True)
class EntryCoder:
    """Codes for indices and codes of a layer."""

    index: HuffmanCode
    code: HuffmanCode

    @classmethod
    def of(cls, index: np.ndarray, code: np.ndarray, index_bits: int, code_bits: int) -> "EntryCoder":
        return cls(HuffmanCode.of(index, index_bits), HuffmanCode.of(code, code_bits))

    def table(self) -> np.ndarray:
        """Words of the decoder's tables: uint32 (words x 1)."""
        columns = [self.index.table, self.code.table]
        longest = max(map(len, columns))
        index, code = (np.pad(each, (0, longest - len(each))) for each in columns)
        return pack(huffman_layout(), index=index, code=code)

    def encode(self, index: np.ndarray, code: np.ndarray) -> np.ndarray:
        """The bit stream of entries: uint32 (words)."""
        coded = [self.index.code(index), self.code.code(code)]
        values = np.stack([value for value, _ in coded], axis=1).ravel()
        bits = np.stack([bits for _, bits in coded], axis=1).ravel()
        ends = np.cumsum(bits)
        behind = np.repeat(ends, bits) - np.arange(bits.sum()) - 1  # bits of the same value that follow
        stream = np.repeat(values, bits) >> behind & 1
        stream = np.pad(stream.astype(np.uint8), (0, -len(stream) % 32))
        return np.packbits(stream, bitorder="little").view("<u4").astype(np.uint32)


def _canonical(lengths: np.ndarray) -> np.ndarray:
    """Symbols in the order of their code words."""
    used = np.flatnonzero(lengths)
    return used[np.argsort(lengths[used], kind="stable")]
