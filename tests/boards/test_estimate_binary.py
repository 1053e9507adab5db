"""Estimates of the binary array: against synthesis, and against the simulation."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from boards.estimate import estimate
from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import dump
from gen.presets import preset_path
from sim.simulate import simulate
from tests.hw.binary.arrays import network, signs

SFC = Path(__file__).parents[2] / "examples" / "networks" / "sfc.npz"


@pytest.mark.parametrize("preset, board, slots, error, ram, dsp, spram", [
    ("sfc", "ulx3s-85f", 11_534, 0.05, 184, 1, None),
    ("sfc_icebreaker", "icebreaker", 3_960, 0.15, 17, 1, 4),
])
def test_against_synthesis(preset, board, slots, error, ram, dsp, spram, tmp_path):
    """What Yosys 0.70 and nextpnr make of the trained network's arrays, logic in carry cells."""
    folder = BuildFolder(tmp_path)
    compile_network(SFC, preset_path(preset), folder)
    generate(None, folder)
    report = estimate(folder, board, 1.0)
    used = {name: each["used"] for name, each in report["resources"].items()}
    assert used["slots"] == pytest.approx(slots, rel=error)
    assert (used["ram"], used["dsp"], used.get("spram")) == (ram, dsp, spram)
    assert report["fits"]


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("sizes, levels, binary", [
    ((40, 40, 40, 8), (1, 1, 0), "pes = 4\nsimd = 8"),  # the array is the slowest
    ((40, 40, 8), (1, 0), "pes = 8\nsimd = 20\n[binary.activation]\nwidth = 8"),
    ((9, 12, 13, 5), (3, 1, 3), "pes = 3\nsimd = 9"),
    ((700, 4), (0,), "pes = 4\nsimd = 64"),  # the input
    ((8, 150), (0,), "pes = 4\nsimd = 8"),  # the output
], ids=["array", "planes", "levels", "input", "output"])
def test_cycles_against_the_simulation(sizes, levels, binary, latency, tmp_path):
    rng = np.random.default_rng(1)
    folder = BuildFolder(tmp_path)
    source = folder.write("net.npz", dump(network(rng, sizes, levels)))
    draft = f'name = "signs"\nmemory_latency = {latency}\n[binary]\n{binary}\n'
    compile_network(source, folder.write("c.toml", draft), folder)
    generate(None, folder)
    np.save(tmp_path / "x.npy", signs(rng, 28, sizes[0]))
    report, _ = simulate(folder, tmp_path / "x.npy", simulator="icarus", seed=1, stall=0.0, waves=False)
    predicted = estimate(folder, "ulx3s-85f", 1.0)["cycles"]
    assert report["mismatches"] == 0
    assert predicted["interval_cycles"] == pytest.approx(report["interval_cycles"], rel=0.1)
    assert predicted["latency_cycles"] == pytest.approx(report["latency_cycles"], rel=0.1)
