"""What a technology's carry cells can do, and what builds chains of them."""

from hw.binary import ecp5, ice40, plan, portable
from hw.binary.pipeline import Adder

__all__ = ["FAMILIES", "adder"]

_ADDERS: dict[str | None, tuple[Adder, plan.Technology]] = {
    None: (portable.add, plan.ECP5),
    "ecp5": (ecp5.add, plan.ECP5),
    "ice40": (ice40.add, plan.ICE40),
}

FAMILIES = tuple(_ADDERS)
"""None is for any: plain additions."""


def adder(family: str | None) -> tuple[Adder, plan.Technology]:
    """What builds the chains, and what to plan them for; ValueError if nothing does."""
    if family not in _ADDERS:
        raise ValueError(f"family must be one of {', '.join(map(str, FAMILIES))}, not {family}")
    return _ADDERS[family]
