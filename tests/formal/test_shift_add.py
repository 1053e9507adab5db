"""What is proved of the lanes of the shift-add array, in both forms; CCU2C is Yosys's own model of it.

- Barrel shifter and adder layer: whatever the registers held before, after the latency the accumulator
  changes by the integer product +-x * 2 ** e, by min(x, w), or not at all, for every operand (SAT;
  nothing but the accumulator feeds back, so what holds once always holds).
- Bins, for activations of 3 bits, signed and not (1-induction, or 4 where a step takes 2 cycles to
  reach the bins): for any sequence of the steps that ``BinsLane`` lists, of any length, from any
  contents: each bin holds the sum of what went to it; while combining, S * 2 ** n and the n low bits
  that came out are the sum of bin[e] * 2 ** e of the n first bins; what is filled and cleared is 0. It
  is assumed that the sum of |x| is below 2 ** (accumulator - 1), as far as bins have been combined.
"""

import re
from pathlib import Path

import pytest

from boards.tools import Tools
from gen.verilog import emit
from hw.shift_add.adder import AdderLane
from hw.shift_add.barrel import BarrelLane
from hw.shift_add.bins import BINS, BinsLane
from tests.hw.binary.counting import models

SUM = """
module top(input clk, input [{width}:0] x, input [{bits}-1:0] weight, input special);
    wire signed [{accumulator}-1:0] found;
    lane lane(.clk(clk), .rst(1'b0), .i_x(wide), .i_weight(weight){special}, .o_sum(found));
    wire signed [{width}:0] wide = {{{extension}, x[{width}-1:0]}};
    wire signed [{width}:0] w = {{{w_extension}, weight[{width}-1:0]}};
    wire signed [{accumulator}-1:0] smaller = wide < w ? wide : w;
    wire signed [{accumulator}-1:0] long = wide;
    wire signed [{accumulator}-1:0] product = (weight[4] ? long : -long)
        * ({accumulator}'d1 << weight[3:0]);
    reg signed [{accumulator}-1:0] term [0:{latency}-1];
    reg signed [{accumulator}-1:0] before;
    integer k;
    always @(posedge clk) begin
        before <= found;
        term[0] <= {enable} ? {term} : 0;
        for (k = 1; k < {latency}; k = k + 1) term[k] <= term[k - 1];
    end
    wire signed [{accumulator}-1:0] expected = before + term[{latency}-1];
    always @* assert (found == expected);
endmodule
"""

BINS_TOP = """
module top(input clk, input [2:0] x, input [3:0] free, input positive, input write, input finish,
           input adder);
    // What the array sends: 0 add, 1 combine, 2 fill, 3 clear; the number of the step.
    reg [1:0] phase_0;
    reg [3:0] n_0;
    always @(posedge clk) begin
        n_0 <= n_0 + 1;
        if (phase_0 == 0 && finish || phase_0 == 1 && n_0 == 15 || phase_0 == 2 && n_0 == 3
            || phase_0 == 3 && n_0 == 15) begin
            phase_0 <= phase_0 + 1;
            n_0 <= 0;
        end
    end
    wire signed [3:0] x_0 = phase_0 == 0 ? {{{x_top}, x}} : phase_0 == 1 ? 0 : -1;
    wire [3:0] e_0 = phase_0 == 0 ? free : n_0;
    wire p_0 = phase_0 == 0 ? positive : phase_0 == 1;
    wire w_0 = phase_0 == 0 ? write : phase_0 == 3;
    wire a_0 = {both} && phase_0 == 0 && adder;
    wire low_bit;
    wire signed [{bits}-1:0] s;
    lane lane(.clk(clk), .rst(1'b0), .i_not_x(~x_0), .i_weight({{w_0, p_0, e_0}}),
        .i_rest(phase_0 == 0 || phase_0 == 3 && n_0 == 15), .i_fill(phase_0 == 2),
        .i_clear(phase_0 == 3){adder}, .o_low(low_bit), .o_sum(s));

    // What is at the bins.
    wire signed [3:0] value = {{{value_top}, e_0[2:0]}};
    wire signed [3:0] term_0 = a_0 ? (x_0 < value ? x_0 : value) : p_0 ? x_0 : -x_0;
    wire [11:0] step_0 = {{phase_0, n_0, term_0[3:0], w_0, 1'b0}};
    wire [3:0] to_0 = a_0 ? 0 : e_0;
    reg [15:0] step_1, step_2;
    always @(posedge clk) begin
        step_1 <= {{to_0, step_0}};
        step_2 <= step_1;
    end
    wire [15:0] step = {both} ? step_2 : {{to_0, step_0}};
    wire [1:0] phase = step[11:10];
    wire [3:0] n = step[9:6], to = step[15:12];
    wire signed [3:0] term = step[5:2];
    wire adds = phase == 0 && step[1];

    // Exact sums, of a bin and of what it was made of, and what has been combined.
    reg signed [{bits}-1:0] bin [0:15];
    reg [{bits}-1:0] size [0:15];
    reg signed [{bits}+16:0] sum;
    reg [{bits}:0] sizes;
    reg [15:0] low;
    wire signed [{bits}+16:0] bin_n = bin[n];
    wire [3:0] term_size = term < 0 ? -term : term;
    wire [{bits}:0] size_to = size[to] + term_size, sizes_n = sizes + size[n];
    wire [15:0] bits = {{low_bit, low[15:1]}};  // n of them, at the top
    integer k;
    always @(posedge clk) begin
        if (adds) begin
            bin[to] <= bin[to] + term;
            size[to] <= size_to;
        end
        sum <= phase == 1 ? sum + (bin_n << n) : 0;
        sizes <= phase == 1 ? sizes_n : 0;
        low <= bits;
        if (phase == 3) begin
            bin[n] <= 0;
            size[n] <= 0;
        end
    end
    always @* begin
        if (adds) assume (size_to < {limit});
        if (phase == 1) assume (sizes_n < {limit});
    end

    // What holds in every step.
{held}
    wire [16*{bits}-1:0] held = {{{all_held}}};
    reg signed [{bits}+16:0] s_n, low_n;
    reg ok;
    reg signed [{bits}-1:0] each;
    always @* begin
        ok = 1;
        s_n = s;
        s_n = s_n <<< n;
        low_n = n == 0 ? 0 : bits >> (16 - n);
        for (k = 0; k < 16; k = k + 1) begin
            each = held[k*{bits} +: {bits}];
            if (phase < 2 || phase == 3 && k < n) begin
                if (each != bin[k]) ok = 0;
                if (bin[k] < -$signed({{1'b0, size[k]}}) || bin[k] > $signed({{1'b0, size[k]}})) ok = 0;
                if (size[k] >= {limit}) ok = 0;
            end
            if (phase == 3 && k < n && (bin[k] != 0 || size[k] != 0)) ok = 0;
        end
        if (phase == 0 && (s != 0 || sum != 0 || sizes != 0)) ok = 0;
        if (phase == 1) begin
            if (sum != s_n + low_n) ok = 0;
            if (s < -$signed({{1'b0, sizes}}) || s > $signed({{1'b0, sizes}})) ok = 0;
            if (sizes >= {limit}) ok = 0;
            if (n == 0 && (sum != 0 || sizes != 0)) ok = 0;
        end
        if (phase == 2) begin
            if (n > 3) ok = 0;
            for (k = 0; k < {bits}; k = k + 1) if (({bits} - 1 - k) % 4 < n && !s[k]) ok = 0;
            // The 16 low bits and S: the output.
            if (n == 0 && sum != ($signed({{s, 16'b0}}) | $signed({{1'b0, bits}}))) ok = 0;
        end
        if (phase == 3 && s != -1) ok = 0;
    end
    always @* assert (ok);
endmodule
"""


def check(folder: Path, script: str) -> None:
    """Run Yosys on a script that ends with a proof; AssertionError with the verdict if it is not one."""
    (folder / "script.ys").write_text(script)
    tools = Tools(folder, native=False, progress=lambda what, seconds: None)
    log = tools.run("yosys", "-s", "script.ys")
    verdict = re.findall(r"(?:SAT proof finished|Induction step proven).*|.*proof failed.*", log)
    assert verdict and verdict[-1].endswith("SUCCESS!"), verdict


def prove_sum(lane, text: str, folder: Path, kind: str) -> None:
    """SAT on a lane whose accumulator only grows; AssertionError if something else can come out."""
    width, signed = lane.activation.width, lane.activation.signed
    bits = len(lane.i_weight.as_value())
    enable = "special" if kind == "adder" else f"weight[{bits - 1}]"
    special = {"adder": ", .i_enable(special)", "shift": "", "both": ", .i_adder(special)"}[kind]
    (folder / "lane.v").write_text(text + models("ecp5") + SUM.format(
        width=width, bits=bits, accumulator=len(lane.o_sum), latency=lane.latency,
        extension=f"x[{width - 1}]" if signed else "1'b0",
        w_extension=f"weight[{width - 1}]" if signed else "1'b0",
        enable=enable, special=special,
        term={"adder": "smaller", "shift": "product", "both": "(special ? smaller : product)"}[kind]))
    steps = lane.latency + 2
    check(folder, "read_verilog -formal lane.v\nhierarchy -top top\nproc\nmemory\nflatten\n"
          "chformal -lower\nsetattr -unset init\nopt -full\n"
          f"sat -prove-asserts -seq {steps} -prove-skip {steps - 1} -timeout 300 top\n")


@pytest.mark.parametrize("family", [None, "ecp5"])
@pytest.mark.parametrize("width, signed", [(3, True), (3, False), (5, True)])
@pytest.mark.parametrize("kind", ["shift", "both"])
def test_barrel(kind, width, signed, family, tmp_path):
    lane = BarrelLane(width, signed, width + 16, both=kind == "both", family=family)
    prove_sum(lane, emit(lane, "lane"), tmp_path, kind)


@pytest.mark.parametrize("family", [None, "ecp5"])
@pytest.mark.parametrize("width, signed", [(2, True), (3, False), (8, True), (8, False)])
def test_adder(width, signed, family, tmp_path):
    lane = AdderLane(width, signed, width + 6, family=family)
    prove_sum(lane, emit(lane, "lane"), tmp_path, "adder")


@pytest.mark.parametrize("kind, edit", [("shift", ("16'h665a", "16'h66aa")),
                                        ("adder", ("16'h9994", "16'h9998"))])
def test_a_wrong_cell_is_found(kind, edit, tmp_path):
    lane = BarrelLane(3, True, 19, family="ecp5") if kind == "shift" else AdderLane(3, True, 9, "ecp5")
    text = emit(lane, "lane")
    if edit[0] not in text:
        raise ValueError(edit[0])
    with pytest.raises(AssertionError, match="model found: FAIL!"):
        prove_sum(lane, text.replace(*edit, 1), tmp_path, kind)


def prove_bins(lane, text: str, folder: Path) -> None:
    """Induction over any sequence of steps; AssertionError if it does not hold."""
    bits = lane.accumulator
    assert lane.activation.width == 3
    signed = lane.activation.signed
    (folder / "lane.v").write_text(text + models("ecp5") + BINS_TOP.format(
        bits=bits, limit=1 << bits - 1, both=int(lane.both),
        adder=", .i_adder(a_0)" if lane.both else "",
        x_top="x[2]" if signed else "1'b0", value_top="e_0[2]" if signed else "1'b0",
        held="\n".join(f"    (* keep *) wire [{bits}-1:0] held_{k};" for k in range(BINS)),
        all_held=", ".join(f"held_{k}" for k in reversed(range(BINS)))))
    connect = "".join(f"connect -set held_{k} lane.bins[{k}]\n" for k in range(BINS))
    check(folder, "read_verilog -formal lane.v\nhierarchy -top top\nproc\nflatten\nopt_clean\n"
          f"memory -nordff\nopt_clean\ncd top\n{connect}cd ..\nsetattr -unset init\n"
          "chformal -lower\nopt -full\nsat -tempinduct -tempinduct-inductonly -prove-asserts "
          f"-set-assumes -maxsteps {1 + 2 * lane.latency} -timeout 300 top\n")


@pytest.mark.parametrize("family", [None, "ecp5"])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("both", [False, True])
def test_bins(both, signed, family, tmp_path):
    lane = BinsLane(3, signed, 6, both=both, family=family)
    prove_bins(lane, emit(lane, "lane"), tmp_path)


@pytest.mark.parametrize("edit", [("16'h6d5e", "16'h6d5a"), ("16'h0001", "16'h0003")])
def test_a_wrong_bin_is_found(edit, tmp_path):
    lane = BinsLane(3, True, 6, both=False, family="ecp5")
    text = emit(lane, "lane")
    if edit[0] not in text:
        raise ValueError(edit[0])
    with pytest.raises(AssertionError, match="proof failed"):
        prove_bins(lane, text.replace(*edit, 1), tmp_path)
