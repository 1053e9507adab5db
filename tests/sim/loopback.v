// Stand-in for a generated design: returns every packet after a few cycles, pausing now and then.
// Words misbehave on demand: a packet that begins with DEADxxxx is swallowed, C0DExxxx comes back
// as a memory that only FEEDxxxx writes, BAD0xxxx changes while it waits.
module loopback (
    input wire clk, input wire rst,
    input wire [31:0] s_axis_tdata, input wire s_axis_tvalid, output wire s_axis_tready,
    input wire s_axis_tlast,
    output wire [31:0] m_axis_tdata, output wire m_axis_tvalid, input wire m_axis_tready,
    output wire m_axis_tlast,
    input wire [7:0] s_axil_awaddr, input wire [2:0] s_axil_awprot, input wire s_axil_awvalid,
    output wire s_axil_awready,
    input wire [31:0] s_axil_wdata, input wire [3:0] s_axil_wstrb, input wire s_axil_wvalid,
    output wire s_axil_wready, output wire [1:0] s_axil_bresp, output wire s_axil_bvalid,
    input wire s_axil_bready,
    input wire [7:0] s_axil_araddr, input wire [2:0] s_axil_arprot, input wire s_axil_arvalid,
    output wire s_axil_arready, output wire [31:0] s_axil_rdata, output wire [1:0] s_axil_rresp,
    output wire s_axil_rvalid, input wire s_axil_rready
);
    assign {s_axil_awready, s_axil_wready, s_axil_bresp, s_axil_bvalid} = 0;
    assign {s_axil_arready, s_axil_rdata, s_axil_rresp, s_axil_rvalid} = 0;

    reg [32:0] queue [0:15];
    reg [31:0] unwritten [0:15];
    reg [4:0] head = 0, tail = 0, tail_1 = 0, tail_2 = 0, tail_3 = 0;
    reg [3:0] pause = 0;
    reg first = 1, swallow = 0;
    wire [4:0] level = tail - head;
    wire drop = first ? s_axis_tdata[31:16] == 16'hDEAD : swallow;
    wire [31:0] word = queue[head[3:0]][31:0];

    assign s_axis_tready = level != 16 && pause != 0;
    assign m_axis_tvalid = head != tail_3;
    assign m_axis_tlast = queue[head[3:0]][32];
    assign m_axis_tdata = word[31:16] == 16'hC0DE ? unwritten[word[3:0]]
                        : word[31:16] == 16'hBAD0 ? word + pause : word;

    always @(posedge clk)
        if (!rst) begin
            pause <= pause + 1;
            {tail_3, tail_2, tail_1} <= {tail_2, tail_1, tail};
            if (s_axis_tvalid && s_axis_tready) begin
                first <= s_axis_tlast;
                swallow <= drop;
                if (!drop) begin
                    queue[tail[3:0]] <= {s_axis_tlast, s_axis_tdata};
                    tail <= tail + 1;
                    if (s_axis_tdata[31:16] == 16'hFEED) unwritten[s_axis_tdata[3:0]] <= 0;
                end
            end
            if (m_axis_tvalid && m_axis_tready) head <= head + 1;
        end
endmodule
