"""The command line in this process: quick, and without a subprocess for each of many cases."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from gen.cli import main

__all__ = ["Outcome", "build", "contents", "matrix", "refused", "thrifty", "write_config"]


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def thrifty(*args: object) -> Outcome:
    """Run the command; only what it does not explain itself is raised."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
          mock.patch.object(sys, "argv", ["thrifty", *map(str, args)])):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    return Outcome(code, out.getvalue(), err.getvalue())


def refused(*args: object) -> str:
    """The message of a command that must fail with one line on stderr and nothing else."""
    outcome = thrifty(*args)
    assert outcome.code in (1, 2), outcome
    assert outcome.err.startswith("error: ") and outcome.err.count("\n") == 1, outcome.err
    assert not outcome.out
    return outcome.err.removeprefix("error: ").rstrip("\n")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def matrix(rows: int = 12, columns: int = 20) -> np.ndarray:
    """A small integer matrix with zeros, the same every time."""
    rng = np.random.default_rng(5)
    return rng.integers(-7, 8, (rows, columns)) * (rng.random((rows, columns)) < 0.4)


def write_config(path: Path, text: str = "", name: str = "tiny") -> Path:
    """A configuration that says nothing but a name, and what ``text`` adds."""
    path.write_text(f'name = "{name}"\n{text}')
    return path


def build(path: Path, simulated: bool = False) -> Path:
    """A folder with ``w.npy``, ``x.npy``, ``c.toml`` and a generated design in ``b``."""
    np.save(path / "w.npy", matrix())
    np.save(path / "x.npy", np.random.default_rng(6).integers(-100, 101, (5, 20)))
    write_config(path / "c.toml", "[sparse]\npes = 2\n")
    steps = [("compile", path / "w.npy", "--config", path / "c.toml", "-o", path / "b"),
             ("generate", "-o", path / "b")]
    if simulated:
        steps.append(("simulate", path / "b", "--inputs", path / "x.npy"))
    for step in steps:
        outcome = thrifty(*step)
        assert outcome.code == 0, outcome.err
    return path
