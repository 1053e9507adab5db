"""What the shift-add array does, counted cycle by cycle while a simulation runs."""

import numpy as np

from gen.energy import Operations
from gen.network import AdderLayer, Network
from gen.shift_add import place_layers
from hw.config import Config
from hw.shift_add.bank import weights_at
from hw.shift_add.layout import weight_layout
from hw.shift_add.memories import bank_lanes, own_words, row_layout, row_width

__all__ = ["counted_operations", "probe"]

_COUNTERS = ("steps", "terms", "compared", "combined", "words", "rows", "requantized")


def probe(network: Network, config: Config) -> str:
    """Verilog of the module ``probe``, which the bench has beside the design.

    It looks at the array's steps, at every lane's weight and at what leaves the drain. Whenever a vector
    is done it writes a line to ``probe.txt``: for each layer, of all vectors so far, the numbers that
    :func:`counted_operations` reads. A step belongs to the layer that its weights' address lies in.
    (Waves would have these numbers, too, but those of a thousand vectors would be gigabytes.)
    """
    c = config.shift_add
    placed = place_layers(network, c)
    ends = np.cumsum([[each.words, each.groups * c.lanes] for each in placed[:-1]], axis=0)
    array, group = "stream_bench.dut.engine.array", r"stream_bench.dut.engine.drain.\o_group"
    lanes = [f"{array}.bank_{k // bank_lanes(c)}.lane_{k % bank_lanes(c)}" for k in range(c.lanes)]
    weight = weight_layout(c.mode, c.activation)
    writes = [f"{lane}.i_weight[{weight['write'].offset}]" if "write" in weight.members else "1'b1"
              for lane in lanes]
    owns = own_words(c) > 0

    def layer(value: str, starts: list[int]) -> str:
        return " + ".join(["7'd0", *(f"({value} >= {start})" for start in starts)])

    weights_in = layer(rf"{array}.\i.weights ", [own_words(c) + int(end[0]) for end in ends])
    rows_in = layer(f"{group}.rows ", [int(end[1]) for end in ends])
    adder = rf"{array}.\i.adder "
    return f"""
module probe;
    // Steps, until their weights are at the lanes: layer, adder, first, valid.
    localparam REACHES = {1 + weights_at(config)}, LAYERS = {len(placed)};
    reg [10 * REACHES - 1:0] line = 0;
    wire [6:0] layer;
    wire adder, first, valid;
    assign {{layer, adder, first, valid}} = line[10 * REACHES - 1 -: 10];
    wire [6:0] next = {weights_in};
    wire [{c.lanes - 1}:0] writes = {{{", ".join(writes)}}};
    // What cycles without steps are for.
    wire rest = {f"{lanes[0]}.i_rest" if owns else 1};
    wire prepares = {f"{lanes[0]}.i_fill | {lanes[0]}.i_clear" if owns else 0};
    reg some = 0;
    reg [6:0] last = 0;
    reg [63:0] ahead = 0;
    wire [6:0] drained = {rows_in};

    reg [63:0] {", ".join(f"{name} [0:LAYERS - 1]" for name in _COUNTERS)};
    integer file, k;
    initial begin
        file = $fopen("probe.txt", "w");
        for (k = 0; k < LAYERS; k = k + 1) begin
            {" ".join(f"{name}[k] = 0;" for name in _COUNTERS)}
        end
    end
    always @(posedge stream_bench.clk) if (stream_bench.rst) line <= 0; else begin
        line <= {{line, next, {adder}, {array}.\\i.first , {array}.i_valid}};
        if (valid) begin
            some <= 1;
            last <= layer;
            steps[layer] = steps[layer] + 1;
            terms[layer] = terms[layer] + $countones(writes);
            if (adder) compared[layer] = compared[layer] + $countones(writes);
            words[layer] = words[layer] + 1 + (first ? ahead : 0);
            if (first) ahead = 0;
        end else if (prepares === 1'b1) begin
            ahead = ahead + 1;
        end else if (some && !rest) begin
            words[last] = words[last] + 1;
            combined[last] = combined[last] + {c.lanes};
        end
        if (stream_bench.dut.engine.drain.o_write) begin
            rows[drained] = rows[drained] + 1;
            if (!{group}.raw ) requantized[drained] = requantized[drained] + 1;
        end
        if (stream_bench.dut.engine.drain.o_last && {group}.output ) begin
            for (k = 0; k < LAYERS; k = k + 1)
                $fwrite(file, "{" ".join("%0d" for _ in _COUNTERS)} ",
                        {", ".join(f"{name}[k]" for name in _COUNTERS)});
            $fwrite(file, "\\n");
            $fflush(file);
        end
    end
endmodule
"""


def counted_operations(text: str, network: Network, config: Config) -> Operations:
    """What a probe wrote, as operations of a vector: the mean of all, float64 (layers) each.

    A term that goes to a bin counts as a shift like one that is shifted: choosing the bin is the shift.
    Besides the sums of the lanes, those of bins that come together, of activations (for adder layers)
    and of the drain are additions: the bias, the difference to the row before where lanes have no bins,
    and an adder layer's distance. Lanes without a row of their own add where lanes only do adder layers.
    Of words that hold several inputs all bits are read in each step.
    """
    c = config.shift_add
    lines = text.splitlines()
    counts = np.array(lines[-1].split(), np.float64).reshape(len(network.layers), -1) / len(lines)
    steps, terms, compared, combined, words, rows, requantized = counts.T
    distances = np.array([isinstance(layer, AdderLayer) for layer in network.layers])
    differences = own_words(c) == 0
    additions = terms + combined + rows * (1 + differences + distances)
    if c.mode != "shift":
        additions = additions + steps
    activation = np.full(len(steps), c.activation.width)
    activation[0] *= c.activation.per_beat
    row = row_layout(c).size + differences * row_width(c)
    return Operations(
        shifts=terms - compared, additions=additions, comparisons=compared, requantized=requantized,
        read_bits=words * c.lanes * weight_layout(c.mode, c.activation).size + steps * activation
        + rows * row)
