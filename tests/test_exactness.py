"""Some thousand random dot products through the generated Verilog, as ``bench.exactness`` runs them."""

import shutil

import numpy as np
import pytest

from bench.exactness import FORMATS, check

SEED = 1
QUICK = ("shift bins: 3 terms, u8", "both barrel: distances, s8", "binary: u4, levels")


def test_formats_have_names_of_their_own():
    assert len({each.name for each in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize("index", range(len(FORMATS)), ids=[each.name for each in FORMATS])
def test_extremes_occur(index):
    case = FORMATS[index].draw(np.random.default_rng([SEED, index]), 60, 50)
    low, high = case.inputs.min(), case.inputs.max()
    width, signed = FORMATS[index].width, FORMATS[index].signed
    assert (low, high) == ((-1, 1) if width == 1 else (-1 << width - 1, (1 << width - 1) - 1)
                           if signed else (0, (1 << width) - 1))
    assert {low, high} <= {each[0] for each in case.inputs if (each == each[0]).all()}


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("name", QUICK)
def test_dot_products(name, tmp_path):
    index = [each.name for each in FORMATS].index(name)
    result = check(index, SEED, tmp_path, rows=60, vectors=50)
    assert (result["dot_products"], result["mismatches"]) == (3000, 0)
