"""The EIE bench, at a sixteenth of the size."""

import json

import numpy as np
import pytest

from bench.eie import KINDS, LAYERS, bench_eie, matrix
from hw.errors import ThriftyError


@pytest.mark.parametrize("kind", KINDS)
def test_matrices_have_the_density_asked_for(kind):
    weight = matrix(kind, 256, 384, 0.1, np.random.default_rng(1))
    assert weight.shape == (256, 384)
    assert 0.08 < weight.nnz / (256 * 384) < 0.12
    assert weight.data.all()
    assert len(np.unique(weight.data)) <= 16
    weight.check_format(full_check=True)


def test_power_law_rows_and_columns_are_uneven():
    weight = matrix("power-law", 256, 384, 0.1, np.random.default_rng(1))
    assert np.bincount(weight.indices).max() > 5 * weight.nnz / 256
    assert np.diff(weight.indptr).max() > 5 * weight.nnz / 384


def test_small_layers_run_and_are_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bench_eie(["NT-We", "VGG-8"], ["uniform"], seed=1, queue=64, divide=16, as_json=True)
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [(row["name"], row["rows"], row["cols"], row["pes"]) for row in layers] == [
        ("VGG-8", 62, 256, 4), ("NT-We", 37, 256, 4)]
    for row in layers:
        assert 1 < row["ratio"] < row["latency_ratio"] < 4
        assert row["bits_per_nonzero"] == row["entry_bits"] + row["table_bits"]
        # Each word of the column tables is a cycle.
        assert 0.2 < row["scan_bound"] < row["ratio"]


def test_papers_ratios_are_those_of_its_table():
    # Microseconds on EIE over the expected useful work, FC layers of AlexNet and VGG-16.
    ratios = {layer.name: layer.paper_ratio for layer in LAYERS}
    assert ratios["Alex-6"] == pytest.approx(30.3 / 23.4, rel=0.02)
    assert ratios["VGG-6"] == pytest.approx(34.4 / 14.7, rel=0.02)


@pytest.mark.parametrize("arguments, message", [
    ({"layers": ["VGG-9"], "kinds": ["uniform"], "divide": 1}, "VGG-9"),
    ({"layers": [], "kinds": ["round"], "divide": 1}, "round"),
    ({"layers": [], "kinds": ["uniform"], "divide": 3}, "--divide 3"),
])
def test_wrong_arguments_are_one_line(arguments, message):
    with pytest.raises(ThriftyError, match=message):
        bench_eie(**arguments, seed=1, queue=64, as_json=False)
