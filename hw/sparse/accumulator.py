"""Double-buffered accumulators with forwarding: one sum a cycle, whatever the rows are."""

from amaranth import Array, Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import Component, In, Out

from hw.config import bits_for
from hw.memory import Memory
from hw.stream import delay

__all__ = ["Accumulators"]


class Accumulators(Component):
    """Two banks of accumulators: one takes sums while the other is drained and cleared.

    A sum is read, added and written back in a pipeline. The sums of the last ``latency + 1`` rows are
    still on their way to the RAM when a row is read: if one of them is the same row, the youngest is
    forwarded instead of the word read.

    A bank belongs to the drain from the end marker on (``o_done``) until ``i_release``; after reset
    both banks belong to the drain, which must clear every slot before it releases them.

    Args:
        rows: Accumulators a bank, 2 or more.
        width, signed_sum: Format of an accumulator.
        product_width, signed_product: Format of ``i_product``; products of a row never overflow it.
        latency: Of the memories, 1 or 2.

    Members:
        i_valid, i_row: A row that will take a product; no stalls.
        i_product: The product of the row given ``latency`` cycles before.
        i_end: The vector is complete: the bank goes to the drain when its last sum is written.
        i_read, i_bank, i_slot: The drain reads an accumulator...
        i_clear: ... or clears a slot of both banks, as far as they belong to the drain.
        i_release: Bank to give back (one bit a bank).
        o_done: Banks that belong to the drain.
        o_sum: The accumulator read ``latency + 1`` cycles before, zero if none was. Reading clears.
    """

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
            "i_slot": In(bits_for(rows)),
            "i_clear": In(1),
            "i_release": In(2),
            "o_done": Out(2, init=0b11),
            "o_sum": Out(self.sum_shape),
        })

    def elaborate(self, platform):
        m = Module()
        latency, width = self.latency, self.sum_shape.width
        banks = [Memory(width, self.rows, latency=latency) for _ in range(2)]
        m.submodules.bank_0, m.submodules.bank_1 = banks

        # Accumulate. Stage 0 reads; stage `latency` adds; the sum is written one stage later.
        bank = Signal()
        with m.If(self.i_end):
            m.d.sync += bank.eq(~bank)
        where = Cat(self.i_row, bank)
        valid = [self.i_valid]
        place = [where]
        for k in range(1, latency + 2):
            valid.append(delay(m, valid[-1], 1, f"valid_{k}"))
            place.append(delay(m, place[-1], 1, f"place_{k}", reset_less=True))

        total = Signal(self.sum_shape)  # the sum of stage latency + 1
        history = [total]
        for k in range(latency):
            history.append(delay(m, history[-1], 1, f"history_{k}", reset_less=True))
        # Age 1 is the item just before this one; the comparison is made at stage 0 and kept.
        same = [valid[age] & (place[age] == where) for age in range(1, latency + 2)]
        match = [delay(m, each, latency, f"match_{age}") for age, each in enumerate(same, 1)]
        adding_bank = place[latency][-1]
        word = Signal(self.sum_shape)
        m.d.comb += word.eq(Mux(adding_bank, banks[1].o_data, banks[0].o_data))
        for flag, value in reversed(list(zip(match, history, strict=True))):
            with m.If(flag):
                m.d.comb += word.eq(value)
        operand = Signal(self.sum_shape)
        m.d.comb += operand.eq(word)
        m.d.sync += total.eq(operand + self.i_product)

        # Drain: the address is registered for the write that clears the slot a cycle later.
        clearing = delay(m, Cat((self.i_read & ~self.i_bank) | self.i_clear,
                                (self.i_read & self.i_bank) | self.i_clear), 1, "clearing")
        slot = delay(m, self.i_slot, 1, "slot", reset_less=True)
        selected = delay(m, self.i_read, latency, "selected")
        drained_bank = delay(m, self.i_bank, latency, "drained_bank", reset_less=True)
        m.d.sync += self.o_sum.eq(Mux(selected, Array(b.o_data for b in banks)[drained_bank], 0))

        # Who owns a bank: the sums of a vector are all written latency + 2 cycles after its end.
        ended = delay(m, Cat(self.i_end & ~bank, self.i_end & bank), latency + 2, "ended")
        m.d.sync += self.o_done.eq((self.o_done & ~self.i_release) | ended)
        writing, target = valid[latency + 1], place[latency + 1]
        for k, memory in enumerate(banks):
            mine = self.o_done[k]
            m.d.comb += [
                memory.i_address.eq(Mux(mine, self.i_slot, self.i_row)),
                memory.i_write.eq(Mux(mine, clearing[k], writing & (target[-1] == k))),
                memory.i_write_address.eq(Mux(mine, slot, target[:-1])),
                memory.i_write_data.eq(Mux(mine, 0, total)),
            ]
        return m
