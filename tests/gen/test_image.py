import numpy as np
import pytest

from gen.image import ImageHeader, build_image, input_bytes, read_header
from gen.resolve import resolve
from gen.section import Section
from gen.sparse import sections
from hw import packet
from hw.errors import ThriftyError
from hw.host import IMAGE_HEADER
from hw.packet import MemoryId
from tests.hw.designs import network

NET = network(np.random.default_rng(0), (9, 7, 5))


def compiled():
    config, placements = resolve({"name": "image", "sparse": {"pes": 2}}, NET, "draft")
    return config, build_image(NET, config, sections(NET, config, placements))


def test_words_of_an_image():
    config, _ = compiled()
    image = build_image(NET, config, [
        Section(MemoryId.COLUMNS, 3, np.array([[1, 2], [3, 4], [5, 6]], np.uint32)),
        Section(MemoryId.ROWS, 0, np.zeros((0, 1), np.uint32)),
    ])
    kind, sequence, payload = packet.parse(image)
    assert (kind, sequence) == (packet.Kind.IMAGE, 0)
    assert np.frombuffer(payload, "<u4").tolist() == [
        config.hardware_id(), 18, 5,
        1 | 2 << 8 | 3 << 16, 3, 1, 2, 3, 4, 5, 6,
        5 | 1 << 8, 0]


def test_header_comes_back():
    config, image = compiled()
    header = read_header(image, "x.img")
    assert header == ImageHeader(config.hardware_id(), 18, 5)
    assert tuple(header.__dataclass_fields__) == IMAGE_HEADER


def test_same_network_same_image():
    assert compiled()[1] == compiled()[1]


@pytest.mark.parametrize("width, expected", [(3, 9), (8, 9), (9, 18), (16, 18)])
def test_input_bytes(width, expected):
    config, _ = resolve({"name": "image", "sparse": {"pes": 2, "activation": {
        "width": width, "signed": True, "lanes": 4}}}, NET, "draft")
    assert input_bytes(config, 9) == expected


def test_damaged_images():
    _, image = compiled()
    with pytest.raises(ThriftyError, match=r"^x.img: damaged image \(CRC-32 mismatch\): run "
                       "thrifty compile again$"):
        read_header(image[:30] + b"?" + image[31:], "x.img")
    with pytest.raises(ThriftyError, match="x.img: damaged image .at least 12 bytes|whole words"):
        read_header(b"", "x.img")
    for other in (packet.build(packet.Kind.VECTOR, bytes(20)),
                  packet.build(packet.Kind.IMAGE, bytes(8))):
        with pytest.raises(ThriftyError, match="x.img: not an image: run thrifty compile again"):
            read_header(other, "x.img")
