// Plays packets from source.bin into the design and records what comes out, without the help of
// Python in any cycle. All files are streamed, so that nothing here depends on their sizes.
//
// source.bin    big-endian words; a packet is: beats, results to wait for before it, the beats
// accepted.bin  for each packet the cycle of its first beat (two words, low one first)
// weights.bin   big-endian beats of s_axis_w, played over and over (if WEIGHTS, its width, is defined)
// results.bin   for each result packet the cycle of its last beat (two words), beats up to there
// beats.bin     the data of all result beats
//
// If PROBE is defined, a module `probe` is here as well, which looks at what the design does.
//
// Plusargs: packets, expect (result packets), timeout (cycles without a transfer), stall (of 65536,
// how often either side pauses), source_seed and sink_seed (not 0).
module stream_bench (
    input wire clk /* verilator public_flat_rw */,
    input wire rst /* verilator public_flat_rw */,
    output wire finished /* verilator public_flat_rd */
);
    localparam RUNNING = 0, DONE = 1, TIMEOUT = 2, UNKNOWN = 3, BROKEN = 4, SURPLUS = 5;

    reg [2:0]  status /* verilator public_flat_rd */ = RUNNING;
    reg [63:0] cycle /* verilator public_flat_rd */ = 0;
    reg [31:0] sent /* verilator public_flat_rd */ = 0;      // packets
    reg [31:0] taken /* verilator public_flat_rd */ = 0;     // beats of the packet under way
    reg [31:0] received /* verilator public_flat_rd */ = 0;  // result packets
    assign finished = status != RUNNING;

    reg [31:0] s_data = 0, m_kept = 0, source_noise, sink_noise, idle = 0;
    reg        s_valid = 0, s_first = 0, s_last = 0, m_ready = 0, m_held = 0, m_kept_last = 0;
    wire       s_ready, m_valid, m_last;
    wire [31:0] m_data;

`ifdef WEIGHTS
    reg [`WEIGHTS-1:0] w_data = 0;
    reg        w_valid = 0;
    wire       w_ready;
    wire       w_moved = w_valid && w_ready;
    wire       w_unknown = w_ready === 1'bx;
`else
    wire       w_moved = 0, w_unknown = 0;
`endif

    `DUT dut (
`ifdef WEIGHTS
        .s_axis_w_tdata(w_data), .s_axis_w_tvalid(w_valid), .s_axis_w_tready(w_ready),
`endif
        .clk(clk), .rst(rst),
        .s_axis_tdata(s_data), .s_axis_tvalid(s_valid), .s_axis_tready(s_ready),
        .s_axis_tlast(s_last),
        .m_axis_tdata(m_data), .m_axis_tvalid(m_valid), .m_axis_tready(m_ready),
        .m_axis_tlast(m_last),
        .s_axil_awaddr(8'd0), .s_axil_awprot(3'd0), .s_axil_awvalid(1'b0), .s_axil_awready(),
        .s_axil_wdata(32'd0), .s_axil_wstrb(4'd0), .s_axil_wvalid(1'b0), .s_axil_wready(),
        .s_axil_bresp(), .s_axil_bvalid(), .s_axil_bready(1'b0),
        .s_axil_araddr(8'd0), .s_axil_arprot(3'd0), .s_axil_arvalid(1'b0), .s_axil_arready(),
        .s_axil_rdata(), .s_axil_rresp(), .s_axil_rvalid(), .s_axil_rready(1'b0)
    );

`ifdef PROBE
    probe probe ();
`endif

    function [31:0] xorshift(input [31:0] x);
        begin
            xorshift = x ^ (x << 13);
            xorshift = xorshift ^ (xorshift >> 17);
            xorshift = xorshift ^ (xorshift << 5);
        end
    endfunction

    integer source, accepted, results, beats, found;
    reg [31:0] packets, expect_results, timeout, stall;
    initial begin
        found = $value$plusargs("packets=%d", packets);
        found = $value$plusargs("expect=%d", expect_results);
        found = $value$plusargs("timeout=%d", timeout);
        found = $value$plusargs("stall=%d", stall);
        found = $value$plusargs("source_seed=%d", source_noise);
        found = $value$plusargs("sink_seed=%d", sink_noise);
        source = $fopen("source.bin", "rb");
        accepted = $fopen("accepted.bin", "wb");
        results = $fopen("results.bin", "wb");
        beats = $fopen("beats.bin", "wb");
    end

    // Source: the state of the file is in blocking variables, the stream in registers.
    reg [31:0] begun = 0, left = 0, after = 0, word = 0;
    reg        fresh = 0;
    always @(posedge clk) if (!rst && !finished) begin
        source_noise = xorshift(source_noise);
        if (s_valid && s_ready) begin
            if (s_first) $fwrite(accepted, "%u%u", cycle[31:0], cycle[63:32]);
            taken <= s_last ? 0 : taken + 1;
            sent <= sent + s_last;
        end
        if (!s_valid || s_ready) begin
            s_valid <= 0;
            if (left == 0 && begun != packets) begin
                found = $fread(left, source);
                found = $fread(after, source);
                begun = begun + 1;
                fresh = 1;
            end
            if (left != 0 && received >= after && source_noise[15:0] >= stall) begin
                found = $fread(word, source);
                s_data <= word;
                s_valid <= 1;
                s_first <= fresh;
                s_last <= left == 1;
                left = left - 1;
                fresh = 0;
            end
        end
    end

`ifdef WEIGHTS
    integer weights, weight_bytes;
    reg [31:0] weight_noise;
    reg [`WEIGHTS-1:0] beat;
    initial begin
        found = $value$plusargs("weight_seed=%d", weight_noise);
        weights = $fopen("weights.bin", "rb");
    end
    always @(posedge clk) if (!rst && !finished) begin
        weight_noise = xorshift(weight_noise);
        if (!w_valid || w_ready) begin
            w_valid <= 0;
            if (weight_noise[15:0] >= stall) begin
                weight_bytes = $fread(beat, weights);
                if (weight_bytes == 0) begin
                    found = $rewind(weights);
                    weight_bytes = $fread(beat, weights);
                end
                w_data <= beat;
                w_valid <= weight_bytes != 0;
            end
        end
    end
`endif

    // Sink.
    reg [31:0] count = 0;
    always @(posedge clk) if (!rst && !finished) begin
        sink_noise = xorshift(sink_noise);
        m_ready <= sink_noise[15:0] >= stall;
        if (m_valid && m_ready) begin
            count = count + 1;
            $fwrite(beats, "%u", m_data);
            if (m_last) begin
                $fwrite(results, "%u%u%u", cycle[31:0], cycle[63:32], count);
                received <= received + 1;
            end
        end
    end

    // Why it ends. Icarus knows unknown bits; a design that shows some has read what nobody wrote.
    wire unknown = w_unknown || ^{s_ready, m_valid} === 1'bx || (m_valid && ^{m_data, m_last} === 1'bx);
    wire broken = m_held && (!m_valid || m_data != m_kept || m_last != m_kept_last);
    wire moved = w_moved || (s_valid && s_ready) || (m_valid && m_ready);
    always @(posedge clk) if (!rst && !finished) begin
        idle <= moved ? 0 : idle + 1;
        m_held <= m_valid && !m_ready;
        m_kept <= m_data;
        m_kept_last <= m_last;
        if (unknown) status <= UNKNOWN;
        else if (broken) status <= BROKEN;
        else if (received > expect_results) status <= SURPLUS;
        else if (sent == packets && received == expect_results) status <= DONE;
        else if (idle == timeout) status <= TIMEOUT;
        else cycle <= cycle + 1;
    end
endmodule
