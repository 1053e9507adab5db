"""ECP5's block RAMs and multipliers take in the registers that stand straight behind them.

A DP16KD answers 5.8 ns after its clock without its output register and 1.0 ns with it; a MULT18X18D
takes 3.9 ns unless its product is registered inside. Yosys infers neither register. ``hw.memory``
puts one behind every RAM of latency 2, and every product has one; here they move into the cells:
same cycles, same contents, and the cells no longer bound the clock.
"""

from collections import Counter
from typing import Any

__all__ = ["absorb_output_registers"]

_WIDE = 36
"""In this mode both ports of a DP16KD together carry one word."""


def absorb_output_registers(netlist: dict[str, Any]) -> int:
    """Turn registers behind cells into the cells' own, in a netlist of Yosys's (``write_json``).

    Registers move if they have no reset, hold what the cell puts out and nobody else looks at, and
    share clock and clock enable.

    Returns:
        RAM ports and multipliers whose registers moved; ``netlist`` is changed in place.
    """
    return sum(_Absorber(module).run() for module in netlist["modules"].values()
               if "blackbox" not in module["attributes"])


class _Absorber:
    """One module of the netlist, with who reads each wire and which register each wire feeds."""

    def __init__(self, module: dict[str, Any]):
        self.cells: dict[str, Any] = module["cells"]
        self.readers = Counter(bit for port in module["ports"].values() for bit in port["bits"])
        self.registers: dict[Any, str] = {}
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] != "output":
                    self.readers.update(bits)
            if cell["type"] == "TRELLIS_FF":
                self.registers[cell["connections"]["DI"][0]] = name

    def run(self) -> int:
        moved = 0
        for cell in list(self.cells.values()):
            if cell["type"] == "DP16KD":
                wide = int(cell["parameters"]["DATA_WIDTH_B"], 2) == _WIDE
                moved += sum(self._ram(cell, sides) for sides in (["AB"] if wide else ["A", "B"]))
            elif cell["type"] == "MULT18X18D":
                moved += self._multiplier(cell)
        return moved

    def _ram(self, ram: dict[str, Any], sides: str) -> bool:
        """The registers of one port, or of both halves of a wide one, which port B reads."""
        wires = ram["connections"]
        controls = self._take(wires, tuple(f"DO{side}" for side in sides), wires[f"CLK{sides[-1]}"][0])
        if controls:
            for side in sides:
                ram["parameters"][f"REGMODE_{side}"] = "OUTREG"
                wires[f"OCE{side}"] = [controls[1]]
        return bool(controls)

    def _multiplier(self, multiplier: dict[str, Any]) -> bool:
        controls = self._take(multiplier["connections"], ("P",), None)
        if controls:
            multiplier["parameters"] |= {"REG_OUTPUT_CLK": "CLK0", "REG_OUTPUT_CE": "CE0",
                                         "REG_OUTPUT_RST": "RST0"}
            for pin, wire in zip(("CLK0", "CE0", "RST0"), (*controls, "0"), strict=True):
                multiplier["connections"][pin] = [wire]
                multiplier["port_directions"][pin] = "input"
        return bool(controls)

    def _take(self, wires: dict[str, Any], outputs: tuple[str, ...],
              clock: Any) -> tuple[Any, Any] | None:
        """Put the registers' outputs in the place of the cell's: their clock and clock enable.

        None if they are not what a cell can take in. ``clock`` is the cell's, if it has one yet.
        """
        pins = [pin for pin in wires if pin.rstrip("0123456789") in outputs
                and self.readers[wires[pin][0]]]
        if not pins or any(self.readers[wires[pin][0]] != 1 or wires[pin][0] not in self.registers
                           for pin in pins):
            return None
        names = [self.registers[wires[pin][0]] for pin in pins]
        controls = {_controls(self.cells[name]) for name in names}
        if len(controls) != 1:
            return None
        found = controls.pop()
        if found is None or clock not in (None, found[0]):
            return None
        for pin, name in zip(pins, names, strict=True):
            wires[pin] = self.cells.pop(name)["connections"]["Q"]
        return found


def _controls(register: dict[str, Any]) -> tuple[Any, Any] | None:
    """Clock and clock enable of a register; None if it has a reset or other features."""
    wires, parameters = register["connections"], register["parameters"]
    enable = {"1 ": "1", "CE": wires.get("CE", ["1"])[0]}.get(parameters.get("CEMUX", "CE"))
    plain = (parameters.get("CLKMUX") == "CLK" and parameters.get("GSR") == "DISABLED"
             and wires.get("LSR", ["0"])[0] == "0" and enable is not None)
    return (wires["CLK"][0], enable) if plain else None
