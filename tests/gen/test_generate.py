"""The generate step: Verilog, manifest and core, the same bytes every time."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gen.compile import load_compiled
from gen.folder import BuildFolder, hash_bytes
from gen.generate import generate
from gen.resolve import dump_config
from hw.errors import ThriftyError
from tests.gen.command import build, contents, write_config
from tests.hw.configs import config

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))


def test_files_agree(built):
    folder = BuildFolder(built / "b")
    manifest, up_to_date = generate(None, folder)
    verilog = (folder / "tiny.v").read_text()
    _, resolved = load_compiled(folder)
    assert up_to_date and manifest == json.loads((folder / "manifest.json").read_text())
    assert manifest["hashes"] == {
        name: hash_bytes((folder / name).read_bytes()) for name in ("tiny.v", "tiny.core")}
    assert manifest["hardware_id"] == resolved.hardware_id()
    assert manifest["configuration"] == resolved.model_dump(exclude={"compress"},
                                                                   exclude_none=True)
    assert str(built) not in verilog and str(ROOT) not in verilog

    header = re.search(r"^module tiny\((.*?)\);", verilog, re.MULTILINE | re.DOTALL)
    assert header
    assert sorted(re.findall(r"\w+", header[1])) == sorted(port["name"] for port in manifest["ports"])
    for module in manifest["keep_hierarchy"]:
        assert len(re.findall(rf"^module {module}\b", verilog, re.MULTILINE)) == 1
    for memory in manifest["memories"]:
        assert f"{memory['name']} [{memory['depth'] - 1}:0];" in verilog
    assert {memory["count"] for memory in manifest["memories"]} == {1, 2}
    core = (folder / "tiny.core").read_text()
    assert core.startswith("CAPI=2:\n") and "files: [tiny.v]" in core and "toplevel: tiny" in core


def test_a_complete_configuration_is_enough(tmp_path):
    (tmp_path / "full.toml").write_text(dump_config(config()))
    manifest, up_to_date = generate(tmp_path / "full.toml", BuildFolder(tmp_path / "b"))
    assert not up_to_date and manifest["name"] == "small"
    assert generate(tmp_path / "full.toml", BuildFolder(tmp_path / "b"))[1]
    (tmp_path / "b" / "small.v").write_text("tampered")
    assert not generate(tmp_path / "full.toml", BuildFolder(tmp_path / "b"))[1]
    assert hash_bytes((tmp_path / "b" / "small.v").read_bytes()) == manifest["hashes"]["small.v"]


def test_an_incomplete_configuration_is_not(tmp_path):
    with pytest.raises(ThriftyError, match=r"c\.toml: exactly one engine is needed: set a table"):
        generate(write_config(tmp_path / "c.toml"), BuildFolder(tmp_path / "b"))
    with pytest.raises(ThriftyError, match=r"config\.resolved\.toml is missing: run thrifty compile"):
        generate(None, BuildFolder(tmp_path / "b"))
    assert not (tmp_path / "b").exists()


def test_a_configuration_that_agrees_with_the_resolved_one(built, tmp_path):
    folder, before = BuildFolder(built / "b"), contents(built / "b")
    assert generate(built / "c.toml", folder)[1]
    other = write_config(tmp_path / "other.toml", "[sparse]\npes = 3\n")
    with pytest.raises(ThriftyError, match=r"other\.toml differs from .*config\.resolved\.toml: run "
                       "thrifty compile again, or generate into another folder"):
        generate(other, folder)
    assert contents(built / "b") == before


@pytest.mark.parametrize("seed", ["1", "77"])
def test_same_bytes_from_any_folder_and_hash_seed(seed, built, tmp_path):
    command = [sys.executable, "-c", "from gen.cli import main; main()"]
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    work = tmp_path / f"folder{seed}"
    work.mkdir()
    for name in ("w.npy", "c.toml"):
        (work / name).write_bytes((built / name).read_bytes())
    for step in (["compile", "w.npy", "--config", "c.toml"], ["generate"]):
        subprocess.run([*command, *step, "-o", "out"], cwd=work, env=environment, check=True,
                       capture_output=True)
    expected = contents(built / "b")
    assert {name: data for name, data in contents(work / "out").items()
            if not name.startswith(".steps")} == {
        name: data for name, data in expected.items() if not name.startswith(".steps")}
