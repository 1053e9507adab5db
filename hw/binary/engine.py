"""The binary engine: XNOR-count rows in parallel, folded over matrices of any size."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.utils import ceil_log2

from hw.binary.array import BinaryArray
from hw.binary.drain import BinaryDrain, group_layout
from hw.binary.input import BinaryInput
from hw.binary.layout import (
    Output,
    banks,
    folds,
    hidden_chunks,
    layer_table,
    step_layout,
)
from hw.binary.words import ChunkMemory
from hw.config import BEAT, Config, bits_for
from hw.control.scheduler import LayerScheduler
from hw.control.steps import LayerSteps
from hw.load import LoadBus
from hw.memory import fit
from hw.output import OutputBuffer
from hw.packet import TAG_BITS, MemoryId
from hw.shared import Shared
from hw.stream import Queue, delay

__all__ = ["BinaryEngine"]


class BinaryEngine(Component):
    """Everything between the packets of the host and the rows of the array.

    Data flows one way: inputs or activations between layers -> broadcast -> rows -> signs, which are the
    activations of the next layer; or -> drain -> results, and levels for the next layer. The scheduler
    decides which layer of which vector goes next; from the array's steps on nothing stalls, and every
    result comes a fixed number of cycles after its step.

    Members: as those of ``hw.sparse.engine.SparseEngine``.

    ``pes * simd`` products a cycle. A layer takes ceil(rows / pes) * words * planes cycles, without a
    gap to the next one while another vector can go on; results of the last layer leave one a cycle:
    there, and wherever activations are levels, a group of ``pes`` rows takes ``max(pes, hidden_width)``
    cycles or more.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.binary
        self.array = BinaryArray(config)
        self.load_width, self.load_address = self.array.load_width, self.array.load_address
        count = bits_for(1 << bits_for(c.capacity.outputs)) + 1
        super().__init__({
            "i_load": In(LoadBus(self.load_width, self.load_address)),
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

    @property
    def shared(self) -> list[Shared]:
        """Modules to emit beside this one."""
        return [self.array.count, self.array.bank]

    @property
    def kept(self) -> dict[str, int]:
        """Modules that are kept whole in synthesis, and how many of each there are."""
        return {self.array.bank.name: banks(self.config.binary)}

    def elaborate(self, platform):
        m = Module()
        config, c, latency = self.config, self.config.binary, self.config.memory_latency
        sizes = {"load_width": self.load_width, "load_address": self.load_address}
        m.submodules.input = inputs = BinaryInput(config)
        m.submodules.scheduler = scheduler = LayerScheduler(
            layer_table(c), latency=latency, **sizes)
        m.submodules.drain = drain = BinaryDrain(config, **sizes)
        m.submodules.steps = steps = LayerSteps(
            layer_table(c), step_layout(c), period=drain.period, drained=drain.steps > 0, again=True)
        m.submodules.output = outputs = OutputBuffer(c.capacity.outputs, BEAT, True, latency=latency)
        m.submodules.tags = tags = Queue(TAG_BITS, 2 * c.vectors + 8, latency=latency, room=True)
        connect(m, scheduler.o, steps.i)

        load = LoadBus(self.load_width, self.load_address).create()
        for name in ("write", "memory", "pe", "address", "data"):  # from afar
            m.d.comb += getattr(load, name).eq(
                delay(m, getattr(self.i_load, name), 1, f"load_{name}", reset_less=name != "write"))
        m.d.comb += [
            scheduler.i_write.eq(load.write & (load.memory == MemoryId.LAYERS)),
            drain.i_write_rows.eq(load.write & (load.memory == MemoryId.ROWS)),
            drain.i_write_thresholds.eq(load.write & (load.memory == MemoryId.THRESHOLDS)),
            drain.i_step.eq(load.pe),
            *(member.eq(value) for block in (scheduler, drain)
              for member, value in ((block.i_address, load.address), (block.i_data, load.data))),
        ]

        # Vectors in, and which one goes next.
        m.d.comb += [
            inputs.i.payload.eq(self.i.payload),
            inputs.i.valid.eq(self.i.valid),
            self.i.ready.eq(inputs.i.ready),
            inputs.i_commit.eq(self.i_commit),
            inputs.i_discard.eq(self.i_discard),
            inputs.i_tag.eq(self.i_tag),
            inputs.i_take.eq(scheduler.o_take),
            inputs.i_release.eq(steps.o_read),
            scheduler.i_full.eq(inputs.o_full),
            scheduler.i_slot.eq(inputs.o_slot),
            tags.i.valid.eq(delay(m, scheduler.o_take, 1, "take")),
            tags.i.payload.eq(delay(m, inputs.o_tag, 1, "tag", reset_less=True)),
        ]

        # A step: its activations and its weights meet in the banks.
        step = steps.o
        chunks = hidden_chunks(c)
        word_bits = ceil_log2(folds(c, c.capacity.hidden, hidden=True))
        plane_bits = ceil_log2(c.hidden_width)
        place_bits = 1 + len(step.context)
        m.submodules.hidden = hidden = ChunkMemory(
            c.pes, chunks * c.pes, chunks, 1 << word_bits + plane_bits + place_bits, latency=latency,
            kind=c.small_ram)
        m.d.comb += [
            inputs.i_address.eq(Cat(fit(step.word, inputs.word_bits),
                                    fit(step.plane, inputs.plane_bits), step.slot)),
            hidden.i_address.eq(Cat(fit(step.word, word_bits), fit(step.plane, plane_bits),
                                    step.read_parity, step.context)),
        ]
        m.submodules.array = array = self.array
        connect(m, flipped(self.i_load), array.i_load)
        m.d.comb += [array.i.eq(step), array.i_valid.eq(steps.o_valid), array.i_inputs.eq(inputs.o),
                     array.i_hidden.eq(hidden.o)]

        # Results of a group: when its signs are there, and its accumulators a cycle later.
        group = Signal(group_layout(config))
        for name in group.shape().members:
            m.d.comb += group[name].eq(delay(m, step[name], array.latency, f"group_{name}",
                                             reset_less=True))
        last = step.last & steps.o_valid
        drained = last & ((step.output != Output.HIDDEN) | (drain.steps > 0))
        m.d.comb += [
            drain.i.eq(group),
            drain.i_valid.eq(delay(m, drained, array.latency, "drained")),
            drain.i_sum.eq(array.o_sum),
        ]
        if drain.steps:
            writes, group_ends, group = drain.o_plane_write, drain.o_plane_last, drain.o_group
            plane, bits = drain.o_plane, drain.o_bits
        else:
            writes = delay(m, last & (step.output == Output.HIDDEN), array.latency, "writes")
            group_ends = Const(1)
            plane, bits = Const(0, 0), array.o_negative
        every = (1 << chunks) - 1
        next_chunk, next_word = Signal(chunks), Signal(word_bits)
        chunk, word = Signal(chunks), Signal(word_bits)
        m.d.comb += [
            chunk.eq(Mux(group.begin, every, next_chunk)),
            word.eq(Mux(group.begin, 0, next_word)),
        ]
        # Registered once more: the memories are far away.
        m.d.sync += [
            hidden.i_write.eq(writes),
            hidden.i_from.eq(chunk),
            hidden.i_write_address.eq(Cat(word, fit(plane, plane_bits), group.parity, group.context)),
            hidden.i_data.eq(bits),
        ]
        with m.If(writes & group_ends):
            full = ~chunk[-2] if chunks > 1 else Const(1)
            m.d.sync += [next_chunk.eq(Mux(full, every, chunk << 1)), next_word.eq(word + full)]
        m.d.comb += [
            # Written three cycles later; a decision takes longer before it is read.
            scheduler.i_done.eq(writes & group_ends & group.end),
            scheduler.i_context.eq(group.context),
        ]

        # Results out.
        waiting = Signal(range(3))  # results of vectors that are on their way or wait for the host
        occupied = delay(m, outputs.o_free, 1, "free")
        released = (outputs.o_free & ~occupied).any()
        room = Signal(init=1)
        following = Signal.like(waiting)
        m.d.comb += following.eq(waiting + steps.o_results - released)
        m.d.sync += [waiting.eq(following), room.eq(following != 2)]
        context = Signal()
        with m.If(drain.o_commit):
            m.d.sync += context.eq(~context)
        m.d.comb += [
            steps.i_room.eq(room),
            outputs.i_write.eq(drain.o_write),
            outputs.i_context.eq(context),
            outputs.i_row[0].eq(drain.o_row),
            outputs.i_value[0].eq(drain.o_value),
            outputs.i_commit.eq(drain.o_commit),
            outputs.i_tag.eq(tags.o.payload),
            tags.o.ready.eq(drain.o_commit),
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
        return m
