"""The binary engine: XNOR-count rows in parallel, folded over matrices of any size."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import connect, flipped
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
from hw.config import BEAT, Config
from hw.control.engine import ArrayEngine
from hw.control.steps import LayerSteps
from hw.memory import fit
from hw.packet import MemoryId
from hw.shared import Shared
from hw.stream import delay

__all__ = ["BinaryEngine"]


class BinaryEngine(ArrayEngine):
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
        c = config.binary
        self.array = BinaryArray(config)
        super().__init__(config, layer_table(c), outputs=c.capacity.outputs, width=BEAT,
                         load_width=self.array.load_width, load_address=self.array.load_address)

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
        m.submodules.drain = drain = BinaryDrain(config, **sizes)
        m.submodules.steps = steps = LayerSteps(
            self.table, step_layout(c), period=drain.period, drained=drain.steps > 0, again=True)
        scheduler = self.schedule(m, inputs, steps)
        load = self.load(m)
        m.d.comb += [
            scheduler.i_write.eq(load.write & (load.memory == MemoryId.LAYERS)),
            drain.i_write_rows.eq(load.write & (load.memory == MemoryId.ROWS)),
            drain.i_write_thresholds.eq(load.write & (load.memory == MemoryId.THRESHOLDS)),
            drain.i_step.eq(load.pe),
            *(member.eq(value) for block in (scheduler, drain)
              for member, value in ((block.i_address, load.address), (block.i_data, load.data))),
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

        # Results of a group: a cycle before its signs are there, and two before its accumulators are.
        coming = Signal(group_layout(config))
        for name in coming.shape().members:
            m.d.comb += coming[name].eq(delay(m, step[name], array.latency - 1, f"group_{name}",
                                              reset_less=True))
        last = step.last & steps.o_valid
        drained = last & ((step.output != Output.HIDDEN) | (drain.steps > 0))
        m.d.comb += [
            drain.i.eq(coming),
            drain.i_valid.eq(delay(m, drained, array.latency - 1, "drained")),
            drain.i_sum.eq(array.o_sum),
        ]
        if drain.steps:
            writes, group_ends, group = drain.o_plane_write, drain.o_plane_last, drain.o_group
            plane, bits = drain.o_plane, drain.o_bits
        else:
            writes = delay(m, last & (step.output == Output.HIDDEN), array.latency, "writes")
            group, group_ends = delay(m, coming, 1, "group", reset_less=True), Const(1)
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

        self.results(m, inputs, scheduler, steps, write=drain.o_write, row=drain.o_row,
                     value=drain.o_value, commit=drain.o_commit)
        return m
