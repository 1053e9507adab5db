"""Beats of streamed entries: an independent reading gives each PE its entries back, in order."""

import numpy as np
import pytest

from gen.resolve import resolve
from gen.sparse import sections
from gen.streamed import streamed_beats
from hw.errors import ThriftyError
from hw.packet import MemoryId
from tests.gen.command import matrix, refused, thrifty, write_config
from tests.hw.designs import network


def whole(pieces) -> int:
    return sum(int(piece) << 32 * k for k, piece in enumerate(pieces))


def compiled(pes, width, sizes=(30, 20), density=0.4, entries="stream", **sparse):
    rng = np.random.default_rng(pes)
    net = network(rng, sizes, density=density, values=range(-60, 70))
    return net, *resolve({"name": "n", "sparse": {
        "pes": pes, "weight": {"kind": "direct", "width": 8, "signed": True},
        "index": {"kind": "absolute"}, "entries": entries,
        **({"stream_width": width} if entries == "stream" else {}), **sparse}}, net, "draft")


@pytest.mark.parametrize("pes", [1, 2, 5, 8, 100])
@pytest.mark.parametrize("width", [32, 64, 512])
@pytest.mark.parametrize("sizes, density, sparse", [
    ((30, 20), 0.4, {}), ((41, 60), 1.0, {}), ((17, 3), 0.1, {}), ((9, 9), 0.0, {}),
    ((400, 8), 0.5, {"broadcasts": 2})])
def test_beats_hold_every_entry_in_order(pes, width, sizes, density, sparse):
    if pes % sparse.get("broadcasts", 1):
        pytest.skip("two broadcasts need an even number")
    net, config, (placement,) = compiled(pes, width, sizes, density, **sparse)
    pe_bits = max(1, (pes - 1).bit_length())
    index_bits = config.sparse.index.width
    size = index_bits + 8
    count_bits = lambda n: max(1, (n - 1).bit_length())  # noqa: E731
    each = max(n for n in range(1, 99) if pe_bits + count_bits(n) + n * size <= width)

    # PE, column, slot and value of every weight, by definition: column after column on each PE.
    parts, weight = placement.parts, net.layers[0].weight
    expected = [[] for _ in range(pes)]
    for column in range(net.inputs):
        found = []
        for at in range(weight.indptr[column], weight.indptr[column + 1]):
            part = parts.of_entry[at]
            found.append((int(parts.slot[part]), int(parts.pe[part]), int(weight.data[at])))
        for slot, pe, value in sorted(found):
            expected[pe].append((column // (1 if placement.long else 2), slot, value % 256))

    assert placement.halves == (pes in (8, 100) and "broadcasts" in sparse)

    beats = streamed_beats(placement, config.sparse)
    assert beats.dtype == np.uint32 and beats.shape[1] == width // 32
    places = []
    for word in map(whole, beats):
        pe, word = word % (1 << pe_bits), word >> pe_bits
        count, word = word % (1 << count_bits(each)) + 1, word >> count_bits(each)
        here, expected[pe] = expected[pe][:count], expected[pe][count:]
        assert count == each or not expected[pe], "only a PE's last beat is partly empty"
        places.append((here[0][0], pe))
        for _, slot, value in here:
            assert word % (1 << size) == slot | value << index_bits
            word >>= size
        assert word == 0
    assert not any(expected) and places == sorted(places)


def test_the_image_has_no_entries():
    net, config, placements = compiled(4, 32)
    parts = sections(net, config, placements)
    assert {part.memory for part in parts} == {MemoryId.COLUMNS, MemoryId.LAYERS, MemoryId.DRAIN,
                                               MemoryId.ROWS}


def test_a_layer_may_be_larger_than_any_memory():
    net, config, placements = compiled(1, 32, (700, 400), 1.0)
    assert config.sparse.capacity.entries < 1 << 18 < net.layers[0].weight.nnz
    assert sections(net, config, placements)
    assert len(streamed_beats(placements[0], config.sparse)) > net.layers[0].weight.nnz / 2
    with pytest.raises(ThriftyError, match=r"the network needs 27\d{4} entries on each of 1 PEs"):
        compiled(1, 32, (700, 400), 1.0, "memory")


def test_one_layer_only():
    net, config, placements = compiled(2, 32, (9, 8, 7), 0.5)
    with pytest.raises(ThriftyError, match='with sparse.entries = "stream" a network has one layer, '
                       'not 2: set it to "memory"'):
        sections(net, config, placements)


def test_commands(tmp_path):
    """Compile, generate and simulate; boards have no such stream."""
    np.save(tmp_path / "w.npy", matrix())
    write_config(tmp_path / "c.toml", '[sparse]\npes = 2\nentries = "stream"\n')
    report = thrifty("compile", tmp_path / "w.npy", "--config", tmp_path / "c.toml", "-o",
                     tmp_path / "b", "--json").json
    beats = np.fromfile(tmp_path / "b" / "weights.bin", "<u4")
    assert report["streamed_beats"] == len(beats) and report["streamed_bits"] == 32 * len(beats)
    assert "entries" not in report["stored_bits"]
    weights = np.count_nonzero(matrix())
    assert report["bits_per_weight"] == (sum(report["stored_bits"].values()) + 32 * len(beats)) / weights
    assert thrifty("generate", "-o", tmp_path / "b").code == 0
    for stall in (0, 0.5):
        outcome = thrifty("simulate", tmp_path / "b", "--stall", stall, "--json")
        assert outcome.json["mismatches"] == 0 and outcome.json["vectors"] == 8
    assert refused("synth", tmp_path / "b", "--board", "icebreaker") == (
        'icebreaker: nothing on the board feeds s_axis_w, the stream of entries: set sparse.entries = '
        '"memory" and compile again')
