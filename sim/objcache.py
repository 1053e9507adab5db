"""A compiler wrapper that keeps the object files of the simulator's runtime.

Verilator compiles its own runtime anew into every simulation, which takes longer than most designs
do. ``make`` calls this file in front of the compiler (``OBJCACHE``). Sources outside the current
folder are the runtime; the object of one is found by a hash of what the compiler sees: the
preprocessed text, the flags, and the compiler's version. Everything else is compiled as always.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["cache_folder", "compile_cached"]


def cache_folder() -> Path:
    """THRIFTY_CACHE_DIR, else ``thrifty`` in the user's cache folder."""
    if folder := os.environ.get("THRIFTY_CACHE_DIR"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thrifty"


def compile_cached(command: list[str]) -> int:
    """Run a compiler command, or copy what it gave the last time; the compiler's exit code."""
    source, target = Path(command[-1]), _target(command)
    if source.suffix != ".cpp" or target is None or source.resolve().parent == Path.cwd():
        return subprocess.call(command)
    key = _key(command, target)
    if key is None:
        return subprocess.call(command)
    kept = cache_folder() / "objects" / f"{key}.o"
    try:
        shutil.copyfile(kept, target)
        return 0
    except OSError:
        code = subprocess.call(command)
    if code == 0:
        _keep(Path(target), kept)
    return code


def _target(command: list[str]) -> str | None:
    return command[command.index("-o") + 1] if "-o" in command[:-1] else None


def _key(command: list[str], target: str) -> str | None:
    """Hash of the preprocessed source, flags and compiler; None if it does not preprocess."""
    flags = [flag for flag in command if flag not in ("-c", "-o", "-MMD", target)]
    seen = subprocess.run([*flags[:-1], "-E", "-P", flags[-1]], capture_output=True)
    if seen.returncode:
        return None
    version = subprocess.run([command[0], "--version"], capture_output=True).stdout
    options = [flag for flag in flags[1:-1] if not flag.startswith("-I")]
    digest = hashlib.sha256(seen.stdout)
    for part in (version, *(option.encode() for option in options)):
        digest.update(b"\0" + part)
    return digest.hexdigest()


def _keep(target: Path, kept: Path) -> None:
    """Copy an object into the cache, at once or not at all; a full disk only costs speed."""
    part = kept.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(target, part)
            os.replace(part, kept)
        finally:
            part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(compile_cached(sys.argv[1:]))
