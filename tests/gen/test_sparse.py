"""Memories against the matrices they came from: an independent reading gives the weights back."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gen.network import Layer, Network
from gen.resolve import resolve
from gen.sparse import accumulator_bound, place, place_all, sections
from hw.config import Activation, Config
from hw.errors import ThriftyError
from hw.packet import MemoryId
from hw.sparse.layout import (
    base_words,
    column_layout,
    entry_layout,
    lane_of,
    layer_layout,
    row_layout,
)
from hw.sparse.pe import ALL_PES
from tests.hw.configs import config
from tests.hw.designs import matrix, network


def read(layout, words: np.ndarray) -> list[dict[str, int]]:
    """Fields of every word, bit by bit."""
    values = [sum(int(piece) << 32 * k for k, piece in enumerate(item)) for item in words]
    return [{name: value >> field.offset & (1 << field.width) - 1 for name, field in layout}
            for value in values]


def signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> width - 1 else value


def total(word: int, weight) -> int:
    """The sum of a word's terms: exponent, sign, presence, least significant first."""
    bits = (weight.width - weight.signed).bit_length()
    terms = [word >> k * (bits + 2) & (1 << bits + 2) - 1 for k in range(weight.terms)]
    return sum((term >> bits + 1) * (-1)**(term >> bits) * 2**(term % (1 << bits)) for term in terms)


def entries_of(head, table: list[dict[str, int]], pe: int, columns: int, c) -> list[tuple[int, int]]:
    """Columns and addresses of a layer's entries on a PE, from base address and lengths alone."""
    bits = column_layout(c)["first"].width
    words = [word["first"] | word["second"] << bits for word in table[head["table"]:]]
    address_bits = (c.capacity.entries - 1).bit_length()
    bases = -(-address_bits // (2 * bits))
    base = sum(word << 2 * bits * k for k, word in enumerate(words[:bases]))
    address = base - 1
    sides = 2 if head.get("halves") else 1
    result = []
    for j in range(columns):
        group = j if head["long"] else j // 2
        if group % sides != pe % sides:
            continue
        word = words[bases + group // sides]
        length = word if head["long"] else word >> j % 2 * bits & (1 << bits) - 1
        result += [(j, (address + n) % (1 << address_bits)) for n in range(length)]
        address += length
    if columns % 2 and not head["long"] and (columns // 2) % sides == pe % sides:
        assert words[bases + columns // 2 // sides] >> bits == 0, "a column that is not there"
    return result


def weights_of(net: Network, config: Config, contents) -> list[np.ndarray]:
    """The weight matrices, walked as the hardware walks them."""
    c = config.sparse
    memory = {(s.memory, s.pe): s.words for s in contents}
    layers = read(layer_layout(c), memory[MemoryId.LAYERS, 0])
    book = memory.get((MemoryId.CODEBOOK, ALL_PES))
    pe_bits = max(1, (c.pes - 1).bit_length())
    result = []
    for k, layer in enumerate(net.layers):
        head = layers[k]
        job = {name: head["drain"] >> field.offset & (1 << field.width) - 1
               for name, field in layer_layout(c)["drain"].shape}
        assert head["last"] == job["to_output"] == (k == len(net.layers) - 1)
        rows, natural = [], {}
        for lane in range(c.drains):
            drained = slice(job[f"base_{lane}"], job[f"base_{lane}"] + job[f"parts_{lane}"])
            mine = read(row_layout(c), memory[MemoryId.ROWS, lane])[drained]
            for word, row in zip(memory[MemoryId.DRAIN, lane][drained, 0].tolist(), mine, strict=True):
                pe = word & (1 << pe_bits) - 1
                assert lane_of(c, pe) == lane == row["row"] % c.drains
                natural[pe, word >> pe_bits] = row["row"]
            assert not mine or not mine[-1]["more"], "a row ends in its lane"
            rows += mine
        assert len(natural) == len(rows), "an accumulator twice"
        # A row is finished by the part without ``more``; only its first part has a bias.
        finished = [row["row"] for row in rows if not row["more"]]
        assert sorted(finished) == list(range(layer.rows))
        for before, row in zip([{"more": 0}, *rows], rows, strict=False):
            bias = 0 if before["more"] else layer.bias[row["row"]]
            assert signed(row["bias"], c.accumulator.width) == bias
            assert not before["more"] or before["row"] == row["row"]
        weight = np.zeros((layer.rows, layer.columns), np.int64)
        for pe in range(c.pes):
            entries = read(entry_layout(c), memory[MemoryId.ENTRIES, pe])
            table = read(column_layout(c), memory[MemoryId.COLUMNS, pe])
            before = slot = -1
            for j, address in entries_of(head, table, pe, layer.columns, c):
                entry = entries[address]
                index = entry["index"]
                if head.get("upper"):
                    index |= int(memory[MemoryId.UPPER, pe][address][0]) << c.index.stored
                follows = slot + 1 if j == before else 0
                slot, before = index + (follows if head["relative"] else 0), j
                if book is not None:
                    value = int(book[(k << c.weight.code_width) + entry["code"]][0])
                else:
                    value = entry["code"]
                if c.weight.kind == "shift_add":
                    value = total(value, c.weight)
                elif c.weight.signed:
                    value = signed(value, c.weight.width)
                row = natural[pe, slot]
                assert weight[row, j] == 0, "an entry twice"
                weight[row, j] = value
        result.append(weight)
    return result


def resolved(net: Network, pes: int, lower: int | None = None, **sparse):
    """Configuration and placements; ``lower`` is taken if it is less than what indices need."""
    draft = {"name": "n", "sparse": {"pes": pes, **sparse}}
    config, placements = resolve(draft, net, "draft")
    if lower is not None and lower < config.sparse.index.width:
        draft["sparse"]["index"] = {**sparse.get("index", {}), "lower": lower}
        config, placements = resolve(draft, net, "draft")
    return config, placements


def give_the_weights_back(net: Network, config: Config, placements) -> bool:
    contents = sections(net, config, placements)
    return all(np.array_equal(weight, layer.weight.toarray()) for layer, weight in zip(
        net.layers, weights_of(net, config, contents), strict=True))


@settings(derandomize=True, deadline=None, database=None, max_examples=60)
@given(seed=st.integers(0, 2**32), pes=st.integers(1, 6), kind=st.sampled_from(
    ["codebook", "direct", "shift_add"]), index=st.sampled_from(["absolute", "relative", "per_layer"]),
    density=st.sampled_from([0.0, 0.05, 0.4, 1.0]), lanes=st.sampled_from([4, 8]),
    lower=st.sampled_from([None, 1, 2]), most=st.sampled_from([20, 70]))
def test_memories_give_the_weights_back(seed, pes, kind, index, density, lanes, lower, most):
    rng = np.random.default_rng(seed)
    net = network(rng, rng.integers(1, most, 3).tolist(), density=density, values=range(-5, 9))
    assert give_the_weights_back(net, *resolved(
        net, pes, lower, broadcasts=1 + int(pes % 2 == 0 and seed % 2),
        drains=1 + int(pes % 4 == 0 and seed % 3 == 0),
        weight={"kind": kind, "width": 9, "signed": True},
        activation={"width": 8, "signed": True, "lanes": lanes}, index={"kind": index}))


@pytest.mark.parametrize("long, halves, upper", list(itertools.product(
    [False, True], repeat=3)))
@pytest.mark.parametrize("columns", [40, 41, 42, 43])
def test_every_form_of_a_layer_gives_its_weights_back(long, halves, upper, columns):
    """A full layer beside a sparse one, so that descriptors differ within a network."""
    rng = np.random.default_rng(7)
    rows = 90 if long else 24
    weight = matrix(rng, rows, columns, 1.0 if long else 0.2, [-3, 1, 2])
    other = matrix(rng, 9, rows, 0.2, [1, 5])
    net = Network([
        Layer(weight, np.arange(rows), True, np.ones(rows, np.int64), density=0.01 if halves else 1.0),
        Layer(other, np.zeros(9, np.int64), density=1.0)])
    config, placements = resolved(net, 4, 2 if upper else None, broadcasts=2,
                                  index={"kind": "absolute"})
    contents = sections(net, config, placements)
    head = read(layer_layout(config.sparse), {(s.memory, s.pe): s.words for s in contents}[
        MemoryId.LAYERS, 0])[0]
    assert (head["long"], head["halves"]) == (long, halves)
    assert head.get("upper", 0) == upper
    assert any(s.memory == MemoryId.UPPER for s in contents) == upper
    assert give_the_weights_back(net, config, placements)


def test_layers_with_upper_bits_come_first():
    """Their entries are the first ones, wherever the layer stands: the memory of the bits is small."""
    rng = np.random.default_rng(3)
    net = network(rng, (30, 6, 60), density=0.5)
    config, placements = resolved(net, 2, 2, index={"kind": "absolute"})
    capacity = config.sparse.capacity
    most = [int(np.bincount(p.entry_pe, minlength=2).max()) for p in placements]
    assert capacity.upper_entries == most[1] < capacity.entries
    contents = {(s.memory, s.pe): s.words for s in sections(net, config, placements)}
    heads = read(layer_layout(config.sparse), contents[MemoryId.LAYERS, 0])
    assert [head["upper"] for head in heads] == [0, 1]
    for pe in range(2):
        table = read(column_layout(config.sparse), contents[MemoryId.COLUMNS, pe])
        addresses = [{address for _, address in entries_of(head, table, pe, layer.columns,
                                                           config.sparse)}
                     for head, layer in zip(heads, net.layers, strict=True)]
        upper, whole = len(addresses[1]), len(contents[MemoryId.ENTRIES, pe])
        assert addresses == [set(range(upper, whole)), set(range(upper))]
        assert len(contents[MemoryId.UPPER, pe]) == upper
    assert give_the_weights_back(net, config, placements)


def test_base_addresses_of_several_words():
    """The second layer begins far behind what one word of the column table can say."""
    net = network(np.random.default_rng(2), (300, 40, 9), density=0.9)
    config, placements = resolved(net, 1, index={"kind": "absolute"})
    c = config.sparse
    assert base_words(c.capacity) == 2 and c.capacity.entries > 10_000
    contents = {(s.memory, s.pe): s.words for s in sections(net, config, placements)}
    table = contents[MemoryId.COLUMNS, 0][:, 0].tolist()
    head = read(layer_layout(c), contents[MemoryId.LAYERS, 0])[1]
    bits = column_layout(c).size
    assert table[:2] == [1, 0], "the first entry has address 0"
    assert table[head["table"]] + (table[head["table"] + 1] << bits) == net.layers[0].weight.nnz + 1
    assert head["table"] == 2 + 300 and len(table) == c.capacity.columns == 2 + 300 + 2 + 20
    assert give_the_weights_back(net, config, placements)


@pytest.mark.parametrize("index", ["absolute", "relative", "per_layer"])
@pytest.mark.parametrize("sizes, pes", [((3000, 3), 8), ((2600, 10, 4), 8), ((900, 9), 5)])
def test_memories_give_split_rows_back(index, sizes, pes):
    net = network(np.random.default_rng(4), sizes, density=0.5)
    config, placements = resolved(net, pes, index={"kind": index})
    capacity = config.sparse.capacity
    assert capacity.total_rows > sum(sizes[1:]) and capacity.outputs == sizes[-1]
    assert give_the_weights_back(net, config, placements)
    again = place_all(net, pes, kind=index, width=config.sparse.index.width, rows=capacity.rows,
                      total_rows=capacity.total_rows)
    for one, other in zip(placements, again, strict=True):
        assert np.array_equal(one.parts.pe, other.parts.pe), "the resolved configuration splits alike"


@pytest.mark.parametrize("total", [47, 55, 56, 69, 93, 94])
def test_each_drain_lane_has_room_for_its_rows(total):
    """Of an odd number of rows the first lane drains one more; halves double that."""
    net = network(np.random.default_rng(1), (31, 17, 46, 29), density=0.3)
    config, placements = resolved(net, 16, broadcasts=2, drains=2, capacity={"total_rows": total})
    assert any(each.halves for each in placements) == (total >= 47 + 9)
    drained = [sum((each.parts.row % 2 == lane).sum() for each in placements) for lane in range(2)]
    assert max(drained) <= total == config.sparse.capacity.total_rows
    assert give_the_weights_back(net, config, placements)


def test_weights_that_move_stay_within_the_room_of_their_lane():
    rng = np.random.default_rng(1)
    most = []
    for _ in range(40):
        weight = matrix(rng, 80, 4, 0.65, [1])
        parts = place(Layer(weight, np.zeros(80, np.int64)), 4, drains=2, spare=1).parts
        most.append(max((parts.row % 2 == lane).sum() for lane in range(2)))
    assert set(most) == {40, 41}


def test_rows_stay_in_their_lane_where_halves_would_widen_indices():
    net = network(np.random.default_rng(1), (40, 64), density=0.1)
    config, placements = resolved(net, 8, broadcasts=2, drains=2, index={"kind": "absolute", "width": 3})
    assert not placements[0].halves and resolved(net, 8, broadcasts=2, drains=2)[1][0].halves
    assert give_the_weights_back(net, config, placements)


@pytest.mark.parametrize("given, split", [
    ({}, True), ({"width": 1}, True), ({"rows": 2}, True), ({"rows": 1}, False),
    ({"total_rows": 9}, False), ({"total_rows": 13}, False), ({"total_rows": 17}, True)])
def test_what_is_decided_limits_splitting(given, split):
    net = network(np.random.default_rng(4), (3000, 10), density=0.5)
    placement, = place_all(net, 8, **{"kind": "absolute", "width": None, "rows": None,
                                      "total_rows": None} | given)
    assert placement.slots == 2, "as many as whole rows need: indices stay as narrow"
    assert (len(placement.parts.row) > 10) == split
    assert len(placement.parts.row) <= max(10, given.get("total_rows", 18))


def test_a_bit_more_where_it_is_worth_it():
    """16 rows on 8 PEs fill both slots that a bit can name."""
    def placed(*work, **given):
        weight = (np.array(work)[:, None] > np.arange(max(work))).astype(np.int64)
        net = Network([Layer(sp.csc_array(weight), np.zeros(16, np.int64))])
        return place_all(net, 8, **{"kind": "absolute", "width": None, "rows": None,
                                    "total_rows": None} | given)[0]
    giant = placed(9000, *[300] * 15)
    assert giant.slots > 2 and giant.most_entries <= 1.003 * 13500 / 8
    assert placed(9000, *[300] * 15, width=1).slots == 2
    assert placed(1110, *[1100] * 15).slots == 2


@pytest.mark.parametrize("density", [0.0, 0.02, 0.3, 1.0])
def test_placement(density):
    rng = np.random.default_rng(3)
    layer = Layer(matrix(rng, 40, 9, density, [-3, 1, 2]), np.zeros(40, np.int64))
    p = place(layer, 3)
    row_of = {(pe, slot): row for row, (pe, slot) in enumerate(zip(
        p.parts.pe.tolist(), p.parts.slot.tolist(), strict=True))}
    order = list(zip(p.entry_pe.tolist(), p.entry_column.tolist(), p.entry_slot.tolist(),
                     strict=True))
    assert order == sorted(order)
    rebuilt = np.zeros((40, 9), np.int64)
    for (pe, column, slot), value in zip(order, p.entry_value.tolist(), strict=True):
        rebuilt[row_of[pe, slot], column] = value
    assert np.array_equal(rebuilt, layer.weight.toarray())
    for _, group in itertools.groupby(range(len(order)), lambda k: order[k][:2]):
        slots = -1
        for k in group:
            slots += 1 + int(p.entry_gap[k])
            assert slots == order[k][2]
    assert p.slot_bits == 4, "40 rows on 3 PEs: up to 14 a PE"
    assert p.index_bits("absolute") == p.slot_bits
    assert p.index_bits("relative") == p.gap_bits
    assert p.index_bits("per_layer") == min(p.slot_bits, p.gap_bits)


@settings(derandomize=True, deadline=None, database=None)
@given(seed=st.integers(0, 2**32), is_signed=st.booleans(), width=st.integers(1, 3))
def test_accumulator_bound_is_never_passed(seed, is_signed, width):
    """Against every input, and every partial sum in every order: all of one sign first."""
    rng = np.random.default_rng(seed)
    layer = Layer(matrix(rng, 3, 4, 0.7, range(-9, 10)), rng.integers(-20, 21, 3))
    activation = Activation(width=width, signed=is_signed)
    low = -(1 << width - 1) if is_signed else 0
    high = (1 << width - int(is_signed)) - 1
    inputs = np.array(list(itertools.product(range(low, high + 1), repeat=4)))
    products = layer.weight.toarray()[None] * inputs[:, None, :]
    extremes = [np.where(part, products, 0).sum(2) + layer.bias
                for part in (products > 0, products < 0)]
    bound = accumulator_bound(layer, activation)
    assert max(int(np.abs(e).max()) for e in extremes) <= bound
    weight = layer.weight.toarray()
    largest = max(-low, high)
    assert bound == max(int(abs(weight[r]).sum()) * largest + abs(int(layer.bias[r]))
                        for r in range(3))


def one_layer(rows=6, columns=5, **changes) -> Network:
    weight = np.ones((rows, columns), np.int64)
    weight[0] = -2
    fields = {"bias": np.arange(rows)} | changes
    return Network([Layer(fields.pop("weight", sp.csc_array(weight)), **fields)])


def two_layers() -> Network:
    rng = np.random.default_rng(0)
    return network(rng, (10, 6, 7), density=1.0)


ERRORS = {
    "layers": (two_layers(), {"sparse__capacity__layers": 1},
               "the network needs capacity.layers 2, the configuration has 1: set capacity.layers "
               "= 2"),
    "columns": (two_layers(), {"sparse__capacity__columns": 9},
                "needs capacity.columns 10, the configuration has 9"),
    "total_rows": (two_layers(), {"sparse__capacity__total_rows": 12},
                   "needs capacity.total_rows 13"),
    "inputs": (one_layer(columns=21), {}, "needs capacity.inputs 21, the configuration has 20"),
    "hidden": (two_layers(), {"sparse__capacity__hidden": 5}, "needs capacity.hidden 6"),
    "outputs": (one_layer(rows=17, columns=2), {"sparse__pes": 3}, "needs capacity.outputs 17"),
    "two_layers_raw": (two_layers(), {"sparse__requantize": {"enabled": False}},
                       "a network of 2 layers needs requantize.enabled = true"),
    "accumulator": (one_layer(), {"sparse__accumulator__width": 11},
                    "layer 0: accumulators can reach 1280, which needs 12 bits, but "
                    "accumulator.width is 11: set it to 12"),
    "weight": (one_layer(), {"sparse__weight__width": 1},
               "layer 0: weights from -2 to 1 do not fit weight.width 1 signed .-1 to 0.: set "
               "it to 2"),
    "unsigned_weight": (one_layer(), {"sparse__weight__signed": False},
                        "weights from -2 to 1 do not fit weight.width 8 unsigned .0 to 255."),
    "codebook": (one_layer(weight=sp.csc_array(np.arange(1, 21).reshape(4, 5)),
                           bias=np.zeros(4, int)), {},
                 "layer 0: 20 distinct weights, but weight.codebook_size is 16: set it to 20"),
    "codebook_too_many": (one_layer(weight=sp.csc_array(np.arange(-130, 130).reshape(13, 20)),
                                    bias=np.zeros(13, int)), {
                                        "sparse__weight__width": 9,
                                        "sparse__capacity__entries": 200},
                          'set weight.kind = "direct"'),
    "shift_add_terms": (one_layer(weight=sp.csc_array(np.array([[3, 37], [-11, 0]])),
                                  bias=np.zeros(2, int)), {"sparse__weight__kind": "shift_add"},
                        'layer 0: weight -11 needs 3 shift-add terms, but weight.terms is 2: set it '
                        'to 3, or set weight.kind = "codebook"'),
    "shift_add_no_terms": (one_layer(weight=sp.csc_array(np.array([[3, 85], [-11, 0]])),
                                     bias=np.zeros(2, int)), {"sparse__weight__kind": "shift_add"},
                           'layer 0: weight 85 needs 4 shift-add terms, but at most 3 are supported: '
                           'set weight.kind = "codebook"'),
    "shift_add_codebook": (one_layer(weight=sp.csc_array(np.arange(1, 9).reshape(4, 2)),
                                     bias=np.zeros(4, int)), {
        "sparse__weight": {"kind": "shift_add", "width": 8, "signed": True, "codebook_size": 4}},
        "layer 0: 8 distinct weights, but weight.codebook_size is 4: set it to 8"),
    "rows": (one_layer(rows=16, columns=2), {"sparse__pes": 1},
             "layer 0: 16 rows a PE, but capacity.rows is 8: set it to 16, or use 2 PEs"),
    "index": (one_layer(rows=16, columns=2), {"sparse__index": {"kind": "absolute", "width": 3},
                                              "sparse__capacity__rows": 8, "sparse__pes": 1},
              "layer 0: 16 rows a PE"),
    "index_width": (one_layer(weight=sp.csc_array(np.array([[1], *[[0]] * 6, [1]])),
                              bias=np.zeros(8, int)), {
                                  "sparse__index": {"kind": "relative", "width": 1},
                                  "sparse__pes": 1},
                    "layer 0: indices need 3 bits, but index.width is 1: set it to 3, or use more "
                    "PEs"),
    "entries": (one_layer(rows=10, columns=20), {},
                "layer 0: 100 entries on PE 0, but capacity.entries is 64: set it to 100, or use "
                "at least 4 PEs"),
    "upper_entries": (one_layer(), {"sparse__index": {"kind": "absolute", "width": 3, "lower": 2},
                                    "sparse__pes": 1},
                      "layer 0: 30 entries on PE 0, but capacity.upper_entries is 2: set it to 30, or "
                      "use at least 15 PEs"),
    "multiplier": (one_layer(multiplier=np.full(6, 1 << 16)), {},
                   "layer 0: multiplier 65536 needs 17 bits, but requantize.multiplier_width is "
                   "16"),
    "multiplier_unused": (one_layer(multiplier=np.ones(6, int)), {
        "sparse__requantize": {"enabled": False}},
        "layer 0 requantizes, but requantize.enabled is false"),
    "negative_multiplier": (one_layer(multiplier=np.full(6, -1)), {},
                            "layer 0: shift must be 0-62 and multipliers not negative"),
    "shift": (one_layer(multiplier=np.ones(6, int), shift=63), {},
              "layer 0: shift must be 0-62 and multipliers not negative"),
    "hidden_layer_raw": (Network([one_layer(6, 5).layers[0],
                                  one_layer(3, 6, multiplier=np.ones(3, int)).layers[0]]), {},
                         "layer 0"),
    "multiplier_zero_of_one_bit": (one_layer(multiplier=np.array([0, 1, 1, 1, 1, 1])), {
        "sparse__requantize": {"enabled": True, "multiplier_width": 1}}, "layer 0"),
    "negative_bias_unsigned": (one_layer(weight=sp.csc_array(np.ones((2, 2), int)),
                                         bias=np.array([-1, 3])), {
        "sparse__accumulator__signed": False, "sparse__weight__signed": False,
        "sparse__activation__signed": False}, "layer 0"),
    "outputs_wider_than_accumulators": (one_layer(
        weight=sp.csc_array((3, 4), dtype=np.int64), bias=np.array([7, -7, 7]),
        multiplier=np.full(3, 100)), {"sparse__accumulator__width": 4}, "layer 0"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_does_not_fit_is_refused(name):
    net, changes, message = ERRORS[name]
    c = config(**changes)
    with pytest.raises(ThriftyError, match=message):
        sections(net, c, [place(layer, c.sparse.pes) for layer in net.layers])
