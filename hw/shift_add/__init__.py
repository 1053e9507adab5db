"""Layers whose weights are known when they are generated: additions of shifted values, no memory."""

from hw.shift_add.constant import ConstantLayer
from hw.shift_add.graph import Adder, Graph, Term

__all__ = ["Adder", "ConstantLayer", "Graph", "Term"]
