"""Coded entries of one PE, and what must leave the decoder, for tests of it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from gen.coded import StoredCode, pack_bits
from hw.config import Config
from hw.memory import Memory
from hw.sparse.decoder import EntryDecoder
from hw.sparse.layout import CODED_WORD, DECIDING, coded_layout, queue_layout

__all__ = ["Decoding", "Layer", "meaning", "memory_words"]


@dataclass
class Layer:
    """A layer as one PE sees it: index and code of the entries of every column."""

    columns: list[list[tuple[int, int]]]
    c: Any
    number: int = 0
    code: StoredCode = field(init=False)
    bits: list[int] = field(init=False)  # of each column
    first: int = 0  # bit at which it begins

    def __post_init__(self):
        self.code = StoredCode.of(*self.fields(), self.c)
        _, bits = self.code.encode(*self.fields())
        ends = np.cumsum([len(column) for column in self.columns])
        self.bits = [int(each.sum()) for each in np.split(bits, ends[:-1])]

    def fields(self):
        both = np.array([entry for column in self.columns for entry in column], np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def marker(self, begin):
        """The queue item of a marker."""
        raw = coded_layout(self.c)["raw"].width.bit_length() or 1
        task = begin | 1 << 1 | self.code.raw << 2 | self.number << 2 + raw
        return {"marker": 1, "values": [task, 9], "left": 7, "address": 5, "second": 1, "both": 1}

    def records(self, use, number):
        """Queue items of pairs of columns, and the entries of each column by its activation.

        Args:
            use: Of each column, whether its activation is not zero.
            number: The activations are so much and more, a different one for each column.
        """
        items, expected = [], {}
        at = self.first + self.code.raw - coded_layout(self.c)["raw"].width
        for k in range(0, len(self.columns), 2):
            pair = self.columns[k:k + 2] + [[]]
            bits = [*self.bits[k:k + 2], 0]
            wanted = [bool(pair[side] and [*use[k:k + 2], 0][side]) for side in range(2)]
            values = [number + k, number + k + 1]
            if any(wanted):
                items.append({
                    "both": all(wanted), "from_second": not wanted[0], "values": values,
                    "address": at + (0 if wanted[0] else bits[0]),
                    "left": sum(n for n, used in zip(bits, wanted, strict=False) if used),
                    "second": bits[1]})
            expected |= {value: [(int(n == 0), *entry) for n, entry in enumerate(column)]
                         for value, column, used in zip(values, pair, wanted, strict=False) if used}
            at += sum(bits[:2])
        return items, expected


def memory_words(layers):
    """The contents of the memories: coded words, and the lengths of all layers."""
    values, bits, at = [], [], coded_layout(layers[0].c)["raw"].width
    start = at
    for layer in layers:
        layer.first = at
        each = layer.code.encode(*layer.fields())
        values.append(each[0])
        bits.append(each[1])
        at += int(each[1].sum())
    words = pack_bits(np.concatenate(values), np.concatenate(bits), start)
    lengths = np.concatenate([layer.code.entry_lengths for layer in layers])
    return words.tolist(), lengths.tolist()


def meaning(layer, entry):
    """Index and code of what left the decoder."""
    codes, indices = layer.code.meanings
    width = coded_layout(layer.c)["raw"].width
    raw = sum((entry.raw >> width - 1 - k & 1) << k for k in range(layer.code.raw))
    return int(indices[entry.symbol]) | raw, int(codes[entry.symbol])


class Decoding(Component):
    """The decoder with its memories. Members beside its own: their write ports, and a reset for it."""

    def __init__(self, config: Config):
        c = config.sparse
        self.config = config
        self.decoder = EntryDecoder(c, config.memory_latency)
        self.words = Memory(CODED_WORD, c.capacity.entries, latency=config.memory_latency, ports="twin")
        self.lengths = Memory(4, c.capacity.layers << DECIDING, latency=1)
        super().__init__({"i": In(stream.Signature(queue_layout(c))), "i_reset": In(1),
                          "o_reset": Out(1)})

    def elaborate(self, platform):
        m = Module()
        reset = Signal()
        m.d.comb += reset.eq(self.i_reset)
        m.submodules.decoder = ResetInserter(reset)(self.decoder)
        m.submodules.words, m.submodules.lengths = words, lengths = self.words, self.lengths
        decoder = self.decoder
        m.d.comb += [
            decoder.i.payload.eq(self.i.payload), decoder.i.valid.eq(self.i.valid),
            self.i.ready.eq(decoder.i.ready),
            words.i_address.eq(decoder.o_word), words.i_twin_address.eq(decoder.o_next),
            decoder.i_word.eq(words.o_data), decoder.i_next.eq(words.o_twin),
            lengths.i_address.eq(decoder.o_lookup), decoder.i_length.eq(lengths.o_data),
        ]
        return m
