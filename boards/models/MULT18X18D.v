// Simulation model of ECP5's multiplier, as far as synthesis uses it: a product, which is
// registered or not, and so are its factors.
`timescale 1ns / 1ps

module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0"
) (
    input A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17,
    input B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17,
    input C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,
    input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, CE1, CE2, RST0, RST1, RST2,
    output P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17, P18, P19,
        P20, P21, P22, P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35
);
    wire [17:0] a = {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
    wire [17:0] b = {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
    wire [2:0] enables = {CE2, CE1, CE0}, resets = {RST2, RST1, RST0};
    wire enable_a = enables[REG_INPUTA_CE[1:0]], reset_a = resets[REG_INPUTA_RST[1:0]];
    wire enable_b = enables[REG_INPUTB_CE[1:0]], reset_b = resets[REG_INPUTB_RST[1:0]];
    wire enable_p = enables[REG_OUTPUT_CE[1:0]], reset_p = resets[REG_OUTPUT_RST[1:0]];
    reg [17:0] register_a = 0, register_b = 0;
    reg [35:0] register_p = 0;
    wire [17:0] left = REG_INPUTA_CLK == "NONE" ? a : register_a;
    wire [17:0] right = REG_INPUTB_CLK == "NONE" ? b : register_b;
    wire signed [35:0] product = $signed({SIGNEDA & left[17], left}) * $signed({SIGNEDB & right[17], right});
    always @(posedge CLK0) begin
        if (enable_a) register_a <= reset_a ? 0 : a;
        if (enable_b) register_b <= reset_b ? 0 : b;
        if (enable_p) register_p <= reset_p ? 0 : product;
    end
    assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} =
        REG_OUTPUT_CLK == "NONE" ? product : register_p;
endmodule
