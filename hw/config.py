"""The configuration: one validated object that decides what the hardware is.

A :class:`Config` is complete: every number that the generator needs is in it. What a user writes
may leave numbers out; ``gen.resolve`` fills them in from a network and then validates a
:class:`Config`. The rules live here and nowhere else.
"""

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = [
    "AccumulatorFormat", "Activation", "Binary", "BinaryActivation", "BinaryCapacity", "Capacity",
    "Compress", "Config", "Index", "Requantize", "ShiftAdd", "ShiftAddActivation", "ShiftAddCapacity",
    "Sparse", "Weight", "bits_for", "integer_range",
]

BEAT = 32
"""Width of the host streams in bits."""

RESERVED = frozenset("""
    always and assign automatic begin bit buf byte case casex casez cell class clocking config const
    cover deassign default defparam design disable do edge else end endcase endfunction endmodule
    enum event extern final for force forever fork function generate genvar if iff import include
    initial inout input inside instance int integer interface join liblist library localparam logic
    longint macromodule module nand negedge new nmos nor not null or output package parameter pmos
    posedge primitive priority program property protected pull0 pull1 pure rand real realtime ref reg
    release repeat return scalared sequence shortint signed specify specparam static string
    strong0 strong1 struct super supply0 supply1 table task this time tran tri tri0 tri1 type typedef
    union unique unsigned use var vectored virtual void wait wand weak0 weak1 while wire with wor xnor
    xor stream_bench
""".split())
"""Names that simulators and synthesis tools refuse for a module, and that of the bench."""


def bits_for(count: int) -> int:
    """Bits that tell ``count`` different values apart; at least 1."""
    return max(1, (count - 1).bit_length())


def integer_range(width: int, signed: bool) -> tuple[int, int]:
    """The smallest and the largest integer of a format."""
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Slots(_Table):
    """Activations that stand on the host stream in slots of 8 or 16 bits."""

    width: int

    @property
    def slot(self) -> int:
        """Bits that one activation occupies on the host stream."""
        return 8 if self.width <= 8 else 16

    @property
    def per_beat(self) -> int:
        """Activations in one beat of the host stream."""
        return BEAT // self.slot


class Activation(_Slots):
    """Format of activations, and how many the scanner takes in a beat."""

    width: Annotated[int, Field(ge=1, le=16)] = Field(description="bits of one activation, 1-16")
    signed: bool = Field(description="two's complement if true")
    lanes: Annotated[int, Field(ge=2, le=32)] = Field(
        8, description="activations of a beat, a power of two from 2 to 32")

    @model_validator(mode="after")
    def _check(self) -> "Activation":
        if self.lanes & (self.lanes - 1):
            raise ValueError(f"lanes must be a power of two, not {self.lanes}")
        if self.lanes < self.per_beat:
            raise ValueError(f"lanes must be at least {self.per_beat}, the {self.width}-bit "
                             f"activations of one stream beat, not {self.lanes}")
        return self


class Weight(_Table):
    """What an entry holds: the number of a codebook word, or the weight itself."""

    kind: Literal["codebook", "direct", "shift_add"] = Field(
        "codebook", description="codebook: entries hold codes; direct: entries hold weights; "
        "shift_add: a codebook of signed powers of two, no multiplier")
    width: Annotated[int, Field(ge=1, le=32)] = Field(
        description="bits of one weight as an integer, 1-32")
    signed: bool = Field(description="two's complement if true")
    codebook_size: Annotated[int, Field(ge=2, le=256)] = Field(
        16, description="codebook words of one layer, 2-256 (unused with direct weights)")
    terms: Annotated[int, Field(ge=1, le=3)] = Field(
        2, description="signed powers of two whose sum is a weight, 1-3 (only shift_add)")

    @property
    def code_width(self) -> int:
        """Bits that an entry spends on its weight."""
        return self.width if self.kind == "direct" else bits_for(self.codebook_size)


class Index(_Table):
    """How an entry names its row among the rows of its PE."""

    kind: Literal["absolute", "relative", "per_layer"] = Field(
        "per_layer", description="absolute row number, distance to the previous entry of the "
        "column, or whichever each layer stores in fewer bits")
    width: Annotated[int, Field(ge=1, le=14)] = Field(description="bits of the widest index, 1-14")
    lower: Annotated[int, Field(ge=1, le=14)] | None = Field(
        None, description="bits of an index beside every code; further ones are stored only for "
        "layers that need them. All of them if left out")

    @property
    def stored(self) -> int:
        """Bits of an index beside every code."""
        return self.width if self.lower is None else self.lower

    @model_validator(mode="after")
    def _check(self) -> "Index":
        if self.stored > self.width:
            raise ValueError(f"lower {self.lower} must be at most width {self.width}")
        return self


class AccumulatorFormat(_Table):
    """Format of accumulators. They never overflow: the compiler proves the bound."""

    width: Annotated[int, Field(ge=4, le=64)] = Field(description="bits, 4-64")
    signed: bool = Field(True, description="two's complement if true")


class Requantize(_Table):
    """The step from accumulators back to activations: (acc * multiplier + half) >> shift."""

    enabled: bool = Field(True, description="false: outputs are raw accumulators, one layer only")
    multiplier_width: Annotated[int, Field(ge=1, le=17)] = Field(
        16, description="bits of the unsigned per-row multiplier, 1-17; 1 means shift only")


class Capacity(_Table):
    """Sizes of the memories: the largest network that fits."""

    layers: Annotated[int, Field(ge=1, le=64)] = Field(8, description="layers, 1-64")
    entries: Annotated[int, Field(ge=2, le=1 << 18)] = Field(
        description="stored weights a PE, all layers together; of streamed weights, those that may "
        "wait in a PE; with huffman = memory, words of 16 bits")
    upper_entries: Annotated[int, Field(ge=2, le=1 << 18)] = Field(
        2, description="stored weights a PE whose index has more than index.lower bits")
    columns: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        description="words of the column tables, all layers together: a pair of columns, or a column "
        "with many weights, takes one; a layer a few more")
    rows: Annotated[int, Field(ge=2, le=1 << 14)] = Field(
        description="rows and parts of rows a PE, of the layer that has most")
    total_rows: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        description="rows of all layers together, and further parts of rows, drained one after the "
        "other; with drains = 2, the more of the two halves")
    inputs: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        description="activations of an input vector")
    hidden: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        2, description="activations between layers, of the layer that has most")
    outputs: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        description="elements of an output vector")


class Sparse(_Table):
    """The sparse matrix-vector engine."""

    pes: Annotated[int, Field(ge=1, le=256)] = Field(16, description="processing elements, 1-256")
    queue_depth: Annotated[int, Field(ge=16, le=1023)] = Field(
        31, description="activation queue of each PE, 16-1023 items; its memory has a power of two of "
        "words, one at least unused: best 2**n - 1")
    broadcasts: Literal[1, 2] = Field(
        1, description="pairs of columns broadcast in a cycle; with 2, every other pair of a layer may "
        "go to the even PEs and the rest to the odd ones, where one broadcast would be the limit")
    drains: Literal[1, 2] = Field(
        1, description="accumulators drained in a cycle; with 2, even rows are on one half of the PEs "
        "and odd rows on the other")
    outputs: Literal["accumulators", "activations"] = Field(
        "accumulators", description="elements of output vectors: accumulators, one or two words each; "
        "or requantized activations, as many in a word as in input vectors")
    entries: Literal["memory", "stream"] = Field(
        "memory", description="where a PE's entries, the weights, come from. memory: a RAM that the "
        "image fills; stream: the port s_axis_w, anew for each vector, so that a layer (one only) may "
        "be larger than the memories")
    stream_width: Literal[32, 64, 128, 256, 512] = Field(
        32, description="bits of a beat on s_axis_w (only entries = stream)")
    huffman: Literal["none", "image", "memory"] = Field(
        "none", description="where entries are Huffman-coded. image: in the image, and decoded while "
        "they are loaded; memory: in the PEs' memories too, and decoded in front of the multipliers")
    activation: Activation
    weight: Weight
    index: Index
    accumulator: AccumulatorFormat
    requantize: Requantize = Requantize()
    capacity: Capacity

    @property
    def products(self) -> int:
        """Products in a cycle."""
        return self.pes

    @property
    def vectors(self) -> int:
        """In flight."""
        return 2

    @model_validator(mode="after")
    def _check(self) -> "Sparse":
        cap, acc = self.capacity, self.accumulator
        if (self.weight.signed or self.activation.signed) and not acc.signed:
            raise ValueError("accumulator.signed must be true: weights or activations are signed")
        if self.index.kind == "absolute" and self.index.width < bits_for(cap.rows):
            raise ValueError(f"index.width {self.index.width} cannot name capacity.rows "
                             f"{cap.rows}; it needs {bits_for(cap.rows)}")
        if self.requantize.enabled and acc.width + self.requantize.multiplier_width > 62:
            raise ValueError(f"accumulator.width {acc.width} + requantize.multiplier_width "
                             f"{self.requantize.multiplier_width} must be at most 62")
        if self.pes % (self.broadcasts * self.drains):
            raise ValueError(f"pes {self.pes} must be a multiple of {self.broadcasts * self.drains}, "
                             f"with broadcasts = {self.broadcasts} and drains = {self.drains}")
        if self.broadcasts == 2 and self.activation.lanes < 4:
            raise ValueError("broadcasts = 2 needs activation.lanes of 4 or more")
        if self.outputs == "activations" and not self.requantize.enabled:
            raise ValueError('outputs = "activations" needs requantize.enabled = true')
        if self.entries == "stream":
            if self.huffman != "none":
                raise ValueError('huffman needs entries = "memory": streamed ones are not coded')
            if self.index.lower is not None:
                raise ValueError('index.lower needs entries = "memory": streamed ones are whole')
            least = bits_for(self.pes) + 1 + self.index.width + self.weight.code_width
            if least > self.stream_width:
                raise ValueError(f"stream_width {self.stream_width} cannot hold an entry and its PE: "
                                 f"they take {least} bits")
        if self.huffman == "memory":
            if self.weight.kind == "direct":
                raise ValueError('huffman = "memory" codes shared weights: set weight.kind to '
                                 '"codebook" or "shift_add", or huffman to "image"')
            if self.index.lower is not None:
                raise ValueError('index.lower needs entries of one width: leave it out, or set huffman '
                                 'to "image"')
            if self.index.width + self.weight.code_width > 16:
                raise ValueError(f"index.width {self.index.width} and the {self.weight.code_width} bits "
                                 'of a code must be at most 16 together with huffman = "memory": use '
                                 "more PEs or fewer shared weights")
        if cap.upper_entries > cap.entries:
            raise ValueError(f"capacity.upper_entries {cap.upper_entries} must be at most "
                             f"capacity.entries {cap.entries}")
        return self


class BinaryActivation(_Table):
    """Format of a binary network's inputs."""

    width: Annotated[int, Field(ge=1, le=8)] = Field(
        1, description="bits of an input, 1-8; 1: bipolar, -1 or +1; more run as bit planes")
    signed: bool = Field(True, description="two's complement if true; bipolar inputs are signed")

    @property
    def slot(self) -> int:
        """Bits that one input occupies on the host stream."""
        return 1 if self.width == 1 else 8

    @property
    def per_beat(self) -> int:
        """Inputs in one beat of the host stream."""
        return BEAT // self.slot

    @property
    def range(self) -> tuple[int, int]:
        """The smallest and the largest input."""
        return (-1, 1) if self.width == 1 else integer_range(self.width, self.signed)

    @model_validator(mode="after")
    def _check(self) -> "BinaryActivation":
        if self.width == 1 and not self.signed:
            raise ValueError("inputs of 1 bit are bipolar: set signed to true")
        return self


class BinaryCapacity(_Table):
    """Sizes of the binary array's memories: the largest network that fits."""

    layers: Annotated[int, Field(ge=1, le=64)] = Field(8, description="layers, 1-64")
    words: Annotated[int, Field(ge=2, le=1 << 16)] = Field(
        description="words of simd weights a PE, all layers together")
    groups: Annotated[int, Field(ge=2, le=1 << 16)] = Field(
        description="rows a PE, all layers together")
    inputs: Annotated[int, Field(ge=1, le=1 << 16)] = Field(description="elements of an input vector")
    hidden: Annotated[int, Field(ge=1, le=1 << 16)] = Field(
        1, description="activations between layers, of the layer that has most")
    outputs: Annotated[int, Field(ge=1, le=1 << 16)] = Field(description="elements of an output vector")
    levels: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        2, description="rows with thresholds of more than one level, or before further layers where "
        "hidden_width is more than 1, all layers together")


class Binary(_Table):
    """The binary array: rows in parallel (PEs) x products of a row in parallel (SIMD)."""

    pes: Annotated[int, Field(ge=1, le=256)] = Field(
        16, description="rows computed in parallel, 1-256, at most simd")
    simd: Annotated[int, Field(ge=1, le=1024)] = Field(
        256, description="products of a row in a cycle, 1-1024")
    vectors: Literal[2, 4, 8, 16] = Field(
        8, description="vectors in flight: enough so that one is always ready to go on")
    ram_width: Annotated[int, Field(ge=8, le=64)] = Field(
        36, description="bits of a weight memory, 8-64: 36 suits ECP5's block RAM, 32 iCE40's SPRAM")
    small_ram: Literal["auto", "block", "distributed", "masked"] = Field(
        "auto", description="what holds activations and the accumulators' first values. auto: what the "
        "tools choose; block: block RAM, the fastest; distributed: ECP5's distributed RAM, which leaves "
        "block RAM to weights; masked: activations in block RAM whose words are written in parts, as "
        "iCE40's can be")
    activation: BinaryActivation = BinaryActivation()
    hidden_width: Annotated[int, Field(ge=1, le=8)] = Field(
        1, description="bits of an activation between layers, 1-8; 1: bipolar, more: unsigned levels")
    accumulator: Annotated[int, Field(ge=4, le=32)] = Field(
        description="bits of an accumulator, 4-32; it must hold a row's last sum")
    scale_width: Annotated[int, Field(ge=1, le=17)] = Field(
        2, description="bits of the unsigned multiplier of each output of the last layer, 1-17")
    capacity: BinaryCapacity

    @property
    def products(self) -> int:
        """Products in a cycle."""
        return self.pes * self.simd

    @property
    def planes(self) -> int:
        """Bit planes of the widest activations."""
        return max(self.activation.width, self.hidden_width)

    @model_validator(mode="after")
    def _check(self) -> "Binary":
        if self.pes > self.simd:
            raise ValueError(f"pes {self.pes} must be at most simd {self.simd}")
        if self.accumulator + self.scale_width > 36:
            raise ValueError(f"accumulator {self.accumulator} + scale_width {self.scale_width} must be "
                             "at most 36")
        return self


class ShiftAddActivation(_Slots):
    """Format of activations, and of the weights of adder layers."""

    width: Annotated[int, Field(ge=2, le=16)] = Field(description="bits of one activation, 2-16")
    signed: bool = Field(description="two's complement if true")


class ShiftAddCapacity(_Table):
    """Sizes of the shift-add array's memories: the largest network that fits."""

    layers: Annotated[int, Field(ge=1, le=64)] = Field(8, description="layers, 1-64")
    words: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        description="weights a lane, all layers together: one an input and term, for each group of "
        "rows; and 33 that lanes with bins need")
    rows: Annotated[int, Field(ge=2, le=1 << 17)] = Field(
        description="rows of all layers together, each filled up to whole groups of lanes")
    inputs: Annotated[int, Field(ge=1, le=1 << 16)] = Field(description="elements of an input vector")
    hidden: Annotated[int, Field(ge=1, le=1 << 16)] = Field(
        1, description="activations between layers, of the layer that has most")
    outputs: Annotated[int, Field(ge=1, le=1 << 16)] = Field(description="elements of an output vector")


class ShiftAdd(_Table):
    """The shift-add array: rows in parallel (lanes), an input a cycle, and no multiplier but the
    requantizer's."""

    lanes: Annotated[int, Field(ge=1, le=256)] = Field(
        32, description="rows computed in parallel, 1-256")
    architecture: Literal["bins", "barrel"] = Field(
        "bins", description="how a lane shifts. bins: a sum for each exponent; they come together after "
        "the last input, in 37 cycles: smallest; barrel: a shifter in front of the accumulator, no "
        "cycle between rows: fastest where there are few inputs")
    mode: Literal["shift", "adder", "both"] = Field(
        "both", description="layers that the lanes are built for; with both, each layer chooses")
    vectors: Literal[2, 4, 8, 16] = Field(
        4, description="vectors in flight: enough so that one is always ready to go on")
    activation: ShiftAddActivation
    accumulator: Annotated[int, Field(ge=4, le=48)] = Field(
        description="bits of a lane's adder, 4-48: of a bin, or of the sum of a row")
    result: Annotated[int, Field(ge=4, le=60)] = Field(
        description="bits of a row's sum with its bias, 4-60")
    requantize: Requantize = Requantize()
    capacity: ShiftAddCapacity

    @property
    def pes(self) -> int:
        """Lanes, by the name that other engines have for what works in parallel."""
        return self.lanes

    @property
    def products(self) -> int:
        """Shifted, or compared, activations in a cycle."""
        return self.lanes

    @model_validator(mode="after")
    def _check(self) -> "ShiftAdd":
        if self.accumulator < self.activation.width + 2:
            raise ValueError(f"accumulator {self.accumulator} must be at least activation.width + 2, "
                             f"{self.activation.width + 2}")
        if self.requantize.enabled and self.result + self.requantize.multiplier_width > 62:
            raise ValueError(f"result {self.result} + requantize.multiplier_width "
                             f"{self.requantize.multiplier_width} must be at most 62")
        return self


class Compress(_Table):
    """How ``thrifty compile`` treats a bare float matrix. Not part of the hardware."""

    prune: Annotated[float, Field(ge=0, lt=1, strict=False)] = Field(
        0.0, description="fraction of weights set to zero, smallest magnitudes first")
    seed: Annotated[int, Field(ge=0)] = Field(
        0, description="seed of the k-means that shares weights")


if TYPE_CHECKING:  # an engine's own code runs only where its table is
    _SparseTable: TypeAlias = Sparse
    _BinaryTable: TypeAlias = Binary
    _ShiftAddTable: TypeAlias = ShiftAdd
else:
    _SparseTable = Sparse | None
    _BinaryTable = Binary | None
    _ShiftAddTable = ShiftAdd | None


class Config(_Table):
    """Everything that the generator needs to know."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = Field(
        description="name of the generated top module: lower case, digits, underscores")
    memory_latency: Literal[1, 2] = Field(
        2, description="cycles from address to data of every RAM; 2 = with an output register")
    compress: Compress = Compress()
    sparse: _SparseTable = Field(  # type: ignore[assignment]
        None, description="the sparse matrix-vector engine")
    binary: _BinaryTable = Field(  # type: ignore[assignment]
        None, description="the binary array")
    shift_add: _ShiftAddTable = Field(  # type: ignore[assignment]
        None, description="the shift-add array")

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name in RESERVED:
            raise ValueError("a word of Verilog or of the bench cannot name a module; choose another")
        return name

    @model_validator(mode="after")
    def _check(self) -> "Config":
        if sum(table is not None for table in (self.sparse, self.binary, self.shift_add)) != 1:
            raise ValueError("exactly one engine is needed: set a table [sparse], [binary] or "
                             "[shift_add]")
        return self

    @property
    def engine(self) -> Sparse | Binary | ShiftAdd:
        """The engine's table."""
        return next(table for table in (self.sparse, self.binary, self.shift_add) if table is not None)

    @property
    def engine_name(self) -> Literal["sparse", "binary", "shift_add"]:
        """The name of the engine's table."""
        return ("sparse" if self.sparse is not None else "binary" if self.binary is not None
                else "shift_add")

    def hardware_id(self) -> int:
        """32 bits that tell apart configurations whose images are not interchangeable."""
        exclude: dict[str, Any] = {"name": True, "compress": True}
        exclude |= {name: True for name in ("sparse", "binary", "shift_add") if name != self.engine_name}
        if self.sparse is not None and self.sparse.entries != "stream":
            # What only streams need leaves the number of other configurations alone.
            exclude["sparse"] = {"entries", "stream_width"}
        text = json.dumps(self.model_dump(exclude=exclude), sort_keys=True)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
