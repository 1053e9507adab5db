"""Random configurations through the whole flow, against Python's integers."""

import shutil

import numpy as np
import pytest

from bench.configurations import check, draw, expected

SEED = 1
COUNT = 200
QUICK = (48, 50, 99, 121, 159, 179)
"""Cases of few PEs: two broadcasts, two drain lanes, Huffman codes, packed outputs. Others are slow."""


def test_a_case_is_the_same_every_time():
    for index in QUICK:
        one, other = draw(SEED, index), draw(SEED, index)
        assert one.config == other.config and (one.inputs == other.inputs).all()
        assert np.array_equal(expected(one), expected(other))


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("index", [
    pytest.param(k, marks=[] if k in QUICK else pytest.mark.slow) for k in range(COUNT)])
def test_random_configuration(index, tmp_path):
    print(f"again: python -m bench.configurations --seed {SEED} --only {index}")
    assert check(draw(SEED, index), tmp_path)["mismatches"] == 0
