"""Running the synthesis tools: from PyPI (YoWASP) or installed ones, with progress and logs."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hw.errors import ThriftyError

__all__ = ["Progress", "ToolFailed", "Tools"]

Progress = Callable[[str, float], None]
"""Called about once a second with what runs, and for how many seconds it has been running."""

_OLDEST_NATIVE = {"yosys": (0, 40), "nextpnr-ecp5": (0, 7), "nextpnr-ice40": (0, 7)}


class ToolFailed(Exception):
    """A tool ended with an error; ``log`` is all that it said."""

    def __init__(self, tool: str, log: str):
        super().__init__(f"{tool} failed")
        self.tool = tool
        self.log = log

    def reason(self) -> str:
        """The line that says why."""
        lines = [line for line in self.log.splitlines() if line.startswith("ERROR")]
        return lines[-1] if lines else (self.log.strip().splitlines() or ["no output"])[-1]


class Tools:
    """The tools, working in one directory.

    Args:
        directory: Where they run, and where ``<tool>.log`` is written.
        native: Use the tools on PATH rather than YoWASP's.
        progress: Told what runs.
    """

    def __init__(self, directory: Path, *, native: bool, progress: Progress):
        self._directory = directory
        self._native = native
        self._progress = progress

    def version(self, tool: str) -> str:
        """The version that a tool reports, such as ``0.70``; ThriftyError if it is too old."""
        result = subprocess.run([self._find(tool), "-V"], cwd=self._directory, text=True,
                                capture_output=True, check=False)
        text = result.stdout + result.stderr
        match = re.search(r"(\d+)\.(\d+)[\w.+-]*", text)
        if not match:
            raise ThriftyError(f"{tool}: its -V says nothing useful ({text.strip()[:60]!r}); "
                               f"is it installed properly?")
        oldest = _OLDEST_NATIVE[tool]
        if self._native and (int(match[1]), int(match[2])) < oldest:
            raise ThriftyError(f"{tool} {match[0]} on PATH is too old; "
                               f"{oldest[0]}.{oldest[1]} or newer is needed, or leave out native")
        return match[0]

    def run(self, tool: str, *arguments: str) -> str:
        """Run a tool to its end and return its log; raises ThriftyError if missing, ToolFailed."""
        command = [self._find(tool), *arguments]
        log = self._directory / f"{tool}.log"
        start = time.monotonic()
        with log.open("w") as file, subprocess.Popen(
                command, cwd=self._directory, stdout=file, stderr=subprocess.STDOUT) as process:
            try:
                while True:
                    self._progress(_doing(tool, log), time.monotonic() - start)
                    try:
                        process.wait(1)
                        break
                    except subprocess.TimeoutExpired:
                        continue
            finally:
                process.kill()  # does nothing if it has ended
        text = log.read_text(errors="replace")
        if process.returncode:
            raise ToolFailed(tool, text)
        return text

    def _find(self, tool: str) -> str:
        if self._native:
            found = shutil.which(tool)
            missing = f"{tool} is not on PATH; install it, or leave out native"
        else:
            found = shutil.which(f"yowasp-{tool}", path=str(Path(sys.executable).parent))
            missing = f"yowasp-{tool} is not installed; run make setup again"
        if not found:
            raise ThriftyError(missing)
        return found


def _doing(tool: str, log: Path) -> str:
    with log.open(errors="replace") as file:
        first = file.readline()
    # YoWASP says so when it translates WebAssembly for this machine, once.
    return f"{tool} (prepared for its first use: minutes)" if "Preparing to run" in first else tool
