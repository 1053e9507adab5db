"""Vectors between ``.npy`` files and packets, for whoever talks to the hardware."""

from pathlib import Path

import numpy as np

from gen.network import Network
from gen.read.npy import read_npy
from hw import packet
from hw.config import BEAT, Binary, Config, integer_range
from hw.errors import ThriftyError

__all__ = ["check_accepted", "read_inputs", "result_values", "vector_packets"]


def read_inputs(path: Path, network: Network, config: Config) -> np.ndarray:
    """Input vectors from a file: int64 (vectors x inputs); one vector may be one-dimensional.

    Raises:
        ThriftyError: Not integers, of another shape, or out of range.
    """
    values = read_npy(path)
    if values.ndim == 1:
        values = values[None]
    if values.ndim != 2 or values.shape[1] != network.inputs or not len(values):
        shape = " x ".join(map(str, values.shape)) or "of a single number"
        raise ThriftyError(f"{path}: inputs have shape {shape}, but the network takes "
                           f"vectors x {network.inputs}, at least one vector")
    bad = values != np.rint(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ThriftyError(f"{path}: input [{row}, {column}] is {values[row, column]}: inputs must be "
                           "integers; quantize them first")
    if config.engine_name == "binary" and config.binary.activation.width == 1:
        return _bipolar(values, path, free=network.activation_width is None)
    activation = config.engine.activation
    low, high = integer_range(activation.width, activation.signed)
    bad = (values < low) | (values > high)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        kind = "signed" if activation.signed else "unsigned"
        raise ThriftyError(
            f"{path}: input [{row}, {column}] is {values[row, column]}, outside {low} to {high}, "
            f"the range of {activation.width}-bit {kind} activations: set "
            f"{config.engine_name}.activation and compile again")
    return values.astype(np.int64)


def vector_packets(inputs: np.ndarray, config: Config) -> list[bytes]:
    """A VECTOR packet for each row; sequence numbers count from 0 and wrap."""
    raw = (_chunked(inputs, config.binary) if config.engine_name == "binary"
           else inputs.astype("<i1" if config.engine.activation.slot == 8 else "<i2"))
    return [packet.build(packet.Kind.VECTOR, row.tobytes(), sequence=k & 0xFFFF)
            for k, row in enumerate(raw)]


def _bipolar(values: np.ndarray, path: Path, *, free: bool) -> np.ndarray:
    """Bipolar vectors: -1 and +1 only; ``free`` if the configuration may choose wider ones."""
    bad = np.argwhere(np.abs(values) != 1)
    if len(bad):
        row, column = bad[0]
        raise ThriftyError(f"{path}: input [{row}, {column}] is {values[row, column]}, but bipolar "
                           "inputs are -1 or +1: there is no zero to pad with; pad with a sign and "
                           "correct the thresholds"
                           + (", or set binary.activation.width = 2" if free else ""))
    return values.astype(np.int64)


def _chunked(inputs: np.ndarray, c: Binary) -> np.ndarray:
    """Rows of bytes as ``hw.binary.input`` takes them: each word of inputs begins a new chunk of 32."""
    words = [inputs[:, first:first + c.simd] for first in range(0, inputs.shape[1], c.simd)]
    low, _ = c.activation.range
    padded = np.concatenate([np.pad(word, ((0, 0), (0, -word.shape[1] % BEAT)), constant_values=low)
                             for word in words], axis=1)
    if c.activation.width > 1:
        return padded.astype("<i1")
    return np.packbits(padded > 0, axis=1, bitorder="little")


def check_accepted(answer: bytes, where: str) -> None:
    """ThriftyError, naming the reason, unless ``answer`` says that an image was accepted."""
    try:
        kind, _, payload = packet.parse(answer)
    except ValueError as error:
        raise ThriftyError(f"{where}: damaged answer to the image: {error}") from None
    if kind != packet.Kind.STATUS:
        raise ThriftyError(f"{where}: unexpected answer to the image: type {kind:#x}")
    if any(payload):
        raise ThriftyError(f"{where}: the hardware refuses the image: {_explanation(payload)}")


def result_values(answer: bytes, sequence: int, network: Network, config: Config) -> np.ndarray:
    """The outputs in a RESULT packet: int64 (outputs).

    Raises:
        ThriftyError: The packet is damaged, reports an error, or answers something else.
    """
    try:
        kind, number, payload = packet.parse(answer)
    except ValueError as error:
        raise ThriftyError(f"result {sequence} arrived damaged: {error}") from None
    if kind == packet.Kind.STATUS:
        raise ThriftyError(f"vector {number}: the hardware reports: {_explanation(payload)}")
    c = config.sparse
    if c is None:
        wide = config.shift_add is not None and config.shift_add.result > BEAT
        size, sign, padding = BEAT // 8 << wide, True, 0
    elif c.outputs == "activations":
        size, sign = c.activation.slot // 8, c.activation.signed
        padding = -network.outputs % c.activation.per_beat
    else:
        size, sign, padding = 4 if c.accumulator.width <= 32 else 8, c.accumulator.signed, 0
    values = np.frombuffer(payload, f"<{'i' if sign else 'u'}{size}")
    values, rest = values[:len(values) - padding], values[len(values) - padding:]
    if (kind != packet.Kind.RESULT or number != sequence & 0xFFFF or rest.any()
            or len(values) != network.outputs):
        raise ThriftyError(f"vector {sequence}: unexpected answer: type {kind:#x}, number {number}, "
                           f"{len(values)} elements")
    return values.astype(np.int64)


def _explanation(payload: bytes) -> str:
    code = int.from_bytes(payload[:4], "little")
    known = code in packet.Error.__members__.values()
    return packet.Error(code).explanation if known else f"unknown error {code}"
