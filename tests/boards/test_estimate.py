"""Estimates: counted by hand where counting is possible, monotonic elsewhere, honest about cycles."""

import dataclasses
import json

import numpy as np
import pytest

import boards
from boards.estimate import estimate
from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from hw.errors import ThriftyError
from sim.simulate import simulate
from tests.gen.command import build, write_config
from tests.hw.configs import config


def manifest(path, memories, **changes):
    """A folder that holds nothing but a manifest."""
    folder = BuildFolder(path)
    folder.write_json("manifest.json", {
        "configuration": config(**changes).model_dump(exclude={"compress"}), "memories": [
            {"name": "m", "module": "t", **memory} for memory in memories]})
    return folder


def memory(width, depth, count=1, ports="double"):
    return {"width": width, "depth": depth, "count": count, "ports": ports}


@pytest.mark.parametrize("board, memories, ram, spram", [
    ("ulx3s-85f", [memory(18, 1024)], 1, 0), ("ulx3s-85f", [memory(19, 1024)], 2, 0),
    ("ulx3s-85f", [memory(36, 512, 16)], 16, 0), ("ulx3s-85f", [memory(9, 2049)], 2, 0),
    ("ulx3s-85f", [memory(36, 64)], 1, 0), ("ulx3s-85f", [memory(36, 32)], 0, 0),
    ("icebreaker", [memory(16, 256)], 1, 0), ("icebreaker", [memory(16, 257)], 2, 0),
    ("icebreaker", [memory(4, 16)], 0, 0), ("icebreaker", [memory(5, 16)], 1, 0),
    ("icebreaker", [memory(2, 2048)], 1, 0),
    ("icebreaker", [memory(16, 2048, ports="single")], 0, 1),
    ("icebreaker", [memory(17, 16385, ports="single")], 0, 4),
    ("icebreaker", [memory(16, 2047, ports="single")], 8, 0),
    ("ulx3s-85f", [memory(18, 4096, ports="single"), memory(18, 1024)], 5, 0),
])
def test_memories_by_shape(board, memories, ram, spram, tmp_path):
    resources = estimate(manifest(tmp_path, memories), board, 1.0)["resources"]
    assert resources["ram"]["used"] == ram
    assert resources.get("spram", {"used": 0})["used"] == spram


def test_small_memories_are_slots_on_ecp5(tmp_path):
    slots = [estimate(manifest(tmp_path, memories), "ulx3s-85f", 1.0)["resources"]["slots"]["used"]
             for memories in ([], [memory(4, 16)], [memory(5, 17, 3)])]
    # Two banks of two units, and 5 two-way multiplexers with their two write enables.
    assert np.diff(slots).tolist() == [6, (6 * 2 * 2 + 5 + 2) * 3 - 6]


@pytest.mark.parametrize("changes, dsps", [
    ({}, 2 + 2), ({"sparse__pes": 16}, 16 + 2), ({"sparse__requantize__enabled": False}, 2),
    ({"sparse__weight__width": 1}, 2), ({"sparse__accumulator__width": 18}, 2 + 1),
    ({"sparse__weight__width": 20}, 4 + 2), ({"sparse__weight__kind": "shift_add"}, 2)])
def test_multipliers(changes, dsps, tmp_path):
    assert estimate(manifest(tmp_path, [], **changes), "ulx3s-85f", 1.0)["resources"]["dsp"][
        "used"] == dsps


def test_what_does_not_fit_is_named(tmp_path):
    report = estimate(manifest(tmp_path, [memory(16, 256, 31)], sparse__pes=16), "icebreaker", 1.0)
    assert not report["fits"] and report["over"][:2] == ["ram: 31 of 30", "dsp: 18 of 8"]
    assert report["cycles"] is None
    assert estimate(manifest(tmp_path, []), "ulx3s-85f", 1.0)["fits"]


@pytest.mark.parametrize("name", boards.BOARDS)
def test_every_board(name, tmp_path):
    report = estimate(manifest(tmp_path, [memory(16, 256)]), name, 0.5)
    sizes = dataclasses.asdict(boards.BOARDS[name].capacity)
    for resource, each in report["resources"].items():
        assert each["available"] == sizes[resource] and each["used"] >= 0
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("density", [0, -1, 1.1, float("nan")])
def test_density_is_a_fraction(density, tmp_path):
    with pytest.raises(ThriftyError, match="density must be above 0 and at most 1, not "):
        estimate(manifest(tmp_path, []), "icebreaker", density)


def test_damaged_manifests(tmp_path):
    folder = manifest(tmp_path, [])
    folder.write_json("manifest.json", {"memories": []})
    with pytest.raises(ThriftyError, match=r"manifest\.json: damaged: run thrifty generate again"):
        estimate(folder, "icebreaker", 1.0)
    folder.write_json("manifest.json", {"memories": [], "configuration": {"name": "x"}})
    with pytest.raises(ThriftyError, match=r'manifest\.json: key "sparse" is missing'):
        estimate(folder, "icebreaker", 1.0)


def test_cycles_against_the_simulation(tmp_path):
    built = build(tmp_path)
    folder = BuildFolder(built / "b")
    predicted = estimate(folder, "ulx3s-85f", 1.0)["cycles"]
    np.save(tmp_path / "dense.npy", np.full((6, 20), 3))
    report, _ = simulate(folder, tmp_path / "dense.npy", simulator="verilator", seed=1, stall=0.0,
                         waves=False)
    assert predicted["interval_cycles"] == pytest.approx(report["interval_cycles"], rel=0.15)
    assert predicted["latency_cycles"] == pytest.approx(report["latency_cycles"], rel=0.25)
    sparser = estimate(folder, "ulx3s-85f", 0.3)["cycles"]
    assert sparser["latency_cycles"] < predicted["latency_cycles"]


def test_more_pes_take_more_room_and_less_time(tmp_path):
    np.save(tmp_path / "w.npy", np.random.default_rng(0).integers(1, 9, (64, 64)))
    reports = []
    for pes in (2, 8):
        folder = BuildFolder(tmp_path / f"b{pes}")
        draft = write_config(tmp_path / "c.toml", f"[sparse]\npes = {pes}\n")
        compile_network(tmp_path / "w.npy", draft, folder)
        generate(None, folder)
        reports.append(estimate(folder, "ulx3s-85f", 1.0))
    few, many = reports
    assert few["resources"]["slots"]["used"] < many["resources"]["slots"]["used"]
    assert few["resources"]["dsp"]["used"] == 2 and many["resources"]["dsp"]["used"] == 8
    assert few["cycles"]["interval_cycles"] > 3 * many["cycles"]["interval_cycles"]
