"""What a board is: a device, its capacities, its clock and the pins that the board top uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["RESOURCES", "SPRAM_DEPTH", "Board", "Capacity", "Pin", "Sites"]

SPRAM_DEPTH = 2048
"""Single-port memories of this many words or more go to iCE40's SPRAM."""

RESOURCES = {
    "lut4": "LUT4",
    "carry": "carry cells",
    "dpr16x4": "distributed RAMs (16 x 4)",
    "slots": "slots",
    "comb": "logic cells placed",
    "ff": "flip-flops",
    "ram": "block RAMs",
    "spram": "single-port RAMs",
    "dsp": "multipliers",
}
"""What synthesis counts, and how to call it before people."""


@dataclass(frozen=True)
class Capacity:
    """What the device holds, as nextpnr counts it.

    Args:
        slots: TRELLIS_COMB (ECP5) or logic cells (iCE40), each with one 4-input table.
        ff: Flip-flops.
        ram: Block RAMs.
        ram_bits: Bits of one block RAM.
        dsp: Multipliers: 18 x 18 (ECP5) or 16 x 16 (iCE40).
        spram: Single-port RAMs of 16 Ki x 16 bits.
    """

    slots: int
    ff: int
    ram: int
    ram_bits: int
    dsp: int
    spram: int = 0


@dataclass(frozen=True)
class Pin:
    """A site, and options in the words of the family's constraint file."""

    site: str
    options: str = ""


@dataclass(frozen=True)
class Sites:
    """Where an ECP5 has its block RAMs and multipliers: in rows, in groups of four.

    Args:
        columns: nextpnr's X of each group's first one, the same in all rows.
        ram_rows, multiplier_rows: nextpnr's Y of the rows.
    """

    columns: tuple[int, ...]
    ram_rows: tuple[int, ...]
    multiplier_rows: tuple[int, ...]

    def ram(self, row: int, column: int, k: int) -> str:
        """nextpnr's name of block RAM ``k`` of a group."""
        return f"X{self.columns[column] + 2 * k}/Y{self.ram_rows[row]}/EBR{k}"

    def multiplier(self, row: int, column: int, k: int) -> str:
        """nextpnr's name of multiplier ``k`` of a group."""
        number = (0, 1, 4, 5)[k]
        return f"X{self.columns[column] + number}/Y{self.multiplier_rows[row]}/MULT18_{number}"


@dataclass(frozen=True)
class Board:
    """One board.

    Args:
        name: What the command line calls it.
        family: Decides the synthesis command and the PLL.
        device: nextpnr's name of the device: its option without the dashes.
        package: nextpnr's name of the package.
        oscillator_hz: The clock at pin ``osc``.
        clock_hz: The clock at which a design runs unless told otherwise.
        pins: Where the board top's ports are: ``osc uart_rx uart_tx button led[0] led[1]``, and
            ``high`` for a pin that must be held high. LED 0 says "alive", LED 1 "link active".
        button_low: The button reads 0 when pressed.
        led_low: A LED shines at 0.
        speed: Speed grade, where the family has them.
        baud: Bits a second on the serial line.
        sites: Of block RAMs and multipliers; None if nextpnr shall decide.
    """

    name: str
    family: Literal["ecp5", "ice40"]
    device: str
    package: str
    capacity: Capacity
    oscillator_hz: int
    clock_hz: int
    pins: Mapping[str, Pin]
    button_low: bool
    led_low: bool
    speed: str = ""
    baud: int = 1_000_000
    sites: Sites | None = None

    def constraints(self) -> str:
        """The constraint file: LPF for ECP5, PCF for iCE40."""
        if self.family == "ice40":
            lines = [f"set_io {pin.options} {port} {pin.site}".replace("  ", " ")
                     for port, pin in self.pins.items()]
            lines.append(f"set_frequency osc {self.oscillator_hz / 1e6:g}")
        else:
            lines = [line for port, pin in self.pins.items() for line in (
                f'LOCATE COMP "{port}" SITE "{pin.site}";', f'IOBUF PORT "{port}" {pin.options};')]
            lines.append(f'FREQUENCY PORT "osc" {self.oscillator_hz / 1e6:g} MHZ;')
        return "\n".join(lines) + "\n"
