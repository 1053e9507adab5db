"""Binary networks to memories: what is refused, what is chosen, and what is done to rows."""

from dataclasses import replace

import numpy as np
import pytest

from gen.binary import place_layers, sections
from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from gen.image import build_image, read_header
from gen.network import BinaryLayer, Network, dump
from gen.resolve import complete, dump_config, read_config, resolve_binary
from gen.vectors import vector_packets
from hw import packet
from hw.errors import ThriftyError
from sim.simulate import simulate
from tests.gen.command import write_config
from tests.hw.binary.arrays import config, network, resolved, signs
from tests.hw.configs import table

RNG = np.random.default_rng(0)


def raw(rows=3, columns=9, **more):
    return BinaryLayer(signs(RNG, rows, columns).astype(np.int8), **more)


def leveled(*thresholds, columns=9):
    return BinaryLayer(signs(RNG, len(thresholds), columns).astype(np.int8), np.array(thresholds))


def refused(layers, *, width=None, **binary):
    net = layers if isinstance(layers, Network) else Network(layers, width)
    with pytest.raises(ThriftyError) as caught:
        sections(net, resolved(net, **binary) if not binary.pop("own", False) else config(**binary))
    return str(caught.value)


def test_raw_outputs_only_at_the_end():
    assert refused([raw(4), raw(3, 4)], own=True) == (
        "layer 0: raw accumulators cannot feed layer 1: give it thresholds")


def test_more_levels_than_activations_have():
    layers = [leveled([0, 1, 2, 3], [0, 1, 2, 3]), raw(3, 2)]
    assert refused(layers, hidden_width=2) == (
        "layer 0: 4 thresholds make 3-bit activations, but binary.hidden_width is 2: set it to 3")
    assert refused([leveled([0, 1])], own=True) == (
        "layer 0: 2 thresholds, but binary.hidden_width is 1: set it to 2")


def test_inputs_of_another_width():
    assert refused([raw()], width=3, activation={"width": 2}) == (
        "the network takes inputs of 3 bits, but binary.activation.width is 2: set it to 3")


@pytest.mark.parametrize("signed, word", [(True, "unsigned"), (False, "signed")])
def test_inputs_of_the_other_sign(signed, word):
    net = Network([raw()], 4, not signed)
    assert refused(net, activation={"width": 4, "signed": signed}) == (
        f"the network takes {word} inputs: set binary.activation.signed = {str(not signed).lower()}")


@pytest.mark.parametrize("layers, binary, message", [
    ([raw(70_000, 2)], {}, "capacity.outputs would have to be 70000, but at most 65536 is supported: "
     "use a smaller network"),
    ([raw(300, 9_000)], {"pes": 1, "simd": 16}, "capacity.words would have to be 168900, but at most "
     "65536 is supported: set a larger binary.pes or binary.simd"),
    ([leveled(list(range(256)), columns=400)], {}, "hidden_width would have to be 9, but at most 8 is "
     "supported: use at most 255 thresholds a row"),
])
def test_more_than_any_configuration_has(layers, binary, message):
    with pytest.raises(ThriftyError) as caught:
        resolved(Network(layers), **binary)
    assert str(caught.value).endswith(f": binary.{message}")


@pytest.mark.parametrize("threshold", [-10, 11])
def test_thresholds_that_mean_nothing(threshold):
    assert refused([leveled([0], [threshold])]) == (
        f"layer 0: threshold [1, 0] is {threshold}, outside -9 to 10, which is always and never "
        "reached: clip it")
    sections(net := Network([leveled([-9], [10])]), resolved(net))


def test_thresholds_of_planes_reach_further():
    net = Network([leveled([-63], [64])], 3)
    sections(net, resolved(net))
    assert "threshold [0, 0] is 65, outside -63 to 64" in refused([leveled([65])], width=3)


def test_accumulators_that_are_too_narrow():
    assert refused([raw()], accumulator=4) == (
        "accumulators need 5 bits, but binary.accumulator is 4: set it to 5")
    assert refused([raw(columns=8)], width=8, accumulator=11) == (
        "accumulators need 12 bits, but binary.accumulator is 11: set it to 12")


@pytest.mark.parametrize("name, need", [
    ("layers", 3), ("words", 13), ("groups", 10), ("inputs", 21), ("hidden", 13), ("outputs", 5),
    ("levels", 20)])
def test_capacities(name, need):
    net = network(np.random.default_rng(1), (21, 13, 7, 5), (3, 1, 0))
    placed = place_layers(net, resolved(net, pes=3, simd=17).binary)
    assert [(each.groups, each.words, each.planes) for each in placed] == [
        (5, 2, 1), (3, 1, 2), (2, 1, 1)]
    need = {"words": 5 * 2 + 3 + 2}.get(name, need)
    with pytest.raises(ThriftyError, match=rf"^the network needs binary\.capacity\.{name} {need}, the "
                       rf"configuration has {need - 1}: set binary\.capacity\.{name} = {need}$"):
        sections(net, resolved(net, pes=3, simd=17, capacity={name: need - 1}))
    sections(net, resolved(net, pes=3, simd=17, capacity={name: need}))


@pytest.mark.parametrize("top, need, remedy", [
    (8, 5, "set it to 5"), (-8, 5, "set it to 5"), (1 << 16, 18, "at most 17 bits are supported"),
    ((1 << 63) - 1, 64, "at most 17 bits are supported")])
def test_scales_that_are_too_wide(top, need, remedy):
    layer = raw(2, scale=np.array([1, top]))
    assert refused([layer], scale_width=4) == (
        f"layer 0: scales need {need} bits (one more for bipolar activations), but binary.scale_width "
        f"is 4: {remedy}")


@pytest.mark.parametrize("bias, reach", [
    ((1 << 31) - 1, f"from -18 to {(1 << 31) + 17}"), (-(1 << 31), f"from {-(1 << 31) - 18} to 18"),
    ((1 << 63) - 1, f"from -18 to {(1 << 63) + 17}")])
def test_outputs_that_are_too_large(bias, reach):
    layer = raw(2, scale=np.array([2, -2]), bias=np.array([0, bias]))
    assert refused([layer]) == (
        f"layer 0: outputs reach {reach}, but they have 32 bits: make scales or biases smaller")
    small = replace(layer, bias=np.array([0, np.clip(bias, -(1 << 31) + 18, (1 << 31) - 19)]))
    sections(net := Network([small]), resolved(net))


def test_a_negative_scale_turns_its_row_over():
    layer = raw(3, scale=np.array([2, -2, 0]))
    net = Network([layer])
    placed = place_layers(net, resolved(net).binary)[0]
    assert (placed.weight == layer.weight * np.array([[1], [-1], [1]])).all()


@pytest.mark.parametrize("seed", range(4))
def test_as_small_as_the_network_allows(seed):
    """The choice works, and no capacity or width can be one less."""
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    net = network(rng, (21, 13, 7, 5), [(3, 1, 0), (1, 1, 0), (5, 2, 3), (1, 1, 0)][seed])
    if seed == 3:
        last = replace(net.layers[-1], scale=np.array([1, -7, 0, 2, 3]), bias=np.arange(5))
        net = Network([*net.layers[:-1], last], 3, False)
    c = resolved(net, pes=3, simd=16)
    sections(net, c)
    smaller = [("capacity", key) for key in ("layers", "words", "groups", "inputs", "hidden", "outputs")]
    smaller += [(None, "accumulator")]
    smaller += [(None, "scale_width")] if net.layers[-1].thresholds is None else []
    smaller += [(None, "hidden_width"), ("capacity", "levels")] if c.binary.hidden_width > 1 else []
    for part, key in smaller:
        changed = c.model_dump(exclude_none=True)
        (changed["binary"][part] if part else changed["binary"])[key] -= 1
        with pytest.raises(ThriftyError):
            sections(net, complete(changed, "demo.toml"))
            pytest.fail(f"{part}.{key} may be smaller")


def test_what_the_network_says_and_what_the_user_says():
    net = Network(network(RNG, (21, 5), (1,)).layers, 4, False)
    c = resolved(net).binary
    assert (c.activation.width, c.activation.signed, c.hidden_width, c.scale_width) == (4, False, 1, 1)
    assert (c.pes, c.simd) == (16, 64) and resolved(net, simd=6).binary.pes == 6
    said = {"pes": 2, "simd": 9, "vectors": 2, "ram_width": 20, "hidden_width": 3, "accumulator": 20,
            "scale_width": 9, "activation": {"width": 4, "signed": True}, "capacity": {"words": 77}}
    got = resolved(net, **said).model_dump()["binary"]
    assert all(got[key] == value or got[key] | value == got[key] for key, value in said.items())
    assert resolve_binary({"name": "signs", "binary": got}, net, "again").binary.model_dump() == got


def test_one_engine():
    with pytest.raises(ThriftyError, match=r"^a: exactly one engine is needed: set a table \[sparse\], "
                       r"\[binary\] or \[shift_add\]$"):
        complete({"name": "a"}, "a")
    both = {**table(), "binary": config().model_dump()["binary"]}
    with pytest.raises(ThriftyError, match="^a: exactly one engine is needed"):
        complete(both, "a")


@pytest.mark.parametrize("binary, message", [
    ({"pes": 11}, 'key "binary": pes 11 must be at most simd 10'),
    ({"activation": {"width": 1, "signed": False}},
     'key "binary.activation": inputs of 1 bit are bipolar: set signed to true'),
    ({"accumulator": 30, "scale_width": 7},
     'key "binary": accumulator 30 + scale_width 7 must be at most 36'),
    ({"pes": 0}, 'key "binary.pes": Input should be greater than or equal to 1 (it is 0)'),
    ({"vectors": 3}, 'key "binary.vectors": Input should be 2, 4, 8 or 16 (it is 3)'),
])
def test_rules_of_the_table(binary, message):
    base = config().model_dump(exclude_none=True)
    base["binary"] = {**base["binary"], **binary}
    with pytest.raises(ThriftyError) as caught:
        complete(base, "c.toml")
    assert str(caught.value) == f"c.toml: {message}"


def test_the_wrong_engine(tmp_path):
    """A network of the other kind; a network that needs no table."""
    net = network(RNG, (21, 5), (0,))
    source, other = tmp_path / "net.npz", BuildFolder(tmp_path / "x")
    source.write_bytes(dump(net))
    with pytest.raises(ThriftyError, match="^the network is binary, and the sparse engine does not run"):
        compile_network(source, write_config(tmp_path / "c.toml", "[sparse]\n"), other)
    chosen = compile_network(source, write_config(tmp_path / "c.toml"), BuildFolder(tmp_path / "b"))
    assert chosen.config.sparse is None and chosen.config.binary.simd == 64
    np.save(tmp_path / "w.npy", np.array([[0, 1], [2, 3]]))
    compile_network(tmp_path / "w.npy", write_config(tmp_path / "s.toml"), BuildFolder(tmp_path / "s"))
    sparse = BuildFolder(tmp_path / "s") / "network.npz"
    with pytest.raises(ThriftyError, match=r"a table \[compress\] is for the sparse engine: leave it"):
        compile_network(source, write_config(tmp_path / "c.toml", "[binary]\n[compress]\nprune = 0.5\n"),
                        other)
    with pytest.raises(ThriftyError, match="^the network is sparse, and the binary array does not run"):
        compile_network(sparse, write_config(tmp_path / "c.toml", "[binary]\n"), other)


def test_a_matrix_with_an_own_configuration(tmp_path):
    """Compile, generate and simulate; what the report says; the hardware has its own number."""
    matrix = 0.25 * signs(np.random.default_rng(2), 9, 30)
    np.save(tmp_path / "w.npy", matrix)
    own = config(pes=3, simd=10, accumulator=9, scale_width=2, capacity={"inputs": 30})
    (tmp_path / "c.toml").write_text(dump_config(own))
    folder = BuildFolder(tmp_path / "b")
    compiled = compile_network(tmp_path / "w.npy", tmp_path / "c.toml", folder)
    assert compiled.config == own == read_config(tmp_path / "c.toml")
    assert compiled.network.meta == {"weight_scale": 0.25}
    report = compiled.report
    assert report["layers"] == [{"rows": 9, "columns": 30, "planes": 1, "cycles": 9, "utilization": 1.0}]
    assert (report["weights"], report["dense_weights"], report["array_cycles"]) == (270, 270, 9)
    assert report["bits_per_weight"] == sum(report["stored_bits"].values()) / 270
    manifest, _ = generate(None, folder)
    assert manifest["hardware_id"] == own.hardware_id()
    assert read_header((folder / "image.bin").read_bytes(), "").hardware_id == own.hardware_id()
    vectors = signs(np.random.default_rng(3), 4, 30)
    np.save(tmp_path / "x.npy", vectors)
    simulated, _ = simulate(folder, tmp_path / "x.npy", simulator="verilator", seed=1, stall=0.0,
                            waves=False)
    assert simulated["mismatches"] == 0
    assert (np.load(folder / "outputs.npy") == vectors @ (4 * matrix).T).all()


def test_hardware_ids():
    """Each thing that an image depends on counts; no configuration of the other engine has the same."""
    changes = [{"pes": 2}, {"simd": 11}, {"ram_width": 20}, {"hidden_width": 2}, {"accumulator": 13},
               {"activation": {"width": 2}}, {"capacity": {"words": 65}}]
    ids = {config().hardware_id(), *(config(**change).hardware_id() for change in changes),
           complete(table(), "").hardware_id()}
    assert len(ids) == len(changes) + 2
    assert config().hardware_id() == config().model_copy(update={"name": "other"}).hardware_id()


def test_images_say_how_long_vectors_are():
    """Inputs are padded to whole chunks of 32 a word."""
    for width, simd, columns, words in (
            (1, 10, 21, 3), (1, 40, 41, 3), (8, 10, 21, 24), (4, 64, 65, 24)):
        net = Network(network(RNG, (columns, 5), (0,)).layers, width)
        c = resolved(net, simd=simd, pes=2)
        header = read_header(build_image(net, c, sections(net, c)), "")
        low = c.binary.activation.range[0]
        payload = packet.parse(vector_packets(np.full((1, columns), low), c)[0])[2]
        assert header.input_bytes == 4 * words == len(payload) and header.outputs == 5
