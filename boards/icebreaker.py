"""1BitSquared iCEBreaker; https://github.com/icebreaker-fpga/icebreaker (schematics and PCF)."""

from boards.board import Board, Capacity, Pin

__all__ = ["ICEBREAKER"]

ICEBREAKER = Board(
    name="icebreaker",
    family="ice40",
    device="up5k",
    package="sg48",
    capacity=Capacity(slots=5280, ff=5280, ram=30, ram_bits=4096, dsp=8, spram=4),
    oscillator_hz=12_000_000,
    clock_hz=24_000_000,
    pins={
        "osc": Pin("35"),  # the pad beside the PLL
        "uart_rx": Pin("6", "-pullup yes"),
        "uart_tx": Pin("9"),
        "button": Pin("10", "-pullup yes"),
        "led[0]": Pin("37"),  # green
        "led[1]": Pin("11"),  # red
    },
    button_low=True,
    led_low=True,
)
