import numpy as np
import pytest
from amaranth.hdl import signed
from amaranth.lib.data import StructLayout
from hypothesis import given, settings
from hypothesis import strategies as st

from gen.layout import pack


def words(packed: np.ndarray) -> list[int]:
    """Each item as one Python integer."""
    assert packed.dtype == np.uint32
    return [sum(int(piece) << 32 * k for k, piece in enumerate(item)) for item in packed]


@settings(derandomize=True, deadline=None, database=None)
@given(data=st.data(), widths=st.lists(st.integers(1, 64), min_size=1, max_size=6),
       items=st.integers(1, 5))
def test_equals_shifting_by_hand(data, widths, items):
    layout = StructLayout({f"f{k}": width for k, width in enumerate(widths)})
    fields = {f"f{k}": data.draw(st.lists(
        st.integers(-(1 << width - 1), (1 << min(width, 63)) - 1), min_size=items,
        max_size=items)) for k, width in enumerate(widths)}
    expected = [0] * items
    for item in range(items):
        offset = 0
        for k, width in enumerate(widths):
            expected[item] |= (fields[f"f{k}"][item] & (1 << width) - 1) << offset
            offset += width
    packed = pack(layout, **{name: np.array(values) for name, values in fields.items()})
    assert packed.shape == (items, -(-sum(widths) // 32))
    assert words(packed) == expected


def test_agrees_with_the_circuits():
    layout = StructLayout({"a": 3, "b": signed(40), "c": StructLayout({"x": 5, "y": 7})})
    value = {"a": 5, "b": -(1 << 35) - 3, "c": {"x": 17, "y": 99}}
    packed = pack(layout, a=5, b=value["b"], c=17 | 99 << 5)
    assert words(packed) == [layout.const(value).as_bits()]


def test_numbers_are_repeated_for_every_item():
    layout = StructLayout({"a": 4, "b": 4})
    assert words(pack(layout, a=np.arange(3), b=2)) == [0x20, 0x21, 0x22]


def test_no_items():
    layout = StructLayout({"a": 4, "b": 40})
    assert pack(layout, a=np.zeros(0, int), b=np.zeros(0, int)).shape == (0, 2)


@pytest.mark.parametrize("fields, message", [
    ({"a": 1}, r"fields \['a'\] given for \['a', 'b'\]"),
    ({"a": 1, "b": 1, "c": 1}, r"fields \['a', 'b', 'c'\] given for \['a', 'b'\]"),
    ({"a": 8, "b": 1}, r"field a: 8\.\.8 does not fit 3 bits"),
    ({"a": -5, "b": 1}, r"field a: -5\.\.-5 does not fit 3 bits"),
    ({"a": 0, "b": np.array([0, 1 << 33])}, r"field b: 0\.\.8589934592 does not fit 33 bits"),
])
def test_errors(fields, message):
    with pytest.raises(ValueError, match=message):
        pack(StructLayout({"a": 3, "b": 33}), **fields)
