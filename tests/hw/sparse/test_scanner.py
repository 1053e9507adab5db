import numpy as np
import pytest

from hw.sparse.nonzero import NonzeroDetector
from tests.hw.configs import config
from tests.hw.stalls import transfer


def beats_of(layer, vector, lanes, base):
    """The beats of a layer's activations, as its source sends them."""
    count = -(-len(vector) // lanes)
    padded = np.full(count * lanes, 77)  # what stands behind the tail must not matter
    padded[:len(vector)] = vector
    return [{"tag": {"first": k == 0, "last": k == count - 1, "beat": base + k,
                     "tail": (len(vector) - 1) % lanes,
                     "task": {"begin": 0, "relative": layer & 1, "layer": layer}},
             "values": padded[k * lanes:(k + 1) * lanes].tolist()} for k in range(count)]


def items_of(layer, vector, lanes, base):
    """Markers are ("begin" or "end", relative, layer), the rest (column, value)."""
    nonzero = [(base * lanes + k, int(vector[k])) for k in np.flatnonzero(vector)]
    return [("begin", layer & 1, layer), *nonzero, ("end", layer & 1, layer)]


def detect(lanes, layers, seed):
    c = config(sparse__activation={"width": 8, "signed": False, "lanes": lanes}).sparse
    beats = [beat for layer in layers for beat in beats_of(*layer[:2], lanes, layer[2])]
    expected = [item for layer in layers for item in items_of(*layer[:2], lanes, layer[2])]

    def plain(item):
        if not item.marker:
            return item.where, item.value
        task = item.where
        return "begin" if task & 1 else "end", task >> 1 & 1, task >> 2 & 3

    assert transfer(NonzeroDetector(c), beats, seed, plain=plain) == expected


CORNERS = {
    "zero": [0] * 8, "full": [9] * 8, "one_element": [5], "one_zero": [0],
    "first_only": [3, 0, 0, 0, 0, 0, 0, 0], "last_only": [0, 0, 0, 0, 0, 0, 0, 4],
    "tail_of_one": [0, 0, 0, 0, 0, 0, 0, 0, 6], "empty_beats_inside": [1, *[0] * 14, 255],
}


@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("name", CORNERS)
def test_corner_vectors(name, lanes):
    for seed in (None, 1):
        detect(lanes, [(1, CORNERS[name], 0)], seed)


@pytest.mark.parametrize("seed", [None, *range(5)])
@pytest.mark.parametrize("lanes", [4, 16])
def test_random_layers_back_to_back(lanes, seed):
    rng = np.random.default_rng(seed)
    layers = [(k % 4, rng.integers(0, 256, n) * (rng.random(n) < rng.random()), int(base))
              for k, (n, base) in enumerate(zip(rng.integers(1, 15, 6), rng.integers(0, 2, 6),
                                                strict=True))]
    detect(lanes, layers, seed)
