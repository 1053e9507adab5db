"""Field values to memory words: the compiler's use of the layouts that the circuits define."""

import numpy as np
from amaranth.lib.data import StructLayout

__all__ = ["pack"]


def pack(layout: StructLayout, **fields: np.ndarray | int) -> np.ndarray:
    """Words of a memory as 32-bit pieces, low piece first: uint32 (items x pieces).

    Args:
        layout: The word's layout; fields of at most 64 bits.
        fields: One integer array (items) or number a field; negative numbers in two's complement.

    Raises:
        ValueError: A field is missing, unknown, or does not fit its width.
    """
    if set(fields) != {name for name, _ in layout}:
        raise ValueError(f"fields {sorted(fields)} given for {sorted(name for name, _ in layout)}")
    items = max(np.size(value) for value in fields.values())
    pieces = np.zeros((items, -(-layout.size // 32)), np.uint64)
    for name, field in layout:
        value = np.broadcast_to(np.asarray(fields[name], np.int64), items)
        if field.width < 64:
            low, high = -(1 << field.width - 1), (1 << field.width) - 1
            if items and not (low <= value.min() and value.max() <= high):
                raise ValueError(f"field {name}: {value.min()}..{value.max()} does not fit "
                                 f"{field.width} bits")
        bits = value.astype(np.uint64)
        if field.width < 64:
            bits = bits & np.uint64((1 << field.width) - 1)
        for k in range(pieces.shape[1]):
            shift = field.offset - 32 * k
            if 0 <= shift < 32:
                pieces[:, k] |= bits << np.uint64(shift)
            elif -field.width < shift < 0:
                pieces[:, k] |= bits >> np.uint64(-shift)
    return (pieces & np.uint64(0xFFFFFFFF)).astype(np.uint32)
