"""Block RAMs and multipliers of a processing element go to neighbouring sites.

nextpnr places block RAMs by their wires, and the widest ones are the buses that all PEs share: the RAMs
of one PE end up a hundred columns apart, and the wires between them decide the clock. Here they get
their sites before placement; whatever they feed follows them.
"""

import re
from collections.abc import Collection
from copy import deepcopy
from statistics import fmean
from typing import Any

from boards.board import Sites

__all__ = ["assign_sites"]

GROUP = 4
"""Block RAMs of ECP5 stand four together, and so do multipliers."""

_Place = tuple[int, int]
"""Row, and column of a group."""


def assign_sites(netlist: dict[str, Any], kinds: Collection[str], sites: Sites) -> int:
    """Give the block RAMs of each PE sites next to each other, around those of all the rest.

    Multipliers get the sites nearest to the RAMs.

    Args:
        netlist: Yosys's (``write_json``), changed in place: each PE becomes a module of its own.
        kinds: Names of the modules that are PEs.
        sites: Where the device has block RAMs and multipliers.

    Returns:
        Cells that got a site: none if not all of them find room; then nextpnr decides.
    """
    modules = netlist["modules"]
    cells = modules["BoardTop"]["cells"]
    pes = sorted((name for name, cell in cells.items() if cell["type"] in kinds),
                 key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    for pe in pes:
        modules[f"{cells[pe]['type']} of {pe}"] = deepcopy(modules[cells[pe]["type"]])
        cells[pe]["type"] += f" of {pe}"
    parts = [modules[name]["cells"] for name in ("BoardTop", *(cells[pe]["type"] for pe in pes))]
    rams, multipliers = ([[each for _, each in sorted(part.items()) if each["type"] == kind]
                          for part in parts] for kind in ("DP16KD", "MULT18X18D"))
    places = _rams(rams, sites)
    chosen = None if places is None else _multipliers(multipliers, places, sites)
    if places is None or chosen is None:
        return 0
    for each, (row, first) in zip(rams, places, strict=True):
        for k, cell in enumerate(each):
            cell["attributes"]["BEL"] = sites.ram(row, first + k // GROUP, k % GROUP)
    for each, spots in zip(multipliers, chosen, strict=True):
        for cell, spot in zip(each, spots, strict=True):
            cell["attributes"]["BEL"] = sites.multiplier(*spot)
    return sum(map(len, rams)) + sum(map(len, multipliers))


def _rams(rams: list[list[Any]], sites: Sites) -> list[_Place] | None:
    """Where each part's RAMs begin: the first part in the middle, the others around it by rows.

    Where the device is nearly full, they begin only where the least room is lost.
    """
    widest = max((-(-len(each) // GROUP) for each in rams[1:]), default=0)
    groups = [-(-len(rams[0]) // GROUP), *[widest] * (len(rams) - 1)]
    count = len(sites.columns)
    # From both ends of a row inwards: what is left over is in the middle.
    tight = {first for k in range(count // max(1, widest))
             for first in (k * widest, count - (k + 1) * widest)}
    return _around(groups, sites, set(range(count))) or _around(groups, sites, tight)


def _around(parts: list[int], sites: Sites, starts: set[int]) -> list[_Place] | None:
    """Where parts of so many groups begin, all but the first at one of the columns ``starts``."""
    middle = fmean(sites.columns), fmean(sites.ram_rows)
    free = [[True] * len(sites.columns) for _ in sites.ram_rows]
    places: list[_Place] = []
    for groups in parts:

        def distance(place: _Place, groups: int = groups) -> float:
            row, first = place
            x = fmean(sites.columns[first:first + groups] or middle[:1])
            return abs(x - middle[0]) + abs(sites.ram_rows[row] - middle[1])

        found = [(row, first) for row, columns in enumerate(free)
                 for first in range(len(columns) - groups + 1) if all(columns[first:first + groups])
                 and (first in starts or not places)]
        if not found:
            return None
        row, first = min(found, key=distance)
        free[row][first:first + groups] = [False] * groups
        places.append((row, first))
    # Neighbours in number, which meet first in the trees, become neighbours.
    return [places[0], *sorted(places[1:])]


def _multipliers(multipliers: list[list[Any]], places: list[_Place],
                 sites: Sites) -> list[list[tuple[int, int, int]]] | None:
    """Row, column and number of a site for each part's multipliers, near the part's RAMs."""
    free = [(row, column, k) for row in range(len(sites.multiplier_rows))
            for column in range(len(sites.columns)) for k in range(GROUP)]
    chosen = []
    for each, (ram_row, first) in zip(multipliers, places, strict=True):
        x, y = sites.columns[first], sites.ram_rows[ram_row]
        free.sort(key=lambda spot: (abs(sites.columns[spot[1]] - x)
                                    + abs(sites.multiplier_rows[spot[0]] - y), spot))
        chosen.append(free[:len(each)])
        if len(chosen[-1]) < len(each):
            return None
        del free[:len(each)]
    return chosen
