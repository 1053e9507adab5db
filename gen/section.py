"""A part of the image: the contents of one memory."""

from dataclasses import dataclass

import numpy as np

from hw.packet import MemoryId

__all__ = ["Section"]


@dataclass(frozen=True)
class Section:
    """Contents of one memory: ``words`` is uint32 (items x pieces).

    Or Huffman-coded entries: ``items`` is how many, ``address`` where the first one goes, ``words`` the
    bit stream (words x 1). Those of memory ``UPPER`` have upper bits.
    """

    memory: MemoryId
    pe: int
    words: np.ndarray
    items: int | None = None
    address: int = 0

    def fills(self, memory: MemoryId) -> int:
        """Words of a hardware's memory that this fills."""
        if self.items is None:
            return len(self.words) if self.memory == memory else 0
        return self.items if memory in (MemoryId.ENTRIES, self.memory) else 0
