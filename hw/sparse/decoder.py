"""Entries that stay Huffman-coded in the memory of a PE: from queued columns to their symbols.

A code word's length must be known before the next entry can be found, and reading, shifting and looking
it up takes some cycles. So several records are decoded by turns: as many as there are cycles from an
entry's address to the next one's. Each goes round in a ring of registers and takes a step of one entry
each time; where it ends, the next record of the queue takes its place. So an entry leaves in every
cycle, as long as there are records in the queue, however short or long they are. Nothing is fetched
ahead, and no word is read in vain.

Entries of a record leave in order; those of different records are mixed, which sums do not mind. Only
a marker must not be overtaken: it waits until all records before it have ended.
"""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2

from hw.config import Sparse, bits_for
from hw.sparse.layout import (
    CODED_WORD,
    DECIDING,
    coded_layout,
    queue_layout,
    task_layout,
)

__all__ = ["EntryDecoder"]

_KEPT = ("marker", "both", "address", "left", "second", "values")
"""What a record keeps of the queue's item."""


class EntryDecoder(Component):
    """Finds the entries of columns in the coded memory, one a cycle.

    Args:
        latency: Of the memory, 1 or 2.

    Members:
        i: Stream of queue items.
        i_pause: No entry is begun in this cycle (markers are).
        o_word, o_next: Addresses of the word in which an entry begins, and of the one behind.
        i_word, i_next: These words, ``latency`` cycles later.
        o_lookup: Layer and first bits of a code word, when ``o_entry`` holds it.
        i_length: Bits of such an entry less one, a cycle later.
        o_valid, o_first, o_entry, o_value: An entry, whether it is its column's first, and the
            activation that it meets.
        o_layer: The layer of the entry.
        o_marker, o_task: A marker passes, between the entries before it and after it.

    Latency ``latency`` + 2 cycles from ``i`` to an entry, ``latency`` + 1 from ``i_pause``. The entries
    of a record are ``EntryDecoder.turns(latency)`` cycles apart, or a multiple of it.
    """

    def __init__(self, config: Sparse, latency: int):
        self.config, self.latency = config, latency
        words = ceil_log2(config.capacity.entries)
        super().__init__({
            "i": In(stream.Signature(queue_layout(config))),
            "i_pause": In(1),
            "o_word": Out(words),
            "o_next": Out(words),
            "i_word": In(CODED_WORD),
            "i_next": In(CODED_WORD),
            "o_lookup": Out(DECIDING + bits_for(config.capacity.layers)),
            "i_length": In(4),
            "o_valid": Out(1),
            "o_first": Out(1),
            "o_entry": Out(coded_layout(config)),
            "o_value": Out(config.activation.width),
            "o_layer": Out(bits_for(config.capacity.layers)),
            "o_marker": Out(1),
            "o_task": Out(task_layout(config)),
        })

    @property
    def record_layout(self) -> StructLayout:
        """A record on its way round. ``left``: bits from ``address`` on. ``fresh``: a column begins
        there. ``turned``: it is the second one. Where words are read, that need not be known yet.
        """
        fields = queue_layout(self.config)
        return StructLayout({**{name: fields[name].shape for name in _KEPT}, "fresh": 1, "turned": 1})

    @staticmethod
    def turns(latency: int) -> int:
        """Records that are decoded by turns."""
        return latency + 3

    def elaborate(self, platform):
        m = Module()
        c, payload, turns = self.config, self.i.payload, self.turns(self.latency)
        record = [Signal(self.record_layout, name=f"record_{k}", reset_less=True) for k in range(turns)]
        busy = [Signal(name=f"busy_{k}") for k in range(turns)]
        steps = [Signal(name=f"steps_{k}") for k in range(turns)]

        # The words are read; is this the second column's first entry?
        here = record[0]
        turn = here.both & (here.left == here.second)
        m.d.comb += [
            steps[0].eq(busy[0] & (here.marker | ~self.i_pause)),
            self.o_word.eq(here.address[4:]),
            self.o_next.eq(here.address[4:] + 1),
        ]
        for k in range(1, turns):
            m.d.sync += [record[k].eq(record[k - 1]), busy[k].eq(busy[k - 1]), steps[k].eq(steps[k - 1])]
        m.d.sync += [record[1].fresh.eq(here.fresh | turn), record[1].turned.eq(here.turned | turn)]

        # The words have come: shift them.
        here, steps_here = record[-3], steps[-3]
        window = Signal(coded_layout(c))
        layer = Signal(bits_for(c.capacity.layers))
        m.d.comb += [
            window.eq((Cat(self.i_word, self.i_next) >> here.address[:4])[:len(window.as_value())]),
            self.o_layer.eq(layer),
        ]
        task = task_layout(c)(here["values"][0][:task_layout(c).size])
        with m.If(steps_here & here.marker & task.begin):
            m.d.sync += layer.eq(task.layer)
        m.d.sync += [
            self.o_valid.eq(steps_here & ~here.marker),
            self.o_marker.eq(steps_here & here.marker),
            self.o_first.eq(here.fresh),
            self.o_entry.eq(window),
            self.o_value.eq(Mux(here.turned, here["values"][1], here["values"][0])),
            self.o_task.eq(task),
        ]

        # The length is looked up. Behind a register: whatever reads distributed RAM shall be short, and
        # Yosys's abc9 fails on netlists where logic surrounds it.
        here = record[-2]
        m.d.comb += self.o_lookup.eq(Cat(self.o_entry.symbol[:DECIDING], layer))
        less, low = Signal(4, reset_less=True), Signal(reset_less=True)
        m.d.sync += [
            # What is left, less one, as far as a length can be; and whether it is no more than that.
            less.eq(here.left[:4] - 1),
            low.eq(here.left <= 16),
        ]

        # The length has come: one step further, or the next record.
        here, steps_here = record[-1], steps[-1]
        free, alone = Signal(), Signal()
        length = self.i_length & steps_here.replicate(4)  # less one
        m.d.comb += [
            free.eq(~busy[-1] | (steps_here & (here.marker | (low & (less == self.i_length))))),
            alone.eq(~Cat(busy[k] & ~record[k].marker for k in range(turns - 1)).any()),
            self.i.ready.eq(free & (~payload.marker | alone)),
        ]
        with m.If(free):
            m.d.sync += [
                busy[0].eq(self.i.valid & self.i.ready),
                *(record[0][name].eq(payload[name]) for name in _KEPT),
                record[0].fresh.eq(1),
                record[0].turned.eq(payload.from_second),
            ]
        with m.Else():
            # The lowest bit makes the one that lengths are short of.
            m.d.sync += [
                busy[0].eq(1),
                record[0].eq(here),
                record[0].address.eq((Cat(steps_here, here.address) + Cat(steps_here, length))[1:]),
                record[0].left.eq((Cat(0, here.left) - Cat(steps_here, length))[1:]),
                record[0].fresh.eq(here.fresh & ~steps_here),
            ]
        return m
