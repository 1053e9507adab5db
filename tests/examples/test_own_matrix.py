"""The examples run, and do what they say."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_own_matrix(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("own_matrix", ROOT / "examples" / "own_matrix.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(tmp_path)
    assert "10 vectors equal NumPy" in capsys.readouterr().out
