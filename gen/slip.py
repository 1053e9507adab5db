"""SLIP framing on bytes: golden twin of ``hw.slip``, and what a host driver uses."""

from hw.slip import END, ESC, ESC_END, ESC_ESC

__all__ = ["Decoder", "encode"]


def encode(packet: bytes) -> bytes:
    """The frame of a packet: END, the bytes with END and ESC escaped, END."""
    end, esc = bytes([END]), bytes([ESC])
    escaped = packet.replace(esc, bytes([ESC, ESC_ESC])).replace(end, bytes([ESC, ESC_END]))
    return end + escaped + end


class Decoder:
    """Bytes to packets, in pieces of any size.

    As in hardware, nothing is judged: an escape before any byte but ESC_END and ESC_ESC is dropped,
    and empty frames vanish. Where the hardware fills a last word with zeros, the packet ends with
    its bytes.
    """

    def __init__(self) -> None:
        self._packet = bytearray()
        self._escaped = False

    def feed(self, received: bytes) -> list[bytes]:
        """The packets that ``received`` completes."""
        packets = []
        for byte in received:
            escaped, self._escaped = self._escaped, False
            if byte == END:
                if self._packet:
                    packets.append(bytes(self._packet))
                self._packet.clear()
            elif escaped:
                self._packet.append({ESC_END: END, ESC_ESC: ESC}.get(byte, byte))
            elif byte == ESC:
                self._escaped = True
            else:
                self._packet.append(byte)
        return packets
