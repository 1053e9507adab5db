"""Config to connected components: the module that is generated, simulated and put on boards."""

from typing import Any

from amaranth import Module
from amaranth.lib.wiring import Component, In, Out, Signature, connect, flipped

from hw.binary.engine import BinaryEngine
from hw.config import BEAT, Config
from hw.host import BEAT_LAYOUT, PacketReceiver, PacketSender
from hw.load import LoadBus
from hw.packet import Error
from hw.registers import Axi4Lite, Registers
from hw.shared import Shared
from hw.shift_add.engine import ShiftAddEngine
from hw.sparse.engine import SparseEngine
from hw.stream import SkidBuffer

__all__ = ["Axi4Stream", "Top"]


ENGINES = {"sparse": SparseEngine, "binary": BinaryEngine, "shift_add": ShiftAddEngine}


class Axi4Stream(Signature):
    """AXI4-Stream, as its source drives it."""

    def __init__(self, width: int = BEAT, *, packets: bool = True):
        super().__init__({"tdata": Out(width), "tvalid": Out(1), "tready": In(1),
                          **({"tlast": Out(1)} if packets else {})})


class Top(Component):
    """The top level: packets over AXI4-Stream in and out, registers over AXI4-Lite.

    Ports: ``s_axis_*`` (packets to the engine), ``m_axis_*`` (results and status), ``s_axil_*``
    (``hw.registers``), ``clk``, ``rst`` (synchronous, active high). All outputs of the streams come
    from registers.

    Where entries are streamed, also ``s_axis_w_*`` (without ``tlast``): what ``thrifty compile`` writes
    as ``weights.bin``, once for each vector, as far ahead as wished. Nothing is taken while there is no
    valid image. A new image makes the hardware forget what has come: the source starts anew.
    """

    def __init__(self, config: Config):
        self.config = config
        self.streamed = config.sparse is not None and config.sparse.entries == "stream"
        self.engine: Any = ENGINES[config.engine_name](config)
        super().__init__({"s_axis": In(Axi4Stream()), "m_axis": Out(Axi4Stream()),
                          "s_axil": In(Axi4Lite()), **(
                              {"s_axis_w": In(Axi4Stream(config.sparse.stream_width, packets=False))}
                              if self.streamed else {})})

    @property
    def shared(self) -> list[Shared]:
        """Modules to emit beside this one."""
        return self.engine.shared

    def elaborate(self, platform):
        m = Module()
        hardware_id = self.config.hardware_id()
        m.submodules.engine = engine = self.engine
        m.submodules.entrance = entrance = SkidBuffer(BEAT_LAYOUT)
        m.submodules.exit = exit_ = SkidBuffer(BEAT_LAYOUT)
        m.submodules.receiver = receiver = PacketReceiver(
            hardware_id, LoadBus(engine.load_width, engine.load_address),
            self.config if self.config.sparse is not None and self.config.sparse.huffman == "image"
            else None)
        m.submodules.sender = sender = PacketSender(len(engine.o_words))
        m.submodules.registers = registers = Registers(hardware_id)

        m.d.comb += [
            entrance.i.valid.eq(self.s_axis.tvalid),
            entrance.i.payload.data.eq(self.s_axis.tdata),
            entrance.i.payload.last.eq(self.s_axis.tlast),
            self.s_axis.tready.eq(entrance.i.ready),
            self.m_axis.tvalid.eq(exit_.o.valid),
            self.m_axis.tdata.eq(exit_.o.payload.data),
            self.m_axis.tlast.eq(exit_.o.payload.last),
            exit_.o.ready.eq(self.m_axis.tready),
        ]
        connect(m, entrance.o, receiver.i)
        connect(m, sender.o, exit_.i)
        connect(m, receiver.o_load, engine.i_load)
        connect(m, receiver.o, engine.i)
        connect(m, receiver.o_status, sender.i_status)
        connect(m, engine.o, sender.i)
        connect(m, flipped(self.s_axil), registers.s_axil)
        m.d.comb += [
            receiver.i_idle.eq(engine.o_idle & engine.o_empty & engine.o_ready),
            engine.i_commit.eq(receiver.o_commit),
            engine.i_discard.eq(receiver.o_discard),
            engine.i_tag.eq(receiver.o_tag),
            engine.i_count.eq(receiver.o_outputs),
            sender.i_start.eq(engine.o_start),
            sender.i_tag.eq(engine.o_tag),
            sender.i_words.eq(engine.o_words),
            engine.i_go.eq(sender.o_go),
            registers.i_image_valid.eq(receiver.o_image_valid),
            registers.i_idle.eq(engine.o_idle),
            registers.i_ready.eq(engine.o_ready),
            registers.i_input_bytes.eq(receiver.o_input_bytes),
            registers.i_outputs.eq(receiver.o_outputs),
            registers.i_sent.eq(sender.o_go),
            registers.i_error.eq(receiver.o_status.payload.error),
            registers.i_failed.eq(receiver.o_status.valid & receiver.o_status.ready
                                  & (receiver.o_status.payload.error != Error.NONE)),
        ]
        if self.streamed:
            m.d.comb += [
                engine.i_entries.valid.eq(self.s_axis_w.tvalid),
                engine.i_entries.payload.eq(self.s_axis_w.tdata),
                self.s_axis_w.tready.eq(engine.i_entries.ready),
                engine.i_open.eq(receiver.o_image_valid),
            ]
        return m
