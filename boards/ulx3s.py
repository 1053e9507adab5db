"""Radiona ULX3S with one of four ECP5 devices; https://github.com/emard/ulx3s (schematics, LPF)."""

from boards.board import Board, Capacity, Pin, Sites

__all__ = ["ULX3S"]

_PINS = {
    "osc": Pin("G2", "IO_TYPE=LVCMOS33"),
    "uart_rx": Pin("M1", "IO_TYPE=LVCMOS33 PULLMODE=UP"),  # ftdi_txd
    "uart_tx": Pin("L4", "IO_TYPE=LVCMOS33"),  # ftdi_rxd
    "button": Pin("R1", "IO_TYPE=LVCMOS33 PULLMODE=DOWN"),  # B1, "fire 1"
    "led[0]": Pin("B2", "IO_TYPE=LVCMOS33 DRIVE=4"),
    "led[1]": Pin("C2", "IO_TYPE=LVCMOS33 DRIVE=4"),
    # wifi_gpio0: low tells the ESP32 beside the FPGA to load another bitstream.
    "high": Pin("L2", "IO_TYPE=LVCMOS33 PULLMODE=UP"),
}


def _ulx3s(size: str, capacity: Capacity, sites: Sites) -> Board:
    return Board(
        name=f"ulx3s-{size}f",
        family="ecp5",
        device=f"{size}k",
        package="CABGA381",
        speed="6",
        capacity=capacity,
        oscillator_hz=25_000_000,
        clock_hz=50_000_000,
        pins=_PINS,
        button_low=False,
        led_low=False,
        sites=sites,
    )


# Read off nextpnr's placements of designs that take all block RAMs or all multipliers.
_SITES_25 = Sites((4, 13, 22, 33, 42, 51, 60), (25, 37), (13,))
_SITES_45 = Sites((4, 13, 22, 31, 42, 51, 60, 69, 78), (10, 34, 58), (22, 46))
_SITES_85 = Sites((4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114), (22, 46, 70, 82), (10, 34, 58))

# The 12F is sold as half of a 25F, but it is the same die and the open tools use all of it.
ULX3S = [
    _ulx3s("12", Capacity(slots=24288, ff=24288, ram=56, ram_bits=18432, dsp=28), _SITES_25),
    _ulx3s("25", Capacity(slots=24288, ff=24288, ram=56, ram_bits=18432, dsp=28), _SITES_25),
    _ulx3s("45", Capacity(slots=43848, ff=43848, ram=108, ram_bits=18432, dsp=72), _SITES_45),
    _ulx3s("85", Capacity(slots=83640, ff=83640, ram=208, ram_bits=18432, dsp=156), _SITES_85),
]
