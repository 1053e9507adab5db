"""The one memory of the design: block RAM, distributed RAM or a macro, with a declared latency."""

from typing import Literal

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import memory as am
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2

__all__ = ["Memory", "address_width", "fit"]


def address_width(depth: int) -> int:
    """Bits of an address; a memory has at least two words so that an address has at least one."""
    return ceil_log2(depth)


def fit(value: Value, bits: int) -> Value:
    """A part of an address: the low ``bits`` of a value, with zeros above if it has fewer."""
    return Cat(value, Const(0, bits))[:bits]


class Memory(Component):
    """A RAM with one write port and one read port, or with a single port that does both; or with that
    and a second read port.

    The read port is a pipeline of ``latency`` registers: ``i_read`` loads the RAM's latch from
    ``i_address``; with latency 2, ``i_advance`` then moves the latch to the output register. A reader
    that never stalls ties both to 1.

    Reading an address in the very cycle in which it is written gives an undefined word (RAMs differ,
    and the logic that would hide it costs 29 LUT4 and 48 FF an instance on ECP5): users must not do
    so, or must not look at the result. With one port, a write makes the read of that cycle void; with
    two, both reads.

    The contents after reset are undefined, as in RAMs that cannot be initialised.

    Args:
        width: Bits of a word, 1 or more.
        depth: Words, 2 or more.
        latency: Cycles from address to data, 1 or 2.
        ports: "dual" (one read, one write), "single" (one address; SPRAM on iCE40 needs this), or "twin"
            (the same, and a read at an address of its own; iCE40 spends two RAMs).
        granularity: Bits that one write enable covers; None for the whole word.
        block: Block RAM however small: for words whose way to the next register is long.
        distributed: Distributed RAM however large: where block RAM is for something else.

    Members: ``i_write`` (one bit a granule), ``i_write_address``, ``i_write_data``, ``i_read``,
    ``i_advance``, ``i_address``, ``o_data``; ``i_twin_address``, ``o_twin`` of the second read port.
    """

    def __init__(self, width: int, depth: int, *, latency: int = 2,
                 ports: Literal["dual", "single", "twin"] = "dual", granularity: int | None = None,
                 block: bool = False, distributed: bool = False):
        if width < 1:
            raise ValueError(f"memory width must be at least 1, not {width}")
        if depth < 2:
            raise ValueError(f"memory depth must be at least 2, not {depth}")
        if latency not in (1, 2):
            raise ValueError(f"memory latency must be 1 or 2, not {latency}")
        if granularity is not None and width % granularity:
            raise ValueError(f"memory granularity {granularity} does not divide width {width}")
        self.width, self.depth, self.latency = width, depth, latency
        self.ports, self.granularity = ports, granularity
        self.style = "block" if block else "distributed" if distributed else None
        super().__init__({
            "i_write": In(width // (granularity or width)),
            "i_write_address": In(address_width(depth)),
            "i_write_data": In(width),
            "i_read": In(1, init=1),
            "i_advance": In(1, init=1),
            "i_address": In(address_width(depth)),
            "o_data": Out(width),
            **({"i_twin_address": In(address_width(depth)), "o_twin": Out(width)}
               if ports == "twin" else {}),
        })

    def elaborate(self, platform):
        m = Module()
        # `thrifty_ports` is how the synthesis scripts find memories that one port serves.
        m.submodules.mem = mem = am.Memory(
            shape=self.width, depth=self.depth, init=[],
            attrs={"no_rw_check": 1, "thrifty_ports": self.ports,
                   **({"ram_style": self.style} if self.style else {})})
        write = mem.write_port(granularity=self.granularity)
        read = mem.read_port()
        m.d.comb += [write.en.eq(self.i_write), write.data.eq(self.i_write_data)]
        if self.ports != "dual":
            address = Signal.like(self.i_address)
            writing = self.i_write.any()
            m.d.comb += [
                address.eq(Mux(writing, self.i_write_address, self.i_address)),
                write.addr.eq(address),
                read.addr.eq(address),
                read.en.eq(self.i_read & ~writing),
            ]
        else:
            m.d.comb += [
                write.addr.eq(self.i_write_address),
                read.addr.eq(self.i_address),
                read.en.eq(self.i_read),
            ]
        self._output(m, self.o_data, read.data, "output")
        if self.ports == "twin":
            twin = mem.read_port()
            m.d.comb += [twin.addr.eq(self.i_twin_address), twin.en.eq(self.i_read)]
            self._output(m, self.o_twin, twin.data, "output_twin")
        return m

    def _output(self, m, out, latch, name):
        if self.latency == 1:
            m.d.comb += out.eq(latch)
        else:
            output = Signal(self.width, name=name, reset_less=True)
            with m.If(self.i_advance):
                m.d.sync += output.eq(latch)
            m.d.comb += out.eq(output)
