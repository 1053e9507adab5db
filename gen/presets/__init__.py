"""Named configurations."""

from pathlib import Path

from hw.errors import ThriftyError

__all__ = ["PRESETS", "preset_path", "preset_text"]

PRESETS = {
    "engine16": "16 PEs for layers of up to 32 Ki weights, on ULX3S-85F",
    "icebreaker": "2 PEs and 32 Ki weights: the largest engine found to fit the iCEBreaker",
    "binary16": "16 rows x 256 products for binary layers of up to 64 Ki weights, on ULX3S-85F",
    "sfc": "the binary network SFC on ULX3S-85F; capacities are chosen by compile",
    "sfc_icebreaker": "the same on the iCEBreaker, weights in its single-port RAM",
    "shiftaddnet": "the shift-add network of the demo on ULX3S-85F; capacities are chosen by compile",
    "shiftaddnet_icebreaker": "the same on the iCEBreaker, weights in its single-port RAM",
    "lenet": "LeNet-300-100 on 8 PEs; capacities are chosen by compile (the demo)",
}
"""Name and purpose; each is a file beside this one."""


def preset_path(name: str) -> Path:
    """The file of a preset; ThriftyError, with the names, if there is none."""
    if name not in PRESETS:
        raise ThriftyError(f"unknown preset {name!r}: there are {', '.join(PRESETS)}")
    return Path(__file__).parent / f"{name}.toml"


def preset_text(name: str) -> str:
    """A preset as TOML."""
    return preset_path(name).read_text()
