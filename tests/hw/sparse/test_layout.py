import pytest

from hw.packet import MemoryId
from hw.sparse.layout import (
    CODED_WORD,
    address_bits,
    base_words,
    beats,
    codebook_depth,
    coded_layout,
    column_bits,
    column_layout,
    item_layout,
    left_bits,
    length_bits,
    longest_entry,
    memories,
    queue_layout,
    task_layout,
    upper_layout,
)
from tests.hw.configs import config


@pytest.mark.parametrize("elements, lanes, expected", [(1, 8, 2), (16, 8, 2), (17, 8, 3),
                                                       (784, 8, 98)])
def test_beats(elements, lanes, expected):
    assert beats(elements, lanes) == expected


@pytest.mark.parametrize("rows, bits", [(2, 4), (255, 4), (256, 5), (1023, 5), (1024, 6),
                                        (1 << 14, 8)])
def test_two_short_lengths_hold_any_length(rows, bits):
    assert length_bits(rows) == bits
    assert rows < 1 << 2 * bits


@pytest.mark.parametrize("entries, rows, words", [(2, 8, 1), (256, 8, 1), (257, 8, 2), (1 << 18, 8, 3),
                                                  (1 << 10, 256, 1), ((1 << 10) + 1, 256, 2)])
def test_words_of_a_base_address(entries, rows, words):
    assert base_words(config(sparse__capacity__entries=entries,
                             sparse__capacity__rows=rows).sparse.capacity) == words


def test_memories_of_a_configuration():
    assert memories(config()) == {
        MemoryId.ENTRIES: (3 + 4, 64),
        MemoryId.COLUMNS: (4 + 4, 32),
        MemoryId.LAYERS: (1 + 5 + 3 + 2 + 1 + 1 + (5 + 6 + 6 + 1 + 1 + 1), 4),
        MemoryId.DRAIN: (1 + 3, 32),
        MemoryId.ROWS: (4 + 1 + 24 + 16, 32),
        MemoryId.CODEBOOK: (8, 4 * 16),
    }


def test_two_broadcasts_take_a_bit_of_the_descriptors():
    one, two = (memories(config(sparse__broadcasts=count)) for count in (1, 2))
    width, depth = one[MemoryId.LAYERS]
    assert two == one | {MemoryId.LAYERS: (width + 1, depth)}


def test_upper_bits_of_indices_have_a_memory_and_a_flag():
    one, two = memories(config()), memories(config(
        sparse__index__lower=1, sparse__capacity__upper_entries=9))
    width, depth = one[MemoryId.LAYERS]
    assert two == one | {MemoryId.ENTRIES: (1 + 4, 64), MemoryId.UPPER: (2, 9),
                         MemoryId.LAYERS: (width + 1, depth)}
    assert upper_layout(config(sparse__index__lower=3).sparse) is None


def test_direct_weights_have_no_codebook():
    c = config(sparse__weight={"kind": "direct", "width": 11, "signed": True})
    sizes = memories(c)
    assert MemoryId.CODEBOOK not in sizes
    assert sizes[MemoryId.ENTRIES] == (3 + 11, 64)


@pytest.mark.parametrize("width, signed, terms, bits", [
    (8, True, 2, 2 * (3 + 2)), (8, False, 2, 2 * (4 + 2)), (1, True, 1, 1 + 2), (32, False, 3, 24)])
def test_shift_add_codebooks_hold_terms(width, signed, terms, bits):
    sizes = memories(config(sparse__weight={
        "kind": "shift_add", "width": width, "signed": signed, "terms": terms}))
    assert sizes[MemoryId.CODEBOOK] == (bits, 4 * 16)
    assert sizes[MemoryId.ENTRIES] == (3 + 4, 64)


def test_codebooks_of_odd_sizes_are_rounded_up():
    assert codebook_depth(config(sparse__weight__codebook_size=5).sparse) == 4 * 8


@pytest.mark.parametrize("lower, bits", [(None, 8), (1, 9)])
def test_markers_fit_where_activations_do(lower, bits):
    c = config(sparse__capacity__layers=64, sparse__index__lower=lower,
               sparse__activation={"width": 2, "signed": False, "lanes": 4}).sparse
    task = task_layout(c)
    assert task.size == bits
    assert task["begin"].offset == 0, "where the column table looks for it"
    for layout in (item_layout(c), queue_layout(c)):
        assert layout["values"].shape.elem_shape >= bits


def test_queue_items_hold_the_longest_columns():
    c = config(sparse__capacity__rows=300).sparse
    short = column_layout(c)["first"].width
    queue = queue_layout(c)
    longest = max(300, 2 * ((1 << short) - 1))
    assert 1 << queue["left"].width > longest, "two short lengths, or a long one"
    assert 1 << queue["second"].width > (1 << short) - 1 + 2, "a short length plus two"


@pytest.mark.parametrize("layers, codes, index, raw, symbol, short", [
    (1, 16, 6, 3, 10, 7), (2, 16, 6, 4, 9, 7), (8, 16, 6, 5, 8, 7), (1, 16, 8, 3, 10, 8),
    (1, 16, 2, 2, 10, 7), (1, 256, 8, 6, 10, 8), (64, 16, 12, 8, 8, 8), (4, 2, 1, 1, 8, 6)])
def test_coded_entries(layers, codes, index, raw, symbol, short):
    """Words of as many bits as 1,024 symbols need, at least so many raw bits that all symbols have one;
    short lengths that a dozen plain entries need."""
    c = config(sparse__huffman="memory", sparse__capacity__layers=layers,
               sparse__index={"kind": "relative", "width": index},
               sparse__weight={"width": 8, "signed": True, "codebook_size": codes}).sparse
    fields = coded_layout(c)
    assert (fields["raw"].width, fields["symbol"].width, column_bits(c)) == (raw, symbol, short)
    assert index + c.weight.code_width - raw <= symbol and raw + symbol <= CODED_WORD
    assert left_bits(c) > short and address_bits(c) == 6 + 4
    # As many words for a base address as without: whoever broadcasts them need not know of codes.
    assert base_words(c.capacity) * column_layout(c).size >= address_bits(c)


@pytest.mark.parametrize("rows", [2, 63, 255, 2000, 16384])
def test_coded_lengths_hold_any_column(rows):
    c = config(sparse__huffman="memory", sparse__capacity__rows=rows).sparse
    most = rows * longest_entry(c)
    assert 2 * column_bits(c) >= left_bits(c) >= most.bit_length()
    assert left_bits(c) >= (2 * ((1 << column_bits(c)) - 1)).bit_length()
