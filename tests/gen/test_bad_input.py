"""Bad input: one line that names the thing and what to do, and earlier results stay as they are."""

import errno
import os
import re
import shutil
import tempfile

import numpy as np
import pytest

from gen.network import AdderLayer, BinaryLayer, Network, ShiftLayer, dump
from tests.gen.command import build, contents, matrix, refused, thrifty, write_config
from tests.hw.designs import network


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def here(built, tmp_path, monkeypatch):
    """A copy of a finished build, and the working folder."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_copy_is_up_to_date(here):
    assert thrifty("compile", "w.npy", "--config", "c.toml", "-o", "b", "--json").json["up_to_date"]
    assert thrifty("generate", "-o", "b", "--json").json["up_to_date"]


def compile_refuses(here, config="c.toml", source="w.npy"):
    """The message of ``thrifty compile`` into the finished folder, which must not change."""
    before = contents(here / "b")
    message = refused("compile", source, "--config", config, "-o", "b")
    assert contents(here / "b") == before
    return message


CONFIGURATIONS = {
    "[sparse]\npesss = 3\n": 'unknown key "sparse.pesss": see thrifty config-schema',
    "color = 3\n": 'unknown key "color"',
    '[sparse]\npes = "3"\n': r"\"sparse.pes\": .*valid integer \(it is '3'\)",
    "[sparse]\npes = 3.0\n": r'"sparse.pes": .*valid integer \(it is 3.0\)',
    "[sparse]\npes = true\n": r'"sparse.pes": .*valid integer \(it is True\)',
    "[sparse]\npes = 257\n": r'"sparse.pes": .*less than or equal to 256 \(it is 257\)',
    "[[sparse]]\npes = 3\n": '"sparse": ',
    "memory_latency = 3\n": r'"memory_latency": .*1 or 2 \(it is 3\)',
    "[compress]\nprune = 1\n": '"compress.prune": .*less than 1',
    "[compress]\nprune = nan\n": '"compress.prune": ',
    "[sparse.activation]\nlanes = 3\n": "lanes must be a power of two, not 3",
    "[sparse.weight]\nkind = 'none'\n": "'codebook', 'direct' or 'shift_add'",
    "[sparse.weight]\nkind = 'shift_add'\nterms = 1\n": "layer 0: weight -7 needs 2 shift-add terms, "
        "but weight.terms is 1: set it to 2, or set weight.kind = \"codebook\"",
    "[sparse.weight]\nterms = 4\n": '"sparse.weight.terms": .*less than or equal to 3',
    "[sparse.weight]\ncodebook_size = 300\n": "less than or equal to 256",
    "[sparse.weight]\ncodebook_size = 4\n": "layer 0: 14 distinct weights, but weight.codebook_size is "
                                            "4: set it to 14",
    "[compress]\nseed = -1\n": '"compress.seed": .*greater than or equal to 0',
    "[sparse.weight]\nwidth = 2\n": r"layer 0: weights from -7 to 7 .*weight.width 2 signed .*: set it "
                                     "to 4",
    "[sparse.weight]\nsigned = false\n": r"layer 0: weights from -7 to 7 .*: set weight.signed = true",
    "[sparse.accumulator]\nwidth = 8\n": r"layer 0: accumulators can reach \d+, which needs 22 bits, "
                                         "but accumulator.width is 8: set it to 22",
    "[sparse.accumulator]\nsigned = false\n": "accumulator.signed must be true",
    "[sparse]\npes = 2\n[sparse.index]\nkind = 'absolute'\nwidth = 1\n": "index.width 1 cannot name",
    "[sparse]\npes = 2\n[sparse.index]\nkind = 'relative'\nwidth = 1\n": r"layer 0: .*need 3 bits, but "
                                                                         "index.width is 1: set it to 3",
    "[sparse]\npes = 2\n[sparse.capacity]\nentries = 20\n": r"layer 0: 52 entries .*capacity.entries is "
                                                            "20: set it to 52, or use at least 6 PEs",
    "[sparse]\npes = 2\n[sparse.capacity]\nrows = 2\n": "layer 0: 6 rows a PE, but capacity.rows is 2: "
                                                        "set it to 6, or use 6 PEs",
    "[sparse]\npes = 3\nbroadcasts = 2\n": "pes 3 must be a multiple of 2, with",
    "[sparse]\noutputs = 'activations'\n": "needs requantize.enabled = true",
    "[sparse]\noutputs = 'activations'\n[sparse.requantize]\nenabled = true\n":
        "needs a last layer that requantizes: give it multipliers and a shift, or set",
    "[sparse]\nbroadcasts = 3\n": r'"sparse.broadcasts": .*1 or 2 \(it is 3\)',
    "[sparse.index]\nlower = 0\n": '"sparse.index.lower": .*greater than or equal to 1',
    "[sparse.index]\nwidth = 4\nlower = 5\n": "lower 5 must be at most width 4",
    "[sparse]\npes = 2\n[sparse.index]\nkind = 'absolute'\nlower = 2\n[sparse.capacity]\n"
    "upper_entries = 20\n": "layer 0: 52 entries .*capacity.upper_entries is 20: set it to 52, or use",
    "[sparse.capacity]\nentries = 20\nupper_entries = 21\n": "capacity.upper_entries 21 must be at most "
                                                           "capacity.entries 20",
    "[sparse.capacity]\ncolumns = 10\n": "needs capacity.columns 11, the configuration has 10: set",
    "[sparse.capacity]\ninputs = 19\n": "needs capacity.inputs 20, the configuration has 19: set",
    "[sparse.capacity]\noutputs = 11\n": "needs capacity.outputs 12, the configuration has 11: set",
    "[sparse.capacity]\ntotal_rows = 11\n": "needs capacity.total_rows 12, the configuration has 11",
}


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=lambda text: text.replace("\n", " "))
def test_configurations(text, here):
    write_config(here / "other.toml", text)
    assert re.search(CONFIGURATIONS[text], compile_refuses(here, "other.toml"))


@pytest.mark.parametrize("data, message", [
    (b"", 'key "name" is missing'), (b"name = 'A b'\n", '"name": .*should match'),
    (b"name =", "not a TOML file"), (b"\xff\xfe", "not a TOML file"),
    (None, "not a TOML file: .*directory")], ids=range(5))
def test_configuration_files(data, message, here):
    (here / "other.toml").mkdir() if data is None else (here / "other.toml").write_bytes(data)
    assert re.search(f"other.toml: .*{message}", compile_refuses(here, "other.toml"))
    assert compile_refuses(here, "none.toml") == "none.toml: no such configuration file"


def test_layers_are_named_by_number(here):
    net = network(np.random.default_rng(0), (9, 70, 5))
    (here / "net.npz").write_bytes(dump(net))
    write_config(here / "other.toml", "[sparse.accumulator]\nwidth = 22\n")
    assert re.match(r"layer [01]: accumulators can reach \d+, which needs \d\d bits, but",
                    compile_refuses(here, "other.toml", "net.npz"))
    write_config(here / "other.toml", "[sparse]\npes = 2\n[sparse.capacity]\nhidden = 69\n")
    assert "needs capacity.hidden 70" in compile_refuses(here, "other.toml", "net.npz")


def test_more_distinct_weights_than_a_codebook_holds(here):
    np.save(here / "many.npy", np.arange(-200, 200).reshape(20, 20))
    write_config(here / "other.toml", '[sparse.weight]\nkind = "codebook"\n')
    assert compile_refuses(here, "other.toml", "many.npy").endswith(
        '399 distinct weights, but weight.codebook_size is 256: set weight.kind = "direct"')


@pytest.mark.parametrize("array, message", [
    (np.full((2, 2), np.nan), r"weight \[0, 0\] is nan"), (np.ones((2, 2)) * 1j, "not supported"),
    (np.full((2, 2), 1 << 40), "at most 32 bits"), (np.zeros(3), "2 dimensions"),
    (np.zeros((0, 3)), "0 x 3"), (np.array([["a"]]), "not supported"),
], ids=["nan", "complex", "huge", "flat", "empty", "text"])
def test_matrices(array, message, here):
    np.save(here / "bad.npy", array)
    assert re.match(rf"bad\.npy: .*{message}", compile_refuses(here, source="bad.npy"))


@pytest.mark.parametrize("shape, pes, message", [
    ((700, 2000), 4, "350000 entries on each of 4 PEs, but at most 262144 are supported: use 6 PEs"),
    ((20_000, 1), 1, "20000 rows on each of 1 PEs, but at most 16384 are supported: use 2 PEs"),
])
def test_a_matrix_that_fits_no_such_engine(shape, pes, message, here):
    np.save(here / "large.npy", np.ones(shape, "i1"))
    write_config(here / "other.toml", f"[sparse]\npes = {pes}\n")
    assert message in compile_refuses(here, "other.toml", "large.npy")


def test_pickles_and_missing_matrices(here):
    np.save(here / "bad.npy", np.array([[None]]), allow_pickle=True)
    assert "Object arrays cannot be loaded" in compile_refuses(here, source="bad.npy")
    assert compile_refuses(here, source="none.npy") == "none.npy: no such file"
    assert compile_refuses(here, source=".") == ".: cannot be read: Is a directory"


def test_truncated_networks(here):
    data = dump(network(np.random.default_rng(0), (9, 7, 5)))
    for size in [0, 1, 9, len(data) // 2, len(data) - 1]:
        (here / "net.npz").write_bytes(data[:size])
        assert "net.npz: truncated, damaged" in compile_refuses(here, source="net.npz")


def test_binary_networks(here):
    (here / "net.npz").write_bytes(dump(Network([BinaryLayer(np.ones((3, 20), np.int8))], 1)))
    assert compile_refuses(here, source="net.npz") == (
        "the network is binary, and the sparse engine does not run binary "
        "layers: set a table [binary]")


def shifts(sign=1, exponent=3, terms=1):
    """A layer of 2 rows and 5 inputs, every term alike."""
    shape = 2, 5, terms
    return ShiftLayer(np.full(shape, sign, np.int8), np.full(shape, exponent, np.uint8),
                      np.zeros(2, np.int64))


def distances(weight):
    return AdderLayer(np.full((2, 5), weight), np.zeros(2, np.int64))


DAMAGED = "net.npz: truncated, damaged, or not a thrifty network file (layer 0: "


@pytest.mark.parametrize("codes, message", [
    # A byte a term: sign * (exponent + 1). No other signs and larger exponents can be said than these.
    (np.full((2, 5, 1), 17, "i1"), "exponents must be 0-15, not 16)"),
    (np.full((2, 5, 1), -128, "i1"), "exponents must be 0-15, not 127)"),
    (np.full((2, 5, 1), 2, "i2"), "codes must be the bytes of 2 x 5 x terms)"),
    (np.full((2, 5, 1), 0.5), "codes must be the bytes of 2 x 5 x terms)"),
    (np.ones((2, 5, 4), "i1"), "a weight has 1-3 terms, not 4)"),
    (np.ones((2, 5, 0), "i1"), "a weight has 1-3 terms, not 0)"),
], ids=range(6))
def test_shift_networks_that_mean_nothing(codes, message, here):
    (here / "net.npz").write_bytes(dump(Network([shifts()], 8, True)))
    with np.load(here / "net.npz") as file:
        parts = dict(file)
    np.savez(here / "net.npz", **{**parts, "0.codes": codes})
    write_config(here / "other.toml", "[shift_add]\n")
    assert compile_refuses(here, "other.toml", "net.npz") == DAMAGED + message


def test_signs_and_exponents_that_no_file_has():
    for layer in (shifts(sign=2), shifts(exponent=16), shifts(sign=-2)):
        with pytest.raises(ValueError, match="^signs must be -1, 0 or \\+1, exponents 0-15$"):
            dump(Network([layer], 8, True))


@pytest.mark.parametrize("layer, text, message", [
    (shifts(), "accumulator = 10\n", "layer 0: a lane's sums need 11 bits, but shift_add.accumulator is "
     "10: set it to 11"),
    (shifts(), 'architecture = "barrel"\naccumulator = 13\n', "layer 0: a lane's sums need 14 bits, but "
     "shift_add.accumulator is 13: set it to 14"),
    (distances(-9), "accumulator = 10\n", "layer 0: a lane's sums need 11 bits, but "
     "shift_add.accumulator is 10: set it to 11"),
    (shifts(), "result = 13\n", "layer 0: results need 14 bits, but shift_add.result is 13: set it to "
     "14"),
    (distances(128), "", "layer 0: weight [0, 0] is 128, outside -128 to 127, the format of the "
     "activations that it is compared with: scale both"),
    (distances(-129), "", "layer 0: weight [0, 0] is -129, outside -128 to 127, the format of the "
     "activations that it is compared with: scale both"),
    (shifts(), 'mode = "adder"\n', 'the network needs shift_add.mode = "shift", not "adder"'),
    (shifts(), "[shift_add.activation]\nwidth = 4\n", "the network takes signed activations of 8 bits: "
     "set shift_add.activation to that"),
    (shifts(), "[shift_add.capacity]\nwords = 37\n", "the network needs capacity.words 38, the "
     "configuration has 37: set capacity.words = 38"),
    (shifts(), "accumulator = 9\n", 'other.toml: key "shift_add": accumulator 9 must be at least '
     "activation.width + 2, 10"),
    (shifts(), "lanes = 300\n", 'other.toml: key "shift_add.lanes": Input should be less than or equal '
     "to 256 (it is 300)"),
    (shifts(), "terms = 4\n", 'other.toml: unknown key "shift_add.terms": see thrifty config-schema'),
], ids=range(12))
def test_shift_add_networks(layer, text, message, here):
    (here / "net.npz").write_bytes(dump(Network([layer], 8, True)))
    write_config(here / "other.toml", f"[shift_add]\n{text}")
    assert compile_refuses(here, "other.toml", "net.npz") == message


@pytest.mark.parametrize("name", ["image.bin", "network.npz", "manifest.json", "config.resolved.toml",
                                  "golden_inputs.npy", "tiny.v"])
def test_damaged_build_folders(name, here):
    data = (here / "b" / name).read_bytes()
    step = "generate" if name in ("manifest.json", "tiny.v") else "compile"
    for size in [] if name == "tiny.v" else [0, 1, 9, len(data) // 2, len(data) - 9]:
        (here / "b" / name).write_bytes(data[:size])
        assert refused("simulate", "b").startswith(f"b/{name}: ")
    (here / "b" / name).unlink()
    assert refused("simulate", "b") == f"b/{name} is missing: run thrifty {step} first"
    (here / "b" / name).mkdir()
    assert refused("simulate", "b") == f"b/{name} is missing: run thrifty {step} first"
    assert not (here / "b" / "outputs.npy").exists()


@pytest.mark.parametrize("array, message", [
    (np.zeros((2, 19), int), "shape 2 x 19, but the network takes vectors x 20"),
    (np.zeros((0, 20), int), "at least one vector"), (np.full((1, 20), 0.5), "must be integers"),
    (np.full((1, 20), 1 << 15), "outside -32768 to 32767"), (np.full((1, 20), 1j), "not supported"),
    (np.full((1, 20), np.nan), "is nan: inputs must be integers")], ids=range(6))
def test_inputs(array, message, here):
    np.save(here / "bad.npy", array)
    for command in (("simulate", "b"), ("run", "b", "--port", "loop://")):
        assert re.match(rf"bad\.npy: .*{message}", refused(*command, "--inputs", "bad.npy"))


def test_missing_tools(here, monkeypatch):
    before = contents(here / "b")
    monkeypatch.setenv("PATH", str(here))
    assert refused("simulate", "b") == (
        "Verilator needs c++, make, perl: `apt-get install g++ make perl` (or your system's like), or "
        "use --simulator icarus")
    assert refused("simulate", "b", "--simulator", "icarus").startswith(
        "Icarus Verilog is not installed: `apt-get install iverilog`")
    assert "yosys" in refused("synth", "b", "--board", "icebreaker", "--native")
    assert contents(here / "b") == before


def test_unknown_names(here):
    assert refused("simulate", "b", "--simulator", "vcs") == (
        "unknown simulator 'vcs': use verilator or icarus")
    for command in ("estimate", "synth"):
        assert refused(command, "b", "--board", "de10").startswith("unknown board 'de10'; known board")
    for density in ("0", "1.01", "nan"):
        assert refused("estimate", "b", "--board", "icebreaker", "--density", density).startswith(
            "density must be above 0 and at most 1, not ")
    assert refused("demo", "--network", "none") == (
        "unknown network 'none': there are lenet-300-100, sfc, shiftaddnet")
    assert refused("demo", "--network", "sfc", "--board", "de10") == (
        "sfc has no demo on 'de10': there are ulx3s-85f, icebreaker")
    assert refused("demo", "--board", "icebreaker") == (
        "lenet-300-100 has no demo on 'icebreaker': there are ulx3s-85f")
    assert not (here / "build").exists(), "nothing is begun"
    assert refused("run", "b", "--port", "/dev/none").startswith("/dev/none: cannot be opened: ")


def test_folders_without_a_build(here):
    for command in (("simulate", "none"), ("estimate", "none", "--board", "icebreaker"),
                    ("synth", "none", "--board", "icebreaker")):
        assert refused(*command) == "none/manifest.json is missing: run thrifty generate first"
    assert refused("generate", "-o", "none") == (
        "none/config.resolved.toml is missing: run thrifty compile first")
    assert refused("run", "none", "--port", "loop://") == (
        "none/network.npz is missing: run thrifty compile first")
    assert not (here / "none").exists()


def test_another_design_in_the_same_folder(here):
    write_config(here / "other.toml", "[sparse]\npes = 3\n")
    before = contents(here / "b")
    assert refused("generate", "--config", "other.toml", "-o", "b") == (
        "other.toml differs from b/config.resolved.toml: run thrifty compile again, or generate into "
        "another folder")
    assert contents(here / "b") == before
    assert thrifty("compile", "w.npy", "--config", "other.toml", "-o", "b").code == 0
    assert refused("simulate", "b") == (
        "b/image.bin was compiled for another configuration than b/tiny.v: run thrifty generate again")
    assert thrifty("generate", "--config", "other.toml", "-o", "b").code == 0


def test_output_folders_that_cannot_be(here):
    for output in ("w.npy", "w.npy/b"):
        assert refused("compile", "w.npy", "--config", "c.toml", "-o", output).startswith(
            f"{output}: cannot be created: ")
    for name, args, problem in (
            ("sim", ("simulate", "b"), "b/sim: "),
            (".steps", ("compile", "w.npy", "--config", "c.toml", "-o", "b"),
             "b/.steps: cannot be created: ")):
        shutil.rmtree(here / "b" / name, ignore_errors=True)
        (here / "b" / name).write_text("in the way")
        assert refused(*args).startswith(problem)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(here):
    (here / "locked").mkdir(mode=0o500)
    assert "Permission denied" in refused("compile", "w.npy", "--config", "c.toml", "-o", "locked")


def test_a_full_disk(here, monkeypatch):
    before = contents(here / "b")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkstemp", full)
    write_config(here / "other.toml", "[sparse]\npes = 3\n")
    np.save(here / "other.npy", matrix() * 3)
    assert refused("compile", "other.npy", "--config", "other.toml", "-o", "b") == (
        "b/config.resolved.toml: cannot be written: the disk is full")
    assert contents(here / "b") == before
