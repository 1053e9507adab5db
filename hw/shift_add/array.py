"""The shift-add array: banks of lanes, and what all lanes share."""

from amaranth import Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.config import Config, bits_for
from hw.load import LoadBus
from hw.memory import address_width
from hw.packet import MemoryId
from hw.shared import Shared
from hw.shift_add.adder import AdderLane
from hw.shift_add.bank import LaneBank, controls, weights_at
from hw.shift_add.barrel import BarrelLane
from hw.shift_add.bins import BINS, BinsLane, operand
from hw.shift_add.bins import FILL as FILL_CYCLES
from hw.shift_add.layout import operand_shape
from hw.shift_add.memories import (
    CLEAR,
    COMBINE,
    FILL,
    banks,
    memories,
    overhead,
    row_width,
    step_layout,
)
from hw.stream import delay

__all__ = ["ShiftAddArray"]


class ShiftAddArray(Component):
    """Steps meet their weights: a row a lane, an input a cycle.

    Lanes with bins need cycles of their own: ``before`` ahead of a group's first step, to clear the
    bins, and ``after`` behind its last one, to combine them. Other lanes need none, and their sums are
    never cleared either: whoever takes them takes differences.

    Members:
        i_load: Image data.
        i, i_valid: Steps; ``i_ahead``: ``before`` cycles before a group's first one.
        i_x: The activation of a step, ``memory_latency + 1`` cycles later.
        o_sum: From ``latency + 1`` cycles after the last step of a group on, one row a cycle: what its
            lanes have for it.
        o_inputs: ``latency`` cycles after that step, and until then of the next group: the sum of its
            activations. Only where there are adder layers.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.shift_add
        self.load_width = max(width for width, _ in memories(config).values())
        self.load_address = max(address_width(depth) for _, depth in memories(config).values())
        self.bins = c.architecture == "bins" and c.mode != "adder"
        self.before, self.after = overhead(c)
        lane = _lane(config, None)
        self.lane = Shared(lane, f"{config.name}_lane", {"ecp5": _lane(config, "ecp5")})
        self.bank = Shared(LaneBank(config, self.lane, load_width=self.load_width,
                                    load_address=self.load_address), f"{config.name}_bank")
        # From a step to its weight at the lanes: the address is registered here, too.
        self.reaches = 1 + weights_at(config)
        self.latency = self.reaches + lane.latency + (self.after + 1 if self.bins else 0)
        self.inputs_width = operand_shape(c.activation).width + bits_for(
            max(c.capacity.inputs, c.capacity.hidden))
        super().__init__({
            "i_load": In(LoadBus(self.load_width, self.load_address)),
            "i": In(step_layout(c)),
            "i_valid": In(1),
            **({"i_ahead": In(1)} if self.bins else {}),
            "i_x": In(Shape(c.activation.width, c.activation.signed)),
            "o_sum": Out(row_width(c)),
            **({"o_inputs": Out(Shape(self.inputs_width, True))} if c.mode != "shift" else {}),
        })

    def elaborate(self, platform):
        m = Module()
        c, step = self.config.shift_add, self.i
        word = Signal.like(step.weights, name="word", reset_less=True)
        m.d.sync += word.eq(step.weights)
        adder = step.adder & self.i_valid
        x_at = self.config.memory_latency + 1  # of an activation, and of the flags that meet it
        extended = Signal(operand_shape(c.activation))
        m.d.comb += extended.eq(self.i_x)
        if self.bins:
            combining, filling, clearing, ends = self._sequence(m, word)
            active = combining | filling | clearing
            flags = {"i_rest": ~active | ends, "i_fill": filling, "i_clear": clearing}
            operand_now = operand(
                m, extended, zeros=delay(m, combining | ~(active | self.i_valid), x_at, "zeros"),
                ones=delay(m, filling | clearing, x_at, "ones"))
        else:
            # Without a step 0 is added, whatever the weights are.
            flags = {"i_enable": self.i_valid}
            operand_now = Signal.like(extended, name="x")  # reset: see the bank's
            m.d.sync += operand_now.eq(Mux(delay(m, self.i_valid, x_at, "valid"), extended, 0))
        flags["i_adder"] = adder
        control = Cat(delay(m, flags[name], self.reaches - 1, name)
                      for name in controls(self.lane.component))

        # Image data: for whom they are is decided in two steps.
        load = LoadBus(self.load_width, self.load_address).create()
        for name in ("memory", "pe", "address", "data"):
            m.d.comb += getattr(load, name).eq(
                delay(m, getattr(self.i_load, name), 2, f"load_{name}", reset_less=True))
        bits = bits_for(banks(c))
        mine = self.i_load.write & (self.i_load.memory == MemoryId.WEIGHTS)
        writes = delay(m, mine & ~self.i_load.pe[bits:].any(), 1, "writes", reset_less=True)
        meant = delay(m, self.i_load.pe[:bits], 1, "meant", reset_less=True)
        # Rows move from the last bank to the first.
        capture = delay(m, self.i_valid & step.last, self.latency, "capture")
        rows = [*(Signal(row_width(c), name=f"row_{k}") for k in range(banks(c))),
                Const(0, row_width(c))]
        for k in range(banks(c)):
            write = Signal(name=f"write_{k}", reset_less=True)
            m.d.sync += write.eq(writes & (meant == k))
            m.submodules[f"bank_{k}"], bank = self.bank.instantiate(
                i_load=load, i_write=write, i_word=word, i_x=operand_now, i_control=control,
                i_capture=capture, i_shift=rows[k + 1])
            m.d.comb += rows[k].eq(bank.o_shift)
        m.d.comb += self.o_sum.eq(rows[0])
        if c.mode != "shift":
            self._inputs(m, capture, x_at)
        return m

    def _sequence(self, m, word):
        """What cycles are for that have no step, and the weights that they need.

        Returns: whether bins are combined, S is filled, bins are cleared, and whether this is the last
        one of these cycles.
        """
        combining = Signal()
        filling = Signal()
        clearing = Signal()
        count = Signal(range(BINS))
        with m.If(combining | clearing):
            m.d.sync += count.eq(count + 1)
        with m.If(combining & count.all()):
            m.d.sync += combining.eq(0)
        with m.If(clearing & count.all()):
            m.d.sync += clearing.eq(0)
        fills = Signal(range(FILL_CYCLES))
        with m.If(filling):
            m.d.sync += fills.eq(fills + 1)
            with m.If(fills == FILL_CYCLES - 1):
                m.d.sync += [filling.eq(0), fills.eq(0), clearing.eq(1)]
        with m.If(self.i_valid & self.i.last):
            m.d.sync += combining.eq(1)
        with m.If(self.i_ahead):
            m.d.sync += filling.eq(1)
        with m.If(~self.i_valid):
            m.d.sync += word.eq(Mux(filling, FILL, Mux(clearing, CLEAR, COMBINE) | count))
        return combining, filling, clearing, clearing & count.all()

    def _inputs(self, m, capture, x_at):
        """The sum of a group's activations; kept for the drain while the next group's grows."""
        first, valid, last = (delay(m, each, x_at, name) for name, each in {
            "first": self.i.first, "valid": self.i_valid, "last": self.i.last & self.i_valid}.items())
        total, kept = (Signal.like(self.o_inputs, name=name, reset_less=True)
                       for name in ("total", "kept"))
        with m.If(valid):
            m.d.sync += total.eq(Mux(first, 0, total) + self.i_x)
        # Groups end so far apart that one is kept at a time.
        with m.If(delay(m, last, 1, "complete")):
            m.d.sync += kept.eq(total)
        with m.If(capture):
            m.d.sync += self.o_inputs.eq(kept)


def _lane(config: Config, family: str | None) -> Component:
    c = config.shift_add
    a = c.activation
    if c.mode == "adder":
        return AdderLane(a.width, a.signed, c.accumulator, family)
    if c.architecture == "barrel":
        return BarrelLane(a.width, a.signed, c.accumulator, both=c.mode == "both", family=family)
    return BinsLane(a.width, a.signed, c.accumulator, both=c.mode == "both", family=family)
