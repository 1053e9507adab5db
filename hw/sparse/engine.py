"""The sparse matrix-vector engine: only nonzero weights meet only nonzero activations."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.utils import ceil_log2, exact_log2

from hw.config import BEAT, Config, bits_for
from hw.control.sequencer import Sequencer
from hw.load import LoadBus
from hw.memory import Memory
from hw.output import OutputBuffer
from hw.packet import TAG_BITS, MemoryId
from hw.shared import Shared
from hw.sparse.accumulator import slot_bits
from hw.sparse.buffers import ActivationSource, InputBuffer
from hw.sparse.drain import Drain
from hw.sparse.layout import beat_layout, beats, lane_of, memories
from hw.sparse.pe import (
    ALL_PES,
    RESET_LATENCY,
    DrainBus,
    ProcessingElement,
    drain_latency,
    entry_latency,
    in_flight,
)
from hw.sparse.scanner import ColumnScanner
from hw.sparse.streamed import Distributor
from hw.stream import Fork, delay, or_tree, or_tree_levels

__all__ = ["SparseEngine"]


class SparseEngine(Component):
    """Everything between the packets of the host and the processing elements.

    Data flows one way: input buffer or hidden activations -> activation source -> column scanner ->
    broadcast -> PEs -> drain -> hidden activations or output buffer. The sequencer decides which layer
    of which vector goes next.

    Members:
        i_load: Image data. Only while ``o_idle`` and nothing is offered at ``i``.
        i, i_commit, i_discard, i_tag: Words of an input vector; see ``InputBuffer``.
        i_count, o_words: Elements of an output vector, and the words that they take.
        o, o_start, o_tag, i_go: Words of output vectors; see ``OutputBuffer``.
        o_idle: No vector is being computed.
        o_empty: No result waits in the output buffer; ``i_count`` may change.
        o_ready: The accumulators have been cleared after reset; no vectors before that.
        i_entries, i_open: Only where entries are streamed: beats, and whether they are taken. While they
            are not, those that wait in the PEs are dropped.

    One multiply-accumulate a PE and cycle at most; two or four columns broadcast a cycle (half as many
    in layers with long columns); one or two accumulators drained a cycle, while the next layer or
    vector is computed.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.sparse
        sizes = memories(config).values()
        self.load_width = max(width for width, _ in sizes)
        self.load_address = max(ceil_log2(depth) for _, depth in sizes)
        self.tree_levels = or_tree_levels(c.pes)
        pe = ProcessingElement(config, slack=in_flight(config.memory_latency) + self.tree_levels,
                               load_width=self.load_width, load_address=self.load_address,
                               entry_slack=Distributor.IN_FLIGHT + 1 + self.tree_levels)
        self.pe = Shared(pe, f"{config.name}_pe")
        super().__init__({
            "i_load": In(LoadBus(self.load_width, self.load_address)),
            "i": In(stream.Signature(BEAT)),
            "i_commit": In(1),
            "i_discard": In(1),
            "i_tag": In(TAG_BITS),
            "i_count": In(bits_for(1 << bits_for(c.capacity.outputs)) + 1),
            "o": Out(stream.Signature(BEAT)),
            "o_start": Out(1),
            "o_tag": Out(TAG_BITS),
            "i_go": In(1),
            "o_words": Out(bits_for(1 << bits_for(c.capacity.outputs)) + 2),
            "o_idle": Out(1),
            "o_empty": Out(1),
            "o_ready": Out(1),
            **({} if c.entries == "memory" else {
                "i_entries": In(stream.Signature(c.stream_width)), "i_open": In(1)}),
        })

    @property
    def shared(self) -> list[Shared]:
        """Modules to emit beside this one."""
        return [self.pe]

    @property
    def kept(self) -> dict[str, int]:
        """Modules that are kept whole in synthesis, and how many of each there are."""
        return {self.pe.name: self.config.sparse.pes}

    def elaborate(self, platform):
        m = Module()
        config, c, latency = self.config, self.config.sparse, self.config.memory_latency
        load_sizes = {"load_width": self.load_width, "load_address": self.load_address}
        m.submodules.input = inputs = InputBuffer(config)
        packed = c.outputs == "activations"
        number = c.activation if packed else c.accumulator
        m.submodules.output = outputs = OutputBuffer(
            c.capacity.outputs, number.width, number.signed, lanes=c.drains, latency=latency,
            slot=c.activation.slot if packed else None)
        m.submodules.sequencer = sequencer = Sequencer(config, **load_sizes)
        m.submodules.source = source = ActivationSource(config)
        # The bus, the PE, the OR tree.
        m.submodules.drain = drain = Drain(
            config, answer=1 + drain_latency(entry_latency(config)) + or_tree_levels(c.pes // c.drains),
            **load_sizes)

        # Image data for the tables outside the PEs.
        load = self.i_load
        for block in (sequencer, drain):
            m.d.comb += [block.i_address.eq(load.address), block.i_data.eq(load.data)]
        m.d.comb += [
            sequencer.i_write.eq(load.write & (load.memory == MemoryId.LAYERS)),
            drain.i_write_drain.eq(load.write & (load.memory == MemoryId.DRAIN)),
            drain.i_write_rows.eq(load.write & (load.memory == MemoryId.ROWS)),
            drain.i_lane.eq(load.pe),
        ]

        # Vectors in, activations to the scanner.
        m.d.comb += [
            inputs.i.payload.eq(self.i.payload),
            inputs.i.valid.eq(self.i.valid),
            self.i.ready.eq(inputs.i.ready),
            inputs.i_commit.eq(self.i_commit),
            inputs.i_discard.eq(self.i_discard),
            inputs.i_tag.eq(self.i_tag),
            inputs.i_release.eq(sequencer.o_release),
            sequencer.i_full.eq(inputs.o_full),
            *(sequencer.i_tag[k].eq(inputs.o_tag[k]) for k in range(2)),
            source.i.payload.eq(sequencer.o_source.payload),
            source.i.valid.eq(sequencer.o_source.valid),
            sequencer.o_source.ready.eq(source.i.ready),
            inputs.i_read.eq(source.o_read),
            inputs.i_advance.eq(source.o_advance),
            inputs.i_address.eq(Cat(_fit(source.o_beat, len(inputs.i_address) - 1), source.o_context)),
            source.i_input.eq(inputs.o_values),
        ]
        beats_out = [source.o]
        if c.broadcasts > 1:
            m.submodules.fork = fork = Fork(beat_layout(c), c.broadcasts)
            connect(m, source.o, fork.i)
            beats_out = list(fork.o)

        # Broadcasts: PE k listens to number k mod broadcasts.
        stop = Signal(c.broadcasts)
        items, items_valid = [], []
        for half in range(c.broadcasts):
            m.submodules[f"scanner_{half}"] = scanner = ColumnScanner(c, half)
            connect(m, beats_out[half], scanner.i)
            item = Signal(scanner.o.payload.shape(), name=f"item_{half}", reset_less=True)
            item_valid = Signal(name=f"item_valid_{half}")
            # The scanner stops a cycle later: what it sends meanwhile waits in the register.
            stopped = delay(m, stop[half], 1, f"stop_{half}")
            full = Signal(name=f"full_{half}")
            m.d.comb += scanner.o.ready.eq(~stopped)
            with m.If(~stopped):
                m.d.sync += [item.eq(scanner.o.payload), full.eq(scanner.o.valid)]
            m.d.sync += item_valid.eq(Mux(stopped, full, scanner.o.valid) & ~stop[half])
            items.append(item)
            items_valid.append(item_valid)

        # Processing elements. The buses are registered here: which PE is meant is decided in between.
        clearing, bank, slot = Signal(init=1), Signal(), Signal(slot_bits(c.capacity.rows))
        release_all = Signal()
        buses = [DrainBus(c).create(path=(f"bus_{lane}",)) for lane in range(c.drains)]
        bus_load = LoadBus(self.load_width, self.load_address).create()
        # Where memories have output registers, image data take one more, too: it comes from afar.
        arrived = {name: delay(m, getattr(load, name), latency - 1, f"load_{name}")
                   for name in ("write", "memory", "pe", "address", "data")}
        for bus, request in zip(buses, drain.o_request, strict=True):
            m.d.sync += [
                bus.bank.eq(Mux(clearing, bank, drain.o_bank)),
                bus.slot.eq(Mux(clearing, slot, request.slot)),
                bus.release.eq(drain.o_release | release_all.replicate(2)),
            ]
        for name in ("memory", "address", "data"):
            m.d.sync += getattr(bus_load, name).eq(arrived[name])
        sums, full, busy = [], [], []
        streamed, entries_full = {}, []
        if c.entries == "stream":
            m.submodules.distributor = distributor = Distributor(config)
            clear = Signal(init=1)
            m.d.sync += clear.eq(~self.i_open)
            m.d.comb += distributor.i_open.eq(self.i_open)
            connect(m, flipped(self.i_entries), distributor.i)
            streamed = {"i_bundle": distributor.o_bundle, "i_clear": clear}
        for k in range(c.pes):
            write, read = Signal(name=f"write_{k}"), Signal(name=f"read_{k}")
            request = drain.o_request[lane_of(c, k)]
            m.d.sync += [
                write.eq(arrived["write"] & ((arrived["pe"] == k) | (arrived["pe"] == ALL_PES))),
                read.eq(clearing | (request.read & (request.pe == k))),
            ]
            if c.entries == "stream":
                streamed["i_bundle_valid"] = distributor.o_valid[k]
            m.submodules[f"pe_{k}"], pe = self.pe.instantiate(
                i_load=bus_load, i_write=write,
                i_item=items[k % c.broadcasts], i_item_valid=items_valid[k % c.broadcasts],
                i_drain=buses[lane_of(c, k)], i_read=read, **streamed)
            sums.append(pe.o_sum)
            full.append(pe.o_almost_full)
            busy.append(~pe.o_done)
            if c.entries == "stream":
                entries_full.append(pe.o_bundles_almost_full)
        if c.entries == "stream":
            m.d.comb += distributor.i_stop.eq(or_tree(m, entries_full, "stop_entries"))
        m.d.comb += [
            *(stop[half].eq(or_tree(m, full[half::c.broadcasts], f"stop_{half}"))
              for half in range(c.broadcasts)),
            *(drain.i_sum[lane].eq(or_tree(
                m, [each for k, each in enumerate(sums) if lane_of(c, k) == lane], f"sum_{lane}"))
              for lane in range(c.drains)),
            drain.i_done.eq(~or_tree(m, busy, "busy")),
        ]

        # After reset the accumulators are read, which clears them, then the banks are given out.
        listening = delay(m, Const(1), RESET_LATENCY - 1, "listening")  # the bus is one more cycle
        settled = Signal(6)  # cycles since; after 31 of them the last zero has long been written
        with m.If(clearing):
            m.d.sync += bank.eq(bank ^ listening)
            with m.If(bank):
                m.d.sync += slot.eq(slot + 1)
                with m.If(slot.all()):
                    m.d.sync += clearing.eq(0)
        with m.Elif(~settled[-1]):
            m.d.sync += settled.eq(settled + 1)
        m.d.sync += [release_all.eq(settled[:-1].all()), self.o_ready.eq(settled[-1])]

        # Drain.
        m.d.comb += [
            drain.i.payload.eq(sequencer.o_drain.payload),
            drain.i.valid.eq(sequencer.o_drain.valid),
            sequencer.o_drain.ready.eq(drain.i.ready),
            drain.i_free.eq(outputs.o_free),
            sequencer.i_finished.eq(drain.o_finished),
            sequencer.i_context.eq(drain.o_context),
            sequencer.i_to_output.eq(drain.o_to_output),
            *(member for lane, result in enumerate(drain.o_result) for member in (
                outputs.i_write[lane].eq(result.write & drain.o_to_output),
                outputs.i_row[lane].eq(result.row),
                outputs.i_value[lane].eq(result.hidden if packed else result.output))),
            outputs.i_context.eq(drain.o_context),
            outputs.i_commit.eq(drain.o_finished & drain.o_to_output),
            outputs.i_tag.eq(drain.o_tag),
        ]
        if c.requantize.enabled:
            self._hidden(m, source, drain, latency)

        # Results out.
        m.d.comb += [
            outputs.i_count.eq(self.i_count),
            self.o.payload.eq(outputs.o.payload),
            self.o.valid.eq(outputs.o.valid),
            outputs.o.ready.eq(self.o.ready),
            self.o_words.eq(outputs.o_words),
            self.o_start.eq(outputs.o_start),
            self.o_tag.eq(outputs.o_tag),
            outputs.i_go.eq(self.i_go),
            self.o_idle.eq(sequencer.o_idle),
            self.o_empty.eq(outputs.o_free.all()),
        ]
        return m

    def _hidden(self, m, source, drain, latency):
        """Activations between layers: a slot a context. A layer is read before it is overwritten."""
        c = self.config.sparse
        width, lanes, drains = c.activation.width, c.activation.lanes, c.drains
        bits, beat_bits = bits_for(beats(c.capacity.hidden, lanes)), bits_for(lanes)
        each = lanes // drains  # lanes of a beat in one memory
        values = [None] * lanes
        for k, result in enumerate(drain.o_result):
            m.submodules[f"hidden_{k}"] = hidden = Memory(
                width * each, 2 << bits, latency=latency, granularity=width)
            place = result.row[exact_log2(drains):beat_bits]
            strobes = Signal(each, name=f"strobes_{k}")
            # Large memories are far away: what is written is registered once more.
            address, value = (
                delay(m, each, latency - 1, f"hidden_{name}_{k}", reset_less=True) for name, each in (
                    ("address", Cat(_fit(result.row[beat_bits:], bits), drain.o_context)),
                    ("value", result.hidden)))
            m.d.comb += [
                strobes.eq(Mux(result.write & ~drain.o_to_output, Const(1, each) << place, 0)),
                hidden.i_write.eq(delay(m, strobes, latency - 1, f"hidden_write_{k}")),
                hidden.i_write_address.eq(address),
                hidden.i_write_data.eq(Cat(value for _ in range(each))),
                hidden.i_read.eq(source.o_read),
                hidden.i_advance.eq(source.o_advance),
                hidden.i_address.eq(Cat(_fit(source.o_beat, bits), source.o_context)),
            ]
            values[k::drains] = [hidden.o_data.word_select(n, width) for n in range(each)]
        m.d.comb += source.i_hidden.eq(Cat(values))


def _fit(value, bits):
    """The low ``bits`` of a value, zero-extended if it has fewer."""
    return Cat(value, Const(0, bits))[:bits]
