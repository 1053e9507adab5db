"""From accumulators of the binary array to results and to activations of several bits."""

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from hw.binary.layout import Output, layer_layout, row_layout, threshold_steps
from hw.config import BEAT, Config, bits_for
from hw.memory import Memory, address_width
from hw.stream import delay

__all__ = ["BinaryDrain", "group_layout"]


def group_layout(config: Config) -> StructLayout:
    """A group of rows whose accumulators leave one after the other."""
    c = config.binary
    layer = layer_layout(c)
    more = {name: layer[name].shape for name in ("levels", "out_planes") if name in layer.members}
    return StructLayout({"begin": 1, "end": 1, "output": Output, "tail": layer["tail"].shape,
                         "context": bits_for(c.vectors), "parity": 1, **more})


class BinaryDrain(Component):
    """Takes a group's accumulators, one row a cycle, and makes of them what the layer asks for.

    Results for the host: bias - scale * accumulator; or -1 and +1 by the sign; or the level: how many
    of the row's thresholds the accumulator does not exceed, found one bit a step. Levels for the next
    layer are collected, and put out as bit planes of a group.

    Members:
        i, i_valid: A group begins; its first accumulator is at ``i_sum`` 2 cycles later, and the next
            group ``period`` cycles later at the earliest.
        o_write, o_row, o_value, o_commit: Results, and that this is the last one of a vector.
        o_group, o_plane_write, o_plane, o_bits, o_plane_last: Only with levels: bit planes of a group
            whose levels are activations of the next layer.
        i_write_rows, i_write_thresholds, i_step, i_address, i_data: Image data for the tables of rows
            and of thresholds, of which each step of the search has one.

    Latency from a sum to its result: ``latency`` cycles.
    """

    def __init__(self, config: Config, *, load_width: int, load_address: int):
        c = config.binary
        self.config = config
        self.steps = threshold_steps(c)
        # The RAM, its word, the multiplier, its own register, the difference; or a RAM and a comparison
        # a step.
        self.latency = max(config.memory_latency + 4, self.steps * (config.memory_latency + 1))
        self.period = max(c.pes, self.steps)
        group = group_layout(config)
        super().__init__({
            "i": In(group),
            "i_valid": In(1),
            "i_sum": In(c.accumulator),
            "o_write": Out(1),
            "o_row": Out(bits_for(c.capacity.outputs)),
            "o_value": Out(BEAT),
            "o_commit": Out(1),
            **({"o_group": Out(group), "o_plane_write": Out(1), "o_plane": Out(range(self.steps)),
                "o_plane_last": Out(1), "o_bits": Out(c.pes)} if self.steps else {}),
            "i_write_rows": In(1),
            "i_write_thresholds": In(1),
            "i_step": In(16),
            "i_address": In(load_address),
            "i_data": In(load_width),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.binary, self.config.memory_latency
        # A cycle to see how many rows come.
        coming = delay(m, self.i, 1, "coming", reset_less=True)
        begins = delay(m, self.i_valid, 1, "begins")
        first_rest = Signal(signed(bits_for(c.pes) + 1), reset_less=True)
        m.d.sync += first_rest.eq(
            Mux(self.i.end, self.i.tail, Const(c.pes - 1, bits_for(c.pes))) - 1)
        # A row a cycle. `left`: rows of the group that are left, less one; `real`: rows of the matrix.
        group = Signal(self.i.shape(), name="group", reset_less=True)
        busy, real = Signal(), Signal()
        left, rest = (Signal.like(first_rest, name=name, reset_less=False) for name in ("left", "rest"))
        row = Signal(range(c.capacity.outputs + c.pes), reset_less=True)
        with m.If(busy):
            m.d.sync += [left.eq(left - 1), rest.eq(rest - 1), row.eq(row + 1)]
            with m.If(left[-1]):
                m.d.sync += busy.eq(0)
            with m.If(rest[-1]):
                m.d.sync += real.eq(0)
        with m.If(begins):
            m.d.sync += [busy.eq(1), real.eq(1), group.eq(coming), left.eq(c.pes - 2),
                         rest.eq(first_rest)]
            with m.If(coming.begin):
                m.d.sync += row.eq(0)
        to_host = group.output != Output.HIDDEN
        writes = busy & real
        final = writes & group.end & rest[-1] & to_host
        m.d.comb += [
            self.o_write.eq(delay(m, writes & to_host, self.latency, "result")),
            self.o_row.eq(delay(m, row[:len(self.o_row)], self.latency, "result_row", reset_less=True)),
            self.o_commit.eq(delay(m, final, self.latency, "commit")),
        ]
        total = Signal(signed(c.accumulator))
        m.d.comb += total.eq(self.i_sum)

        layout = row_layout(c)
        m.submodules.rows = rows = Memory(
            layout.size, max(2, c.capacity.outputs), latency=latency, distributed=self._distributed)
        entry = Signal(layout)
        later = delay(m, total, latency + 1, "total", reset_less=True)
        product = Signal(signed(c.accumulator + c.scale_width + 1), reset_less=True)
        bias = delay(m, entry.bias, 3, "bias", reset_less=True)
        value = Signal(BEAT, reset_less=True)
        m.d.comb += [
            rows.i_write.eq(self.i_write_rows),
            rows.i_write_address.eq(self.i_address),
            rows.i_write_data.eq(self.i_data),
            rows.i_address.eq(row),
            entry.eq(rows.o_data),
        ]
        scale = delay(m, entry.scale, 1, "scale", reset_less=True)  # the multiplier is slow, the RAM far
        m.d.sync += [product.eq(later * scale),
                     value.eq(bias - delay(m, product, 1, "product", reset_less=True))]
        result = delay(m, value, self.latency - latency - 4, "value", reset_less=True)
        negative = delay(m, total[-1], self.latency, "negative", reset_less=True)
        output = delay(m, group.output, self.latency, "output", reset_less=True)
        results = {Output.SIGN: Mux(negative, Const(1, BEAT), Const(-1, BEAT)), Output.RAW: result}
        if self.steps:
            level = self._level(m, total, busy, coming, begins)
            results[Output.LEVEL] = level
            self._planes(m, level, busy & ~to_host, real, left[-1], group)
        with m.Switch(output):
            for kind, each in results.items():
                with m.Case(kind):
                    m.d.comb += self.o_value.eq(each)
        return m

    @property
    def _distributed(self):
        return self.config.binary.small_ram == "distributed"

    def _level(self, m, total, busy, coming, begins):
        """The level of each row, ``self.latency`` cycles after its sum, highest bit first."""
        c, latency = self.config.binary, self.config.memory_latency
        number = Signal(address_width(c.capacity.levels), reset_less=True)  # among rows with thresholds
        with m.If(busy):
            m.d.sync += number.eq(number + 1)
        with m.If(begins & coming.begin):
            m.d.sync += number.eq(coming.levels)
        level: list[Value] = []
        for step in range(self.steps):
            m.submodules[f"thresholds_{step}"] = memory = Memory(
                c.accumulator, c.capacity.levels << step, latency=latency,
                distributed=self._distributed)
            threshold = Signal(signed(c.accumulator), name=f"threshold_{step}")
            m.d.comb += [
                memory.i_write.eq(self.i_write_thresholds & (self.i_step == step)),
                memory.i_write_address.eq(self.i_address),
                memory.i_write_data.eq(self.i_data),
                memory.i_address.eq(Cat(*level, number)),
                threshold.eq(memory.o_data),
            ]
            compared = delay(m, total, latency, f"total_{step}", reset_less=True)
            bit = Signal(name=f"bit_{step}", reset_less=True)
            m.d.sync += bit.eq(compared <= threshold)
            # Lowest bit first, as in an address.
            level = [bit, *(delay(m, each, latency + 1, f"level_{step}_{k}", reset_less=True)
                            for k, each in enumerate(level))]
            total = delay(m, compared, 1, f"compared_{step}", reset_less=True)
            number = delay(m, number, latency + 1, f"number_{step}", reset_less=True)
        spare = self.latency - self.steps * (latency + 1)
        return delay(m, Cat(*level), spare, "level", reset_less=True)

    def _planes(self, m, level, takes, real, last, group):
        """Levels of a group, one a cycle, become its bit planes, one a cycle."""
        c = self.config.binary
        takes = delay(m, takes, self.latency, "takes")
        real = delay(m, real, self.latency, "real", reset_less=True)
        complete = delay(m, takes & delay(m, last, self.latency, "last"), 1, "complete")
        held_group = Signal.like(group, name="held_group", reset_less=True)
        group = delay(m, group, self.latency + 1, "group", reset_less=True)
        filled = [Signal(c.pes, name=f"plane_{k}", reset_less=True) for k in range(self.steps)]
        held = Array(Signal(c.pes, name=f"held_{k}", reset_less=True) for k in range(self.steps))
        with m.If(takes):
            m.d.sync += [bits.eq(Cat(bits[1:], level[k] & real)) for k, bits in enumerate(filled)]
        writing, final = Signal(), Signal()
        m.d.comb += [
            final.eq(self.o_plane == held_group.out_planes),
            self.o_plane_write.eq(writing),
            self.o_plane_last.eq(writing & final),
            self.o_group.eq(held_group),
            self.o_bits.eq(held[self.o_plane]),
        ]
        m.d.sync += self.o_plane.eq(self.o_plane + 1)
        with m.If(final):
            m.d.sync += writing.eq(0)
        with m.If(complete):
            m.d.sync += [writing.eq(1), self.o_plane.eq(0), held_group.eq(group),
                         *(h.eq(f) for h, f in zip(held, filled, strict=True))]
