from dataclasses import dataclass

import numpy as np
import pytest

from hw.sparse.layout import base_words
from hw.sparse.scanner import ColumnScanner
from tests.hw.configs import config
from tests.hw.stalls import transfer


@dataclass(frozen=True)
class Layer:
    """A layer as its source sends it."""

    number: int
    vector: list[int]
    table: int = 0
    long: bool = False
    halves: bool = False

    def beats(self, lanes, broadcasts):
        """Its activations; what stands behind the tail must not matter."""
        count = -(-len(self.vector) // lanes)
        padded = [*self.vector, *[0x77] * (count * lanes - len(self.vector))]
        halves = {"halves": self.halves} if broadcasts == 2 else {}
        return [{"tag": {**halves, "first": k == 0, "last": k == count - 1, "long": self.long,
                         "table": self.table, "tail": (len(self.vector) - 1) % lanes,
                         "task": {"begin": 0, "relative": self.number & 1, "layer": self.number}},
                 "values": padded[k * lanes:(k + 1) * lanes]} for k in range(count)]

    def items(self, bases, half):
        """Markers are ("begin" or "end", relative, layer), base items ("base", which, address), columns
        ("pair" or "long", address, values); None stands for a column that does not exist."""
        marker = self.number & 1, self.number
        address = self.table
        yield "begin", *marker
        for k in range(bases):
            yield "base", 1 << k, address
            address += 1
        together = 1 if self.long else 2
        for word, first in enumerate(range(0, len(self.vector), together)):
            if not self.halves or word % 2 == half:
                values = [*self.vector[first:first + together], None][:together]
                yield "long" if self.long else "pair", address, tuple(values)
                address += 1
        yield "end", *marker


def plain(item):
    """As in ``Layer.items``; whatever is wrong with an item comes behind and spoils the comparison."""
    task, flags = item["values"][0], item.nonzero
    if item.marker:
        wrong = ("marker",) if item.base or flags else ()
        return ("begin" if task & 1 else "end", task >> 1 & 1, task >> 2 & 3, *wrong)
    if item.base:
        return "base", item.base, item.address, *(("base",) if flags or not item.long else ())
    values = tuple(item["values"][k] for k in range(1 if item.long else 2))
    expected = sum((value != 0) << k for k, value in enumerate(values))
    return ("long" if item.long else "pair", item.address, values,
            *(("nonzero", flags) if flags != expected else ()))


def scan(lanes, layers, seed, *, half=None, entries=64):
    """With a ``half``, there are two broadcasts, and it is that scanner's half."""
    broadcasts = 1 if half is None else 2
    c = config(sparse__activation={"width": 8, "signed": False, "lanes": lanes},
               sparse__broadcasts=broadcasts, sparse__capacity__entries=entries,
               sparse__capacity__columns=64).sparse
    beats = [beat for layer in layers for beat in layer.beats(lanes, broadcasts)]
    expected = [item for layer in layers for item in layer.items(base_words(c.capacity), half)]
    got = transfer(ColumnScanner(c, half or 0), beats, seed, plain=plain)
    for k, item in enumerate(expected):
        if item[0] == "pair" and item[2][1] is None:  # the table knows that there is no second column
            got[k] = *got[k][:2], (got[k][2][0], None), *got[k][3:]
    assert got == expected


CORNERS = {
    "zero": [0] * 8, "full": [9] * 8, "one_element": [5], "one_zero": [0],
    "first_only": [3, 0, 0, 0, 0, 0, 0, 0], "last_only": [0, 0, 0, 0, 0, 0, 0, 4],
    "tail_of_one": [0, 0, 0, 0, 0, 0, 0, 0, 6], "empty_beats_inside": [1, *[0] * 14, 255],
}


@pytest.mark.parametrize("long", [False, True], ids=["pairs", "long"])
@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("name", CORNERS)
def test_corner_vectors(name, lanes, long):
    for seed in (None, 1):
        scan(lanes, [Layer(1, CORNERS[name], 3, long)], seed)


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("long", [False, True], ids=["pairs", "long"])
@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13])
def test_halves_of_any_number_of_columns(columns, long, half):
    """The last word may be the other half's: then the end marker comes alone."""
    for lanes in (4, 8):
        scan(lanes, [Layer(2, list(range(1, columns + 1)), 7, long, True)], None, half=half)


@pytest.mark.parametrize("seed", [None, *range(5)])
@pytest.mark.parametrize("lanes, half, entries", [(4, None, 64), (16, None, 300), (4, 0, 300),
                                                  (8, 1, 64), (16, 1, 1 << 17)])
def test_random_layers_back_to_back(lanes, half, entries, seed):
    rng = np.random.default_rng(seed)
    layers = []
    for k in range(7):
        size = rng.integers(1, 40)
        vector = rng.integers(0, 256, size) * (rng.random(size) < rng.random())
        layers.append(Layer(k % 4, vector.tolist(), int(rng.integers(0, 20)), bool(rng.random() < 0.5),
                            half is not None and bool(rng.random() < 0.6)))
    scan(lanes, layers, seed, half=half, entries=entries)


def test_two_lanes():
    """The least: 16-bit activations; a beat is one pair."""
    c = config(sparse__activation={"width": 16, "signed": True, "lanes": 2}).sparse
    for long in (False, True):
        layer = Layer(3, [0, 0x8000, 1, 0, 5], 2, long)
        got = transfer(ColumnScanner(c), layer.beats(2, 1), 3, plain=plain)
        expected = list(layer.items(1, None))
        if not long:
            got[-2] = *got[-2][:2], (got[-2][2][0], None), *got[-2][3:]
        assert got == expected
