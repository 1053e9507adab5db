"""Data moves one way, and so do imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {"hw": set(), "gen": {"hw"}, "sim": {"hw", "gen"}, "boards": {"hw", "gen"}}
OURS = {*MAY_IMPORT, "tests", "bench", "examples"}
COMMAND_LINE = (Path("gen/cli.py"), Path("gen/demo.py"))
"""They reach ``sim`` and ``boards`` inside the commands that need them."""


def imports(node: ast.AST, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """Every imported module, and whether the import stands inside a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, inside) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield ("." * child.level) + (child.module or ""), inside
        else:
            yield from imports(child, inside or isinstance(
                child, ast.FunctionDef | ast.AsyncFunctionDef))


def offences(package: str, path: Path, text: str) -> list[str]:
    found = []
    for name, inside in imports(ast.parse(text)):
        top = name.partition(".")[0]
        if name.startswith("."):
            found.append(f"{path}: relative import of {name}")
        elif top in OURS - {package, *MAY_IMPORT[package]} and not (
                path in COMMAND_LINE and inside):
            found.append(f"{path}: {package} may not import {name}")
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    assert not [each for file in files for each in offences(
        package, file.relative_to(ROOT), file.read_text())]


def test_the_rule_catches() -> None:
    def caught(package, path, text):
        return len(offences(package, Path(path), text))

    assert caught("hw", "hw/a.py", "from gen.network import Network") == 1
    assert caught("hw", "hw/a.py", "def f():\n    import sim.golden") == 1
    assert caught("hw", "hw/a.py", "from .b import c") == 1
    assert caught("gen", "gen/a.py", "import hw.config\nimport numpy") == 0
    assert caught("gen", "gen/a.py", "def f():\n    import sim.runner") == 1
    assert caught("gen", "gen/cli.py", "def f():\n    import sim.runner") == 0
    assert caught("gen", "gen/cli.py", "import sim.runner") == 1
    assert caught("boards", "boards/a.py", "import sim.runner") == 1
