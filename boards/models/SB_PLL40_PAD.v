// Simulation model of iCE40's PLL for whole-board simulation: no frequency is made. The clock put in
// is the one that comes out, so the bench drives the board's oscillator pin at the design's clock.
// LOCK comes after 16 cycles.
`timescale 1ns / 1ps

module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter [3:0] DIVR = 0,
    parameter [6:0] DIVF = 0,
    parameter [2:0] DIVQ = 0,
    parameter [2:0] FILTER_RANGE = 0
) (
    input PACKAGEPIN, RESETB, BYPASS,
    output PLLOUTGLOBAL, LOCK
);
    reg [4:0] count = 0;
    assign PLLOUTGLOBAL = PACKAGEPIN;
    assign LOCK = count[4];
    always @(posedge PACKAGEPIN) if (!LOCK) count <= count + 1;
endmodule
