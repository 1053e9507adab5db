"""Double-buffered accumulators with forwarding: one sum a cycle, whatever the rows are."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import Component, In, Out

from hw.config import bits_for
from hw.memory import Memory
from hw.stream import delay

__all__ = ["Accumulators", "slot_bits"]

FORWARDED = 4
"""Sums that are still on their way to the RAM when a row is read."""


def slot_bits(rows: int) -> int:
    """Bits of a slot: every row has one, and there is one more, the last, whose word stays zero."""
    return bits_for(rows + 1)


class Accumulators(Component):
    """Two banks of accumulators in one RAM: one takes sums while the other is drained and cleared.

    A sum is read, added and written back in a pipeline. If one of the ``FORWARDED`` rows just before is
    the same row, the youngest sum is used instead of the word read. What the drain reads passes
    through the same pipeline and leaves a zero behind, so the RAM needs no second pair of ports; nothing
    can be accumulated in that cycle.

    Words that must not count are zero instead of multiplexed: the operand of the adder is an OR of the
    word read and of the sums of the four rows before. Sums that do not match are cleared; if one does,
    the RAM is read at address 0, where nothing is ever added. So nothing stands between the RAM and its
    output register, and one adder with a masked operand is all that a sum passes to the next one.

    A bank belongs to the drain from the end marker on (``o_done``) until ``i_release``; after reset
    both banks belong to the drain. It must have read every slot, the zero among them, ten cycles before
    it releases them.

    Args:
        rows: Accumulators a bank, 2 or more.
        width, signed_sum: Format of an accumulator.
        product_width, signed_product: Format of ``i_product``; products of a row never overflow it.
        latency: Of the RAM, 1 or 2; it does not change when anything comes.

    Members:
        i_valid, i_row: A row that takes a product; not while ``i_read``.
        i_product: The product of the row given ``Accumulators.PRODUCT`` cycles before.
        i_end: The vector is complete: the bank goes to the drain when its last sum is written.
        i_read, i_bank, i_slot: The drain reads an accumulator, which is cleared.
        i_release: Bank to give back (one bit a bank).
        o_done: Banks that belong to the drain.
        o_sum: The accumulator read ``Accumulators.LATENCY`` cycles before, zero if none was.
    """

    PRODUCT = 6
    LATENCY = 6

    def __init__(self, rows: int, width: int, signed_sum: bool, product_width: int,
                 signed_product: bool, *, latency: int):
        self.rows, self.latency = rows, latency
        self.sum_shape = signed(width) if signed_sum else unsigned(width)
        super().__init__({
            "i_valid": In(1),
            "i_row": In(bits_for(rows)),
            "i_product": In(signed(product_width) if signed_product else unsigned(product_width)),
            "i_end": In(1),
            "i_read": In(1),
            "i_bank": In(1),
            "i_slot": In(slot_bits(rows)),
            "i_release": In(2),
            "o_done": Out(2, init=0b11),
            "o_sum": Out(self.sum_shape),
        })

    def elaborate(self, platform):
        m = Module()
        width, bits = self.sum_shape.width, slot_bits(self.rows)
        m.submodules.ram = ram = Memory(width, 2 << bits, latency=self.latency, block=True)

        # Stage 1 compares, stage 3 reads the RAM, stage 6 adds, stage 7 writes.
        bank = Signal()
        with m.If(self.i_end):
            m.d.sync += bank.eq(~bank)
        place = Signal(bits + 1, reset_less=True)
        row = Signal(bits)
        m.d.comb += row.eq(self.i_row)
        # Inverted, so that the last slot is address 0, which a cleared register holds.
        m.d.sync += place.eq(~Mux(self.i_read, Cat(self.i_slot, self.i_bank), Cat(row, bank)))
        places = [place]
        writes = [delay(m, self.i_valid | self.i_read, 1, "writes_1")]
        reads = [delay(m, self.i_read, 1, "reads_1")]
        for k in range(2, 8):
            places.append(delay(m, places[-1], 1, f"place_{k}", reset_less=True))
            writes.append(delay(m, writes[-1], 1, f"writes_{k}"))
            reads.append(delay(m, reads[-1], 1, f"reads_{k}"))

        # Which of the rows before is the same, the youngest one counting: known at stage 2.
        same = Signal(FORWARDED)
        m.d.sync += same.eq(Cat(writes[age] & (places[age] == place)
                                for age in range(1, FORWARDED + 1)))
        match = delay(m, Cat(same[k] & ~same[:k].any() for k in range(FORWARDED)), 2, "match")
        address = Signal(bits + 1, reset_less=True)
        m.d.sync += address.eq(Mux(same.any(), 0, places[1]))

        follows = delay(m, match[0], 2, "follows")
        others, total, before, *sums = (
            Signal(width, name=name, reset_less=True)
            for name in ("others", "total", "before", "sum_2", "sum_3", "sum_4"))
        word = delay(m, ram.o_data, 2 - self.latency, "word", reset_less=True)
        silent = Signal(init=1)  # nothing that the drain reads is in `word`
        operand = Signal(self.sum_shape)
        added = Signal(width)
        m.d.comb += [
            ram.i_address.eq(address),
            operand.eq(others | Mux(follows, total, 0)),
            added.eq(operand + self.i_product),
            ram.i_write.eq(writes[6]),
            ram.i_write_address.eq(places[6]),
            ram.i_write_data.eq(total),
        ]
        m.d.sync += [
            silent.eq(~reads[3]),
            others.eq(word | sums[0] | sums[1] | sums[2]),
            total.eq(Mux(reads[5], 0, added)),
            before.eq(total),
            sums[0].eq(Mux(match[1] & ~reads[5], added, 0)),
            sums[1].eq(Mux(match[2], total, 0)),
            sums[2].eq(Mux(match[3], before, 0)),
            self.o_sum.eq(Mux(silent, 0, word)),
        ]

        # Who owns a bank: the sums of a vector are all written seven cycles after its end.
        ended = delay(m, Cat(self.i_end & ~bank, self.i_end & bank), 7, "ended")
        m.d.sync += self.o_done.eq((self.o_done & ~self.i_release) | ended)
        return m
