"""Which of two activations is the smaller one, in carry cells."""

from amaranth import Signal, Value

from hw.ecp5 import ONE, Half, table

__all__ = ["compare"]


def compare(x: Value, w: Value, out: Signal, *, signed: bool, inverted: bool = False) -> list[Half]:
    """Halves that put out whether ``x < w``; further ones may follow, whose first carry is 0.

    Args:
        x, w: Equally many bits, 1 or more.
        signed: Whether they are in two's complement.
        inverted: Whether ``x`` has its bits inverted.
    """
    row = []
    for k in range(len(x)):
        # The sign bit is 1 in the smaller one, every other bit in the larger one.
        sign = signed and k == len(x) - 1

        def less(a: int, b: int, sign: bool = sign) -> int:
            a ^= inverted
            return a & ~b if sign else ~a & b

        def equal(a: int, b: int, lowest: bool = k == 0) -> int:
            return 0 if lowest else 1 ^ a ^ b ^ inverted  # nothing is below the lowest bit

        init = table(lambda a, b, c, d, less=less, equal=equal: equal(a, b) if c | d else less(a, b))
        row.append(Half(init, (x[k], w[k], ONE, ONE)))
    return [*row, Half(0, (ONE,) * 4, out)]
