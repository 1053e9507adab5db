"""Image data on their way into memories."""

from amaranth.lib.wiring import Out, Signature

from hw.config import bits_for
from hw.packet import MemoryId

__all__ = ["LoadBus"]

MEMORY_BITS = bits_for(max(MemoryId) + 1)


class LoadBus(Signature):
    """Writes into the memories that an image fills."""

    def __init__(self, width: int, address: int):
        super().__init__({
            "write": Out(1), "memory": Out(MEMORY_BITS), "pe": Out(16), "address": Out(address),
            "data": Out(width),
        })
