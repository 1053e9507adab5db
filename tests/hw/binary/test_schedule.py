"""Schedules keep the sum: what chains take in is what they put out, and everything is taken once."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.binary.plan import ECP5, ICE40
from hw.binary.schedule import Schedule, schedule

STAGES = 10
"""Of the most that any of these needs."""


def check(planned: Schedule, columns: tuple[int, ...], products: int, total: int) -> None:
    """A schedule as what it says it is, with integers alone."""
    taken: Counter[tuple[str, int]] = Counter()
    number = sum(columns)
    assert planned.columns[:number] == tuple(c for c, count in enumerate(columns) for _ in range(count))
    assert not any(planned.born[:number])
    put_out = []
    for stage, chains in enumerate(planned.stages, 1):
        xors, ands = [], []
        for chain in chains:
            assert chain.halves and all(len(half) <= 2 for half in chain.halves)
            for column, slot in chain.slots:
                bits = [bit for bit in slot[1:] if bit >= 0]
                match slot.kind:
                    case "product":
                        assert column == 0 and len(bits) == 1
                        taken["product", slot.first] += 1
                        continue
                    case "and":
                        # Of a sum of two bits: XOR + 2 AND.
                        ands.append((column - 1, *bits))
                        continue
                    case "xor":
                        assert len(bits) == 2
                        xors.append((column, *bits))
                    case "bit":
                        assert len(bits) == 1
                for bit in bits:
                    assert planned.columns[bit] == column and planned.born[bit] < stage
                    taken["bit", bit] += 1
            top = chain.column + len(chain.halves)
            assert len(chain.sums) == len(chain.halves)
            if chain.carry_out is None:
                assert 1 << top > total  # no sum has such a bit
            for column, bit in enumerate(chain.outputs, chain.column):
                assert planned.columns[bit] == column and planned.born[bit] == stage
                put_out.append(bit)
        assert sorted(xors) == sorted(ands)
    assert put_out == list(range(number, len(planned.columns)))
    for bit in planned.result:
        taken["bit", bit] += 1
    assert len({planned.columns[bit] for bit in planned.result}) == len(planned.result)
    assert taken == Counter([("bit", bit) for bit in range(len(planned.columns))]
                            + [("product", k) for k in range(products)])


@given(n=st.integers(1, 200), technology=st.sampled_from([ECP5, ICE40]))
@settings(max_examples=40, deadline=None)
def test_bits_are_conserved(n, technology):
    check(schedule((n,), 0, n, technology, STAGES), (n,), 0, n)


@given(n=st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_products_are_conserved(n):
    check(schedule((), n, n, ECP5, STAGES), (), n, n)


@given(low=st.integers(1, 60), high=st.integers(0, 60))
@settings(max_examples=20, deadline=None)
def test_columns_are_conserved(low, high):
    total = low + 2 * high
    check(schedule((low, high), 0, total, ICE40, STAGES), (low, high), 0, total)


def halves(planned: Schedule) -> int:
    """Of the chains, and one for each to join it to the next."""
    return sum(len(chain.halves) + 1 for chains in planned.stages for chain in chains)


@pytest.mark.parametrize("n, most", [(64, 84), (128, 172), (256, 352)])
def test_halves_of_products(n, most):
    assert halves(schedule((), n, n, ECP5, STAGES)) <= most


def test_halves_of_bits():
    assert halves(schedule((128,), 0, 128, ECP5, STAGES)) <= 160


@pytest.mark.parametrize("n", [257, 511, pytest.param(1024, marks=pytest.mark.slow)])
def test_large(n):
    check(schedule((), n, n, ECP5, STAGES), (), n, n)


def test_too_few_stages():
    with pytest.raises(ValueError, match=r"^2 stages are too few to add 100 products and \(\) bits$"):
        schedule((), 100, 100, ECP5, 2)
