"""Whole designs for tests: random networks, compiled, emitted, simulated, and judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from gen.image import build_image
from gen.network import Layer, Network
from gen.resolve import dump_config, resolve
from gen.sparse import place_within, sections
from gen.streamed import streamed_beats
from gen.verilog import emit
from hw import packet
from hw.config import Activation, Config, integer_range
from hw.top import Top
from sim.golden.network import evaluate
from sim.runner import StreamResult, run_streams

__all__ = ["Design", "build", "check", "compile_image", "corner_vectors", "matrix", "network",
           "play", "results", "vector_packet"]


@dataclass(frozen=True)
class Design:
    """A network, the hardware for it, and the image that brings them together."""

    network: Network
    config: Config
    image: bytes
    verilog: Path
    weights: np.ndarray | None = None

    @property
    def activation(self) -> Activation:
        return self.config.sparse.activation

    def golden(self, vectors: np.ndarray) -> np.ndarray:
        return evaluate(self.network, vectors, self.activation.width, self.activation.signed)


def matrix(rng: np.random.Generator, rows: int, columns: int, density: float,
           values: Sequence[int]) -> sp.csc_array:
    """A random integer matrix whose nonzeros come from ``values``."""
    there = rng.random((rows, columns)) < density
    return sp.csc_array(np.where(there, rng.choice(np.asarray(values, np.int64), there.shape), 0))


def network(rng: np.random.Generator, sizes: Sequence[int], *, density: float = 0.4,
            values: Sequence[int] = (-7, -3, -1, 1, 2, 6), bias: int = 100, relu: bool = True,
            multiplier: int = 900, shift: int = 13, requantize_last: bool = False) -> Network:
    """A random network of the given layer sizes, inputs first."""
    layers = []
    for k, (columns, rows) in enumerate(zip(sizes, sizes[1:], strict=False)):
        requantized = requantize_last or k < len(sizes) - 2
        layers.append(Layer(
            matrix(rng, rows, columns, density, values),
            rng.integers(-bias, bias + 1, rows) if min(values) < 0 else
            rng.integers(0, bias + 1, rows), relu,
            rng.integers(1, multiplier + 1, rows) if requantized else None,
            shift if requantized else 0))
    return Network(layers)


def build(draft: dict[str, Any], net: Network, folder: Path) -> Design:
    """Resolve, compile and emit, as the command line does."""
    config, placements = resolve(draft, net, "draft")
    print(dump_config(config))
    image = build_image(net, config, sections(net, config, placements))
    top = Top(config)
    verilog = folder / f"{config.name}.v"
    verilog.write_text(emit(top, config.name, top.shared))
    weights = streamed_beats(placements[0], config.sparse) if config.sparse.entries == "stream" else None
    return Design(net, config, image, verilog, weights)


def compile_image(net: Network, config: Config) -> bytes:
    """The image of a network for hardware that exists."""
    return build_image(net, config, sections(net, config, place_within(net, config.sparse)))


def corner_vectors(rng: np.random.Generator, activation: Activation, inputs: int,
                   count: int) -> np.ndarray:
    """Zero, smallest, largest, first only, last only, then random ones of any density."""
    low, high = integer_range(activation.width, activation.signed)
    dense = rng.integers(low, high + 1, (count, inputs))
    vectors = dense * (rng.random((count, inputs)) < rng.random((count, 1)))
    vectors[0], vectors[1], vectors[2] = 0, low, high
    vectors[3:5] = 0
    vectors[3, 0] = vectors[4, -1] = low or high
    return vectors


def vector_packet(activation: Activation, vector: np.ndarray, sequence: int) -> bytes:
    """An input vector as a host sends it."""
    dtype = np.dtype(f"<{'i' if activation.signed else 'u'}{activation.slot // 8}")
    return packet.build(packet.Kind.VECTOR, vector.astype(dtype).tobytes(), sequence=sequence)


def results(config: Config, packets: Sequence[bytes]) -> list[tuple[int, int, list[int]]]:
    """Kind, sequence number and elements of what came out."""
    accumulator = config.sparse.accumulator
    size = 8 if accumulator.width > 32 else 4
    parsed = []
    for each in packets:
        kind, sequence, payload = packet.parse(each)
        result = kind == packet.Kind.RESULT
        dtype = f"<{'i' if accumulator.signed or not result else 'u'}{size if result else 4}"
        parsed.append((kind, sequence, np.frombuffer(payload, dtype).tolist()))
    return parsed


def play(design: Design, packets: Sequence[bytes], work: Path, *, expect: int | None = None,
         simulator: str = "icarus", **options: Any) -> StreamResult:
    """Simulate; one answer a packet is expected unless told otherwise."""
    return run_streams([design.verilog], design.config.name, packets, work=work,
                       expect=len(packets) if expect is None else expect, simulator=simulator,
                       timeout_cycles=20_000, weights=design.weights, **options)


def check(design: Design, vectors: np.ndarray, work: Path, *, simulator: str = "icarus",
          stalls: Sequence[float] = (0.0, 0.4), seed: int = 1) -> None:
    """The image is accepted and every vector's result equals the golden model's."""
    expected = design.golden(vectors)
    tags = [(7 + 31 * k) % 65536 for k in range(len(vectors))]
    packets = [design.image, *(vector_packet(design.activation, vector, tag)
                               for vector, tag in zip(vectors, tags, strict=True))]
    for stall in stalls:
        print(f"stall {stall}, seed {seed}, {simulator}")
        run = play(design, packets, work, simulator=simulator, stall=stall, seed=seed)
        status, *answers = results(design.config, run.packets)
        assert status == (packet.Kind.STATUS, 0, [packet.Error.NONE])
        assert answers == [(packet.Kind.RESULT, tag, row)
                           for tag, row in zip(tags, expected.tolist(), strict=True)]
