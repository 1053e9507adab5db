"""Streamed entries: from beats that name their PE to the queue in front of each PE's walker.

Beats are ordered by the place of their first entry: by column (a word of the column tables), and
within it by PE. A beat is filled up with the entries that its PE needs next, of later columns too, so
only the last beats of a vector may be partly empty. Vectors follow each other.

Nothing can lock up, whatever the depths of the queues, because records of columns and beats of
entries come in the same order. Suppose that all stands still. The stream is stopped by a PE p whose
queue holds beats: the first entry of such a beat lies behind what p walks next, and before or at the
stream's next beat; so p's next entry, at column x, is there, and p lacks the record of x. The
broadcast does not send it, so it is stopped by a PE q whose queue is full of records before x, or,
where there are two broadcasts, waits for the other one that is. But q does not walk, so its next entry
is still in the stream, behind p's: at x or later. That is a contradiction. If no queue of records is
full, the broadcast goes on; and a vector's end needs no entry of the next one.
"""

from amaranth import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.config import Config, bits_for
from hw.sparse.layout import bundle_layout, entry_layout, streamed_layout
from hw.stream import Queue

__all__ = ["Distributor", "EntryQueue"]


class Distributor(Component):
    """Takes beats from outside and shows each to all PEs, with a valid for the one that it names.

    No PE can refuse a beat: ``i_stop`` must come while there is room for ``Distributor.IN_FLIGHT`` more
    cycles of beats. A beat whose PE does not exist is dropped.

    Members: ``i`` (stream of beats; its ready is a register), ``i_stop``, ``i_open`` (beats are taken),
    ``o_bundle``, ``o_valid`` (one bit a PE). Latency 2 cycles, a beat a cycle.
    """

    IN_FLIGHT = 3
    """Cycles in which beats still come out once ``i_stop`` is 1, that one included."""

    def __init__(self, config: Config):
        self.c = config.sparse
        super().__init__({
            "i": In(stream.Signature(self.c.stream_width)),
            "i_stop": In(1),
            "i_open": In(1),
            "o_bundle": Out(bundle_layout(self.c)),
            "o_valid": Out(self.c.pes),
        })

    def elaborate(self, platform):
        m = Module()
        layout = streamed_layout(self.c)
        beat = Signal(layout, reset_less=True)
        valid = Signal()
        ready = Signal()
        m.d.comb += self.i.ready.eq(ready)
        m.d.sync += [
            ready.eq(self.i_open & ~self.i_stop),
            beat.eq(self.i.payload[:layout.size]),
            valid.eq(self.i.valid & ready),
            self.o_bundle.eq(beat.bundle),
            *(self.o_valid[k].eq(valid & (beat.pe == k)) for k in range(self.c.pes)),
        ]
        return m


class EntryQueue(Component):
    """Bundles in, entries out, one a cycle.

    Holds ``capacity.entries`` or more, in block RAM.

    Args:
        slack: Bundles that may still come after ``o_almost_full``.

    Members: ``i`` (stream of bundles), ``o`` (stream of entries), ``o_almost_full`` (bundles wait in
    the RAM, and there is room for ``slack`` more). Latency ``memory_latency`` + 2 cycles.
    """

    def __init__(self, config: Config, slack: int):
        self.c, self.latency = config.sparse, config.memory_latency
        self.layout = bundle_layout(self.c)
        self.per_bundle = self.layout["entries"].shape.length
        self.slack = slack
        # As many wait in the queue's read registers as a memory has cycles of latency.
        self.depth = max(slack + 1, -(-self.c.capacity.entries // self.per_bundle) - self.latency)
        super().__init__({
            "i": In(stream.Signature(self.layout)),
            "o": Out(stream.Signature(entry_layout(self.c))),
            "o_almost_full": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = Queue(self.layout, self.depth, latency=self.latency, block=True,
                                         room=True)
        left = Signal(bits_for(self.per_bundle))
        entries = Signal(self.layout["entries"].shape, reset_less=True)
        valid = Signal()
        advance = Signal()
        m.d.comb += [
            queue.i.payload.eq(self.i.payload),
            queue.i.valid.eq(self.i.valid),
            self.i.ready.eq(queue.i.ready),
            self.o.payload.eq(entries[0]),
            self.o.valid.eq(valid),
            advance.eq(~valid | (self.o.ready & (left == 0))),
            queue.o.ready.eq(advance),
        ]
        with m.If(advance):
            m.d.sync += [valid.eq(queue.o.valid), left.eq(queue.o.payload.more),
                         entries.eq(queue.o.payload.entries)]
        with m.Elif(self.o.ready):
            m.d.sync += [left.eq(left - 1),
                         entries.eq(entries.as_value() >> entry_layout(self.c).size)]
        m.d.sync += self.o_almost_full.eq(queue.o_level >= self.depth - self.slack)
        return m
