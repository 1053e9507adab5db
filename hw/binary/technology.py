"""What a technology's carry cells can do, and what builds chains of them."""

from functools import partial

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


def adder(family: str | None, *, crowded: bool = False) -> tuple[Adder, plan.Technology]:
    """What builds the chains, and what to plan them for; ValueError if nothing does.

    Args:
        crowded: Whether the unit is one of many, whose chains had better be shorter.
    """
    if family not in _ADDERS:
        raise ValueError(f"family must be one of {', '.join(map(str, FAMILIES))}, not {family}")
    add, technology = _ADDERS[family]
    if crowded and family == "ecp5":
        add = partial(ecp5.add, longest=ecp5.SHORT)
    return add, technology
