"""Stand-ins for a generated design, with its ports: they send packets back."""

import json
from pathlib import Path

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from gen.verilog import emit

_INPUTS = {
    "s_axis_tdata": 32, "s_axis_tvalid": 1, "s_axis_tlast": 1, "m_axis_tready": 1,
    "s_axil_awaddr": 8, "s_axil_awprot": 3, "s_axil_awvalid": 1, "s_axil_wdata": 32,
    "s_axil_wstrb": 4, "s_axil_wvalid": 1, "s_axil_bready": 1, "s_axil_araddr": 8,
    "s_axil_arprot": 3, "s_axil_arvalid": 1, "s_axil_rready": 1,
}
_OUTPUTS = {
    "s_axis_tready": 1, "m_axis_tdata": 32, "m_axis_tvalid": 1, "m_axis_tlast": 1,
    "s_axil_awready": 1, "s_axil_wready": 1, "s_axil_bresp": 2, "s_axil_bvalid": 1,
    "s_axil_arready": 1, "s_axil_rdata": 32, "s_axil_rresp": 2, "s_axil_rvalid": 1,
}
_PORTS = ({name: In(width) for name, width in _INPUTS.items()}
          | {name: Out(width) for name, width in _OUTPUTS.items()})


class Loopback(wiring.Component):
    """Packets through a queue of 16 words."""

    def __init__(self):
        super().__init__(_PORTS)
        self.memories = []

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = SyncFIFOBuffered(width=33, depth=16)
        m.d.comb += [
            queue.w_data.eq(Cat(self.s_axis_tdata, self.s_axis_tlast)),
            queue.w_en.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(queue.w_rdy),
            Cat(self.m_axis_tdata, self.m_axis_tlast).eq(queue.r_data),
            self.m_axis_tvalid.eq(queue.r_rdy),
            queue.r_en.eq(self.m_axis_tready),
        ]
        return m


class Store(wiring.Component):
    """A packet into a single-port memory of so many words, then out of it."""

    def __init__(self, depth):
        super().__init__(_PORTS)
        self._depth = depth
        self.memories = [{"module": "standin", "name": "words", "width": 32, "depth": depth,
                          "ports": "single", "count": 1}]

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = Memory(shape=32, depth=self._depth, init=[])
        write, read = words.write_port(), words.read_port(transparent_for=())
        address, length = Signal(range(self._depth)), Signal(range(self._depth))
        m.d.comb += [
            write.addr.eq(address), write.data.eq(self.s_axis_tdata), read.addr.eq(address),
            read.en.eq(~write.en), self.m_axis_tdata.eq(read.data),
            self.m_axis_tlast.eq(address == length),
        ]
        with m.FSM():
            with m.State("in"):
                m.d.comb += [self.s_axis_tready.eq(1), write.en.eq(self.s_axis_tvalid)]
                with m.If(write.en):
                    m.d.sync += [address.eq(address + 1), length.eq(address)]
                    with m.If(self.s_axis_tlast):
                        m.d.sync += address.eq(0)
                        m.next = "read"
            with m.State("read"):
                m.next = "out"
            with m.State("out"):
                m.d.comb += self.m_axis_tvalid.eq(1)
                with m.If(self.m_axis_tready):
                    m.d.sync += address.eq(address + 1)
                    m.next = "read"
                    with m.If(self.m_axis_tlast):
                        m.d.sync += address.eq(0)
                        m.next = "in"
        return m


def generate(build_dir: Path, component: wiring.Component) -> None:
    """What ``thrifty generate`` leaves behind."""
    (build_dir / "standin.v").write_text(emit(component, "standin"))
    (build_dir / "manifest.json").write_text(json.dumps({
        "name": "standin", "verilog": "standin.v", "technology": {},
        "keep_hierarchy": ["standin"],
        "memories": component.memories}))
