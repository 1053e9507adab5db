"""Operations counted in the simulation, against those that NumPy finds in the network."""

import shutil

import numpy as np
import pytest

from gen.compile import compile_network
from gen.energy import Operations, multiply_energy, shift_add_energy
from gen.folder import BuildFolder
from gen.generate import generate
from gen.network import AdderLayer, Network, ShiftLayer, dump
from sim.simulate import simulate
from tests.gen.command import build, refused, thrifty

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")

LANES, WIDTH, ACCUMULATOR, RESULT, MULTIPLIER = 4, 8, 40, 30, 8
SIZES = (21, 9, 6, 5)
COUNTED = ("shifts", "additions", "comparisons", "requantized", "read_bits")


def layers(kinds, terms):
    rng = np.random.default_rng(3)
    result = []
    for k, kind in enumerate(kinds):
        shape, last = (SIZES[k + 1], SIZES[k]), k == len(kinds) - 1
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
    """What a layer takes, in the order of ``COUNTED``."""
    groups = -(-layer.rows // LANES)
    shift = isinstance(layer, ShiftLayer)
    steps = groups * layer.columns * (layer.sign.shape[2] if shift else 1)
    # Lanes built for nothing else than adder layers have no bit that says that a weight is none.
    work = (np.count_nonzero(layer.sign) if shift else
            layer.columns * (groups * LANES if mode == "adder" else layer.rows))
    additions = work + (0 if mode == "shift" else steps) + layer.rows * (1 + (not bins) + (not shift))
    words, row = steps, RESULT + MULTIPLIER + (0 if bins else ACCUMULATOR)
    if bins:
        additions += 16 * groups * LANES
        words += (16 + 4 + 16) * groups  # combine, fill, clear
    weight = {"shift": 6, "both": 9, "adder": 8}[mode]
    return [work if shift else 0, additions, 0 if shift else work, 0 if last else layer.rows,
            words * LANES * weight + steps * (32 if first else WIDTH) + layer.rows * row]


def folder_of(path, found, architecture, latency):
    folder = BuildFolder(path)
    source = folder.write("net.npz", dump(Network(found, WIDTH, True)))
    draft = folder.write("c.toml", f"""
        name = "counted"
        memory_latency = {latency}
        [shift_add]
        lanes = {LANES}
        architecture = "{architecture}"
        accumulator = {ACCUMULATOR}
        result = {RESULT}
        [shift_add.requantize]
        multiplier_width = {MULTIPLIER}
    """)
    compile_network(source, draft, folder)
    generate(None, folder)
    np.save(path / "x.npy", np.random.default_rng(1).integers(-128, 128, (5, SIZES[0])))
    return folder


@pytest.mark.parametrize("architecture", ["bins", "barrel"])
@pytest.mark.parametrize("kinds, terms, latency", [("sas", 2, 2), ("ss", 3, 1), ("aa", 1, 1)])
def test_counts(architecture, kinds, terms, latency, tmp_path):
    mode = "both" if len(set(kinds)) == 2 else "shift" if "s" in kinds else "adder"
    bins = architecture == "bins" and mode != "adder"
    found = layers(kinds, terms)
    folder = folder_of(tmp_path, found, architecture, latency)
    report, _ = simulate(folder, tmp_path / "x.npy", simulator="icarus", seed=1, stall=0.3, waves=False,
                         energy=True)
    assert report["mismatches"] == 0
    expect = np.array([expected(layer, mode, bins, k == 0, k == len(found) - 1)
                       for k, layer in enumerate(found)])
    rows = report["energy"]["layers"]
    assert [[row[name] for name in COUNTED] for row in rows] == expect.tolist()
    products = np.array([layer.rows * layer.columns for layer in found])
    for name, each in {"products": products,
                       "fp32_nj": multiply_energy(products, expect[:, 3], "fp32") / 1000,
                       "int8_nj": multiply_energy(products, expect[:, 3], "int8") / 1000,
                       "shift_add_nj": shift_add_energy(Operations(*expect.T), WIDTH) / 1000}.items():
        assert [row[name] for row in rows] == pytest.approx(each)
        assert report["energy"]["total"][name] == pytest.approx(each.sum())
    total = report["energy"]["total"]
    assert total["saved_of_int8"] == pytest.approx(1 - total["shift_add_nj"] / total["int8_nj"])


def test_on_the_command_line(tmp_path):
    folder_of(tmp_path / "b", layers("a", 1), "bins", 1)
    result = thrifty("simulate", tmp_path / "b", "--energy", "--simulator", "icarus",
                     "--inputs", tmp_path / "b" / "x.npy")
    assert result.code == 0, result.err
    # 3 groups of 4 lanes with 21 weights: compared, added, and the activations' sum; bias and distance
    # of 9 rows. 189 products of 9.6 pJ in fp32, and of 1.55 pJ in int8.
    line = next(line for line in result.out.splitlines() if line.startswith("0 "))
    assert line.split()[1] == str(252 + 252 + 63 + 2 * 9 + 9) and line.split()[3:5] == ["1.8", "0.3"]


def test_other_networks_have_none(tmp_path):
    build(tmp_path)
    assert "of shift-add networks only" in refused("simulate", tmp_path / "b", "--energy")
