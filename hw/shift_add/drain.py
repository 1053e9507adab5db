"""From what the lanes have for a row to results and to activations."""

from amaranth import Const, Module, Mux, Shape, Signal
from amaranth.hdl import signed
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.arithmetic.requantize import Requantizer
from hw.config import Config, bits_for
from hw.memory import Memory
from hw.shift_add.array import ShiftAddArray
from hw.shift_add.memories import row_layout, row_width, step_layout
from hw.stream import delay

__all__ = ["ShiftAddDrain", "group_layout"]


def group_layout(config: Config) -> StructLayout:
    """A group of rows that leave one after the other."""
    step = step_layout(config.shift_add)
    return StructLayout({name: step[name].shape for name in (
        "begin", "end", "output", "rows", "tail", "adder", "raw", "relu", "shift", "context", "parity")})


class ShiftAddDrain(Component):
    """Takes a group's rows, one a cycle: difference, distance, bias, ReLU, requantization.

    Lanes without bins go on adding from row to row; what they had for the row before is kept here and
    subtracted. Adder layers: -sum |x - w| = 2 sum min(x, w) - sum x - sum w, whose last sum is part of
    the bias.

    Args:
        array: Whose rows come.

    Members:
        i, i_valid: A group begins; its first row is at ``i_sum`` 2 cycles later, and the next group
            ``period`` cycles later at the earliest. ``i_inputs``: the sum of its activations, from a
            cycle later on.
        o_write, o_row, o_raw, o_activation: A result, of an element of the layer's; ``o_group`` says of
            which layer. ``o_last``: it is the layer's last one.
        i_write_rows, i_address, i_data: Image data for the table of rows.

    Latency from a row to its result: ``latency`` cycles.
    """

    def __init__(self, config: Config, array: ShiftAddArray):
        c = config.shift_add
        self.config, self.differences = config, not array.bins
        self.latency = config.memory_latency + 3 + (
            Requantizer.LATENCY if c.requantize.enabled else 0)
        # A lane is looked up again when what was kept is written; sums of activations are kept once.
        self.period = max(c.lanes, config.memory_latency + 2, array.latency - config.memory_latency - 2)
        group = group_layout(config)
        super().__init__({
            "i": In(group),
            "i_valid": In(1),
            "i_sum": In(row_width(c)),
            **({"i_inputs": In(Shape(array.inputs_width, True))} if c.mode != "shift" else {}),
            "o_group": Out(group),
            "o_write": Out(1),
            "o_row": Out(bits_for(max(c.capacity.outputs, c.capacity.hidden))),
            "o_raw": Out(signed(c.result)),
            "o_activation": Out(Shape(c.activation.width, c.activation.signed)),
            "o_last": Out(1),
            "i_write_rows": In(1),
            "i_address": In(array.load_address),
            "i_data": In(array.load_width),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.shift_add, self.config.memory_latency
        # A cycle to see how many rows come.
        coming = delay(m, self.i, 1, "coming", reset_less=True)
        begins = delay(m, self.i_valid, 1, "begins")
        first_rest = Signal(signed(bits_for(c.lanes) + 1), reset_less=True)
        m.d.sync += first_rest.eq(Mux(self.i.end, self.i.tail, c.lanes - 1) - 1)
        # A row a cycle. `left`: lanes that are left, less one; `rest`: the same of the matrix's rows.
        group = Signal(self.i.shape(), name="group", reset_less=True)
        busy, real = Signal(), Signal()
        left = Signal(signed(bits_for(c.lanes) + 1))
        rest = Signal.like(first_rest, reset_less=False)
        lane = Signal(range(c.lanes), reset_less=True)
        element = Signal.like(self.o_row, reset_less=True)
        row = Signal.like(group.rows, name="row", reset_less=True)
        with m.If(busy):
            m.d.sync += [left.eq(left - 1), rest.eq(rest - 1), lane.eq(lane + 1), row.eq(row + 1),
                         element.eq(element + 1)]
            with m.If(left[-1]):
                m.d.sync += busy.eq(0)
            with m.If(rest[-1]):
                m.d.sync += real.eq(0)
        with m.If(begins):
            m.d.sync += [busy.eq(1), real.eq(1), group.eq(coming), left.eq(c.lanes - 2),
                         lane.eq(0), rest.eq(first_rest)]
            with m.If(coming.begin):
                m.d.sync += [row.eq(coming.rows), element.eq(0)]
        writes = busy & real
        final = writes & group.end & rest[-1]
        m.d.comb += [
            self.o_group.eq(delay(m, group, self.latency, "group", reset_less=True)),
            self.o_write.eq(delay(m, writes, self.latency, "writes")),
            self.o_row.eq(delay(m, element, self.latency, "element", reset_less=True)),
            self.o_last.eq(delay(m, final, self.latency, "final")),
        ]

        layout = row_layout(c)
        m.submodules.rows = rows = Memory(layout.size, c.capacity.rows, latency=latency)
        entry = Signal(layout)
        m.d.comb += [
            rows.i_write.eq(self.i_write_rows),
            rows.i_write_address.eq(self.i_address),
            rows.i_write_data.eq(self.i_data),
            rows.i_address.eq(row),
            entry.eq(rows.o_data),
        ]
        total = Signal(signed(row_width(c)), name="total")
        m.d.comb += total.eq(delay(m, self.i_sum, latency, "sum", reset_less=True))
        before = self._before(m, busy, lane, total) if self.differences else Const(0)
        own = Signal(signed(row_width(c)), name="own", reset_less=True)
        m.d.sync += own.eq(total - before)
        value = Signal(signed(c.result), name="value", reset_less=True)
        if c.mode == "shift":
            m.d.sync += value.eq(own)
        else:
            inputs = Signal.like(self.i_inputs, name="inputs", reset_less=True)
            with m.If(delay(m, begins, latency + 1, "inputs_valid")):
                m.d.sync += inputs.eq(self.i_inputs)
            distance = (own << 1) - inputs
            adder = delay(m, group.adder, latency + 1, "adder", reset_less=True)
            m.d.sync += value.eq(distance if c.mode == "adder" else Mux(adder, distance, own))
        biased = Signal(signed(c.result), name="biased", reset_less=True)
        m.d.sync += biased.eq(value + delay(m, entry.bias, 2, "bias", reset_less=True))

        stage = latency + 3
        relu = delay(m, group.relu, stage, "relu", reset_less=True)
        rectified = Mux(relu & (biased < 0), 0, biased)
        if not c.requantize.enabled:
            m.d.comb += self.o_raw.eq(rectified)
            return m
        m.submodules.requantizer = requantizer = Requantizer(
            c.result, True, c.requantize.multiplier_width, c.activation.width, c.activation.signed)
        m.d.comb += [
            requantizer.i_value.eq(biased),
            requantizer.i_multiplier.eq(delay(m, entry.multiplier, 3, "multiplier", reset_less=True)),
            requantizer.i_shift.eq(delay(m, group.shift, stage, "shift", reset_less=True)),
            requantizer.i_relu.eq(relu),
            self.o_activation.eq(requantizer.o_value),
            self.o_raw.eq(delay(m, rectified, Requantizer.LATENCY, "raw", reset_less=True)),
        ]
        return m

    def _before(self, m, busy, lane, total):
        """What the lane of ``total`` had for the row before; 0 for the first one since reset."""
        c, latency = self.config.shift_add, self.config.memory_latency
        m.submodules.before = before = Memory(row_width(c), max(2, c.lanes), latency=latency)
        comes = delay(m, busy, latency, "comes")
        which = delay(m, lane, latency, "which", reset_less=True)
        some = Signal()
        with m.If(comes & (which == c.lanes - 1)):
            m.d.sync += some.eq(1)
        m.d.comb += [
            before.i_address.eq(lane),
            before.i_write.eq(comes),
            before.i_write_address.eq(which),
            before.i_write_data.eq(total),
        ]
        return Mux(some, before.o_data, 0).as_signed()
