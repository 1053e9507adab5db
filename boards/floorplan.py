"""Block RAMs of a processing element go to neighbouring sites.

nextpnr places block RAMs by their wires, and the widest ones are the buses that all PEs share: the RAMs
of one PE end up a hundred columns apart, and the wires between them decide the clock. Here they get
their sites before placement; whatever they feed follows them.
"""

import re
from collections.abc import Collection
from copy import deepcopy
from statistics import fmean
from typing import Any

from boards.board import RamSites

__all__ = ["place_rams"]

GROUP = 4
"""Block RAMs of ECP5 stand four together."""


def place_rams(netlist: dict[str, Any], kinds: Collection[str], sites: RamSites) -> int:
    """Give the block RAMs of each PE sites next to each other, around those of all the rest.

    Args:
        netlist: Yosys's (``write_json``), changed in place: each PE becomes a module of its own.
        kinds: Names of the modules that are PEs.
        sites: Where the device has block RAMs.

    Returns:
        RAMs that got a site: none if not all PEs find room.
    """
    modules = netlist["modules"]
    cells = modules["BoardTop"]["cells"]
    pes = sorted((name for name, cell in cells.items() if cell["type"] in kinds),
                 key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    for pe in pes:
        modules[f"{cells[pe]['type']} of {pe}"] = deepcopy(modules[cells[pe]["type"]])
        cells[pe]["type"] += f" of {pe}"
    others, *of_pes = ([cell for _, cell in sorted(modules[name]["cells"].items())
                        if cell["type"] == "DP16KD"]
                       for name in ("BoardTop", *(cells[pe]["type"] for pe in pes)))
    width = max((-(-len(rams) // GROUP) for rams in of_pes), default=0)
    free = [[True] * len(sites.columns) for _ in sites.rows]
    places = []
    for groups in (-(-len(others) // GROUP), *[width] * len(pes)):
        place = _nearest(free, groups, sites)
        if place is None:
            return 0
        row, first = place
        free[row][first:first + groups] = [False] * groups
        places.append(place)
    # By rows, so that neighbours in number, which meet first in the trees, are neighbours.
    for rams, (row, first) in zip((others, *of_pes), (places[0], *sorted(places[1:])), strict=True):
        for k, ram in enumerate(rams):
            ram["attributes"]["BEL"] = sites.name(row, first + k // GROUP, k % GROUP)
    return sum(map(len, (others, *of_pes)))


def _nearest(free: list[list[bool]], groups: int, sites: RamSites) -> tuple[int, int] | None:
    """(row, first column) of so many free groups side by side, as near to the middle as there are."""
    middle = fmean(sites.columns), fmean(sites.rows)
    found = [(row, first) for row, columns in enumerate(free)
             for first in range(len(columns) - groups + 1) if all(columns[first:first + groups])]

    def distance(place: tuple[int, int]) -> float:
        row, first = place
        x = fmean(sites.columns[first:first + groups] or middle[:1])
        return abs(x - middle[0]) + abs(sites.rows[row] - middle[1])

    return min(found, key=distance, default=None)
