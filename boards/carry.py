"""ECP5's carry cells take in the logic that stands straight before them.

Half a CCU2C adds A and a function u(B, C, D) as easily as two bits: its LUT holds A ^ u, and its carry
is A where that is 0, which is right if u(B, 0, 0) = 0. Yosys uses it as A + B and puts a mask, an OR or
a multiplexer of an operand into LUTs of their own; here they move into the cell.
"""

from collections import Counter
from itertools import permutations
from typing import Any

__all__ = ["absorb_logic", "open_ends"]

_PINS = "ABCD"
_PLAIN = 0x96AA
"""Yosys's INIT: A ^ B with C = 0 and D = 1."""


def absorb_logic(netlist: dict[str, Any]) -> int:
    """Move LUTs into carry cells, in a netlist of Yosys's (``write_json``).

    A LUT moves if nobody else looks at it and its function, of at most three inputs, fits.

    Returns:
        LUTs that moved; ``netlist`` is changed in place.
    """
    return sum(_absorb(module) for module in netlist["modules"].values()
               if "blackbox" not in module["attributes"])


def open_ends(netlist: dict[str, Any]) -> int:
    """Disconnect last carries that nobody reads, and first ones that the cell does not use.

    nextpnr leads every carry that has a wire in or out of a chain through a cell of its own, also a
    constant and one that drives nothing.

    Returns:
        Ends that were opened; ``netlist`` is changed in place.
    """
    return sum(_open(module) for module in netlist["modules"].values()
               if "blackbox" not in module["attributes"])


def _open(module: dict[str, Any]) -> int:
    readers = Counter(bit for port in module["ports"].values() for bit in port["bits"])
    for cell in module["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] != "output":
                readers.update(bits)
    opened = 0
    for cell in module["cells"].values():
        if cell["type"] == "CCU2C":
            wires, parameters = cell["connections"], cell["parameters"]
            if wires["COUT"] != ["x"] and not readers[wires["COUT"][0]]:
                wires["COUT"] = ["x"]
                opened += 1
            # Its LUT is 0 with C and D at 1: the first half's carry is a function of A and B alone.
            apart = (wires["C0"] == wires["D0"] == ["1"] and int(parameters["INIT0"], 2) >> 12 == 0
                     and parameters["INJECT1_0"] == "NO" and not readers[wires.get("S0", ["x"])[0]])
            if wires["CIN"] == ["0"] and apart:
                wires["CIN"] = ["x"]
                opened += 1
    return opened


def _absorb(module: dict[str, Any]) -> int:
    cells = module["cells"]
    readers = Counter(bit for port in module["ports"].values() for bit in port["bits"])
    luts: dict[Any, str] = {}
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] != "output":
                readers.update(bits)
        if cell["type"] == "LUT4":
            luts[cell["connections"]["Z"][0]] = name
    moved = 0
    for cell in list(cells.values()):
        for half in "01" if cell["type"] == "CCU2C" else "":
            wires, parameters = cell["connections"], cell["parameters"]
            if (int(parameters[f"INIT{half}"], 2) != _PLAIN or parameters[f"INJECT1_{half}"] != "NO"
                    or (wires[f"C{half}"], wires[f"D{half}"]) != (["0"], ["1"])):
                continue
            for pin, other in ("AB", "BA"):
                source = wires[pin + half][0]
                if source not in luts or readers[source] != 1:
                    continue
                fitted = _fit(cells[luts[source]])
                if fitted is not None:
                    table, inputs = fitted
                    parameters[f"INIT{half}"] = f"{table:016b}"
                    for name, wire in zip(_PINS, (wires[other + half][0], *inputs), strict=True):
                        wires[name + half] = [wire]
                    del cells[luts.pop(source)]
                    moved += 1
                    break
    return moved


def _fit(lut: dict[str, Any]) -> tuple[int, tuple[Any, ...]] | None:
    """The INIT of A ^ u and the wires of B, C and D; None if the LUT's function u does not fit."""
    wires = [lut["connections"][pin][0] for pin in _PINS]
    init = int(lut["parameters"]["INIT"], 2)
    live = [k for k, wire in enumerate(wires) if wire not in ("0", "1", "x")]
    if len(live) > 3:
        return None
    fixed = sum(1 << k for k, wire in enumerate(wires) if wire == "1")
    for order in permutations([*live, None, None, None], 3):
        if not set(live) <= set(order):
            continue

        def value(bits: int, order: tuple[int | None, ...] = order) -> int:
            """u for B, C, D in the bits of a number."""
            index = fixed + sum(1 << k for n, k in enumerate(order) if k is not None and bits >> n & 1)
            return init >> index & 1

        if not value(0) and not value(1):
            table = sum((index & 1 ^ value(index >> 1)) << index for index in range(16))
            return table, tuple("0" if k is None else wires[k] for k in order)
    return None
