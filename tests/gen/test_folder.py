"""Build folders: results whole or not at all, steps that know whether they are up to date."""

import errno
import os

import pytest

from gen import folder as module
from gen.folder import BuildFolder, hash_bytes, hash_file, write_files
from hw.errors import ThriftyError


@pytest.fixture
def folder(tmp_path):
    return BuildFolder(tmp_path / "deep" / "build")


def test_write_creates_the_folder_and_leaves_nothing_else(folder):
    paths = folder.write_all({"a.txt": "text", "b.bin": b"\0\1"})
    assert paths == [folder / "a.txt", folder / "b.bin"]
    assert sorted(path.name for path in folder.path.iterdir()) == ["a.txt", "b.bin"]
    assert (folder / "b.bin").read_bytes() == b"\0\1"
    assert (folder / "a.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("number, reason", [(errno.ENOSPC, "the disk is full"),
                                            (errno.EIO, os.strerror(errno.EIO))])
@pytest.mark.parametrize("survivors", [0, 1, 2])
def test_a_full_disk_spoils_nothing(number, reason, survivors, folder, monkeypatch):
    folder.write_all({"a": "old a", "b": "old b", "c": "old c"})
    opened, real = [], os.fdopen

    def full(handle, mode):
        file = real(handle, mode)
        opened.append(handle)
        if len(opened) > survivors:
            file.close()
            raise OSError(number, os.strerror(number))
        return file

    monkeypatch.setattr(module.os, "fdopen", full)
    with pytest.raises(ThriftyError, match=rf"{'abc'[survivors]}: cannot be written: {reason}$"):
        folder.write_all({"a": "new a", "b": "new b", "c": "new c"})
    assert {path.name: path.read_text() for path in folder.path.iterdir()} == {
        "a": "old a", "b": "old b", "c": "old c"}


def test_an_interruption_waits_for_the_last_file(folder, monkeypatch):
    folder.write_all({"a": "old a", "b": "old b", "c": "old c"})
    real = os.replace

    def interrupted(name, path):
        if path.name == "b" and path.read_text() == "old b":
            real(name, path)
            raise KeyboardInterrupt
        real(name, path)

    monkeypatch.setattr(module.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.write_all({"a": "new a", "b": "new b", "c": "new c"})
    assert {path.name: path.read_text() for path in folder.path.iterdir()} == {
        "a": "new a", "b": "new b", "c": "new c"}


def test_a_step_that_was_killed_has_no_results(folder):
    with pytest.raises(ThriftyError, match="build: thrifty compile did not run to its end: run it"):
        folder.finished("compile")
    folder.stamp("compile", {}, folder.write_all({"a": "1"}))
    folder.finished("compile")
    folder.write_all({"a": "2"}, step="compile")
    with pytest.raises(ThriftyError):
        folder.finished("compile")


def test_folders_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ThriftyError, match=f"{path}: cannot be created: "):
            BuildFolder(path).write("x", "x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ThriftyError, match="taken: cannot be written: Is a directory"):
        write_files({tmp_path / "taken": "x"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


def test_need_names_the_step(folder):
    with pytest.raises(ThriftyError, match=r"build/image\.bin is missing: run thrifty compile first$"):
        folder.need("image.bin", "compile")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\xff", '{"name": 1}'])
def test_read_json(text, folder):
    folder.write("m.json", text.encode("latin-1"))
    with pytest.raises(ThriftyError, match=r"m\.json: damaged: run thrifty generate again$"):
        folder.read_json("m.json", "generate", "name", "verilog")
    folder.write_json("m.json", {"name": 1, "verilog": 2, "more": 3})
    assert folder.read_json("m.json", "generate", "name", "verilog")["more"] == 3


def test_fresh_until_something_changes(folder):
    assert not folder.fresh("step", {"input": 1})
    folder.stamp("step", {"input": 1}, folder.write_all({"a": "1", "c": "2"}))
    assert folder.fresh("step", {"input": 1})
    assert not folder.fresh("step", {"input": 2})
    assert not folder.fresh("other", {"input": 1})
    folder.write("c", "tampered")
    assert not folder.fresh("step", {"input": 1})
    folder.write("c", "2")
    assert folder.fresh("step", {"input": 1})
    (folder / "a").unlink()
    assert not folder.fresh("step", {"input": 1})


@pytest.mark.parametrize("stamp", ["", "{}", "[]", "null", '{"key": 3}', "\x80"])
def test_damaged_stamps_mean_not_fresh(stamp, folder):
    folder.stamp("step", {}, [folder.write("a", "1")])
    folder.write(".steps/step.json", stamp.encode("latin-1"))
    assert not folder.fresh("step", {})


def test_another_version_of_the_program_is_not_fresh(folder, monkeypatch):
    folder.stamp("step", {}, [folder.write("a", "1")])
    monkeypatch.setattr(module, "tool_hash", lambda: "another")
    assert not folder.fresh("step", {})


def test_hashes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert hash_file(tmp_path / "a") == hash_bytes(b"abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    with pytest.raises(ThriftyError, match="nothing: no such file"):
        hash_file(tmp_path / "nothing")
    with pytest.raises(ThriftyError, match="cannot be read: Is a directory"):
        hash_file(tmp_path)
