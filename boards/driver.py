"""The host driver: a design on a board, through the board's serial port."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import serial

from gen.compile import load_compiled
from gen.folder import BuildFolder
from gen.image import read_header
from gen.slip import Decoder, encode
from gen.vectors import check_accepted, read_inputs, result_values, vector_packets
from hw import packet
from hw.errors import ThriftyError

__all__ = ["Link", "run_vectors"]

WINDOW = 2
"""Vectors sent ahead of their results: as many as the hardware has input buffers, for the serial
line cannot be held back."""
QUIET = 0.1
"""Seconds of silence after which nothing more is on its way; USB adapters hold bytes for 16 ms."""
STATUS_BYTES = 16


class Link:
    """Packets over a serial port, SLIP-framed.

    Args:
        port: A device, or any URL that pyserial understands (``socket://host:port``).
        baud: Bits a second.
        timeout: Seconds to wait for the board beyond the time that the bits take.
    """

    def __init__(self, port: str, baud: int, timeout: float):
        self.port, self.baud, self.timeout = port, baud, timeout
        try:
            self._serial = serial.serial_for_url(port, baudrate=baud, timeout=QUIET)
        except (serial.SerialException, OSError, ValueError) as error:
            number = getattr(error, "errno", None)
            reason = os.strerror(number) if number else error
            raise ThriftyError(f"{port}: cannot be opened: {reason}: is the board connected, and "
                               "is this its port?") from None
        self._sent = 0.0  # when the last bit will have left
        self._decoder = Decoder()
        self._waiting: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._serial.close()

    def settle(self) -> None:
        """Forget an earlier run, however it ended: flush the board's receiver, wait for silence."""
        self._write(encode(b""))
        deadline = time.monotonic() + self.timeout
        while self._read():
            if time.monotonic() > deadline:
                raise ThriftyError(f"{self.port}: sends without being asked: is this the board's "
                                   "port?")
        self._decoder = Decoder()
        self._waiting.clear()

    def send(self, data: bytes) -> None:
        """Send a packet; it may still be on its way out afterwards."""
        self._write(encode(data))

    def receive(self, length: int, wanted: Callable[[bytes], bool] = bool) -> bytes:
        """The next packet that is ``wanted``, of about ``length`` bytes; others are dropped."""
        dropped = 0
        deadline = (max(time.monotonic(), self._sent) + self.timeout
                    + 20 * length / self.baud)  # every byte may be escaped
        while True:
            while self._waiting:
                data = self._waiting.pop(0)
                if wanted(data):
                    return data
                dropped += 1
            self._waiting += self._decoder.feed(self._read())
            if not self._waiting and time.monotonic() > deadline:
                others = f", only {dropped} damaged or unexpected" if dropped else ""
                raise ThriftyError(f"{self.port}: no answer within {self.timeout:g} s{others}: is "
                                   "the board programmed with this design, and are port and baud "
                                   "rate right?")

    def _write(self, data: bytes) -> None:
        self._sent = max(time.monotonic(), self._sent) + 10 * len(data) / self.baud
        try:
            self._serial.write_timeout = self._sent - time.monotonic() + self.timeout
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise ThriftyError(f"{self.port}: takes no data: is this the board's port?") from None
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from None

    def _read(self) -> bytes:
        """What has come, or comes within ``QUIET``."""
        try:
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from None

    def _lost(self, error: Exception) -> ThriftyError:
        return ThriftyError(f"{self.port}: connection lost: {error}")


def run_vectors(folder: BuildFolder, inputs_path: Path | None, link: Link,
                progress: Callable[[str, int, int], None]) -> tuple[np.ndarray, dict[str, Any]]:
    """Load the image, send the vectors, collect the results.

    Args:
        inputs_path: Vectors (``.npy``); None for the golden vectors of the compile step.
        progress: Told what goes on, how much of it is done, and of how much.

    Returns:
        int64 (vectors x outputs), and a report.

    Raises:
        ThriftyError: The board is silent, refuses the image, or answers what it should not.
    """
    network, config = load_compiled(folder)
    image_path = folder.need("image.bin", "compile")
    image = image_path.read_bytes()
    read_header(image, str(image_path))
    inputs = read_inputs(inputs_path or folder.need("golden_inputs.npy", "compile"), network,
                         config)

    progress("loading the image", 0, 1)
    link.settle()
    _load(image, link)
    packets = vector_packets(inputs, config)
    result_bytes = len(packet.build(packet.Kind.RESULT, bytes(8 * network.outputs)))
    outputs = []
    sent = 0
    start = time.monotonic()
    for k in range(len(packets)):
        while sent < min(k + WINDOW, len(packets)):
            link.send(packets[sent])
            sent += 1
        outputs.append(result_values(link.receive(result_bytes), k, network, config))
        progress("vectors", k + 1, len(packets))
    return np.stack(outputs), {"vectors": len(packets), "port": link.port,
                               "seconds": round(time.monotonic() - start, 3)}


def _load(image: bytes, link: Link) -> None:
    """Send the image under a number of this process: answers to an earlier one carry another."""
    number = 1 + os.getpid() % 0xFFFF

    def answers(data: bytes) -> bool:
        try:
            return packet.parse(data)[:2] == (packet.Kind.STATUS, number)
        except ValueError:
            return False

    payload = packet.parse(image)[2]
    link.send(packet.build(packet.Kind.IMAGE, payload, sequence=number))
    check_accepted(link.receive(STATUS_BYTES, answers), link.port)
