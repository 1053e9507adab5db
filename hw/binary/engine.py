"""The binary engine: XNOR-count rows in parallel, folded over matrices of any size."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect
from amaranth.utils import ceil_log2

from hw.binary.bank import RowBank, pairs_pay
from hw.binary.drain import BinaryDrain, group_layout
from hw.binary.input import BinaryInput
from hw.binary.layout import Output, banks, folds, hidden_chunks, memories, slice_bits
from hw.binary.popcount import PopCount
from hw.binary.scheduler import LayerScheduler
from hw.binary.steps import LayerSteps
from hw.binary.words import ChunkMemory
from hw.binary.xnor_count import XnorCount
from hw.config import BEAT, Config, bits_for
from hw.load import LoadBus
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
        sizes = memories(config).values()
        self.load_width = max(width for width, _ in sizes)
        self.load_address = max(ceil_log2(depth) for _, depth in sizes)
        if pairs_pay(c):
            self.count = Shared(PopCount(-(-c.simd // 2)), f"{config.name}_count")
        else:
            self.count = Shared(XnorCount(c.simd), f"{config.name}_count")
        self.bank = Shared(RowBank(config, self.count, load_width=self.load_width,
                                   load_address=self.load_address), f"{config.name}_bank")
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
        return [self.count, self.bank]

    @property
    def kept(self) -> dict[str, int]:
        """Modules that are kept whole in synthesis, and how many of each there are."""
        return {self.bank.name: banks(self.config.binary)}

    def elaborate(self, platform):
        m = Module()
        config, c, latency = self.config, self.config.binary, self.config.memory_latency
        sizes = {"load_width": self.load_width, "load_address": self.load_address}
        m.submodules.input = inputs = BinaryInput(config)
        m.submodules.scheduler = scheduler = LayerScheduler(config, **sizes)
        m.submodules.drain = drain = BinaryDrain(config, **sizes)
        m.submodules.steps = steps = LayerSteps(config, period=drain.period, drained=drain.steps > 0)
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
            tags.i.valid.eq(scheduler.o_take),
            tags.i.payload.eq(inputs.o_tag),
        ]

        # A step: its activations and its weights meet in the banks.
        step = steps.o
        chunks = hidden_chunks(c)
        word_bits = ceil_log2(folds(c, c.capacity.hidden, hidden=True))
        plane_bits = ceil_log2(c.hidden_width)
        place_bits = 1 + len(step.context)
        m.submodules.hidden = hidden = ChunkMemory(
            c.pes, chunks * c.pes, chunks, 1 << word_bits + plane_bits + place_bits, latency=latency,
            distributed=c.small_ram == "distributed")
        m.d.comb += [
            inputs.i_address.eq(Cat(_fit(step.word, inputs.word_bits),
                                    _fit(step.plane, inputs.plane_bits), step.slot)),
            hidden.i_address.eq(Cat(_fit(step.word, word_bits), _fit(step.plane, plane_bits),
                                    ~step.parity, step.context)),
        ]
        fresh = delay(m, step.fresh, latency, "fresh", reset_less=True)
        activations = Signal(c.simd, reset_less=True)
        m.d.sync += activations.eq(Mux(fresh, inputs.o, hidden.o))

        # Flags and addresses on their way to where they are needed, cycles after the step.
        last = step.last & steps.o_valid
        drained = last & ((step.output != Output.HIDDEN) | (drain.steps > 0))
        pe = self.bank.component
        wires = {
            "i_activations": activations,
            "i_word": delay(m, step.weights, 1, "word", reset_less=True),
            "i_start": delay(m, step.start, 1 + pe.start_at, "start", reset_less=True),
            "i_add": delay(m, steps.o_valid, 1 + pe.add_at, "add", reset_less=True),
            "i_first": delay(m, step.first, 1 + pe.add_at, "first", reset_less=True),
            "i_capture": delay(m, drained, 2 + pe.add_at, "capture", reset_less=True),
        }
        if c.planes > 1:
            for name in ("double", "plane"):
                wires[f"i_{name}"] = delay(m, step[name], 1 + pe.add_at, name, reset_less=True)
        if pairs_pay(c):
            pairs = Signal(-(-c.simd // 2), reset_less=True)
            m.d.sync += pairs.eq(Cat(activations[k:k + 2].xor() for k in range(0, c.simd, 2)))
            m.submodules.pairs, pair_count = self.count.instantiate(i=pairs)
            wires["i_pairs"] = pair_count.o
        negative = []
        shifted = [Signal(c.accumulator, name=f"shifted_{k}") for k in range(banks(c))] + [
            Const(0, c.accumulator)]
        for k in range(banks(c)):
            write = Signal(name=f"write_{k}")
            meant = Mux(self.i_load.memory == MemoryId.WEIGHTS, self.i_load.pe >> slice_bits(c),
                        self.i_load.pe)
            m.d.sync += write.eq(self.i_load.write & (meant == k))
            m.submodules[f"bank_{k}"], bank = self.bank.instantiate(
                i_load=load, i_write=write, i_shift=shifted[k + 1], **wires)
            m.d.comb += shifted[k].eq(bank.o_shift)
            negative.append(bank.o_negative)

        # Results of a group: when its signs are there, and its accumulators a cycle later.
        group = Signal(group_layout(config))
        for name in group.shape().members:
            m.d.comb += group[name].eq(delay(m, step[name], pe.add_at + 3, f"group_{name}",
                                             reset_less=True))
        complete = delay(m, last, pe.add_at + 3, "complete")
        to_host = group.output != Output.HIDDEN
        m.d.comb += [
            drain.i.eq(group),
            drain.i_valid.eq(complete & (to_host | (drain.steps > 0))),
            drain.i_sum.eq(shifted[0]),
        ]
        if drain.steps:
            writes, group_ends, group = drain.o_plane_write, drain.o_plane_last, drain.o_group
            plane, bits = drain.o_plane, drain.o_bits
        else:
            writes, group_ends = complete & ~to_host, Const(1)
            plane, bits = Const(0, 0), Cat(negative)
        every = (1 << chunks) - 1
        next_chunk, next_word = Signal(chunks), Signal(word_bits)
        chunk, word = Signal(chunks), Signal(word_bits)
        m.d.comb += [
            chunk.eq(Mux(group.begin, every, next_chunk)),
            word.eq(Mux(group.begin, 0, next_word)),
            hidden.i_write.eq(writes),
            hidden.i_from.eq(chunk),
            hidden.i_write_address.eq(Cat(word, _fit(plane, plane_bits), group.parity, group.context)),
            hidden.i_data.eq(bits),
        ]
        with m.If(writes & group_ends):
            full = ~chunk[:-1].any()
            m.d.sync += [next_chunk.eq(Mux(full, every, chunk << 1)), next_word.eq(word + full)]
        m.d.comb += [
            # Written two cycles later; a decision takes longer before it is read.
            scheduler.i_done.eq(writes & group_ends & group.end),
            scheduler.i_context.eq(group.context),
        ]

        # Results out.
        waiting = Signal(range(3))  # results of vectors that are on their way or wait for the host
        occupied = delay(m, outputs.o_free, 1, "free")
        released = (outputs.o_free & ~occupied).any()
        m.d.sync += waiting.eq(waiting + steps.o_results - released)
        context = Signal()
        with m.If(drain.o_commit):
            m.d.sync += context.eq(~context)
        m.d.comb += [
            # A layer of one step may end before `waiting` knows of it.
            steps.i_room.eq(waiting + steps.o_results < 2),
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
        m.d.sync += [self.o_ready.eq(1),
                     # From the commit on; then taken and without a result; then until it is fetched.
                     self.o_idle.eq(~(inputs.o_pending | inputs.o_full | tags.o.valid
                                      | tags.o_level.any() | waiting.any()))]
        return m


def _fit(value, bits):
    """The low ``bits`` of a value, zero-extended if it has fewer."""
    return Cat(value, Const(0, bits))[:bits]
