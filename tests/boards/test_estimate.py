"""Estimates: counted by hand where counting is possible, monotonic elsewhere, honest about cycles."""

import dataclasses
import json
import tomllib

import numpy as np
import pytest
import tomli_w

import boards
from boards.estimate import estimate
from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from gen.presets import preset_text
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


def memory(width, depth, count=1, ports="double", style="auto", granularity=None):
    return {"width": width, "depth": depth, "count": count, "ports": ports, "style": style,
            "granularity": granularity or width}


@pytest.mark.parametrize("board, memories, ram, spram", [
    ("ulx3s-85f", [memory(18, 1024)], 1, 0), ("ulx3s-85f", [memory(19, 1024)], 2, 0),
    ("ulx3s-85f", [memory(36, 512, 16)], 16, 0), ("ulx3s-85f", [memory(9, 2049)], 2, 0),
    ("ulx3s-85f", [memory(36, 64)], 1, 0), ("ulx3s-85f", [memory(36, 32)], 0, 0),
    ("ulx3s-85f", [memory(4, 16, 3, style="block")], 3, 0),
    ("ulx3s-85f", [memory(64, 128, granularity=8)], 2, 0),  # four of them in a word of 36
    ("ulx3s-85f", [memory(192, 64, granularity=12)], 8, 0),  # two
    ("ulx3s-85f", [memory(64, 1024, granularity=16)], 4, 0),  # one in a word of 18
    ("ulx3s-85f", [memory(16, 4096, granularity=4)], 4, 0),  # one in a word of 4
    ("ulx3s-85f", [memory(80, 512, granularity=40)], 4, 0),
    ("icebreaker", [memory(4, 16, style="block")], 1, 0),
    ("icebreaker", [memory(32, 256, granularity=8)], 2, 0),
    ("icebreaker", [memory(32, 512, granularity=8)], 4, 0),
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
    ({"sparse__weight__width": 1}, 2), ({"sparse__accumulator__width": 16}, 2 + 1),
    ({"sparse__accumulator__width": 18}, 2 + 2), ({"sparse__accumulator__width": 40}, 2 + 3),
    ({"sparse__requantize__multiplier_width": 1}, 2),
    ({"sparse__weight__width": 20}, 4 + 2), ({"sparse__weight__width": 19}, 2 + 2),
    ({"sparse__activation": {"width": 1, "signed": False, "lanes": 4}}, 2 + 2),
    ({"sparse__activation": {"width": 1, "signed": True, "lanes": 4}}, 2),
    ({"sparse__weight__kind": "shift_add"}, 2)])
def test_multipliers(changes, dsps, tmp_path):
    """A bit is no operand of a multiplier; an unsigned one has a sign beside a signed one."""
    assert estimate(manifest(tmp_path, [], **changes), "ulx3s-85f", 1.0)["resources"]["dsp"][
        "used"] == dsps


@pytest.mark.parametrize("weight, activation, dsps", [(8, 8, 1), (8, 3, 1), (7, 3, 0), (18, 8, 1),
                                                      (18, 9, 2), (32, 16, 2)])
def test_small_products_are_tables_on_ice40(weight, activation, dsps, tmp_path):
    design = manifest(tmp_path, [], sparse__pes=1, sparse__weight__width=weight,
                      sparse__activation={"width": activation, "signed": True, "lanes": 4},
                      sparse__requantize__enabled=False)
    assert estimate(design, "icebreaker", 1.0)["resources"]["dsp"]["used"] == dsps


MEASURED = {
    "engine16": ({}, 6729, 123, 18),
    "direct": ({"pes": 8, "activation": {"width": 16, "signed": True, "lanes": 8},
                "weight": {"kind": "direct", "width": 8, "signed": True}, "accumulator": {"width": 32},
                "requantize": {"enabled": False}, "index": {"kind": "per_layer", "width": 6}},
               4636, 60, 8),
    "shift_add": ({"pes": 4, "broadcasts": 2, "weight": {"kind": "shift_add", "width": 8, "terms": 2,
                                                         "signed": True}, "accumulator": {"width": 20},
                   "index": {"kind": "per_layer", "width": 6}}, 3891, 39, 2),
    "upper": ({"pes": 6, "activation": {"width": 12, "signed": True, "lanes": 16},
               "weight": {"width": 12, "signed": True, "codebook_size": 64},
               "index": {"kind": "per_layer", "width": 9, "lower": 5}, "accumulator": {"width": 40},
               "requantize": {"multiplier_width": 17}, "capacity": {
                   "rows": 512, "entries": 8192, "upper_entries": 512, "inputs": 4096}}, 5541, 122, 9),
}
"""Changes to engine16; slots, block RAMs and multipliers that Yosys 0.70 makes of them on ECP5."""


@pytest.mark.parametrize("name", MEASURED)
def test_against_synthesis(name, tmp_path):
    changes, slots, ram, dsps = MEASURED[name]
    table = tomllib.loads(preset_text("engine16"))
    capacity = table["sparse"]["capacity"] | changes.get("capacity", {})
    table["sparse"] |= changes | {"capacity": capacity}
    folder = BuildFolder(tmp_path / "b")
    generate(folder.write("full.toml", tomli_w.dumps(table)), folder)
    used = {key: each["used"] for key, each in estimate(folder, "ulx3s-85f", 1.0)["resources"].items()}
    assert used["slots"] == pytest.approx(slots, rel=0.02)
    assert (used["ram"], used["dsp"]) == (ram, dsps)


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
    with pytest.raises(ThriftyError, match=r"manifest\.json: exactly one engine is needed"):
        estimate(folder, "icebreaker", 1.0)


def test_cycles_against_the_simulation(tmp_path):
    built = build(tmp_path)
    folder = BuildFolder(built / "b")
    predicted = estimate(folder, "ulx3s-85f", 1.0)["cycles"]
    np.save(tmp_path / "dense.npy", np.full((6, 20), 3))
    report, _ = simulate(folder, tmp_path / "dense.npy", simulator="verilator", seed=1, stall=0.0,
                         waves=False)
    assert predicted["interval_cycles"] == pytest.approx(report["interval_cycles"], rel=0.1)
    assert predicted["latency_cycles"] == pytest.approx(report["latency_cycles"], rel=0.05)
    sparser = estimate(folder, "ulx3s-85f", 0.3)["cycles"]
    assert sparser["latency_cycles"] < predicted["latency_cycles"]


@pytest.mark.parametrize("text", ["pes = 8", "pes = 8\nbroadcasts = 2", "pes = 3"])
def test_cycles_of_a_layer_that_scanning_limits(text, tmp_path):
    """200 columns are 100 words, or 50 on each of two broadcasts; 2 rows are little work."""
    np.save(tmp_path / "w.npy", np.ones((2, 200), np.int64))
    np.save(tmp_path / "x.npy", np.ones((6, 200), np.int64))
    folder = BuildFolder(tmp_path / "b")
    draft = write_config(tmp_path / "c.toml", f"[sparse]\n{text}\n[sparse.activation]\nwidth = 8\n")
    compile_network(tmp_path / "w.npy", draft, folder)
    generate(None, folder)
    report, _ = simulate(folder, tmp_path / "x.npy", simulator="icarus", seed=1, stall=0.0,
                         waves=False)
    predicted = estimate(folder, "ulx3s-85f", 1.0)["cycles"]
    assert predicted["interval_cycles"] == pytest.approx(report["interval_cycles"], rel=0.1)
    assert predicted["latency_cycles"] == pytest.approx(report["latency_cycles"], rel=0.05)


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
