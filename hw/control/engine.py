"""What engines have in common whose layers are loops of an array: the host's side."""

from amaranth import Module, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect

from hw.config import BEAT, Config, bits_for
from hw.control.layers import LayerTable
from hw.control.scheduler import LayerScheduler
from hw.control.steps import LayerSteps
from hw.load import LoadBus
from hw.output import OutputBuffer
from hw.packet import TAG_BITS
from hw.stream import Queue, delay

__all__ = ["ArrayEngine"]


class ArrayEngine(Component):
    """Ports of an engine, and what is between them and an array: scheduler, slots, results.

    Members: as those of ``hw.sparse.engine.SparseEngine``. A word in the cycle of ``i_commit`` or
    ``i_discard`` or in the next one would be lost: ``i.ready`` comes a cycle late.

    Args:
        table: Of the engine's layers.
        outputs, width: Elements of the longest output vector, and bits of one.
        load_width, load_address: Of words of the image, and of their addresses.
    """

    def __init__(self, config: Config, table: LayerTable, *, outputs: int, width: int, load_width: int,
                 load_address: int):
        self.config, self.table = config, table
        self.outputs, self.width = outputs, width
        self.load_width, self.load_address = load_width, load_address
        count = bits_for(1 << bits_for(outputs)) + 1
        super().__init__({
            "i_load": In(LoadBus(load_width, load_address)),
            "i": In(stream.Signature(BEAT)),
            "i_commit": In(1),
            "i_discard": In(1),
            "i_tag": In(TAG_BITS),
            "i_count": In(count),
            "o": Out(stream.Signature(BEAT)),
            "o_start": Out(1),
            "o_tag": Out(TAG_BITS),
            "i_go": In(1),
            "o_words": Out(count + 1),
            "o_idle": Out(1),
            "o_empty": Out(1),
            "o_ready": Out(1, init=1),
        })

    def load(self, m: Module):
        """Image data, a cycle later: they come from afar."""
        load = LoadBus(self.load_width, self.load_address).create()
        for name in ("write", "memory", "pe", "address", "data"):
            m.d.comb += getattr(load, name).eq(
                delay(m, getattr(self.i_load, name), 1, f"load_{name}", reset_less=name != "write"))
        return load

    def schedule(self, m: Module, inputs: Component, steps: LayerSteps) -> LayerScheduler:
        """The scheduler, between the slots of ``inputs`` and ``steps``."""
        m.submodules.scheduler = scheduler = LayerScheduler(
            self.table, latency=self.config.memory_latency, load_width=self.load_width,
            load_address=self.load_address)
        connect(m, scheduler.o, steps.i)
        # Words come from afar, and slots are ready until a vector is complete: both a cycle later.
        ready = delay(m, inputs.i.ready, 1, "slots_ready")
        m.d.comb += [
            inputs.i.payload.eq(delay(m, self.i.payload, 1, "word", reset_less=True)),
            inputs.i.valid.eq(delay(m, self.i.valid & ready, 1, "word_valid")),
            self.i.ready.eq(ready),
            inputs.i_commit.eq(self.i_commit),
            inputs.i_discard.eq(self.i_discard),
            inputs.i_tag.eq(self.i_tag),
            inputs.i_take.eq(scheduler.o_take),
            inputs.i_release.eq(steps.o_read),
            scheduler.i_full.eq(inputs.o_full),
            scheduler.i_slot.eq(inputs.o_slot),
        ]
        return scheduler

    def results(self, m: Module, inputs: Component, scheduler: LayerScheduler, steps: LayerSteps, *,
                write: Value, row: Value, value: Value, commit: Value) -> None:
        """Results for the host: elements one by one, and that this was the last one of a vector."""
        latency = self.config.memory_latency
        m.submodules.output = outputs = OutputBuffer(self.outputs, self.width, True, latency=latency)
        m.submodules.tags = tags = Queue(TAG_BITS, 2 * self.table.vectors + 8, latency=latency,
                                         room=True)
        waiting = Signal(range(3))  # results of vectors that are on their way or wait for the host
        following = Signal.like(waiting)
        room = Signal(init=1)
        occupied = delay(m, outputs.o_free, 1, "free")
        released = (outputs.o_free & ~occupied).any()
        # A cycle later, which still is ahead of the next layer that asks.
        begun = delay(m, steps.o_results, 1, "begun")
        m.d.comb += following.eq(waiting + begun - released)
        m.d.sync += [waiting.eq(following), room.eq(following != 2)]
        context = Signal()
        with m.If(commit):
            m.d.sync += context.eq(~context)
        m.d.comb += [
            tags.i.valid.eq(delay(m, scheduler.o_take, 1, "take")),
            tags.i.payload.eq(delay(m, inputs.o_tag, 1, "tag", reset_less=True)),
            steps.i_room.eq(room),
            outputs.i_write.eq(write),
            outputs.i_context.eq(context),
            outputs.i_row[0].eq(row),
            outputs.i_value[0].eq(value),
            outputs.i_commit.eq(commit),
            outputs.i_tag.eq(tags.o.payload),
            tags.o.ready.eq(commit),
            outputs.i_count.eq(self.i_count),
            self.o.payload.eq(outputs.o.payload),
            self.o.valid.eq(outputs.o.valid),
            outputs.o.ready.eq(self.o.ready),
            self.o_words.eq(outputs.o_words),
            self.o_start.eq(outputs.o_start),
            self.o_tag.eq(outputs.o_tag),
            outputs.i_go.eq(self.i_go),
            self.o_empty.eq(outputs.o_free.all()),
        ]
        queued = Signal()
        m.d.sync += [self.o_ready.eq(1),
                     # From the commit on; then taken and without a result; then until it is fetched.
                     queued.eq(tags.i.valid | tags.o.valid | tags.o_level.any()),
                     self.o_idle.eq(~(inputs.o_pending | inputs.o_full | tags.i.valid | queued
                                      | waiting.any()))]
