"""The binary array: banks of rows, and what all rows share."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.binary.bank import RowBank, pairs_pay
from hw.binary.layout import Output, banks, memories, slice_bits, step_layout, threshold_steps
from hw.binary.popcount import PopCount
from hw.binary.xnor_count import XnorCount
from hw.config import Config, bits_for
from hw.load import LoadBus
from hw.memory import address_width
from hw.packet import MemoryId
from hw.shared import Shared
from hw.stream import delay

__all__ = ["BinaryArray"]


class BinaryArray(Component):
    """Steps meet their weights: ``pes`` rows of ``simd`` products a cycle, without a stall.

    Members:
        i_load: Image data.
        i, i_valid: Steps.
        i_inputs, i_hidden: Activations of both kinds, ``memory_latency`` cycles after the step that says
            which of them counts.
        o_negative: ``latency`` cycles after the last step of a group: signs of its rows.
        o_sum: From a cycle later on, one row a cycle: accumulators of a group that leaves through the
            drain.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.binary
        sizes = memories(config).values()
        self.load_width = max(width for width, _ in sizes)
        self.load_address = max(address_width(depth) for _, depth in sizes)
        unit, places = (PopCount, -(-c.simd // 2)) if pairs_pay(c) else (XnorCount, c.simd)
        self.count = Shared(unit(places), f"{config.name}_count",
                            {family: unit(places, family) for family in ("ecp5", "ice40")})
        bank = RowBank(config, self.count, load_width=self.load_width, load_address=self.load_address)
        self.bank = Shared(bank, f"{config.name}_bank")
        self.latency = bank.add_at + 3
        super().__init__({
            "i_load": In(LoadBus(self.load_width, self.load_address)),
            "i": In(step_layout(c)),
            "i_valid": In(1),
            "i_inputs": In(c.simd),
            "i_hidden": In(c.simd),
            "o_negative": Out(c.pes),
            "o_sum": Out(c.accumulator),
        })

    def elaborate(self, platform):
        m = Module()
        c, pe, step = self.config.binary, self.bank.component, self.i
        fresh = delay(m, step.fresh, self.config.memory_latency, "fresh", reset_less=True)
        activations = Signal(c.simd, reset_less=True)
        m.d.sync += activations.eq(Mux(fresh, self.i_inputs, self.i_hidden))

        # Flags and addresses arrive when they are needed, cycles after the step.
        drained = self.i_valid & step.last & ((step.output != Output.HIDDEN) | (threshold_steps(c) > 0))
        flags = {
            "word": (step.weights, 1), "start": (step.start, 1 + pe.start_at),
            "add": (self.i_valid, 1 + pe.add_at), "first": (step.first, 1 + pe.add_at),
            "capture": (drained, 2 + pe.add_at),
        }
        if c.planes > 1:
            flags |= {name: (step[name], 1 + pe.add_at) for name in ("double", "plane")}
        wires = {f"i_{name}": delay(m, value, cycles, name, reset_less=True)
                 for name, (value, cycles) in flags.items()}
        wires["i_activations"] = activations
        if pairs_pay(c):
            pairs = Signal(-(-c.simd // 2), reset_less=True)
            m.d.sync += pairs.eq(Cat(activations[k:k + 2].xor() for k in range(0, c.simd, 2)))
            m.submodules.pairs, pair_count = self.count.instantiate(i=pairs)
            wires["i_pairs"] = pair_count.o

        # Image data: for whom they are is decided in two steps.
        load = LoadBus(self.load_width, self.load_address).create()
        for name in ("memory", "pe", "address", "data"):
            m.d.comb += getattr(load, name).eq(
                delay(m, getattr(self.i_load, name), 2, f"load_{name}", reset_less=True))
        bank = Mux(self.i_load.memory == MemoryId.WEIGHTS, self.i_load.pe >> slice_bits(c),
                   self.i_load.pe)
        bits = bits_for(banks(c))
        writes = delay(m, self.i_load.write & ~bank[bits:].any(), 1, "writes",
                       reset_less=True)
        meant = delay(m, bank[:bits], 1, "meant", reset_less=True)
        # Sums move from the last bank to the first.
        sums = [*(Signal(c.accumulator, name=f"sum_{k}") for k in range(banks(c))),
                Const(0, c.accumulator)]
        negative = []
        for k in range(banks(c)):
            write = Signal(name=f"write_{k}", reset_less=True)
            m.d.sync += write.eq(writes & (meant == k))
            m.submodules[f"bank_{k}"], bank = self.bank.instantiate(
                i_load=load, i_write=write, i_shift=sums[k + 1], **wires)
            m.d.comb += sums[k].eq(bank.o_shift)
            negative.append(bank.o_negative)
        m.d.comb += [self.o_negative.eq(Cat(negative)), self.o_sum.eq(sums[0])]
        return m
