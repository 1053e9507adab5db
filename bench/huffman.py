"""Bits of a nonzero weight with and without Huffman coding: `python -m bench.huffman`.

In the image: the matrix has the size and density of EIE's VGG-7 and uniformly random positions, on 64
PEs. Its codes are drawn independently: with the frequencies that k-means gave the 16 shared weights of a
trained layer, the first one of LeNet-300-100 in ``examples/networks``, and all 16 alike.

In memory: all nine layers, with the frequencies of k-means. Plain entries and coded ones lie in a
design that holds any of the layers; coded ones also in a design of their own, of the layer's widths.
"""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bench.eie import CONFIG, LAYERS, PES, EieLayer, matrix
from gen.huffman import HuffmanCode, code_lengths
from gen.image import coded_bits
from gen.network import Layer, Network
from gen.resolve import complete, resolve
from gen.section import Section
from gen.sparse import Placement, place_within, sections
from hw.config import Config
from hw.packet import MemoryId
from hw.sparse.layout import memories

__all__ = ["bits", "kmeans_counts", "memory_bits"]

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
    net = _network(next(layer for layer in LAYERS if layer.name == "VGG-7"), counts, seed, divide)
    weight = net.layers[0].weight
    table = tomllib.loads(CONFIG.format(pes=PES // divide, queue=64))
    table["sparse"]["huffman"] = "image"
    config = complete(table, "bench huffman")
    c = config.sparse
    [placement] = place_within(net, c)
    parts = sections(net, config, [placement])

    def stored(which: MemoryId) -> float:
        return _stored(which, config, parts) / weight.nnz

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


def memory_bits(layer: EieLayer, seed: int, divide: int = 1) -> dict[str, Any]:
    """Bits a nonzero of a layer in the memories: plain, coded, and coded in a design of its own."""
    net = _network(layer, kmeans_counts(), seed, divide)
    weight = net.layers[0].weight
    row: dict[str, Any] = {"layer": layer.name, "nonzeros": int(weight.nnz)}
    shared = tomllib.loads(CONFIG.format(pes=PES // divide, queue=64))
    for name in ("plain", "coded", "own"):
        sparse = dict(shared["sparse"])
        if name != "plain":
            sparse |= {"huffman": "memory", "index": {"kind": "per_layer", "width": 8}}
        if name == "own":
            del sparse["index"], sparse["capacity"]
        config, [placement] = resolve({**shared, "sparse": sparse}, net, "bench huffman")
        parts = sections(net, config, [placement])
        entries, tables = (sum(_stored(which, config, parts) for which in whiches) / weight.nnz
                           for whiches in ((MemoryId.ENTRIES, MemoryId.UPPER), (MemoryId.COLUMNS,)))
        row |= {f"{name}_entry": entries, f"{name}_tables": tables, name: entries + tables}
        if name == "own":
            row["unlimited"] = _unlimited(placement, config)
    return row


def _network(shape: EieLayer, counts: np.ndarray, seed: int, divide: int) -> Network:
    """A layer of EIE's whose codes have so many occurrences, relatively."""
    rng = np.random.default_rng(seed)
    weight = matrix("uniform", shape.rows // divide, shape.columns // divide, shape.weights, rng)
    weight.data = rng.choice(np.arange(1, len(counts) + 1), weight.nnz, p=counts / counts.sum())
    rows = weight.shape[0]
    return Network([Layer(weight, np.zeros(rows, np.int64), multiplier=np.ones(rows, np.int64),
                          density=shape.activations)])


def _stored(which: MemoryId, config: Config, parts: list[Section]) -> int:
    """Bits of a memory, that of all PEs together."""
    width = memories(config)[which][0] if which in memories(config) else 0
    return width * sum(part.fills(which) for part in parts)


def _unlimited(placement: Placement, config: Config) -> float:
    """Bits of an entry in a Huffman code of index and code together, however long its words are."""
    index, code = placement.entry_gap, np.searchsorted(
        np.unique(placement.layer.weight.data), placement.entry_value)
    counts = np.bincount(code << config.sparse.index.width | index)
    return float(counts @ code_lengths(counts, 32) / len(index))


def main(as_json: Annotated[bool, typer.Option("--json")] = False,
         seed: Annotated[int, typer.Option()] = 1) -> None:
    """Count the bits of both distributions in the image, and of all layers in memory."""
    counts = {"k-means": kmeans_counts(), "uniform": np.ones(16, np.int64)}
    rows = {name: bits(each, seed) for name, each in counts.items()}
    memory = [memory_bits(layer, seed) for layer in LAYERS]
    histogram = (counts["k-means"] / counts["k-means"].sum()).round(4).tolist()
    if as_json:
        print(json.dumps({"seed": seed, "kmeans_frequencies": histogram, "bits_per_nonzero": rows,
                          "in_memory": memory},
                         indent=2))
        return
    out = Console(width=max(150, Console().width))
    out.print(f"seed {seed}; frequencies of the k-means codes: {histogram}")
    for table_rows in ([{"codes": name, **row} for name, row in rows.items()], memory):
        table = Table(*table_rows[0])
        for row in table_rows:
            table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value)
                            for value in row.values()))
        out.print(table)


if __name__ == "__main__":
    typer.run(main)
