"""Operations counted in the simulation, against those that NumPy finds in the network."""

import json
import shutil

import numpy as np
import pytest

from gen.compile import compile_network
from gen.energy import energy_report
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import AdderLayer, Network, ShiftLayer, dump
from sim.activity import counted_operations
from sim.simulate import simulate
from tests.gen.command import build, thrifty

LANES, WIDTH = 4, 8
COMBINED = 16


def layers(kinds, sizes, terms):
    rng = np.random.default_rng(3)
    result = []
    for k, kind in enumerate(kinds):
        shape, last = (sizes[k + 1], sizes[k]), k == len(kinds) - 1
        output = {"bias": rng.integers(-50, 50, shape[0]), "relu": not last, "shift": 0 if last else 16,
                  "multiplier": None if last else rng.integers(1, 256, shape[0])}
        if kind == "a":
            result.append(AdderLayer(rng.integers(-128, 128, shape), **output))
        else:
            sign = rng.integers(-1, 2, (*shape, terms), np.int8)
            exponent = np.where(sign, rng.integers(0, 8, sign.shape), 0).astype(np.uint8)
            result.append(ShiftLayer(sign, exponent, **output))
    return result


def expected(layer, mode, bins, first, last):
    """Of a layer: shifts, additions, comparisons, requantized and bits read."""
    groups = -(-layer.rows // LANES)
    shift = isinstance(layer, ShiftLayer)
    steps = groups * layer.columns * (layer.sign.shape[2] if shift else 1)
    # Lanes built for nothing else than adder layers have no bit that says that a weight is none.
    work = (np.count_nonzero(layer.sign) if shift else
            layer.columns * (groups * LANES if mode == "adder" else layer.rows))
    additions = work + (0 if mode == "shift" else steps) + layer.rows * (1 + (not bins) + (not shift))
    words = steps
    if bins:
        additions += COMBINED * groups * LANES
        words += (16 + 4 + 16) * groups  # combine, fill, clear
    weight = {"shift": 6, "both": 9, "adder": 8}[mode]
    # A row's bias and multiplier are read, and what its lane had before.
    row = (RESULT[mode] + 8) if REQUANTIZED else RESULT[mode]
    bits = words * LANES * weight + steps * (32 if first else WIDTH)
    return [work if shift else 0, additions, 0 if shift else work, 0 if last else layer.rows], bits, row


REQUANTIZED, RESULT = True, {"shift": 30, "both": 30, "adder": 30}


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("architecture", ["bins", "barrel"])
@pytest.mark.parametrize("kinds, terms, latency", [("sas", 2, 2), ("ss", 3, 1), ("aa", 1, 1)])
def test_counts(architecture, kinds, terms, latency, tmp_path):
    mode = "both" if len(set(kinds)) == 2 else "shift" if "s" in kinds else "adder"
    bins = architecture == "bins" and mode != "adder"
    sizes = (21, 9, 6, 5)
    found = layers(kinds, sizes, terms)
    folder = BuildFolder(tmp_path)
    source = folder.write("net.npz", dump(Network(found, WIDTH, True)))
    draft = folder.write("c.toml", f"""
        name = "counted"
        memory_latency = {latency}
        [shift_add]
        lanes = {LANES}
        architecture = "{architecture}"
        accumulator = 40
        result = 30
        [shift_add.requantize]
        multiplier_width = 8
    """)
    compile_network(source, draft, folder)
    generate(None, folder)
    np.save(tmp_path / "x.npy", np.random.default_rng(1).integers(-128, 128, (5, sizes[0])))
    report, _ = simulate(folder, tmp_path / "x.npy", simulator="icarus", seed=1, stall=0.3, waves=False,
                         energy=True)
    assert report["mismatches"] == 0
    for k, (layer, row) in enumerate(zip(found, report["energy"]["layers"], strict=True)):
        counts, bits, parameters = expected(layer, mode, bins, k == 0, k == len(found) - 1)
        bits += layer.rows * (parameters + (0 if bins else 40))
        assert [row[name] for name in ("shifts", "additions", "comparisons", "requantized",
                                       "read_bits")] == [*counts, bits]
        assert row["products"] == layer.rows * layer.columns
