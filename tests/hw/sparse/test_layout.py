import pytest

from hw.packet import MemoryId
from hw.sparse.layout import beats, codebook_depth, item_layout, memories, queue_layout, task_layout
from tests.hw.configs import config


@pytest.mark.parametrize("elements, lanes, expected", [(1, 8, 2), (16, 8, 2), (17, 8, 3),
                                                       (784, 8, 98)])
def test_beats(elements, lanes, expected):
    assert beats(elements, lanes) == expected


def test_memories_of_a_configuration():
    assert memories(config()) == {
        MemoryId.ENTRIES: (3 + 4, 64),
        MemoryId.COLUMNS: (6 + 3 + 1, 32),
        MemoryId.LAYERS: (3 + 3 + 2 + 1 + 1 + (5 + 5 + 6 + 1 + 1 + 1), 4),
        MemoryId.DRAIN: (1 + 3, 32),
        MemoryId.ROWS: (4 + 1 + 24 + 16, 32),
        MemoryId.CODEBOOK: (8, 4 * 16),
    }


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


def test_markers_fit_where_columns_and_entries_do():
    c = config(sparse__capacity__columns=8, sparse__capacity__entries=2,
               sparse__capacity__layers=64).sparse
    task = task_layout(c).size
    assert task == 8
    assert item_layout(c)["where"].width >= task
    assert queue_layout(c)["where"].width >= task
