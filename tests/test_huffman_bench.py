"""The Huffman bench, at a sixteenth of the size."""

import numpy as np
import pytest

from bench.eie import LAYERS
from bench.huffman import bits, kmeans_counts, memory_bits


def test_bits_of_known_distributions():
    uniform, skewed, one = (bits(np.array(counts), 1, divide=16) for counts in (
        [1] * 16, [2 ** k for k in range(15, -1, -1)], [1]))
    assert uniform["plain_entry"] == 10 and uniform["columns"] == pytest.approx(1.6, abs=0.3)
    assert uniform["code"] == pytest.approx(4, abs=0.1)
    # Twice as many of each symbol as of the next: one bit, two bits, three ...
    assert skewed["code"] == pytest.approx(2, abs=0.1)
    assert one["code"] == 1
    for row in (uniform, skewed, one):
        # Gaps among 64 rows of which a 25th is kept: at most the bits of a geometric distribution.
        assert 4.8 < row["index"] < 6.06
        assert 0 < row["tables_and_heads"] < 2.5
        assert row["coded_entry"] == pytest.approx(
            row["index"] + row["code"] + row["tables_and_heads"])
        assert row["coded"] - row["coded_entry"] == pytest.approx(row["plain"] - row["plain_entry"])


def test_trained_codes_are_uneven():
    counts = kmeans_counts()
    assert len(counts) == 16 and counts.sum() == 18816 and counts.max() > 1.5 * counts.mean()


def test_bits_in_memory():
    layers = {layer.name: layer for layer in LAYERS}
    sparse, dense = (memory_bits(layers[name], 1, divide=16) for name in ("VGG-7", "NT-Wd"))
    for row in (sparse, dense):
        assert row["unlimited"] < row["own_entry"] < row["plain_entry"]
        assert row["own"] == row["own_entry"] + row["own_tables"] <= row["coded"] + 0.2
    # Lengths in bits are longer than numbers of entries: many entries a column are needed to make up.
    assert sparse["own_tables"] > 1.5 * sparse["plain_tables"] and dense["own"] < 0.85 * dense["plain"]
