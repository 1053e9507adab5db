"""Control and status registers behind AXI4-Lite."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from amaranth import Module, Signal
from amaranth.lib.wiring import Component, In, Out, Signature

from hw.packet import Error

__all__ = ["Axi4Lite", "REGISTERS", "Register", "Registers", "register_map"]

MAGIC = 0x59465254  # "TRFY"


@dataclass(frozen=True)
class Register:
    """A 32-bit register: byte offset, name, access, and what its bits mean."""

    offset: int
    name: str
    access: Literal["read", "read_write"]
    description: str


REGISTERS = (
    Register(0x00, "magic", "read", f"{MAGIC:#010x}, the letters TRFY"),
    Register(0x04, "hardware_id", "read", "hash of the configuration; images carry the same"),
    Register(0x08, "status", "read", "bit 0: a valid image is loaded; bit 1: idle; bit 2: ready "
             "(accumulators cleared after reset); bits 15:8: last error, see errors"),
    Register(0x0C, "control", "read_write", "write bit 0: forget the last error; reads 0"),
    Register(0x10, "input_bytes", "read", "payload bytes of an input vector, from the image"),
    Register(0x14, "outputs", "read", "elements of an output vector, from the image"),
    Register(0x18, "vectors", "read", "results sent since reset"),
    Register(0x1C, "errors", "read", "bad packets since reset"),
    Register(0x20, "busy_cycles", "read", "cycles since reset in which a vector was computed"),
)


def register_map() -> dict[str, Any]:
    """The registers and error codes as plain data, for the manifest."""
    return {"registers": [asdict(register) for register in REGISTERS],
            "errors": {int(error): error.explanation for error in Error}}


class Axi4Lite(Signature):
    """AXI4-Lite with 32-bit data and 8-bit addresses, as its master drives it."""

    def __init__(self):
        super().__init__({
            "awaddr": Out(8), "awprot": Out(3), "awvalid": Out(1), "awready": In(1),
            "wdata": Out(32), "wstrb": Out(4), "wvalid": Out(1), "wready": In(1),
            "bresp": In(2), "bvalid": In(1), "bready": Out(1),
            "araddr": Out(8), "arprot": Out(3), "arvalid": Out(1), "arready": In(1),
            "rdata": In(32), "rresp": In(2), "rvalid": In(1), "rready": Out(1),
        })


class Registers(Component):
    """AXI4-Lite registers; see ``REGISTERS``.

    Unmapped addresses read 0 and answer SLVERR, as do writes to registers that cannot be written.
    A transfer every 2 cycles at most; responses come from registers.

    Members: ``s_axil``, one input a readable value, ``i_sent`` (a result was sent), ``i_error`` and
    ``i_failed`` (a packet was bad).
    """

    def __init__(self, hardware_id: int):
        self.hardware_id = hardware_id
        super().__init__({
            "s_axil": In(Axi4Lite()),
            "i_image_valid": In(1),
            "i_idle": In(1),
            "i_ready": In(1),
            "i_input_bytes": In(32),
            "i_outputs": In(32),
            "i_sent": In(1),
            "i_failed": In(1),
            "i_error": In(Error),
        })

    def elaborate(self, platform):
        m = Module()
        bus = self.s_axil
        error, vectors, errors, busy = Signal(Error), Signal(32), Signal(32), Signal(32)
        m.d.sync += [
            vectors.eq(vectors + self.i_sent),
            errors.eq(errors + self.i_failed),
            busy.eq(busy + ~self.i_idle),
        ]
        values = {
            "magic": MAGIC,
            "hardware_id": self.hardware_id,
            "status": self.i_image_valid | self.i_idle << 1 | self.i_ready << 2 | error << 8,
            "control": 0,
            "input_bytes": self.i_input_bytes,
            "outputs": self.i_outputs,
            "vectors": vectors,
            "errors": errors,
            "busy_cycles": busy,
        }
        slave_error = 2

        # Address and data of a write are taken together.
        write = Signal()
        m.d.comb += [
            write.eq(bus.awvalid & bus.wvalid & ~bus.bvalid),
            bus.awready.eq(write),
            bus.wready.eq(write),
        ]
        with m.If(bus.bready):
            m.d.sync += bus.bvalid.eq(0)
        with m.If(write):
            m.d.sync += [bus.bvalid.eq(1), bus.bresp.eq(slave_error)]
            for register in REGISTERS:
                if register.access == "read_write":
                    with m.If(bus.awaddr[2:] == register.offset >> 2):
                        m.d.sync += bus.bresp.eq(0)
                        with m.If(bus.wdata[0] & bus.wstrb[0]):
                            m.d.sync += error.eq(Error.NONE)
        with m.If(self.i_failed):
            m.d.sync += error.eq(self.i_error)

        m.d.comb += bus.arready.eq(~bus.rvalid)
        with m.If(bus.rready):
            m.d.sync += bus.rvalid.eq(0)
        with m.If(bus.arvalid & bus.arready):
            m.d.sync += [bus.rvalid.eq(1), bus.rdata.eq(0), bus.rresp.eq(slave_error)]
            with m.Switch(bus.araddr[2:]):
                for register in REGISTERS:
                    with m.Case(register.offset >> 2):
                        m.d.sync += [bus.rdata.eq(values[register.name]), bus.rresp.eq(0)]
        return m
