"""AXI4-Lite: one response a request, kept until it is taken, with the right contents."""

from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover, Signal

from hw.registers import REGISTERS, Registers
from tests.formal.harness import prove

HARDWARE_ID = 0x12345678
OKAY, SLAVE_ERROR = 0, 2


def waits(m, name, valid, ready, *payload):
    """Whether a transfer that waited in the cycle before, if one did, is offered unchanged."""
    waited = Signal(name=f"{name}_waited")
    same = waited | 1
    m.d.sync += waited.eq(valid & ~ready)
    for k, value in enumerate(payload):
        before = Signal.like(value, name=f"{name}_before_{k}")
        m.d.sync += before.eq(value)
        same &= value == before
    return ~waited | (valid & same)


def spec(m):
    m.submodules.dut = dut = Registers(HARDWARE_ID)
    bus = dut.s_axil
    for each in (bus.awaddr, bus.awprot, bus.awvalid, bus.wdata, bus.wstrb, bus.wvalid, bus.bready,
                 bus.araddr, bus.arprot, bus.arvalid, bus.rready, dut.i_image_valid, dut.i_idle,
                 dut.i_ready, dut.i_input_bytes, dut.i_outputs, dut.i_sent, dut.i_failed):
        m.d.comb += each.eq(AnySeq(len(each)))
    m.d.comb += [
        Assume(waits(m, "aw", bus.awvalid, bus.awready, bus.awaddr)),
        Assume(waits(m, "w", bus.wvalid, bus.wready, bus.wdata, bus.wstrb)),
        Assume(waits(m, "ar", bus.arvalid, bus.arready, bus.araddr)),
        Assert(waits(m, "b", bus.bvalid, bus.bready, bus.bresp), "a write's response holds"),
        Assert(waits(m, "r", bus.rvalid, bus.rready, bus.rdata, bus.rresp),
               "a read's response holds"),
    ]

    # Requests whose responses are due: AXI wants both address and data before a write's response.
    aw, w, ar = (channel[0] & channel[1] for channel in (
        (bus.awvalid, bus.awready), (bus.wvalid, bus.wready), (bus.arvalid, bus.arready)))
    b, r = bus.bvalid & bus.bready, bus.rvalid & bus.rready
    addresses, words, reads = Signal(2), Signal(2), Signal(2)
    m.d.sync += [addresses.eq(addresses + aw - b), words.eq(words + w - b),
                 reads.eq(reads + ar - r)]
    write_at, read_at = Signal(8), Signal(8)
    with m.If(aw):
        m.d.sync += write_at.eq(bus.awaddr)
    with m.If(ar):
        m.d.sync += read_at.eq(bus.araddr)

    def among(address, offsets):
        hit = address != address
        for offset in offsets:
            hit |= address[2:] == offset >> 2
        return hit

    known = among(read_at, [register.offset for register in REGISTERS])
    writable = among(write_at, [register.offset for register in REGISTERS
                                if register.access == "read_write"])
    zero = ~known | (read_at[2:] == 0x0C >> 2)  # unmapped, or the control register
    m.d.comb += [
        Assert((addresses == bus.bvalid) & (words == bus.bvalid), "one response a write"),
        Assert(reads == bus.rvalid, "one response a read"),
        Assert(~bus.bvalid | ((bus.bresp == OKAY) == writable), "only known registers are written"),
        Assert(~bus.rvalid | ((bus.rresp == OKAY) == known), "only known registers are read"),
        Assert((bus.bresp == OKAY) | (bus.bresp == SLAVE_ERROR), "a write is refused with SLVERR"),
        Assert((bus.rresp == OKAY) | (bus.rresp == SLAVE_ERROR), "a read is refused with SLVERR"),
        Assert(~bus.rvalid | ~zero | (bus.rdata == 0), "what cannot be read is zero"),
        Assert(~bus.rvalid | (read_at[2:] != 4 >> 2) | (bus.rdata == HARDWARE_ID), "the identity"),
        Cover(r & (bus.rresp == OKAY) & (read_at == 4), "a register is read"),
        Cover(r & (bus.rresp == SLAVE_ERROR), "an unmapped address is read"),
        Cover(b & (bus.bresp == OKAY), "a register is written"),
        Cover(b & (bus.bresp == SLAVE_ERROR), "a write is refused"),
        Cover(r & b, "both at once"),
    ]


def test_registers():
    prove(spec, name="axi_responses", depth=3, cover=8)
