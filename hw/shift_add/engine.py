"""The shift-add engine: rows of shift and adder layers in parallel, an input a cycle."""

from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib.wiring import connect, flipped
from amaranth.utils import ceil_log2

from hw.config import Config
from hw.control.engine import ArrayEngine
from hw.control.steps import LayerSteps
from hw.memory import Memory, fit
from hw.packet import MemoryId
from hw.shared import Shared
from hw.shift_add.array import ShiftAddArray
from hw.shift_add.drain import ShiftAddDrain, group_layout
from hw.shift_add.input import ActivationInput
from hw.shift_add.memories import Output, banks, layer_table, step_layout
from hw.stream import delay

__all__ = ["ShiftAddEngine"]


class ShiftAddEngine(ArrayEngine):
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
        c = config.shift_add
        self.array = ShiftAddArray(config)
        super().__init__(config, layer_table(c), outputs=c.capacity.outputs, width=c.result,
                         load_width=self.array.load_width, load_address=self.array.load_address)

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
        m.submodules.drain = drain = ShiftAddDrain(config, array)
        m.submodules.steps = steps = LayerSteps(
            self.table, step_layout(c), period=drain.period, drained=True, again=False,
            before=array.before, after=array.after)
        scheduler = self.schedule(m, inputs, steps)
        connect(m, flipped(self.i_load), array.i_load)
        load = self.load(m)
        m.d.comb += [
            scheduler.i_write.eq(load.write & (load.memory == MemoryId.LAYERS)),
            drain.i_write_rows.eq(load.write & (load.memory == MemoryId.ROWS)),
            *(member.eq(value) for block in (scheduler, drain)
              for member, value in ((block.i_address, load.address), (block.i_data, load.data))),
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

        # Rows of a group, a cycle before its sums are complete.
        group = Signal(group_layout(config))
        for name in group.shape().members:
            m.d.comb += group[name].eq(delay(m, step[name], array.latency - 1, f"group_{name}",
                                             reset_less=True))
        m.d.comb += [
            drain.i.eq(group),
            drain.i_valid.eq(delay(m, step.last & steps.o_valid, array.latency - 1, "drained")),
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

        self.results(
            m, inputs, scheduler, steps, write=drain.o_write & to_host, row=drain.o_row,
            value=Mux(result.raw, drain.o_raw, drain.o_activation), commit=drain.o_last & to_host)
        return m
