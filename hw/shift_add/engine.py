"""The shift-add engine: rows of shift and adder layers in parallel, an input a cycle."""

from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.utils import ceil_log2

from hw.config import BEAT, Config, bits_for
from hw.control.scheduler import LayerScheduler
from hw.control.steps import LayerSteps
from hw.load import LoadBus
from hw.memory import Memory, fit
from hw.output import OutputBuffer
from hw.packet import TAG_BITS, MemoryId
from hw.shared import Shared
from hw.shift_add.array import ShiftAddArray
from hw.shift_add.drain import ShiftAddDrain, group_layout
from hw.shift_add.input import ActivationInput
from hw.shift_add.memories import Output, banks, layer_table, step_layout
from hw.stream import Queue, delay

__all__ = ["ShiftAddEngine"]


class ShiftAddEngine(Component):
    """Everything between the packets of the host and the lanes of the array.

    Data flows one way: inputs or activations between layers -> broadcast -> lanes -> drain ->
    activations of the next layer, or results. The scheduler decides which layer of which vector goes
    next; from the array's steps on nothing stalls, and every result comes a fixed number of cycles after
    its step.

    Members: as those of ``hw.sparse.engine.SparseEngine``.

    A layer takes ceil(rows / lanes) * inputs * terms cycles, and 37 more for each of these groups of
    rows where lanes have bins; a group takes ``lanes`` cycles or more, as its rows leave one by one.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.shift_add
        self.array = ShiftAddArray(config)
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
        return [self.array.lane, self.array.bank]

    @property
    def kept(self) -> dict[str, int]:
        """Modules that are kept whole in synthesis, and how many of each there are."""
        return {self.array.bank.name: banks(self.config.shift_add)}

    def elaborate(self, platform):
        m = Module()
        config, c, latency = self.config, self.config.shift_add, self.config.memory_latency
        m.submodules.array = array = self.array
        m.submodules.input = inputs = ActivationInput(config)
        m.submodules.scheduler = scheduler = LayerScheduler(
            layer_table(c), latency=latency, load_width=self.load_width, load_address=self.load_address)
        m.submodules.drain = drain = ShiftAddDrain(config, array)
        m.submodules.steps = steps = LayerSteps(
            layer_table(c), step_layout(c), period=drain.period, drained=True, again=False,
            before=array.before, after=array.after)
        m.submodules.output = outputs = OutputBuffer(c.capacity.outputs, c.result, True, latency=latency)
        m.submodules.tags = tags = Queue(TAG_BITS, 2 * c.vectors + 8, latency=latency, room=True)
        connect(m, scheduler.o, steps.i)
        connect(m, flipped(self.i_load), array.i_load)

        load = LoadBus(self.load_width, self.load_address).create()
        for name in ("write", "memory", "address", "data"):  # from afar
            m.d.comb += getattr(load, name).eq(
                delay(m, getattr(self.i_load, name), 1, f"load_{name}", reset_less=name != "write"))
        m.d.comb += [
            scheduler.i_write.eq(load.write & (load.memory == MemoryId.LAYERS)),
            drain.i_write_rows.eq(load.write & (load.memory == MemoryId.ROWS)),
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

        # A step: its activation and its weights meet in the lanes.
        step = steps.o
        word_bits = ceil_log2(max(2, c.capacity.hidden))
        m.submodules.hidden = hidden = Memory(
            c.activation.width, 2 * c.vectors << word_bits, latency=latency)
        m.d.comb += [
            inputs.i_element.eq(step.word),
            inputs.i_slot.eq(step.slot),
            hidden.i_address.eq(Cat(fit(step.word, word_bits), step.read_parity, step.context)),
        ]
        between = Signal(Shape(c.activation.width, c.activation.signed))
        m.d.comb += between.eq(delay(m, hidden.o_data, 1, "between", reset_less=True))
        fresh = delay(m, step.fresh, latency + 1, "fresh", reset_less=True)
        m.d.comb += [
            array.i.eq(step),
            array.i_valid.eq(steps.o_valid),
            array.i_x.eq(Mux(fresh, inputs.o, between)),
        ]
        if array.before:
            m.d.comb += array.i_ahead.eq(steps.o_ahead)

        # Rows of a group, when its sums are complete.
        group = Signal(group_layout(config))
        for name in group.shape().members:
            m.d.comb += group[name].eq(delay(m, step[name], array.latency, f"group_{name}",
                                             reset_less=True))
        m.d.comb += [
            drain.i.eq(group),
            drain.i_valid.eq(delay(m, step.last & steps.o_valid, array.latency, "drained")),
            drain.i_sum.eq(array.o_sum),
        ]
        if c.mode != "shift":
            m.d.comb += drain.i_inputs.eq(array.o_inputs)
        result = drain.o_group
        to_host = result.output == Output.HOST
        m.d.comb += [
            hidden.i_write.eq(drain.o_write & ~to_host),
            hidden.i_write_address.eq(
                Cat(fit(drain.o_row, word_bits), result.parity, result.context)),
            hidden.i_write_data.eq(drain.o_activation),
            # A decision takes longer than what is written takes before it can be read.
            scheduler.i_done.eq(drain.o_last & ~to_host),
            scheduler.i_context.eq(result.context),
        ]

        # Results out.
        waiting = Signal(range(3))  # results of vectors that are on their way or wait for the host
        following = Signal.like(waiting)
        room = Signal(init=1)
        occupied = delay(m, outputs.o_free, 1, "free")
        released = (outputs.o_free & ~occupied).any()
        m.d.comb += following.eq(waiting + steps.o_results - released)
        m.d.sync += [waiting.eq(following), room.eq(following != 2)]
        commit = drain.o_last & to_host
        context = Signal()
        with m.If(commit):
            m.d.sync += context.eq(~context)
        m.d.comb += [
            steps.i_room.eq(room),
            outputs.i_write.eq(drain.o_write & to_host),
            outputs.i_context.eq(context),
            outputs.i_row[0].eq(drain.o_row),
            outputs.i_value[0].eq(Mux(result.raw, drain.o_raw, drain.o_activation)),
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
        return m
