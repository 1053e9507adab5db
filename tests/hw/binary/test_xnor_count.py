"""Differing places counted by every form, and by netlists, are as many as NumPy says."""

import numpy as np
import pytest

from gen.verilog import emit
from hw.binary import XnorCount
from tests.hw.binary.counting import Bank, check, counting, mapped, vectors, verilog

FAMILIES = [None, "ecp5", "ice40"]
LARGE = [63, 64, 65, 127, 128, 255, 256, 257]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sizes, width", [
    (range(1, 7), 12), pytest.param((7, 8), 16, marks=pytest.mark.slow)])
def test_every_input(sizes, width, family, tmp_path):
    bank = Bank(*(XnorCount(n, family) for n in sizes))
    check(bank, counting(width), family, tmp_path, verilog(bank))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_size_up_to_40(family, tmp_path):
    bank = Bank(*(XnorCount(n, family) for n in range(1, 41)))
    assert [unit.latency for unit in bank.units] == [XnorCount(n).latency for n in range(1, 41)]
    check(bank, vectors(2 * 40, 40, 500, 1), family, tmp_path, verilog(bank))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sizes", [LARGE, pytest.param([511, 1024], marks=pytest.mark.slow)])
def test_large(sizes, family, tmp_path):
    bank = Bank(*(XnorCount(n, family) for n in sizes))
    # The corners are those of each size.
    bits = np.concatenate([vectors(2 * max(sizes), n, 60, n) for n in sizes])
    check(bank, bits, family, tmp_path, verilog(bank))


@pytest.mark.parametrize("family", ["ecp5", "ice40"])
@pytest.mark.parametrize("n", [16, 64, pytest.param(256, marks=pytest.mark.slow)])
def test_netlist(n, family, tmp_path):
    bank = Bank(XnorCount(n, family))
    check(bank, vectors(2 * n, n, 2000, n), family, tmp_path, mapped(bank, family, tmp_path))


def test_a_wrong_cell_is_seen(tmp_path):
    bank = Bank(XnorCount(64, "ecp5"))
    text = verilog(bank)
    assert "16'h6996" in text
    with pytest.raises(AssertionError):
        check(bank, vectors(128, 64, 200, 1), "ecp5", tmp_path, text.replace("16'h6996", "16'h6896", 1))


@pytest.mark.parametrize("family", FAMILIES)
def test_same_text_twice(family):
    assert emit(XnorCount(40, family), "count") == emit(XnorCount(40, family), "count")


@pytest.mark.parametrize("n", [0, 1025])
def test_wrong_number(n):
    with pytest.raises(ValueError, match=f"^n must be 1 to 1024, not {n}$"):
        XnorCount(n)


def test_unknown_family():
    with pytest.raises(ValueError, match=r"^family must be one of None, ecp5, ice40, not xc7$"):
        XnorCount(8, "xc7")
