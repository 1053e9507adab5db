"""Layers to the memories of the sparse engine: placement, entries, column tables, descriptors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from gen.balance import Parts, assign_rows
from gen.coded import StoredCode, pack_bits
from gen.halves import assign_halves, needs_halves
from gen.huffman import EntryCoder
from gen.lanes import assign_lanes
from gen.layout import pack
from gen.network import Layer, Network
from gen.section import Section
from gen.shorten import shorten
from gen.terms import encode, signed_digits
from hw.config import Activation, Capacity, Config, Sparse, bits_for, integer_range
from hw.errors import ThriftyError
from hw.packet import MemoryId
from hw.sparse.layout import (
    CODED_WORD,
    address_bits,
    base_words,
    codebook_width,
    coded_layout,
    column_bits,
    column_layout,
    drain_job_layout,
    drain_layout,
    entry_layout,
    layer_layout,
    length_bits,
    memories,
    row_layout,
    symbol_layout,
    upper_layout,
)
from hw.sparse.pe import ALL_PES

__all__ = [
    "CodedEntries", "Placement", "accumulator_bound", "coded_entries", "coded_words",
    "entry_words", "has_upper", "place", "place_all", "place_within", "sections", "table_words",
    "total_rows",
]

WORTH_A_BIT = 1.02
"""Parts of rows may make a layer's indices a bit wider if they make it so many times faster."""


@dataclass(frozen=True)
class Placement:
    """Where a layer's rows and weights go, independent of widths and capacities.

    Entries are ordered by PE, then column, then slot.

    Args:
        parts: PE and slot of every row, or of every part of it.
        long: Whether a word of the column tables is the length of one column, not of two.
        halves: Whether words are by turns on the even PEs and on the odd ones.
        entry_pe, entry_column, entry_slot, entry_gap, entry_value: int64 (nonzeros); the gap is the
            distance to the previous entry of the column on this PE, less one.
    """

    layer: Layer
    parts: Parts
    long: bool
    halves: bool
    entry_pe: np.ndarray
    entry_column: np.ndarray
    entry_slot: np.ndarray
    entry_gap: np.ndarray
    entry_value: np.ndarray

    @property
    def slots(self) -> int:
        """Slots of the PE that has most."""
        return int(self.parts.slot.max()) + 1

    @property
    def most_entries(self) -> int:
        """Entries of the PE that has most."""
        return int(np.bincount(self.entry_pe, minlength=1).max())

    @property
    def together(self) -> int:
        """Columns in a word of the column tables."""
        return 1 if self.long else 2

    @property
    def words(self) -> int:
        """Words of a PE's column table, its base address aside."""
        return -(-self.layer.columns // (self.together * (2 if self.halves else 1)))

    @property
    def slot_bits(self) -> int:
        return bits_for(self.slots)

    @property
    def gap_bits(self) -> int:
        return bits_for(int(self.entry_gap.max(initial=0)) + 1)

    def relative(self, kind: str) -> bool:
        """Whether entries hold gaps: as the configuration says, or whichever needs fewer bits."""
        return kind == "relative" or (kind == "per_layer" and self.gap_bits < self.slot_bits)

    def index_bits(self, kind: str) -> int:
        return self.gap_bits if self.relative(kind) else self.slot_bits


@dataclass(frozen=True)
class CodedEntries:
    """A layer's code, and numbers and bits of each entry in it: int64 (nonzeros)."""

    code: StoredCode
    values: np.ndarray
    bits: np.ndarray


def place(layer: Layer, pes: int, *, slots: int = 1 << 14, widen: int = 0, spare: int = 1 << 17,
          broadcasts: int = 1, drains: int = 1, most: int = 15,
          measure: Callable[[Placement], np.ndarray] | None = None) -> Placement:
    """Spread a layer over PEs.

    With two broadcasts a cycle and a layer that needs them, columns go to even and odd PEs by turns.

    Args:
        slots: Most parts of a PE, unless the whole rows are more already.
        spare: Most parts that a drain lane drains beyond one a row.
        widen: By how many bits splitting may widen absolute indices.
        most: How many entries a short length may stand for; if many columns have more, words of the
            column tables are long.
        measure: If given, tells the bits of each entry, and ``most`` stands for bits.
    """
    for together in (2, 1):
        halves = (broadcasts == 2 and spare >= -(-layer.rows // drains)
                  and needs_halves(layer, -(-layer.columns // together), pes))
        whole = -(-layer.rows // (pes // 2 if halves else pes))
        limit = min(slots, 1 << bits_for(whole) + widen)
        parts = assign_lanes(
            layer.weight, pes, drains, broadcasts,
            partial(assign_halves, together=together) if halves else assign_rows,
            slots=limit, spare=drains * spare)
        if together == 1:
            break
        # Where scanning is the limit, short lengths are worth a bit of the indices; coded, it is none.
        room = [limit, min(slots, 2 * limit)] if halves or measure else [limit]
        sizes, limits = None, [most]
        if measure:
            sizes = np.empty(layer.weight.nnz, np.int64)
            sizes[_by_pe(parts)] = measure(_placement(layer, parts, False, halves))
            # Weights that move change the bits of their neighbours: with some room it may do.
            limits = [most, most - CODED_WORD, most - 2 * CODED_WORD]
        numbers = np.arange(pes)
        alike = numbers // broadcasts % drains * 2 + (numbers % 2 if halves else 0)
        for least in limits:
            attempts = (shorten(layer.weight, parts, pes, least, alike=alike, slots=each,
                                spare=drains * spare, sizes=sizes) for each in room)
            found = next((each for each in attempts if each is not None
                          and _further(each, layer.rows, drains).max() <= spare), None)
            if found is not None:
                placement = _placement(layer, found, False, halves)
                if measure is None or _longest(placement, measure(placement), pes) <= most:
                    return placement
    return _placement(layer, parts, True, halves)


def _placement(layer: Layer, parts: Parts, long: bool, halves: bool) -> Placement:
    column = np.repeat(np.arange(layer.columns), np.diff(layer.weight.indptr))
    pe, slot = parts.pe[parts.of_entry], parts.slot[parts.of_entry]
    # The matrix is sorted by column and row, so the slots of a PE ascend in each column.
    order = _by_pe(parts)
    pe, column, slot = pe[order], column[order], slot[order]
    same = np.zeros(len(pe), bool)
    same[1:] = (pe[1:] == pe[:-1]) & (column[1:] == column[:-1])
    gap = slot - np.where(same, np.concatenate(([0], slot[:-1])) + 1, 0)
    value = layer.weight.data[order].astype(np.int64)
    return Placement(layer, parts, long, halves, pe, column, slot, gap, value)


def _by_pe(parts: Parts) -> np.ndarray:
    return np.argsort(parts.pe[parts.of_entry].astype(np.uint16), kind="stable")


def _longest(placement: Placement, bits: np.ndarray, pes: int) -> int:
    """Bits of the longest column of any PE."""
    columns = placement.layer.columns
    return int(_sums(placement.entry_pe * columns + placement.entry_column, bits, pes * columns).max())


def place_all(network: Network, pes: int, *, broadcasts: int = 1, drains: int = 1, kind: str,
              width: int | None, rows: int | None, total_rows: int | None,
              coded: Sparse | None = None) -> list[Placement]:
    """Spread every layer over PEs. Rows are split as far as what is already decided leaves room.

    Indices get no wider for the sake of split rows unless it is worth it.

    Args:
        kind, width: Of the index, or None.
        rows, total_rows: Capacities, or None.
        coded: The complete configuration, if entries stay coded in memory.
    """
    most = (1 << (4 if rows is None else length_bits(rows))) - 1
    measure = None
    if coded is not None:
        most, measure = (1 << column_bits(coded)) - 1, partial(_bits, c=coded)
    # A lane has its own capacity, and of an odd number of rows the first one has one more.
    used = np.sum([_lane_parts(np.arange(layer.rows), drains) for layer in network.sparse_layers],
                  axis=0)
    placements = []
    for layer in network.sparse_layers:
        left = (1 << 17 if total_rows is None else total_rows) - int(used.max())

        def spread(widen: int, spare: int = left, layer: Layer = layer) -> Placement:
            return place(layer, pes, slots=1 << 14 if rows is None else rows, widen=widen, spare=spare,
                         broadcasts=broadcasts, drains=drains, most=most, measure=measure)

        placement = spread(0)
        if placement.most_entries > WORTH_A_BIT * layer.weight.nnz / pes:
            wide = spread(1)
            if (placement.most_entries > WORTH_A_BIT * wide.most_entries
                    and (width is None or wide.index_bits(kind) <= width)):
                placement = wide
        if width is not None and placement.index_bits(kind) > width:
            placement = place(layer, pes, spare=0, broadcasts=broadcasts, drains=drains, most=most,
                              measure=measure)
        used += _further(placement.parts, layer.rows, drains)
        placements.append(placement)
    return placements


def place_within(network: Network, c: Sparse) -> list[Placement]:
    """Spread every layer over the PEs of a complete configuration."""
    return place_all(network, c.pes, broadcasts=c.broadcasts, drains=c.drains, kind=c.index.kind,
                     width=c.index.width, rows=c.capacity.rows, total_rows=c.capacity.total_rows,
                     coded=c if c.huffman == "memory" else None)


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
    _check_network(network, placements, c)
    result: list[Section] = []
    entries: list[list[np.ndarray]] = [[] for _ in range(c.pes)]
    uppers: list[list[np.ndarray]] = [[] for _ in range(c.pes)]
    columns: list[list[np.ndarray]] = [[] for _ in range(c.pes)]
    # Indices with upper bits come first, so that the memory of these bits may be shallow.
    order = sorted(range(len(placements)), key=lambda k: not has_upper(placements[k], c))
    for k, placement in enumerate(placements):
        _check_layer(k, placement.layer, placement, c, k == len(placements) - 1)
    stored = [coded_entries(each, c) for each in placements] if c.huffman == "memory" else []
    first = _first_coded(placements, stored, c) if stored else _first_entries(placements, order, c)
    layers, codebooks = [], []
    drains: list[list[np.ndarray]] = [[] for _ in range(c.drains)]
    rows: list[list[np.ndarray]] = [[] for _ in range(c.drains)]
    table_base, row_bases = 0, [0] * c.drains
    for k, placement in enumerate(placements):
        layer, parts = placement.layer, placement.parts
        last = k == len(placements) - 1
        if c.weight.kind != "direct":
            book = np.unique(layer.weight.data).astype(np.int64)
            words = np.zeros(1 << c.weight.code_width, np.int64)
            words[:len(book)] = encode(book, c.weight) if c.weight.kind == "shift_add" else book
            if stored:
                code, index = stored[k].code.meanings
                codebooks.append(pack(symbol_layout(c), word=words[code], index=index))
            else:
                words &= (1 << codebook_width(c)) - 1
                codebooks.append(words.astype(np.uint32)[:, None])
        for pe, table in enumerate(_tables(
                placement, first[k], c, stored[k] if stored else None)):
            columns[pe].append(table)

        # Descriptor, drain order, rows.
        job: dict[str, int] = {}
        for lane in range(c.drains):
            mine = np.flatnonzero(parts.row % c.drains == lane)
            job |= {f"base_{lane}": row_bases[lane], f"parts_{lane}": len(mine)}
            drains[lane].append(pack(drain_layout(c), pe=parts.pe[mine], slot=parts.slot[mine]))
            rows[lane].append(_rows(layer, parts.row[mine], c))
            row_bases[lane] += len(mine)
        drain = pack(drain_job_layout(c), **job, shift=layer.shift, relu=int(layer.relu),
                     to_output=int(last), raw=int(layer.multiplier is None))
        flags = {"halves": int(placement.halves)} if c.broadcasts == 2 else {}
        if upper_layout(c) is not None:
            flags["upper"] = int(has_upper(placement, c))
        if stored:
            flags["raw"] = stored[k].code.raw
        layers.append(pack(
            layer_layout(c), **flags, long=int(placement.long), table=table_base,
            more_beats=(layer.columns - 1) // c.activation.lanes,
            tail=(layer.columns - 1) % c.activation.lanes,
            relative=int(_relative(placement, c)), last=int(last),
            drain=int.from_bytes(drain.astype("<u4").tobytes(), "little")))
        table_base += base_words(c.capacity) + placement.words

    for k in order if c.entries == "memory" else []:
        if stored:
            break
        if c.huffman == "image":
            result += _coded(placements[k], first[k], c)
            continue
        for pe, (lower, upper) in enumerate(_entries(placements[k], c)):
            entries[pe].append(lower)
            if has_upper(placements[k], c):
                uppers[pe].append(upper)
    if stored:
        lengths = np.concatenate([each.code.entry_lengths for each in stored])
        result.append(Section(MemoryId.HUFFMAN, ALL_PES, lengths.astype(np.uint32)[:, None]))
        own = [[part for _, part in _parts(each, c)] for each in placements]
        for pe in range(c.pes):
            values = np.concatenate([each.values[own[k][pe]] for k, each in enumerate(stored)])
            bits = np.concatenate([each.bits[own[k][pe]] for k, each in enumerate(stored)])
            entries[pe].append(pack_bits(values, bits, _first_bit(c)).astype(np.uint32)[:, None])
    for pe in range(c.pes):
        if entries[pe]:
            result.append(Section(MemoryId.ENTRIES, pe, np.concatenate(entries[pe])))
        result.append(Section(MemoryId.COLUMNS, pe, np.concatenate(columns[pe])))
        if uppers[pe]:
            result.append(Section(MemoryId.UPPER, pe, np.concatenate(uppers[pe])))
    if codebooks:
        result.append(Section(MemoryId.CODEBOOK, ALL_PES, np.concatenate(codebooks)))
        assert len(result[-1].words) <= memories(config)[MemoryId.CODEBOOK][1]
    result.append(Section(MemoryId.LAYERS, 0, np.concatenate(layers)))
    for lane in range(c.drains):
        result.append(Section(MemoryId.DRAIN, lane, np.concatenate(drains[lane])))
        result.append(Section(MemoryId.ROWS, lane, np.concatenate(rows[lane])))
    return result


def has_upper(placement: Placement, c: Sparse) -> bool:
    """Whether the layer's indices do not fit beside the codes."""
    return placement.index_bits(c.index.kind) > c.index.stored


def _relative(placement: Placement, c: Sparse) -> bool:
    """Whether the layer's entries hold gaps.

    Huffman-coded ones do wherever there is a choice: small gaps are the most frequent ones, while slots
    are all alike. Gaps never need more bits.
    """
    return placement.relative(c.index.kind) or (c.huffman != "none" and c.index.kind == "per_layer")


def table_words(placements: list[Placement], capacity: Capacity) -> int:
    """Words of a PE's column tables, all layers together."""
    return sum(base_words(capacity) + placement.words for placement in placements)


def _first_entries(placements: list[Placement], order: list[int], c: Sparse) -> np.ndarray:
    """Address of each layer's first entry on each PE, int64 (layers x PEs)."""
    first = np.zeros((len(placements), c.pes), np.int64)
    used = np.zeros(c.pes, np.int64)
    for k in order:
        first[k] = used
        used += np.bincount(placements[k].entry_pe, minlength=c.pes)
        if c.entries == "memory":
            _check_entries(k, used, "entries", c.capacity.entries, c)
        if has_upper(placements[k], c) and upper_layout(c) is not None:
            _check_entries(k, used, "upper_entries", c.capacity.upper_entries, c)
    return first


def _tables(placement: Placement, first: np.ndarray, c: Sparse,
            stored: CodedEntries | None) -> Iterator[np.ndarray]:
    """A layer's column table of each PE: base address, then lengths."""
    layout, bases = column_layout(c), base_words(c.capacity)
    together, sides = placement.together, 2 if placement.halves else 1
    padded = placement.words * sides * together
    # Addresses wrap: a base is the first entry's plus one, modulo the address range.
    ahead = 1 if stored is None else stored.code.raw - _first_bit(c)
    counts = _sums(placement.entry_pe * padded + placement.entry_column,
                   None if stored is None else stored.bits, c.pes * padded)
    counts = counts.reshape(c.pes, -1, sides, together)
    bits = layout["first"].width
    for pe in range(c.pes):
        base = int(first[pe] + ahead) % (1 << address_bits(c))
        words = [base >> layout.size * k & (1 << layout.size) - 1 for k in range(bases)]
        lengths = counts[pe, :, pe % sides]
        if placement.long:
            lengths = np.concatenate((lengths & (1 << bits) - 1, lengths >> bits), axis=1)
        words += (lengths[:, 0] | lengths[:, 1] << bits).tolist()
        yield np.array(words, np.uint32)[:, None]


def entry_words(placement: Placement, c: Sparse) -> tuple[np.ndarray, np.ndarray]:
    """A layer's entries in their order, and the upper bits of their indices."""
    index, code = _fields(placement, c)
    stored = c.index.stored
    lower = pack(entry_layout(c), index=index & (1 << stored) - 1, code=code)
    return lower, (index >> stored).astype(np.uint32)[:, None]


def _entries(placement: Placement, c: Sparse) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same of each PE."""
    lower, upper = entry_words(placement, c)
    for _, part in _parts(placement, c):
        yield lower[part], upper[part]


def coded_entries(placement: Placement, c: Sparse) -> CodedEntries:
    """How a layer's entries are coded in memory."""
    index, code = _fields(placement, c)
    best = StoredCode.of(index, code, c)
    return CodedEntries(best, *best.encode(index, code))


def coded_words(placements: list[Placement], c: Sparse) -> int:
    """Words of coded entries on the PE that has most, all layers together."""
    used = np.full(c.pes, _first_bit(c))
    for placement in placements:
        used += _sums(placement.entry_pe, coded_entries(placement, c).bits, c.pes)
    return int(_words(used).max())


def _first_coded(placements: list[Placement], stored: list[CodedEntries], c: Sparse) -> np.ndarray:
    """Where each layer's coded entries begin on each PE, in bits: int64 (layers x PEs)."""
    first = np.zeros((len(placements), c.pes), np.int64)
    used = np.full(c.pes, _first_bit(c))
    for k, (placement, entries) in enumerate(zip(placements, stored, strict=True)):
        first[k] = used
        used += _sums(placement.entry_pe, entries.bits, c.pes)
        _check_entries(k, _words(used), "entries", c.capacity.entries, c,
                       f"words of {CODED_WORD} bits")
    return first


def _words(used: np.ndarray) -> np.ndarray:
    """Words of coded entries, if so many bits are used: one more, because two are read at a time."""
    return used // CODED_WORD + 2


def _first_bit(c: Sparse) -> int:
    """Where coded entries begin: a decoder looks at as many bits as may be raw."""
    return coded_layout(c)["raw"].width


def _bits(placement: Placement, c: Sparse) -> np.ndarray:
    """Bits of each coded entry: int64 (nonzeros); none if they cannot be coded at all."""
    if (placement.index_bits(c.index.kind) > c.index.width
            or len(np.unique(placement.layer.weight.data)) > c.weight.codebook_size):
        return np.zeros(len(placement.entry_pe), np.int64)
    return coded_entries(placement, c).bits


def _sums(where: np.ndarray, what: np.ndarray | None, size: int) -> np.ndarray:
    """Sums of ``what``, or of ones, by number: int64 (size)."""
    return np.bincount(where, what, size).astype(np.int64)


def _coded(placement: Placement, first: np.ndarray, c: Sparse) -> Iterator[Section]:
    """A layer's Huffman codes, and its entries of each PE in them.

    Args:
        first: Address of the first entry on each PE.
    """
    index, code = _fields(placement, c)
    code = code & (1 << c.weight.code_width) - 1
    coder = EntryCoder.of(index, code, c.index.width, c.weight.code_width)
    yield Section(MemoryId.HUFFMAN, 0, coder.table())
    memory = MemoryId.UPPER if has_upper(placement, c) else MemoryId.ENTRIES
    for pe, part in _parts(placement, c):
        if part.start < part.stop:
            yield Section(memory, pe, coder.encode(index[part], code[part])[:, None],
                          part.stop - part.start, int(first[pe]))


def _fields(placement: Placement, c: Sparse) -> tuple[np.ndarray, np.ndarray]:
    """Index and code of each entry."""
    index = placement.entry_gap if _relative(placement, c) else placement.entry_slot
    code = placement.entry_value
    if c.weight.kind != "direct":
        code = np.searchsorted(np.unique(placement.layer.weight.data), code)
    return index, code


def _parts(placement: Placement, c: Sparse) -> Iterator[tuple[int, slice]]:
    """Each PE, and which entries are its own."""
    bounds = np.searchsorted(placement.entry_pe, np.arange(c.pes + 1)).tolist()
    for pe in range(c.pes):
        yield pe, slice(bounds[pe], bounds[pe + 1])


def _rows(layer: Layer, row: np.ndarray, c: Sparse) -> np.ndarray:
    """What becomes of the parts of rows that a lane drains, in this order."""
    same = row[1:] == row[:-1]
    bias = layer.bias[row]
    bias[1:][same] = 0
    fields = {"row": row, "more": np.append(same, np.zeros(min(1, len(row)), bool)), "bias": bias}
    if c.requantize.enabled:
        multiplier = layer.multiplier if layer.multiplier is not None else np.ones(layer.rows)
        fields["multiplier"] = multiplier.astype(np.int64)[row]
    return pack(row_layout(c), **fields)


def total_rows(placements: list[Placement], drains: int) -> int:
    """Parts of rows that the drain lane with most of them drains, all layers together."""
    return int(np.sum([_lane_parts(each.parts.row, drains) for each in placements], axis=0).max())


def _lane_parts(row: np.ndarray, drains: int) -> np.ndarray:
    """How many of these rows, or parts of rows, each lane drains: int64 (drains)."""
    return np.bincount(row % drains, minlength=drains)


def _further(parts: Parts, rows: int, drains: int) -> np.ndarray:
    """How many parts each lane drains beyond one a row: int64 (drains)."""
    return _lane_parts(parts.row, drains) - _lane_parts(np.arange(rows), drains)


def _check_network(network: Network, placements: list[Placement], c: Sparse) -> None:
    cap, layers = c.capacity, network.sparse_layers
    if c.entries == "stream" and len(layers) > 1:
        raise ThriftyError(f'with sparse.entries = "stream" a network has one layer, not {len(layers)}: '
                           'set it to "memory"')
    if c.outputs == "activations" and layers[-1].multiplier is None:
        raise ThriftyError('outputs = "activations" needs a last layer that requantizes: give it '
                           'multipliers and a shift, or set sparse.outputs = "accumulators"')
    needs = {
        "layers": len(layers),
        "columns": table_words(placements, cap),
        "total_rows": total_rows(placements, c.drains),
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
    if c.weight.kind != "direct" and distinct > c.weight.codebook_size:
        remedy = f"set it to {distinct}" if distinct <= 256 else 'set weight.kind = "direct"'
        raise ThriftyError(f"layer {k}: {distinct} distinct weights, but weight.codebook_size is "
                           f"{c.weight.codebook_size}: {remedy}")
    if c.weight.kind == "shift_add":
        _check_terms(k, layer, c)
    rows = placement.slots
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


def _check_terms(k: int, layer: Layer, c: Sparse) -> None:
    values = np.unique(layer.weight.data).tolist()
    worst, needed = max(((value, len(signed_digits(value))) for value in values),
                        key=lambda each: each[1], default=(0, 0))
    if needed > c.weight.terms:
        have = f"weight.terms is {c.weight.terms}" if needed <= 3 else "at most 3 are supported"
        remedy = f"set it to {needed}, or " if needed <= 3 else ""
        raise ThriftyError(f"layer {k}: weight {worst} needs {needed} shift-add terms, but {have}: "
                           f'{remedy}set weight.kind = "codebook"')


def _check_entries(k: int, used: np.ndarray, key: str, capacity: int, c: Sparse,
                   what: str = "entries") -> None:
    most = int(used.max())
    if most > capacity:
        pes = -(-int(used.sum()) // capacity)
        raise ThriftyError(f"layer {k}: {most} {what} on PE {int(used.argmax())}, but "
                           f"capacity.{key} is {capacity}: set it to {most}, or use at "
                           f"least {max(pes, c.pes + 1)} PEs")
