"""The host driver: a design on a board, through the board's serial port."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import numpy as np
import serial

from gen.compile import load_compiled
from gen.folder import BuildFolder
from gen.image import read_header
from gen.slip import Decoder, encode
from gen.vectors import read_inputs, result_values, vector_packets
from hw import packet
from hw.errors import ThriftyError

__all__ = ["Link", "run_vectors"]

WINDOW = 2
"""Vectors sent ahead of their results: as many as the hardware has input buffers, for the serial
line cannot be held back."""


class Link:
    """Packets over a serial port, SLIP-framed.

    Args:
        port: A device, or any URL that pyserial understands (``socket://host:port``).
        baud: Bits a second.
        timeout: Seconds to wait for an answer beyond the time that the bits take.
    """

    def __init__(self, port: str, baud: int, timeout: float):
        self.port, self.baud, self.timeout = port, baud, timeout
        try:
            self._serial = serial.serial_for_url(port, baudrate=baud, timeout=0.05)
        except (serial.SerialException, OSError, ValueError) as error:
            raise ThriftyError(f"{port}: cannot be opened: {error}") from None
        self._decoder = Decoder()
        self._waiting: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._serial.close()

    def send(self, data: bytes) -> None:
        try:
            self._serial.write(encode(data))
        except (serial.SerialException, OSError) as error:
            raise ThriftyError(f"{self.port}: {error}") from None

    def receive(self, sent: int = 0) -> bytes:
        """The next packet; ``sent`` bytes may still be on their way out."""
        deadline = time.monotonic() + self.timeout + 10 * sent / self.baud
        while not self._waiting:
            try:
                data = self._serial.read(max(1, self._serial.in_waiting))
            except (serial.SerialException, OSError) as error:
                raise ThriftyError(f"{self.port}: {error}") from None
            self._waiting += self._decoder.feed(data)
            if not data and time.monotonic() > deadline:
                raise ThriftyError(f"{self.port}: no answer within {self.timeout:g} s: is the board "
                                   "programmed with this design, and is this its port?")
        return self._waiting.pop(0)


def run_vectors(folder: BuildFolder, inputs_path: Any, link: Link,
                progress: Callable[[str, int, int], None]) -> tuple[np.ndarray, dict[str, Any]]:
    """Load the image, send the vectors, collect the results.

    Args:
        progress: Told what goes on, how much of it is done, and of how much.

    Returns:
        int64 (vectors x outputs), and a report.
    """
    network, config = load_compiled(folder)
    image_path = folder.need("image.bin", "compile")
    image = image_path.read_bytes()
    read_header(image, str(image_path))
    inputs = read_inputs(inputs_path or folder.need("golden_inputs.npy", "compile"), network, config)

    progress("loading the image", 0, 1)
    link.send(image)
    _, _, status = _parse(link.receive(len(image)), link.port)
    if any(status):
        error = packet.Error(int.from_bytes(status[:4], "little"))
        raise ThriftyError(f"{link.port}: the board refuses the image: {error.explanation}")
    packets = vector_packets(inputs, config)
    outputs = []
    sent = 0
    start = time.monotonic()
    for k in range(len(packets)):
        while sent < min(k + WINDOW, len(packets)):
            link.send(packets[sent])
            sent += 1
        outputs.append(result_values(link.receive(2 * len(packets[k])), k, network, config))
        progress("vectors", k + 1, len(packets))
    return np.stack(outputs), {"vectors": len(packets), "port": link.port,
                               "seconds": round(time.monotonic() - start, 3)}


def _parse(answer: bytes, port: str) -> tuple[int, int, bytes]:
    try:
        return packet.parse(answer)
    except ValueError as error:
        raise ThriftyError(f"{port}: damaged answer: {error}") from None
