"""Random shift-add arrays and networks through compile, generate and simulate, judged by Python's
integers.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.cases import Case, run_case, run_command
from gen.compile import Compiled
from gen.network import AdderLayer, Network, ShiftLayer
from hw.config import integer_range

__all__ = ["check", "draw", "expected"]

LANES = (1, 2, 3, 5, 7, 8, 13, 16, 31, 32, 37, 61, 64)
"""Lanes of two cases in three; the others have any number up to 64."""
SIZES = (1, 2, 3, 7, 16, 31, 32, 33, 61, 64, 97, 128, 211)
"""Rows or columns of every other layer; the others have any number up to 220."""
CYCLES = 3000
"""Of a vector, about: sizes are halved until the array takes no more."""
LIGHT = 400_000
"""Lanes times cycles, those of the image too, up to which Icarus takes less time than Verilator's
compiler."""
VECTORS = 12


def draw(seed: int, index: int) -> Case:
    """Case ``index`` of a seed."""
    rng = np.random.default_rng([seed, index])
    lanes = int(rng.choice(LANES) if rng.random() < 2 / 3 else rng.integers(1, 65))
    architecture, mode = str(rng.choice(["bins", "barrel"])), str(rng.choice(["shift", "adder", "both"]))
    width, signed = int(rng.integers(2, 17)), bool(rng.integers(2))
    count = int(rng.integers(1, 6))
    kinds = [mode if mode != "both" else str(rng.choice(["shift", "adder"])) for _ in range(count)]
    terms = [int(rng.integers(1, 4)) if kind == "shift" else 1 for kind in kinds]
    raw_end = bool(rng.integers(2))
    multiplier_width = int(rng.integers(1, 18))

    sizes = [int(rng.choice(SIZES) if rng.integers(2) else rng.integers(1, 221))
             for _ in range(count + 1)]
    while _cycles(sizes, terms, lanes) > CYCLES:
        sizes[int(np.argmax(sizes))] //= 2
    inputs = _inputs(rng, sizes[0], width, signed)
    layers: list[ShiftLayer | AdderLayer] = []
    values = inputs
    for k, (columns, rows) in enumerate(zip(sizes, sizes[1:], strict=False)):
        bare = (_shift(rng, rows, columns, terms[k]) if kinds[k] == "shift"
                else _adder(rng, rows, columns, width, signed))
        raw = raw_end and k == count - 1
        layers.append(_scaled(rng, bare, values, width, None if raw else multiplier_width))
        values = _outputs(layers[-1], values, width, signed)
    activation = {"width": width, "signed": signed}
    network = Network(layers, width, signed) if rng.integers(2) else Network(layers)
    table: dict[str, Any] = {
        "lanes": lanes, "architecture": architecture, "mode": mode,
        "vectors": int(rng.choice([2, 4, 8])), "capacity": _capacity(rng, sizes),
    }
    if network.activation_width is None or rng.integers(2):
        table["activation"] = activation
    # More than the network needs: sums of 220 activations of 16 bits, shifted by 15, 3 times, take 42.
    if rng.random() < 0.3:
        table["accumulator"] = int(rng.integers(42, 49))
    if rng.random() < 0.3:
        table["result"] = int(rng.integers(43, 46))
    config = {"name": "random", "memory_latency": int(rng.integers(1, 3)), "shift_add": table}
    return Case(config, network, inputs, float(rng.choice([0, 0, 0.1, 0.5, 0.8])))


def _cycles(sizes: list[int], terms: list[int], lanes: int) -> int:
    return sum(-(-rows // lanes) * (columns * each + 37)
               for each, columns, rows in zip(terms, sizes, sizes[1:], strict=False))


def _capacity(rng: np.random.Generator, sizes: list[int]) -> dict[str, int]:
    """Each in half of the cases, with room for more than the network; the others are left out."""
    needs = {"layers": len(sizes) - 1, "inputs": sizes[0], "outputs": sizes[-1],
             "hidden": max(sizes[1:-1], default=1)}
    return {key: need + int(rng.integers(40)) for key, need in needs.items() if rng.random() < 0.5}


def _shift(rng: np.random.Generator, rows: int, columns: int, terms: int) -> ShiftLayer:
    """All exponents, or few; some layers have no weight but the largest, some rows no weight at all."""
    shape = rows, columns, terms
    if rng.random() < 0.15:
        sign, exponent = np.full(shape, rng.choice([-1, 1])), np.full(shape, 15)
    else:
        low, high = sorted(rng.integers(0, 16, 2).tolist())
        sign = rng.choice([-1, 1], shape) * (rng.random(shape) < rng.choice([0.1, 0.6, 1.0]))
        exponent = rng.integers(low, high, shape, endpoint=True)
    sign[rng.random(rows) < rng.choice([0, 0.2])] = 0
    exponent *= sign != 0
    return ShiftLayer(sign.astype(np.int8), exponent.astype(np.uint8), np.zeros(rows, np.int64))


def _adder(rng: np.random.Generator, rows: int, columns: int, width: int, signed: bool) -> AdderLayer:
    """Weights anywhere, at both ends, or many of them 0."""
    low, high = integer_range(width, signed)
    pool = [rng.integers(low, high, columns, endpoint=True), np.array([low, high]),
            np.array([0, high // 2])][int(rng.integers(3))]
    return AdderLayer(rng.choice(pool, (rows, columns)), np.zeros(rows, np.int64))


def _scaled(rng: np.random.Generator, layer: ShiftLayer | AdderLayer, values: np.ndarray, width: int,
            multiplier_width: int | None) -> ShiftLayer | AdderLayer:
    """The layer with biases, mostly such that its sums lie around 0, and, unless it stays raw, with
    multipliers in their whole range and a shift that mostly leaves activations of ``width`` bits."""
    sums = _sums(layer, values).astype(float)
    spread = float(np.std(sums - sums.mean(0))) + 1
    bias = np.rint(rng.normal(-sums.mean(0), spread)).astype(np.int64) * int(rng.random() < 0.8)
    layer = replace(layer, bias=bias, relu=bool(rng.integers(2)))
    if multiplier_width is None:
        return layer
    largest = (1 << multiplier_width) - 1
    # With 1 bit, the hardware takes every multiplier for 1.
    multiplier = rng.integers(0 if multiplier_width > 1 else 1, largest, layer.rows, endpoint=True)
    multiplier[rng.integers(layer.rows)] = largest
    shift = int(spread * largest).bit_length() - width + int(rng.integers(-1, 4))
    if rng.random() < 0.1:
        shift = int(rng.integers(63))
    return replace(layer, multiplier=multiplier, shift=min(62, max(0, shift)))


def _inputs(rng: np.random.Generator, columns: int, width: int, signed: bool) -> np.ndarray:
    """Both extremes, one element that differs, then random vectors."""
    low, high = integer_range(width, signed)
    inputs = rng.integers(low, high, (VECTORS, columns), endpoint=True)
    inputs[:3] = np.array([[low], [high], [low]])
    inputs[2, rng.integers(columns)] = high
    return rng.permutation(inputs)


def expected(case: Case) -> np.ndarray:
    """What the network makes of the vectors, in Python's integers: object (vectors x outputs)."""
    network = case.network
    width, signed = network.activation_width, network.activation_signed
    if width is None or signed is None:
        activation = case.config["shift_add"]["activation"]
        width, signed = activation["width"], activation["signed"]
    values = case.inputs
    for layer in network.shift_add_layers:
        values = _outputs(layer, values, width, signed)
    return values


def _outputs(layer: ShiftLayer | AdderLayer, values: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Of a layer, in Python's integers."""
    values = _sums(layer, values) + layer.bias.astype(object)
    if layer.relu:
        values = np.maximum(values, 0)
    if layer.multiplier is None:
        return values
    half = 2 ** layer.shift // 2
    low = -2 ** (width - 1) if signed else 0
    values = (values * layer.multiplier.astype(object) + half) // 2 ** layer.shift
    return np.clip(values, low, low + 2 ** width - 1)


def _sums(layer: ShiftLayer | AdderLayer, values: np.ndarray) -> np.ndarray:
    values = values.astype(object)
    if isinstance(layer, ShiftLayer):
        return values @ (layer.sign.astype(object) * 2 ** layer.exponent.astype(object)).sum(2).T
    return -np.stack([np.abs(values - row).sum(1) for row in layer.weight.astype(object)], 1)


def _light(compiled: Compiled) -> bool:
    cycles = compiled.report["image_bytes"] // 4 + VECTORS * (compiled.report["array_cycles"] + 100)
    return compiled.config.shift_add.lanes * cycles < LIGHT


def check(case: Case, path: Path) -> dict[str, Any]:
    """Run a case in a build folder; what it was, and how many outputs are wrong."""
    done = run_case(case, path, expected(case), light=_light)
    chosen = done.compiled.config.shift_add
    a = chosen.activation
    layers = case.network.shift_add_layers
    return {
        "lanes": chosen.lanes, "architecture": chosen.architecture, "mode": chosen.mode,
        "vectors": chosen.vectors, "latency": case.config["memory_latency"],
        "activation": f"{'s' if a.signed else 'u'}{a.width}", "accumulator": chosen.accumulator,
        "result": chosen.result,
        "multiplier": chosen.requantize.multiplier_width if chosen.requantize.enabled else 0,
        "layers": " ".join(f"{layer.rows}x{layer.columns}" for layer in layers),
        "terms": " ".join(str(layer.terms) if isinstance(layer, ShiftLayer) else "a"
                          for layer in layers),
        "raw": layers[-1].multiplier is None,
        "stall": case.stall, "simulator": done.report["simulator"],
        "array_cycles": done.compiled.report["array_cycles"], "interval": done.report["interval_cycles"],
        "mismatches": done.mismatches, "seconds": done.seconds,
    }


if __name__ == "__main__":
    run_command(draw, check, count=100,
                about="Small designs on Icarus, whose compiler takes a second; others on Verilator.")
