"""Clocks: which ones a board can run at, the PLL's dividers, the serial line's divisor."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

from boards.board import Board
from hw.errors import ThriftyError

__all__ = ["Clock", "Dividers", "fastest", "plan"]

_TOLERANCE = 0.001
_BAUD_TOLERANCE = 0.02


@dataclass(frozen=True)
class Dividers:
    """A PLL's setting: hz = oscillator * feedback / reference on ECP5, that / output on iCE40.

    All three are the plain factors; iCE40's parameters are one less, and ``output``'s logarithm.
    """

    reference: int
    feedback: int
    output: int
    vco_hz: float
    hz: float


@dataclass(frozen=True)
class Clock:
    """The clock of a design on a board.

    Args:
        hz: Its frequency.
        pll: The PLL's setting; None for the oscillator's own clock.
        divisor: Clock cycles in a bit of the serial line.
    """

    hz: float
    pll: Dividers | None
    divisor: int


def plan(board: Board, clock_hz: float) -> Clock:
    """The clock nearest to one that is wanted.

    Raises ThriftyError if that is more than 0.1 % away, naming the nearest one, or if the board's
    baud rate is more than 2 % off at this clock.
    """
    if clock_hz == board.oscillator_hz:
        return Clock(clock_hz, None, _divisor(board, clock_hz))
    # Settings for the same clock differ in the VCO's: the middle of its range has most margin.
    best = min(_settings(board), key=lambda s: (abs(s.hz - clock_hz), abs(s.vco_hz - 600e6)))
    if abs(best.hz - clock_hz) > _TOLERANCE * clock_hz:
        raise ThriftyError(
            f"{board.name}: the PLL cannot make {clock_hz / 1e6:.6g} MHz from the oscillator's "
            f"{board.oscillator_hz / 1e6:g} MHz; the nearest clock is {best.hz / 1e6:.6g} MHz")
    return Clock(best.hz, best, _divisor(board, best.hz))


def fastest(board: Board, limit_hz: float) -> float:
    """The fastest clock in Hz that ``plan`` accepts within a limit; 0 if there is none."""
    clocks = [board.oscillator_hz, *(setting.hz for setting in _settings(board))]
    return max((hz for hz in clocks if hz <= limit_hz and _baud(board, hz)[1] <= _BAUD_TOLERANCE),
               default=0.0)


def _baud(board: Board, clock_hz: float) -> tuple[int, float]:
    """The serial line's divisor, and by which fraction the rate is off."""
    divisor = max(4, round(clock_hz / board.baud))
    return divisor, abs(clock_hz / divisor / board.baud - 1)


def _divisor(board: Board, clock_hz: float) -> int:
    divisor, error = _baud(board, clock_hz)
    if error > _BAUD_TOLERANCE:
        raise ThriftyError(f"{board.name}: {board.baud} baud cannot be divided from "
                           f"{clock_hz / 1e6:.6g} MHz within 2 % (off by {error:.1%}); "
                           f"choose another clock")
    return divisor


def _settings(board: Board) -> Iterator[Dividers]:
    return (_ecp5 if board.family == "ecp5" else _ice40)(board.oscillator_hz)


def _ecp5(oscillator_hz: float) -> Iterator[Dividers]:
    """EHXPLLL with feedback from its output; limits as in Project Trellis's ecppll."""
    for reference in range(1, 129):
        compared = oscillator_hz / reference
        if not 3.125e6 <= compared <= 400e6:
            continue
        for feedback in range(1, 81):
            hz = compared * feedback
            if not 10e6 <= hz <= 400e6:
                continue
            for output in range(ceil(400e6 / hz), min(128, floor(800e6 / hz)) + 1):
                yield Dividers(reference, feedback, output, hz * output, hz)


def _ice40(oscillator_hz: float) -> Iterator[Dividers]:
    """SB_PLL40 with simple feedback; limits as in Project IceStorm's icepll."""
    for reference in range(1, 17):
        compared = oscillator_hz / reference
        if not 10e6 <= compared <= 133e6:
            continue
        for feedback in range(1, 129):
            vco_hz = compared * feedback
            if not 533e6 <= vco_hz <= 1066e6:
                continue
            for output in (2, 4, 8, 16, 32, 64):
                if 16e6 <= vco_hz / output <= 275e6:
                    yield Dividers(reference, feedback, output, vco_hz, vco_hz / output)
