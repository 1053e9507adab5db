import re
import subprocess
import sys
from pathlib import Path

import pytest

from boards import BOARDS
from boards.clock import fastest, plan
from hw.errors import ThriftyError

ULX3S = BOARDS["ulx3s-85f"]
ICEBREAKER = BOARDS["icebreaker"]


def tool(directory, name, *arguments):
    path = Path(sys.executable).parent / f"yowasp-{name}"
    return subprocess.run([path, *arguments], cwd=directory, check=True, text=True,
                          capture_output=True).stdout


@pytest.mark.parametrize("mhz", [20, 40, 50, 62.5, 75, 100, 150, 200, 240])
def test_ecp5_dividers_agree_with_ecppll(mhz, tmp_path):
    tool(tmp_path, "ecppll", "-i", "25", "-o", str(mhz), "-f", "pll.v")
    verilog = (tmp_path / "pll.v").read_text()
    theirs = [int(re.search(rf"\.{name}\((\d+)\)", verilog)[1])
              for name in ("CLKI_DIV", "CLKFB_DIV", "CLKOP_DIV")]
    ours = plan(ULX3S, mhz * 1e6).pll
    assert [ours.reference, ours.feedback, ours.output] == theirs


@pytest.mark.parametrize("mhz", [18, 24, 30, 36, 48, 60])
def test_ice40_dividers_agree_with_icepll(mhz, tmp_path):
    output = tool(tmp_path, "icepll", "-i", "12", "-o", str(mhz))
    theirs = [int(re.search(rf"{name}:\s+(\d+)", output)[1]) for name in ("DIVR", "DIVF", "DIVQ")]
    ours = plan(ICEBREAKER, mhz * 1e6).pll
    assert [ours.reference - 1, ours.feedback - 1, ours.output.bit_length() - 1] == theirs


def test_oscillator_clock_needs_no_pll():
    assert plan(ICEBREAKER, 12e6).pll is None


def test_unreachable_clock_names_the_nearest():
    with pytest.raises(ThriftyError, match=r"icebreaker: the PLL cannot make 25 MHz from the "
                       r"oscillator's 12 MHz; the nearest clock is 25\.125 MHz"):
        plan(ICEBREAKER, 25e6)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_fastest_clock_below_a_limit_can_be_made(board):
    for limit in (13e6, 33.3e6, 87.65e6):
        hz = fastest(board, limit)
        assert 0.75 * limit < hz <= limit  # at 1 Mbaud not every clock will do
        assert plan(board, hz).hz == hz
    assert fastest(board, 1e6) == 0.0


def test_baud_that_cannot_be_divided_is_an_error():
    with pytest.raises(ThriftyError, match=r"icebreaker: 1000000 baud cannot be divided from 16\.5 "
                       r"MHz within 2 % \(off by 3\.1%\); choose another clock"):
        plan(ICEBREAKER, 16.5e6)
