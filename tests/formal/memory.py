"""Stand-ins for hw.memory.Memory that know no more than its contract promises."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from amaranth.asserts import AnySeq
from amaranth.hdl import Array, Module, Mux, Signal

from hw.memory import Memory

__all__ = ["AnyMemory", "ContractMemory", "memories"]

_USERS = ("hw.binary.bank", "hw.binary.words", "hw.control.scheduler", "hw.control.sequencer",
          "hw.huffman", "hw.sparse.accumulator", "hw.sparse.buffers", "hw.sparse.columns",
          "hw.sparse.pe", "hw.stream")


@contextmanager
def memories(model: type[Memory]) -> Iterator[None]:
    """Circuits elaborated inside use ``model`` as their memory."""
    with ExitStack() as stack:
        for user in _USERS:
            stack.enter_context(mock.patch(f"{user}.Memory", model))
        yield


class ContractMemory(Memory):
    """Words in registers ``row_0``, ``row_1`` ..., with ``latch`` and ``output`` behind them.

    A word read in the cycle that writes it, or with a write on a single port, is arbitrary.
    """

    def elaborate(self, platform):
        m = Module()
        part = self.granularity or self.width
        rows = Array(Signal(self.width, name=f"row_{k}", reset_less=True)
                     for k in range(self.depth))
        latch = Signal(self.width, reset_less=True)
        for k in range(self.depth):
            for n, write in enumerate(self.i_write):
                place = slice(n * part, (n + 1) * part)
                with m.If(write & (self.i_write_address == k)):
                    m.d.sync += rows[k][place].eq(self.i_write_data[place])
        collides = self.i_write.any() & (1 if self.ports == "single" else
                                         self.i_address == self.i_write_address)
        defined = ~collides & (self.i_address < self.depth)
        with m.If(self.i_read):
            m.d.sync += latch.eq(Mux(defined, rows[self.i_address], AnySeq(self.width)))
        output = latch
        if self.latency == 2:
            output = Signal(self.width, reset_less=True)
            with m.If(self.i_advance):
                m.d.sync += output.eq(latch)
        m.d.comb += self.o_data.eq(output)
        return m


class AnyMemory(Memory):
    """Any word in any cycle, for properties that hold whatever is read."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o_data.eq(AnySeq(self.width))
        return m
