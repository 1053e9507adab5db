"""Block RAMs of a PE get sites next to each other, and nextpnr knows those sites."""

import copy
import json

import pytest

from boards import find
from boards.floorplan import GROUP, place_rams
from boards.tools import Tools

BOARDS = ["ulx3s-25f", "ulx3s-45f", "ulx3s-85f"]


def cells(rams):
    return {f"ram_{k:02}": {"type": "DP16KD", "attributes": {}} for k in range(rams)} | {
        "lut": {"type": "LUT4", "attributes": {}}}


def netlist(pes, rams, others):
    top = cells(others) | {f"engine.pe_{k}": {"type": "pe", "attributes": {}} for k in range(pes)}
    return {"modules": {"BoardTop": {"cells": top}, "pe": {"cells": cells(rams)}}}


def sites_of(module):
    return [cell["attributes"]["BEL"] for cell in module["cells"].values()
            if "BEL" in cell["attributes"]]


def every_site(board):
    sites = board.ram_sites
    return [sites.name(row, column, k) for row in range(len(sites.rows))
            for column in range(len(sites.columns)) for k in range(GROUP)]


@pytest.mark.parametrize("pes, rams, others", [
    (16, 7, 11), (1, 1, 0), (0, 0, 5), (3, 0, 2), (13, 4, 1), (8, 16, 9), (3, 52, 2)])
def test_neighbours(pes, rams, others):
    board = find("ulx3s-85f")
    mapped = netlist(pes, rams, others)
    before = copy.deepcopy(mapped)
    assert place_rams(mapped, {"pe"}, board.ram_sites) == pes * rams + others
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
    place_rams(mapped, {"pe"}, find("ulx3s-85f").ram_sites)
    modules = mapped["modules"]
    order = [every_site(find("ulx3s-85f")).index(sites_of(modules[f"pe of engine.pe_{k}"])[0])
             for k in range(12)]
    assert order == sorted(order)


@pytest.mark.parametrize("pes, rams", [(14, 13), (2, 53)])
def test_no_room(pes, rams):
    mapped = netlist(pes, rams, 3)
    assert place_rams(mapped, {"pe"}, find("ulx3s-85f").ram_sites) == 0
    assert not any(sites_of(module) for module in mapped["modules"].values())


@pytest.mark.parametrize("name", BOARDS)
def test_nextpnr_knows_all_sites(name, tmp_path):
    board = find(name)
    names = every_site(board)
    assert len(set(names)) == len(names) == board.capacity.ram
    rams = {f"ram_{k}": {
        "hide_name": 0, "type": "DP16KD", "parameters": {}, "attributes": {"BEL": site, "keep": "1"},
        "port_directions": {"CLKA": "input", "DIA0": "input", "DOB0": "output"},
        "connections": {"CLKA": [2], "DIA0": [k + 3], "DOB0": [k + 4]}} for k, site in enumerate(names)}
    (tmp_path / "netlist.json").write_text(json.dumps({"creator": "test", "modules": {"top": {
        "attributes": {"top": "1".zfill(32)}, "cells": rams, "netnames": {}, "ports": {
            "clk": {"direction": "input", "bits": [2]}, "d": {"direction": "input", "bits": [3]},
            "q": {"direction": "output", "bits": [len(names) + 3]}}}}}))
    tools = Tools(tmp_path, native=False, progress=lambda what, seconds: None)
    tools.run("nextpnr-ecp5", f"--{board.device}", "--package", board.package, "--speed", board.speed,
              "--json", "netlist.json", "--lpf-allow-unconstrained", "--no-route",
              "--write", "placed.json")
    placed = json.loads((tmp_path / "placed.json").read_text())["modules"]["top"]["cells"]
    assert {cell["attributes"]["NEXTPNR_BEL"] for cell in placed.values()
            if cell["type"] == "DP16KD"} == set(names)
