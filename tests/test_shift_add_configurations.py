"""Random shift-add arrays through the whole flow, against Python's integers."""

import shutil

import numpy as np
import pytest

from bench.shift_add_configurations import check, draw, expected

SEED = 1
COUNT = 100
QUICK = (7, 19, 25, 27, 53, 72, 79, 85)
"""Small arrays: each architecture and mode, raw and requantized ends. Others are slow."""


def test_a_case_is_the_same_every_time():
    for index in QUICK:
        one, other = draw(SEED, index), draw(SEED, index)
        assert one.config == other.config and (one.inputs == other.inputs).all()
        assert np.array_equal(expected(one), expected(other))


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("index", [
    pytest.param(k, marks=[] if k in QUICK else pytest.mark.slow) for k in range(COUNT)])
def test_random_configuration(index, tmp_path):
    print(f"again: python -m bench.shift_add_configurations --seed {SEED} --only {index}")
    assert check(draw(SEED, index), tmp_path)["mismatches"] == 0
