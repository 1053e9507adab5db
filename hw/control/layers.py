"""What scheduling needs to know of an engine whose layers are loops over words of weights."""

from dataclasses import dataclass

from amaranth.lib.data import StructLayout

from hw.config import bits_for

__all__ = ["LayerTable"]


@dataclass(frozen=True)
class LayerTable:
    """The table of an engine's layers, and how many vectors are between layers at a time.

    Args:
        layout: Of a descriptor. Its fields ``more_words``, ``more_planes`` and ``more_groups`` are the
            lengths of the loops, less one each; ``weights`` and, if there is such a table, ``starts``
            say where its words begin; ``output`` is 0 if its results are activations of the next
            layer. Others are passed on.
        layers: Of the longest network.
        vectors: In flight, a power of two.
    """

    layout: StructLayout
    layers: int
    vectors: int

    @property
    def starts(self) -> bool:
        """Whether groups have words in a second table."""
        return "starts" in self.layout.members

    @property
    def job(self) -> StructLayout:
        """A layer of a vector: its descriptor and where its activations are.

        ``fresh``: they are inputs, in slot ``slot``. ``parity``: to which of a context's two places of
        activations between layers results go; the layer's own are in the other one.
        """
        return StructLayout({"layer": self.layout, "fresh": 1, "slot": 1,
                             "context": bits_for(self.vectors), "parity": 1})

    def step(self, *passed: str) -> StructLayout:
        """What meets in a cycle, and what becomes of the sums; ``passed`` are fields of the layer.

        ``first``: sums begin. ``double``: a bit plane ends, and they are doubled first. ``last``: they
        are complete. ``begin``, ``end``: of the layer's results.
        """
        return StructLayout({
            "fresh": 1, "slot": 1, "context": bits_for(self.vectors), "parity": 1, "read_parity": 1,
            "word": self.layout["more_words"].shape, "plane": self.layout["more_planes"].shape,
            "weights": self.layout["weights"].shape,
            **({"start": self.layout["starts"].shape} if self.starts else {}),
            "first": 1, "double": 1, "last": 1, "begin": 1, "end": 1,
            **{name: self.layout[name].shape for name in passed},
        })
