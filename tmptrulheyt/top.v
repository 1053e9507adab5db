module harness(clk, rst, o, i);
  reg \$auto$verilog_backend.cc:2355:dump_module$1 ;
  wire \$1 ;
  wire \$10 ;
  wire \$11 ;
  wire \$12 ;
  wire \$13 ;
  wire \$14 ;
  wire \$15 ;
  wire \$16 ;
  wire \$17 ;
  wire \$18 ;
  wire \$19 ;
  wire \$2 ;
  wire \$20 ;
  wire \$21 ;
  wire \$22 ;
  reg \$23 ;
  wire \$3 ;
  wire \$4 ;
  wire \$5 ;
  wire \$6 ;
  wire \$7 ;
  wire \$8 ;
  wire \$9 ;
  wire [127:0] \$signal ;
  input clk;
  wire clk;
  reg [327:0] held = 328'h0000000000000000000000000000000000000000000000000000000000000000000000000000000000;
  input i;
  wire i;
  output o;
  reg o = 1'h0;
  wire [327:0] outputs;
  reg [20:0] parts = 21'h000000;
  input rst;
  wire rst;
  reg [128:0] shift = 129'h000000000000000000000000000000000;
  assign \$1  = ^ parts;
  assign \$2  = ^ held[15:0];
  assign \$3  = ^ held[31:16];
  assign \$4  = ^ held[47:32];
  assign \$5  = ^ held[63:48];
  assign \$6  = ^ held[79:64];
  assign \$7  = ^ held[95:80];
  assign \$8  = ^ held[111:96];
  assign \$9  = ^ held[127:112];
  assign \$10  = ^ held[143:128];
  assign \$11  = ^ held[159:144];
  assign \$12  = ^ held[175:160];
  assign \$13  = ^ held[191:176];
  assign \$14  = ^ held[207:192];
  assign \$15  = ^ held[223:208];
  assign \$16  = ^ held[239:224];
  assign \$17  = ^ held[255:240];
  assign \$18  = ^ held[271:256];
  assign \$19  = ^ held[287:272];
  assign \$20  = ^ held[303:288];
  assign \$21  = ^ held[319:304];
  assign \$22  = ^ held[327:320];
  always @(posedge clk)
    shift <= { shift[127:0], i };
  always @(posedge clk)
    held <= outputs;
  always @(posedge clk)
    o <= \$23 ;
  always @(posedge clk)
    parts <= { \$22 , \$21 , \$20 , \$19 , \$18 , \$17 , \$16 , \$15 , \$14 , \$13 , \$12 , \$11 , \$10 , \$9 , \$8 , \$7 , \$6 , \$5 , \$4 , \$3 , \$2  };
  unit unit (
    .clk(clk),
    .model_inp(shift[127:0]),
    .model_out(outputs)
  );
  always @* begin
    if (\$auto$verilog_backend.cc:2355:dump_module$1 ) begin end
    \$23  = \$1 ;
    if (rst) begin
      \$23  = 1'h0;
    end
  end
  assign \$signal  = shift[127:0];
  initial \$auto$verilog_backend.cc:2355:dump_module$1 = 0;
endmodule
`timescale 1 ns / 1 ps

module unit_stage0 (
    input [127:0] model_inp,
    output [833:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [7:0] v0; assign v0[7:0] = model_inp[7:0];
    wire [7:0] v1; assign v1[7:0] = model_inp[15:8];
    wire [7:0] v2; assign v2[7:0] = model_inp[23:16];
    wire [7:0] v3; assign v3[7:0] = model_inp[31:24];
    wire [7:0] v4; assign v4[7:0] = model_inp[39:32];
    wire [7:0] v5; assign v5[7:0] = model_inp[47:40];
    wire [7:0] v6; assign v6[7:0] = model_inp[55:48];
    wire [7:0] v7; assign v7[7:0] = model_inp[63:56];
    wire [7:0] v8; assign v8[7:0] = model_inp[71:64];
    wire [7:0] v9; assign v9[7:0] = model_inp[79:72];
    wire [7:0] v10; assign v10[7:0] = model_inp[87:80];
    wire [7:0] v11; assign v11[7:0] = model_inp[95:88];
    wire [7:0] v12; assign v12[7:0] = model_inp[103:96];
    wire [7:0] v13; assign v13[7:0] = model_inp[111:104];
    wire [7:0] v14; assign v14[7:0] = model_inp[119:112];
    wire [7:0] v15; assign v15[7:0] = model_inp[127:120];
    wire [8:0] v16; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_16 (v4[7:0], v12[7:0], v16[8:0]);
    wire [8:0] v17; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_17 (v9[7:0], v15[7:0], v17[8:0]);
    wire [10:0] v18; shift_adder #(8, 8, 1, 1, 11, 2, 0) op_18 (v3[7:0], v15[7:0], v18[10:0]);
    wire [8:0] v19; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_19 (v9[7:0], v12[7:0], v19[8:0]);
    wire [8:0] v20; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_20 (v8[7:0], v11[7:0], v20[8:0]);
    wire [8:0] v21; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_21 (v4[7:0], v11[7:0], v21[8:0]);
    wire [8:0] v22; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_22 (v1[7:0], v10[7:0], v22[8:0]);
    wire [10:0] v23; shift_adder #(8, 8, 1, 1, 11, 2, 0) op_23 (v0[7:0], v11[7:0], v23[10:0]);
    wire [8:0] v24; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_24 (v6[7:0], v14[7:0], v24[8:0]);
    wire [9:0] v25; shift_adder #(8, 8, 1, 1, 10, -1, 0) op_25 (v2[7:0], v7[7:0], v25[9:0]);
    wire [10:0] v26; shift_adder #(8, 8, 1, 1, 11, -2, 0) op_26 (v6[7:0], v6[7:0], v26[10:0]);
    wire [9:0] v27; shift_adder #(8, 8, 1, 1, 10, 1, 0) op_27 (v9[7:0], v10[7:0], v27[9:0]);
    wire [15:0] v28; shift_adder #(8, 8, 1, 1, 16, -7, 1) op_28 (v7[7:0], v9[7:0], v28[15:0]);
    wire [8:0] v29; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_29 (v1[7:0], v10[7:0], v29[8:0]);
    wire [9:0] v30; shift_adder #(8, 8, 1, 1, 10, -1, 0) op_30 (v8[7:0], v11[7:0], v30[9:0]);
    wire [8:0] v31; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_31 (v4[7:0], v15[7:0], v31[8:0]);
    wire [12:0] v32; shift_adder #(8, 8, 1, 1, 13, 4, 0) op_32 (v6[7:0], v6[7:0], v32[12:0]);
    wire [11:0] v33; shift_adder #(8, 8, 1, 1, 12, 3, 0) op_33 (v9[7:0], v12[7:0], v33[11:0]);
    wire [9:0] v34; shift_adder #(8, 8, 1, 1, 10, -1, 1) op_34 (v5[7:0], v1[7:0], v34[9:0]);
    wire [8:0] v35; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_35 (v2[7:0], v7[7:0], v35[8:0]);
    wire [8:0] v36; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_36 (v1[7:0], v2[7:0], v36[8:0]);
    wire [8:0] v37; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_37 (v12[7:0], v3[7:0], v37[8:0]);
    wire [9:0] v38; shift_adder #(8, 8, 1, 1, 10, 1, 1) op_38 (v8[7:0], v9[7:0], v38[9:0]);
    wire [9:0] v39; shift_adder #(8, 8, 1, 1, 10, -1, 1) op_39 (v0[7:0], v13[7:0], v39[9:0]);
    wire [13:0] v40; shift_adder #(8, 8, 1, 1, 14, 5, 0) op_40 (v7[7:0], v15[7:0], v40[13:0]);
    wire [9:0] v41; shift_adder #(8, 8, 1, 1, 10, -1, 1) op_41 (v0[7:0], v5[7:0], v41[9:0]);
    wire [8:0] v42; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_42 (v14[7:0], v15[7:0], v42[8:0]);
    wire [9:0] v43; shift_adder #(8, 8, 1, 1, 10, -1, 0) op_43 (v9[7:0], v10[7:0], v43[9:0]);
    wire [10:0] v44; shift_adder #(8, 8, 1, 1, 11, 2, 0) op_44 (v13[7:0], v12[7:0], v44[10:0]);
    wire [9:0] v45; shift_adder #(8, 8, 1, 1, 10, -1, 1) op_45 (v2[7:0], v7[7:0], v45[9:0]);
    wire [9:0] v46; shift_adder #(8, 8, 1, 1, 10, 1, 1) op_46 (v12[7:0], v15[7:0], v46[9:0]);
    wire [10:0] v47; shift_adder #(8, 8, 1, 1, 11, -2, 0) op_47 (v3[7:0], v4[7:0], v47[10:0]);
    wire [8:0] v48; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_48 (v11[7:0], v14[7:0], v48[8:0]);
    wire [10:0] v49; shift_adder #(8, 8, 1, 1, 11, -2, 1) op_49 (v13[7:0], v13[7:0], v49[10:0]);
    wire [15:0] v50; shift_adder #(8, 8, 1, 1, 16, 7, 0) op_50 (v8[7:0], v15[7:0], v50[15:0]);
    wire [9:0] v51; shift_adder #(8, 8, 1, 1, 10, 1, 0) op_51 (v15[7:0], v5[7:0], v51[9:0]);
    wire [10:0] v52; shift_adder #(8, 8, 1, 1, 11, 2, 0) op_52 (v11[7:0], v6[7:0], v52[10:0]);
    wire [13:0] v53; shift_adder #(8, 8, 1, 1, 14, 5, 1) op_53 (v4[7:0], v10[7:0], v53[13:0]);
    wire [15:0] v54; shift_adder #(8, 8, 1, 1, 16, -7, 1) op_54 (v13[7:0], v13[7:0], v54[15:0]);
    wire [10:0] v55; shift_adder #(8, 8, 1, 1, 11, 2, 1) op_55 (v3[7:0], v7[7:0], v55[10:0]);
    wire [13:0] v56; shift_adder #(8, 8, 1, 1, 14, 5, 0) op_56 (v6[7:0], v13[7:0], v56[13:0]);
    wire [10:0] v57; shift_adder #(8, 8, 1, 1, 11, 2, 0) op_57 (v0[7:0], v0[7:0], v57[10:0]);
    wire [10:0] v58; shift_adder #(8, 8, 1, 1, 11, -2, 0) op_58 (v3[7:0], v7[7:0], v58[10:0]);
    wire [9:0] v59; shift_adder #(8, 8, 1, 1, 10, 1, 1) op_59 (v9[7:0], v1[7:0], v59[9:0]);
    wire [8:0] v60; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_60 (v7[7:0], v10[7:0], v60[8:0]);
    wire [11:0] v61; shift_adder #(8, 8, 1, 1, 12, -3, 0) op_61 (v3[7:0], v13[7:0], v61[11:0]);
    wire [8:0] v62; shift_adder #(8, 8, 1, 1, 9, 0, 0) op_62 (v7[7:0], v8[7:0], v62[8:0]);
    wire [10:0] v63; shift_adder #(8, 8, 1, 1, 11, -2, 1) op_63 (v4[7:0], v4[7:0], v63[10:0]);
    wire [9:0] v64; shift_adder #(8, 8, 1, 1, 10, -1, 0) op_64 (v1[7:0], v10[7:0], v64[9:0]);
    wire [16:0] v65; shift_adder #(8, 8, 1, 1, 17, 8, 0) op_65 (v0[7:0], v0[7:0], v65[16:0]);
    wire [8:0] v66; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_66 (v0[7:0], v1[7:0], v66[8:0]);
    wire [9:0] v67; shift_adder #(8, 8, 1, 1, 10, 1, 0) op_67 (v5[7:0], v2[7:0], v67[9:0]);
    wire [11:0] v68; shift_adder #(8, 8, 1, 1, 12, -3, 1) op_68 (v10[7:0], v1[7:0], v68[11:0]);
    wire [9:0] v69; shift_adder #(8, 8, 1, 1, 10, -1, 0) op_69 (v6[7:0], v7[7:0], v69[9:0]);
    wire [13:0] v70; shift_adder #(8, 8, 1, 1, 14, -5, 1) op_70 (v3[7:0], v4[7:0], v70[13:0]);
    wire [14:0] v71; shift_adder #(8, 8, 1, 1, 15, -6, 1) op_71 (v3[7:0], v8[7:0], v71[14:0]);
    wire [9:0] v72; shift_adder #(8, 8, 1, 1, 10, 1, 0) op_72 (v13[7:0], v14[7:0], v72[9:0]);
    wire [11:0] v73; shift_adder #(8, 8, 1, 1, 12, 3, 0) op_73 (v10[7:0], v2[7:0], v73[11:0]);
    wire [15:0] v74; shift_adder #(8, 8, 1, 1, 16, -7, 0) op_74 (v14[7:0], v3[7:0], v74[15:0]);
    wire [8:0] v75; shift_adder #(8, 8, 1, 1, 9, 0, 1) op_75 (v0[7:0], v4[7:0], v75[8:0]);
    wire [9:0] v76; shift_adder #(8, 8, 1, 1, 10, 1, 0) op_76 (v2[7:0], v7[7:0], v76[9:0]);
    wire [10:0] v77; shift_adder #(8, 8, 1, 1, 11, -2, 0) op_77 (v11[7:0], v10[7:0], v77[10:0]);
    wire [14:0] v78; shift_adder #(8, 8, 1, 1, 15, -6, 1) op_78 (v9[7:0], v8[7:0], v78[14:0]);
    wire [13:0] v79; shift_adder #(8, 8, 1, 1, 14, -5, 0) op_79 (v5[7:0], v11[7:0], v79[13:0]);

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[7:0] = v0[7:0];
    assign model_out[16:8] = v16[8:0];
    assign model_out[24:17] = v3[7:0];
    assign model_out[33:25] = v17[8:0];
    assign model_out[41:34] = v2[7:0];
    assign model_out[50:42] = v19[8:0];
    assign model_out[58:51] = v14[7:0];
    assign model_out[67:59] = v20[8:0];
    assign model_out[76:68] = v21[8:0];
    assign model_out[85:77] = v22[8:0];
    assign model_out[93:86] = v11[7:0];
    assign model_out[104:94] = v23[10:0];
    assign model_out[112:105] = v13[7:0];
    assign model_out[121:113] = v24[8:0];
    assign model_out[131:122] = v25[9:0];
    assign model_out[142:132] = v26[10:0];
    assign model_out[152:143] = v27[9:0];
    assign model_out[168:153] = v28[15:0];
    assign model_out[177:169] = v29[8:0];
    assign model_out[187:178] = v30[9:0];
    assign model_out[196:188] = v31[8:0];
    assign model_out[209:197] = v32[12:0];
    assign model_out[217:210] = v9[7:0];
    assign model_out[229:218] = v33[11:0];
    assign model_out[237:230] = v10[7:0];
    assign model_out[247:238] = v34[9:0];
    assign model_out[256:248] = v35[8:0];
    assign model_out[267:257] = v18[10:0];
    assign model_out[276:268] = v36[8:0];
    assign model_out[286:277] = v38[9:0];
    assign model_out[296:287] = v39[9:0];
    assign model_out[310:297] = v40[13:0];
    assign model_out[320:311] = v41[9:0];
    assign model_out[329:321] = v42[8:0];
    assign model_out[337:330] = v4[7:0];
    assign model_out[347:338] = v43[9:0];
    assign model_out[358:348] = v44[10:0];
    assign model_out[366:359] = v5[7:0];
    assign model_out[374:367] = v8[7:0];
    assign model_out[384:375] = v45[9:0];
    assign model_out[394:385] = v46[9:0];
    assign model_out[405:395] = v47[10:0];
    assign model_out[413:406] = v6[7:0];
    assign model_out[422:414] = v48[8:0];
    assign model_out[433:423] = v49[10:0];
    assign model_out[449:434] = v50[15:0];
    assign model_out[459:450] = v51[9:0];
    assign model_out[470:460] = v52[10:0];
    assign model_out[484:471] = v53[13:0];
    assign model_out[500:485] = v54[15:0];
    assign model_out[514:501] = v56[13:0];
    assign model_out[525:515] = v57[10:0];
    assign model_out[536:526] = v55[10:0];
    assign model_out[547:537] = v58[10:0];
    assign model_out[557:548] = v59[9:0];
    assign model_out[565:558] = v15[7:0];
    assign model_out[574:566] = v60[8:0];
    assign model_out[586:575] = v61[11:0];
    assign model_out[595:587] = v62[8:0];
    assign model_out[606:596] = v63[10:0];
    assign model_out[614:607] = v7[7:0];
    assign model_out[624:615] = v64[9:0];
    assign model_out[641:625] = v65[16:0];
    assign model_out[650:642] = v66[8:0];
    assign model_out[658:651] = v12[7:0];
    assign model_out[668:659] = v67[9:0];
    assign model_out[680:669] = v68[11:0];
    assign model_out[690:681] = v69[9:0];
    assign model_out[704:691] = v70[13:0];
    assign model_out[719:705] = v71[14:0];
    assign model_out[729:720] = v72[9:0];
    assign model_out[741:730] = v73[11:0];
    assign model_out[757:742] = v74[15:0];
    assign model_out[766:758] = v75[8:0];
    assign model_out[776:767] = v76[9:0];
    assign model_out[787:777] = v77[10:0];
    assign model_out[802:788] = v78[14:0];
    assign model_out[816:803] = v79[13:0];
    assign model_out[825:817] = v37[8:0];
    assign model_out[833:826] = v1[7:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage1 (
    input [833:0] model_inp,
    output [1434:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [7:0] v0; assign v0[7:0] = model_inp[7:0];
    wire [8:0] v1; assign v1[8:0] = model_inp[16:8];
    wire [9:0] v2; shift_adder #(8, 9, 1, 1, 10, 0, 1) op_2 (v0[7:0], v1[8:0], v2[9:0]);
    wire [7:0] v3; assign v3[7:0] = model_inp[24:17];
    wire [8:0] v4; assign v4[8:0] = model_inp[33:25];
    wire [10:0] v5; shift_adder #(8, 9, 1, 1, 11, 1, 0) op_5 (v3[7:0], v4[8:0], v5[10:0]);
    wire [7:0] v6; assign v6[7:0] = model_inp[41:34];
    wire [8:0] v7; assign v7[8:0] = model_inp[50:42];
    wire [11:0] v8; shift_adder #(8, 9, 1, 1, 12, 2, 0) op_8 (v6[7:0], v7[8:0], v8[11:0]);
    wire [7:0] v9; assign v9[7:0] = model_inp[58:51];
    wire [8:0] v10; assign v10[8:0] = model_inp[67:59];
    wire [9:0] v11; shift_adder #(8, 9, 1, 1, 10, -1, 1) op_11 (v9[7:0], v10[8:0], v11[9:0]);
    wire [8:0] v12; assign v12[8:0] = model_inp[76:68];
    wire [8:0] v13; assign v13[8:0] = model_inp[85:77];
    wire [13:0] v14; shift_adder #(9, 9, 1, 1, 14, 4, 0) op_14 (v12[8:0], v13[8:0], v14[13:0]);
    wire [7:0] v15; assign v15[7:0] = model_inp[93:86];
    wire [10:0] v16; assign v16[10:0] = model_inp[104:94];
    wire [14:0] v17; shift_adder #(8, 11, 1, 1, 15, -6, 0) op_17 (v15[7:0], v16[10:0], v17[14:0]);
    wire [7:0] v18; assign v18[7:0] = model_inp[112:105];
    wire [8:0] v19; assign v19[8:0] = model_inp[121:113];
    wire [11:0] v20; shift_adder #(8, 9, 1, 1, 12, 2, 0) op_20 (v18[7:0], v19[8:0], v20[11:0]);
    wire [9:0] v21; assign v21[9:0] = model_inp[131:122];
    wire [11:0] v22; shift_adder #(10, 10, 1, 1, 12, -2, 0) op_22 (v21[9:0], v21[9:0], v22[11:0]);
    wire [10:0] v23; assign v23[10:0] = model_inp[142:132];
    wire [9:0] v24; assign v24[9:0] = model_inp[152:143];
    wire [12:0] v25; shift_adder #(11, 10, 1, 1, 13, 2, 0) op_25 (v23[10:0], v24[9:0], v25[12:0]);
    wire [15:0] v26; assign v26[15:0] = model_inp[168:153];
    wire [8:0] v27; assign v27[8:0] = model_inp[177:169];
    wire [15:0] v28; shift_adder #(16, 9, 1, 1, 16, 0, 1) op_28 (v26[15:0], v27[8:0], v28[15:0]);
    wire [9:0] v29; assign v29[9:0] = model_inp[187:178];
    wire [10:0] v30; shift_adder #(8, 10, 1, 1, 11, 1, 0) op_30 (v9[7:0], v29[9:0], v30[10:0]);
    wire [8:0] v31; assign v31[8:0] = model_inp[196:188];
    wire [12:0] v32; assign v32[12:0] = model_inp[209:197];
    wire [12:0] v33; shift_adder #(9, 13, 1, 1, 13, 0, 0) op_33 (v31[8:0], v32[12:0], v33[12:0]);
    wire [7:0] v34; assign v34[7:0] = model_inp[217:210];
    wire [11:0] v35; assign v35[11:0] = model_inp[229:218];
    wire [13:0] v36; shift_adder #(8, 12, 1, 1, 14, 2, 0) op_36 (v34[7:0], v35[11:0], v36[13:0]);
    wire [7:0] v37; assign v37[7:0] = model_inp[237:230];
    wire [12:0] v38; shift_adder #(8, 9, 1, 1, 13, -4, 0) op_38 (v37[7:0], v13[8:0], v38[12:0]);
    wire [9:0] v39; assign v39[9:0] = model_inp[247:238];
    wire [8:0] v40; assign v40[8:0] = model_inp[256:248];
    wire [10:0] v41; shift_adder #(10, 9, 1, 1, 11, 1, 0) op_41 (v39[9:0], v40[8:0], v41[10:0]);
    wire [10:0] v42; shift_adder #(8, 9, 1, 1, 11, 1, 0) op_42 (v3[7:0], v31[8:0], v42[10:0]);
    wire [10:0] v43; assign v43[10:0] = model_inp[267:257];
    wire [8:0] v44; assign v44[8:0] = model_inp[276:268];
    wire [10:0] v45; shift_adder #(11, 9, 1, 1, 11, 0, 0) op_45 (v43[10:0], v44[8:0], v45[10:0]);
    wire [9:0] v46; assign v46[9:0] = model_inp[286:277];
    wire [11:0] v47; shift_adder #(9, 10, 1, 1, 12, -2, 0) op_47 (v40[8:0], v46[9:0], v47[11:0]);
    wire [9:0] v48; shift_adder #(8, 10, 1, 1, 10, 0, 1) op_48 (v9[7:0], v29[9:0], v48[9:0]);
    wire [9:0] v49; assign v49[9:0] = model_inp[296:287];
    wire [11:0] v50; shift_adder #(8, 10, 1, 1, 12, 2, 1) op_50 (v18[7:0], v49[9:0], v50[11:0]);
    wire [13:0] v51; assign v51[13:0] = model_inp[310:297];
    wire [9:0] v52; assign v52[9:0] = model_inp[320:311];
    wire [13:0] v53; shift_adder #(14, 10, 1, 1, 14, 2, 0) op_53 (v51[13:0], v52[9:0], v53[13:0]);
    wire [8:0] v54; assign v54[8:0] = model_inp[329:321];
    wire [10:0] v55; shift_adder #(8, 9, 1, 1, 11, -2, 1) op_55 (v9[7:0], v54[8:0], v55[10:0]);
    wire [7:0] v56; assign v56[7:0] = model_inp[337:330];
    wire [10:0] v57; shift_adder #(8, 10, 1, 1, 11, 1, 0) op_57 (v56[7:0], v46[9:0], v57[10:0]);
    wire [9:0] v58; assign v58[9:0] = model_inp[347:338];
    wire [15:0] v59; shift_adder #(10, 10, 1, 1, 16, -6, 0) op_59 (v49[9:0], v58[9:0], v59[15:0]);
    wire [10:0] v60; assign v60[10:0] = model_inp[358:348];
    wire [7:0] v61; assign v61[7:0] = model_inp[366:359];
    wire [11:0] v62; shift_adder #(11, 8, 1, 1, 12, 2, 1) op_62 (v60[10:0], v61[7:0], v62[11:0]);
    wire [11:0] v63; shift_adder #(8, 9, 1, 1, 12, 2, 1) op_63 (v9[7:0], v54[8:0], v63[11:0]);
    wire [7:0] v64; assign v64[7:0] = model_inp[374:367];
    wire [9:0] v65; assign v65[9:0] = model_inp[384:375];
    wire [12:0] v66; shift_adder #(8, 10, 1, 1, 13, 3, 0) op_66 (v64[7:0], v65[9:0], v66[12:0]);
    wire [9:0] v67; assign v67[9:0] = model_inp[394:385];
    wire [11:0] v68; shift_adder #(10, 10, 1, 1, 12, 2, 0) op_68 (v29[9:0], v67[9:0], v68[11:0]);
    wire [10:0] v69; assign v69[10:0] = model_inp[405:395];
    wire [10:0] v70; shift_adder #(8, 11, 1, 1, 11, 0, 1) op_70 (v15[7:0], v69[10:0], v70[10:0]);
    wire [12:0] v71; shift_adder #(8, 11, 1, 1, 13, -4, 0) op_71 (v61[7:0], v23[10:0], v71[12:0]);
    wire [7:0] v72; assign v72[7:0] = model_inp[413:406];
    wire [13:0] v73; shift_adder #(8, 10, 1, 1, 14, -5, 0) op_73 (v72[7:0], v67[9:0], v73[13:0]);
    wire [8:0] v74; assign v74[8:0] = model_inp[422:414];
    wire [16:0] v75; shift_adder #(8, 9, 1, 1, 17, -8, 0) op_75 (v64[7:0], v74[8:0], v75[16:0]);
    wire [10:0] v76; assign v76[10:0] = model_inp[433:423];
    wire [13:0] v77; shift_adder #(10, 11, 1, 1, 14, -4, 0) op_77 (v52[9:0], v76[10:0], v77[13:0]);
    wire [9:0] v78; shift_adder #(8, 9, 1, 1, 10, -1, 1) op_78 (v61[7:0], v40[8:0], v78[9:0]);
    wire [11:0] v79; shift_adder #(11, 9, 1, 1, 12, 1, 1) op_79 (v23[10:0], v44[8:0], v79[11:0]);
    wire [15:0] v80; assign v80[15:0] = model_inp[449:434];
    wire [16:0] v81; shift_adder #(10, 16, 1, 1, 17, -6, 0) op_81 (v52[9:0], v80[15:0], v81[16:0]);
    wire [9:0] v82; assign v82[9:0] = model_inp[459:450];
    wire [10:0] v83; shift_adder #(10, 10, 1, 1, 11, 0, 0) op_83 (v82[9:0], v65[9:0], v83[10:0]);
    wire [11:0] v84; shift_adder #(8, 12, 1, 1, 12, 0, 1) op_84 (v9[7:0], v35[11:0], v84[11:0]);
    wire [13:0] v85; shift_adder #(9, 11, 1, 1, 14, -4, 0) op_85 (v10[8:0], v76[10:0], v85[13:0]);
    wire [11:0] v86; shift_adder #(8, 10, 1, 1, 12, -3, 1) op_86 (v0[7:0], v29[9:0], v86[11:0]);
    wire [10:0] v87; assign v87[10:0] = model_inp[470:460];
    wire [11:0] v88; shift_adder #(11, 10, 1, 1, 12, 1, 0) op_88 (v87[10:0], v21[9:0], v88[11:0]);
    wire [13:0] v89; assign v89[13:0] = model_inp[484:471];
    wire [15:0] v90; assign v90[15:0] = model_inp[500:485];
    wire [16:0] v91; shift_adder #(14, 16, 1, 1, 17, -2, 0) op_91 (v89[13:0], v90[15:0], v91[16:0]);
    wire [11:0] v92; shift_adder #(8, 11, 1, 1, 12, -3, 1) op_92 (v3[7:0], v43[10:0], v92[11:0]);
    wire [10:0] v93; shift_adder #(8, 10, 1, 1, 11, -1, 0) op_93 (v56[7:0], v52[9:0], v93[10:0]);
    wire [13:0] v94; assign v94[13:0] = model_inp[514:501];
    wire [14:0] v95; shift_adder #(9, 14, 1, 1, 15, 1, 0) op_95 (v10[8:0], v94[13:0], v95[14:0]);
    wire [10:0] v96; assign v96[10:0] = model_inp[525:515];
    wire [10:0] v97; shift_adder #(9, 11, 1, 1, 11, 0, 0) op_97 (v54[8:0], v96[10:0], v97[10:0]);
    wire [15:0] v98; shift_adder #(9, 8, 1, 1, 16, 7, 1) op_98 (v40[8:0], v15[7:0], v98[15:0]);
    wire [10:0] v99; assign v99[10:0] = model_inp[536:526];
    wire [10:0] v100; assign v100[10:0] = model_inp[547:537];
    wire [11:0] v101; shift_adder #(11, 11, 1, 1, 12, 0, 1) op_101 (v99[10:0], v100[10:0], v101[11:0]);
    wire [9:0] v102; assign v102[9:0] = model_inp[557:548];
    wire [12:0] v103; shift_adder #(11, 10, 1, 1, 13, 2, 0) op_103 (v69[10:0], v102[9:0], v103[12:0]);
    wire [7:0] v104; assign v104[7:0] = model_inp[565:558];
    wire [14:0] v105; shift_adder #(11, 8, 1, 1, 15, 6, 1) op_105 (v76[10:0], v104[7:0], v105[14:0]);
    wire [8:0] v106; assign v106[8:0] = model_inp[574:566];
    wire [11:0] v107; shift_adder #(9, 9, 1, 1, 12, 2, 0) op_107 (v40[8:0], v106[8:0], v107[11:0]);
    wire [11:0] v108; shift_adder #(8, 9, 1, 1, 12, 2, 0) op_108 (v34[7:0], v27[8:0], v108[11:0]);
    wire [11:0] v109; shift_adder #(8, 10, 1, 1, 12, -3, 0) op_109 (v0[7:0], v29[9:0], v109[11:0]);
    wire [11:0] v110; shift_adder #(10, 9, 1, 1, 12, -2, 0) op_110 (v52[9:0], v106[8:0], v110[11:0]);
    wire [10:0] v111; shift_adder #(9, 11, 1, 1, 11, 0, 0) op_111 (v44[8:0], v16[10:0], v111[10:0]);
    wire [11:0] v112; assign v112[11:0] = model_inp[586:575];
    wire [13:0] v113; shift_adder #(10, 12, 1, 1, 14, -4, 0) op_113 (v29[9:0], v112[11:0], v113[13:0]);
    wire [8:0] v114; assign v114[8:0] = model_inp[595:587];
    wire [10:0] v115; assign v115[10:0] = model_inp[606:596];
    wire [11:0] v116; shift_adder #(9, 11, 1, 1, 12, 1, 1) op_116 (v114[8:0], v115[10:0], v116[11:0]);
    wire [7:0] v117; assign v117[7:0] = model_inp[614:607];
    wire [14:0] v118; shift_adder #(9, 8, 1, 1, 15, 6, 1) op_118 (v10[8:0], v117[7:0], v118[14:0]);
    wire [9:0] v119; assign v119[9:0] = model_inp[624:615];
    wire [10:0] v120; shift_adder #(8, 10, 1, 1, 11, -1, 1) op_120 (v6[7:0], v119[9:0], v120[10:0]);
    wire [9:0] v121; shift_adder #(9, 9, 1, 1, 10, 0, 1) op_121 (v54[8:0], v44[8:0], v121[9:0]);
    wire [11:0] v122; shift_adder #(9, 11, 1, 1, 12, -2, 1) op_122 (v10[8:0], v115[10:0], v122[11:0]);
    wire [9:0] v123; shift_adder #(9, 9, 1, 1, 10, 0, 0) op_123 (v54[8:0], v7[8:0], v123[9:0]);
    wire [13:0] v124; shift_adder #(8, 11, 1, 1, 14, 3, 0) op_124 (v37[7:0], v100[10:0], v124[13:0]);
    wire [14:0] v125; shift_adder #(9, 8, 1, 1, 15, 6, 1) op_125 (v1[8:0], v37[7:0], v125[14:0]);
    wire [16:0] v126; assign v126[16:0] = model_inp[641:625];
    wire [16:0] v127; shift_adder #(17, 9, 1, 1, 17, 7, 0) op_127 (v126[16:0], v19[8:0], v127[16:0]);
    wire [8:0] v128; assign v128[8:0] = model_inp[650:642];
    wire [12:0] v129; shift_adder #(9, 11, 1, 1, 13, 2, 0) op_129 (v128[8:0], v43[10:0], v129[12:0]);
    wire [7:0] v130; assign v130[7:0] = model_inp[658:651];
    wire [10:0] v131; shift_adder #(8, 11, 1, 1, 11, 0, 1) op_131 (v130[7:0], v69[10:0], v131[10:0]);
    wire [9:0] v132; assign v132[9:0] = model_inp[668:659];
    wire [10:0] v133; shift_adder #(9, 10, 1, 1, 11, 1, 0) op_133 (v106[8:0], v132[9:0], v133[10:0]);
    wire [11:0] v134; assign v134[11:0] = model_inp[680:669];
    wire [13:0] v135; shift_adder #(12, 12, 1, 1, 14, 2, 0) op_135 (v134[11:0], v35[11:0], v135[13:0]);
    wire [10:0] v136; shift_adder #(8, 11, 1, 1, 11, 0, 1) op_136 (v61[7:0], v43[10:0], v136[10:0]);
    wire [10:0] v137; shift_adder #(8, 10, 1, 1, 11, -2, 0) op_137 (v15[7:0], v49[9:0], v137[10:0]);
    wire [9:0] v138; assign v138[9:0] = model_inp[690:681];
    wire [11:0] v139; shift_adder #(11, 10, 1, 1, 12, 1, 0) op_139 (v115[10:0], v138[9:0], v139[11:0]);
    wire [10:0] v140; shift_adder #(9, 9, 1, 1, 11, -1, 0) op_140 (v40[8:0], v74[8:0], v140[10:0]);
    wire [11:0] v141; shift_adder #(9, 8, 1, 1, 12, 3, 1) op_141 (v128[8:0], v64[7:0], v141[11:0]);
    wire [12:0] v142; shift_adder #(10, 10, 1, 1, 13, 3, 0) op_142 (v65[9:0], v52[9:0], v142[12:0]);
    wire [11:0] v143; shift_adder #(9, 11, 1, 1, 12, -1, 1) op_143 (v13[8:0], v76[10:0], v143[11:0]);
    wire [12:0] v144; shift_adder #(11, 10, 1, 1, 13, 2, 0) op_144 (v23[10:0], v67[9:0], v144[12:0]);
    wire [13:0] v145; assign v145[13:0] = model_inp[704:691];
    wire [16:0] v146; shift_adder #(16, 14, 1, 1, 17, 2, 0) op_146 (v80[15:0], v145[13:0], v146[16:0]);
    wire [13:0] v147; shift_adder #(9, 9, 1, 1, 14, -4, 0) op_147 (v19[8:0], v106[8:0], v147[13:0]);
    wire [10:0] v148; shift_adder #(11, 9, 1, 1, 11, 0, 0) op_148 (v69[10:0], v54[8:0], v148[10:0]);
    wire [10:0] v149; shift_adder #(8, 9, 1, 1, 11, 1, 0) op_149 (v72[7:0], v7[8:0], v149[10:0]);
    wire [14:0] v150; assign v150[14:0] = model_inp[719:705];
    wire [14:0] v151; shift_adder #(9, 15, 1, 1, 15, 0, 0) op_151 (v44[8:0], v150[14:0], v151[14:0]);
    wire [11:0] v152; shift_adder #(10, 9, 1, 1, 12, -2, 0) op_152 (v46[9:0], v4[8:0], v152[11:0]);
    wire [10:0] v153; shift_adder #(8, 9, 1, 1, 11, 1, 1) op_153 (v72[7:0], v1[8:0], v153[10:0]);
    wire [12:0] v154; shift_adder #(9, 9, 1, 1, 13, -3, 0) op_154 (v54[8:0], v1[8:0], v154[12:0]);
    wire [9:0] v155; assign v155[9:0] = model_inp[729:720];
    wire [11:0] v156; shift_adder #(10, 9, 1, 1, 12, 2, 0) op_156 (v155[9:0], v1[8:0], v156[11:0]);
    wire [11:0] v157; assign v157[11:0] = model_inp[741:730];
    wire [15:0] v158; assign v158[15:0] = model_inp[757:742];
    wire [15:0] v159; shift_adder #(12, 16, 1, 1, 16, -3, 1) op_159 (v157[11:0], v158[15:0], v159[15:0]);
    wire [8:0] v160; assign v160[8:0] = model_inp[766:758];
    wire [11:0] v161; shift_adder #(9, 8, 1, 1, 12, 3, 1) op_161 (v160[8:0], v15[7:0], v161[11:0]);
    wire [15:0] v162; shift_adder #(14, 12, 1, 1, 16, -2, 0) op_162 (v51[13:0], v35[11:0], v162[15:0]);
    wire [13:0] v163; shift_adder #(10, 9, 1, 1, 14, -4, 1) op_163 (v65[9:0], v27[8:0], v163[13:0]);
    wire [9:0] v164; assign v164[9:0] = model_inp[776:767];
    wire [10:0] v165; shift_adder #(10, 8, 1, 1, 11, 2, 1) op_165 (v164[9:0], v34[7:0], v165[10:0]);
    wire [10:0] v166; assign v166[10:0] = model_inp[787:777];
    wire [16:0] v167; shift_adder #(11, 11, 1, 1, 17, -6, 1) op_167 (v16[10:0], v166[10:0], v167[16:0]);
    wire [10:0] v168; shift_adder #(8, 10, 1, 1, 11, -2, 1) op_168 (v64[7:0], v119[9:0], v168[10:0]);
    wire [11:0] v169; shift_adder #(10, 11, 1, 1, 12, 1, 0) op_169 (v119[9:0], v69[10:0], v169[11:0]);
    wire [14:0] v170; assign v170[14:0] = model_inp[802:788];
    wire [15:0] v171; shift_adder #(14, 15, 1, 1, 16, -1, 0) op_171 (v89[13:0], v170[14:0], v171[15:0]);
    wire [11:0] v172; shift_adder #(11, 10, 1, 1, 12, 1, 0) op_172 (v99[10:0], v49[9:0], v172[11:0]);
    wire [14:0] v173; shift_adder #(12, 14, 1, 1, 15, -2, 0) op_173 (v35[11:0], v94[13:0], v173[14:0]);
    wire [11:0] v174; shift_adder #(9, 10, 1, 1, 12, -2, 1) op_174 (v12[8:0], v155[9:0], v174[11:0]);
    wire [13:0] v175; assign v175[13:0] = model_inp[816:803];
    wire [13:0] v176; shift_adder #(14, 10, 1, 1, 14, 3, 0) op_176 (v175[13:0], v29[9:0], v176[13:0]);
    wire [8:0] v177; assign v177[8:0] = model_inp[825:817];
    wire [7:0] v178; assign v178[7:0] = model_inp[833:826];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[7:0] = v61[7:0];
    assign model_out[17:8] = v2[9:0];
    assign model_out[28:18] = v5[10:0];
    assign model_out[39:29] = v43[10:0];
    assign model_out[51:40] = v8[11:0];
    assign model_out[61:52] = v11[9:0];
    assign model_out[75:62] = v14[13:0];
    assign model_out[90:76] = v17[14:0];
    assign model_out[102:91] = v20[11:0];
    assign model_out[114:103] = v22[11:0];
    assign model_out[127:115] = v25[12:0];
    assign model_out[143:128] = v28[15:0];
    assign model_out[154:144] = v30[10:0];
    assign model_out[167:155] = v33[12:0];
    assign model_out[181:168] = v36[13:0];
    assign model_out[194:182] = v38[12:0];
    assign model_out[205:195] = v41[10:0];
    assign model_out[216:206] = v42[10:0];
    assign model_out[227:217] = v45[10:0];
    assign model_out[236:228] = v177[8:0];
    assign model_out[248:237] = v47[11:0];
    assign model_out[258:249] = v48[9:0];
    assign model_out[270:259] = v50[11:0];
    assign model_out[284:271] = v53[13:0];
    assign model_out[295:285] = v55[10:0];
    assign model_out[306:296] = v57[10:0];
    assign model_out[318:307] = v62[11:0];
    assign model_out[330:319] = v63[11:0];
    assign model_out[338:331] = v178[7:0];
    assign model_out[351:339] = v66[12:0];
    assign model_out[363:352] = v68[11:0];
    assign model_out[374:364] = v70[10:0];
    assign model_out[387:375] = v71[12:0];
    assign model_out[401:388] = v73[13:0];
    assign model_out[410:402] = v13[8:0];
    assign model_out[427:411] = v75[16:0];
    assign model_out[435:428] = v56[7:0];
    assign model_out[449:436] = v77[13:0];
    assign model_out[460:450] = v23[10:0];
    assign model_out[470:461] = v78[9:0];
    assign model_out[482:471] = v79[11:0];
    assign model_out[499:483] = v81[16:0];
    assign model_out[510:500] = v83[10:0];
    assign model_out[522:511] = v84[11:0];
    assign model_out[534:523] = v86[11:0];
    assign model_out[546:535] = v88[11:0];
    assign model_out[563:547] = v91[16:0];
    assign model_out[575:564] = v92[11:0];
    assign model_out[583:576] = v0[7:0];
    assign model_out[594:584] = v99[10:0];
    assign model_out[605:595] = v93[10:0];
    assign model_out[620:606] = v95[14:0];
    assign model_out[631:621] = v97[10:0];
    assign model_out[647:632] = v98[15:0];
    assign model_out[659:648] = v101[11:0];
    assign model_out[672:660] = v103[12:0];
    assign model_out[687:673] = v105[14:0];
    assign model_out[699:688] = v107[11:0];
    assign model_out[709:700] = v29[9:0];
    assign model_out[721:710] = v108[11:0];
    assign model_out[733:722] = v109[11:0];
    assign model_out[742:734] = v1[8:0];
    assign model_out[754:743] = v110[11:0];
    assign model_out[765:755] = v111[10:0];
    assign model_out[777:766] = v116[11:0];
    assign model_out[792:778] = v118[14:0];
    assign model_out[803:793] = v120[10:0];
    assign model_out[813:804] = v121[9:0];
    assign model_out[823:814] = v123[9:0];
    assign model_out[837:824] = v124[13:0];
    assign model_out[846:838] = v40[8:0];
    assign model_out[861:847] = v125[14:0];
    assign model_out[878:862] = v127[16:0];
    assign model_out[891:879] = v129[12:0];
    assign model_out[902:892] = v131[10:0];
    assign model_out[913:903] = v133[10:0];
    assign model_out[927:914] = v135[13:0];
    assign model_out[935:928] = v34[7:0];
    assign model_out[946:936] = v136[10:0];
    assign model_out[957:947] = v137[10:0];
    assign model_out[969:958] = v139[11:0];
    assign model_out[980:970] = v140[10:0];
    assign model_out[992:981] = v141[11:0];
    assign model_out[1005:993] = v142[12:0];
    assign model_out[1018:1006] = v144[12:0];
    assign model_out[1035:1019] = v146[16:0];
    assign model_out[1049:1036] = v147[13:0];
    assign model_out[1060:1050] = v148[10:0];
    assign model_out[1068:1061] = v9[7:0];
    assign model_out[1079:1069] = v149[10:0];
    assign model_out[1094:1080] = v151[14:0];
    assign model_out[1106:1095] = v152[11:0];
    assign model_out[1117:1107] = v153[10:0];
    assign model_out[1130:1118] = v154[12:0];
    assign model_out[1142:1131] = v156[11:0];
    assign model_out[1150:1143] = v72[7:0];
    assign model_out[1166:1151] = v159[15:0];
    assign model_out[1178:1167] = v143[11:0];
    assign model_out[1190:1179] = v161[11:0];
    assign model_out[1201:1191] = v76[10:0];
    assign model_out[1215:1202] = v163[13:0];
    assign model_out[1226:1216] = v165[10:0];
    assign model_out[1238:1227] = v122[11:0];
    assign model_out[1255:1239] = v167[16:0];
    assign model_out[1267:1256] = v169[11:0];
    assign model_out[1283:1268] = v171[15:0];
    assign model_out[1294:1284] = v168[10:0];
    assign model_out[1306:1295] = v172[11:0];
    assign model_out[1318:1307] = v174[11:0];
    assign model_out[1332:1319] = v176[13:0];
    assign model_out[1348:1333] = v59[15:0];
    assign model_out[1356:1349] = v6[7:0];
    assign model_out[1367:1357] = v16[10:0];
    assign model_out[1381:1368] = v85[13:0];
    assign model_out[1395:1382] = v113[13:0];
    assign model_out[1411:1396] = v162[15:0];
    assign model_out[1419:1412] = v130[7:0];
    assign model_out[1434:1420] = v173[14:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage2 (
    input [1434:0] model_inp,
    output [1320:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [7:0] v0; assign v0[7:0] = model_inp[7:0];
    wire [9:0] v1; assign v1[9:0] = model_inp[17:8];
    wire [9:0] v2; shift_adder #(8, 10, 1, 1, 10, 0, 1) op_2 (v0[7:0], v1[9:0], v2[9:0]);
    wire [10:0] v3; assign v3[10:0] = model_inp[28:18];
    wire [10:0] v4; assign v4[10:0] = model_inp[39:29];
    wire [12:0] v5; shift_adder #(11, 11, 1, 1, 13, 2, 1) op_5 (v3[10:0], v4[10:0], v5[12:0]);
    wire [11:0] v6; assign v6[11:0] = model_inp[51:40];
    wire [9:0] v7; assign v7[9:0] = model_inp[61:52];
    wire [12:0] v8; shift_adder #(12, 10, 1, 1, 13, -1, 0) op_8 (v6[11:0], v7[9:0], v8[12:0]);
    wire [13:0] v9; assign v9[13:0] = model_inp[75:62];
    wire [14:0] v10; assign v10[14:0] = model_inp[90:76];
    wire [14:0] v11; shift_adder #(14, 15, 1, 1, 15, 0, 0) op_11 (v9[13:0], v10[14:0], v11[14:0]);
    wire [11:0] v12; assign v12[11:0] = model_inp[102:91];
    wire [11:0] v13; assign v13[11:0] = model_inp[114:103];
    wire [16:0] v14; shift_adder #(12, 12, 1, 1, 17, -5, 1) op_14 (v12[11:0], v13[11:0], v14[16:0]);
    wire [12:0] v15; assign v15[12:0] = model_inp[127:115];
    wire [15:0] v16; assign v16[15:0] = model_inp[143:128];
    wire [16:0] v17; shift_adder #(13, 16, 1, 1, 17, -3, 0) op_17 (v15[12:0], v16[15:0], v17[16:0]);
    wire [10:0] v18; assign v18[10:0] = model_inp[154:144];
    wire [12:0] v19; assign v19[12:0] = model_inp[167:155];
    wire [12:0] v20; shift_adder #(11, 13, 1, 1, 13, 0, 0) op_20 (v18[10:0], v19[12:0], v20[12:0]);
    wire [13:0] v21; assign v21[13:0] = model_inp[181:168];
    wire [12:0] v22; assign v22[12:0] = model_inp[194:182];
    wire [14:0] v23; shift_adder #(14, 13, 1, 1, 15, 1, 1) op_23 (v21[13:0], v22[12:0], v23[14:0]);
    wire [10:0] v24; assign v24[10:0] = model_inp[205:195];
    wire [10:0] v25; assign v25[10:0] = model_inp[216:206];
    wire [12:0] v26; shift_adder #(11, 11, 1, 1, 13, 2, 0) op_26 (v24[10:0], v25[10:0], v26[12:0]);
    wire [10:0] v27; assign v27[10:0] = model_inp[227:217];
    wire [8:0] v28; assign v28[8:0] = model_inp[236:228];
    wire [17:0] v29; shift_adder #(11, 9, 1, 1, 18, 8, 1) op_29 (v27[10:0], v28[8:0], v29[17:0]);
    wire [11:0] v30; assign v30[11:0] = model_inp[248:237];
    wire [9:0] v31; assign v31[9:0] = model_inp[258:249];
    wire [12:0] v32; shift_adder #(12, 10, 1, 1, 13, 1, 0) op_32 (v30[11:0], v31[9:0], v32[12:0]);
    wire [11:0] v33; assign v33[11:0] = model_inp[270:259];
    wire [13:0] v34; assign v34[13:0] = model_inp[284:271];
    wire [15:0] v35; shift_adder #(12, 14, 1, 1, 16, -3, 0) op_35 (v33[11:0], v34[13:0], v35[15:0]);
    wire [10:0] v36; assign v36[10:0] = model_inp[295:285];
    wire [10:0] v37; assign v37[10:0] = model_inp[306:296];
    wire [13:0] v38; shift_adder #(11, 11, 1, 1, 14, 3, 0) op_38 (v36[10:0], v37[10:0], v38[13:0]);
    wire [11:0] v39; assign v39[11:0] = model_inp[318:307];
    wire [11:0] v40; assign v40[11:0] = model_inp[330:319];
    wire [12:0] v41; shift_adder #(12, 12, 1, 1, 13, 1, 0) op_41 (v39[11:0], v40[11:0], v41[12:0]);
    wire [7:0] v42; assign v42[7:0] = model_inp[338:331];
    wire [12:0] v43; assign v43[12:0] = model_inp[351:339];
    wire [13:0] v44; shift_adder #(8, 13, 1, 1, 14, -4, 1) op_44 (v42[7:0], v43[12:0], v44[13:0]);
    wire [11:0] v45; assign v45[11:0] = model_inp[363:352];
    wire [10:0] v46; assign v46[10:0] = model_inp[374:364];
    wire [16:0] v47; shift_adder #(12, 11, 1, 1, 17, -5, 1) op_47 (v45[11:0], v46[10:0], v47[16:0]);
    wire [12:0] v48; assign v48[12:0] = model_inp[387:375];
    wire [13:0] v49; assign v49[13:0] = model_inp[401:388];
    wire [14:0] v50; shift_adder #(13, 14, 1, 1, 15, -1, 0) op_50 (v48[12:0], v49[13:0], v50[14:0]);
    wire [8:0] v51; assign v51[8:0] = model_inp[410:402];
    wire [14:0] v52; shift_adder #(9, 15, 1, 1, 15, -2, 1) op_52 (v51[8:0], v10[14:0], v52[14:0]);
    wire [16:0] v53; assign v53[16:0] = model_inp[427:411];
    wire [16:0] v54; shift_adder #(17, 11, 1, 1, 17, 0, 1) op_54 (v53[16:0], v25[10:0], v54[16:0]);
    wire [7:0] v55; assign v55[7:0] = model_inp[435:428];
    wire [13:0] v56; assign v56[13:0] = model_inp[449:436];
    wire [14:0] v57; shift_adder #(8, 14, 1, 1, 15, -6, 1) op_57 (v55[7:0], v56[13:0], v57[14:0]);
    wire [10:0] v58; assign v58[10:0] = model_inp[460:450];
    wire [9:0] v59; assign v59[9:0] = model_inp[470:461];
    wire [11:0] v60; shift_adder #(11, 10, 1, 1, 12, 0, 0) op_60 (v58[10:0], v59[9:0], v60[11:0]);
    wire [11:0] v61; assign v61[11:0] = model_inp[482:471];
    wire [12:0] v62; shift_adder #(11, 12, 1, 1, 13, 1, 0) op_62 (v27[10:0], v61[11:0], v62[12:0]);
    wire [16:0] v63; assign v63[16:0] = model_inp[499:483];
    wire [16:0] v64; shift_adder #(17, 11, 1, 1, 17, 3, 0) op_64 (v63[16:0], v18[10:0], v64[16:0]);
    wire [10:0] v65; assign v65[10:0] = model_inp[510:500];
    wire [11:0] v66; assign v66[11:0] = model_inp[522:511];
    wire [11:0] v67; shift_adder #(11, 12, 1, 1, 12, 0, 0) op_67 (v65[10:0], v66[11:0], v67[11:0]);
    wire [11:0] v68; assign v68[11:0] = model_inp[534:523];
    wire [13:0] v69; shift_adder #(11, 12, 1, 1, 14, -2, 0) op_69 (v46[10:0], v68[11:0], v69[13:0]);
    wire [11:0] v70; assign v70[11:0] = model_inp[546:535];
    wire [13:0] v71; shift_adder #(12, 13, 1, 1, 14, -1, 0) op_71 (v70[11:0], v22[12:0], v71[13:0]);
    wire [16:0] v72; assign v72[16:0] = model_inp[563:547];
    wire [11:0] v73; assign v73[11:0] = model_inp[575:564];
    wire [16:0] v74; shift_adder #(17, 12, 1, 1, 17, 1, 1) op_74 (v72[16:0], v73[11:0], v74[16:0]);
    wire [7:0] v75; assign v75[7:0] = model_inp[583:576];
    wire [14:0] v76; shift_adder #(8, 12, 1, 1, 15, -6, 0) op_76 (v75[7:0], v66[11:0], v76[14:0]);
    wire [10:0] v77; assign v77[10:0] = model_inp[594:584];
    wire [13:0] v78; shift_adder #(12, 11, 1, 1, 14, -2, 1) op_78 (v40[11:0], v77[10:0], v78[13:0]);
    wire [10:0] v79; assign v79[10:0] = model_inp[605:595];
    wire [14:0] v80; assign v80[14:0] = model_inp[620:606];
    wire [16:0] v81; shift_adder #(11, 15, 1, 1, 17, -6, 0) op_81 (v79[10:0], v80[14:0], v81[16:0]);
    wire [10:0] v82; assign v82[10:0] = model_inp[631:621];
    wire [13:0] v83; shift_adder #(11, 11, 1, 1, 14, 3, 0) op_83 (v82[10:0], v37[10:0], v83[13:0]);
    wire [14:0] v84; shift_adder #(14, 14, 1, 1, 15, 1, 0) op_84 (v56[13:0], v49[13:0], v84[14:0]);
    wire [15:0] v85; assign v85[15:0] = model_inp[647:632];
    wire [11:0] v86; assign v86[11:0] = model_inp[659:648];
    wire [16:0] v87; shift_adder #(16, 12, 1, 1, 17, 4, 0) op_87 (v85[15:0], v86[11:0], v87[16:0]);
    wire [14:0] v88; shift_adder #(8, 14, 1, 1, 15, -5, 1) op_88 (v42[7:0], v21[13:0], v88[14:0]);
    wire [12:0] v89; assign v89[12:0] = model_inp[672:660];
    wire [13:0] v90; shift_adder #(13, 10, 1, 1, 14, 3, 0) op_90 (v89[12:0], v1[9:0], v90[13:0]);
    wire [14:0] v91; assign v91[14:0] = model_inp[687:673];
    wire [11:0] v92; assign v92[11:0] = model_inp[699:688];
    wire [15:0] v93; shift_adder #(15, 12, 1, 1, 16, 4, 0) op_93 (v91[14:0], v92[11:0], v93[15:0]);
    wire [9:0] v94; assign v94[9:0] = model_inp[709:700];
    wire [11:0] v95; assign v95[11:0] = model_inp[721:710];
    wire [16:0] v96; shift_adder #(10, 12, 1, 1, 17, -7, 0) op_96 (v94[9:0], v95[11:0], v96[16:0]);
    wire [11:0] v97; assign v97[11:0] = model_inp[733:722];
    wire [15:0] v98; shift_adder #(12, 15, 1, 1, 16, -4, 0) op_98 (v97[11:0], v80[14:0], v98[15:0]);
    wire [8:0] v99; assign v99[8:0] = model_inp[742:734];
    wire [11:0] v100; assign v100[11:0] = model_inp[754:743];
    wire [11:0] v101; shift_adder #(9, 12, 1, 1, 12, 0, 0) op_101 (v99[8:0], v100[11:0], v101[11:0]);
    wire [10:0] v102; assign v102[10:0] = model_inp[765:755];
    wire [12:0] v103; shift_adder #(11, 12, 1, 1, 13, -1, 0) op_103 (v102[10:0], v73[11:0], v103[12:0]);
    wire [11:0] v104; assign v104[11:0] = model_inp[777:766];
    wire [14:0] v105; assign v105[14:0] = model_inp[792:778];
    wire [14:0] v106; shift_adder #(12, 15, 1, 1, 15, -2, 0) op_106 (v104[11:0], v105[14:0], v106[14:0]);
    wire [16:0] v107; shift_adder #(11, 11, 1, 1, 17, -6, 1) op_107 (v79[10:0], v36[10:0], v107[16:0]);
    wire [10:0] v108; assign v108[10:0] = model_inp[803:793];
    wire [12:0] v109; shift_adder #(9, 11, 1, 1, 13, -3, 0) op_109 (v51[8:0], v108[10:0], v109[12:0]);
    wire [12:0] v110; shift_adder #(8, 12, 1, 1, 13, 1, 1) op_110 (v0[7:0], v40[11:0], v110[12:0]);
    wire [9:0] v111; assign v111[9:0] = model_inp[813:804];
    wire [11:0] v112; shift_adder #(10, 12, 1, 1, 12, 0, 0) op_112 (v111[9:0], v95[11:0], v112[11:0]);
    wire [9:0] v113; assign v113[9:0] = model_inp[823:814];
    wire [13:0] v114; shift_adder #(10, 13, 1, 1, 14, -3, 0) op_114 (v113[9:0], v48[12:0], v114[13:0]);
    wire [13:0] v115; assign v115[13:0] = model_inp[837:824];
    wire [8:0] v116; assign v116[8:0] = model_inp[846:838];
    wire [16:0] v117; shift_adder #(14, 9, 1, 1, 17, 7, 1) op_117 (v115[13:0], v116[8:0], v117[16:0]);
    wire [14:0] v118; assign v118[14:0] = model_inp[861:847];
    wire [16:0] v119; assign v119[16:0] = model_inp[878:862];
    wire [17:0] v120; shift_adder #(15, 17, 1, 1, 18, -1, 0) op_120 (v118[14:0], v119[16:0], v120[17:0]);
    wire [11:0] v121; shift_adder #(12, 10, 1, 1, 12, 0, 0) op_121 (v97[11:0], v59[9:0], v121[11:0]);
    wire [12:0] v122; assign v122[12:0] = model_inp[891:879];
    wire [10:0] v123; assign v123[10:0] = model_inp[902:892];
    wire [13:0] v124; shift_adder #(13, 11, 1, 1, 14, 2, 0) op_124 (v122[12:0], v123[10:0], v124[13:0]);
    wire [10:0] v125; assign v125[10:0] = model_inp[913:903];
    wire [13:0] v126; assign v126[13:0] = model_inp[927:914];
    wire [13:0] v127; shift_adder #(11, 14, 1, 1, 14, -1, 0) op_127 (v125[10:0], v126[13:0], v127[13:0]);
    wire [16:0] v128; shift_adder #(12, 9, 1, 1, 17, 7, 1) op_128 (v12[11:0], v51[8:0], v128[16:0]);
    wire [7:0] v129; assign v129[7:0] = model_inp[935:928];
    wire [10:0] v130; assign v130[10:0] = model_inp[946:936];
    wire [11:0] v131; shift_adder #(8, 11, 1, 1, 12, -2, 1) op_131 (v129[7:0], v130[10:0], v131[11:0]);
    wire [10:0] v132; assign v132[10:0] = model_inp[957:947];
    wire [11:0] v133; assign v133[11:0] = model_inp[969:958];
    wire [12:0] v134; shift_adder #(11, 12, 1, 1, 13, -1, 0) op_134 (v132[10:0], v133[11:0], v134[12:0]);
    wire [10:0] v135; assign v135[10:0] = model_inp[980:970];
    wire [14:0] v136; shift_adder #(10, 11, 1, 1, 15, -4, 0) op_136 (v7[9:0], v135[10:0], v136[14:0]);
    wire [11:0] v137; assign v137[11:0] = model_inp[992:981];
    wire [12:0] v138; assign v138[12:0] = model_inp[1005:993];
    wire [13:0] v139; shift_adder #(12, 13, 1, 1, 14, 0, 0) op_139 (v137[11:0], v138[12:0], v139[13:0]);
    wire [12:0] v140; assign v140[12:0] = model_inp[1018:1006];
    wire [13:0] v141; shift_adder #(13, 10, 1, 1, 14, 2, 0) op_141 (v140[12:0], v31[9:0], v141[13:0]);
    wire [16:0] v142; assign v142[16:0] = model_inp[1035:1019];
    wire [17:0] v143; shift_adder #(17, 12, 1, 1, 18, 5, 0) op_143 (v142[16:0], v6[11:0], v143[17:0]);
    wire [13:0] v144; assign v144[13:0] = model_inp[1049:1036];
    wire [10:0] v145; assign v145[10:0] = model_inp[1060:1050];
    wire [15:0] v146; shift_adder #(14, 11, 1, 1, 16, -2, 0) op_146 (v144[13:0], v145[10:0], v146[15:0]);
    wire [7:0] v147; assign v147[7:0] = model_inp[1068:1061];
    wire [10:0] v148; assign v148[10:0] = model_inp[1079:1069];
    wire [11:0] v149; shift_adder #(8, 11, 1, 1, 12, -2, 0) op_149 (v147[7:0], v148[10:0], v149[11:0]);
    wire [12:0] v150; shift_adder #(11, 12, 1, 1, 13, 0, 0) op_150 (v46[10:0], v33[11:0], v150[12:0]);
    wire [14:0] v151; assign v151[14:0] = model_inp[1094:1080];
    wire [15:0] v152; shift_adder #(15, 11, 1, 1, 16, -1, 1) op_152 (v151[14:0], v148[10:0], v152[15:0]);
    wire [11:0] v153; assign v153[11:0] = model_inp[1106:1095];
    wire [13:0] v154; shift_adder #(11, 12, 1, 1, 14, 1, 0) op_154 (v108[10:0], v153[11:0], v154[13:0]);
    wire [10:0] v155; assign v155[10:0] = model_inp[1117:1107];
    wire [10:0] v156; shift_adder #(8, 11, 1, 1, 11, -1, 1) op_156 (v0[7:0], v155[10:0], v156[10:0]);
    wire [12:0] v157; assign v157[12:0] = model_inp[1130:1118];
    wire [15:0] v158; shift_adder #(13, 14, 1, 1, 16, -3, 0) op_158 (v157[12:0], v115[13:0], v158[15:0]);
    wire [11:0] v159; assign v159[11:0] = model_inp[1142:1131];
    wire [13:0] v160; shift_adder #(12, 11, 1, 1, 14, 3, 0) op_160 (v159[11:0], v79[10:0], v160[13:0]);
    wire [7:0] v161; assign v161[7:0] = model_inp[1150:1143];
    wire [10:0] v162; shift_adder #(8, 10, 1, 1, 11, -2, 0) op_162 (v161[7:0], v111[9:0], v162[10:0]);
    wire [15:0] v163; assign v163[15:0] = model_inp[1166:1151];
    wire [16:0] v164; shift_adder #(11, 16, 1, 1, 17, -4, 0) op_164 (v3[10:0], v163[15:0], v164[16:0]);
    wire [11:0] v165; assign v165[11:0] = model_inp[1178:1167];
    wire [17:0] v166; shift_adder #(12, 11, 1, 1, 18, -6, 1) op_166 (v165[11:0], v155[10:0], v166[17:0]);
    wire [11:0] v167; assign v167[11:0] = model_inp[1190:1179];
    wire [12:0] v168; shift_adder #(12, 10, 1, 1, 13, 2, 0) op_168 (v167[11:0], v111[9:0], v168[12:0]);
    wire [10:0] v169; assign v169[10:0] = model_inp[1201:1191];
    wire [15:0] v170; shift_adder #(11, 11, 1, 1, 16, 5, 1) op_170 (v123[10:0], v169[10:0], v170[15:0]);
    wire [13:0] v171; assign v171[13:0] = model_inp[1215:1202];
    wire [14:0] v172; shift_adder #(14, 12, 1, 1, 15, 1, 0) op_172 (v171[13:0], v153[11:0], v172[14:0]);
    wire [13:0] v173; shift_adder #(8, 11, 1, 1, 14, 3, 1) op_173 (v75[7:0], v130[10:0], v173[13:0]);
    wire [10:0] v174; assign v174[10:0] = model_inp[1226:1216];
    wire [11:0] v175; assign v175[11:0] = model_inp[1238:1227];
    wire [12:0] v176; shift_adder #(11, 12, 1, 1, 13, 0, 0) op_176 (v174[10:0], v175[11:0], v176[12:0]);
    wire [16:0] v177; assign v177[16:0] = model_inp[1255:1239];
    wire [17:0] v178; shift_adder #(14, 17, 1, 1, 18, -2, 0) op_178 (v171[13:0], v177[16:0], v178[17:0]);
    wire [11:0] v179; shift_adder #(11, 10, 1, 1, 12, 0, 0) op_179 (v155[10:0], v31[9:0], v179[11:0]);
    wire [11:0] v180; assign v180[11:0] = model_inp[1267:1256];
    wire [15:0] v181; assign v181[15:0] = model_inp[1283:1268];
    wire [15:0] v182; shift_adder #(12, 16, 1, 1, 16, -2, 0) op_182 (v180[11:0], v181[15:0], v182[15:0]);
    wire [10:0] v183; assign v183[10:0] = model_inp[1294:1284];
    wire [11:0] v184; assign v184[11:0] = model_inp[1306:1295];
    wire [12:0] v185; shift_adder #(11, 12, 1, 1, 13, 0, 0) op_185 (v183[10:0], v184[11:0], v185[12:0]);
    wire [11:0] v186; assign v186[11:0] = model_inp[1318:1307];
    wire [13:0] v187; assign v187[13:0] = model_inp[1332:1319];
    wire [15:0] v188; shift_adder #(12, 14, 1, 1, 16, -3, 1) op_188 (v186[11:0], v187[13:0], v188[15:0]);
    wire [15:0] v189; assign v189[15:0] = model_inp[1348:1333];
    wire [7:0] v190; assign v190[7:0] = model_inp[1356:1349];
    wire [10:0] v191; assign v191[10:0] = model_inp[1367:1357];
    wire [13:0] v192; assign v192[13:0] = model_inp[1381:1368];
    wire [13:0] v193; assign v193[13:0] = model_inp[1395:1382];
    wire [15:0] v194; assign v194[15:0] = model_inp[1411:1396];
    wire [7:0] v195; assign v195[7:0] = model_inp[1419:1412];
    wire [14:0] v196; assign v196[14:0] = model_inp[1434:1420];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[9:0] = v2[9:0];
    assign model_out[22:10] = v5[12:0];
    assign model_out[37:23] = v11[14:0];
    assign model_out[54:38] = v14[16:0];
    assign model_out[71:55] = v17[16:0];
    assign model_out[84:72] = v20[12:0];
    assign model_out[99:85] = v23[14:0];
    assign model_out[112:100] = v26[12:0];
    assign model_out[130:113] = v29[17:0];
    assign model_out[143:131] = v32[12:0];
    assign model_out[159:144] = v35[15:0];
    assign model_out[173:160] = v38[13:0];
    assign model_out[189:174] = v189[15:0];
    assign model_out[202:190] = v41[12:0];
    assign model_out[216:203] = v44[13:0];
    assign model_out[233:217] = v47[16:0];
    assign model_out[248:234] = v50[14:0];
    assign model_out[256:249] = v190[7:0];
    assign model_out[271:257] = v52[14:0];
    assign model_out[288:272] = v54[16:0];
    assign model_out[303:289] = v57[14:0];
    assign model_out[314:304] = v191[10:0];
    assign model_out[326:315] = v60[11:0];
    assign model_out[339:327] = v62[12:0];
    assign model_out[351:340] = v67[11:0];
    assign model_out[365:352] = v192[13:0];
    assign model_out[379:366] = v71[13:0];
    assign model_out[396:380] = v74[16:0];
    assign model_out[411:397] = v76[14:0];
    assign model_out[425:412] = v78[13:0];
    assign model_out[439:426] = v83[13:0];
    assign model_out[454:440] = v84[14:0];
    assign model_out[471:455] = v87[16:0];
    assign model_out[486:472] = v88[14:0];
    assign model_out[500:487] = v90[13:0];
    assign model_out[516:501] = v93[15:0];
    assign model_out[533:517] = v96[16:0];
    assign model_out[549:534] = v98[15:0];
    assign model_out[557:550] = v129[7:0];
    assign model_out[569:558] = v101[11:0];
    assign model_out[582:570] = v103[12:0];
    assign model_out[596:583] = v193[13:0];
    assign model_out[611:597] = v106[14:0];
    assign model_out[628:612] = v107[16:0];
    assign model_out[641:629] = v109[12:0];
    assign model_out[654:642] = v110[12:0];
    assign model_out[666:655] = v112[11:0];
    assign model_out[678:667] = v175[11:0];
    assign model_out[695:679] = v117[16:0];
    assign model_out[713:696] = v120[17:0];
    assign model_out[725:714] = v121[11:0];
    assign model_out[739:726] = v124[13:0];
    assign model_out[753:740] = v127[13:0];
    assign model_out[770:754] = v128[16:0];
    assign model_out[782:771] = v131[11:0];
    assign model_out[795:783] = v134[12:0];
    assign model_out[810:796] = v136[14:0];
    assign model_out[824:811] = v139[13:0];
    assign model_out[836:825] = v165[11:0];
    assign model_out[850:837] = v141[13:0];
    assign model_out[868:851] = v143[17:0];
    assign model_out[884:869] = v146[15:0];
    assign model_out[896:885] = v149[11:0];
    assign model_out[909:897] = v150[12:0];
    assign model_out[920:910] = v132[10:0];
    assign model_out[936:921] = v152[15:0];
    assign model_out[950:937] = v154[13:0];
    assign model_out[961:951] = v156[10:0];
    assign model_out[977:962] = v158[15:0];
    assign model_out[991:978] = v160[13:0];
    assign model_out[1002:992] = v162[10:0];
    assign model_out[1014:1003] = v68[11:0];
    assign model_out[1031:1015] = v164[16:0];
    assign model_out[1049:1032] = v166[17:0];
    assign model_out[1062:1050] = v168[12:0];
    assign model_out[1078:1063] = v194[15:0];
    assign model_out[1094:1079] = v170[15:0];
    assign model_out[1109:1095] = v172[14:0];
    assign model_out[1117:1110] = v195[7:0];
    assign model_out[1131:1118] = v173[13:0];
    assign model_out[1144:1132] = v176[12:0];
    assign model_out[1162:1145] = v178[17:0];
    assign model_out[1174:1163] = v179[11:0];
    assign model_out[1185:1175] = v183[10:0];
    assign model_out[1201:1186] = v182[15:0];
    assign model_out[1214:1202] = v185[12:0];
    assign model_out[1229:1215] = v196[14:0];
    assign model_out[1245:1230] = v188[15:0];
    assign model_out[1258:1246] = v8[12:0];
    assign model_out[1275:1259] = v64[16:0];
    assign model_out[1289:1276] = v69[13:0];
    assign model_out[1306:1290] = v81[16:0];
    assign model_out[1320:1307] = v114[13:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage3 (
    input [1320:0] model_inp,
    output [917:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [9:0] v0; assign v0[9:0] = model_inp[9:0];
    wire [12:0] v1; assign v1[12:0] = model_inp[22:10];
    wire [13:0] v2; shift_adder #(10, 13, 1, 1, 14, -1, 0) op_2 (v0[9:0], v1[12:0], v2[13:0]);
    wire [14:0] v3; assign v3[14:0] = model_inp[37:23];
    wire [16:0] v4; assign v4[16:0] = model_inp[54:38];
    wire [16:0] v5; shift_adder #(15, 17, 1, 1, 17, 0, 0) op_5 (v3[14:0], v4[16:0], v5[16:0]);
    wire [16:0] v6; assign v6[16:0] = model_inp[71:55];
    wire [16:0] v7; shift_adder #(17, 10, 1, 1, 17, 5, 1) op_7 (v6[16:0], v0[9:0], v7[16:0]);
    wire [12:0] v8; assign v8[12:0] = model_inp[84:72];
    wire [14:0] v9; assign v9[14:0] = model_inp[99:85];
    wire [15:0] v10; shift_adder #(13, 15, 1, 1, 16, 1, 0) op_10 (v8[12:0], v9[14:0], v10[15:0]);
    wire [12:0] v11; assign v11[12:0] = model_inp[112:100];
    wire [17:0] v12; assign v12[17:0] = model_inp[130:113];
    wire [17:0] v13; shift_adder #(13, 18, 1, 1, 18, -4, 0) op_13 (v11[12:0], v12[17:0], v13[17:0]);
    wire [12:0] v14; assign v14[12:0] = model_inp[143:131];
    wire [15:0] v15; assign v15[15:0] = model_inp[159:144];
    wire [17:0] v16; shift_adder #(13, 16, 1, 1, 18, -5, 0) op_16 (v14[12:0], v15[15:0], v16[17:0]);
    wire [13:0] v17; assign v17[13:0] = model_inp[173:160];
    wire [15:0] v18; assign v18[15:0] = model_inp[189:174];
    wire [16:0] v19; shift_adder #(14, 16, 1, 1, 17, 0, 1) op_19 (v17[13:0], v18[15:0], v19[16:0]);
    wire [12:0] v20; assign v20[12:0] = model_inp[202:190];
    wire [13:0] v21; assign v21[13:0] = model_inp[216:203];
    wire [14:0] v22; shift_adder #(13, 14, 1, 1, 15, -1, 0) op_22 (v20[12:0], v21[13:0], v22[14:0]);
    wire [16:0] v23; assign v23[16:0] = model_inp[233:217];
    wire [14:0] v24; assign v24[14:0] = model_inp[248:234];
    wire [17:0] v25; shift_adder #(17, 15, 1, 1, 18, 2, 0) op_25 (v23[16:0], v24[14:0], v25[17:0]);
    wire [7:0] v26; assign v26[7:0] = model_inp[256:249];
    wire [14:0] v27; assign v27[14:0] = model_inp[271:257];
    wire [14:0] v28; shift_adder #(8, 15, 1, 1, 15, -2, 1) op_28 (v26[7:0], v27[14:0], v28[14:0]);
    wire [16:0] v29; assign v29[16:0] = model_inp[288:272];
    wire [14:0] v30; assign v30[14:0] = model_inp[303:289];
    wire [16:0] v31; shift_adder #(17, 15, 1, 1, 17, 0, 1) op_31 (v29[16:0], v30[14:0], v31[16:0]);
    wire [10:0] v32; assign v32[10:0] = model_inp[314:304];
    wire [11:0] v33; assign v33[11:0] = model_inp[326:315];
    wire [11:0] v34; shift_adder #(11, 12, 1, 1, 12, 0, 1) op_34 (v32[10:0], v33[11:0], v34[11:0]);
    wire [12:0] v35; assign v35[12:0] = model_inp[339:327];
    wire [16:0] v36; shift_adder #(15, 13, 1, 1, 17, 4, 0) op_36 (v9[14:0], v35[12:0], v36[16:0]);
    wire [11:0] v37; assign v37[11:0] = model_inp[351:340];
    wire [13:0] v38; assign v38[13:0] = model_inp[365:352];
    wire [16:0] v39; shift_adder #(12, 14, 1, 1, 17, 3, 1) op_39 (v37[11:0], v38[13:0], v39[16:0]);
    wire [13:0] v40; assign v40[13:0] = model_inp[379:366];
    wire [16:0] v41; assign v41[16:0] = model_inp[396:380];
    wire [16:0] v42; shift_adder #(14, 17, 1, 1, 17, 0, 0) op_42 (v40[13:0], v41[16:0], v42[16:0]);
    wire [14:0] v43; assign v43[14:0] = model_inp[411:397];
    wire [15:0] v44; shift_adder #(15, 14, 1, 1, 16, -1, 1) op_44 (v43[14:0], v21[13:0], v44[15:0]);
    wire [13:0] v45; assign v45[13:0] = model_inp[425:412];
    wire [14:0] v46; shift_adder #(8, 14, 1, 1, 15, -6, 1) op_46 (v26[7:0], v45[13:0], v46[14:0]);
    wire [13:0] v47; assign v47[13:0] = model_inp[439:426];
    wire [14:0] v48; assign v48[14:0] = model_inp[454:440];
    wire [15:0] v49; shift_adder #(14, 15, 1, 1, 16, 0, 0) op_49 (v47[13:0], v48[14:0], v49[15:0]);
    wire [16:0] v50; assign v50[16:0] = model_inp[471:455];
    wire [14:0] v51; assign v51[14:0] = model_inp[486:472];
    wire [16:0] v52; shift_adder #(17, 15, 1, 1, 17, 0, 1) op_52 (v50[16:0], v51[14:0], v52[16:0]);
    wire [13:0] v53; assign v53[13:0] = model_inp[500:487];
    wire [15:0] v54; assign v54[15:0] = model_inp[516:501];
    wire [16:0] v55; shift_adder #(14, 16, 1, 1, 17, -1, 0) op_55 (v53[13:0], v54[15:0], v55[16:0]);
    wire [16:0] v56; assign v56[16:0] = model_inp[533:517];
    wire [15:0] v57; assign v57[15:0] = model_inp[549:534];
    wire [17:0] v58; shift_adder #(17, 16, 1, 1, 18, 1, 1) op_58 (v56[16:0], v57[15:0], v58[17:0]);
    wire [7:0] v59; assign v59[7:0] = model_inp[557:550];
    wire [11:0] v60; assign v60[11:0] = model_inp[569:558];
    wire [14:0] v61; shift_adder #(8, 12, 1, 1, 15, -6, 1) op_61 (v59[7:0], v60[11:0], v61[14:0]);
    wire [12:0] v62; assign v62[12:0] = model_inp[582:570];
    wire [13:0] v63; assign v63[13:0] = model_inp[596:583];
    wire [15:0] v64; shift_adder #(13, 14, 1, 1, 16, 2, 1) op_64 (v62[12:0], v63[13:0], v64[15:0]);
    wire [14:0] v65; assign v65[14:0] = model_inp[611:597];
    wire [16:0] v66; assign v66[16:0] = model_inp[628:612];
    wire [16:0] v67; shift_adder #(15, 17, 1, 1, 17, 0, 0) op_67 (v65[14:0], v66[16:0], v67[16:0]);
    wire [12:0] v68; assign v68[12:0] = model_inp[641:629];
    wire [12:0] v69; assign v69[12:0] = model_inp[654:642];
    wire [13:0] v70; shift_adder #(13, 13, 1, 1, 14, 0, 0) op_70 (v68[12:0], v69[12:0], v70[13:0]);
    wire [11:0] v71; assign v71[11:0] = model_inp[666:655];
    wire [11:0] v72; assign v72[11:0] = model_inp[678:667];
    wire [13:0] v73; shift_adder #(12, 12, 1, 1, 14, 1, 1) op_73 (v71[11:0], v72[11:0], v73[13:0]);
    wire [16:0] v74; assign v74[16:0] = model_inp[695:679];
    wire [17:0] v75; assign v75[17:0] = model_inp[713:696];
    wire [17:0] v76; shift_adder #(17, 18, 1, 1, 18, 0, 0) op_76 (v74[16:0], v75[17:0], v76[17:0]);
    wire [11:0] v77; assign v77[11:0] = model_inp[725:714];
    wire [14:0] v78; shift_adder #(15, 12, 1, 1, 15, 0, 0) op_78 (v43[14:0], v77[11:0], v78[14:0]);
    wire [13:0] v79; assign v79[13:0] = model_inp[739:726];
    wire [13:0] v80; assign v80[13:0] = model_inp[753:740];
    wire [16:0] v81; shift_adder #(14, 14, 1, 1, 17, 2, 0) op_81 (v79[13:0], v80[13:0], v81[16:0]);
    wire [16:0] v82; assign v82[16:0] = model_inp[770:754];
    wire [11:0] v83; assign v83[11:0] = model_inp[782:771];
    wire [16:0] v84; shift_adder #(17, 12, 1, 1, 17, 0, 1) op_84 (v82[16:0], v83[11:0], v84[16:0]);
    wire [12:0] v85; assign v85[12:0] = model_inp[795:783];
    wire [14:0] v86; assign v86[14:0] = model_inp[810:796];
    wire [16:0] v87; shift_adder #(13, 15, 1, 1, 17, -4, 0) op_87 (v85[12:0], v86[14:0], v87[16:0]);
    wire [13:0] v88; assign v88[13:0] = model_inp[824:811];
    wire [11:0] v89; assign v89[11:0] = model_inp[836:825];
    wire [16:0] v90; shift_adder #(14, 12, 1, 1, 17, 5, 1) op_90 (v88[13:0], v89[11:0], v90[16:0]);
    wire [13:0] v91; assign v91[13:0] = model_inp[850:837];
    wire [17:0] v92; assign v92[17:0] = model_inp[868:851];
    wire [17:0] v93; shift_adder #(14, 18, 1, 1, 18, -2, 0) op_93 (v91[13:0], v92[17:0], v93[17:0]);
    wire [15:0] v94; assign v94[15:0] = model_inp[884:869];
    wire [11:0] v95; assign v95[11:0] = model_inp[896:885];
    wire [15:0] v96; shift_adder #(16, 12, 1, 1, 16, 0, 0) op_96 (v94[15:0], v95[11:0], v96[15:0]);
    wire [12:0] v97; assign v97[12:0] = model_inp[909:897];
    wire [10:0] v98; assign v98[10:0] = model_inp[920:910];
    wire [15:0] v99; shift_adder #(13, 11, 1, 1, 16, 5, 1) op_99 (v97[12:0], v98[10:0], v99[15:0]);
    wire [15:0] v100; assign v100[15:0] = model_inp[936:921];
    wire [13:0] v101; assign v101[13:0] = model_inp[950:937];
    wire [16:0] v102; shift_adder #(16, 14, 1, 1, 17, 2, 0) op_102 (v100[15:0], v101[13:0], v102[16:0]);
    wire [10:0] v103; assign v103[10:0] = model_inp[961:951];
    wire [13:0] v104; shift_adder #(11, 13, 1, 1, 14, -2, 0) op_104 (v103[10:0], v68[12:0], v104[13:0]);
    wire [15:0] v105; assign v105[15:0] = model_inp[977:962];
    wire [16:0] v106; shift_adder #(16, 11, 1, 1, 17, 4, 0) op_106 (v105[15:0], v103[10:0], v106[16:0]);
    wire [13:0] v107; assign v107[13:0] = model_inp[991:978];
    wire [10:0] v108; assign v108[10:0] = model_inp[1002:992];
    wire [14:0] v109; shift_adder #(14, 11, 1, 1, 15, 3, 0) op_109 (v107[13:0], v108[10:0], v109[14:0]);
    wire [11:0] v110; assign v110[11:0] = model_inp[1014:1003];
    wire [15:0] v111; shift_adder #(11, 12, 1, 1, 16, 4, 1) op_111 (v108[10:0], v110[11:0], v111[15:0]);
    wire [16:0] v112; assign v112[16:0] = model_inp[1031:1015];
    wire [17:0] v113; assign v113[17:0] = model_inp[1049:1032];
    wire [18:0] v114; shift_adder #(17, 18, 1, 1, 19, -1, 0) op_114 (v112[16:0], v113[17:0], v114[18:0]);
    wire [12:0] v115; assign v115[12:0] = model_inp[1062:1050];
    wire [15:0] v116; assign v116[15:0] = model_inp[1078:1063];
    wire [15:0] v117; shift_adder #(13, 16, 1, 1, 16, -2, 1) op_117 (v115[12:0], v116[15:0], v117[15:0]);
    wire [15:0] v118; assign v118[15:0] = model_inp[1094:1079];
    wire [16:0] v119; shift_adder #(16, 15, 1, 1, 17, 1, 0) op_119 (v118[15:0], v30[14:0], v119[16:0]);
    wire [14:0] v120; assign v120[14:0] = model_inp[1109:1095];
    wire [16:0] v121; shift_adder #(12, 15, 1, 1, 17, -5, 0) op_121 (v95[11:0], v120[14:0], v121[16:0]);
    wire [7:0] v122; assign v122[7:0] = model_inp[1117:1110];
    wire [13:0] v123; assign v123[13:0] = model_inp[1131:1118];
    wire [13:0] v124; shift_adder #(8, 14, 1, 1, 14, -3, 0) op_124 (v122[7:0], v123[13:0], v124[13:0]);
    wire [12:0] v125; assign v125[12:0] = model_inp[1144:1132];
    wire [17:0] v126; assign v126[17:0] = model_inp[1162:1145];
    wire [17:0] v127; shift_adder #(13, 18, 1, 1, 18, -3, 0) op_127 (v125[12:0], v126[17:0], v127[17:0]);
    wire [11:0] v128; assign v128[11:0] = model_inp[1174:1163];
    wire [10:0] v129; assign v129[10:0] = model_inp[1185:1175];
    wire [15:0] v130; shift_adder #(12, 11, 1, 1, 16, 5, 1) op_130 (v128[11:0], v129[10:0], v130[15:0]);
    wire [15:0] v131; assign v131[15:0] = model_inp[1201:1186];
    wire [15:0] v132; shift_adder #(15, 16, 1, 1, 16, 0, 0) op_132 (v51[14:0], v131[15:0], v132[15:0]);
    wire [12:0] v133; assign v133[12:0] = model_inp[1214:1202];
    wire [14:0] v134; assign v134[14:0] = model_inp[1229:1215];
    wire [16:0] v135; shift_adder #(13, 15, 1, 1, 17, 2, 1) op_135 (v133[12:0], v134[14:0], v135[16:0]);
    wire [15:0] v136; assign v136[15:0] = model_inp[1245:1230];
    wire [16:0] v137; shift_adder #(16, 13, 1, 1, 17, -1, 1) op_137 (v136[15:0], v69[12:0], v137[16:0]);
    wire [12:0] v138; assign v138[12:0] = model_inp[1258:1246];
    wire [16:0] v139; assign v139[16:0] = model_inp[1275:1259];
    wire [13:0] v140; assign v140[13:0] = model_inp[1289:1276];
    wire [16:0] v141; assign v141[16:0] = model_inp[1306:1290];
    wire [13:0] v142; assign v142[13:0] = model_inp[1320:1307];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[13:0] = v2[13:0];
    assign model_out[26:14] = v138[12:0];
    assign model_out[43:27] = v5[16:0];
    assign model_out[60:44] = v7[16:0];
    assign model_out[76:61] = v10[15:0];
    assign model_out[94:77] = v13[17:0];
    assign model_out[111:95] = v19[16:0];
    assign model_out[126:112] = v22[14:0];
    assign model_out[144:127] = v25[17:0];
    assign model_out[159:145] = v28[14:0];
    assign model_out[176:160] = v31[16:0];
    assign model_out[188:177] = v34[11:0];
    assign model_out[205:189] = v36[16:0];
    assign model_out[222:206] = v139[16:0];
    assign model_out[239:223] = v39[16:0];
    assign model_out[253:240] = v140[13:0];
    assign model_out[270:254] = v42[16:0];
    assign model_out[286:271] = v44[15:0];
    assign model_out[301:287] = v46[14:0];
    assign model_out[318:302] = v141[16:0];
    assign model_out[334:319] = v49[15:0];
    assign model_out[351:335] = v52[16:0];
    assign model_out[368:352] = v55[16:0];
    assign model_out[386:369] = v58[17:0];
    assign model_out[401:387] = v61[14:0];
    assign model_out[417:402] = v64[15:0];
    assign model_out[434:418] = v67[16:0];
    assign model_out[448:435] = v70[13:0];
    assign model_out[462:449] = v73[13:0];
    assign model_out[476:463] = v142[13:0];
    assign model_out[494:477] = v76[17:0];
    assign model_out[509:495] = v78[14:0];
    assign model_out[526:510] = v81[16:0];
    assign model_out[543:527] = v84[16:0];
    assign model_out[560:544] = v90[16:0];
    assign model_out[578:561] = v93[17:0];
    assign model_out[594:579] = v99[15:0];
    assign model_out[611:595] = v102[16:0];
    assign model_out[625:612] = v104[13:0];
    assign model_out[642:626] = v106[16:0];
    assign model_out[657:643] = v109[14:0];
    assign model_out[673:658] = v111[15:0];
    assign model_out[692:674] = v114[18:0];
    assign model_out[708:693] = v117[15:0];
    assign model_out[725:709] = v119[16:0];
    assign model_out[742:726] = v121[16:0];
    assign model_out[756:743] = v124[13:0];
    assign model_out[774:757] = v127[17:0];
    assign model_out[790:775] = v130[15:0];
    assign model_out[802:791] = v83[11:0];
    assign model_out[818:803] = v132[15:0];
    assign model_out[832:819] = v123[13:0];
    assign model_out[849:833] = v135[16:0];
    assign model_out[866:850] = v137[16:0];
    assign model_out[884:867] = v16[17:0];
    assign model_out[901:885] = v87[16:0];
    assign model_out[917:902] = v96[15:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage4 (
    input [917:0] model_inp,
    output [582:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [13:0] v0; assign v0[13:0] = model_inp[13:0];
    wire [12:0] v1; assign v1[12:0] = model_inp[26:14];
    wire [15:0] v2; shift_adder #(14, 13, 1, 1, 16, 3, 1) op_2 (v0[13:0], v1[12:0], v2[15:0]);
    wire [16:0] v3; assign v3[16:0] = model_inp[43:27];
    wire [16:0] v4; assign v4[16:0] = model_inp[60:44];
    wire [17:0] v5; shift_adder #(17, 17, 1, 1, 18, 0, 0) op_5 (v3[16:0], v4[16:0], v5[17:0]);
    wire [15:0] v6; assign v6[15:0] = model_inp[76:61];
    wire [17:0] v7; assign v7[17:0] = model_inp[94:77];
    wire [18:0] v8; shift_adder #(16, 18, 1, 1, 19, 0, 0) op_8 (v6[15:0], v7[17:0], v8[18:0]);
    wire [16:0] v9; assign v9[16:0] = model_inp[111:95];
    wire [14:0] v10; assign v10[14:0] = model_inp[126:112];
    wire [17:0] v11; shift_adder #(17, 15, 1, 1, 18, 2, 0) op_11 (v9[16:0], v10[14:0], v11[17:0]);
    wire [17:0] v12; assign v12[17:0] = model_inp[144:127];
    wire [14:0] v13; assign v13[14:0] = model_inp[159:145];
    wire [17:0] v14; shift_adder #(18, 15, 1, 1, 18, 1, 1) op_14 (v12[17:0], v13[14:0], v14[17:0]);
    wire [16:0] v15; assign v15[16:0] = model_inp[176:160];
    wire [11:0] v16; assign v16[11:0] = model_inp[188:177];
    wire [16:0] v17; shift_adder #(17, 12, 1, 1, 17, 0, 1) op_17 (v15[16:0], v16[11:0], v17[16:0]);
    wire [16:0] v18; assign v18[16:0] = model_inp[205:189];
    wire [16:0] v19; assign v19[16:0] = model_inp[222:206];
    wire [18:0] v20; shift_adder #(17, 17, 1, 1, 19, 1, 1) op_20 (v18[16:0], v19[16:0], v20[18:0]);
    wire [16:0] v21; assign v21[16:0] = model_inp[239:223];
    wire [13:0] v22; assign v22[13:0] = model_inp[253:240];
    wire [17:0] v23; shift_adder #(17, 14, 1, 1, 18, 3, 1) op_23 (v21[16:0], v22[13:0], v23[17:0]);
    wire [16:0] v24; assign v24[16:0] = model_inp[270:254];
    wire [15:0] v25; assign v25[15:0] = model_inp[286:271];
    wire [17:0] v26; shift_adder #(17, 16, 1, 1, 18, 1, 0) op_26 (v24[16:0], v25[15:0], v26[17:0]);
    wire [14:0] v27; assign v27[14:0] = model_inp[301:287];
    wire [16:0] v28; assign v28[16:0] = model_inp[318:302];
    wire [16:0] v29; shift_adder #(15, 17, 1, 1, 17, 0, 1) op_29 (v27[14:0], v28[16:0], v29[16:0]);
    wire [15:0] v30; assign v30[15:0] = model_inp[334:319];
    wire [16:0] v31; assign v31[16:0] = model_inp[351:335];
    wire [17:0] v32; shift_adder #(16, 17, 1, 1, 18, 0, 0) op_32 (v30[15:0], v31[16:0], v32[17:0]);
    wire [16:0] v33; assign v33[16:0] = model_inp[368:352];
    wire [17:0] v34; assign v34[17:0] = model_inp[386:369];
    wire [18:0] v35; shift_adder #(17, 18, 1, 1, 19, -1, 0) op_35 (v33[16:0], v34[17:0], v35[18:0]);
    wire [14:0] v36; assign v36[14:0] = model_inp[401:387];
    wire [16:0] v37; shift_adder #(15, 15, 1, 1, 17, -1, 0) op_37 (v27[14:0], v36[14:0], v37[16:0]);
    wire [15:0] v38; assign v38[15:0] = model_inp[417:402];
    wire [16:0] v39; shift_adder #(15, 16, 1, 1, 17, 0, 0) op_39 (v36[14:0], v38[15:0], v39[16:0]);
    wire [16:0] v40; assign v40[16:0] = model_inp[434:418];
    wire [13:0] v41; assign v41[13:0] = model_inp[448:435];
    wire [18:0] v42; shift_adder #(17, 14, 1, 1, 19, 4, 1) op_42 (v40[16:0], v41[13:0], v42[18:0]);
    wire [13:0] v43; assign v43[13:0] = model_inp[462:449];
    wire [13:0] v44; assign v44[13:0] = model_inp[476:463];
    wire [15:0] v45; shift_adder #(14, 14, 1, 1, 16, -1, 1) op_45 (v43[13:0], v44[13:0], v45[15:0]);
    wire [17:0] v46; assign v46[17:0] = model_inp[494:477];
    wire [14:0] v47; assign v47[14:0] = model_inp[509:495];
    wire [18:0] v48; shift_adder #(18, 15, 1, 1, 19, 0, 1) op_48 (v46[17:0], v47[14:0], v48[18:0]);
    wire [16:0] v49; assign v49[16:0] = model_inp[526:510];
    wire [16:0] v50; assign v50[16:0] = model_inp[543:527];
    wire [17:0] v51; shift_adder #(17, 17, 1, 1, 18, 0, 0) op_51 (v49[16:0], v50[16:0], v51[17:0]);
    wire [16:0] v52; assign v52[16:0] = model_inp[560:544];
    wire [17:0] v53; assign v53[17:0] = model_inp[578:561];
    wire [17:0] v54; shift_adder #(17, 18, 1, 1, 18, 0, 0) op_54 (v52[16:0], v53[17:0], v54[17:0]);
    wire [15:0] v55; assign v55[15:0] = model_inp[594:579];
    wire [16:0] v56; assign v56[16:0] = model_inp[611:595];
    wire [17:0] v57; shift_adder #(16, 17, 1, 1, 18, 0, 0) op_57 (v55[15:0], v56[16:0], v57[17:0]);
    wire [13:0] v58; assign v58[13:0] = model_inp[625:612];
    wire [16:0] v59; assign v59[16:0] = model_inp[642:626];
    wire [18:0] v60; shift_adder #(14, 17, 1, 1, 19, -4, 1) op_60 (v58[13:0], v59[16:0], v60[18:0]);
    wire [14:0] v61; assign v61[14:0] = model_inp[657:643];
    wire [16:0] v62; shift_adder #(15, 15, 1, 1, 17, 1, 0) op_62 (v13[14:0], v61[14:0], v62[16:0]);
    wire [15:0] v63; assign v63[15:0] = model_inp[673:658];
    wire [18:0] v64; assign v64[18:0] = model_inp[692:674];
    wire [18:0] v65; shift_adder #(16, 19, 1, 1, 19, 0, 0) op_65 (v63[15:0], v64[18:0], v65[18:0]);
    wire [15:0] v66; assign v66[15:0] = model_inp[708:693];
    wire [16:0] v67; assign v67[16:0] = model_inp[725:709];
    wire [17:0] v68; shift_adder #(16, 17, 1, 1, 18, 0, 0) op_68 (v66[15:0], v67[16:0], v68[17:0]);
    wire [16:0] v69; assign v69[16:0] = model_inp[742:726];
    wire [17:0] v70; shift_adder #(17, 12, 1, 1, 18, -1, 0) op_70 (v69[16:0], v16[11:0], v70[17:0]);
    wire [13:0] v71; assign v71[13:0] = model_inp[756:743];
    wire [17:0] v72; assign v72[17:0] = model_inp[774:757];
    wire [18:0] v73; shift_adder #(14, 18, 1, 1, 19, -3, 0) op_73 (v71[13:0], v72[17:0], v73[18:0]);
    wire [15:0] v74; assign v74[15:0] = model_inp[790:775];
    wire [11:0] v75; assign v75[11:0] = model_inp[802:791];
    wire [15:0] v76; shift_adder #(16, 12, 1, 1, 16, 1, 1) op_76 (v74[15:0], v75[11:0], v76[15:0]);
    wire [15:0] v77; assign v77[15:0] = model_inp[818:803];
    wire [13:0] v78; assign v78[13:0] = model_inp[832:819];
    wire [16:0] v79; shift_adder #(16, 14, 1, 1, 17, 0, 1) op_79 (v77[15:0], v78[13:0], v79[16:0]);
    wire [16:0] v80; assign v80[16:0] = model_inp[849:833];
    wire [16:0] v81; assign v81[16:0] = model_inp[866:850];
    wire [17:0] v82; shift_adder #(17, 17, 1, 1, 18, 0, 0) op_82 (v80[16:0], v81[16:0], v82[17:0]);
    wire [17:0] v83; assign v83[17:0] = model_inp[884:867];
    wire [16:0] v84; assign v84[16:0] = model_inp[901:885];
    wire [15:0] v85; assign v85[15:0] = model_inp[917:902];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[15:0] = v2[15:0];
    assign model_out[33:16] = v5[17:0];
    assign model_out[52:34] = v8[18:0];
    assign model_out[70:53] = v83[17:0];
    assign model_out[88:71] = v11[17:0];
    assign model_out[106:89] = v14[17:0];
    assign model_out[123:107] = v17[16:0];
    assign model_out[142:124] = v20[18:0];
    assign model_out[160:143] = v23[17:0];
    assign model_out[178:161] = v26[17:0];
    assign model_out[195:179] = v29[16:0];
    assign model_out[213:196] = v32[17:0];
    assign model_out[232:214] = v35[18:0];
    assign model_out[249:233] = v37[16:0];
    assign model_out[266:250] = v39[16:0];
    assign model_out[285:267] = v42[18:0];
    assign model_out[301:286] = v45[15:0];
    assign model_out[320:302] = v48[18:0];
    assign model_out[338:321] = v51[17:0];
    assign model_out[355:339] = v84[16:0];
    assign model_out[373:356] = v54[17:0];
    assign model_out[389:374] = v85[15:0];
    assign model_out[407:390] = v57[17:0];
    assign model_out[426:408] = v60[18:0];
    assign model_out[443:427] = v62[16:0];
    assign model_out[462:444] = v65[18:0];
    assign model_out[480:463] = v68[17:0];
    assign model_out[498:481] = v70[17:0];
    assign model_out[514:499] = v76[15:0];
    assign model_out[528:515] = v71[13:0];
    assign model_out[545:529] = v79[16:0];
    assign model_out[563:546] = v82[17:0];
    assign model_out[582:564] = v73[18:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage5 (
    input [582:0] model_inp,
    output [319:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [15:0] v0; assign v0[15:0] = model_inp[15:0];
    wire [17:0] v1; assign v1[17:0] = model_inp[33:16];
    wire [18:0] v2; shift_adder #(16, 18, 1, 1, 19, -1, 0) op_2 (v0[15:0], v1[17:0], v2[18:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[52:34];
    wire [17:0] v4; assign v4[17:0] = model_inp[70:53];
    wire [18:0] v5; shift_adder #(19, 18, 1, 1, 19, 0, 1) op_5 (v3[18:0], v4[17:0], v5[18:0]);
    wire [17:0] v6; assign v6[17:0] = model_inp[88:71];
    wire [17:0] v7; assign v7[17:0] = model_inp[106:89];
    wire [18:0] v8; shift_adder #(18, 18, 1, 1, 19, 0, 0) op_8 (v6[17:0], v7[17:0], v8[18:0]);
    wire [16:0] v9; assign v9[16:0] = model_inp[123:107];
    wire [18:0] v10; assign v10[18:0] = model_inp[142:124];
    wire [18:0] v11; shift_adder #(17, 19, 1, 1, 19, 0, 0) op_11 (v9[16:0], v10[18:0], v11[18:0]);
    wire [17:0] v12; assign v12[17:0] = model_inp[160:143];
    wire [17:0] v13; assign v13[17:0] = model_inp[178:161];
    wire [18:0] v14; shift_adder #(18, 18, 1, 1, 19, 0, 0) op_14 (v12[17:0], v13[17:0], v14[18:0]);
    wire [16:0] v15; assign v15[16:0] = model_inp[195:179];
    wire [17:0] v16; assign v16[17:0] = model_inp[213:196];
    wire [18:0] v17; shift_adder #(17, 18, 1, 1, 19, 0, 0) op_17 (v15[16:0], v16[17:0], v17[18:0]);
    wire [18:0] v18; assign v18[18:0] = model_inp[232:214];
    wire [16:0] v19; assign v19[16:0] = model_inp[249:233];
    wire [18:0] v20; shift_adder #(19, 17, 1, 1, 19, 0, 1) op_20 (v18[18:0], v19[16:0], v20[18:0]);
    wire [16:0] v21; assign v21[16:0] = model_inp[266:250];
    wire [18:0] v22; assign v22[18:0] = model_inp[285:267];
    wire [18:0] v23; shift_adder #(17, 19, 1, 1, 19, 0, 0) op_23 (v21[16:0], v22[18:0], v23[18:0]);
    wire [15:0] v24; assign v24[15:0] = model_inp[301:286];
    wire [18:0] v25; assign v25[18:0] = model_inp[320:302];
    wire [18:0] v26; shift_adder #(16, 19, 1, 1, 19, -2, 0) op_26 (v24[15:0], v25[18:0], v26[18:0]);
    wire [17:0] v27; assign v27[17:0] = model_inp[338:321];
    wire [16:0] v28; assign v28[16:0] = model_inp[355:339];
    wire [18:0] v29; shift_adder #(18, 17, 1, 1, 19, 0, 1) op_29 (v27[17:0], v28[16:0], v29[18:0]);
    wire [17:0] v30; assign v30[17:0] = model_inp[373:356];
    wire [15:0] v31; assign v31[15:0] = model_inp[389:374];
    wire [18:0] v32; shift_adder #(18, 16, 1, 1, 19, 0, 1) op_32 (v30[17:0], v31[15:0], v32[18:0]);
    wire [17:0] v33; assign v33[17:0] = model_inp[407:390];
    wire [18:0] v34; assign v34[18:0] = model_inp[426:408];
    wire [18:0] v35; shift_adder #(18, 19, 1, 1, 19, 0, 0) op_35 (v33[17:0], v34[18:0], v35[18:0]);
    wire [16:0] v36; assign v36[16:0] = model_inp[443:427];
    wire [18:0] v37; assign v37[18:0] = model_inp[462:444];
    wire [18:0] v38; shift_adder #(17, 19, 1, 1, 19, 0, 0) op_38 (v36[16:0], v37[18:0], v38[18:0]);
    wire [17:0] v39; assign v39[17:0] = model_inp[480:463];
    wire [17:0] v40; assign v40[17:0] = model_inp[498:481];
    wire [18:0] v41; shift_adder #(18, 18, 1, 1, 19, 0, 1) op_41 (v39[17:0], v40[17:0], v41[18:0]);
    wire [15:0] v42; assign v42[15:0] = model_inp[514:499];
    wire [13:0] v43; assign v43[13:0] = model_inp[528:515];
    wire [16:0] v44; shift_adder #(16, 14, 1, 1, 17, 1, 1) op_44 (v42[15:0], v43[13:0], v44[16:0]);
    wire [16:0] v45; assign v45[16:0] = model_inp[545:529];
    wire [17:0] v46; assign v46[17:0] = model_inp[563:546];
    wire [17:0] v47; shift_adder #(17, 18, 1, 1, 18, 0, 0) op_47 (v45[16:0], v46[17:0], v47[17:0]);
    wire [18:0] v48; assign v48[18:0] = model_inp[582:564];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[18:0] = v17[18:0];
    assign model_out[37:19] = v20[18:0];
    assign model_out[56:38] = v26[18:0];
    assign model_out[75:57] = v23[18:0];
    assign model_out[94:76] = v29[18:0];
    assign model_out[113:95] = v32[18:0];
    assign model_out[132:114] = v48[18:0];
    assign model_out[149:133] = v44[16:0];
    assign model_out[168:150] = v14[18:0];
    assign model_out[187:169] = v11[18:0];
    assign model_out[206:188] = v41[18:0];
    assign model_out[225:207] = v8[18:0];
    assign model_out[244:226] = v38[18:0];
    assign model_out[262:245] = v47[17:0];
    assign model_out[281:263] = v5[18:0];
    assign model_out[300:282] = v2[18:0];
    assign model_out[319:301] = v35[18:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage6 (
    input [319:0] model_inp,
    output [326:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [18:0] v0; assign v0[18:0] = model_inp[18:0];
    wire [18:0] v1; assign v1[18:0] = model_inp[37:19];
    wire [19:0] v2; shift_adder #(19, 19, 1, 1, 20, 0, 0) op_2 (v0[18:0], v1[18:0], v2[19:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[56:38];
    wire [18:0] v4; assign v4[18:0] = model_inp[75:57];
    wire [19:0] v5; shift_adder #(19, 19, 1, 1, 20, 0, 1) op_5 (v3[18:0], v4[18:0], v5[19:0]);
    wire [18:0] v6; assign v6[18:0] = model_inp[94:76];
    wire [18:0] v7; assign v7[18:0] = model_inp[113:95];
    wire [19:0] v8; shift_adder #(19, 19, 1, 1, 20, 0, 1) op_8 (v6[18:0], v7[18:0], v8[19:0]);
    wire [18:0] v9; assign v9[18:0] = model_inp[132:114];
    wire [16:0] v10; assign v10[16:0] = model_inp[149:133];
    wire [18:0] v11; shift_adder #(19, 17, 1, 1, 19, 0, 0) op_11 (v9[18:0], v10[16:0], v11[18:0]);
    wire [19:0] v12; shift_adder #(19, 19, 1, 1, 20, 0, 1) op_12 (v6[18:0], v0[18:0], v12[19:0]);
    wire [18:0] v13; assign v13[18:0] = model_inp[168:150];
    wire [19:0] v14; shift_adder #(19, 19, 1, 1, 20, 0, 0) op_14 (v0[18:0], v13[18:0], v14[19:0]);
    wire [18:0] v15; assign v15[18:0] = model_inp[187:169];
    wire [18:0] v16; assign v16[18:0] = model_inp[206:188];
    wire [18:0] v17; assign v17[18:0] = model_inp[225:207];
    wire [18:0] v18; assign v18[18:0] = model_inp[244:226];
    wire [17:0] v19; assign v19[17:0] = model_inp[262:245];
    wire [18:0] v20; assign v20[18:0] = model_inp[281:263];
    wire [18:0] v21; assign v21[18:0] = model_inp[300:282];
    wire [18:0] v22; assign v22[18:0] = model_inp[319:301];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[18:0] = v13[18:0];
    assign model_out[38:19] = v2[19:0];
    assign model_out[57:39] = v0[18:0];
    assign model_out[77:58] = v8[19:0];
    assign model_out[96:78] = v15[18:0];
    assign model_out[115:97] = v16[18:0];
    assign model_out[134:116] = v17[18:0];
    assign model_out[153:135] = v18[18:0];
    assign model_out[172:154] = v11[18:0];
    assign model_out[190:173] = v19[17:0];
    assign model_out[209:191] = v20[18:0];
    assign model_out[228:210] = v21[18:0];
    assign model_out[247:229] = v4[18:0];
    assign model_out[267:248] = v5[19:0];
    assign model_out[286:268] = v22[18:0];
    assign model_out[306:287] = v12[19:0];
    assign model_out[326:307] = v14[19:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage7 (
    input [326:0] model_inp,
    output [308:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [18:0] v0; assign v0[18:0] = model_inp[18:0];
    wire [19:0] v1; assign v1[19:0] = model_inp[38:19];
    wire [20:0] v2; shift_adder #(19, 20, 1, 1, 21, 0, 0) op_2 (v0[18:0], v1[19:0], v2[20:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[57:39];
    wire [19:0] v4; assign v4[19:0] = model_inp[77:58];
    wire [19:0] v5; shift_adder #(19, 20, 1, 1, 20, 0, 1) op_5 (v3[18:0], v4[19:0], v5[19:0]);
    wire [18:0] v6; assign v6[18:0] = model_inp[96:78];
    wire [18:0] v7; assign v7[18:0] = model_inp[115:97];
    wire [18:0] v8; assign v8[18:0] = model_inp[134:116];
    wire [18:0] v9; assign v9[18:0] = model_inp[153:135];
    wire [18:0] v10; assign v10[18:0] = model_inp[172:154];
    wire [17:0] v11; assign v11[17:0] = model_inp[190:173];
    wire [18:0] v12; assign v12[18:0] = model_inp[209:191];
    wire [18:0] v13; assign v13[18:0] = model_inp[228:210];
    wire [18:0] v14; assign v14[18:0] = model_inp[247:229];
    wire [19:0] v15; assign v15[19:0] = model_inp[267:248];
    wire [18:0] v16; assign v16[18:0] = model_inp[286:268];
    wire [19:0] v17; assign v17[19:0] = model_inp[306:287];
    wire [19:0] v18; assign v18[19:0] = model_inp[326:307];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[18:0] = v6[18:0];
    assign model_out[39:19] = v2[20:0];
    assign model_out[58:40] = v7[18:0];
    assign model_out[78:59] = v5[19:0];
    assign model_out[97:79] = v8[18:0];
    assign model_out[116:98] = v9[18:0];
    assign model_out[135:117] = v10[18:0];
    assign model_out[153:136] = v11[17:0];
    assign model_out[172:154] = v12[18:0];
    assign model_out[191:173] = v13[18:0];
    assign model_out[210:192] = v14[18:0];
    assign model_out[230:211] = v15[19:0];
    assign model_out[249:231] = v16[18:0];
    assign model_out[268:250] = v3[18:0];
    assign model_out[288:269] = v17[19:0];
    assign model_out[308:289] = v18[19:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage8 (
    input [308:0] model_inp,
    output [312:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [18:0] v0; assign v0[18:0] = model_inp[18:0];
    wire [20:0] v1; assign v1[20:0] = model_inp[39:19];
    wire [20:0] v2; shift_adder #(19, 21, 1, 1, 21, 0, 1) op_2 (v0[18:0], v1[20:0], v2[20:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[58:40];
    wire [19:0] v4; assign v4[19:0] = model_inp[78:59];
    wire [20:0] v5; shift_adder #(19, 20, 1, 1, 21, 0, 0) op_5 (v3[18:0], v4[19:0], v5[20:0]);
    wire [18:0] v6; assign v6[18:0] = model_inp[97:79];
    wire [18:0] v7; assign v7[18:0] = model_inp[116:98];
    wire [18:0] v8; assign v8[18:0] = model_inp[135:117];
    wire [17:0] v9; assign v9[17:0] = model_inp[153:136];
    wire [18:0] v10; assign v10[18:0] = model_inp[172:154];
    wire [18:0] v11; assign v11[18:0] = model_inp[191:173];
    wire [18:0] v12; assign v12[18:0] = model_inp[210:192];
    wire [19:0] v13; assign v13[19:0] = model_inp[230:211];
    wire [18:0] v14; assign v14[18:0] = model_inp[249:231];
    wire [18:0] v15; assign v15[18:0] = model_inp[268:250];
    wire [19:0] v16; assign v16[19:0] = model_inp[288:269];
    wire [19:0] v17; assign v17[19:0] = model_inp[308:289];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[18:0] = v6[18:0];
    assign model_out[39:19] = v2[20:0];
    assign model_out[58:40] = v7[18:0];
    assign model_out[79:59] = v5[20:0];
    assign model_out[98:80] = v8[18:0];
    assign model_out[116:99] = v9[17:0];
    assign model_out[135:117] = v10[18:0];
    assign model_out[154:136] = v11[18:0];
    assign model_out[173:155] = v12[18:0];
    assign model_out[193:174] = v13[19:0];
    assign model_out[213:194] = v4[19:0];
    assign model_out[234:214] = v1[20:0];
    assign model_out[253:235] = v14[18:0];
    assign model_out[272:254] = v15[18:0];
    assign model_out[292:273] = v16[19:0];
    assign model_out[312:293] = v17[19:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage9 (
    input [312:0] model_inp,
    output [321:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [18:0] v0; assign v0[18:0] = model_inp[18:0];
    wire [20:0] v1; assign v1[20:0] = model_inp[39:19];
    wire [20:0] v2; shift_adder #(19, 21, 1, 1, 21, 0, 1) op_2 (v0[18:0], v1[20:0], v2[20:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[58:40];
    wire [20:0] v4; assign v4[20:0] = model_inp[79:59];
    wire [20:0] v5; shift_adder #(19, 21, 1, 1, 21, 0, 1) op_5 (v3[18:0], v4[20:0], v5[20:0]);
    wire [18:0] v6; assign v6[18:0] = model_inp[98:80];
    wire [20:0] v7; shift_adder #(19, 21, 1, 1, 21, 0, 0) op_7 (v6[18:0], v1[20:0], v7[20:0]);
    wire [17:0] v8; assign v8[17:0] = model_inp[116:99];
    wire [20:0] v9; shift_adder #(18, 21, 1, 1, 21, 0, 0) op_9 (v8[17:0], v1[20:0], v9[20:0]);
    wire [18:0] v10; assign v10[18:0] = model_inp[135:117];
    wire [18:0] v11; assign v11[18:0] = model_inp[154:136];
    wire [18:0] v12; assign v12[18:0] = model_inp[173:155];
    wire [19:0] v13; assign v13[19:0] = model_inp[193:174];
    wire [19:0] v14; assign v14[19:0] = model_inp[213:194];
    wire [20:0] v15; assign v15[20:0] = model_inp[234:214];
    wire [18:0] v16; assign v16[18:0] = model_inp[253:235];
    wire [18:0] v17; assign v17[18:0] = model_inp[272:254];
    wire [19:0] v18; assign v18[19:0] = model_inp[292:273];
    wire [19:0] v19; assign v19[19:0] = model_inp[312:293];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[18:0] = v10[18:0];
    assign model_out[39:19] = v2[20:0];
    assign model_out[58:40] = v11[18:0];
    assign model_out[77:59] = v12[18:0];
    assign model_out[97:78] = v13[19:0];
    assign model_out[117:98] = v14[19:0];
    assign model_out[138:118] = v15[20:0];
    assign model_out[157:139] = v16[18:0];
    assign model_out[178:158] = v5[20:0];
    assign model_out[199:179] = v7[20:0];
    assign model_out[220:200] = v1[20:0];
    assign model_out[239:221] = v17[18:0];
    assign model_out[259:240] = v18[19:0];
    assign model_out[280:260] = v9[20:0];
    assign model_out[300:281] = v19[19:0];
    assign model_out[321:301] = v4[20:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage10 (
    input [321:0] model_inp,
    output [324:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [18:0] v0; assign v0[18:0] = model_inp[18:0];
    wire [20:0] v1; assign v1[20:0] = model_inp[39:19];
    wire [21:0] v2; shift_adder #(19, 21, 1, 1, 22, 0, 0) op_2 (v0[18:0], v1[20:0], v2[21:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[58:40];
    wire [18:0] v4; assign v4[18:0] = model_inp[77:59];
    wire [19:0] v5; assign v5[19:0] = model_inp[97:78];
    wire [19:0] v6; assign v6[19:0] = model_inp[117:98];
    wire [20:0] v7; assign v7[20:0] = model_inp[138:118];
    wire [18:0] v8; assign v8[18:0] = model_inp[157:139];
    wire [20:0] v9; assign v9[20:0] = model_inp[178:158];
    wire [20:0] v10; assign v10[20:0] = model_inp[199:179];
    wire [20:0] v11; assign v11[20:0] = model_inp[220:200];
    wire [18:0] v12; assign v12[18:0] = model_inp[239:221];
    wire [19:0] v13; assign v13[19:0] = model_inp[259:240];
    wire [20:0] v14; assign v14[20:0] = model_inp[280:260];
    wire [19:0] v15; assign v15[19:0] = model_inp[300:281];
    wire [20:0] v16; assign v16[20:0] = model_inp[321:301];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[18:0] = v3[18:0];
    assign model_out[40:19] = v2[21:0];
    assign model_out[59:41] = v4[18:0];
    assign model_out[79:60] = v5[19:0];
    assign model_out[100:80] = v1[20:0];
    assign model_out[120:101] = v6[19:0];
    assign model_out[141:121] = v7[20:0];
    assign model_out[160:142] = v8[18:0];
    assign model_out[181:161] = v9[20:0];
    assign model_out[202:182] = v10[20:0];
    assign model_out[223:203] = v11[20:0];
    assign model_out[242:224] = v12[18:0];
    assign model_out[262:243] = v13[19:0];
    assign model_out[283:263] = v14[20:0];
    assign model_out[303:284] = v15[19:0];
    assign model_out[324:304] = v16[20:0];

endmodule

`timescale 1 ns / 1 ps

module unit_stage11 (
    input [324:0] model_inp,
    output [327:0] model_out
);

    // verilator lint_off UNUSEDSIGNAL
    // Explicit quantization operation will drop bits if exists

    wire [18:0] v0; assign v0[18:0] = model_inp[18:0];
    wire [21:0] v1; assign v1[21:0] = model_inp[40:19];
    wire [21:0] v2; shift_adder #(19, 22, 1, 1, 22, 0, 1) op_2 (v0[18:0], v1[21:0], v2[21:0]);
    wire [18:0] v3; assign v3[18:0] = model_inp[59:41];
    wire [19:0] v4; assign v4[19:0] = model_inp[79:60];
    wire [20:0] v5; assign v5[20:0] = model_inp[100:80];
    wire [19:0] v6; assign v6[19:0] = model_inp[120:101];
    wire [20:0] v7; assign v7[20:0] = model_inp[141:121];
    wire [18:0] v8; assign v8[18:0] = model_inp[160:142];
    wire [20:0] v9; assign v9[20:0] = model_inp[181:161];
    wire [20:0] v10; assign v10[20:0] = model_inp[202:182];
    wire [20:0] v11; assign v11[20:0] = model_inp[223:203];
    wire [18:0] v12; assign v12[18:0] = model_inp[242:224];
    wire [19:0] v13; assign v13[19:0] = model_inp[262:243];
    wire [20:0] v14; assign v14[20:0] = model_inp[283:263];
    wire [19:0] v15; assign v15[19:0] = model_inp[303:284];
    wire [20:0] v16; assign v16[20:0] = model_inp[324:304];

    // verilator lint_on UNUSEDSIGNAL

    assign model_out[21:0] = v2[21:0];
    assign model_out[43:22] = v1[21:0];
    assign model_out[62:44] = v3[18:0];
    assign model_out[82:63] = v4[19:0];
    assign model_out[103:83] = v5[20:0];
    assign model_out[123:104] = v6[19:0];
    assign model_out[144:124] = v7[20:0];
    assign model_out[163:145] = v8[18:0];
    assign model_out[184:164] = v9[20:0];
    assign model_out[205:185] = v10[20:0];
    assign model_out[226:206] = v11[20:0];
    assign model_out[245:227] = v12[18:0];
    assign model_out[265:246] = v13[19:0];
    assign model_out[286:266] = v14[20:0];
    assign model_out[306:287] = v15[19:0];
    assign model_out[327:307] = v16[20:0];

endmodule

`timescale 1 ns / 1 ps

module unit (
    input clk,
    input [127:0] model_inp,
    output reg [327:0] model_out
);

    reg [127:0] stage0_inp;
    reg [833:0] stage1_inp;
    reg [1434:0] stage2_inp;
    reg [1320:0] stage3_inp;
    reg [917:0] stage4_inp;
    reg [582:0] stage5_inp;
    reg [319:0] stage6_inp;
    reg [326:0] stage7_inp;
    reg [308:0] stage8_inp;
    reg [312:0] stage9_inp;
    reg [321:0] stage10_inp;
    reg [324:0] stage11_inp;
    wire [833:0] stage0_out;
    wire [1434:0] stage1_out;
    wire [1320:0] stage2_out;
    wire [917:0] stage3_out;
    wire [582:0] stage4_out;
    wire [319:0] stage5_out;
    wire [326:0] stage6_out;
    wire [308:0] stage7_out;
    wire [312:0] stage8_out;
    wire [321:0] stage9_out;
    wire [324:0] stage10_out;
    wire [327:0] stage11_out;

    unit_stage0 stage0 (.model_inp(stage0_inp), .model_out(stage0_out));
    unit_stage1 stage1 (.model_inp(stage1_inp), .model_out(stage1_out));
    unit_stage2 stage2 (.model_inp(stage2_inp), .model_out(stage2_out));
    unit_stage3 stage3 (.model_inp(stage3_inp), .model_out(stage3_out));
    unit_stage4 stage4 (.model_inp(stage4_inp), .model_out(stage4_out));
    unit_stage5 stage5 (.model_inp(stage5_inp), .model_out(stage5_out));
    unit_stage6 stage6 (.model_inp(stage6_inp), .model_out(stage6_out));
    unit_stage7 stage7 (.model_inp(stage7_inp), .model_out(stage7_out));
    unit_stage8 stage8 (.model_inp(stage8_inp), .model_out(stage8_out));
    unit_stage9 stage9 (.model_inp(stage9_inp), .model_out(stage9_out));
    unit_stage10 stage10 (.model_inp(stage10_inp), .model_out(stage10_out));
    unit_stage11 stage11 (.model_inp(stage11_inp), .model_out(stage11_out));

    always @(posedge clk) begin
        stage0_inp <= model_inp;
        stage1_inp <= stage0_out;
        stage2_inp <= stage1_out;
        stage3_inp <= stage2_out;
        stage4_inp <= stage3_out;
        stage5_inp <= stage4_out;
        stage6_inp <= stage5_out;
        stage7_inp <= stage6_out;
        stage8_inp <= stage7_out;
        stage9_inp <= stage8_out;
        stage10_inp <= stage9_out;
        stage11_inp <= stage10_out;
        model_out <= stage11_out;
    end
endmodule

`timescale 1ns / 1ps


module shift_adder #(
    parameter BW_INPUT0 = 32,
    parameter BW_INPUT1 = 32,
    parameter SIGNED0 = 0,
    parameter SIGNED1 = 0,
    parameter BW_OUT = 32,
    parameter SHIFT1 = 0,
    parameter IS_SUB = 0
) (
    input [BW_INPUT0-1:0] in0,
    input [BW_INPUT1-1:0] in1,
    output [BW_OUT-1:0] out
);

  localparam IN0_NEED_BITS = (SHIFT1 < 0) ? BW_INPUT0 - SHIFT1 : BW_INPUT0;
  localparam IN1_NEED_BITS = (SHIFT1 > 0) ? BW_INPUT1 + SHIFT1 : BW_INPUT1;
  localparam EXTRA_PAD = (SIGNED0 != SIGNED1) ? IS_SUB + 1 : IS_SUB + 0;
  localparam BW_ADD = (IN0_NEED_BITS > IN1_NEED_BITS) ? IN0_NEED_BITS + EXTRA_PAD + 1 : IN1_NEED_BITS + EXTRA_PAD + 1;
  localparam IN0_PAD_LEFT = (SHIFT1 < 0) ? BW_ADD - BW_INPUT0 + SHIFT1 : BW_ADD - BW_INPUT0;
  localparam IN0_PAD_RIGHT = (SHIFT1 < 0) ? -SHIFT1 : 0;
  localparam IN1_PAD_LEFT = (SHIFT1 > 0) ? BW_ADD - BW_INPUT1 - SHIFT1 : BW_ADD - BW_INPUT1;
  localparam IN1_PAD_RIGHT = (SHIFT1 > 0) ? SHIFT1 : 0;

  wire [BW_ADD-1:0] in0_ext;
  wire [BW_ADD-1:0] in1_ext;

  // verilator lint_off UNUSEDSIGNAL
  wire [BW_ADD-1:0] accum;
  // verilator lint_on UNUSEDSIGNAL

  generate
    if (SIGNED0 == 1) begin : in0_is_signed
      assign in0_ext = {{IN0_PAD_LEFT{in0[BW_INPUT0-1]}}, in0, {IN0_PAD_RIGHT{1'b0}}};
    end else begin : in0_is_unsigned
      assign in0_ext = {{IN0_PAD_LEFT{1'b0}}, in0, {IN0_PAD_RIGHT{1'b0}}};
    end
  endgenerate

  generate
    if (SIGNED1 == 1) begin : in1_is_signed
      assign in1_ext = {{IN1_PAD_LEFT{in1[BW_INPUT1-1]}}, in1, {IN1_PAD_RIGHT{1'b0}}};
    end else begin : in1_is_unsigned
      assign in1_ext = {{IN1_PAD_LEFT{1'b0}}, in1, {IN1_PAD_RIGHT{1'b0}}};
    end
  endgenerate

  generate
    if (IS_SUB == 1) begin : is_sub
      assign accum = in0_ext - in1_ext;
    end else begin : is_add
      assign accum = in0_ext + in1_ext;
    end
  endgenerate
  assign out = accum[BW_OUT-1:0];

endmodule

`timescale 1ns / 1ps


module negative #(
    parameter BW_IN = 32,
    parameter BW_OUT = 32,
    parameter IN_SIGNED = 0
) (
    // verilator lint_off UNUSEDSIGNAL
    input  [ BW_IN-1:0] in,
    // verilator lint_off UNUSEDSIGNAL
    output [BW_OUT-1:0] out
);
  /* verilator lint_off WIDTHTRUNC */
  generate
    if (BW_IN < BW_OUT) begin : in_is_smaller
      wire [BW_OUT-1:0] in_ext;
      if (IN_SIGNED == 1) begin : is_signed
        assign in_ext = {{BW_OUT - BW_IN{in[BW_IN-1]}}, in};
      end else begin : is_unsigned
        assign in_ext = {{BW_OUT - BW_IN{1'b0}}, in};
      end
      assign out = -in_ext;
    end else begin : in_is_bigger
      wire [BW_IN-1:0] out_ext;
      assign out_ext = -in;
      assign out = out_ext[BW_OUT-1:0];
    end
  endgenerate
  /* verilator lint_on WIDTHTRUNC */
endmodule
