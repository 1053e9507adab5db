import pytest
from pydantic import ValidationError

from hw.config import Config, bits_for, integer_range
from tests.hw.configs import config, table


@pytest.mark.parametrize("count, bits", [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8),
                                         (257, 9)])
def test_bits_for(count, bits):
    assert bits_for(count) == bits


@pytest.mark.parametrize("width, signed, expected", [
    (1, False, (0, 1)), (1, True, (-1, 0)), (8, True, (-128, 127)), (16, False, (0, 65535)),
])
def test_integer_range(width, signed, expected):
    assert integer_range(width, signed) == expected


@pytest.mark.parametrize("width, slot, per_beat", [(1, 8, 4), (8, 8, 4), (9, 16, 2), (16, 16, 2)])
def test_slots_of_the_host_stream(width, slot, per_beat):
    activation = config(sparse__activation={"width": width, "signed": False}).sparse.activation
    assert (activation.slot, activation.per_beat) == (slot, per_beat)


def test_stored_index_bits():
    assert config().sparse.index.stored == 3
    assert config(sparse__index__lower=2).sparse.index.stored == 2


def test_code_width():
    def code_width(**weight):
        c = config(sparse__weight={"width": 12, "signed": True, **weight})
        return c.sparse.weight.code_width

    assert code_width(kind="direct") == 12
    assert code_width(kind="shift_add", codebook_size=17) == 5
    assert [code_width(codebook_size=n) for n in (2, 3, 16, 17, 256)] == [1, 2, 4, 5, 8]


RULES = {
    "lanes_not_a_power": ({"sparse__activation__lanes": 6},
                          "lanes must be a power of two, not 6"),
    "lanes_below_a_beat": ({"sparse__activation__lanes": 2},
                           "lanes must be at least 4, the 8-bit activations of one stream beat, "
                           "not 2"),
    "lanes_range": ({"sparse__activation__lanes": 64}, "less than or equal to 32"),
    "activation_width": ({"sparse__activation__width": 17}, "less than or equal to 16"),
    "weight_width": ({"sparse__weight__width": 33}, "less than or equal to 32"),
    "weight_kind": ({"sparse__weight__kind": "shift"}, "'codebook', 'direct' or 'shift_add'"),
    "no_terms": ({"sparse__weight__terms": 0}, "greater than or equal to 1"),
    "terms": ({"sparse__weight__terms": 4}, "less than or equal to 3"),
    "codebook_size": ({"sparse__weight__codebook_size": 257}, "less than or equal to 256"),
    "unsigned_accumulator": ({"sparse__accumulator__signed": False},
                             "accumulator.signed must be true: weights or activations are signed"),
    "absolute_index": ({"sparse__index": {"kind": "absolute", "width": 2}},
                       "index.width 2 cannot name capacity.rows 8; it needs 3"),
    "requantize_width": ({"sparse__accumulator__width": 47},
                         r"accumulator.width 47 \+ requantize.multiplier_width 16 must be at "
                         "most 62"),
    "columns": ({"sparse__capacity__columns": 1}, "greater than or equal to 2"),
    "index_lower": ({"sparse__index__lower": 4}, "lower 4 must be at most width 3"),
    "no_index_lower": ({"sparse__index__lower": 0}, "greater than or equal to 1"),
    "upper_entries": ({"sparse__capacity__upper_entries": 65},
                      "capacity.upper_entries 65 must be at most capacity.entries 64"),
    "broadcasts": ({"sparse__broadcasts": 3}, "Input should be 1 or 2"),
    "odd_pes": ({"sparse__broadcasts": 2, "sparse__pes": 3},
                "pes 3 must be a multiple of 2, with broadcasts = 2 and drains = 1"),
    "two_lanes": ({"sparse__broadcasts": 2, "sparse__activation__lanes": 2,
                   "sparse__activation__width": 16},
                  "broadcasts = 2 needs activation.lanes of 4 or more"),
    "outputs": ({"sparse__outputs": "activations", "sparse__requantize__enabled": False},
                'outputs = "activations" needs requantize.enabled = true'),
    "queue_depth": ({"sparse__queue_depth": 15}, "greater than or equal to 16"),
    "pes": ({"sparse__pes": 0}, "greater than or equal to 1"),
    "latency": ({"memory_latency": 3}, "Input should be 1 or 2"),
    "name": ({"name": "2fast"}, "String should match pattern"),
    "name_upper": ({"name": "Top"}, "String should match pattern"),
    "unknown_key": ({"sparse__pess": 4}, "Extra inputs are not permitted"),
    "no_strings": ({"sparse__pes": "4"}, "Input should be a valid integer"),
    "prune": ({"compress": {"prune": 1.0}}, "less than 1"),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name):
    changes, message = RULES[name]
    with pytest.raises(ValidationError, match=message):
        Config.model_validate(table(**changes))


@pytest.mark.parametrize("changes", [
    {"sparse__accumulator__width": 46},
    {"sparse__accumulator__width": 64, "sparse__requantize": {"enabled": False}},
    {"sparse__index": {"kind": "absolute", "width": 3}},
    {"sparse__index": {"kind": "relative", "width": 1}},
    {"sparse__index__lower": 3},
    {"sparse__capacity__upper_entries": 64},
    {"sparse__capacity__columns": 30},
    {"sparse__broadcasts": 2},
    {"sparse__activation": {"width": 9, "signed": False, "lanes": 2}},
], ids=str)
def test_limits_are_allowed(changes):
    config(**changes)


def test_unsigned_everything_may_have_either_accumulator():
    changes = {"sparse__activation__signed": False, "sparse__weight__signed": False}
    for signed in (False, True):
        config(**changes, sparse__accumulator__signed=signed)


def test_hardware_id():
    """It depends on what an image depends on, and on nothing else."""
    base = config()
    assert base.hardware_id() == config(name="other").hardware_id()
    assert base.hardware_id() == config(compress={"prune": 0.5}).hardware_id()
    changes = [{"sparse__pes": 3}, {"memory_latency": 1}, {"sparse__capacity__rows": 7},
               {"sparse__activation__signed": False}, {"sparse__index__kind": "relative"},
               {"sparse__index__lower": 2}, {"sparse__capacity__upper_entries": 3}]
    ids = {base.hardware_id(), *(config(**change).hardware_id() for change in changes)}
    assert len(ids) == len(changes) + 1
    assert all(0 <= each < 2**32 for each in ids)


def test_nothing_changes_afterwards():
    with pytest.raises(ValidationError, match="frozen"):
        config().name = "other"
