"""Random binary arrays and networks through compile, generate and simulate, judged by Python's integers.
"""

from pathlib import Path
from typing import Any

import numpy as np

from bench.cases import Case, run_case, run_command
from gen.compile import Compiled
from gen.network import BinaryLayer, Network
from hw.config import integer_range

__all__ = ["check", "draw", "expected"]

SIZES = (1, 2, 3, 7, 16, 31, 32, 33, 61, 64, 97, 127, 128, 211, 256, 300)
"""Rows or columns of every other layer; the others have any number up to 300."""
CYCLES = 3000
"""Of a vector, about: sizes are halved until the array takes no more."""
LIGHT = 250_000
"""Products a cycle times cycles up to which Icarus takes less time than Verilator's compiler."""
VECTORS = 12


def draw(seed: int, index: int) -> Case:
    """Case ``index`` of a seed."""
    rng = np.random.default_rng([seed, index])
    simd = int(rng.integers(1, 71))
    pes = int(rng.integers(1, min(20, simd) + 1))
    width = int(rng.choice([1, 1, 2, 3, 4, 5, 6, 7, 8]))
    signed = bool(width == 1 or rng.integers(2))
    hidden_width = int(rng.choice([1, 1, 2, 3, 4]))
    count = int(rng.integers(1, 5))
    last = str(rng.choice(["raw", "scaled", "threshold", "levels"]))

    sizes = [int(rng.choice(SIZES) if rng.integers(2) else rng.integers(1, 301))
             for _ in range(count + 1)]
    planes = [width, *rng.integers(1, hidden_width + 1, count - 1).tolist()]
    while _cycles(sizes, planes, pes, simd) > CYCLES:
        sizes[int(np.argmax(sizes))] //= 2
    layers = []
    for k, (columns, rows) in enumerate(zip(sizes, sizes[1:], strict=False)):
        weight = rng.choice(np.array([-1, 1], np.int8), (rows, columns))
        unsigned = planes[k] > 1 and (k > 0 or not signed)
        offset = 0 if planes[k] == 1 or unsigned else 1 << planes[k] - 1
        if k == count - 1 and last in ("raw", "scaled"):
            scale, bias = _affine(rng, rows, columns << planes[k]) if last == "scaled" else (None, None)
            layers.append(BinaryLayer(weight, None, scale, bias))
            continue
        most = (1 << hidden_width) - 1 if k == count - 1 else (1 << planes[k + 1]) - 1
        least = 1 if k == count - 1 else 1 << planes[k + 1] - 1
        levels = 1 if k == count - 1 and last == "threshold" else int(rng.integers(least, most + 1))
        layers.append(BinaryLayer(weight, _thresholds(rng, weight, planes[k], unsigned, offset, levels)))
    network = Network(layers, width, signed) if rng.integers(2) else Network(layers)
    binary = {
        "pes": pes, "simd": simd, "vectors": int(rng.choice([2, 4, 8])),
        "ram_width": int(rng.integers(8, 41)),
        "small_ram": str(rng.choice(["auto", "block", "distributed", "masked"])),
        "activation": {"width": width, "signed": signed},
        "capacity": _capacity(rng, sizes),
    }
    if rng.integers(2) or max([*planes[1:], 1]) < hidden_width:
        binary["hidden_width"] = hidden_width
    if rng.random() < 0.3:  # more than the network needs: 300 columns of 8 bits take 18
        binary["accumulator"] = int(rng.integers(18, 20))
    config = {"name": "random", "memory_latency": int(rng.integers(1, 3)), "binary": binary}
    return Case(config, network, _inputs(rng, sizes[0], width, signed),
                float(rng.choice([0, 0, 0.1, 0.5, 0.8])))


def _cycles(sizes: list[int], planes: list[int], pes: int, simd: int) -> int:
    return sum(-(-rows // pes) * each * -(-columns // (simd if k == 0 else simd // pes * pes))
               for k, (each, columns, rows) in enumerate(zip(planes, sizes, sizes[1:], strict=False)))


def _capacity(rng: np.random.Generator, sizes: list[int]) -> dict[str, int]:
    """Each in half of the cases, with room for more than the network; the others are left out."""
    needs = {"layers": len(sizes) - 1, "inputs": sizes[0], "outputs": sizes[-1],
             "hidden": max(sizes[1:-1], default=1)}
    return {key: need + int(rng.integers(40)) for key, need in needs.items() if rng.random() < 0.5}


def _affine(rng: np.random.Generator, rows: int, largest: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Scales, some negative, some zero; results have 32 bits."""
    top = min(1 << int(rng.integers(1, 16)), (1 << 29) // largest)
    scale = rng.integers(-top, top, rows, endpoint=True) * (rng.random(rows) < 0.9)
    bias = rng.integers(-(1 << 29), 1 << 29, rows, endpoint=True)
    return scale, bias if rng.integers(2) else None


def _thresholds(rng: np.random.Generator, weight: np.ndarray, planes: int, unsigned: bool, offset: int,
                levels: int) -> np.ndarray:
    """Ascending in each row: where sums mostly are, and anywhere up to what is never reached."""
    rows, columns = weight.shape
    bound = ((1 << planes) - 1) * columns
    middle = weight.sum(1) * ((1 << planes) - 1) / 2 if unsigned else np.zeros(rows)
    spread = columns ** 0.5 * (max(1, offset) if not unsigned else 1 << planes - 1)
    thresholds = np.rint(rng.normal(middle[:, None], 0.7 * spread, (rows, levels))).astype(np.int64)
    wild = rng.random(thresholds.shape) < rng.choice([0, 0.1, 0.5])
    thresholds[wild] = rng.choice([-bound, -bound + 1, bound, bound + 1, 0, *rng.integers(
        -bound, bound + 1, 8, endpoint=True)], wild.sum())
    return np.sort(np.clip(thresholds, -bound, bound + 1), axis=1)


def _inputs(rng: np.random.Generator, columns: int, width: int, signed: bool) -> np.ndarray:
    """Both extremes, one element that differs, then random vectors."""
    low, high = (0, 1) if width == 1 else integer_range(width, signed)
    inputs = rng.integers(low, high, (VECTORS, columns), endpoint=True)
    inputs[:3] = np.array([[low], [high], [low]])
    inputs[2, rng.integers(columns)] = high
    return rng.permutation(2 * inputs - 1 if width == 1 else inputs)


def expected(case: Case) -> np.ndarray:
    """What the network makes of the vectors, in Python's integers: object (vectors x outputs)."""
    values = case.inputs.astype(object)
    for layer in case.network.binary_layers:
        values = values @ layer.weight.astype(object).T
        if layer.thresholds is None:
            values = values * (1 if layer.scale is None else layer.scale.astype(object))
            values = values + (0 if layer.bias is None else layer.bias.astype(object))
        else:
            level = (values[:, :, None] >= layer.thresholds.astype(object)).sum(2)
            values = (2 * level - 1 if layer.thresholds.shape[1] == 1 else level).astype(object)
    return values


def _light(compiled: Compiled) -> bool:
    products = compiled.config.binary.products
    return products * (compiled.report["array_cycles"] + 300) < LIGHT


def check(case: Case, path: Path) -> dict[str, Any]:
    """Run a case in a build folder; what it was, and how many outputs are wrong."""
    done = run_case(case, path, expected(case), light=_light)
    chosen = done.compiled.config.binary
    a = chosen.activation
    layers = case.network.binary_layers
    levels = [0 if layer.thresholds is None else layer.thresholds.shape[1] for layer in layers]
    return {
        "pes": chosen.pes, "simd": chosen.simd, "vectors": chosen.vectors,
        "ram": f"{chosen.ram_width} {chosen.small_ram}", "latency": case.config["memory_latency"],
        "activation": f"{'s' if a.signed else 'u'}{a.width}", "hidden": chosen.hidden_width,
        "accumulator": chosen.accumulator, "scale": chosen.scale_width,
        "layers": " ".join(f"{layer.rows}x{layer.columns}" for layer in layers),
        "levels": " ".join(map(str, levels)),
        "stall": case.stall, "simulator": done.report["simulator"],
        "array_cycles": done.compiled.report["array_cycles"], "interval": done.report["interval_cycles"],
        "mismatches": done.mismatches, "seconds": done.seconds,
    }


if __name__ == "__main__":
    run_command(draw, check, count=100,
                about="Small designs on Icarus, whose compiler takes a second; others on Verilator.")
