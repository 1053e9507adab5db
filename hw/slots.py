"""Two places for input vectors: one is filled while the other one waits or is read."""

from amaranth import Array, Const, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.packet import TAG_BITS

__all__ = ["InputSlots"]


class InputSlots(Component):
    """Which slot is filled, which one waits, and which ones are free.

    Members: ``i_commit`` (the vector is complete and good), ``i_discard`` (start again), ``i_tag``;
    ``i_busy`` (something of the vector is not yet written: a commit waits for it); ``o_begins`` (the
    next word is the first one of a vector), ``o_ready`` (words may come, for slot ``o_filled``);
    ``o_pending`` (a committed vector does not wait yet); ``o_full`` (a vector waits in slot ``o_slot``,
    with ``o_tag``), ``i_take`` (it will be computed now: the next one may be announced), ``i_release``
    (it has been read: its slot may be written, in the order in which vectors were taken).

    For some cycles after a commit or ``i_discard`` no word may come, and none in the cycle itself.
    """

    def __init__(self):
        super().__init__({
            "i_commit": In(1), "i_discard": In(1), "i_tag": In(TAG_BITS), "i_busy": In(1),
            "o_begins": Out(1), "o_ready": Out(1), "o_filled": Out(1),
            "o_pending": Out(1), "o_full": Out(1), "o_slot": Out(1), "o_tag": Out(TAG_BITS),
            "i_take": In(1), "i_release": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        # `slot` is filled, `taken` is offered, `released` is the next one to come back.
        commit = Signal()  # said, and waiting for the last word
        discard = Signal()
        slot = Signal()
        ends = Signal()
        taken = Signal()
        released = Signal()
        ready = Signal()
        full = Signal(2)
        waiting = Signal(2)
        tags = Array(Signal(TAG_BITS, name=f"tag_{k}", reset_less=True) for k in range(2))
        m.d.comb += [
            self.o_begins.eq((commit | discard) & ~self.i_busy),
            ends.eq(commit & ~self.i_busy),
            self.o_ready.eq(ready),
            self.o_filled.eq(slot),
            self.o_pending.eq(commit),
            self.o_full.eq(waiting.bit_select(taken, 1)),
            self.o_slot.eq(taken),
            self.o_tag.eq(tags[taken]),
        ]
        m.d.sync += [
            commit.eq(self.i_commit | (commit & self.i_busy)),
            discard.eq(self.i_discard | (discard & self.i_busy)),
            slot.eq(slot ^ ends),
            taken.eq(taken ^ self.i_take),
            released.eq(released ^ self.i_release),
            waiting.eq((waiting & ~_bit(taken, self.i_take)) | _bit(slot, ends)),
            full.eq((full & ~_bit(released, self.i_release)) | _bit(slot, ends)),
            ready.eq(~(full.bit_select(slot, 1) | self.i_commit | self.i_discard | commit | discard)),
        ]
        with m.If(self.i_commit):
            m.d.sync += tags[slot].eq(self.i_tag)
        return m


def _bit(place, condition):
    """One of two bits, if the condition holds."""
    return Mux(condition, Const(1, 2) << place, 0)[:2]
