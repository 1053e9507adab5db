"""Does it fit, and how fast is it: answers in seconds, before synthesis."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import boards
from boards.board import SPRAM_DEPTH, Board
from gen.compile import load_compiled
from gen.folder import BuildFolder
from gen.network import Network
from gen.resolve import complete
from gen.sparse import place_all
from hw.config import Config, Sparse
from hw.errors import ThriftyError
from hw.sparse.layout import column_layout

__all__ = ["estimate"]

_RAM_SHAPES = {
    "ecp5": ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)),
    "ice40": ((2048, 2), (1024, 4), (512, 8), (256, 16)),
}
_SPRAM_WORDS, _SPRAM_WIDTH = 16384, 16
_DISTRIBUTED_UNITS = 21
"""Yosys 0.70 prefers so many 16 x 4 distributed RAMs to one block RAM on ECP5."""
_REGISTER_BITS = 64
"""... and so many flip-flops to one block RAM on iCE40."""
_CELLS_A_SLOT = 1.4
"""iCE40 logic cells for each slot of the model: flip-flops and tables share cells less often."""


def estimate(folder: BuildFolder, board_name: str, density: float) -> dict[str, Any]:
    """Resources of a generated design on a board, and cycles of a vector if a network was compiled.

    Args:
        density: Fraction of activations that are not zero, for the cycles.

    Returns:
        ``resources`` by name {"used", "available"}, ``fits``, ``over`` (what does not fit), ``cycles``
        (None without a network). Block RAMs and DSPs are counted by shape. Slots are a linear model
        fitted to five ECP5 designs of 2 to 16 PEs, within 1 % of them, and to one on iCE40. Cycles
        are a lower bound where activations are sparse: which PE has work then depends on the input.
    """
    board = boards.find(board_name)
    if not 0 < density <= 1:
        raise ThriftyError(f"density must be above 0 and at most 1, not {density:g}")
    manifest = folder.read_json("manifest.json", "generate", "memories", "configuration")
    config = complete(manifest["configuration"], str(folder / "manifest.json"))
    used = {**_memories(manifest["memories"], board), "dsp": _dsps(config.sparse, board)}
    cells = _CELLS_A_SLOT if board.family == "ice40" else 1
    used["slots"] = round(cells * _slots(config)) + used.pop("distributed_slots")
    available = {"ram": board.capacity.ram, "dsp": board.capacity.dsp,
                 "slots": board.capacity.slots, "spram": board.capacity.spram}
    resources = {name: {"used": used[name], "available": available[name]}
                 for name in available if available[name] or used[name]}
    over = [f"{name}: {each['used']} of {each['available']}" for name, each in resources.items()
            if each["used"] > each["available"]]
    cycles = None
    if (folder / "network.npz").exists():
        network, compiled = load_compiled(folder)
        cycles = _cycles(network, compiled.sparse, density)
    return {"board": board.name, "density": density, "resources": resources, "fits": not over,
            "over": over, "cycles": cycles}


def _memories(memories: list[Mapping[str, Any]], board: Board) -> dict[str, int]:
    """Block RAMs, single-port RAMs and slots of distributed RAM."""
    used = {"ram": 0, "spram": 0, "distributed_slots": 0}
    for memory in memories:
        width, depth, count = memory["width"], memory["depth"], memory["count"]
        blocks = min(ceil(width / w) * ceil(depth / d) for d, w in _RAM_SHAPES[board.family])
        units = ceil(width / 4) * ceil(depth / 16)
        if board.capacity.spram and memory["ports"] == "single" and depth >= SPRAM_DEPTH:
            used["spram"] += count * ceil(width / _SPRAM_WIDTH) * ceil(depth / _SPRAM_WORDS)
        elif board.family == "ecp5" and units <= _DISTRIBUTED_UNITS * blocks:
            banks = ceil(depth / 16)
            select = width * ceil(banks / 2) + banks if banks > 1 else 0
            used["distributed_slots"] += count * (6 * units + select)
        elif board.family == "ice40" and width * depth <= _REGISTER_BITS * blocks:
            used["distributed_slots"] += count * width * depth
        else:
            used["ram"] += count * blocks
    return used


def _dsps(c: Sparse, board: Board) -> int:
    """Multipliers of the PEs and of the requantizer."""
    size = 18 if board.family == "ecp5" else 16

    def pieces(a: int, b: int) -> int:
        return ceil(a / size) * ceil(b / size) if min(a, b) > 1 else 0

    multiplies = c.weight.kind != "shift_add"
    total = c.pes * pieces(c.weight.width, c.activation.width) if multiplies else 0
    if c.requantize.enabled:
        total += pieces(c.accumulator.width, c.requantize.multiplier_width)
    return total


def _slots(config: Config) -> int:
    """LUT4 and carry cells without distributed RAM: a fixed part, and a part for each PE."""
    c = config.sparse
    pe = 119 + 5.6 * c.accumulator.width + 7.7 * column_layout(c).size
    fixed = 1938 + c.activation.width * c.activation.lanes + 8.5 * c.accumulator.width + 10 * c.pes
    if c.requantize.enabled:
        fixed += 20 * c.accumulator.width
    return round(fixed + pe * c.pes)


def _cycles(network: Network, c: Sparse, density: float) -> dict[str, Any]:
    """A model of the pipeline: the slowest of scan, broadcast and work, and the drain behind it."""
    latency = interval = drains = 0.0
    for placement in place_all(network, c.pes, kind=c.index.kind, width=c.index.width,
                               rows=c.capacity.rows, total_rows=c.capacity.total_rows):
        layer = placement.layer
        work = density * placement.most_entries
        beats = ceil(layer.columns / c.activation.lanes)
        zero_beats = beats * (1 - density) ** c.activation.lanes
        compute = max(density * layer.columns + zero_beats + 2, work)
        drain = len(placement.parts.row) + 30
        latency += compute + drain + 40
        interval += compute + 6
        drains += drain
    load = ceil(network.inputs / c.activation.per_beat) + 3
    return {"latency_cycles": round(latency + load), "interval_cycles": round(
        max(interval, drains, load))}
