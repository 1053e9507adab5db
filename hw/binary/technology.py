"""Which carry cells a technology has."""

from hw.binary import ecp5, portable
from hw.binary.pipeline import Adder

__all__ = ["adder"]

_ADDERS: dict[str | None, Adder] = {None: portable.add, "ecp5": ecp5.add}


def adder(family: str | None) -> Adder:
    """What builds the chains; ValueError if there is none for the family."""
    if family not in _ADDERS:
        known = ", ".join(str(name) for name in _ADDERS)
        raise ValueError(f"family must be one of {known}, not {family}")
    return _ADDERS[family]
