// Simulation model of ECP5's block RAM, as far as synthesis uses it: one clock, port widths 1 to 36,
// byte enables, read before write or (NORMAL) no read while writing, and the optional output registers.
// No resets, no initial contents.
`timescale 1ns / 1ps

module DP16KD #(
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG",
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL",
    parameter RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "DISABLED",
    parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000", INIT_DATA = "STATIC",
    parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB", WID = 0,
    parameter
    INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0, INITVAL_04 = 0, INITVAL_05 = 0,
    INITVAL_06 = 0, INITVAL_07 = 0, INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0,
    INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0, INITVAL_10 = 0, INITVAL_11 = 0,
    INITVAL_12 = 0, INITVAL_13 = 0, INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0,
    INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B = 0, INITVAL_1C = 0, INITVAL_1D = 0,
    INITVAL_1E = 0, INITVAL_1F = 0, INITVAL_20 = 0, INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0,
    INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0, INITVAL_28 = 0, INITVAL_29 = 0,
    INITVAL_2A = 0, INITVAL_2B = 0, INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
    INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0, INITVAL_34 = 0, INITVAL_35 = 0,
    INITVAL_36 = 0, INITVAL_37 = 0, INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0,
    INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0
) (
    input CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2,
    input CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
    input ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13,
    input ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11, ADB12, ADB13,
    input DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13,
    DIA14, DIA15, DIA16, DIA17,
    input DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11, DIB12, DIB13,
    DIB14, DIB15, DIB16, DIB17,
    output DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11, DOA12, DOA13,
    DOA14, DOA15, DOA16, DOA17,
    output DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13,
    DOB14, DOB15, DOB16, DOB17
);
    wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    wire [17:0] data_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [17:0] data_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};

    // Words of 36 bits; a byte is 9 bits, of which narrow ports (1, 2, 4) use the lower 8.
    reg [35:0] words [0:511];
    reg [35:0] latch_a = 0, latch_b = 0, register_a = 0, register_b = 0;

    function [35:0] read(input [35:0] word, input [4:0] low, input integer width);
        case (width)
            36: read = word;
            18: read = word >> (18 * low[4]);
            9: read = word >> (9 * low[4:3]);
            default: read = word >> (9 * low[4:3] + low[2:0]);
        endcase
    endfunction

    function [35:0] mask(input [4:0] low, input integer width);
        case (width)
            36: mask = {{9{low[3]}}, {9{low[2]}}, {9{low[1]}}, {9{low[0]}}};
            18: mask = {18'b0, {9{low[1]}}, {9{low[0]}}} << (18 * low[4]);
            9: mask = 36'h1ff << (9 * low[4:3]);
            default: mask = ((36'b1 << width) - 1) << (9 * low[4:3] + low[2:0]);
        endcase
    endfunction

    function [35:0] place(input [35:0] data, input [4:0] low, input integer width);
        case (width)
            36: place = data;
            18: place = data << (18 * low[4]);
            9: place = data << (9 * low[4:3]);
            default: place = data << (9 * low[4:3] + low[2:0]);
        endcase
    endfunction

    // A 36-bit port writes through A with both data inputs, and reads through B with both outputs.
    wire [35:0] wide_a = DATA_WIDTH_A == 36 ? {data_b, data_a} : {18'b0, data_a};
    wire [35:0] mask_a = mask(address_a[4:0], DATA_WIDTH_A);
    wire [35:0] mask_b = mask(address_b[4:0], DATA_WIDTH_B);
    always @(posedge CLKA) begin
        if (OCEA) register_a <= latch_a;
        if (CEA) begin
            if (!WEA || WRITEMODE_A != "NORMAL") latch_a <= read(words[address_a[13:5]], address_a[4:0], DATA_WIDTH_A);
            if (WEA)
                words[address_a[13:5]] <= words[address_a[13:5]] & ~mask_a
                    | place(wide_a, address_a[4:0], DATA_WIDTH_A) & mask_a;
        end
    end
    always @(posedge CLKB) begin
        if (OCEB) register_b <= latch_b;
        if (CEB) begin
            if (!WEB || WRITEMODE_B != "NORMAL") latch_b <= read(words[address_b[13:5]], address_b[4:0], DATA_WIDTH_B);
            if (WEB)
                words[address_b[13:5]] <= words[address_b[13:5]] & ~mask_b
                    | place({18'b0, data_b}, address_b[4:0], DATA_WIDTH_B) & mask_b;
        end
    end
    wire [35:0] out_a = REGMODE_A == "OUTREG" ? register_a : latch_a;
    wire [35:0] out_b = REGMODE_B == "OUTREG" ? register_b : latch_b;
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} =
        DATA_WIDTH_B == 36 ? out_b[35:18] : out_b[17:0];
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} =
        DATA_WIDTH_B == 36 ? out_b[17:0] : out_a[17:0];
endmodule
