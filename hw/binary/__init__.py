"""Counting signs: networks whose weights and activations are +1 and -1."""

from hw.binary.popcount import PopCount
from hw.binary.xnor_count import XnorCount

__all__ = ["PopCount", "XnorCount"]
