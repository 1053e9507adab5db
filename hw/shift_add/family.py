"""What a lane may be built for."""

__all__ = ["check_lane"]

FAMILIES = (None, "ecp5")
"""None is for any: plain additions."""


def check_lane(activation_width: int, accumulator: int, family: str | None) -> None:
    """ValueError if a lane's parameters are none."""
    if not 2 <= activation_width <= 16:
        raise ValueError(f"activation_width must be 2 to 16, not {activation_width}")
    if not activation_width + 2 <= accumulator <= 64:
        raise ValueError(f"accumulator must be activation_width + 2 ({activation_width + 2}) to 64, "
                         f"not {accumulator}")
    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(map(str, FAMILIES))}, not {family}")
