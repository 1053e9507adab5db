// Simulation model of ECP5's PLL for whole-board simulation: no frequency is made. The clock put in
// is the one that comes out, so the bench drives the board's oscillator pin at the design's clock.
// LOCK comes after 16 cycles.
`timescale 1ns / 1ps

module EHXPLLL #(
    parameter CLKI_DIV = 1,
    parameter CLKFB_DIV = 1,
    parameter CLKOP_DIV = 1,
    parameter CLKOP_CPHASE = 0,
    parameter CLKOP_ENABLE = "ENABLED",
    parameter FEEDBK_PATH = "CLKOP"
) (
    input CLKI, CLKFB, RST, STDBY, ENCLKOP, PLLWAKESYNC,
    input PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG,
    output CLKOP, LOCK
);
    reg [4:0] count = 0;
    assign CLKOP = CLKI;
    assign LOCK = count[4];
    always @(posedge CLKI) if (!LOCK) count <= count + 1;
endmodule
