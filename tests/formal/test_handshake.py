"""Every stream keeps the handshake rule; ``Top``'s m_axis too, as it leaves through a SkidBuffer."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Cat, Fragment, Module, Mux, Signal, Value, signed
from amaranth.lib.wiring import Component, In, Out

from hw.control.sequencer import Sequencer
from hw.host import PacketReceiver, PacketSender
from hw.load import LoadBus
from hw.output import OutputBuffer
from hw.slip import SlipDecoder, SlipEncoder
from hw.sparse.buffers import ActivationSource
from hw.sparse.scanner import ColumnScanner
from hw.stream import Fork, Queue, ReadPipeline, SkidBuffer
from hw.uart import UartReceiver
from tests.formal.configs import small
from tests.formal.handshake import feed, watch
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories

LATENCIES = pytest.mark.parametrize("latency", [1, 2])


def any_input(m: Module, *inputs: Value) -> None:
    """Any value in any cycle."""
    for each in map(Value.cast, inputs):
        m.d.comb += each.eq(AnySeq(len(each)))


def check(spec, name, *, depth=3, cover=8):
    with memories(ContractMemory):
        prove(spec, name=f"handshake_{name}", depth=depth, cover=cover)


def through(component):
    """A spec of a component with one stream in, ``i``, and one out, ``o``."""
    def spec(m):
        m.submodules.dut = component
        feed(m, component.i, "i")
        watch(m, component.o, "o")
    return spec


def test_skid_buffer():
    check(through(SkidBuffer(3)), "skid_buffer")


def test_fork():
    def spec(m):
        dut = Fork(3, 2)
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        gone = Signal(2)
        m.d.sync += gone.eq(gone + (dut.i.valid & dut.i.ready))
        for k, reader in enumerate(dut.o):
            watch(m, reader, f"o_{k}")
            came = Signal(2, name=f"came_{k}")
            m.d.sync += came.eq(came + (reader.valid & reader.ready))
            m.d.comb += [
                Assert((came - gone)[:2] == probe(inside, "taken")[k], f"reader {k} has each item once"),
                Assert(~reader.valid | (reader.payload == dut.i.payload), f"reader {k} has it whole"),
            ]
    check(spec, "fork")


@LATENCIES
def test_read_pipeline(latency):
    def spec(m):
        m.submodules.dut = dut = ReadPipeline(4, 3, latency=latency)
        any_input(m, dut.i_address)
        feed(m, dut.i, "i")
        watch(m, dut.o, "o")
    check(spec, f"read_pipeline_{latency}")


@LATENCIES
def test_queue(latency):
    check(through(Queue(3, 4, latency=latency)), f"queue_{latency}")


@pytest.mark.parametrize("broadcasts", [1, 2])
def test_column_scanner(broadcasts):
    check(through(ColumnScanner(small(broadcasts=broadcasts).sparse, broadcasts - 1)),
          f"column_scanner_{broadcasts}")


@LATENCIES
def test_activation_source(latency):
    def spec(m):
        m.submodules.dut = dut = ActivationSource(small(memory_latency=latency))
        feed(m, dut.i, "i")
        watch(m, dut.o, "o")
        for name, data in (("input", dut.i_input), ("hidden", dut.i_hidden)):
            m.submodules[name] = memory = ContractMemory(
                len(data), 2 << len(dut.o_beat), latency=latency)
            any_input(m, memory.i_write, memory.i_write_address, memory.i_write_data)
            m.d.comb += [
                memory.i_read.eq(dut.o_read),
                memory.i_advance.eq(dut.o_advance),
                memory.i_address.eq(Cat(dut.o_beat, dut.o_context)),
                data.eq(memory.o_data),
            ]
    check(spec, f"activation_source_{latency}")


@LATENCIES
@pytest.mark.parametrize("width", [8, 34])
def test_output_buffer(latency, width):
    """``SparseEngine``'s stream ``o`` is this one."""
    def spec(m):
        m.submodules.dut = dut = OutputBuffer(4, width, True, latency=latency)
        any_input(m, dut.i_write, dut.i_context, *dut.i_row, *dut.i_value, dut.i_commit, dut.i_tag,
                  dut.i_count, dut.i_go)
        watch(m, dut.o, "o")
    check(spec, f"output_buffer_{latency}_{width}", cover=10)


@LATENCIES
def test_sequencer(latency):
    """Also: the buffer of drain requests has room whenever a layer is issued."""
    def spec(m):
        dut = Sequencer(small(memory_latency=latency), load_width=32, load_address=2)
        m.submodules.dut = inside = Fragment.get(dut, None)
        # No image is loaded while a layer is on its way, and layers finish in their turn.
        any_input(m, dut.i_full, *dut.i_tag, dut.i_context, dut.i_to_output)
        m.d.comb += dut.i_finished.eq(dut.o_drain.valid & dut.o_drain.ready)
        watch(m, dut.o_source, "source")
        watch(m, dut.o_drain, "drain")
        queued = probe(inside, "drains.valid") + ~probe(inside, "drains.room")
        m.d.comb += [
            Assert(probe(inside, "flying") == queued, "flying layers are those to drain"),
            Assert(~(probe(inside, "issued") & ~probe(inside, "drains.room")), "room when issued"),
            Assert(probe(inside, "flying") <= 2, "two layers at most"),
        ]
    check(spec, f"sequencer_{latency}", depth=8, cover=12)


class AnyChecksum(Component):
    """A CRC unit whose verdict may be anything: solvers cannot find words that match."""

    def __init__(self):
        super().__init__({"i_start": In(1), "i_valid": In(1), "i_data": In(32), "o": Out(32)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o.eq(AnySeq(32))
        return m


def test_packet_receiver(monkeypatch):
    monkeypatch.setattr("hw.host.Crc32", AnyChecksum)

    def spec(m):
        dut = PacketReceiver(0x1234, LoadBus(32, 4))
        m.submodules.dut = inside = Fragment.get(dut, None)
        # A vector's length is not counted anew while the vector comes, nor for an image.
        taking, feeding, parsing, sizing, trimming, vector, image = (probe(inside, name) for name in (
            "taking", "feeding", "parsing", "sizing", "trimming", "vector", "image"))
        m.d.comb += [Assert(~(feeding & (parsing | sizing | trimming)), "one part at a time"),
                     Assert(~(vector & image), "one kind of packet")]
        # Words of any payload, less one, counted in one piece until they are over. Numbers of states: in
        # the order in which they are named: LENGTH is 1, COMPARE and DISPATCH are 3 and 4.
        state = probe(inside, "fsm_state")
        left, upper, borrows, no_upper = (
            probe(inside, name) for name in ("left", "upper", "borrows", "no_upper"))
        count, over, borrowed = Signal(signed(32)), Signal(), Signal()
        moves = dut.i.valid & ((feeding & dut.o.ready) | (parsing & taking))
        with m.If(sizing):
            m.d.sync += [count.eq(((dut.i.payload.data + 3) >> 2) - 1), over.eq(0)]
        with m.Elif(moves):
            m.d.sync += [count.eq(count - 1), over.eq(count[-1])]
        m.d.sync += borrowed.eq(borrows)
        due = left[-1] & no_upper
        m.d.comb += [
            Assert(~(feeding | parsing | probe(inside, "compared")) | (due == count[-1]),
                   "the CRC comes behind the payload"),
            # What makes it inductive.
            Assert(over | sizing | (
                (count >= -1) & (left + ((upper - borrows) << 16) == count + trimming)),
                "it knows how many words come"),
            Assert(~(over & (feeding | parsing | state.matches(3, 4))), "none behind the payload"),
            Assert(sizing == (state == 1), "each packet counts its own"),
            Assert(~parsing | taking | probe(inside, "resumes"), "an image is taken"),
            Assert(over | (left >= Mux(borrows | borrowed, 2**16 - 3, -1)), "it borrows for long"),
        ]
        any_input(m, dut.i_idle)
        feed(m, dut.i, "i")
        watch(m, dut.o, "vector")
        watch(m, dut.o_status, "status")
    check(spec, "packet_receiver", depth=3, cover=26)


def test_packet_sender():
    def spec(m):
        m.submodules.dut = dut = PacketSender(4)
        any_input(m, dut.i_start, dut.i_tag, dut.i_words)
        feed(m, dut.i_status, "status")
        feed(m, dut.i, "result")
        watch(m, dut.o, "o")
    check(spec, "packet_sender")


@pytest.mark.parametrize("coder", [SlipEncoder, SlipDecoder])
def test_slip(coder):
    check(through(coder()), coder.__name__, cover=10)


def test_uart_receiver():
    """A byte that waits is kept, whatever the line does."""
    def spec(m):
        m.submodules.dut = dut = UartReceiver(4)
        any_input(m, dut.rx)
        watch(m, dut.o, "o")
    check(spec, "uart_receiver", cover=48)
