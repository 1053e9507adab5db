"""The decoder: every bit of every record once and in order, markers in their place, whatever pauses."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cat, Cover, Fragment, Module, Mux, Signal

from hw.config import Sparse
from hw.sparse.decoder import EntryDecoder
from hw.sparse.layout import coded_layout
from tests.formal.configs import small
from tests.formal.handshake import feed
from tests.formal.harness import probe, prove


def coded() -> Sparse:
    return small(entries=8).sparse.model_copy(update={"huffman": "memory"})


@pytest.mark.parametrize("latency", [1, 2])
def test_decoder(latency):
    """Any one record, or marker, is followed from the queue to its end. Lengths are anything that
    divides its columns into entries."""
    def spec(m: Module) -> None:
        c = coded()
        dut = EntryDecoder(c, latency)
        turns = EntryDecoder.turns(latency)
        m.submodules.dut = inside = Fragment.get(dut, None)
        feed(m, dut.i, "i")
        pause, words, length = AnySeq(1), AnySeq(32), Signal(5)
        m.d.comb += [
            dut.i_pause.eq(pause), dut.i_word.eq(words[:16]), dut.i_next.eq(words[16:]),
            dut.i_length.eq(AnySeq(4)), length.eq(dut.i_length + 1),
        ]
        new = dut.i.payload
        taken = dut.i.valid & dut.i.ready
        # What a column table makes.
        m.d.comb += Assume(new.marker | ((new.left != 0) & ~(new.both & new.from_second) & (
            ~new.both | ((new.second != 0) & (new.second < new.left)))))

        # The one that is followed: how it came, where it goes on, what is left, and where in the ring.
        followed, active = Signal(), Signal()
        record = Signal.like(new)
        address, left = Signal.like(new.address), Signal.like(new.left)
        at, going = Signal(range(turns)), Signal()  # whether it takes a step in this round
        chosen, last = Signal(), Signal()
        m.d.comb += [chosen.eq(taken & ~followed & AnySeq(1)), last.eq(active & (at == turns - 1))]
        second = record.from_second | (record.both & (left <= record.second))
        starts = (left == record.left) | (record.both & (left == record.second))
        column = left - Mux(record.both & ~second, record.second, 0)  # bits left of the column
        stepped, over = Signal(), Signal()
        m.d.comb += [
            stepped.eq(last & going),
            over.eq(stepped & (record.marker | (left == length))),
            Assume(~(stepped & ~record.marker) | (length <= column)),
        ]
        with m.If(active):
            m.d.sync += at.eq(Mux(last, 0, at + 1))
            with m.If(at == 0):
                m.d.sync += going.eq(record.marker | ~pause)
            with m.If(stepped):
                m.d.sync += [address.eq(address + length), left.eq(left - length), active.eq(~over)]
        with m.If(chosen):
            m.d.sync += [followed.eq(1), active.eq(1), record.eq(new), address.eq(new.address),
                         left.eq(new.left), at.eq(0)]

        window, before = Signal(coded_layout(c)), Signal(coded_layout(c))
        shift = Signal(4)
        m.d.comb += [shift.eq(address[:4]), window.eq((words >> shift)[:len(window.as_value())])]
        m.d.sync += before.eq(window)
        leaves = active & (at == turns - 2)
        entry = leaves & ~record.marker
        value = Mux(second, record["values"][1], record["values"][0])
        m.d.comb += [
            Assert(~(active & (at == 0) & ~record.marker) | (
                (dut.o_word == address[4:]) & (dut.o_next == (address[4:] + 1)[:len(dut.o_next)])),
                "the words are read in which the next bits are"),
            Assert(~leaves | (dut.o_lookup[:4] == before.symbol[:4]),
                   "the length of these bits is looked up"),
            Assert(~entry | (dut.o_valid == going), "an entry leaves unless there is a pause"),
            Assert(~(entry & going) | (dut.o_entry.as_value() == before.as_value()),
                   "the bits of the entry leave"),
            Assert(~(entry & going) | (dut.o_first == starts), "a column's first entry is marked"),
            Assert(~(entry & going) | (dut.o_value == value[:len(dut.o_value)]),
                   "it meets its column's activation"),
            Assert(~leaves | (dut.o_marker == record.marker), "a marker leaves as one"),
            Assert(~(leaves & record.marker) | (dut.o_task.as_value() == record["values"][0]
                                              [:len(dut.o_task.as_value())]), "it keeps its task"),
            Assert(~(active & ~record.marker & ~over) | ~(taken & new.marker),
                   "no marker is taken before a record has ended"),
            Assert(~last | over | ~taken, "no record is taken before one in its place has ended"),
            Assert(~over | new.marker | dut.i.ready, "one is taken where another has ended"),
            Assert(~(dut.o_valid & dut.o_marker), "an entry or a marker"),
        ]
        # What makes it inductive: the ring holds what was followed.
        busy = [probe(inside, f"busy_{k}") for k in range(turns)]
        steps = [probe(inside, f"steps_{k}") for k in range(turns)]
        for k in range(turns):
            held = dut.record_layout(probe(inside, f"record_{k}"))
            here = active & (at == k)
            fields = [held[name] == record[name] for name in ("marker", "both", "second")]
            turns_here = record.both & (left == record.second) & (k == 0)  # only just found out
            m.d.comb += [
                Assert(~here | (busy[k] & Cat(
                    *fields, held["values"].as_value() == record["values"].as_value(),
                    held.address == address, held.left == left).all()), f"the record is in place {k}"),
                Assert(~here | record.marker | (held.fresh == starts) | turns_here,
                       f"in place {k} a column's beginning is known"),
                Assert(~here | record.marker | (held.turned == second) | turns_here,
                       f"in place {k} the column is known"),
                Assert(~here | (k == 0) | (steps[k] == going), f"in place {k} a step is known"),
                Assert(busy[k] | ~steps[k], f"nothing comes of nothing in place {k}"),
            ]
        held_out = dut.record_layout(probe(inside, f"record_{turns - 2}"))
        m.d.comb += [
            Assert(~active | record.marker | (left != 0), "something is left"),
            Assert(~active | record.marker | (left <= record.left), "not more than it was"),
            Assert(dut.o_valid == (steps[-2] & ~held_out.marker), "only of records"),
            Cover(over & ~record.marker & record.both & (record.left == 20) & (record.second == 7),
                  "a pair of columns ends"),
            Cover(over & taken & new.marker & ~record.marker, "a marker behind a record"),
            Cover(over & record.marker & followed, "a marker leaves"),
            Cover(entry & ~going, "a pause"),
        ]

    prove(spec, name=f"decoder_{latency}", depth=5, cover=20)
