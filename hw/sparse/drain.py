"""The drain: finished accumulators to natural rows, with bias, ReLU and requantization."""

from amaranth import Module, Mux, Signal, signed, unsigned
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out, Signature

from hw.arithmetic.requantize import Requantizer
from hw.config import Config, Sparse, bits_for
from hw.memory import Memory
from hw.packet import TAG_BITS
from hw.sparse.layout import drain_job_layout, drain_layout, row_layout
from hw.stream import delay

__all__ = ["Drain", "drain_request"]


class DrainRequests(Signature):
    """Reads from the accumulators of one PE, and banks that are given back."""

    def __init__(self, config: Sparse):
        super().__init__({
            "read": Out(1), "pe": Out(bits_for(config.pes)), "bank": Out(1),
            "slot": Out(bits_for(config.capacity.rows)), "release": Out(2),
        })


def drain_request(config: Config) -> StructLayout:
    """A layer to drain: its parameters, its accumulator bank, and the context and tag of its vector."""
    return StructLayout({"job": drain_job_layout(config.sparse), "bank": 1, "context": 1,
                         "tag": TAG_BITS})


class Drain(Component):
    """Reads one accumulator a cycle and writes it to its natural place.

    The order of a layer's accumulators, their rows, biases and multipliers stand in two tables; rows
    can therefore lie on any PE in any slot, and in parts: the parts of a row follow one another, are
    added, and the last one writes. A layer is drained when every PE has finished it and, for a
    network's last layer, when the output buffer of its context is free.

    Members:
        i: Stream of layers to drain; taken when the layer is done.
        i_done: Every PE has finished the layer in this bank (one bit a bank).
        i_free: Output buffers that may be written (one bit a context).
        o_bus: Accumulator reads; ``i_sum`` answers ``answer`` cycles later.
        o_write, o_context, o_row: A result for the hidden activations (``o_hidden``) or, if
            ``o_to_output``, for the output buffer (``o_output``).
        o_finished: The layer's results are all written; ``o_context``, ``o_tag`` and ``o_to_output``
            still hold.
        i_write_drain, i_write_rows, i_address, i_data: Image data for the two tables.

    A layer takes ``answer + memory_latency + 4`` cycles beside one cycle a part, and
    ``Requantizer.LATENCY`` more if there is a requantizer.
    """

    def __init__(self, config: Config, *, answer: int, load_width: int, load_address: int):
        self.config, self.answer = config, answer
        c = config.sparse
        self.request = drain_request(config)
        super().__init__({
            "i": In(stream.Signature(self.request)),
            "i_done": In(2),
            "i_free": In(2),
            "o_bus": Out(DrainRequests(c)),
            "i_sum": In(c.accumulator.width),
            "o_write": Out(1),
            "o_row": Out(row_layout(c)["row"].width),
            "o_hidden": Out(c.activation.width),
            "o_output": Out(c.accumulator.width),
            "o_context": Out(1),
            "o_tag": Out(TAG_BITS),
            "o_to_output": Out(1),
            "o_finished": Out(1),
            "i_write_drain": In(1),
            "i_write_rows": In(1),
            "i_address": In(load_address),
            "i_data": In(load_width),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        total_rows = c.capacity.total_rows
        order = Memory(drain_layout(c).size, total_rows, latency=latency)
        rows = Memory(row_layout(c).size, total_rows, latency=latency)
        m.submodules.order, m.submodules.rows = order, rows
        for memory, write in ((order, self.i_write_drain), (rows, self.i_write_rows)):
            m.d.comb += [
                memory.i_write.eq(write),
                memory.i_write_address.eq(self.i_address),
                memory.i_write_data.eq(self.i_data),
            ]

        request, job = self.i.payload, self.i.payload.job
        index, left = Signal(range(total_rows)), Signal(bits_for(total_rows))
        reading = Signal()

        # Stage 0: which accumulator. The bus is registered, then answers `answer` cycles later.
        place = Signal(drain_layout(c))
        ask = delay(m, reading, latency, "ask")
        m.d.comb += [order.i_address.eq(index), place.eq(order.o_data)]
        bus = self.o_bus
        m.d.sync += [bus.read.eq(ask), bus.pe.eq(place.pe), bus.slot.eq(place.slot),
                     bus.bank.eq(request.bank)]
        asked = delay(m, bus.read, self.answer - latency, "asked")
        # Its row, bias and multiplier are read so that they meet the sum.
        row_index = Signal(range(total_rows))
        m.d.comb += rows.i_address.eq(row_index)
        meets = delay(m, asked, latency, "meets")
        row = Signal(row_layout(c))
        m.d.comb += row.eq(rows.o_data)

        # The first part of a row is added to the bias, the next ones to the sum so far. Then requantize.
        sum_shape = signed(c.accumulator.width) if c.accumulator.signed else unsigned(
            c.accumulator.width)
        accumulator, bias = Signal(sum_shape), Signal(sum_shape)
        biased = Signal(sum_shape, reset_less=True)
        continues = Signal()
        m.d.comb += [accumulator.eq(self.i_sum), bias.eq(row.bias)]
        m.d.sync += [biased.eq(accumulator + Mux(continues, biased, bias)),
                     continues.eq(meets & row.more)]
        raw = Signal(sum_shape)
        m.d.comb += raw.eq(Mux(job.relu & (biased < 0), 0, biased))
        writes = delay(m, meets & ~row.more, 1, "biased_valid")
        natural = delay(m, row.row, 1, "natural", reset_less=True)
        if c.requantize.enabled:
            m.submodules.requantizer = requantizer = Requantizer(
                c.accumulator.width, c.accumulator.signed, c.requantize.multiplier_width,
                c.activation.width, c.activation.signed)
            steps = requantizer.LATENCY
            m.d.comb += [
                requantizer.i_value.eq(biased),
                requantizer.i_multiplier.eq(delay(m, row.multiplier, 1, "multiplier",
                                                  reset_less=True)),
                requantizer.i_shift.eq(job.shift),
                requantizer.i_relu.eq(job.relu),
            ]
            activation = Signal(signed(c.activation.width) if c.activation.signed else unsigned(
                c.activation.width))
            m.d.comb += [
                activation.eq(requantizer.o_value),
                self.o_hidden.eq(activation),
                self.o_output.eq(Mux(job.raw, delay(m, raw, steps, "raw", reset_less=True),
                                     activation)),
            ]
        else:
            steps = 0
            m.d.comb += self.o_output.eq(raw)
        m.d.comb += [
            self.o_write.eq(delay(m, writes, steps, "writes")),
            self.o_row.eq(delay(m, natural, steps, "row", reset_less=True)),
            self.o_context.eq(request.context),
            self.o_tag.eq(request.tag),
            self.o_to_output.eq(job.to_output),
        ]

        # One layer after the other; the pipeline is empty between them. The next layer uses the other
        # bank, so that a bank's `done` has long fallen when it is looked at again.
        length = latency + 1 + self.answer + 1 + steps + 1
        flush = Signal(range(length + 1))
        done = Signal(2)  # late by a cycle: a wide AND stands before it
        m.d.sync += done.eq(self.i_done)
        m.d.sync += bus.release.eq(0)
        with m.If(asked):
            m.d.sync += row_index.eq(row_index + 1)
        with m.FSM():
            with m.State("WAIT"):
                m.d.sync += [index.eq(job.row_base), row_index.eq(job.row_base),
                             left.eq(job.more_rows), flush.eq(length)]
                free = ~job.to_output | self.i_free.bit_select(request.context, 1)
                with m.If(self.i.valid & done.bit_select(request.bank, 1) & free):
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += reading.eq(1)
                m.d.sync += [index.eq(index + 1), left.eq(left - 1)]
                with m.If(left == 0):
                    m.next = "FLUSH"
            with m.State("FLUSH"):
                m.d.sync += flush.eq(flush - 1)
                with m.If(flush == 0):
                    m.d.sync += bus.release.eq(Mux(request.bank, 0b10, 0b01))
                    m.d.comb += [self.o_finished.eq(1), self.i.ready.eq(1)]
                    m.next = "WAIT"
        return m
