"""A constant layer is ``matrix @ x`` in NumPy: both forms, the mapped netlist, any stalls."""

import subprocess

import numpy as np
import pytest
from amaranth import Value

from boards.tools import Tools
from gen.verilog import emit
from hw.shift_add.constant import ConstantLayer
from tests.hw.binary.counting import models
from tests.hw.stalls import transfer

pytest.importorskip("da4ml")
from gen.constant import adder_graph  # noqa: E402

RANGES = [(-128, 127), (0, 255), (-8, 7), (0, 1), (0, 15)]

BENCH = """
module bench;
    reg clk = 0;
    reg [{inputs}-1:0] stimulus [0:{cycles}-1];
    reg [{inputs}-1:0] value;
    wire [{outputs}-1:0] payload;
    layer dut (.clk(clk), .rst(1'b0), .i_payload(value), .i_valid(1'b1), .o_payload(payload),
               .o_ready(1'b1));
    integer k;
    initial begin
        $readmemb("stimulus", stimulus);
        for (k = 0; k < {cycles}; k = k + 1) begin
            value = stimulus[k];
            #5 clk = 1;
            #5 clk = 0;
            $display("%b", payload);
        end
    end
endmodule
"""


def random_case(seed):
    """A matrix, the range of its inputs, and vectors, among them those of the extreme outputs."""
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 9, 2)
    most = rng.choice([1, 3, 8, 128])
    matrix = rng.integers(-most, most + 1, (rows, columns))
    low, high = RANGES[seed % len(RANGES)]
    return matrix, low, high


def vectors(matrix, low, high, count, seed):
    rng = np.random.default_rng(seed)
    corners = [np.where(row > 0, *ends) for row in matrix for ends in ((high, low), (low, high))]
    return np.concatenate([corners, rng.integers(low, high + 1, (count, matrix.shape[1]))])


CORNERS = {
    "zero": ([[0, 0], [0, 0]], -128, 127),
    "zero row": ([[1, -3], [0, 0], [5, 7]], -128, 127),
    "one": ([[1]], -128, 127),
    "minus one": ([[-1]], -128, 127),
    "shifted": ([[4, 0], [0, -64]], 0, 255),
    "one column": ([[3], [-3], [6], [127], [-128]], -128, 127),
    "one row": ([[-1, -1, -1, -1, -1]], 0, 255),
    "apart": ([[1, 1024], [-1, 1024]], -8, 7),
    "largest": ([[2**24 - 1, 1 - 2**24], [-2**23, 2**24 - 1]], -128, 127),
    "both signs": ([[3, 5], [-3, -5], [6, 10]], -128, 127),
}


def bits(values, widths):
    """Numbers of a payload as text, the last one first."""
    return "".join(format(int(value) & (1 << width) - 1, f"0{width}b")
                   for value, width in list(zip(values, widths, strict=True))[::-1] if width)


def check(layer, matrix, low, high, folder, source):
    """The layer in ``source`` gives every product, ``latency`` cycles later."""
    x = vectors(matrix, low, high, 100, 1)
    fed = np.concatenate([x, np.repeat(x[:1], layer.latency - 1, 0)])
    width = len(layer.i.payload.as_value()) // matrix.shape[1]
    widths = [len(Value.cast(layer.o.payload[f"_{k}"])) for k in range(len(matrix))]
    (folder / "stimulus").write_text("".join(bits(row, [width] * len(row)) + "\n" for row in fed))
    (folder / "layer.v").write_text(source + models("ecp5") + BENCH.format(
        inputs=width * matrix.shape[1], outputs=sum(widths), cycles=len(fed)))
    subprocess.run(["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "layer.v"],
                   cwd=folder, check=True)
    said = subprocess.run(["vvp", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True)
    found = said.stdout.split()[layer.latency - 1:]
    exact = x.astype(object) @ matrix.T.astype(object)
    assert [bits(row, widths) for row in exact] == found


@pytest.mark.parametrize("seed", range(12))
def test_portable_with_stalls(seed):
    matrix, low, high = random_case(seed)
    layer = ConstantLayer(adder_graph(matrix, low, high, tries=2))
    x = vectors(matrix, low, high, 30, seed)
    found = transfer(layer, x.tolist(), seed or None, plain=lambda payload: [
        payload[f"_{k}"] for k in range(len(matrix))])
    assert found == (x @ matrix.T).tolist()


@pytest.mark.parametrize("name", CORNERS)
def test_portable_corners(name):
    matrix, low, high = np.array(CORNERS[name][0]), *CORNERS[name][1:]
    layer = ConstantLayer(adder_graph(matrix, low, high, tries=2))
    x = vectors(matrix, low, high, 10, 1)
    found = transfer(layer, x.tolist(), None, plain=lambda payload: [
        payload[f"_{k}"] for k in range(len(matrix))])
    assert found == (x @ matrix.T).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_cells(seed, tmp_path):
    matrix, low, high = random_case(seed)
    layer = ConstantLayer(adder_graph(matrix, low, high, tries=2), "ecp5")
    check(layer, matrix, low, high, tmp_path, emit(layer, "layer"))


@pytest.mark.parametrize("name", [name for name in CORNERS if name != "zero"])
def test_cells_corners(name, tmp_path):
    matrix, low, high = np.array(CORNERS[name][0]), *CORNERS[name][1:]
    layer = ConstantLayer(adder_graph(matrix, low, high, tries=2), "ecp5")
    check(layer, matrix, low, high, tmp_path, emit(layer, "layer"))


@pytest.mark.parametrize(("rows", "columns", "most"), [(16, 16, 8), (8, 12, 128)])
def test_mapped_netlist(rows, columns, most, tmp_path):
    """What Yosys makes of the cells; it takes no more of them than the chains say."""
    print("seed 7")
    matrix = np.random.default_rng(7).integers(-most, most, (rows, columns))
    layer = ConstantLayer(adder_graph(matrix, -128, 127, tries=2), "ecp5")
    (tmp_path / "source.v").write_text(emit(layer, "layer"))
    (tmp_path / "script.ys").write_text(
        "read_verilog source.v\nsynth_ecp5 -nowidelut -top layer\n"
        "select layer\nwrite_verilog -noattr -selected mapped.v\n")
    Tools(tmp_path, native=False, progress=lambda what, seconds: None).run("yosys", "-s", "script.ys")
    check(layer, matrix, -128, 127, tmp_path, (tmp_path / "mapped.v").read_text())


def test_unknown_family():
    graph = adder_graph(np.array([[1]]), 0, 1)
    with pytest.raises(ValueError, match="family must be None or ecp5, not 'xc7'"):
        ConstantLayer(graph, "xc7")


def test_cells_with_stalls(tmp_path):
    """The cells' enables: as many cycles are lost as the reader is not ready, and no product."""
    matrix = np.random.default_rng(3).integers(-8, 8, (4, 4))
    layer = ConstantLayer(adder_graph(matrix, -128, 127, tries=2), "ecp5")
    x = vectors(matrix, -128, 127, 60, 3)
    widths = [len(Value.cast(layer.o.payload[f"_{k}"])) for k in range(4)]
    # One more than is taken: an x would show in the carries of other chains of a row.
    (tmp_path / "stimulus").write_text("".join(bits(row, [8] * 4) + "\n" for row in [*x, x[0]]))
    (tmp_path / "layer.v").write_text(emit(layer, "layer") + models("ecp5") + f"""
module bench;
    reg clk = 0, ready = 0;
    reg [31:0] stimulus [0:{len(x)}];
    wire [{sum(widths)}-1:0] payload;
    wire i_ready, valid;
    integer k, place = 0;
    layer dut (.clk(clk), .rst(1'b0), .i_payload(stimulus[place]), .i_valid(place < {len(x)}),
               .i_ready(i_ready), .o_payload(payload), .o_valid(valid), .o_ready(ready));
    initial begin
        $readmemb("stimulus", stimulus);
        for (k = 0; k < {4 * len(x)}; k = k + 1) begin
            ready = $urandom;
            #1 if (valid && ready) $display("%b", payload);
            #4 if (i_ready && place < {len(x)}) begin
                clk = 1;
                #1 place = place + 1;
            end else clk = 1;
            #5 clk = 0;
        end
    end
endmodule
""")
    subprocess.run(["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "layer.v"], cwd=tmp_path,
                   check=True)
    said = subprocess.run(["vvp", "bench.vvp"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert said.stdout.split() == [bits(row, widths) for row in x @ matrix.T]
