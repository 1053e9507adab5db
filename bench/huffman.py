"""Bits of a nonzero weight with and without Huffman coding: `python -m bench.huffman`.

The matrix has the size and density of EIE's VGG-7 and uniformly random positions, on 64 PEs. Its codes
are drawn independently: with the frequencies that k-means gave the 16 shared weights of a trained layer,
the first one of LeNet-300-100 in ``examples/networks``, and all 16 alike.
"""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bench.eie import CONFIG, LAYERS, PES, matrix
from gen.huffman import HuffmanCode
from gen.image import coded_bits
from gen.network import Layer, Network
from gen.resolve import complete
from gen.sparse import place_within, sections
from hw.packet import MemoryId
from hw.sparse.layout import memories

__all__ = ["bits", "kmeans_counts"]

TRAINED = Path(__file__).parent.parent / "examples" / "networks" / "lenet-300-100.npz"


def kmeans_counts() -> np.ndarray:
    """How often each of the 16 shared weights occurs in LeNet-300-100's first layer."""
    with np.load(TRAINED) as file:
        return np.bincount(file["0.codes"], minlength=16)


def bits(counts: np.ndarray, seed: int, divide: int = 1) -> dict[str, Any]:
    """Bits a nonzero of VGG-7's matrix.

    Args:
        counts: Relative frequencies of the codes.
        seed: Of positions and codes.
        divide: Rows, columns and PEs are divided by it.
    """
    rng = np.random.default_rng(seed)
    shape = next(layer for layer in LAYERS if layer.name == "VGG-7")
    weight = matrix("uniform", shape.rows // divide, shape.columns // divide, shape.weights, rng)
    weight.data = rng.choice(np.arange(1, len(counts) + 1), weight.nnz, p=counts / counts.sum())
    rows = weight.shape[0]
    net = Network([Layer(weight, np.zeros(rows, np.int64), multiplier=np.ones(rows, np.int64),
                         density=shape.activations)])
    table = tomllib.loads(CONFIG.format(pes=PES // divide, queue=64))
    table["sparse"]["huffman"] = "image"
    config = complete(table, "bench huffman")
    c = config.sparse
    [placement] = place_within(net, c)
    parts = sections(net, config, [placement])
    widths = {which: width for which, (width, _) in memories(config).items()}

    def stored(which: MemoryId) -> float:
        return widths[which] * sum(part.fills(which) for part in parts) / weight.nnz

    # The code of the indices and that of the codes by themselves.
    gap, code = placement.entry_gap, np.searchsorted(np.unique(weight.data), placement.entry_value)
    index_bits, code_bits = (float(HuffmanCode.of(values, width).code(values)[1].mean())
                             for values, width in ((gap, c.index.width), (code, c.weight.code_width)))
    plain, columns = stored(MemoryId.ENTRIES) + stored(MemoryId.UPPER), stored(MemoryId.COLUMNS)
    coded = coded_bits(parts) / weight.nnz
    return {
        "nonzeros": int(weight.nnz), "plain_entry": plain, "index": index_bits, "code": code_bits,
        "tables_and_heads": coded - index_bits - code_bits, "coded_entry": coded, "columns": columns,
        "plain": plain + columns, "coded": coded + columns,
    }


def main(as_json: Annotated[bool, typer.Option("--json")] = False,
         seed: Annotated[int, typer.Option()] = 1) -> None:
    """Count the bits of both distributions."""
    counts = {"k-means": kmeans_counts(), "uniform": np.ones(16, np.int64)}
    rows = {name: bits(each, seed) for name, each in counts.items()}
    histogram = (counts["k-means"] / counts["k-means"].sum()).round(4).tolist()
    if as_json:
        print(json.dumps({"seed": seed, "kmeans_frequencies": histogram, "bits_per_nonzero": rows},
                         indent=2))
        return
    out = Console()
    out.print(f"seed {seed}; frequencies of the k-means codes: {histogram}")
    table = Table("codes", *next(iter(rows.values())))
    for name, row in rows.items():
        table.add_row(name, *(f"{value:.2f}" if isinstance(value, float) else f"{value:,}"
                              for value in row.values()))
    out.print(table)


if __name__ == "__main__":
    typer.run(main)
