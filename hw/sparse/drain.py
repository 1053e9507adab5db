"""The drain: finished accumulators to natural rows, with bias, ReLU and requantization."""

from amaranth import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import stream
from amaranth.lib.data import StructLayout, View
from amaranth.lib.wiring import Component, In, Out, Signature

from hw.arithmetic.requantize import Requantizer
from hw.config import Config, Sparse, bits_for
from hw.memory import Memory
from hw.packet import TAG_BITS
from hw.sparse.layout import drain_job_layout, drain_layout, row_layout
from hw.stream import delay

__all__ = ["Drain", "drain_request"]


class DrainRequest(Signature):
    """A read from the accumulators of one PE."""

    def __init__(self, config: Sparse):
        super().__init__({"read": Out(1), "pe": Out(bits_for(config.pes)),
                          "slot": Out(bits_for(config.capacity.rows))})


class DrainResult(Signature):
    """A result, for the hidden activations or for the output buffer."""

    def __init__(self, config: Sparse):
        super().__init__({
            "write": Out(1), "row": Out(row_layout(config)["row"].width),
            "hidden": Out(config.activation.width), "output": Out(config.accumulator.width),
        })


def drain_request(config: Config) -> StructLayout:
    """A layer to drain: its parameters, its accumulator bank, and the context and tag of its vector."""
    return StructLayout({"job": drain_job_layout(config.sparse), "bank": 1, "context": 1,
                         "tag": TAG_BITS})


class Drain(Component):
    """Reads one accumulator a cycle and lane, and writes it to its natural place.

    The order of a layer's accumulators, their rows, biases and multipliers stand in two tables a lane;
    rows can therefore lie on any PE of the lane in any slot, and in parts: the parts of a row follow
    one another, are added, and the last one writes. With two lanes, one drains the even rows and one
    the odd rows. A layer is drained when every PE has finished it and, for a network's last layer,
    when the output buffer of its context is free.

    Members:
        i: Stream of layers to drain; taken when the layer is done.
        i_done: Every PE has finished the layer in this bank (one bit a bank).
        i_free: Output buffers that may be written (one bit a context).
        o_request, o_bank: Accumulator reads, one a lane; ``i_sum`` answers ``answer`` cycles later.
        o_release: Banks that are given back.
        o_result: Results, one a lane; for the output buffer if ``o_to_output``, else hidden. They are
            of ``o_context``.
        o_finished: The layer's results are all written; ``o_context``, ``o_tag`` and ``o_to_output``
            still hold.
        i_write_drain, i_write_rows, i_lane, i_address, i_data: Image data for the two tables.

    A layer takes ``answer + memory_latency + 5`` cycles beside one cycle a part, and
    ``Requantizer.LATENCY`` more if there is a requantizer.
    """

    def __init__(self, config: Config, *, answer: int, load_width: int, load_address: int):
        self.config, self.answer = config, answer
        c = config.sparse
        self.request = drain_request(config)
        self.steps = Requantizer.LATENCY if c.requantize.enabled else 0
        super().__init__({
            "i": In(stream.Signature(self.request)),
            "i_done": In(2),
            "i_free": In(2),
            "o_request": Out(DrainRequest(c)).array(c.drains),
            "o_bank": Out(1),
            "o_release": Out(2),
            "i_sum": In(c.accumulator.width).array(c.drains),
            "o_result": Out(DrainResult(c)).array(c.drains),
            "o_context": Out(1),
            "o_tag": Out(TAG_BITS),
            "o_to_output": Out(1),
            "o_finished": Out(1),
            "i_write_drain": In(1),
            "i_write_rows": In(1),
            "i_lane": In(1),
            "i_address": In(load_address),
            "i_data": In(load_width),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        request, job = self.i.payload, self.i.payload.job
        start, finished = Signal(), Signal()
        m.d.sync += [
            self.o_context.eq(request.context),
            self.o_to_output.eq(job.to_output),
            self.o_bank.eq(request.bank),
        ]
        m.d.comb += [
            self.o_tag.eq(request.tag), self.o_finished.eq(finished), self.i.ready.eq(finished)]
        reading = Cat(self._lane(m, lane, job, start) for lane in range(c.drains))

        # One layer after the other; the pipeline is empty between them. The next layer uses the other
        # bank, so that a bank's `done` has long fallen when it is looked at again.
        length = latency + self.answer + self.steps - 1
        flush = Signal(range(-1, length + 1))
        done = Signal(2)  # late by a cycle: a wide AND stands before it
        m.d.sync += [done.eq(self.i_done), self.o_release.eq(0), start.eq(0), finished.eq(0)]
        with m.FSM():
            with m.State("WAIT"):
                free = ~job.to_output | self.i_free.bit_select(request.context, 1)
                m.d.sync += start.eq(~start & self.i.valid & done.bit_select(request.bank, 1) & free)
                with m.If(start):
                    m.next = "READ"
            with m.State("READ"):
                m.d.sync += flush.eq(length)
                with m.If(~reading.any()):
                    m.next = "FLUSH"
            with m.State("FLUSH"):
                m.d.sync += flush.eq(flush - 1)
                with m.If(flush[-1]):
                    m.d.sync += [finished.eq(1), self.o_release.eq(Mux(self.o_bank, 0b10, 0b01))]
                    m.next = "FINISHED"
            with m.State("FINISHED"):
                m.next = "WAIT"
        return m

    def _lane(self, m: Module, lane: int, job: View, start: Signal) -> Signal:
        """One lane; whether it still reads accumulators."""
        c, latency = self.config.sparse, self.config.memory_latency
        total_rows = c.capacity.total_rows
        order = Memory(drain_layout(c).size, total_rows, latency=latency)
        rows = Memory(row_layout(c).size, total_rows, latency=latency)
        m.submodules[f"order_{lane}"], m.submodules[f"rows_{lane}"] = order, rows
        mine = (self.i_lane == lane) if c.drains > 1 else Const(1)
        for memory, write in ((order, self.i_write_drain), (rows, self.i_write_rows)):
            m.d.comb += [
                memory.i_write.eq(write & mine),
                memory.i_write_address.eq(self.i_address),
                memory.i_write_data.eq(self.i_data),
            ]

        # What is needed at many places is registered: it is there long before the first sum.
        base, parts, raw, relu, shift = (delay(m, job[name], latency - 1, f"{name}_{lane}") for name in (
            f"base_{lane}", f"parts_{lane}", "raw", "relu", "shift"))
        index = Signal(range(total_rows), name=f"index_{lane}", reset_less=True)
        left = Signal(signed(len(parts) + 1), name=f"left_{lane}", init=-1)  # parts, less one
        reading = ~left[-1]
        m.d.sync += index.eq(Mux(start, base, index + 1))
        with m.If(start | reading):
            m.d.sync += left.eq(Mux(start, parts, left) - 1)

        # Stage 0: which accumulator. The bus is registered, then answers `answer` cycles later.
        place = Signal(drain_layout(c), name=f"place_{lane}")
        ask = delay(m, reading, latency, f"ask_{lane}")
        bus = self.o_request[lane]
        m.d.comb += [order.i_address.eq(index), place.eq(order.o_data)]
        m.d.sync += [bus.read.eq(ask), bus.pe.eq(place.pe), bus.slot.eq(place.slot)]
        # Its row, bias and multiplier are read so that they meet the sum; large memories' come from
        # wherever those are placed.
        further = latency - 1
        asked = delay(m, bus.read, self.answer - latency - further, f"asked_{lane}")
        row_index = Signal(range(total_rows), name=f"row_index_{lane}")
        with m.If(start):
            m.d.sync += row_index.eq(base)
        with m.Elif(asked):
            m.d.sync += row_index.eq(row_index + 1)
        m.d.comb += rows.i_address.eq(row_index)
        meets = delay(m, asked, latency + further, f"meets_{lane}")
        row = Signal(row_layout(c), name=f"row_{lane}")
        m.d.comb += row.eq(delay(m, rows.o_data, further, f"row_{lane}", reset_less=True))

        # The first part of a row is added to the bias, the next ones to the sum so far. Then requantize.
        sum_shape = signed(c.accumulator.width) if c.accumulator.signed else unsigned(
            c.accumulator.width)
        accumulator, bias = (Signal(sum_shape, name=f"{name}_{lane}") for name in ("sum", "bias"))
        biased = Signal(sum_shape, name=f"biased_{lane}", reset_less=True)
        continues = Signal(name=f"continues_{lane}")
        m.d.comb += [accumulator.eq(self.i_sum[lane]), bias.eq(row.bias)]
        m.d.sync += [biased.eq(accumulator + Mux(continues, biased, bias)),
                     continues.eq(meets & row.more)]
        rectified = Signal(sum_shape, name=f"rectified_{lane}")
        m.d.comb += rectified.eq(Mux(relu & (biased < 0), 0, biased))
        writes = delay(m, meets & ~row.more, 1, f"biased_valid_{lane}")
        natural = delay(m, row.row, 1, f"natural_{lane}", reset_less=True)
        result = self.o_result[lane]
        if c.requantize.enabled:
            m.submodules[f"requantizer_{lane}"] = requantizer = Requantizer(
                c.accumulator.width, c.accumulator.signed, c.requantize.multiplier_width,
                c.activation.width, c.activation.signed)
            m.d.comb += [
                requantizer.i_value.eq(biased),
                requantizer.i_multiplier.eq(delay(m, row.multiplier, 1, f"multiplier_{lane}",
                                                  reset_less=True)),
                requantizer.i_shift.eq(shift),
                requantizer.i_relu.eq(relu),
            ]
            activation = Signal(signed(c.activation.width) if c.activation.signed else unsigned(
                c.activation.width), name=f"activation_{lane}")
            m.d.comb += [
                activation.eq(requantizer.o_value),
                result.hidden.eq(activation),
                result.output.eq(Mux(raw, delay(m, rectified, self.steps, f"rectified_{lane}",
                                                reset_less=True), activation)),
            ]
        else:
            m.d.comb += result.output.eq(rectified)
        m.d.comb += [
            result.write.eq(delay(m, writes, self.steps, f"writes_{lane}")),
            result.row.eq(delay(m, natural, self.steps, f"row_{lane}", reset_less=True)),
        ]
        return reading
