"""Boards, and the way from Verilog to a bitstream."""

from boards.board import Board
from boards.icebreaker import ICEBREAKER
from boards.ulx3s import ULX3S
from hw.errors import ThriftyError

__all__ = ["BOARDS", "find"]

BOARDS: dict[str, Board] = {board.name: board for board in [ICEBREAKER, *ULX3S]}


def find(name: str) -> Board:
    """The board of that name; ThriftyError if there is none."""
    try:
        return BOARDS[name]
    except KeyError:
        raise ThriftyError(f"unknown board {name!r}; known boards: {', '.join(BOARDS)}") from None
