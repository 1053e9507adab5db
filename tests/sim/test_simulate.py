"""The simulate step: the report's numbers, its seeds and waves, and hardware that is wrong."""

import json
import re
import shutil

import numpy as np
import pytest
import scipy.sparse as sp

from gen.compile import compile_network, load_compiled
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import Layer, Network, dump
from hw.errors import ThriftyError
from sim.simulate import _steady, check_outputs, simulate
from tests.gen.command import build, contents, matrix, thrifty
from tests.hw.binary.arrays import network, signs


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(params=["verilator", "icarus"])
def simulator(request):
    if request.param == "icarus" and not shutil.which("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    return request.param


def run(path, inputs=None, simulator="verilator", seed=1, stall=0.0, waves=False, progress=None):
    return simulate(BuildFolder(path / "b"), inputs, simulator=simulator, seed=seed, stall=stall,
                    waves=waves, progress=progress)


def test_report(built, simulator):
    seen = []
    report, up_to_date = run(built, built / "x.npy", simulator,
                             progress=lambda done, total: seen.append((done, total)))
    inputs, outputs = np.load(built / "x.npy"), np.load(built / "b" / "outputs.npy")
    assert not up_to_date and (outputs == inputs @ matrix().T).all() and outputs.dtype == np.int64
    assert report == json.loads((built / "b" / "simulate.json").read_text())
    assert report["simulator"].startswith(simulator) and report["seed"] == 1
    assert (report["vectors"], report["mismatches"], report["pes"]) == (5, 0, 2)
    assert report["useful_macs"] == ((inputs != 0) @ (matrix() != 0).T.astype(int)).sum()
    assert report["efficiency"] == report["useful_macs"] / (2 * report["cycles"])
    assert 0 < report["efficiency"] < report["efficiency_steady"] <= 1
    # Each PE has work for about half of the weights; nothing overtakes that, or is far behind.
    assert 40 < report["interval_cycles"] < report["latency_cycles"] < report["cycles"] < 600
    assert seen[-1] == (5, 5) and seen == sorted(seen)
    assert run(built, built / "x.npy", simulator) == (report, True)


def test_golden_vectors_are_the_default(built):
    report, _ = run(built)
    assert report["vectors"] == 8
    assert (np.load(built / "b" / "outputs.npy") == np.load(built / "b" / "golden_outputs.npy")).all()


@pytest.mark.parametrize("inputs, macs", [(np.zeros((3, 20), int), 0), (np.eye(20, dtype=int)[4], None)],
                         ids=["zero", "one"])
def test_hardly_any_work(inputs, macs, built, tmp_path):
    np.save(tmp_path / "x.npy", inputs)
    report, _ = run(built, tmp_path / "x.npy")
    assert report["mismatches"] == 0
    assert report["useful_macs"] == (np.count_nonzero(matrix()[:, 4]) if macs is None else macs)
    assert (np.load(built / "b" / "outputs.npy") == np.atleast_2d(inputs) @ matrix().T).all()


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("turns", [2, 4])
def test_interval_of_vectors_that_take_turns(turns, tmp_path):
    """What the array takes: not the haste of the last ones, which have it to themselves, nor of some
    that leave together."""
    rng = np.random.default_rng(1)
    folder = BuildFolder(tmp_path)
    source = folder.write("net.npz", dump(network(rng, (40, 40, 40, 8), (1, 1, 0))))
    config = folder.write("c.toml", 'name = "turns"\n[binary]\npes = 4\nsimd = 8\n'
                          f"vectors = {turns}\n")
    cycles = compile_network(source, config, folder).report["array_cycles"]
    assert cycles == 5 * (10 + 10 + 2)
    generate(None, folder)
    intervals = []
    for count in (2 * turns + 3, 2 * turns + 4, 21):
        np.save(tmp_path / "x.npy", signs(rng, count, 40))
        report, _ = simulate(folder, tmp_path / "x.npy", simulator="icarus", seed=1, stall=0.0,
                             waves=False)
        assert report["mismatches"] == 0
        intervals.append(report["interval_cycles"])
    assert intervals[0] is None
    assert all(cycles <= each < 1.02 * cycles for each in intervals[1:]), intervals


@pytest.mark.parametrize("vectors, turns, first, last", [
    (1, 1, 0, 0), (2, 1, 1, 1), (3, 1, 1, 2), (4, 1, 2, 3), (11, 1, 2, 10),
    (1, 2, None, None), (7, 2, 3, 3), (8, 2, 2, 4), (9, 2, 3, 5), (10, 2, 2, 6), (20, 8, 2, 10),
    (19, 8, 9, 9), (36, 8, 2, 26)])
def test_results_whose_distances_count(vectors, turns, first, last):
    counts = range(vectors)[_steady(vectors, turns)]
    assert not counts if first is None else (counts[0], counts[-1]) == (first, last)


def test_stalls_change_cycles_but_no_output(built):
    steady, _ = run(built, built / "x.npy")
    stalled, _ = run(built, built / "x.npy", stall=0.5, seed=2)
    assert stalled["cycles"] > steady["cycles"] and stalled["mismatches"] == 0
    other, _ = run(built, built / "x.npy", stall=0.5, seed=3)
    assert other["mismatches"] == 0
    assert any(other[key] != stalled[key] for key in ("cycles", "latency_cycles", "interval_cycles"))
    assert run(built, built / "x.npy", stall=0.5, seed=2)[0] == stalled


def test_waves(built):
    report, _ = run(built, built / "x.npy", "icarus" if shutil.which("iverilog") else "verilator",
                    waves=True)
    text = (built / "b" / "waves.vcd").read_text()
    assert "$enddefinitions" in text and "m_axis_tdata" in text and report["mismatches"] == 0


def test_wrong_hardware_is_caught(built, tmp_path):
    shutil.copytree(built, tmp_path / "bent", ignore=shutil.ignore_patterns("sim", "outputs.npy"))
    verilog = tmp_path / "bent" / "b" / "tiny.v"
    bent, changes = re.subn(r"assign m_axis_tdata = ([^;]*);", r"assign m_axis_tdata = (\1) ^ 32'd1;",
                            verilog.read_text())
    assert changes
    verilog.write_text(bent)
    with pytest.raises(ThriftyError, match="image.bin: damaged answer to the image: CRC-32 mismatch"):
        run(tmp_path / "bent", tmp_path / "bent" / "x.npy",
            "icarus" if shutil.which("iverilog") else "verilator")
    assert not (tmp_path / "bent" / "b" / "outputs.npy").exists()


def test_mismatches_are_counted_and_fail(built, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    other = Network([Layer(sp.csc_array(matrix() + (np.arange(12) == 3)[:, None]),
                           np.zeros(12, np.int64))])
    BuildFolder(tmp_path / "b").write("network.npz", dump(other))  # not what the hardware computes
    outcome = thrifty("simulate", tmp_path / "b", "--inputs", tmp_path / "x.npy", "--json")
    assert outcome.code == 1 and outcome.json["mismatches"] == 5
    assert outcome.err.startswith("error: 5 of 5 outputs differ from the golden model: a bug in thrifty")


def test_outputs_of_a_board_are_judged(built):
    folder = BuildFolder(built / "b")
    inputs = np.load(built / "x.npy")
    good = inputs @ matrix().T
    assert check_outputs(folder, built / "x.npy", good, {"vectors": 5})["mismatches"] == 0
    bad = good.copy()
    bad[1:3, 4] += 1
    report = check_outputs(folder, built / "x.npy", bad, {"vectors": 5})
    assert report["mismatches"] == 2 and report == json.loads((folder / "run.json").read_text())
    assert (np.load(folder / "outputs.npy") == bad).all()


def test_a_failed_run_keeps_the_results(built, monkeypatch):
    run(built, built / "x.npy")
    before = contents(built / "b")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.runner.tempfile.TemporaryDirectory", full)
    with pytest.raises(ThriftyError, match="b/sim: the disk is full: free some space"):
        run(built, built / "x.npy", seed=99)
    assert contents(built / "b") == before
    assert load_compiled(BuildFolder(built / "b"))
