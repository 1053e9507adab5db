"""The memory image: an IMAGE packet that fills every memory of the hardware."""

from dataclasses import dataclass

import numpy as np

from gen.network import Network
from gen.section import Section
from hw import packet
from hw.config import BEAT, Config
from hw.errors import ThriftyError

__all__ = ["ImageHeader", "build_image", "coded_bits", "input_bytes", "read_header",
           "section_head"]


@dataclass(frozen=True)
class ImageHeader:
    """The words in front of an image's sections, in the order of ``hw.host.IMAGE_HEADER``."""

    hardware_id: int
    input_bytes: int
    outputs: int


def input_bytes(config: Config, inputs: int) -> int:
    """Payload bytes of an input vector."""
    if config.engine_name == "binary":
        c = config.binary
        chunks = sum(-(-min(c.simd, inputs - first) // BEAT) for first in range(0, inputs, c.simd))
        return chunks * BEAT * c.activation.slot // 8
    return inputs * config.engine.activation.slot // 8


def build_image(network: Network, config: Config, sections: list[Section]) -> bytes:
    """The packet's bytes, CRC-32 included."""
    parts = [np.array([config.hardware_id(), input_bytes(config, network.inputs),
                       network.outputs], "<u4")]
    for section in sections:
        parts.append(section_head(section))
        parts.append(section.words.astype("<u4").ravel())
    return packet.build(packet.Kind.IMAGE, np.concatenate(parts).tobytes())


def section_head(section: Section) -> np.ndarray:
    """Words in front of a section: see ``hw.host.PacketReceiver``."""
    items, pieces = section.words.shape
    head = section.memory | pieces << 8 | section.pe << 16
    if section.items is None:
        return np.array([head, items], "<u4")
    return np.array([head | packet.CODED, section.items, section.address], "<u4")


def coded_bits(sections: list[Section]) -> int:
    """Bits that Huffman-coded entries take of an image, tables and heads of sections included."""
    return 32 * sum(len(section_head(each)) + each.words.size for each in sections
                    if each.items is not None or each.memory == packet.MemoryId.HUFFMAN)


def read_header(image: bytes, where: str) -> ImageHeader:
    """Check an image file; ThriftyError if it is damaged."""
    try:
        kind, _, payload = packet.parse(image)
    except ValueError as error:
        raise ThriftyError(f"{where}: damaged image ({error}): run thrifty compile again") from None
    if kind != packet.Kind.IMAGE or len(payload) < 12:
        raise ThriftyError(f"{where}: not an image: run thrifty compile again")
    return ImageHeader(*np.frombuffer(payload[:12], "<u4").tolist())
