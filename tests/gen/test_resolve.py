from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from gen.network import Layer, Network
from gen.resolve import (
    complete,
    draft_schema,
    dump_config,
    read_config,
    read_draft,
    resolve,
)
from gen.sparse import sections
from hw.config import Config
from hw.errors import ThriftyError
from tests.hw.configs import table
from tests.hw.designs import matrix, network

NET = network(np.random.default_rng(0), (21, 13, 6))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "demo.toml"
    path.write_text(text)
    return path


def resolved(net: Network, **sparse) -> Config:
    return resolve({"name": "demo", "sparse": {"pes": 2, **sparse}}, net, "demo.toml")[0]


def test_everything_is_chosen():
    config, placements = resolve({"name": "demo"}, NET, "demo.toml")
    assert config.sparse.pes == 16 and len(placements) == 2
    c = resolved(NET).sparse
    assert (c.activation.width, c.activation.signed, c.activation.lanes) == (16, True, 8)
    assert (c.weight.kind, c.weight.width, c.weight.signed, c.weight.codebook_size) == (
        "codebook", 4, True, 6)
    assert c.index.kind == "per_layer"
    assert c.requantize.enabled and c.requantize.multiplier_width == 10
    capacity = c.capacity
    assert (capacity.layers, capacity.columns, capacity.rows, capacity.total_rows,
            capacity.inputs, capacity.hidden, capacity.outputs) == (
                2, 1 + 11 + 1 + 7, 7, 19, 21, 13, 6)


def test_the_network_may_say_its_activations():
    net = Network(NET.layers, 5, False)
    assert resolved(net).sparse.activation.width == 5
    assert not resolved(net).sparse.activation.signed
    c = resolved(net, activation={"width": 7, "lanes": 4}).sparse
    assert (c.activation.width, c.activation.signed) == (7, False), "what the user says counts"


def test_what_the_user_says_stays():
    said = {"pes": 3, "queue_depth": 64, "weight": {"kind": "direct", "width": 11, "signed": True},
            "index": {"kind": "absolute", "width": 7},
            "accumulator": {"width": 40, "signed": True},
            "requantize": {"enabled": True, "multiplier_width": 16},
            "capacity": {"entries": 500, "hidden": 99}}
    got = resolved(NET, **said).model_dump()["sparse"]
    for key, value in said.items():
        assert got[key] == value or got[key] | value == got[key], key


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("index", ["absolute", "relative", "per_layer"])
def test_as_small_as_the_network_allows(index, seed):
    """The choice works, and no capacity or width can be one less."""
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    net = network(rng, (19, 17, 11), density=0.3, values=range(-90, 50))
    draft = {"name": "demo", "sparse": {"pes": 2, "index": {"kind": index}, "activation": {
        "width": 8, "signed": True, "lanes": 4}}}
    config, placements = resolve(draft, net, "demo.toml")
    sections(net, config, placements)
    smaller = [("capacity", key) for key in (
        "layers", "entries", "columns", "rows", "total_rows", "inputs", "hidden", "outputs")]
    smaller += [("accumulator", "width"), ("index", "width"), ("weight", "width"),
                ("weight", "codebook_size"), ("requantize", "multiplier_width")]
    for part, key in smaller:
        changed = config.model_dump()
        changed["sparse"][part][key] -= 1
        with pytest.raises(ThriftyError):
            sections(net, complete(changed, "demo.toml"), placements)
            pytest.fail(f"{part}.{key} may be smaller")


@pytest.mark.parametrize("index", ["absolute", "relative"])
def test_upper_bits_are_as_few_as_the_network_allows(index):
    """A full matrix has no gaps: relative indices need a bit, which the lower bits hold."""
    rng = np.random.default_rng(5)
    net = Network([Layer(matrix(rng, rows, columns, density, [1, 2]), np.zeros(rows, np.int64),
                         multiplier=np.ones(rows, np.int64))
                   for rows, columns, density in ((30, 9, 1.0), (6, 30, 1.0), (50, 6, 0.4))])
    draft = {"name": "demo", "sparse": {"pes": 2, "index": {"kind": index, "lower": 2}}}
    config, placements = resolve(draft, net, "demo.toml")
    sections(net, config, placements)
    per_pe = [np.bincount(p.entry_pe, minlength=2) for p in placements]
    capacity = config.sparse.capacity
    upper = per_pe[0] + per_pe[2] if index == "absolute" else per_pe[2]
    assert capacity.upper_entries == upper.max() < capacity.entries == sum(per_pe).max()
    changed = config.model_dump()
    changed["sparse"]["capacity"]["upper_entries"] -= 1
    with pytest.raises(ThriftyError, match="layer [02]: .* capacity.upper_entries is"):
        sections(net, complete(changed, "demo.toml"), placements)


@pytest.mark.parametrize("rows, words", [(15, 7), (16, 13), (40, 13)])
def test_lengths_above_15_take_a_word_each(rows, words):
    """One PE, 13 full columns; no other PE takes what is too much."""
    net = Network([Layer(sp.csc_array(np.ones((rows, 13), np.int64)), np.zeros(rows, np.int64))])
    config, placements = resolve({"name": "demo", "sparse": {"pes": 1}}, net, "demo.toml")
    assert placements[0].long == (rows > 15) and placements[0].words == words
    bases = 1 if 13 * rows <= 256 else 2
    assert config.sparse.capacity.columns == bases + words
    sections(net, config, placements)


@pytest.mark.parametrize("values, width, is_signed", [
    ([1], 1, False), ([3, 100], 7, False), ([127], 7, False), ([128], 8, False), ([-1], 1, True),
    ([-2, 1], 2, True), ([-128, 127], 8, True), ([-129], 9, True), ([-1, 128], 9, True),
])
def test_width_of_weights(values, width, is_signed):
    weight = sp.csc_array(np.array([values], np.int64))
    c = resolved(Network([Layer(weight, np.zeros(1, np.int64))])).sparse
    assert (c.weight.width, c.weight.signed) == (width, is_signed)


def test_all_zero_network():
    net = Network([Layer(sp.csc_array((4, 3), dtype=np.int64), np.zeros(4, np.int64))])
    config, placements = resolve({"name": "demo"}, net, "demo.toml")
    sections(net, config, placements)
    assert config.sparse.capacity.entries == 2


def test_direct_where_codebooks_end():
    rng = np.random.default_rng(0)
    many = Network([Layer(matrix(rng, 40, 40, 1.0, range(-300, 300)), np.zeros(40, np.int64))])
    assert resolved(many).sparse.weight.kind == "direct"
    few = Network([Layer(matrix(rng, 40, 40, 1.0, range(-100, 100)), np.zeros(40, np.int64))])
    assert resolved(few).sparse.weight.kind == "codebook"


@pytest.mark.parametrize("value, message", [
    (1 << 33, "weight.width would have to be 35, but at most 32 bits are supported"),
    (-(1 << 32), "weight.width would have to be 33"),
])
def test_weights_that_are_too_wide(value, message):
    weight = sp.csc_array(np.array([[value, 1], [-1, 2]], np.int64))
    with pytest.raises(ThriftyError, match=f"demo.toml: {message}"):
        resolved(Network([Layer(weight, np.zeros(2, np.int64))]))


def test_accumulators_that_are_too_wide():
    weight = sp.csc_array(np.array([[1]], np.int64))
    net = Network([Layer(weight, np.array([(1 << 63) - 1]))])
    with pytest.raises(ThriftyError, match="accumulator.width would have to be 65, but at most 64"):
        resolved(net)


def test_toml_comes_back(tmp_path):
    config = resolved(NET)
    path = written(tmp_path, dump_config(config))
    assert read_config(path) == config
    assert complete(read_draft(path), "again") == config
    assert resolve(read_draft(path), NET, "again")[0] == config, "nothing is left to choose"
    assert dump_config(config) == dump_config(resolved(NET))


def test_draft_is_not_changed():
    draft = {"name": "demo", "sparse": {"pes": 2, "weight": {"kind": "direct"}}}
    resolve(draft, NET, "demo.toml")
    assert draft == {"name": "demo", "sparse": {"pes": 2, "weight": {"kind": "direct"}}}


@pytest.mark.parametrize("text, message", [
    ("name = ", "demo.toml: not a TOML file"),
    ("", 'demo.toml: key "name" is missing: the name of the generated module'),
    ('name = "a"\nspeed = 3', 'demo.toml: unknown key "speed": see thrifty config-schema'),
    ('name = "a"\n[sparse]\npess = 3', 'unknown key "sparse.pess"'),
    ('name = "a"\n[sparse]\npes = 0', r'key "sparse.pes": .*equal to 1 \(it is 0\)'),
    ('name = "A b"', r"key \"name\": String should match pattern .* \(it is 'A b'\)"),
    ('name = "a"\n[sparse]\npes = "4"', r"key \"sparse.pes\": .*valid integer \(it is '4'\)"),
    ('name = "a"\n[sparse.weight]\nkind = "binary"', r"key \"sparse.weight.kind\": .*'direct'"),
    ('name = "a"\nmemory_latency = 5', r'key "memory_latency": .* \(it is 5\)'),
])
def test_errors_of_configuration_files(text, message, tmp_path):
    with pytest.raises(ThriftyError, match=message):
        read_draft(written(tmp_path, text))


def test_missing_file(tmp_path):
    with pytest.raises(ThriftyError, match="no.toml: no such configuration file"):
        read_draft(tmp_path / "no.toml")
    with pytest.raises(ThriftyError, match="not a TOML file"):
        read_draft(tmp_path)


def test_file_that_is_not_text(tmp_path):
    path = tmp_path / "demo.toml"
    path.write_bytes(b"name = \xff")
    with pytest.raises(ThriftyError, match="demo.toml: not a TOML file"):
        read_draft(path)


def test_incomplete_configuration(tmp_path):
    with pytest.raises(ThriftyError, match='key "sparse.weight" is missing: set it, or let thrifty '
                       "compile choose it for a network"):
        read_config(written(tmp_path, """name = "a"
            [sparse.activation]
            width = 8
            signed = true"""))
    with pytest.raises(ThriftyError, match=r"^.*demo.toml: exactly one engine is needed: set a table "
                       r"\[sparse\], \[binary\] or \[shift_add\]$"):
        read_config(written(tmp_path, 'name = "a"'))


def test_lower_bits_that_no_index_needs_are_room():
    assert resolved(NET, index={"kind": "absolute", "lower": 9}).sparse.index.width == 9


def test_rules_between_keys_have_one_line():
    with pytest.raises(ThriftyError, match='^here: key "sparse": pes 3 must be a multiple '
                       "of 2, with broadcasts = 2 and drains = 1$"):
        complete(table(sparse__pes=3, sparse__broadcasts=2), "here")
    with pytest.raises(ThriftyError, match='^here: key "sparse.index": lower 4 must be at '
                       "most width 3$"):
        complete(table(sparse__index={"kind": "absolute", "width": 3, "lower": 4}), "here")


def test_lanes_of_a_draft_are_checked_before_they_are_used():
    with pytest.raises(ThriftyError, match="demo.toml: sparse.activation: lanes must be a power of "
                       "two, not 3"):
        resolved(NET, activation={"width": 16, "signed": True, "lanes": 3})


def test_schema():
    schema = draft_schema()
    assert schema["required"] == ["name"]
    assert set(schema["properties"]) == set(Config.model_fields)
    described = [entry for part in [schema, *schema["$defs"].values()]
                 for entry in part["properties"].values()]
    assert all("anyOf" in entry or "type" in entry for entry in described)
