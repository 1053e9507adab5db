"""What the shift-add array takes, how fast it is, and which architecture suits a network, before
synthesis."""

from math import ceil
from typing import Any, Literal

from gen.network import AdderLayer, Network
from gen.resolve import resolve_shift_add
from gen.shift_add import place_layers
from hw.arithmetic.requantize import Requantizer
from hw.config import Config, ShiftAdd, bits_for
from hw.errors import ThriftyError
from hw.shift_add.bank import LARGE, weights_at
from hw.shift_add.bins import BINS
from hw.shift_add.layout import weight_layout
from hw.shift_add.memories import bank_lanes, banks, own_words, row_width

__all__ = ["compare_architectures", "lane_slots", "shift_add_cycles", "shift_add_slots",
           "slots_per_rate"]

_OVERHEAD = 37
"""Cycles without a step of a group of rows in lanes with bins."""
_PACKET, _RECEIVER = 4, 9
"""Cycles: of head and tail of a packet, and in which the receiver takes no word of the next one."""
_DECISION, _AROUND = 15, 26
"""Cycles, fitted to simulations, besides lanes and drain: from a layer's last step to the next one's
first step, and of a vector alone from its last beat in to its first beat out."""
_ICE40_BIN = 21
"""Slots of a bit of a lane's bins where there is no distributed RAM: 16 registers, and the choice."""
_RAM_WORDS = 2048
"""Depth of a block RAM of ECP5 with 9 bits a word."""


def _bins(c: ShiftAdd) -> bool:
    """Whether lanes have bins."""
    return c.architecture == "bins" and c.mode != "adder"


def lane_slots(c: ShiftAdd, family: str = "ecp5") -> int:
    """Slots of a lane (LUT4, carry cells and distributed RAM) as Yosys counts them on ECP5: exact for
    its carry cells by hand. On iCE40 lanes are plain logic, and so are their bins: a guess."""
    width = c.activation.width
    if c.mode == "adder":
        return 2 * ceil((c.accumulator + width + 2) / 2)  # a sum and a comparison
    chain = 2 * ceil((c.accumulator + 1) / 2)
    if c.architecture == "barrel":
        # Shifts by 1, 2 and 4, each with what is shifted in.
        slots = chain + 3 * (width + (not c.activation.signed) + 3)
    elif family == "ice40":
        slots = chain + _ICE40_BIN * c.accumulator
    else:
        # A distributed RAM for 4 bits of the bins, and a LUT for the bit of them that fills.
        slots = chain + (6 + 1) * ceil(c.accumulator / 4)
    if c.mode == "both":
        slots += (width + 1) + 2 * ceil((width + 2) / 2)  # the choice and the comparison
    return slots


def shift_add_slots(c: ShiftAdd, family: str = "ecp5") -> float:
    """LUT4, carry cells and the distributed RAM of lanes; that of other memories aside.

    Lanes and their banks are counted, what they share is fitted to 6 designs of 8 to 32 lanes on ECP5:
    within 1 % of them. On iCE40 nothing was measured.
    """
    layout, cap = weight_layout(c.mode, c.activation), c.capacity
    bank = bank_lanes(c) * (lane_slots(c, family) + row_width(c)) + 2
    if cap.words >= LARGE:
        # One port, so its address is chosen; and data of several RAMs.
        bank += bits_for(cap.words) + 2
        bank += bank_lanes(c) * layout.size * (ceil(cap.words / _RAM_WORDS) - 1)
    addresses = sum(map(bits_for, (cap.words, cap.rows, cap.inputs, cap.hidden, cap.outputs)))
    fixed = 1042 + 14.3 * addresses
    if c.mode != "shift":
        fixed += 68  # the sum of activations, and distances
    if c.requantize.enabled:
        fixed += 18.3 * c.result + 5.1 * c.requantize.multiplier_width
    return banks(c) * bank + fixed


def _latencies(config: Config) -> tuple[int, int, int]:
    """Cycles from a group's last step, or the last one that combines its bins, to its rows; of the
    drain; and between groups at least."""
    c, latency = config.shift_add, config.memory_latency
    lane = {"adder": 2, "shift": 0 if _bins(c) else 4, "both": 2 if _bins(c) else 6}[c.mode]
    array = 1 + weights_at(config) + lane + _bins(c)
    drain = latency + 3 + (Requantizer.LATENCY if c.requantize.enabled else 0)
    return array, drain, max(c.lanes, latency + 2, array + BINS * _bins(c) - latency - 2)


def _group(c: ShiftAdd, steps: int, period: int) -> int:
    """Cycles of a group of rows: its steps and its bins, or its way through the drain."""
    return max(period, steps + _OVERHEAD * _bins(c))


def shift_add_cycles(network: Network, config: Config) -> dict[str, Any]:
    """Cycles of a vector alone, and between vectors: the slowest of array, input, output and, with few
    vectors in flight, the wait of a layer for the one before. Within 5 % of simulations; exact where the
    array is the slowest."""
    c = config.shift_add
    array, drain, period = _latencies(config)
    placed = place_layers(network, c)
    busy = [each.groups * _group(c, each.words // each.groups, period) for each in placed]
    # From the last step of a layer to the last result: the last group's rows leave one by one.
    leaves = [array + drain + (each.layer.rows - 1) % c.lanes + 1 for each in placed]
    load = ceil(network.inputs / c.activation.per_beat) + _PACKET
    unload = network.outputs + _PACKET
    gaps = [cycles + _DECISION for cycles in leaves[:-1]]
    # Alone, no layer's first group waits for the drain.
    alone = sum(cycles - cycles // each.groups + each.cycles // each.groups
                for cycles, each in zip(busy, placed, strict=True))
    return {"latency_cycles": load + alone + sum(gaps) + leaves[-1] + _AROUND + unload,
            "interval_cycles": round(_interval(busy, gaps, c.vectors, load + _RECEIVER,
                                               leaves[-1] + 5 + unload, unload))}


def _interval(busy: list[int], gaps: list[int], vectors: int, load: int, tail: int, unload: int
              ) -> float:
    """Cycles between vectors, by playing a few through the array.

    Args:
        busy: Cycles of each layer.
        gaps: From each layer but the last one to the next one of its vector.
        vectors: In flight at most. The oldest one that is ready goes first.
        load: Cycles of a vector into one of two slots, which is free when the first layer has run.
        tail, unload: From the last layer to the end of the result, and between two of them; the last
            layer waits until one of two places for results is free.
    """
    # The array fills first, and later has fewer vectors than it could; in between whole turns count.
    first, last = 2 * vectors, 2 * vectors + 32
    end = last + 2 * vectors
    now, oldest, fresh = 0, 0, 0
    layer, ready, read, sent = ([0] * (end + 1) for _ in range(4))
    arrived = 0
    while oldest < end:
        waiting = list(range(oldest, fresh))
        if fresh - oldest < vectors and fresh < end:
            ready[fresh] = max(arrived, read[fresh - 2]) + load  # those before the first are 0
            waiting.append(fresh)
        starts = [max(now, ready[v], sent[v - 2] if layer[v] == len(busy) - 1 else 0) for v in waiting]
        start = min(starts)
        v = waiting[starts.index(start)]
        if v == fresh:
            arrived, fresh = ready[v], fresh + 1
        now = start + busy[layer[v]]
        if layer[v] == 0:
            read[v] = now
        if layer[v] == len(busy) - 1:
            sent[v] = max(now + tail, sent[v - 1] + unload)
            oldest += 1
        else:
            ready[v] = now + gaps[layer[v]]
        layer[v] += 1
    return (sent[last] - sent[first]) / (last - first)


def slots_per_rate(c: ShiftAdd, inputs: int, clock_mhz: float) -> float:
    """Slots of a lane for each million of multiply-accumulates that it does in a second, in layers of so
    many inputs with weights of a term, cycles between rows included."""
    return lane_slots(c) * _group(c, inputs, 0) / (inputs * clock_mhz)


def compare_architectures(network: Network, config: Config) -> dict[str, Any] | None:
    """The network on lanes with bins and on lanes with barrel shifters, otherwise the same; ECP5.

    Returns:
        For ``bins`` and ``barrel``: ``slots`` (other memories aside, as both have them), ``cycles``
        between vectors and ``area_time``, their product; None for one that the network is too large for.
        ``better`` has the smaller product, and ``summary`` says why. None in all if lanes only do adder
        layers: then both are the same.
    """
    c = config.shift_add
    if c.mode == "adder":
        return None
    found: dict[str, Any] = {name: _on(network, config, name) for name in ("bins", "barrel")}
    possible = [name for name in ("bins", "barrel") if found[name] is not None]
    better = min(possible, key=lambda name: found[name]["area_time"])
    told = [f"{name}: {found[name]['slots']:,} slots, {found[name]['cycles']:,} cycles"
            for name in possible]
    return {**found, "better": better,
            "summary": f"{'; '.join(told)}; better here: {better}, because {_why(network, found)}"}


def _on(network: Network, config: Config, architecture: Literal["bins", "barrel"]
        ) -> dict[str, int] | None:
    """A network on one architecture."""
    draft = config.model_dump(exclude_none=True)
    if config.shift_add.architecture != architecture:
        table = draft["shift_add"]
        table["architecture"] = architecture
        del table["accumulator"], table["capacity"]
    try:
        resolved = resolve_shift_add(draft, network, architecture)
    except ThriftyError:
        return None
    c = resolved.shift_add
    slots = shift_add_slots(c)
    if not own_words(c):
        slots += 6 * ceil(row_width(c) / 4) * ceil(c.lanes / 16)  # what lanes had for the row before
    cycles = shift_add_cycles(network, resolved)["interval_cycles"]
    return {"slots": round(slots), "cycles": cycles, "area_time": round(slots) * cycles}


def _why(network: Network, found: dict[str, Any]) -> str:
    """What decides."""
    if None in (found["bins"], found["barrel"]):
        return "the network is too large for the other one"
    more = found["bins"]["cycles"] / found["barrel"]["cycles"] - 1
    less = 1 - found["bins"]["slots"] / found["barrel"]["slots"]
    rows = sum(layer.rows for layer in network.shift_add_layers)
    steps = sum(layer.rows * layer.columns * (1 if isinstance(layer, AdderLayer) else layer.terms)
                for layer in network.shift_add_layers) / rows
    saves = f"bins save {less:.1%} of the slots" if less > 0 else "bins save no slots"
    return (f"{saves}, and their {_OVERHEAD} cycles besides the {steps:.0f} of a row "
            f"cost {more:.1%} of time")
