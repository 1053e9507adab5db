"""ECP5's block RAMs and multipliers take in the registers that stand straight behind and before them.

A DP16KD answers 5.8 ns after its clock without its output register and 1.0 ns with it; a MULT18X18D
takes 3.9 ns unless its product is registered inside, and its factors must be there 3.5 ns early unless
they are, too. Yosys infers none of these registers. ``hw.memory`` puts one behind every RAM of latency
2, and every product and factor has one; here they move into the cells: same cycles, same contents, and
the cells no longer bound the clock.
"""

from collections import Counter
from typing import Any, NamedTuple

__all__ = ["absorb_registers"]

_WIDE = 36
"""In this mode both ports of a DP16KD together carry one word."""


def absorb_registers(netlist: dict[str, Any]) -> int:
    """Turn registers beside cells into the cells' own, in a netlist of Yosys's (``write_json``).

    Registers behind a cell move if they have no reset, hold what the cell puts out and nobody else
    looks at, and share clock and clock enable. Those before a multiplier that took in its product move
    if those of a factor share clock, clock enable and reset; others that look at them keep them.

    Returns:
        RAM ports and multipliers whose registers moved; ``netlist`` is changed in place.
    """
    return sum(_Absorber(module).run() for module in netlist["modules"].values()
               if "blackbox" not in module["attributes"])


class _Controls(NamedTuple):
    """Wires, or "0" and "1", that registers share; the reset is synchronous."""

    clock: Any
    enable: Any
    reset: Any


class _Absorber:
    """One module of the netlist, with who reads each wire and which register each wire feeds."""

    def __init__(self, module: dict[str, Any]):
        self.cells: dict[str, Any] = module["cells"]
        self.readers = Counter(bit for port in module["ports"].values() for bit in port["bits"])
        self.registers: dict[Any, str] = {}
        """By the wire that a register takes."""
        self.sources: dict[Any, str] = {}
        """By the wire that it drives."""
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] != "output":
                    self.readers.update(bits)
            if cell["type"] == "TRELLIS_FF":
                self.registers[cell["connections"]["DI"][0]] = name
                self.sources[cell["connections"]["Q"][0]] = name

    def run(self) -> int:
        moved = 0
        multipliers = []
        for cell in list(self.cells.values()):
            if cell["type"] == "DP16KD":
                wide = int(cell["parameters"]["DATA_WIDTH_B"], 2) == _WIDE
                moved += sum(self._ram(cell, sides) for sides in (["AB"] if wide else ["A", "B"]))
            elif cell["type"] == "MULT18X18D":
                product = self._take(cell["connections"], ("P",), None)
                if product is not None:
                    multipliers.append((cell, product))
        # What is behind a cell stays there, though it is before another one.
        for cell, product in multipliers:
            self._multiplier(cell, product)
        return moved + len(multipliers)

    def _ram(self, ram: dict[str, Any], sides: str) -> bool:
        """The registers of one port, or of both halves of a wide one, which port B reads."""
        wires = ram["connections"]
        if any(wires.get(f"RST{side}", ["0"])[0] != "0" for side in sides):
            return False
        controls = self._take(wires, tuple(f"DO{side}" for side in sides), wires[f"CLK{sides[-1]}"][0])
        if controls:
            for side in sides:
                ram["parameters"][f"REGMODE_{side}"] = "OUTREG"
                wires[f"OCE{side}"] = [controls.enable]
        return bool(controls)

    def _multiplier(self, multiplier: dict[str, Any], product: _Controls) -> None:
        """Its own registers: of the product, and of both factors if all of theirs fit."""
        wires = multiplier["connections"]
        groups = {"OUTPUT": product}
        factors = {f"INPUT{side}": found for side in "AB"
                   if (found := self._factor(wires, side)) and found[0].clock == product.clock}
        if len(factors) == 2:  # nextpnr times registers of both factors or of none
            for name, (controls, registers) in factors.items():
                groups[name] = controls
                for pin, register in registers.items():
                    self._pass_by(wires, pin, register)
        enables = list(dict.fromkeys(group.enable for group in groups.values()))
        resets = list(dict.fromkeys(group.reset for group in groups.values()))
        for name, group in groups.items():
            multiplier["parameters"] |= {
                f"REG_{name}_CLK": "CLK0", f"REG_{name}_CE": f"CE{enables.index(group.enable)}",
                f"REG_{name}_RST": f"RST{resets.index(group.reset)}"}
        pins = {"CLK0": product.clock, **{f"CE{k}": wire for k, wire in enumerate(enables)},
                **{f"RST{k}": wire for k, wire in enumerate(resets)}}
        for pin, wire in pins.items():
            wires[pin] = [wire]
            multiplier["port_directions"][pin] = "input"

    def _factor(self, wires: dict[str, Any], side: str) -> tuple[_Controls, dict[str, str]] | None:
        """Controls of the registers before a factor, and which is before each pin; None if they differ
        or a pin has none."""
        bits = {pin: wires[pin][0] for k in range(18) if wires[pin := f"{side}{k}"] != ["0"]}
        if any(wire not in self.sources for wire in bits.values()):
            return None
        registers = {pin: self.sources[wire] for pin, wire in bits.items()}
        controls = {_controls(self.cells[name]) for name in registers.values()}
        found = controls.pop() if len(controls) == 1 else None
        return None if found is None else (found, registers)

    def _pass_by(self, wires: dict[str, Any], pin: str, register: str) -> None:
        """Lead to a pin what a register takes; the register goes if nobody else looks at it."""
        behind, before = wires[pin], self.cells[register]["connections"]["DI"]
        wires[pin] = before
        self.readers[before[0]] += 1
        self.readers[behind[0]] -= 1
        if not self.readers[behind[0]]:
            del self.cells[register], self.sources[behind[0]]
            self.readers[before[0]] -= 1

    def _take(self, wires: dict[str, Any], outputs: tuple[str, ...],
              clock: Any) -> _Controls | None:
        """Put the registers' outputs in the place of the cell's: their controls.

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
        if found is None or found.reset != "0" or clock not in (None, found.clock):
            return None
        for pin, name in zip(pins, names, strict=True):
            wires[pin] = self.cells.pop(name)["connections"]["Q"]
            del self.sources[wires[pin][0]]
        return found


def _controls(register: dict[str, Any]) -> _Controls | None:
    """What moves a register; None if it has features that no cell's own has."""
    wires, parameters = register["connections"], register["parameters"]
    enable = {"1 ": "1", "CE": wires.get("CE", ["1"])[0]}.get(parameters.get("CEMUX", "CE"))
    reset = wires.get("LSR", ["0"])[0]
    plain = [parameters.get(name) for name in ("CLKMUX", "GSR", "REGSET")] == [
        "CLK", "DISABLED", "RESET"] and (
        reset == "0" or enable == "1" and [parameters.get(name) for name in ("LSRMUX", "SRMODE")] == [
            "LSR", "LSR_OVER_CE"])
    return _Controls(wires["CLK"][0], enable, reset) if plain and enable is not None else None
