"""Which of two activations is the smaller one, in carry cells."""

from amaranth import Signal, Value

from hw.ecp5 import ONE, Half, table

__all__ = ["compare"]


def compare(x: Value, w: Value, out: Signal, *, signed: bool, inverted: bool = False) -> list[Half]:
    """Halves that put out whether ``x < w``.

    Others may come before them, whose carry is of no account, and behind them, whose carry is 0.

    Args:
        x, w: Equally many bits, 1 or more.
        signed: Whether they are in two's complement.
        inverted: Whether ``x`` has its bits inverted.
    """
    row = []
    for k in range(len(x)):
        init = _init(lowest=k == 0, sign=signed and k == len(x) - 1, inverted=inverted)
        row.append(Half(init, (x[k], w[k], ONE, ONE)))
    return [*row, Half(out=out)]


def _init(*, lowest: bool, sign: bool, inverted: bool) -> int:
    """Of a bit: where x and w differ the carry is whether x is smaller, else that of the bits below."""
    def bit(a: int, b: int, c: int, d: int) -> int:
        x = a ^ inverted
        if c | d:
            return 0 if lowest else 1 ^ x ^ b
        # The sign bit is 1 in the smaller one, every other bit in the larger one.
        return x & ~b if sign else ~x & b

    return table(bit)
