from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from gen.network import AdderLayer, Network, dump, load
from gen.train.script import command, needs_torch
from hw.errors import ThriftyError


def trained(seed: int) -> Network:
    if seed == 13:
        raise ThriftyError("no digits")
    return Network([AdderLayer(np.array([[seed, 2]]), np.zeros(1, np.int64))], meta={
        "name": "tiny", "float_accuracy": 0.975, "integer_accuracy": 0.9625})


def ran(*arguments: str, note=None) -> tuple[int, list[str]]:
    app = typer.Typer()
    app.command()(command(trained, "Train a tiny network.", note))
    result = CliRunner().invoke(app, arguments)
    assert "Traceback" not in result.output
    return result.exit_code, result.output.splitlines()


def test_it_writes_the_network_and_says_how_good_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    code, lines = ran("-o", str(path), "--seed", "5")
    assert code == 0 and path.read_bytes() == dump(trained(5))
    assert lines == ["seed 5", "float      accuracy  97.50%", "integer    accuracy  96.25%",
                     f"{path}: {path.stat().st_size} bytes"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.npz"]


def test_a_note_stands_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    code, lines = ran("-o", str(path), note=lambda network: f"{network.inputs} inputs")
    assert code == 0 and lines[-1] == f"2 inputs; {path}: {path.stat().st_size} bytes"
    assert lines[0] == "seed 0" and load(path).layers[0].weight.tolist() == [[0, 2]]


def test_errors_are_a_line(tmp_path: Path) -> None:
    assert ran("-o", str(tmp_path / "a.npz"), "--seed", "13") == (1, ["seed 13", "error: no digits"])
    code, lines = ran("-o", str(tmp_path / "none" / "a.npz"), "--seed", "13")  # before it trains
    assert code == 1 and lines[1].startswith("error: ") and "no such folder" in " ".join(lines)
    assert not list(tmp_path.iterdir())


def test_help(tmp_path: Path) -> None:
    code, lines = ran("--help")
    assert code == 0 and "Train a tiny network." in " ".join(lines)


def test_only_torch_may_be_missing() -> None:
    with pytest.raises(ThriftyError, match="^training needs PyTorch, .*: pip install torch$"):
        with needs_torch():
            raise ModuleNotFoundError(name="torch")
    with pytest.raises(ModuleNotFoundError):
        with needs_torch():
            raise ModuleNotFoundError(name="gen.nothing")
