"""The board top around a stand-in design, through its serial pins."""

from pathlib import Path

import pytest
from cocotb_tools.runner import get_runner

import boards
from boards import BOARDS
from boards.clock import plan
from boards.top import BoardTop
from gen.verilog import emit
from tests.boards.standin import Loopback

MODELS = Path(boards.__file__).parent / "models"


@pytest.mark.parametrize("name, clock_hz, models", [
    ("ulx3s-12f", 20e6, ["EHXPLLL.v"]),
    ("icebreaker", 24e6, ["SB_PLL40_PAD.v"]),
    ("icebreaker", 12e6, []),
])
def test_packets_through_the_serial_pins(name, clock_hz, models, tmp_path):
    board = BOARDS[name]
    (tmp_path / "top.v").write_text("`timescale 1ns / 1ps\n" + emit(
        BoardTop("standin", board, plan(board, clock_hz)), "BoardTop"))
    (tmp_path / "standin.v").write_text(emit(Loopback(), "standin"))
    runner = get_runner("icarus")
    runner.build(sources=[*(MODELS / model for model in models), tmp_path / "top.v",
                          tmp_path / "standin.v"],
                 hdl_toplevel="BoardTop", build_dir=tmp_path, timescale=("1ns", "1ps"))
    results = runner.test(
        hdl_toplevel="BoardTop", test_module="tests.boards.bench_board_top", build_dir=tmp_path,
        test_dir=tmp_path, results_xml=str(tmp_path / "results.xml"),
        extra_env={"CLOCK_HZ": str(int(clock_hz)), "BUTTON_IDLE": str(int(board.button_low))})
    text = results.read_text()
    assert "<testcase" in text and "<failure" not in text and "<error" not in text


def test_emitted_twice_is_the_same_text():
    def text():
        return emit(BoardTop("standin", board, plan(board, 50e6)), "BoardTop")

    board = BOARDS["ulx3s-85f"]
    assert text() == text()
