"""Random matrices through the whole flow, against ``W @ x`` in NumPy."""

import shutil

import pytest

from bench.matrices import LARGEST, NONZEROS, cases, check

SEED = 1
COUNT = 20
QUICK = [0, 3, 6]
"""Of the cases in order of size: an all-zero one, and two small ones."""


def test_the_cases_are_what_they_should_be():
    drawn = cases(SEED, COUNT)
    shapes = [case.matrix.shape for case in drawn]
    assert (1, 1) in shapes and LARGEST in shapes and (773, 769) in shapes
    assert min(case.nonzeros for case in drawn) == 0
    assert 590_000 < max(case.nonzeros for case in drawn) < 610_000 + NONZEROS // 100
    assert any((case.matrix == 0).all(0).any() and (case.matrix == 0).all(1).any() for case in drawn)
    again = cases(SEED, COUNT)
    assert all((one.matrix == other.matrix).all() and (one.inputs == other.inputs).all()
               for one, other in zip(drawn, again, strict=True))


@pytest.mark.parametrize("index", [pytest.param(k, marks=[] if k in QUICK else pytest.mark.slow)
                                   for k in range(COUNT)])
def test_verilator(index, tmp_path):
    assert check(cases(SEED, COUNT)[index], tmp_path, "verilator")["mismatches"] == 0


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("index", [pytest.param(k, marks=[] if k in QUICK else pytest.mark.slow)
                                   for k in range(COUNT // 2)])
def test_icarus(index, tmp_path):
    assert check(cases(SEED, COUNT)[index], tmp_path, "icarus")["mismatches"] == 0
