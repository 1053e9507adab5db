"""The top level against independent models of AXI4-Stream and AXI4-Lite, under cocotb."""

import json
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from cocotb_tools.runner import get_runner

from hw import packet
from tests.hw.designs import build, compile_image, corner_vectors, network

BENCH = Path(__file__).with_name("bench_top.py")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name of each cocotb test to what went wrong with it."""
    if not shutil.which("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    folder = tmp_path_factory.mktemp("axi")
    rng = np.random.default_rng(4)
    first, second = network(rng, (17, 13, 11)), network(rng, (9, 12, 3))
    design = build({"name": "axi", "sparse": {"pes": 2, "activation": {
        "width": 8, "signed": False, "lanes": 4}, "accumulator": {"width": 20}}}, first, folder)
    case = {"hardware_id": design.config.hardware_id(),
            "rows": design.config.sparse.capacity.rows}
    for name, net in (("first", first), ("second", second)):
        (folder / f"{name}.image").write_bytes(compile_image(net, design.config))
        vectors = corner_vectors(rng, design.activation, net.inputs, 8)
        golden = replace(design, network=net).golden(vectors)
        case[name] = {"vectors": vectors.tolist(), "expected": golden.tolist(),
                      "shape": [net.inputs, net.outputs]}
    _, _, payload = packet.parse((folder / "second.image").read_bytes())
    (folder / "broken.image").write_bytes(packet.build(packet.Kind.IMAGE, bytes(4) + payload[4:]))
    (folder / "case.json").write_text(json.dumps(case))
    runner = get_runner("icarus")
    runner.build(sources=[design.verilog], hdl_toplevel="axi", build_dir=folder,
                 timescale=("1ns", "1ps"))
    report = folder / "results.xml"
    with suppress(SystemExit):  # that a test failed; the report says which
        runner.test(hdl_toplevel="axi", test_module="tests.hw.bench_top", build_dir=folder,
                    test_dir=folder, results_xml=str(report), extra_env={"CASE": str(folder)})
    return {each.attrib["name"]: "".join(
                child.text or child.tag for tag in ("failure", "error") for child in each.iter(tag))
            for each in ElementTree.parse(report).iter("testcase")}


def _tests() -> list[str]:
    text = BENCH.read_text()
    return [line.removeprefix("async def ").partition("(")[0] for line in text.splitlines()
            if line.startswith("async def ")]


@pytest.mark.parametrize("name", _tests())
def test_bench(outcome: dict[str, str], name: str) -> None:
    cases = {key: problem for key, problem in outcome.items() if key.startswith(name)}
    assert cases and not any(cases.values()), {k: v for k, v in cases.items() if v}
