"""The command line: every command, its ``--json``, its exit code, and steps run twice."""

import json
import os
import signal
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import numpy as np
import pytest

import boards
from gen.presets import PRESETS
from hw.config import Config
from tests.gen.command import build, contents, matrix, refused, thrifty, write_config

COMMANDS = ("compile", "generate", "simulate", "estimate", "synth", "run", "boards", "presets",
            "config-schema", "demo")
COMMAND = Path(sysconfig.get_path("scripts")) / "thrifty"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"), simulated=True)


def test_help_explains_every_command():
    outcome = thrifty("--help")
    assert outcome.code == 0 and all(command in outcome.out for command in COMMANDS)
    for command in COMMANDS:
        outcome = thrifty(command, "--help")
        assert outcome.code == 0 and "--json" in outcome.out and not outcome.err
    bare = thrifty()
    assert bare.code == 2 and "compile" in bare.out and not bare.err


def test_the_flow(built):
    folder = built / "b"
    inputs, outputs = np.load(built / "x.npy"), np.load(folder / "outputs.npy")
    assert outputs.shape == (5, 12) and (outputs == inputs @ matrix().T).all()
    report = json.loads((folder / "simulate.json").read_text())
    assert report["mismatches"] == 0 and report["pes"] == 2 and report["vectors"] == 5
    assert {"config.resolved.toml", "network.npz", "image.bin", "compile.json", "golden_inputs.npy",
            "golden_outputs.npy", "tiny.v", "tiny.core", "manifest.json", "outputs.npy",
            "simulate.json"} <= set(contents(folder))


STEPS = {
    "compile": lambda built: ("compile", built / "w.npy", "--config", built / "c.toml", "-o",
                              built / "b"),
    "generate": lambda built: ("generate", "-o", built / "b"),
    "simulate": lambda built: ("simulate", built / "b", "--inputs", built / "x.npy"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_up_to_date_says_so(step, built):
    before = contents(built / "b")
    outcome = thrifty(*STEPS[step](built))
    assert outcome.code == 0 and f"{step}: up to date, not run again\n" in outcome.out
    outcome = thrifty(*STEPS[step](built), "--json")
    assert outcome.code == 0 and outcome.json["up_to_date"] is True and not outcome.err
    assert contents(built / "b") == before


@pytest.mark.parametrize("step, result", [
    ("compile", "image.bin"), ("compile", "network.npz"), ("compile", "compile.json"),
    ("compile", "config.resolved.toml"), ("generate", "tiny.v"), ("generate", "manifest.json"),
    ("generate", "tiny.core"), ("simulate", "outputs.npy"), ("simulate", "simulate.json")])
def test_a_tampered_result_is_made_again(step, result, built):
    file = built / "b" / result
    before = file.read_bytes()
    for damage in (before[:len(before) // 2], None):
        file.unlink() if damage is None else file.write_bytes(damage)
        outcome = thrifty(*STEPS[step](built), "--json")
        assert outcome.code == 0 and outcome.json["up_to_date"] is False
        assert file.read_bytes() == before


@pytest.mark.parametrize("command", [
    ("estimate", "b", "--board", "ulx3s-85f"), ("boards",), ("presets",), ("config-schema",),
    ("presets", "--show", "lenet")], ids=" ".join)
def test_json_is_all_that_is_printed(command, built, monkeypatch):
    monkeypatch.chdir(built)
    outcome = thrifty(*command, "--json")
    assert outcome.code == 0 and outcome.json and not outcome.err


def test_json_of_a_failure_is_still_json(built, tmp_path):
    many = write_config(tmp_path / "c.toml", "[sparse]\npes = 9\n")  # the board has 8 multipliers
    assert thrifty("compile", built / "w.npy", "--config", many, "-o", tmp_path / "b").code == 0
    assert thrifty("generate", "-o", tmp_path / "b").code == 0
    outcome = thrifty("estimate", tmp_path / "b", "--board", "icebreaker", "--json")
    over = outcome.json["over"]
    assert outcome.json["fits"] is False and outcome.code == 1
    assert outcome.err.startswith(f"error: icebreaker: does not fit by estimate: {over[0]}")
    assert outcome.err.count("\n") == 1


def test_boards():
    rows = thrifty("boards", "--json").json
    assert [row["board"] for row in rows] == list(boards.BOARDS)
    assert set(rows[0]) == {"board", "family", "device", "clock_mhz", "slots", "ram", "spram", "dsp"}
    table = thrifty("boards").out
    assert all(name in table for name in boards.BOARDS)


def test_presets():
    assert [row["preset"] for row in thrifty("presets", "--json").json] == list(PRESETS)
    for name in PRESETS:
        shown = thrifty("presets", "--show", name)
        assert shown.code == 0 and tomllib.loads(shown.out)["name"]
        assert thrifty("presets", "--show", name, "--json").json == tomllib.loads(shown.out)
    assert refused("presets", "--show", "none").startswith("unknown preset 'none': there are ")


def test_schema():
    schema = thrifty("config-schema").out
    table = json.loads(schema)
    assert table["required"] == ["name"] and table["additionalProperties"] is False
    assert set(table["properties"]) == set(Config.model_fields)
    assert thrifty("config-schema", "--json").out == schema


@pytest.mark.parametrize("words, message", [
    (["foo"], "No such command 'foo'."), (["simulat"], "Did you mean 'simulate'"),
    (["boards", "--foo"], "No such option: --foo"), (["compile"], "Missing argument 'network'."),
    (["estimate", "b"], "Missing option '--board'."), (["boards", "more"], "unexpected extra arg"),
    (["simulate", "b", "--stall", "2"], "'--stall': Input should be less than or equal to 0.95"),
    (["simulate", "b", "--stall", "nan"], "'--stall'"), (["simulate", "b", "--seed", "-1"], "'--seed'"),
    (["simulate", "b", "--seed", "x"], "'--seed'"),
    (["synth", "b", "--board", "icebreaker", "--clock", "0"], "'--clock'"),
    (["synth", "b", "--board", "icebreaker", "--clock", "nan"], "'--clock'"),
], ids=lambda value: "-".join(value) if isinstance(value, list) else "")
def test_wrong_usage_is_one_line_too(words, message):
    assert message in refused(*words)
    assert thrifty(*words).code == 2


def run(*words, **options):
    return subprocess.run([COMMAND, *words], capture_output=True, text=True, **options)


def test_the_installed_command(built, tmp_path):
    done = run("estimate", built / "b", "--board", "ulx3s-12f", "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["fits"] and not done.stderr
    np.save(tmp_path / "bad.npy", np.full((2, 2), np.nan))
    done = run("compile", "bad.npy", "--config", built / "c.toml", "-o", "b", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: bad.npy: weight [0, 0] is nan: weights must be finite\n"
    assert [path.name for path in tmp_path.iterdir()] == ["bad.npy"]


def test_a_long_error_is_one_line_on_a_narrow_terminal(tmp_path):
    name = "[red]" + "x" * 150 + ".npy"
    done = run("compile", name, "--config", "c.toml", "-o", "b", cwd=tmp_path,
               env=os.environ | {"COLUMNS": "40"})
    assert done.stderr == "error: c.toml: no such configuration file\n"
    done = run("simulate", name, cwd=tmp_path, env=os.environ | {"COLUMNS": "40"})
    assert done.stderr == f"error: {name}/manifest.json is missing: run thrifty generate first\n"


def test_ctrl_c(built, tmp_path):
    master, port = os.openpty()
    process = subprocess.Popen([COMMAND, "run", built / "b", "--port", os.ttyname(port)],
                               stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                               # In the background of a shell it would inherit that it is ignored.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert os.read(master, 1)  # it sends the image and will wait for an answer
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    os.close(master)
    os.close(port)
    assert process.returncode == 130 and err == "interrupted; earlier results are untouched\n"
