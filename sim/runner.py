"""Play packets into a generated design under cocotb and collect what comes out.

The packets pass through a file-backed bench in Verilog (``sim/bench/stream_bench.v``), so that
Python has nothing to do in any cycle, and millions of cycles take seconds.
"""

import errno
import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw.errors import ThriftyError
from sim import simulators

__all__ = ["StreamResult", "run_streams"]

_DONE, _TIMEOUT, _UNKNOWN, _BROKEN, _SURPLUS = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class StreamResult:
    """What came out, and when. Cycle 0 is the first one after reset.

    Args:
        packets: Result packets in the order of their arrival.
        first_beat_cycles: int64 (input packets): when the first beat of each was accepted.
        last_beat_cycles: int64 (result packets): when the last beat of each was transferred.
        cycles: Cycles from reset to the end of the run.
        probed: What the probe wrote.
    """

    packets: list[bytes]
    first_beat_cycles: np.ndarray
    last_beat_cycles: np.ndarray
    cycles: int
    simulator: str
    version: str
    probed: str = ""


def run_streams(verilog: Sequence[Path], top: str, packets: Sequence[bytes], *, work: Path,
                expect: int, simulator: str = "verilator", after: Sequence[int] | None = None,
                seed: int = 1, stall: float = 0.0, waves: Path | None = None,
                timeout_cycles: int = 1_000_000, weights: np.ndarray | None = None,
                probe: str = "",
                progress: Callable[[int, int], None] | None = None) -> StreamResult:
    """Simulate a design until all packets are accepted and the expected results have come.

    Args:
        verilog: Files of the design.
        top: Its top module, with ports ``clk``, ``rst``, ``s_axis_*``, ``m_axis_*``, ``s_axil_*``.
        packets: Whole 32-bit little-endian words each; the last one carries ``tlast``.
        work: Folder for compiled simulations (kept, found again by content) and scratch files.
        expect: Result packets to wait for.
        simulator: ``verilator`` or ``icarus``.
        after: For each packet, the result packets that must have come before it starts.
        seed: Of the stalls and of the contents of unwritten memories.
        stall: Probability, in each cycle, that a side of the bench pauses; 0 <= stall < 1.
        waves: VCD file to write, also if the simulation fails.
        timeout_cycles: Give up after so many cycles without a transfer on either stream.
        weights: Beats of ``s_axis_w`` for one vector, uint32 (beats x pieces of 32 bits, low piece
            first), which are played over and over; None if the design has no such port.
        probe: Verilog of a module ``probe`` beside the design, which may look at what is in it
            (``stream_bench.dut``) and write to a file ``probe.txt``.
        progress: Called every 0.2 s, while compiling too, with (result packets received, expected).

    Raises:
        ThriftyError: A tool is missing, the design does not compile, nothing moves any more, a
            result has unknown bits (Icarus only) or breaks the handshake, or the disk is full.
    """
    if any(len(packet) == 0 or len(packet) % 4 for packet in packets):
        raise ValueError("packets must be whole 32-bit words, at least one each")
    if after is not None and len(after) != len(packets):
        raise ValueError(f"after has {len(after)} numbers for {len(packets)} packets")
    if not 0 <= stall < 1:
        raise ValueError(f"stall must be at least 0 and below 1, not {stall}")
    if waves and waves.suffix != ".vcd":
        raise ThriftyError(f"{waves}: waves are written as VCD: choose a name that ends in .vcd")
    waits = [0] * len(packets) if after is None else after
    tell = progress or (lambda done, total: None)
    try:
        files = [*verilog]
        if probe:
            files.append(work / "probe.v")
            files[-1].write_text(probe)
        simulation = simulators.build(simulator, files, top, work=work, waves=waves is not None,
                                      tick=lambda: tell(0, expect),
                                      weights=0 if weights is None else 32 * weights.shape[1],
                                      probe=bool(probe))
        with tempfile.TemporaryDirectory(prefix="run-", dir=work.resolve()) as scratch:
            folder = Path(scratch)
            _write_source(folder, packets, waits)
            if weights is not None:
                (folder / "weights.bin").write_bytes(weights[:, ::-1].astype(">u4").tobytes())
            log = folder.with_suffix(".log")
            trace = folder / "waves.vcd" if waves else None
            try:
                simulation.run(folder, _plusargs(len(packets), expect, seed, stall, timeout_cycles),
                               seed=seed, waves=trace, log=log,
                               tick=lambda: tell(_received(folder), expect))
                outcome = _outcome(folder, log)
            finally:
                if waves and trace:
                    _save(trace, waves)
            log.unlink()
            _judge(outcome, packets, waits, expect, timeout_cycles)
            received, stamps = _read_results(folder, expect)
            accepted = np.fromfile(folder / "accepted.bin", "<i8")
            probed = (folder / "probe.txt").read_text() if probe else ""
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise ThriftyError(f"{work}: the disk is full: free some space") from None
    tell(expect, expect)
    return StreamResult(received, accepted, stamps, outcome["cycle"], simulator,
                        simulation.version, probed)


def _write_source(folder: Path, packets: Sequence[bytes], waits: Sequence[int]) -> None:
    with open(folder / "source.bin", "wb") as file:
        for packet, wait in zip(packets, waits, strict=True):
            file.write(np.array([len(packet) // 4, wait], ">u4").tobytes())
            file.write(np.frombuffer(packet, "<u4").astype(">u4").tobytes())


def _plusargs(packets: int, expect: int, seed: int, stall: float, timeout: int) -> list[str]:
    noise = random.Random(seed)
    return [f"+packets={packets}", f"+expect={expect}", f"+timeout={timeout}",
            f"+stall={round(stall * 65535)}", f"+source_seed={noise.randrange(1, 1 << 31)}",
            f"+sink_seed={noise.randrange(1, 1 << 31)}",
            f"+weight_seed={noise.randrange(1, 1 << 31)}"]


def _received(folder: Path) -> int:
    """Result packets that the running bench has counted."""
    file = folder / "progress"
    return int(file.read_text()) if file.exists() else 0


def _outcome(folder: Path, log: Path) -> dict[str, int]:
    """The last state of the bench."""
    try:
        outcome: dict[str, int] = json.loads((folder / "outcome.json").read_text())
    except FileNotFoundError:
        raise ThriftyError(f"the simulation broke off (see {log})") from None
    return outcome


def _judge(outcome: dict[str, int], packets: Sequence[bytes], waits: Sequence[int], expect: int,
           timeout: int) -> None:
    if outcome["status"] == _DONE:
        return
    sent, received = outcome["sent"], outcome["received"]
    cycle = f"cycle {outcome['cycle']}"
    results = f"{received} of {expect} result packets have come"
    if outcome["status"] == _UNKNOWN:
        raise ThriftyError(f"{cycle}: the design shows unknown bits on its streams, {results}: "
                           "it read a memory or register that nothing had written; look at waves")
    if outcome["status"] == _BROKEN:
        raise ThriftyError(f"{cycle}: the design changed a beat of m_axis that had not been "
                           f"taken, {results}; look at waves")
    if outcome["status"] == _SURPLUS:
        raise ThriftyError(f"{cycle}: the design sent more than the {expect} result packets "
                           "expected; look at waves")
    if sent == len(packets):
        where = f"all {sent} packets are sent"
    elif waits[sent] > received:
        where = f"packet {sent} of {len(packets)} waits for {waits[sent]} result packets"
    else:
        where = (f"packet {sent} of {len(packets)}: {outcome['taken']} of "
                 f"{len(packets[sent]) // 4} beats accepted")
    raise ThriftyError(f"{cycle}: nothing has moved for {timeout} cycles; {where}, {results}; "
                       "raise the timeout, or look at waves")


def _read_results(folder: Path, expect: int) -> tuple[list[bytes], np.ndarray]:
    records = np.fromfile(folder / "results.bin", "<u4")
    data = (folder / "beats.bin").read_bytes()
    records = records[:len(records) // 3 * 3].reshape(-1, 3)[:expect].astype(np.int64)
    ends = records[:, 2]
    if len(ends) != expect or (expect and 4 * int(ends[-1]) > len(data)):
        raise ThriftyError(f"{folder.parent}: the simulator could not write all results: free some "
                           "disk space")
    packets = [data[4 * start:4 * end] for start, end in zip([0, *ends], ends, strict=False)]
    return packets, records[:, 0] + (records[:, 1] << 32)


def _save(file: Path, target: Path) -> None:
    """Move a file out of the scratch folder, if it exists, so that it appears at once."""
    if file.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        shutil.move(file, part)
        os.replace(part, target)
