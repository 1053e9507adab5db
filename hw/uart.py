"""Serial line, 8 data bits, no parity, 1 stop bit: the link of boards without a faster one."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["UartReceiver", "UartTransmitter"]

_FRAME = 10  # start bit, 8 data bits, stop bit


def _check(divisor: int) -> int:
    if not isinstance(divisor, int):
        raise TypeError(f"divisor must be an integer, not {divisor!r}")
    if not 4 <= divisor <= 65535:
        raise ValueError(f"divisor must be 4 to 65535 cycles a bit, not {divisor}")
    return divisor


def _timer(divisor: int) -> Signal:
    """Cycles of a bit, less 1; below 0 it is over. One bit tells, as with the bits of a frame."""
    return Signal(range(-1, divisor - 1), name="timer", reset_less=True)  # idle sets it


def _remaining() -> Signal:
    """Bits of a frame, less 1; below 0 is idle."""
    return Signal(range(-1, _FRAME), init=-1, name="remaining")


class UartReceiver(wiring.Component):
    """Serial line to bytes.

    A line cannot be held back: a byte that arrives while the one before it still waits at ``o`` is
    lost, as is a byte without its stop bit. The CRC of the packet around it tells.

    Args:
        divisor: Clock cycles a bit, 4 to 65535.

    Members:
        rx: The line; asynchronous, idle high.
        o: Stream of bytes. ``valid`` follows the middle of the stop bit by 3 cycles.
    """

    def __init__(self, divisor: int):
        self._divisor = _check(divisor)
        super().__init__({"rx": In(1, init=1), "o": Out(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()

        rx = Signal(init=1)
        before = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, rx, init=1)
        m.d.sync += before.eq(rx)

        timer, remaining = _timer(self._divisor), _remaining()  # bits to sample
        bits = Signal(8)

        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.o.ready | ~self.o.valid):
            m.d.sync += self.o.payload.eq(bits)
        with m.If(timer[-1]):
            m.d.sync += bits.eq(Cat(bits[1:], rx))
        with m.If(remaining[-1]):
            # An edge, not a level: a line that stays low is broken, it does not send zeros.
            m.d.sync += timer.eq(self._divisor // 2 - 2)
            with m.If(before & ~rx):
                m.d.sync += remaining.eq(_FRAME - 1)
        with m.Elif(~timer[-1]):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [
                timer.eq(self._divisor - 2),
                remaining.eq(remaining - 1),
            ]
            with m.If((remaining == _FRAME - 1) & rx):
                m.d.sync += remaining.eq(-1)  # a spike, not a start bit
            with m.If((remaining == 0) & rx & (self.o.ready | ~self.o.valid)):
                m.d.sync += self.o.valid.eq(1)

        return m


class UartTransmitter(wiring.Component):
    """Bytes to serial line.

    Args:
        divisor: Clock cycles a bit, 4 to 65535.

    Members:
        i: Stream of bytes; one every 10 * divisor + 1 cycles.
        tx: The line, idle high; the start bit begins a cycle after the byte was taken.
    """

    def __init__(self, divisor: int):
        self._divisor = _check(divisor)
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()

        timer, remaining = _timer(self._divisor), _remaining()  # bits to send behind the current one
        bits = Signal(_FRAME - 1, init=-1)  # the stop bit and idle are the ones shifted in

        m.d.comb += [self.i.ready.eq(remaining[-1]), self.tx.eq(bits[0])]
        with m.If(remaining[-1]):
            m.d.sync += timer.eq(self._divisor - 2)
            with m.If(self.i.valid):
                m.d.sync += [bits.eq(Cat(Const(0, 1), self.i.payload)), remaining.eq(_FRAME - 1)]
        with m.Elif(~timer[-1]):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [
                timer.eq(self._divisor - 2),
                remaining.eq(remaining - 1),
                bits.eq(Cat(bits[1:], Const(1, 1))),
            ]

        return m
