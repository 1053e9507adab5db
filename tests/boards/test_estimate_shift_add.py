"""Estimates of the shift-add array: against synthesis, and against the simulation."""

import shutil

import numpy as np
import pytest
import tomli_w

from boards.estimate import estimate
from boards.estimate_shift_add import (
    _latencies,
    compare_architectures,
    lane_slots,
    shift_add_cycles,
    slots_per_rate,
)
from gen.compile import compile_network, load_compiled
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import AdderLayer, Network, ShiftLayer, dump
from gen.resolve import complete, resolve_shift_add
from hw.shift_add.array import ShiftAddArray
from hw.shift_add.drain import ShiftAddDrain
from sim.simulate import simulate

needs_icarus = pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")


def config(capacity=(100, 32, 30, 20, 10), *, latency=2, width=8, signed=True, multiplier=8, layers=3,
           **table):
    """A complete configuration; ``capacity``: words, rows, inputs, hidden, outputs."""
    requantize = {"enabled": multiplier > 0, "multiplier_width": multiplier or 1}
    names = ("words", "rows", "inputs", "hidden", "outputs")
    sizes = {"layers": layers, **dict(zip(names, capacity, strict=True))}
    return complete({"name": "estimated", "memory_latency": latency, "shift_add": {
        "accumulator": 20, "result": 24, "activation": {"width": width, "signed": signed},
        "requantize": requantize, "capacity": sizes, **table}}, "here")


def network(sizes, kinds, terms=1, seed=1):
    rng = np.random.default_rng(seed)
    layers = []
    for k, (kind, columns, rows) in enumerate(zip(kinds, sizes, sizes[1:], strict=False)):
        last = k == len(kinds) - 1
        output = {"bias": rng.integers(-50, 50, rows), "relu": not last, "shift": 0 if last else 18,
                  "multiplier": None if last else rng.integers(1, 256, rows)}
        if kind == "a":
            layers.append(AdderLayer(rng.integers(-128, 128, (rows, columns)), **output))
        else:
            sign = rng.integers(-1, 2, (rows, columns, terms), np.int8)
            exponent = np.where(sign, rng.integers(0, 8, sign.shape), 0).astype(np.uint8)
            layers.append(ShiftLayer(sign, exponent, **output))
    return Network(layers, 8, True)


def compiled(path, net, table, latency=2):
    folder = BuildFolder(path)
    draft = f'name = "estimated"\nmemory_latency = {latency}\n[shift_add]\n{table}\n'
    compile_network(folder.write("net.npz", dump(net)), folder.write("c.toml", draft), folder)
    generate(None, folder)
    return folder


def measured(folder, vectors=28):
    """The simulation's report, of many vectors."""
    inputs = load_compiled(folder)[0].inputs
    np.save(folder / "x.npy", np.random.default_rng(1).integers(-128, 128, (vectors, inputs)))
    report, _ = simulate(folder, folder / "x.npy", simulator="icarus", seed=1, stall=0.0, waves=False)
    assert report["mismatches"] == 0
    return report


@pytest.mark.parametrize("architecture, mode, width, accumulator, slots", [
    ("bins", "shift", 8, 19, 55), ("bins", "both", 8, 19, 74), ("bins", "shift", 8, 28, 79),
    ("bins", "both", 4, 16, 57), ("bins", "shift", 12, 24, 68), ("bins", "both", 16, 27, 112),
    ("barrel", "shift", 8, 34, 69), ("barrel", "both", 8, 34, 88), ("barrel", "both", 8, 24, 78),
    ("barrel", "shift", 4, 20, 43), ("barrel", "both", 12, 32, 106), ("barrel", "shift", 16, 42, 101),
    ("bins", "adder", 8, 24, 34), ("barrel", "adder", 16, 28, 46), ("bins", "adder", 4, 14, 20),
])
def test_lanes_against_synthesis(architecture, mode, width, accumulator, slots):
    """What Yosys 0.70 makes of a lane of ECP5's carry cells: LUT4 + 2 CCU2C + 6 DPR16X4."""
    assert lane_slots(config(architecture=architecture, mode=mode, width=width,
                             accumulator=accumulator).shift_add) == slots


@pytest.mark.parametrize("made, slots, ram, dsp", [
    (config((465, 72, 64, 40, 10), lanes=8, architecture="bins", mode="both", accumulator=19, result=19),
     3195, 10, 2),
    (config((432, 72, 64, 40, 10), lanes=8, architecture="barrel", mode="both", accumulator=34,
            result=19), 3337, 10, 2),
    (config((1793, 160, 784, 64, 10), lanes=32, architecture="bins", mode="both", accumulator=18,
            result=23), 5882, 35, 2),
    (config((1328, 96, 300, 64, 20), lanes=16, mode="adder", accumulator=17, result=17, layers=2),
     3083, 19, 1),
    (config((3968, 272, 784, 64, 10), lanes=16, architecture="barrel", mode="both", accumulator=24,
            result=24, multiplier=16, layers=5), 4530, 36, 2),
    (config((576, 96, 256, 64, 10), lanes=32, architecture="barrel", mode="shift", accumulator=21,
            result=21, layers=2), 4738, 19, 2),
], ids=["bins", "barrel", "32 lanes", "adder", "large", "shift"])
def test_designs_against_synthesis(made, slots, ram, dsp, tmp_path):
    """What Yosys 0.70 makes of whole designs on the board, logic in carry cells."""
    folder = BuildFolder(tmp_path)
    folder.write("config.resolved.toml", tomli_w.dumps(made.model_dump(exclude_none=True)))
    generate(None, folder)
    report = estimate(folder, "ulx3s-85f", 1.0)
    used = {name: each["used"] for name, each in report["resources"].items()}
    assert used["slots"] == pytest.approx(slots, rel=0.01)
    assert (used["ram"], used["dsp"]) == (ram, dsp)
    assert "architectures" not in report and report["cycles"] is None


@pytest.mark.parametrize("architecture", ["bins", "barrel"])
@pytest.mark.parametrize("mode", ["shift", "adder", "both"])
@pytest.mark.parametrize("latency, multiplier", [(1, 8), (2, 0)])
def test_latencies_are_those_of_the_circuits(architecture, mode, latency, multiplier):
    made = config(architecture=architecture, mode=mode, latency=latency, multiplier=multiplier, lanes=1)
    array = ShiftAddArray(made)
    drain = ShiftAddDrain(made, array)
    assert _latencies(made) == (array.latency - array.after, drain.latency, drain.period)


@needs_icarus
@pytest.mark.parametrize("architecture", ["bins", "barrel"])
@pytest.mark.parametrize("sizes, kinds, terms, latency, table, error", [
    ((20, 9, 6), "sa", 2, 2, "lanes = 4", 0),
    ((64, 32, 32, 10), "sas", 1, 1, "lanes = 8", 0),  # the array is the slowest
    ((8, 150), "s", 1, 2, "lanes = 8", 0.05),  # results wait for the host
    ((700, 2), "s", 1, 2, "lanes = 2", 0),
    ((5, 40, 6, 30, 4), "sasa", 1, 2, "lanes = 32", 0.05),  # groups wait for the drain
    ((5, 40, 6, 30, 4), "ssss", 2, 2, "lanes = 32\nvectors = 2", 0.05),  # layers, for the one before
], ids=["small", "array", "output", "long", "drain", "few vectors"])
def test_cycles_against_the_simulation(architecture, sizes, kinds, terms, latency, table, error,
                                       tmp_path):
    folder = compiled(tmp_path, network(sizes, kinds, terms),
                      f'{table}\narchitecture = "{architecture}"', latency)
    report = measured(folder)
    predicted = estimate(folder, "ulx3s-85f", 1.0)["cycles"]
    assert predicted["interval_cycles"] == pytest.approx(report["interval_cycles"], rel=error)
    assert predicted["latency_cycles"] == pytest.approx(report["latency_cycles"], rel=0.1)


@needs_icarus
@pytest.mark.parametrize("inputs", [64, 1024])
@pytest.mark.parametrize("architecture, slots, accumulator", [("bins", 55, 19), ("barrel", 69, 34)])
def test_slots_for_a_rate(architecture, slots, accumulator, inputs, tmp_path):
    """A lane's slots in synthesis, and the cycles of its rows in simulation, at 100 MHz."""
    table = f'lanes = 4\narchitecture = "{architecture}"\naccumulator = {accumulator}'
    folder = compiled(tmp_path, network((inputs, 8), "s"), table)
    config = load_compiled(folder)[1]
    expected = slots * measured(folder, 8)["interval_cycles"] / (2 * inputs) / 100
    assert slots_per_rate(config.shift_add, inputs, 100) == pytest.approx(expected, rel=0.05)


def test_the_better_architecture():
    """Few inputs: the cycles of bins decide. Many, and wide sums: their slots do."""
    few, many = network((16, 64, 16), "ss"), network((2000, 256), "s", seed=2)
    layer = many.layers[0]
    wide = Network([ShiftLayer(layer.sign, np.where(layer.sign, 15, 0).astype(np.uint8), layer.bias)],
                   8, True)
    for net, better in ((few, "barrel"), (wide, "bins")):
        draft = {"name": "compared", "shift_add": {"lanes": 64}}
        for architecture in ("bins", "barrel"):
            draft["shift_add"]["architecture"] = architecture
            made = resolve_shift_add(draft, net, "here")
            found = compare_architectures(net, made)
            assert found["better"] == better and f"better here: {better}, because" in found["summary"]
            assert found[architecture]["cycles"] == shift_add_cycles(net, made)["interval_cycles"]
            for each in (found["bins"], found["barrel"]):
                assert each["area_time"] == each["slots"] * each["cycles"]
            assert found[better]["area_time"] == min(
                found["bins"]["area_time"], found["barrel"]["area_time"])
    adder = network((16, 8), "a")
    draft["shift_add"]["architecture"] = "bins"
    assert compare_architectures(adder, resolve_shift_add(draft, adder, "here")) is None


def test_an_architecture_whose_sums_are_too_wide():
    """129,000 times 16 bits times 2 ** 15 needs 49 bits; in bins they need fewer."""
    sign = np.ones((1, 43_000, 3), np.int8)
    exponent = np.full(sign.shape, 15, np.uint8)
    net = Network([ShiftLayer(sign, exponent, np.zeros(1, np.int64))], 16, False)
    draft = {"name": "wide", "shift_add": {"lanes": 1, "architecture": "bins"}}
    made = resolve_shift_add(draft, net, "here")
    found = compare_architectures(net, made)
    assert found["barrel"] is None and found["better"] == "bins" and "too large" in found["summary"]
