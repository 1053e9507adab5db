import pytest

from hw.packet import MemoryId
from hw.sparse.layout import (
    base_words,
    beats,
    codebook_depth,
    column_layout,
    item_layout,
    length_bits,
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
