"""Random configurations and networks through compile, generate and simulate, judged by NumPy.
"""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from bench.cases import Case, run_case, run_command
from gen.network import Layer, Network
from hw.config import bits_for, integer_range

__all__ = ["check", "draw", "expected"]

PES = (1, 2, 3, 5, 7, 13, 16, 31, 37, 61, 64)
"""PEs of two cases in three; the others have any number up to 64."""
DENSITIES = (0.0, 0.05, 0.3, 0.7, 1.0)
VECTORS = 6


def draw(seed: int, index: int) -> Case:
    """Case ``index`` of a seed."""
    rng = np.random.default_rng([seed, index])
    pes = int(rng.choice(PES) if rng.random() < 2 / 3 else rng.integers(1, 65))
    broadcasts = 1 if rng.random() < 2 / 3 else 2
    drains = 1 if rng.random() < 1 / 2 else 2
    pes += -pes % (broadcasts * drains)
    width, signed = int(rng.integers(1, 17)), bool(rng.integers(2))
    smallest = 4 if width <= 8 or broadcasts == 2 else 2
    activation = {"width": width, "signed": signed,
                  "lanes": int(rng.choice([n for n in (2, 4, 8, 16, 32) if n >= smallest]))}
    requantize, multiplier_width = bool(rng.integers(2)), int(rng.integers(1, 18))
    # Requantizing multiplies accumulators: they and the multiplier must fit 62 bits.
    widest = min(32, 62 - multiplier_width - width - 10) if requantize else 32
    weight = {"kind": str(rng.choice(["codebook", "direct", "shift_add"])),
              "width": int(rng.integers(1, widest + 1)), "signed": bool(rng.integers(2)),
              "codebook_size": int(rng.integers(2, 257))}
    if weight["kind"] == "shift_add":
        weight["terms"] = int(rng.integers(1, 4))
    accumulator = {"signed": bool(signed or weight["signed"] or rng.integers(2))}

    # Every PE has a length of a column: with many PEs, the image would take longest.
    most = min(64, 12 + 600 // pes)
    sizes = [*rng.integers(1, most + 1, 1 + (int(rng.integers(3)) if requantize else 0)).tolist(),
             int(rng.integers(1, 41 + pes))]
    if pes <= 8 and rng.random() < 0.5:  # enough rows for long columns, if they are dense
        sizes[int(rng.integers(1, len(sizes)))] = 17 * pes + int(rng.integers(40))
    layers = [_layer(rng, rows, columns, weight, accumulator["signed"])
              for columns, rows in zip(sizes, sizes[1:], strict=False)]
    raw_end = True
    if requantize:
        raw_end = rng.random() < 0.2
        layers = [layer if raw_end and layer is layers[-1]
                  else _requantized(rng, layer, width, multiplier_width) for layer in layers]
    sparse: dict[str, Any] = {
        "pes": pes, "queue_depth": _queue_depth(rng), "broadcasts": broadcasts,
        "drains": drains, "outputs": "accumulators" if raw_end or rng.integers(2) else "activations",
        "huffman": "image" if rng.random() < 0.3 else "none",
        "activation": activation, "weight": weight,
        "accumulator": accumulator, "index": _index(rng, layers, pes),
        "requantize": {"enabled": requantize, "multiplier_width": multiplier_width},
        "capacity": _capacity(rng, sizes),
    }
    config = {"name": "random", "memory_latency": int(rng.integers(1, 3)), "sparse": sparse}
    stall = float(rng.choice([0, 0, 0.1, 0.5, 0.8]))
    inputs = _inputs(rng, sizes[0], *integer_range(width, signed))
    entry = sparse["index"].get("width", 8) + bits_for(weight["codebook_size"])
    if weight["kind"] != "direct" and entry <= 16 and rng.random() < 0.4:
        sparse["huffman"] = "memory"
        sparse["index"].pop("lower", None)
    return Case(config, Network(layers), inputs, stall)


def _queue_depth(rng: np.random.Generator) -> int:
    """The legal minimum in a third of the cases."""
    return 16 if rng.random() < 1 / 3 else int(rng.integers(16, 65))


def _index(rng: np.random.Generator, layers: list[Layer], pes: int) -> dict[str, Any]:
    """A kind, and often a width: at least that of any row of a PE. Then some bits may be upper ones."""
    index: dict[str, Any] = {"kind": str(rng.choice(["absolute", "relative", "per_layer"]))}
    rows = max(-(-layer.rows // pes) for layer in layers)
    if rng.random() < 0.5:
        index["width"] = max(4, bits_for(rows)) + int(rng.integers(4))
        if rng.random() < 0.5:
            index["lower"] = int(rng.integers(1, bits_for(rows) + 1))
    return index


def _capacity(rng: np.random.Generator, sizes: list[int]) -> dict[str, int]:
    """Each in half of the cases, with room for more than the network; the others are left out."""
    needs = {"layers": len(sizes) - 1, "total_rows": sum(sizes[1:]), "inputs": sizes[0],
             "hidden": max(sizes[1:]), "outputs": sizes[-1]}
    return {key: max(2, need) + int(rng.integers(10)) for key, need in needs.items()
            if rng.random() < 0.5}


def _layer(rng: np.random.Generator, rows: int, columns: int, weight: dict[str, Any],
           signed: bool) -> Layer:
    """Weights in the whole range of their format; each row and each column has a density of its own
    in half of the layers."""
    low, high = integer_range(weight["width"], weight["signed"])
    if weight["kind"] == "shift_add":
        book = _few_digits(rng, low, high, weight["terms"], weight["codebook_size"])
    else:
        book = rng.integers(low, high, weight["codebook_size"], endpoint=True)
        book[:2] = low, high
    book = np.unique(book[book != 0])
    direct = weight["kind"] == "direct" and rng.random() < 0.5
    values = (rng.integers(low, high, (rows, columns), endpoint=True) if direct
              else rng.choice(book, (rows, columns)))
    chance = np.full((rows, columns), rng.choice(DENSITIES))
    if rng.random() < 0.5:
        chance = rng.choice(DENSITIES, (rows, 1)) * rng.choice(DENSITIES, columns)
    values[rng.random((rows, columns)) >= chance] = 0
    bias = rng.integers(-high if signed else 0, high, rows, endpoint=True) * (rng.random() < 0.7)
    return Layer(sp.csc_array(values), bias, bool(rng.integers(2)))


def _few_digits(rng: np.random.Generator, low: int, high: int, terms: int, size: int) -> np.ndarray:
    """Sums of so many signed powers of two within the format, both ends if they are such sums."""
    powers = 1 << rng.integers(0, max(high, -low).bit_length() + 1, (8 * size, terms))
    sums = (powers * rng.integers(-1, 2, powers.shape)).sum(1)
    ends = [low, high if terms > 1 else (high + 1) // 2]  # 2^n - 1 takes two terms
    return np.concatenate((ends, sums[(sums >= low) & (sums <= high)]))[:size]


def _requantized(rng: np.random.Generator, layer: Layer, width: int, multiplier_width: int) -> Layer:
    """The layer with multipliers, and a shift that mostly leaves outputs of about ``width`` bits."""
    largest = (1 << multiplier_width) - 1
    multiplier = rng.integers(0, largest, layer.rows, endpoint=True)
    if multiplier_width == 1:
        multiplier[:] = 1  # what the hardware takes it for
    sums = abs(layer.weight).sum(1).max() << width
    shift = int(sums * largest).bit_length() - width + int(rng.integers(-4, 3))
    if rng.random() < 0.1:
        shift = int(rng.integers(63))
    return Layer(layer.weight, layer.bias, layer.relu, multiplier, min(62, max(0, shift)))


def _inputs(rng: np.random.Generator, columns: int, low: int, high: int) -> np.ndarray:
    """Zeros, both extremes, one nonzero, then random vectors, the first one sparse."""
    inputs = rng.integers(low, high, (VECTORS, columns), endpoint=True)
    inputs[:4] = np.array([[0], [high], [low], [0]])
    inputs[3, rng.integers(columns)] = high or low
    inputs[4] *= rng.random(columns) < 0.3
    return inputs[rng.permutation(VECTORS)]


def expected(case: Case) -> np.ndarray:
    """What the network makes of the vectors, in Python's integers: object (vectors x outputs)."""
    activation = case.config["sparse"]["activation"]
    low = -2 ** (activation["width"] - 1) if activation["signed"] else 0
    values = case.inputs.astype(object)
    for layer in case.network.layers:
        values = values @ layer.weight.toarray().astype(object).T + layer.bias.astype(object)
        if layer.relu:
            values = np.maximum(values, 0)
        if layer.multiplier is not None:
            half = 2 ** layer.shift // 2
            values = (values * layer.multiplier.astype(object) + half) // 2 ** layer.shift
            values = np.clip(values, low, low + 2 ** activation["width"] - 1)
    return values


def check(case: Case, path: Path) -> dict[str, Any]:
    """Run a case in a build folder; what it was, and how many outputs are wrong."""
    done = run_case(case, path, expected(case))
    chosen = done.compiled.config.sparse
    a, w, index = chosen.activation, chosen.weight, chosen.index
    return {
        "pes": chosen.pes, "broadcasts": chosen.broadcasts, "drains": chosen.drains,
        "outputs": chosen.outputs, "huffman": chosen.huffman,
        "activation": f"{'s' if a.signed else 'u'}{a.width} x {a.lanes}",
        "weight": f"{'s' if w.signed else 'u'}{w.width} {w.kind}",
        "index": f"{index.stored} of {index.width} {index.kind}",
        "queue": chosen.queue_depth, "latency": case.config["memory_latency"],
        "accumulator": chosen.accumulator.width,
        "layers": " ".join(f"{layer.rows}x{layer.columns}" for layer in case.network.layers),
        "nonzeros": sum(int(layer.weight.nnz) for layer in case.network.layers),
        "stall": case.stall, "simulator": done.report["simulator"], "cycles": done.report["cycles"],
        "mismatches": done.mismatches, "seconds": done.seconds,
    }


if __name__ == "__main__":
    run_command(draw, check, count=200, about="On Icarus: it compiles a small design in a second. On "
                "Verilator if Icarus is not installed.")
