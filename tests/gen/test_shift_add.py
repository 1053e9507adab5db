"""Shift-add networks to memories: what is refused, what is chosen, and every field by hand."""

from dataclasses import replace

import numpy as np
import pytest

from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.network import AdderLayer, Network, ShiftLayer, dump
from gen.resolve import agrees, complete, dump_config, read_config, resolve_shift_add
from gen.shift_add import place_layers, sections
from hw.errors import ThriftyError
from hw.packet import MemoryId
from tests.gen.command import write_config
from tests.hw.shift_add.arrays import adder, config, network, resolved, shift

RNG = np.random.default_rng(0)
ONES = np.ones(3, np.int64)


def refused(layers, *, width=None, signed=None, own=False, **table):
    net = Network(layers, width, signed)
    with pytest.raises(ThriftyError) as caught:
        sections(net, config(**table) if own else resolved(net, **table))
    return str(caught.value)


def words(parts, memory, pe=0):
    """A memory's words as Python integers."""
    return [int.from_bytes(row.astype("<u4").tobytes(), "little") for part in parts
            if (part.memory, part.pe) == (memory, pe) for row in part.words]


def lanes_of_two(parts):
    """The weights of two lanes with a memory each, as pairs."""
    banks = [words(parts, MemoryId.WEIGHTS, lane) for lane in range(2)]
    return list(zip(*banks, strict=True))


def example(mode, architecture, *, multipliers=True):
    """3 rows, 2 inputs, 2 terms: 5, -2 | 0, 2 ** 15 - 1 | -8, 0; then distances to 2 rows."""
    sign = np.array([[[1, 1], [-1, 0]], [[0, 0], [1, -1]], [[-1, 0], [0, 0]]], np.int8)
    exponent = np.array([[[2, 0], [1, 0]], [[0, 0], [15, 0]], [[3, 0], [0, 0]]], np.uint8)
    first = ShiftLayer(sign, exponent, np.array([7, -1, 0]), True,
                       np.array([3, 0, 5]) if multipliers else None, 4)
    second = AdderLayer(np.array([[-4, 3, 0], [1, 2, -1]]), np.array([10, -20]))
    layers = {"shift": [replace(first, multiplier=None, shift=0)], "adder": [second],
              "both": [first, second]}[mode]
    net = Network(layers, 4, True)
    return net, resolved(net, lanes=2, architecture=architecture, mode=mode)


def test_weights_of_shift_layers():
    """exponent | positive << 4 | write << 5: for each group, term, input."""
    net, c = example("shift", "barrel")
    none = 1 << 4  # 0: nothing is written
    assert lanes_of_two(sections(net, c)) == [
        (2 | 3 << 4, none),  # group 0, term 0, input 0: 4 and 0
        (1 | 2 << 4, 15 | 3 << 4),  # input 1: -2 and 2 ** 15
        (0 | 3 << 4, none), (none, 0 | 2 << 4),  # term 1: 1 and 0, 0 and -1
        (3 | 2 << 4, 0), (none, 0),  # group 1: -8 and 0; the other lane has no row
        (none, 0), (none, 0),
    ]


def test_weights_of_bins_come_behind_33_of_their_own():
    net, c = example("shift", "bins")
    got = lanes_of_two(sections(net, c))
    assert got[:33] == [(value, value) for value in (
        *(e | 1 << 4 for e in range(16)), *(e | 1 << 5 for e in range(16)), 0)]
    plain, barrel = example("shift", "barrel")
    assert got[33:] == lanes_of_two(sections(plain, barrel))


def test_weights_of_adder_layers():
    """A number of 4 bits; both lanes share a memory, row 0 on lane 0, which is lowest."""
    net, c = example("adder", "bins")
    assert words(sections(net, c), MemoryId.WEIGHTS) == [
        0xC | 1 << 4, 3 | 2 << 4, 0 | 0xF << 4]


@pytest.mark.parametrize("architecture, own", [("bins", 33), ("barrel", 0)])
def test_weights_of_both(architecture, own):
    """value (5 bits: an exponent and its sign, or a number of 4 bits) | write << 5."""
    net, c = example("both", architecture)
    got = lanes_of_two(sections(net, c))[own:]
    assert got[0] == (2 | 1 << 4 | 1 << 5, 1 << 4)
    assert got[8:] == [(a | 1 << 5, b | 1 << 5) for a, b in ((0xC, 1), (3, 2), (0, 0xF))]


def test_rows_and_layers():
    """A bias of an adder layer has the sum of its weights taken away; groups are filled with zeros."""
    net, c = example("both", "bins")
    parts = sections(net, c)
    table = c.shift_add
    rows = [(word & (1 << table.result) - 1, word >> table.result)
            for word in words(parts, MemoryId.ROWS)]
    biases = [7, -1, 0, 0, 10 - (-4 + 3 + 0), -20 - (1 + 2 - 1)]
    assert rows == [(bias & (1 << table.result) - 1, multiplier)
                    for bias, multiplier in zip(biases, [3, 0, 5, 0, 0, 0], strict=True)]
    # Fields of a layer from the lowest bit on, of widths that hold this network's numbers.
    first, second = words(parts, MemoryId.LAYERS)
    fields = {"more_words": (1, 2, 2), "more_planes": (1, 0, 2), "more_groups": (1, 0, 2),
              "weights": (33, 33 + 8, 6), "output": (0, 1, 1), "rows": (0, 4, 3), "tail": (0, 1, 1),
              "adder": (0, 1, 1), "raw": (0, 1, 1), "relu": (1, 0, 1), "shift": (4, 0, 6)}
    layer = [0, 0]
    place = 0
    for one, other, width in fields.values():
        layer[0] |= one << place
        layer[1] |= other << place
        place += width
    assert [first, second] == layer


def test_a_bank_has_the_lanes_that_leave_least_of_a_ram_unused():
    """Lanes of 6 bits, RAMs of 9: by 3 they take 18 of 18, by 4 24 of 27, alone 6 of 9."""
    for lanes, count, width in ((13, 13, 6), (12, 4, 18), (6, 2, 18), (9, 3, 18), (8, 2, 24)):
        net = Network([shift(RNG, lanes, 4)], 8, True)
        c = resolved(net, lanes=lanes, architecture="barrel")
        parts = [part for part in sections(net, c) if part.memory == MemoryId.WEIGHTS]
        assert [part.pe for part in parts] == list(range(count))
        assert max(word for k in range(count) for word in words(parts, MemoryId.WEIGHTS, k)) < 1 << width


def test_places():
    net = network(RNG, (21, 13, 7, 5), "3a1")
    for architecture, overhead in (("bins", 37), ("barrel", 0)):
        placed = place_layers(net, resolved(net, lanes=4, architecture=architecture).shift_add)
        assert [(each.groups, each.terms, each.words, each.cycles) for each in placed] == [
            (4, 3, 252, 252 + 4 * overhead), (2, 1, 26, 26 + 2 * overhead),
            (2, 1, 14, 14 + 2 * overhead)]


MULTIPLIED = shift(RNG, 3, 3, multiplier=ONES * 5, shift=2)


@pytest.mark.parametrize("message, layers, more", [
    ("the network takes signed activations of 8 bits: set shift_add.activation to that",
     [shift(RNG, 3, 3)], {"width": 8, "signed": True, "activation": {"signed": False}}),
    ("the network takes unsigned activations of 9 bits: set shift_add.activation to that",
     [shift(RNG, 3, 3)], {"width": 9, "signed": False, "activation": {"width": 8}}),
    ('the network needs shift_add.mode = "shift", not "adder"', [shift(RNG, 3, 3)], {"mode": "adder"}),
    ('the network needs shift_add.mode = "adder", not "shift"', [adder(RNG, 3, 3)], {"mode": "shift"}),
    ('the network needs shift_add.mode = "both", not "shift"', [MULTIPLIED, adder(RNG, 3, 3)],
     {"mode": "shift"}),
    ("layer 0: raw accumulators cannot feed layer 1: give it a multiplier",
     [shift(RNG, 3, 3), shift(RNG, 3, 3)], {}),
    ("layer 0 requantizes: set shift_add.requantize.enabled = true", [MULTIPLIED],
     {"requantize": {"enabled": False}}),
    ("layer 0: multiplier -1 is negative: multipliers are unsigned",
     [replace(MULTIPLIED, multiplier=ONES * -1)], {}),
    ("layer 0: multiplier 5, but with shift_add.requantize.multiplier_width 1 every multiplier is 1: "
     "widen it", [MULTIPLIED], {"requantize": {"multiplier_width": 1}}),
    ("layer 0: multiplier 0, but with shift_add.requantize.multiplier_width 1 every multiplier is 1: "
     "widen it", [replace(MULTIPLIED, multiplier=np.array([1, 0, 1]))],
     {"requantize": {"multiplier_width": 1}}),
    ("layer 0: multiplier 5 needs 3 bits, but shift_add.requantize.multiplier_width is 2: set it to 3",
     [MULTIPLIED], {"requantize": {"multiplier_width": 2}}),
    ("layer 0: multiplier 131072 needs 18 bits, but shift_add.requantize.multiplier_width is 17: at "
     "most 17 are supported", [replace(MULTIPLIED, multiplier=np.array([1, 1 << 17, 2]))], {}),
    ("layer 1: weight [1, 0] is 128, outside -128 to 127, the format of the activations that it is "
     "compared with: scale both", [MULTIPLIED, AdderLayer(np.array([[0, 0, -128], [128, 0, 0]]),
                                                          np.zeros(2, np.int64))], {}),
    ("layer 0: weight [0, 1] is -1, outside 0 to 15, the format of the activations that it is "
     "compared with: scale both", [AdderLayer(np.array([[0, -1]]), np.zeros(1, np.int64))],
     {"width": 4, "signed": False}),
], ids=range(14))
def test_what_is_refused(message, layers, more):
    assert refused(layers, **more) == message


def full(sign, exponent, terms, columns=9, rows=2):
    shape = rows, columns, terms
    return ShiftLayer(np.full(shape, sign, np.int8), np.full(shape, exponent, np.uint8),
                      np.zeros(rows, np.int64))


@pytest.mark.parametrize("layer, table, need", [
    # 9 * 3 terms * 128 = 3,456 takes 12 bits and a sign.
    (full(1, 15, 3), {"architecture": "bins"}, 13),
    # 9 * 3 * 2 ** 15 * 128 = 27 * 2 ** 22.
    (full(-1, 15, 3), {"architecture": "barrel"}, 28),
    (full(1, 0, 1, columns=8), {"architecture": "barrel"}, 12),  # 8 * 128 = 2 ** 10
    (adder(RNG, 2, 9), {"mode": "adder"}, 12),  # 9 * 128 = 1,152
    (adder(RNG, 2, 9), {"mode": "both", "architecture": "bins"}, 12),
], ids=range(5))
def test_accumulators_that_are_too_narrow(layer, table, need):
    assert refused([layer], accumulator=need - 1, **table) == (
        f"layer 0: a lane's sums need {need} bits, but shift_add.accumulator is {need - 1}: set it to "
        f"{need}")
    assert resolved(Network([layer]), **table).shift_add.accumulator == need


@pytest.mark.parametrize("layer, need", [
    (full(1, 3, 1), 15),  # 9 * 8 * 128 = 9 * 2 ** 10
    (replace(full(1, 3, 1), bias=np.array([0, -7169])), 16),  # and 7,169 are 2 ** 14 + 1
    (replace(full(1, 3, 1), bias=np.array([0, 7167])), 15),
    # Distances of 9 * 255 from weights of -128, and the sum of these, 1,152.
    (AdderLayer(np.full((1, 9), -128), np.zeros(1, np.int64)), 13),
    # The bias is 0 with the sum of weights in it, but the result is not: 900 + 9 * 227.
    (AdderLayer(np.full((1, 9), 100), np.array([900])), 13),
], ids=range(5))
def test_results_that_are_too_narrow(layer, need):
    assert refused([layer], result=need - 1) == (
        f"layer 0: results need {need} bits, but shift_add.result is {need - 1}: set it to {need}")
    assert resolved(Network([layer])).shift_add.result == need


@pytest.mark.parametrize("name, need", [
    ("layers", 3), ("words", 33 + 252 + 26 + 14), ("rows", 32), ("inputs", 21), ("hidden", 13),
    ("outputs", 5)])
def test_capacities(name, need):
    net = network(np.random.default_rng(1), (21, 13, 7, 5), "3a1")
    with pytest.raises(ThriftyError, match=rf"^the network needs capacity\.{name} {need}, the "
                       rf"configuration has {need - 1}: set capacity\.{name} = {need}$"):
        sections(net, resolved(net, lanes=4, capacity={name: need - 1}))
    assert getattr(resolved(net, lanes=4).shift_add.capacity, name) == need
    sections(net, resolved(net, lanes=4, capacity={name: need}))


def test_what_no_array_does():
    """Wider or larger than supported: said before anything is built."""
    far = replace(full(1, 0, 1), bias=np.array([0, 1 << 60]))
    assert refused([far]) == (
        "draft: shift_add.result would have to be 62, but at most 60 bits are supported: use smaller "
        "exponents or biases, or fewer inputs")
    wide = Network([full(1, 15, 3, columns=40_000, rows=1)], 16, False)
    with pytest.raises(ThriftyError, match="^draft: shift_add.accumulator would have to be 49, but at "
                       "most 48 bits are supported: use smaller exponents"):
        resolved(wide, architecture="barrel")
    assert resolved(wide).shift_add.accumulator == 34
    large = Network([full(1, 0, 1, columns=3000, rows=1500)])
    with pytest.raises(ThriftyError, match="^draft: the network needs 141033 weights on each of 32 "
                       "lanes, but at most 131072 are supported: use more lanes, or a smaller network$"):
        resolved(large)


def test_the_smallest_multipliers():
    """All 1: shift only. Others, 0 among them, take 2 bits."""
    for multiplier, width in (([1, 1, 1], 1), ([1, 0, 1], 2), ([0, 0, 0], 2), ([3, 0, 1], 2),
                              ([4, 1, 1], 3)):
        net = Network([replace(MULTIPLIED, multiplier=np.array(multiplier))])
        c = resolved(net)
        assert c.shift_add.requantize.multiplier_width == width
        sections(net, c)
    assert not resolved(Network([shift(RNG, 3, 3)])).shift_add.requantize.enabled


def test_as_small_as_the_network_allows():
    """The choice works, and no capacity or width can be one less."""
    for kinds, architecture in (("3a1", "bins"), ("1a2", "barrel"), ("aaa", "bins")):
        net = network(np.random.default_rng(2), (21, 13, 7, 5), kinds, raw=False)
        c = resolved(net, lanes=3, architecture=architecture)
        sections(net, c)
        smaller = [("capacity", key)
                   for key in ("layers", "words", "rows", "inputs", "hidden", "outputs")]
        smaller += [(None, "accumulator"), (None, "result"), ("requantize", "multiplier_width")]
        for part, key in smaller:
            changed = c.model_dump(exclude_none=True)
            (changed["shift_add"][part] if part else changed["shift_add"])[key] -= 1
            with pytest.raises(ThriftyError):
                sections(net, complete(changed, "demo.toml"))
                pytest.fail(f"{part}.{key} may be smaller")


def test_what_the_network_says_and_what_the_user_says(tmp_path):
    net = Network(network(RNG, (21, 5), "2", width=4, signed=False).layers, 4, False)
    c = resolved(net)
    table = c.shift_add
    assert (table.lanes, table.mode, table.architecture) == (32, "shift", "bins")
    assert (table.activation.width, table.activation.signed) == (4, False)
    said = {"lanes": 2, "architecture": "barrel", "mode": "both", "vectors": 16, "accumulator": 40,
            "result": 41, "activation": {"width": 4}, "capacity": {"words": 777, "outputs": 9},
            "requantize": {"enabled": True, "multiplier_width": 9}}
    got = resolved(net, memory_latency=1, **said)
    assert agrees({"name": "shifts", "memory_latency": 1, "shift_add": said}, got)
    assert not agrees({"shift_add": {**said, "lanes": 3}}, got)
    assert not agrees({"shift_add": {**said, "capacity": {"words": 778}}}, got)
    (tmp_path / "c.toml").write_text(dump_config(got))
    assert read_config(tmp_path / "c.toml") == got
    again = resolve_shift_add(got.model_dump(exclude_none=True), net, "again")
    assert again == got


@pytest.mark.parametrize("table, message", [
    ({"accumulator": 9}, 'key "shift_add": accumulator 9 must be at least activation.width + 2, 10'),
    ({"result": 55}, 'key "shift_add": result 55 + requantize.multiplier_width 8 must be at most 62'),
    ({"lanes": 0}, 'key "shift_add.lanes": Input should be greater than or equal to 1 (it is 0)'),
    ({"vectors": 3}, 'key "shift_add.vectors": Input should be 2, 4, 8 or 16 (it is 3)'),
    ({"activation": {"width": 17, "signed": True}},
     'key "shift_add.activation.width": Input should be less than or equal to 16 (it is 17)'),
    ({"architecture": "tree"},
     "key \"shift_add.architecture\": Input should be 'bins' or 'barrel' (it is 'tree')"),
])
def test_rules_of_the_table(table, message):
    base = config().model_dump(exclude_none=True)
    base["shift_add"] = {**base["shift_add"], **table}
    with pytest.raises(ThriftyError) as caught:
        complete(base, "c.toml")
    assert str(caught.value) == f"c.toml: {message}"


def test_compile(tmp_path):
    """The table is found by the network's kind; what the report says."""
    net = network(np.random.default_rng(3), (20, 9, 6), "2a")
    (tmp_path / "net.npz").write_bytes(dump(net))
    compiled = compile_network(tmp_path / "net.npz", write_config(tmp_path / "c.toml"),
                               BuildFolder(tmp_path / "b"))
    assert compiled.config.shift_add.mode == "both" and compiled.config.sparse is None
    assert read_config(tmp_path / "b" / "config.resolved.toml") == compiled.config
    report = compiled.report
    assert report["layers"] == [
        {"rows": 9, "columns": 20, "terms": 2, "cycles": 77, "utilization": 360 / (77 * 32)},
        {"rows": 6, "columns": 9, "terms": 1, "cycles": 46, "utilization": 54 / (46 * 32)}]
    assert (report["weights"], report["array_cycles"]) == (234, 123)
    assert report["bits_per_weight"] == sum(report["stored_bits"].values()) / 234
    # 33 words of the array's own, 40 and 9 of the network's; a field of 9 bits on each of 32 lanes.
    assert report["stored_bits"]["weights"] == 82 * 9 * 32


def test_the_wrong_engine(tmp_path):
    (tmp_path / "net.npz").write_bytes(dump(network(RNG, (5, 3), "1")))
    for table, engine in (("sparse", "sparse engine"), ("binary", "binary array")):
        with pytest.raises(ThriftyError, match=f"^the network is shift-add, and the {engine} does not "
                           r"run shift-add layers: set a table \[shift_add\]$"):
            compile_network(tmp_path / "net.npz", write_config(tmp_path / "c.toml", f"[{table}]\n"),
                            BuildFolder(tmp_path / "b"))


def test_hardware_ids():
    changes = [{"lanes": 2}, {"architecture": "barrel"}, {"mode": "shift"}, {"accumulator": 21},
               {"result": 33}, {"activation": {"width": 7}}, {"capacity": {"words": 401}}]
    ids = {config().hardware_id(), *(config(**change).hardware_id() for change in changes)}
    assert len(ids) == len(changes) + 1
