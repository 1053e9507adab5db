"""The decoder keeps the handshake rule, whatever its tables and its words."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Signal, Value

from hw.huffman import HuffmanDecoder
from tests.formal.configs import small
from tests.formal.handshake import feed, watch
from tests.formal.harness import prove
from tests.formal.memory import AnyMemory, memories


@pytest.mark.parametrize("latency", [1, 2])
def test_huffman_decoder(latency):
    def spec(m):
        m.submodules.dut = dut = HuffmanDecoder(small(memory_latency=latency))
        for each in map(Value.cast, (dut.i_write, dut.i_address, dut.i_data)):
            m.d.comb += each.eq(AnySeq(len(each)))
        feed(m, dut.i, "i")
        watch(m, dut.o, "o")
        # The parser writes the upper bits of an index in between.
        taken = Signal()
        m.d.sync += taken.eq(dut.o.valid & dut.o.ready)
        m.d.comb += Assert(~(taken & dut.o.valid), "entries are two cycles apart")

    with memories(AnyMemory):
        prove(spec, name=f"handshake_huffman_{latency}", depth=3, cover=12)
