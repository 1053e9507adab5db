"""Groups of columns by turns on even PEs and on odd ones."""

import numpy as np
import pytest
import scipy.sparse as sp

from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from gen.halves import assign_halves, needs_halves
from gen.network import Layer
from gen.sparse import place
from sim.simulate import npy_bytes, simulate


def random_matrix(rows, columns, density, seed):
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    dense = rng.integers(1, 8, (rows, columns)) * (rng.random((rows, columns)) < density)
    return sp.csc_array(dense.astype(np.int64))


@pytest.mark.parametrize("rows, columns, density", [(1, 1, 1.0), (3, 7, 0.5), (40, 301, 0.3),
                                                    (5, 4, 0.0), (2, 64, 1.0)])
@pytest.mark.parametrize("together", [1, 2])
def test_every_weight_is_on_a_pe_of_its_columns_half(together, rows, columns, density):
    weight = random_matrix(rows, columns, density, 1)
    parts = assign_halves(weight, 4, together, slots=1 << 14, spare=1 << 17)
    column = np.repeat(np.arange(columns), np.diff(weight.indptr))
    assert (parts.pe[parts.of_entry] % 2 == column // together % 2).all()
    assert (parts.row[parts.of_entry] == weight.indices).all()
    assert (np.diff(parts.row) >= 0).all()
    assert set(parts.row) == set(range(rows))
    places = set(zip(parts.pe.tolist(), parts.slot.tolist(), strict=True))
    assert len(places) == len(parts.row)
    for pe in range(4):
        assert parts.slot[parts.pe == pe].tolist() == list(range((parts.pe == pe).sum()))


@pytest.mark.parametrize("density, words, needed", [
    (1.0, 105, False), (1.0, 106, True), (0.5, 52, False), (0.5, 53, True), (0.0, 1, True),
    (None, 31, False), (None, 32, True)])
def test_only_layers_that_one_broadcast_would_limit_need_them(density, words, needed):
    """800 weights on 8 PEs: 100 each, of which the density is work; 0.3 where nothing is said."""
    layer = Layer(sp.csc_array(np.ones((40, 20), np.int64)), np.zeros(40, np.int64), density=density)
    assert needs_halves(layer, words, 8) == needed


def test_two_columns_of_a_word_are_one_broadcast():
    """100 columns of three weights: 50 words take as long as the work of a PE or longer."""
    layer = Layer(sp.csc_array(np.ones((3, 100), np.int64)), np.zeros(3, np.int64), density=0.5)
    assert place(layer, 2, broadcasts=2).halves is False, "75 products a PE, 50 words"
    assert place(layer, 4, broadcasts=2).halves is True, "37 products a PE, 50 words"
    assert place(layer, 4, broadcasts=1).halves is False
    assert place(layer, 4, broadcasts=2, spare=2).halves is False, "no part for every row"


CONFIG = """
name = "halves"
[sparse]
pes = 6
broadcasts = {broadcasts}
queue_depth = {queue}
[sparse.activation]
width = {width}
signed = false
lanes = {lanes}
"""


@pytest.mark.parametrize("lanes", [4, 8])
def test_two_broadcasts_are_exact_and_faster(lanes, tmp_path):
    weight = random_matrix(13, 203, 0.25, 3)
    rng = np.random.default_rng(4)
    inputs = rng.integers(1, 256, (6, 203)) * (rng.random((6, 203)) < 0.3)
    inputs[1] = 0
    inputs[2, ::2] = 0  # nothing for the even PEs
    intervals = []
    for broadcasts in (1, 2):
        folder = BuildFolder(tmp_path / str(broadcasts))
        config = folder.write("config.toml", CONFIG.format(broadcasts=broadcasts, queue=24,
                                                           lanes=lanes, width=8))
        compile_network(folder.write("matrix.npy", npy_bytes(weight.toarray())), config, folder)
        generate(None, folder)
        for stall in (0.3, 0.0):
            report, _ = simulate(folder, folder.write("inputs.npy", npy_bytes(inputs)),
                                 simulator="icarus", seed=5, stall=stall, waves=False)
            assert np.array_equal(np.load(folder / "outputs.npy"), inputs @ weight.toarray().T)
        intervals.append(report["interval_cycles"])
    assert intervals[1] < 0.75 * intervals[0], intervals
