"""Codes of entries that stay coded in memory, and the memories that ``gen.sparse`` fills with them."""

import numpy as np
import pytest

from gen.coded import StoredCode, pack_bits, word_lengths
from gen.huffman import code_lengths
from gen.resolve import resolve
from gen.sparse import sections
from hw.packet import MemoryId
from hw.sparse.layout import (
    CODED_WORD,
    DECIDING,
    base_words,
    coded_layout,
    column_layout,
    layer_layout,
    symbol_layout,
)
from tests.hw.configs import config
from tests.hw.designs import network

COUNTS = {
    "one": [0, 0, 7, 0],
    "two": [5, 0, 900],
    "equal": [3] * 16,
    "seventeen": [3] * 17,
    "skewed": [1 << k for k in range(12)],
    "all": np.random.default_rng(0).geometric(0.02, 256).tolist(),
}


def least(counts, limit, deciding):
    """The least sum of counts times bits, by trying every number of beginnings for every length."""
    counts = sorted((count for count in counts if count), reverse=True)

    def best(length, beginnings, done):
        if done >= len(counts):
            return 0
        if length > limit:
            return float("inf")
        taken, words = max(1, 1 << deciding >> length), max(1, 1 << length >> deciding)
        found = float("inf")
        for steps in range(beginnings // taken + 1):
            now = counts[done:done + steps * words]
            found = min(found, length * sum(now)
                        + best(length + 1, beginnings - steps * taken, done + steps * words))
        return found

    return best(1, 1 << deciding, 0)


@pytest.mark.parametrize("limit, deciding", [(4, 2), (5, 3), (3, 3), (6, 2)])
def test_lengths_are_the_best_under_the_rule(limit, deciding):
    rng = np.random.default_rng([limit, deciding])
    for _ in range(60):
        counts = rng.geometric(rng.choice([0.5, 0.1, 0.01]), int(rng.integers(0, 1 + (1 << limit))))
        counts *= rng.random(len(counts)) < rng.choice([0.5, 1])
        lengths = word_lengths(counts, limit, deciding)
        assert ((lengths > 0) == (counts > 0)).all() and lengths.max(initial=0) <= limit
        assert int(counts @ lengths) == least(counts.tolist(), limit, deciding)


@pytest.mark.parametrize("name", COUNTS)
def test_more_deciding_bits_come_closer_to_huffman(name):
    counts = np.array(COUNTS[name])
    sums = [int(counts @ word_lengths(counts, 10, deciding)) for deciding in (3, 4, 6, 10)]
    assert sums == sorted(sums, reverse=True) and sums[-1] == int(counts @ code_lengths(counts, 10))


def test_too_many_symbols():
    with pytest.raises(ValueError, match="17 symbols do not fit code words of 4 bits"):
        word_lengths(np.ones(17, int), 4)


def memory_config(**changes):
    return config(sparse__huffman="memory", **changes).sparse


@pytest.mark.parametrize("codes, width, layers", [(16, 6, 1), (16, 6, 4), (256, 8, 1), (3, 13, 2)])
def test_a_decoder_finds_every_entry(codes, width, layers):
    c = memory_config(sparse__index={"kind": "relative", "width": width},
                      sparse__weight={"width": 8, "signed": True, "codebook_size": codes},
                      sparse__capacity__layers=layers)
    fields = coded_layout(c)
    raw, symbol = fields["raw"].width, fields["symbol"].width
    assert raw + symbol <= CODED_WORD
    for seed in range(4):
        rng = np.random.default_rng(seed)
        index = np.minimum(rng.geometric([0.9, 0.3, 0.05, 1e-6][seed], 3000) - 1, (1 << width) - 1)
        code = rng.integers(0, codes, 3000) if seed % 2 else np.minimum(
            rng.geometric(0.4, 3000) - 1, codes - 1)
        stored = StoredCode.of(index, code, c)
        values, bits = stored.encode(index, code)
        assert bits.max() <= raw + symbol
        words = pack_bits(values, bits, raw)
        assert len(words) == (raw + bits.sum()) // CODED_WORD + 2
        stream = "".join(f"{word:016b}"[::-1] for word in words.tolist())
        lengths, (codes_of, indices_of) = stored.entry_lengths, stored.meanings
        at = raw
        for k in range(3000):
            word = stream[at + stored.raw:at + stored.raw + symbol]
            prefix = int(word[::-1], 2)
            low = int(stream[at:at + stored.raw] or "0", 2)
            assert (codes_of[prefix], indices_of[prefix] | low) == (code[k], index[k])
            assert lengths[prefix % (1 << DECIDING)] + 1 == bits[k]
            at += bits[k]


def test_nothing_to_code():
    c = memory_config()
    nothing = np.zeros(0, np.int64)
    stored = StoredCode.of(nothing, nothing, c)
    assert stored.entry_lengths.shape == (16,) and not stored.meanings[0].any()
    assert not pack_bits(*stored.encode(nothing, nothing), 5).any()


def test_memories_hold_what_was_coded():
    """The column tables say where columns begin, and there the entries are."""
    net = network(np.random.default_rng(3), (30, 90, 40), values=(-9, -4, 1, 2, 5))
    cfg, placements = resolve({"name": "coded", "sparse": {
        "pes": 3, "huffman": "memory", "activation": {"width": 8, "signed": False, "lanes": 4}}},
        net, "draft")
    c = cfg.sparse
    contents = {(each.memory, each.pe): each.words for each in sections(net, cfg, placements)}
    assert max(len(contents[MemoryId.ENTRIES, pe]) for pe in range(3)) == c.capacity.entries
    lengths = contents[MemoryId.HUFFMAN, 0xFFFF][:, 0].reshape(2, -1)
    symbol, raw = coded_layout(c)["symbol"].width, coded_layout(c)["raw"].width
    meanings = contents[MemoryId.CODEBOOK, 0xFFFF][:, 0].reshape(2, -1)
    short = column_layout(c)["first"].width
    for pe in range(3):
        stream = "".join(f"{word:016b}"[::-1] for word in contents[MemoryId.ENTRIES, pe][:, 0].tolist())
        table = iter(contents[MemoryId.COLUMNS, pe][:, 0].tolist())
        for k, (layer, placement) in enumerate(zip(net.layers, placements, strict=True)):
            at = sum(next(table) << 2 * short * n for n in range(base_words(c.capacity)))
            descriptor = contents[MemoryId.LAYERS, 0][k].astype("<u4").tobytes()
            own_bits = layer_layout(c).from_bits(int.from_bytes(descriptor, "little")).raw
            at += raw - own_bits
            found = []
            for column in range(0, layer.columns, placement.together):
                word = next(table)
                both = [word] if placement.long else [word % (1 << short), word >> short]
                for side, bits in enumerate(both):
                    row, end = -1, at + bits
                    while at < end:
                        prefix = int(stream[at + own_bits:at + own_bits + symbol][::-1], 2)
                        fields = symbol_layout(c).from_bits(int(meanings[k, prefix]))
                        low = int(stream[at:at + own_bits] or "0", 2)
                        row += 1 + (fields.index | low)
                        word = fields.word - (1 << c.weight.width) * (
                            c.weight.signed and fields.word >> c.weight.width - 1)
                        found.append((column + side, row, word))
                        at += int(lengths[k, prefix % 16]) + 1
                    assert at == end
            mine = placement.entry_pe == pe
            assert found == list(zip(placement.entry_column[mine].tolist(),
                                     placement.entry_slot[mine].tolist(),
                                     placement.entry_value[mine].tolist(), strict=True))
