"""Does it fit, and how fast is it: answers in seconds, before synthesis."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import boards
from boards.board import SPRAM_DEPTH, Board
from boards.estimate_binary import binary_cycles, binary_slots
from boards.estimate_shift_add import compare_architectures, shift_add_cycles, shift_add_slots
from gen.compile import load_compiled
from gen.folder import BuildFolder
from gen.network import Network
from gen.resolve import complete
from gen.sparse import place_within
from hw.arithmetic.requantize import PIECE, Requantizer
from hw.config import Binary, Config, ShiftAdd, Sparse, bits_for
from hw.errors import ThriftyError
from hw.sparse.layout import base_words, length_bits, longest_entry, queue_layout
from hw.sparse.pe import drain_latency, entry_latency
from hw.stream import or_tree_levels

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
_MARKERS, _PACKET = 2, 4
"""Cycles: of the markers of a layer, of head and tail of a packet."""
_CELLS_A_SLOT = 1.7
"""iCE40 logic cells for each slot of the model: flip-flops and tables share cells less often."""


def estimate(folder: BuildFolder, board_name: str, density: float) -> dict[str, Any]:
    """Resources of a generated design on a board, and cycles of a vector if a network was compiled.

    Args:
        density: Fraction of activations that are not zero, for the cycles.

    Returns:
        ``resources`` by name {"used", "available"}, ``fits``, ``over`` (what does not fit), ``cycles``
        (None without a network), ``architectures`` (of a compiled shift-add network, see
        ``compare_architectures``). Block RAMs and DSPs are counted by shape. Slots are a linear model
        fitted to 14 ECP5 designs of 2 to 32 PEs, within 1.5 % of them (4 % too many where
        requantizing only shifts), and to one of the first design on iCE40; other engines have their own,
        see ``estimate_binary`` and ``estimate_shift_add``. Cycles are a lower bound
        where activations are sparse: which PE has work then depends on the input.
    """
    board = boards.find(board_name)
    if not 0 < density <= 1:
        raise ThriftyError(f"density must be above 0 and at most 1, not {density:g}")
    manifest = folder.read_json("manifest.json", "generate", "memories", "configuration")
    config = complete(manifest["configuration"], str(folder / "manifest.json"))
    match config.engine_name:
        case "sparse":
            dsps, slots = _dsps(config.sparse, board), _slots(config.sparse)
        case "binary":
            dsps, slots = _binary_dsps(config.binary), binary_slots(config.binary)
        case "shift_add":
            dsps = _requantizer_dsps(config.shift_add, config.shift_add.result, board)
            slots = shift_add_slots(config.shift_add, board.family)
    used = {**_memories(manifest["memories"], board), "dsp": dsps}
    cells = _CELLS_A_SLOT if board.family == "ice40" else 1
    used["slots"] = round(cells * slots) + used.pop("distributed_slots")
    available = {"ram": board.capacity.ram, "dsp": board.capacity.dsp,
                 "slots": board.capacity.slots, "spram": board.capacity.spram}
    resources = {name: {"used": used[name], "available": available[name]}
                 for name in available if available[name] or used[name]}
    over = [f"{name}: {each['used']} of {each['available']}" for name, each in resources.items()
            if each["used"] > each["available"]]
    cycles = architectures = None
    if (folder / "network.npz").exists():
        network, compiled = load_compiled(folder)
        match compiled.engine_name:
            case "sparse":
                cycles = _cycles(network, compiled, density)
            case "binary":
                cycles = binary_cycles(network, compiled)
            case "shift_add":
                cycles = shift_add_cycles(network, compiled)
                architectures = compare_architectures(network, compiled)
    report = {"board": board.name, "density": density, "resources": resources, "fits": not over,
              "over": over, "cycles": cycles}
    return report | ({"architectures": architectures} if architectures else {})


def _memories(memories: list[Mapping[str, Any]], board: Board) -> dict[str, int]:
    """Block RAMs, single-port RAMs and slots of distributed RAM."""
    used = {"ram": 0, "spram": 0, "distributed_slots": 0}
    for memory in memories:
        width, depth, count = memory["width"], memory["depth"], memory["count"]
        granules = width // memory["granularity"]
        blocks = min(ceil(granules / _granules(memory["granularity"], w, board.family)) * ceil(depth / d)
                     for d, w in _RAM_SHAPES[board.family])
        units = granules * ceil(memory["granularity"] / 4) * ceil(depth / 16)
        if memory["ports"] == "twin" and board.family == "ice40":
            count *= 2  # each of two copies is read
        if board.capacity.spram and memory["ports"] == "single" and depth >= SPRAM_DEPTH:
            used["spram"] += count * ceil(width / _SPRAM_WIDTH) * ceil(depth / _SPRAM_WORDS)
        elif memory["style"] == "block":
            used["ram"] += count * blocks
        elif board.family == "ecp5" and (memory["style"] == "distributed"
                                         or units <= _DISTRIBUTED_UNITS * blocks):
            banks = ceil(depth / 16)
            select = width * ceil(banks / 2) + banks if banks > 1 else 0
            used["distributed_slots"] += count * (6 * units + select)
        elif board.family == "ice40" and width * depth <= _REGISTER_BITS * blocks:
            used["distributed_slots"] += count * width * depth
        else:
            used["ram"] += count * blocks
    return used


def _granules(granularity: int, width: int, family: str) -> float:
    """How many parts, written one by one, a block RAM's word of a width holds; below 1, its share."""
    enable = 9 if family == "ecp5" else 1 if width == 16 else width  # bits of one write enable
    together = min(width, enable) * ceil(granularity / min(width, enable))
    return width // together if together <= width else 1 / ceil(granularity / width)


def _dsps(c: Sparse, board: Board) -> int:
    """Multipliers of the PEs and of the requantizer."""
    w, a = c.weight, c.activation
    # An unsigned operand gets a sign where the other one has it.
    total = 0 if w.kind == "shift_add" else c.pes * _multipliers(
        w.width + int(a.signed and not w.signed), a.width + int(w.signed and not a.signed), board)
    return total + _requantizer_dsps(c, c.accumulator.width, board)


def _multipliers(a: int, b: int, board: Board) -> int:
    """A product in pieces; those of a bit, and on iCE40 of few bits, are made of tables."""
    size, least = (18, 0) if board.family == "ecp5" else (16, 11)

    def slices(width: int) -> list[int]:
        return [min(size, width - low) for low in range(0, width, size)]

    return sum(min(one, other) > 1 and one + other >= least for one in slices(a) for other in slices(b))


def _requantizer_dsps(c: Sparse | ShiftAdd, value: int, board: Board) -> int:
    """Multipliers of a requantizer of values of so many bits."""
    total = 0
    if c.requantize.enabled and c.requantize.multiplier_width > 1:
        width, multiplier = value + 1, c.requantize.multiplier_width
        for low in range(0, width, PIECE):
            last = low + PIECE >= width
            total += _multipliers(min(PIECE, width - low), multiplier + int(last), board)
    return total


def _binary_dsps(c: Binary) -> int:
    """Multipliers of the drain."""
    return ceil(c.accumulator / 18) if c.scale_width > 1 else 0


def _slots(c: Sparse) -> float:
    """LUT4 and carry cells without distributed RAM: a fixed part, and a part for each PE."""
    return _fixed_slots(c) + c.pes * _pe_slots(c)


def _pe_slots(c: Sparse) -> float:
    slots = (-14 + 1.9 * c.accumulator.width + 0.46 * queue_layout(c).size
             + 5.9 * bits_for(c.capacity.entries) + 34 * length_bits(c.capacity.rows)
             + 2.5 * bits_for(c.queue_depth))
    if c.index.kind != "absolute":
        slots += 4.3 * bits_for(c.capacity.rows)
    if c.huffman == "memory":
        slots += 160 + 5 * longest_entry(c)
    if c.weight.kind == "shift_add":
        product = c.weight.width + c.activation.width
        shifts = (c.weight.width - int(c.weight.signed)).bit_length()
        # The activation is negated once, each term shifted, and the terms added.
        slots += 2.2 * (c.activation.width + (c.weight.terms - 1) * product)
        slots += 0.5 * c.weight.terms * product * shifts
    return slots


def _fixed_slots(c: Sparse) -> float:
    lanes, capacity = c.activation.lanes, c.capacity
    addresses = sum(bits_for(depth) for depth in (
        capacity.inputs, capacity.hidden, capacity.outputs, capacity.total_rows, capacity.columns,
        capacity.entries))
    slots = (1226 + (3.2 * c.activation.width + 9.3) * lanes + 11.6 * c.pes + 2.6 * addresses
             + 159 * (c.broadcasts - 1))
    if c.requantize.enabled:
        slots += c.drains * (18.3 * c.accumulator.width + 5.1 * c.requantize.multiplier_width)
    return slots


def _cycles(network: Network, config: Config, density: float) -> dict[str, Any]:
    """A model of the pipeline: the slower of scan and work, and the drain behind it."""
    c = config.sparse
    drained, fill = _drain_latency(config), 32 + 9 * config.memory_latency  # of the pipeline
    chain = interval = drains = 0.0
    for placement in place_within(network, c):
        layer = placement.layer
        work = density * placement.most_entries
        beats = ceil(layer.columns / c.activation.lanes)
        scan = base_words(c.capacity) + max(placement.words, beats)
        parts = len(placement.parts.row)
        chain += max(scan, work) + _MARKERS + fill + parts + drained
        # One vector is drained while the next one is computed: a part takes its PE a cycle.
        interval += max(scan, work + placement.slots) + _MARKERS
        drains += parts + drained
    load = ceil(network.inputs / c.activation.per_beat) + _PACKET
    unload = network.outputs * (2 if c.accumulator.width > 32 else 1) + _PACKET
    # Two vectors are on their way at a time.
    return {"latency_cycles": round(chain + load + unload), "interval_cycles": round(
        max(interval, drains, chain / 2, load, unload))}


def _drain_latency(config: Config) -> int:
    """Cycles of the drain of a layer beside one a part."""
    c, latency = config.sparse, config.memory_latency
    answer = 1 + drain_latency(entry_latency(config)) + or_tree_levels(c.pes // c.drains)
    return answer + latency + 5 + (Requantizer.LATENCY if c.requantize.enabled else 0)
