"""Cells of a PE get sites next to each other, and nextpnr knows those sites."""

import copy
import json

import pytest

from boards import find
from boards.floorplan import GROUP, assign_sites
from boards.tools import Tools

BOARDS = ["ulx3s-25f", "ulx3s-45f", "ulx3s-85f"]


def cells(rams, multipliers=0):
    return {f"ram_{k:02}": {"type": "DP16KD", "attributes": {}} for k in range(rams)} | {
        f"multiplier_{k}": {"type": "MULT18X18D", "attributes": {}} for k in range(multipliers)} | {
        "lut": {"type": "LUT4", "attributes": {}}}


def netlist(pes, rams, others, multipliers=0):
    top = cells(others, 2) | {f"engine.pe_{k}": {"type": "pe", "attributes": {}} for k in range(pes)}
    return {"modules": {"BoardTop": {"cells": top}, "pe": {"cells": cells(rams, multipliers)}}}


def sites_of(module, kind="DP16KD"):
    return [cell["attributes"]["BEL"] for cell in module["cells"].values()
            if cell["type"] == kind and "BEL" in cell["attributes"]]


def every_site(board, kind="DP16KD"):
    sites = board.sites
    rows, name = {"DP16KD": (sites.ram_rows, sites.ram),
                  "MULT18X18D": (sites.multiplier_rows, sites.multiplier)}[kind]
    return [name(row, column, k) for row in range(len(rows))
            for column in range(len(sites.columns)) for k in range(GROUP)]


def position(site):
    return tuple(int(part[1:]) for part in site.split("/")[:2])


@pytest.mark.parametrize("pes, rams, others", [
    (16, 7, 11), (1, 1, 0), (0, 0, 5), (3, 0, 2), (13, 4, 1), (8, 16, 9), (3, 52, 2)])
def test_neighbours(pes, rams, others):
    board = find("ulx3s-85f")
    mapped = netlist(pes, rams, others)
    before = copy.deepcopy(mapped)
    assert assign_sites(mapped, {"pe"}, board.sites) == pes * rams + others + 2
    top = mapped["modules"]["BoardTop"]
    used = sites_of(top)
    assert len(used) == others
    for k in range(pes):
        module = mapped["modules"][top["cells"][f"engine.pe_{k}"]["type"]]
        found = sites_of(module)
        first = every_site(board).index(found[0]) if rams else 0
        assert first % GROUP == 0 and found == every_site(board)[first:first + rams], "side by side"
        assert len({site.split("/")[1] for site in found}) <= 1, "in one row"
        used += found
        stripped = [{**cell, "attributes": {}} for cell in module["cells"].values()]
        assert stripped == list(before["modules"]["pe"]["cells"].values()), "otherwise the same"
    assert len(set(used)) == len(used) and set(used) <= set(every_site(board))


def test_order_of_numbers():
    """PE 10 is not between PE 1 and PE 2."""
    mapped = netlist(12, 4, 0)
    assign_sites(mapped, {"pe"}, find("ulx3s-85f").sites)
    modules = mapped["modules"]
    order = [every_site(find("ulx3s-85f")).index(sites_of(modules[f"pe of engine.pe_{k}"])[0])
             for k in range(12)]
    assert order == sorted(order)


def test_multipliers_are_near():
    board = find("ulx3s-85f")
    mapped = netlist(16, 7, 11, 2)
    assert assign_sites(mapped, {"pe"}, board.sites) == 16 * 9 + 11 + 2
    used = sites_of(mapped["modules"]["BoardTop"], "MULT18X18D")
    for k in range(16):
        module = mapped["modules"][f"pe of engine.pe_{k}"]
        x, y = position(sites_of(module)[0])
        found = sites_of(module, "MULT18X18D")
        assert len(found) == 2
        assert all(abs(a - x) + abs(b - y) <= 36 for a, b in map(position, found))
        used += found
    assert len(set(used)) == len(used) == 34
    assert set(used) <= set(every_site(board, "MULT18X18D"))


@pytest.mark.parametrize("pes, rams, multipliers", [(14, 13, 0), (2, 53, 0), (16, 7, 10)])
def test_no_room(pes, rams, multipliers):
    mapped = netlist(pes, rams, 3, multipliers)
    assert assign_sites(mapped, {"pe"}, find("ulx3s-85f").sites) == 0
    assert not any("BEL" in cell["attributes"] for module in mapped["modules"].values()
                   for cell in module["cells"].values())


@pytest.mark.parametrize("kind, given, taken", [("DP16KD", "DIA0", "DOB0"), ("MULT18X18D", "A0", "P0")])
@pytest.mark.parametrize("name", BOARDS)
def test_nextpnr_knows_all_sites(name, kind, given, taken, tmp_path):
    board = find(name)
    names = every_site(board, kind)
    number = board.capacity.ram if kind == "DP16KD" else board.capacity.dsp
    assert len(set(names)) == len(names) == number
    cells = {f"cell_{k}": {
        "hide_name": 0, "type": kind, "parameters": {}, "attributes": {"BEL": site, "keep": "1"},
        "port_directions": {given: "input", taken: "output"},
        "connections": {given: [k + 2], taken: [k + 3]}} for k, site in enumerate(names)}
    (tmp_path / "netlist.json").write_text(json.dumps({"creator": "test", "modules": {"top": {
        "attributes": {"top": "1".zfill(32)}, "cells": cells, "netnames": {}, "ports": {
            "d": {"direction": "input", "bits": [2]},
            "q": {"direction": "output", "bits": [len(names) + 2]}}}}}))
    tools = Tools(tmp_path, native=False, progress=lambda what, seconds: None)
    tools.run("nextpnr-ecp5", f"--{board.device}", "--package", board.package, "--speed", board.speed,
              "--json", "netlist.json", "--lpf-allow-unconstrained", "--no-route",
              "--write", "placed.json")
    placed = json.loads((tmp_path / "placed.json").read_text())["modules"]["top"]["cells"]
    assert {cell["attributes"]["NEXTPNR_BEL"] for cell in placed.values()
            if cell["type"] == kind} == set(names)
