"""Layers to the memories of the sparse engine: placement, entries, column tables, descriptors."""

from dataclasses import dataclass

import numpy as np

from gen.balance import assign_rows
from gen.layout import pack
from gen.network import Layer, Network
from hw.config import Activation, Config, Sparse, bits_for, integer_range
from hw.errors import ThriftyError
from hw.packet import MemoryId
from hw.sparse.layout import (
    codebook_depth,
    column_layout,
    drain_job_layout,
    drain_layout,
    entry_layout,
    layer_layout,
    row_layout,
)
from hw.sparse.pe import ALL_PES

__all__ = ["Placement", "Section", "accumulator_bound", "place", "sections"]


@dataclass(frozen=True)
class Section:
    """Contents of one memory: ``words`` is uint32 (items x pieces)."""

    memory: MemoryId
    pe: int
    words: np.ndarray


@dataclass(frozen=True)
class Placement:
    """Where a layer's rows and weights go, independent of widths and capacities.

    Entries are ordered by PE, then column, then slot.

    Args:
        pe_of_row, slot_of_row: int64 (rows).
        entry_pe, entry_column, entry_slot, entry_gap, entry_value: int64 (nonzeros); the gap is the
            distance to the previous entry of the column on this PE, less one.
    """

    layer: Layer
    pe_of_row: np.ndarray
    slot_of_row: np.ndarray
    entry_pe: np.ndarray
    entry_column: np.ndarray
    entry_slot: np.ndarray
    entry_gap: np.ndarray
    entry_value: np.ndarray

    @property
    def slot_bits(self) -> int:
        return bits_for(int(self.slot_of_row.max()) + 1)

    @property
    def gap_bits(self) -> int:
        return bits_for(int(self.entry_gap.max(initial=0)) + 1)

    def relative(self, kind: str) -> bool:
        """Whether entries hold gaps: as the configuration says, or whichever needs fewer bits."""
        return kind == "relative" or (kind == "per_layer" and self.gap_bits < self.slot_bits)

    def index_bits(self, kind: str) -> int:
        return self.gap_bits if self.relative(kind) else self.slot_bits


def place(layer: Layer, pes: int) -> Placement:
    """Spread a layer over PEs."""
    pe_of, slot_of = assign_rows(layer.weight, pes)
    column = np.repeat(np.arange(layer.columns), np.diff(layer.weight.indptr))
    pe, slot = pe_of[layer.weight.indices], slot_of[layer.weight.indices]
    order = np.lexsort((slot, column, pe))
    pe, column, slot = pe[order], column[order], slot[order]
    same = np.zeros(len(pe), bool)
    same[1:] = (pe[1:] == pe[:-1]) & (column[1:] == column[:-1])
    gap = slot - np.where(same, np.concatenate(([0], slot[:-1])) + 1, 0)
    value = layer.weight.data[order].astype(np.int64)
    return Placement(layer, pe_of, slot_of, pe, column, slot, gap, value)


def accumulator_bound(layer: Layer, activation: Activation) -> int:
    """The largest magnitude that an accumulator of the layer can reach, partial sums included."""
    low, high = integer_range(activation.width, activation.signed)
    largest = max(-low, high)
    magnitude = np.zeros(layer.rows, np.int64)
    np.add.at(magnitude, layer.weight.indices, np.abs(layer.weight.data.astype(np.int64)))
    return max(int(total) * largest + abs(int(bias))
               for total, bias in zip(magnitude.tolist(), layer.bias.tolist(), strict=True))


def sections(network: Network, config: Config, placements: list[Placement]) -> list[Section]:
    """The contents of every memory; ThriftyError, naming layer and remedy, if the network won't fit."""
    c = config.sparse
    _check_network(network, c)
    result: list[Section] = []
    entries: list[list[np.ndarray]] = [[] for _ in range(c.pes)]
    columns: list[list[np.ndarray]] = [[] for _ in range(c.pes)]
    used = np.zeros(c.pes, np.int64)
    layers, drains, rows, codebooks = [], [], [], []
    column_base = row_base = 0
    for k, placement in enumerate(placements):
        layer = placement.layer
        last = k == len(placements) - 1
        _check_layer(k, layer, placement, c, last)
        padded = -(-layer.columns // c.activation.lanes) * c.activation.lanes

        # Entries and column tables, a PE each.
        relative = placement.relative(c.index.kind)
        index = placement.entry_gap if relative else placement.entry_slot
        if c.weight.kind == "codebook":
            book = np.unique(layer.weight.data).astype(np.int64)
            code = np.searchsorted(book, placement.entry_value)
            words = np.zeros(1 << c.weight.code_width, np.int64)
            words[:len(book)] = book
            codebooks.append(words)
        else:
            code = placement.entry_value
        packed = pack(entry_layout(c), index=index, code=code)
        bounds = np.searchsorted(placement.entry_pe, np.arange(c.pes + 1))
        counts = np.bincount(placement.entry_pe * padded + placement.entry_column,
                             minlength=c.pes * padded).reshape(c.pes, padded)
        _check_entries(k, used + counts.sum(1), c)
        for pe in range(c.pes):
            entries[pe].append(packed[bounds[pe]:bounds[pe + 1]])
            start = used[pe] + np.cumsum(counts[pe]) - counts[pe]
            columns[pe].append(pack(
                column_layout(c), start=np.where(counts[pe] > 0, start, 0),
                more=np.maximum(counts[pe] - 1, 0), nonempty=(counts[pe] > 0).astype(np.int64)))
        used += counts.sum(1)

        # Descriptor, drain order, rows.
        drain = pack(drain_job_layout(c), row_base=row_base, more_rows=layer.rows - 1,
                     shift=layer.shift, relu=int(layer.relu), to_output=int(last),
                     raw=int(layer.multiplier is None))
        beats = padded // c.activation.lanes
        layers.append(pack(
            layer_layout(c), column_beat=column_base // c.activation.lanes, more_beats=beats - 1,
            tail=(layer.columns - 1) % c.activation.lanes, relative=int(relative), last=int(last),
            drain=int.from_bytes(drain.astype("<u4").tobytes(), "little")))
        order = np.lexsort((placement.slot_of_row, placement.pe_of_row))
        drains.append(pack(drain_layout(c), pe=placement.pe_of_row[order],
                           slot=placement.slot_of_row[order]))
        fields = {"row": order, "bias": layer.bias[order]}
        if c.requantize.enabled:
            multiplier = layer.multiplier if layer.multiplier is not None else np.ones(layer.rows)
            fields["multiplier"] = multiplier.astype(np.int64)[order]
        rows.append(pack(row_layout(c), **fields))
        column_base += padded
        row_base += layer.rows

    for pe in range(c.pes):
        result.append(Section(MemoryId.ENTRIES, pe, np.concatenate(entries[pe])))
        result.append(Section(MemoryId.COLUMNS, pe, np.concatenate(columns[pe])))
    if codebooks:
        words = np.concatenate(codebooks) & ((1 << c.weight.width) - 1)
        assert len(words) <= codebook_depth(c)
        result.append(Section(MemoryId.CODEBOOK, ALL_PES, words.astype(np.uint32)[:, None]))
    result.append(Section(MemoryId.LAYERS, 0, np.concatenate(layers)))
    result.append(Section(MemoryId.DRAIN, 0, np.concatenate(drains)))
    result.append(Section(MemoryId.ROWS, 0, np.concatenate(rows)))
    return result


def _check_network(network: Network, c: Sparse) -> None:
    cap, layers = c.capacity, network.layers
    lanes = c.activation.lanes
    needs = {
        "layers": len(layers),
        "columns": sum(-(-layer.columns // lanes) * lanes for layer in layers),
        "total_rows": sum(layer.rows for layer in layers),
        "inputs": layers[0].columns,
        "hidden": max((layer.columns for layer in layers[1:]), default=0),
        "outputs": layers[-1].rows,
    }
    for name, need in needs.items():
        if need > getattr(cap, name):
            raise ThriftyError(f"the network needs capacity.{name} {need}, the configuration has "
                               f"{getattr(cap, name)}: set capacity.{name} = {need}")
    if len(layers) > 1 and not c.requantize.enabled:
        raise ThriftyError(f"a network of {len(layers)} layers needs requantize.enabled = true")


def _check_layer(k: int, layer: Layer, placement: Placement, c: Sparse, last: bool) -> None:
    bound = accumulator_bound(layer, c.activation)
    needed = bound.bit_length() + int(c.accumulator.signed)
    if needed > c.accumulator.width:
        raise ThriftyError(f"layer {k}: accumulators can reach {bound}, which needs {needed} bits, "
                           f"but accumulator.width is {c.accumulator.width}: set it to {needed}")
    low, high = integer_range(c.weight.width, c.weight.signed)
    smallest, largest = (int(f(layer.weight.data, initial=0)) for f in (np.min, np.max))
    if smallest < low or largest > high:
        needed = max(-smallest - 1, largest, 0).bit_length() + int(c.weight.signed)
        widen = c.weight.signed or smallest >= 0
        remedy = f"set it to {needed}" if widen else "set weight.signed = true"
        raise ThriftyError(f"layer {k}: weights from {smallest} to {largest} do not fit weight.width "
                           f"{c.weight.width} {'signed' if c.weight.signed else 'unsigned'} "
                           f"({low} to {high}): {remedy}")
    distinct = len(np.unique(layer.weight.data))
    if c.weight.kind == "codebook" and distinct > c.weight.codebook_size:
        remedy = f"set it to {distinct}" if distinct <= 256 else 'set weight.kind = "direct"'
        raise ThriftyError(f"layer {k}: {distinct} distinct weights, but weight.codebook_size is "
                           f"{c.weight.codebook_size}: {remedy}")
    rows = int(placement.slot_of_row.max()) + 1
    if rows > c.capacity.rows:
        more = -(-layer.rows // c.capacity.rows)
        raise ThriftyError(f"layer {k}: {rows} rows a PE, but capacity.rows is {c.capacity.rows}: "
                           f"set it to {rows}, or use {more} PEs")
    bits = placement.index_bits(c.index.kind)
    if bits > c.index.width:
        raise ThriftyError(f"layer {k}: indices need {bits} bits, but index.width is "
                           f"{c.index.width}: set it to {bits}, or use more PEs")
    if layer.multiplier is None and not last:
        raise ThriftyError(f"layer {k}: raw accumulators cannot feed layer {k + 1}: give it "
                           "multipliers and a shift")
    if not c.accumulator.signed and int(layer.bias.min()) < 0:
        raise ThriftyError(f"layer {k}: a bias is {int(layer.bias.min())}, but accumulator.signed is "
                           "false: set it to true")
    if layer.multiplier is not None:
        if not c.requantize.enabled:
            raise ThriftyError(f"layer {k} requantizes, but requantize.enabled is false")
        highest, lowest = int(layer.multiplier.max()), int(layer.multiplier.min())
        if c.requantize.multiplier_width == 1 and lowest != 1:
            raise ThriftyError(f"layer {k}: multiplier {lowest}, but with "
                               "requantize.multiplier_width 1 every multiplier is 1: widen it")
        outputs = c.activation.width + int(c.accumulator.signed and not c.activation.signed)
        if last and outputs > c.accumulator.width:
            raise ThriftyError(f"layer {k}: requantized outputs of {c.activation.width} bits do not "
                               f"fit accumulator.width {c.accumulator.width}: set it to "
                               f"{outputs}")
        if highest >= 1 << c.requantize.multiplier_width:
            raise ThriftyError(f"layer {k}: multiplier {highest} needs {highest.bit_length()} bits, "
                               f"but requantize.multiplier_width is "
                               f"{c.requantize.multiplier_width}")
        if not 0 <= layer.shift <= 62 or lowest < 0:
            raise ThriftyError(f"layer {k}: shift must be 0-62 and multipliers not negative")


def _check_entries(k: int, used: np.ndarray, c: Sparse) -> None:
    most = int(used.max())
    if most > c.capacity.entries:
        pes = -(-int(used.sum()) // c.capacity.entries)
        raise ThriftyError(f"layer {k}: {most} entries on PE {int(used.argmax())}, but "
                           f"capacity.entries is {c.capacity.entries}: set it to {most}, or use at "
                           f"least {max(pes, c.pes + 1)} PEs")
