"""The compile step: what it leaves behind, and when it runs again."""

import json

import numpy as np
import pytest

from gen.compile import compile_network, golden_inputs, load_compiled
from gen.folder import BuildFolder
from gen.network import dump
from hw import packet
from hw.config import integer_range
from hw.errors import ThriftyError
from sim.golden.network import evaluate
from sim.simulate import write_golden
from tests.gen.command import contents, matrix, write_config
from tests.hw.configs import config
from tests.hw.designs import network


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / "w.npy", matrix())
    write_config(tmp_path / "c.toml", "[sparse]\npes = 2\n")
    return tmp_path / "w.npy", tmp_path / "c.toml", BuildFolder(tmp_path / "b")


def test_results(files):
    compiled = compile_network(*files)
    folder = files[2]
    assert not compiled.up_to_date
    assert set(contents(folder.path)) == {"config.resolved.toml", "network.npz", "image.bin",
                                          "compile.json", ".steps/compile.json"}
    assert json.loads((folder / "compile.json").read_text()) == compiled.report
    loaded, resolved = load_compiled(folder)
    assert (loaded.layers[0].weight.toarray() == matrix()).all() and resolved == compiled.config
    assert packet.parse((folder / "image.bin").read_bytes())[0] == packet.Kind.IMAGE


def test_report_counts_what_the_memories_hold(files):
    compiled = compile_network(*files)
    report = compiled.report
    weights, c = np.count_nonzero(matrix()), compiled.config.sparse
    assert (report["weights"], report["dense_weights"]) == (weights, 240)
    assert report["layers"] == [{"rows": 12, "columns": 20, "weights": weights,
                                 "density": weights / 240, "table_words": 10,
                                 "index_bits": c.index.width}]
    assert report["stored_bits"]["entries"] == weights * (c.index.width + c.weight.code_width)
    assert report["stored_bits"]["columns"] == 2 * (1 + 10) * 8, "a base address, pairs of columns"
    bits = sum(report["stored_bits"].values())
    assert report["bits_per_weight"] == bits / weights
    assert report["compression_ratio"] == 32 * (240 + 12) / bits
    assert report["image_bytes"] == (files[2] / "image.bin").stat().st_size


def test_up_to_date_until_something_changes(files):
    source, draft, folder = files
    compile_network(*files)
    before = contents(folder.path)
    again = compile_network(*files)
    assert again.up_to_date and contents(folder.path) == before
    assert (again.network.layers[0].weight.toarray() == matrix()).all()

    (folder / "image.bin").write_bytes(b"tampered")
    assert not compile_network(*files).up_to_date and contents(folder.path) == before
    np.save(source, matrix() * 2)
    assert not compile_network(*files).up_to_date
    write_config(draft, "[sparse]\npes = 3\n")
    assert not compile_network(*files).up_to_date
    assert compile_network(*files).up_to_date
    assert compile_network(*files).config.sparse.pes == 3


def test_a_network_keeps_its_formats(tmp_path):
    net = network(np.random.default_rng(0), (9, 7, 5))
    (tmp_path / "net.npz").write_bytes(dump(net))
    compiled = compile_network(tmp_path / "net.npz", write_config(tmp_path / "c.toml"),
                               BuildFolder(tmp_path / "b"))
    assert compiled.config.sparse.requantize.enabled
    assert [each["rows"] for each in compiled.report["layers"]] == [7, 5]


def test_nothing_is_written_unless_everything_fits(files):
    compile_network(*files)
    before = contents(files[2].path)
    write_config(files[1], "[sparse]\npes = 2\n[sparse.capacity]\nentries = 3\n")
    with pytest.raises(ThriftyError, match="capacity.entries is 3"):
        compile_network(*files)
    assert contents(files[2].path) == before


def test_a_full_disk_keeps_the_earlier_design(files, monkeypatch):
    compile_network(*files)
    before = contents(files[2].path)
    monkeypatch.setattr("gen.folder.os.fdopen", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    np.save(files[0], matrix() * 2)
    with pytest.raises(ThriftyError, match="cannot be written: the disk is full"):
        compile_network(*files)
    assert contents(files[2].path) == before


@pytest.mark.parametrize("array", [
    np.zeros((1, 1), int), np.ones((1, 1), int), -np.ones((1, 1), int), np.zeros((7, 5)),
    matrix()[:1], matrix()[:, :1], matrix() > 0, np.arange(-300, 300).reshape(20, 30),
    np.pad(matrix(), 9), np.array([[(1 << 31) - 1, -(1 << 31)]]), np.random.default_rng(0).normal(
        size=(5, 8))], ids=range(11))
def test_any_matrix_compiles(array, tmp_path):
    np.save(tmp_path / "w.npy", array)
    folder = BuildFolder(tmp_path / "b")
    compiled = compile_network(tmp_path / "w.npy", write_config(tmp_path / "c.toml"), folder)
    weights = compiled.network.layers[0].weight
    assert array.dtype.kind == "f" or (weights.toarray() == array).all()
    many = len(np.unique(weights.data)) > 256
    assert compiled.config.sparse.weight.kind == ("direct" if many else "codebook")
    assert not compiled.config.sparse.requantize.enabled


def test_golden_vectors(files):
    compiled = compile_network(*files)
    folder = files[2]
    write_golden(folder)
    inputs, outputs = (np.load(folder / f"golden_{which}puts.npy") for which in ("in", "out"))
    assert (outputs == inputs @ matrix().T).all()
    low, high = integer_range(compiled.config.sparse.activation.width, True)
    assert (inputs[0] == 0).all() and (inputs[1] == high).all() and (inputs[2] == low).all()
    assert 0.5 < (inputs[3] == 0).mean() < 0.9 and inputs.shape == (8, 20)

    np.save(files[0], matrix() * 2)  # new network, new golden vectors
    compile_network(*files)
    write_golden(folder)
    assert (np.load(folder / "golden_outputs.npy") == 2 * outputs).all()
    (folder / "golden_outputs.npy").write_bytes(b"tampered")
    write_golden(folder)
    assert (np.load(folder / "golden_outputs.npy") == 2 * outputs).all()


def test_golden_inputs_keep_to_the_format():
    net = network(np.random.default_rng(0), (9, 7, 5))
    for vectors in (1, 2, 3, 20):
        inputs = golden_inputs(net, config(sparse__activation__width=3), vectors=vectors)
        assert inputs.shape == (vectors, 9) and inputs.min() >= -4 and inputs.max() <= 3
    c = config()
    assert (golden_inputs(net, c) == golden_inputs(net, c)).all()
    assert len(evaluate(net, golden_inputs(net, c), 8, True)) == 8


def test_huffman_coded_entries_are_reported(tmp_path):
    rng = np.random.default_rng(0)
    net = network(rng, (90, 70, 50))
    (tmp_path / "net.npz").write_bytes(dump(net))
    plain, coded = (compile_network(
        tmp_path / "net.npz", write_config(tmp_path / f"{huffman}.toml",
                                           f"[sparse]\npes = 2\nhuffman = \"{huffman}\"\n"),
        BuildFolder(tmp_path / huffman)).report for huffman in ("none", "image"))
    # What the memories hold is the same.
    assert coded["stored_bits"] == plain["stored_bits"]
    assert plain["image_entry_bits"] == plain["stored_bits"]["entries"]
    # Of every layer: a table (two words, 16 lengths, symbols), and on each PE three words and a stream.
    heads = coded["image_entry_bits"] - 32 * 2 * (2 + 16 + 2 * 3)
    assert 3 * plain["weights"] < heads < plain["image_entry_bits"]
    assert coded["image_entry_bits_per_weight"] == coded["image_entry_bits"] / coded["weights"]
    assert coded["image_bytes"] < 0.6 * plain["image_bytes"]
    # 32-bit words: the images differ by what the entries take in each.
    saved = 32 * (plain["weights"] + 2 * 2) - coded["image_entry_bits"]
    assert 8 * (plain["image_bytes"] - coded["image_bytes"]) == saved


def test_entries_that_stay_coded_are_reported(tmp_path):
    rng = np.random.default_rng(0)
    net = network(rng, (90, 270))
    (tmp_path / "net.npz").write_bytes(dump(net))
    plain, coded = (compile_network(
        tmp_path / "net.npz", write_config(tmp_path / f"{huffman}.toml",
                                           f"[sparse]\npes = 2\nhuffman = \"{huffman}\"\n"),
        BuildFolder(tmp_path / huffman)) for huffman in ("none", "memory"))
    stored = coded.report["stored_bits"]
    words = stored["entries"] // 16
    assert stored["entries"] == 16 * words and words <= 2 * coded.config.sparse.capacity.entries
    assert stored["entries"] < plain.report["stored_bits"]["entries"]
    assert stored["columns"] > plain.report["stored_bits"]["columns"]
    assert stored["huffman"] == 4 * 16 and stored["codebook"] > plain.report["stored_bits"]["codebook"]
    assert coded.report["entry_bits_per_weight"] == stored["entries"] / coded.report["weights"]
