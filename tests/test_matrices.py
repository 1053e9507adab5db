"""Random matrices through the whole flow, against ``W @ x`` in NumPy."""

import shutil

import pytest

from bench.matrices import LARGEST, NONZEROS, cases, check

SEED = 1
COUNT = 20
QUICK = {"verilator": [3, 6], "icarus": [0, 3, 6]}
"""Of the cases in order of size; the first one is all zeros."""


@pytest.fixture(scope="module")
def drawn():
    return cases(SEED, COUNT)


def test_the_cases_are_what_they_should_be(drawn):
    shapes = [case.matrix.shape for case in drawn]
    assert (1, 1) in shapes and LARGEST in shapes and (773, 769) in shapes
    assert drawn[0].nonzeros == 0 and 590_000 < drawn[-1].nonzeros <= NONZEROS
    assert sum((case.matrix == 0).all(0).any() and (case.matrix == 0).all(1).any()
               for case in drawn) >= 5
    again = cases(SEED, COUNT)
    assert all((one.matrix == other.matrix).all() and (one.inputs == other.inputs).all()
               for one, other in zip(drawn, again, strict=True))


def numbers(simulator, count):
    """The cases of a simulator, all but a few of them slow."""
    return [pytest.param(k, marks=[] if k in QUICK[simulator] else pytest.mark.slow)
            for k in range(count)]


@pytest.mark.parametrize("index", numbers("verilator", COUNT))
def test_verilator(index, drawn, tmp_path):
    assert check(drawn[index], tmp_path, "verilator")["mismatches"] == 0


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("index", numbers("icarus", COUNT // 2))
def test_icarus(index, drawn, tmp_path):
    assert check(drawn[index], tmp_path, "icarus")["mismatches"] == 0
