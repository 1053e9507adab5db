"""The compiler wrapper, around a stand-in compiler that counts its work."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim import objcache

COMPILER = """#!{python}
import sys
from pathlib import Path
if "--version" in sys.argv:
    print("fake 1.0")
elif "-E" in sys.argv:
    source = Path(sys.argv[-1])
    print(source.read_text() + (source.parent / "header.h").read_text())
else:
    with open("{calls}", "a") as file:
        file.write("x")
    if "-fail" in sys.argv:
        sys.exit(3)
    Path(sys.argv[sys.argv.index("-o") + 1]).write_text("object")
"""


class Fake:
    """Runtime sources in one folder, a build folder, a compiler, and an empty cache."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.calls, self.runtime, self.build = (folder / n for n in ("calls", "runtime", "build"))
        self.runtime.mkdir()
        self.build.mkdir()
        (self.runtime / "verilated.cpp").write_text("source")
        (self.runtime / "header.h").write_text("header")
        self.compiler = folder / "c++"
        self.compiler.write_text(COMPILER.format(python=sys.executable, calls=self.calls))
        self.compiler.chmod(0o755)
        self.cache = folder / "cache"
        monkeypatch.setenv("THRIFTY_CACHE_DIR", str(self.cache))
        monkeypatch.chdir(self.build)

    def __call__(self, *flags: str, source: Path | None = None) -> tuple[int, int]:
        """Exit code, and how often the compiler really compiled."""
        self.calls.write_text("")
        code = objcache.compile_cached([str(self.compiler), *flags, "-MMD", "-c", "-o", "out.o",
                                        str(source or self.runtime / "verilated.cpp")])
        return code, len(self.calls.read_text())


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake(tmp_path, monkeypatch)


def test_compiles_once(fake: Fake) -> None:
    assert fake("-O2", "-I/one") == (0, 1)
    Path("out.o").unlink()
    assert fake("-O2", "-I/other") == (0, 0), "what headers say matters, not where they lie"
    assert Path("out.o").read_text() == "object"
    assert fake("-O1") == (0, 1)
    (fake.runtime / "header.h").write_text("changed")
    assert fake("-O2") == (0, 1)
    assert not list(fake.cache.rglob("*.part")) and len(list(fake.cache.rglob("*.o"))) == 3


def test_generated_sources_pass_through(fake: Fake) -> None:
    (fake.build / "Vtop.cpp").write_text("generated")
    assert fake(source=Path("Vtop.cpp")) == (0, 1)
    assert fake(source=Path("Vtop.cpp")) == (0, 1)
    assert not fake.cache.exists()


def test_failure_is_not_kept(fake: Fake) -> None:
    assert fake("-fail") == (3, 1)
    assert fake("-fail") == (3, 1)


def test_unusable_cache_only_costs_speed(fake: Fake) -> None:
    fake.cache.write_text("a file where the folder should be")
    assert fake() == (0, 1)
    assert Path("out.o").read_text() == "object"


def test_runs_as_a_script(fake: Fake) -> None:
    command = [sys.executable, objcache.__file__, str(fake.compiler), "-fail", "-c", "-o", "out.o",
               str(fake.runtime / "verilated.cpp")]
    assert subprocess.run(command).returncode == 3


def test_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THRIFTY_CACHE_DIR", "/a")
    assert objcache.cache_folder() == Path("/a")
    monkeypatch.delenv("THRIFTY_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert objcache.cache_folder() == Path("/b/thrifty")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/c")
    assert objcache.cache_folder() == Path("/c/.cache/thrifty")
