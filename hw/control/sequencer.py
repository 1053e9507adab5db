"""The sequencer: a layer program whose only instruction is "run this layer"."""

from amaranth import Array, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.config import Config, bits_for
from hw.memory import Memory
from hw.packet import TAG_BITS
from hw.sparse.buffers import source_job
from hw.sparse.drain import drain_request
from hw.sparse.layout import layer_layout, task_flags
from hw.stream import SkidBuffer

__all__ = ["Sequencer"]


class Sequencer(Component):
    """Runs the layers of two vectors at a time, in an order that never waits without need.

    Each of the two contexts holds one vector between its layers. A context's next layer may start
    when its activations lie ready: the input vector is complete, or the layer before is drained. Of
    two contexts that may start, the one with the older vector does, so vectors leave in the order in
    which they came. At most two layers are on their way, one an accumulator bank.

    Members: ``i_full``, ``i_tag`` (input vectors that wait, and their tags), ``o_release`` (input
    buffers that have been read), ``i_finished`` with ``i_context``, ``i_to_output`` (from the drain),
    ``o_source`` (stream of layers to scan), ``o_drain`` (stream of layers to drain), ``o_idle``, and
    the layer table's write port.

    A layer starts ``memory_latency + 3`` cycles after the layer before it was scanned, or later if it
    must wait.
    """

    def __init__(self, config: Config, *, load_width: int, load_address: int):
        self.config = config
        super().__init__({
            "i_full": In(2),
            "i_tag": In(TAG_BITS).array(2),
            "o_release": Out(2),
            "i_finished": In(1),
            "i_context": In(1),
            "i_to_output": In(1),
            "o_source": Out(stream.Signature(source_job(config))),
            "o_drain": Out(stream.Signature(drain_request(config))),
            "o_idle": Out(1),
            "i_write": In(1),
            "i_address": In(load_address),
            "i_data": In(load_width),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        layout = layer_layout(c)
        m.submodules.layers = layers = Memory(layout.size, max(2, c.capacity.layers),
                                              latency=latency)
        m.submodules.drains = drains = SkidBuffer(drain_request(self.config))
        number = bits_for(c.capacity.layers)

        # Contexts.
        active = Signal(2)  # a vector is between its layers
        ready = Signal(2)  # the layer before is drained
        layer = Array(Signal(number, name=f"layer_{k}") for k in range(2))
        tag = Array(Signal(TAG_BITS, name=f"tag_{k}", reset_less=True) for k in range(2))
        oldest, start, bank = Signal(), Signal(), Signal()
        flying = Signal(2)  # layers issued and not yet drained
        wants = Signal(2)
        for k in range(2):
            m.d.comb += wants[k].eq(Mux(active[k], ready[k], self.i_full[k] & (start == k)))
        chosen, context = Signal(), Signal()
        m.d.comb += chosen.eq(Mux(wants.bit_select(oldest, 1), oldest, ~oldest))

        found, issued = Signal(), Signal()
        m.d.sync += [found.eq(0), issued.eq(0), flying.eq(flying + issued - self.i_finished)]
        with m.If(self.i_finished & ~self.i_to_output):
            m.d.sync += ready.bit_select(self.i_context, 1).eq(1)

        descriptor = Signal(layout)
        wait = Signal(range(-1, latency))
        # Which layer of the context it is, and whether it is the vector's first one.
        current, fresh = Signal(number), Signal()
        m.d.sync += [current.eq(layer[context]), fresh.eq(~active.bit_select(context, 1))]
        m.d.comb += [
            layers.i_address.eq(current),
            layers.i_write.eq(self.i_write),
            layers.i_write_address.eq(self.i_address),
            layers.i_write_data.eq(self.i_data),
            descriptor.eq(layers.o_data),
            self.o_source.payload.hidden.eq(~fresh),
            self.o_source.payload.context.eq(context),
            self.o_source.payload.more_beats.eq(descriptor.more_beats),
            self.o_source.payload.tag.tail.eq(descriptor.tail),
            self.o_source.payload.tag.table.eq(descriptor.table),
            self.o_source.payload.tag.long.eq(descriptor.long),
            *([self.o_source.payload.tag.halves.eq(descriptor.halves)] if c.broadcasts == 2 else []),
            self.o_source.payload.tag.task.layer.eq(current),
            *(self.o_source.payload.tag.task[flag].eq(descriptor[flag]) for flag in task_flags(c)),
            # The queue has room: two layers are on their way at most.
            drains.i.valid.eq(issued),
            drains.i.payload.job.eq(descriptor.drain),
            drains.i.payload.bank.eq(bank),
            drains.i.payload.context.eq(context),
            drains.i.payload.tag.eq(tag[context]),
            self.o_drain.valid.eq(drains.o.valid),
            self.o_drain.payload.eq(drains.o.payload),
            drains.o.ready.eq(self.o_drain.ready),
        ]
        with m.FSM():
            with m.State("CHOOSE"):
                m.d.sync += wait.eq(latency - 2)
                with m.If(found):
                    m.next = "FETCH"
                with m.Else():
                    m.d.sync += [context.eq(chosen), found.eq(wants.any() & ~flying[1])]
            with m.State("FETCH"):
                m.d.sync += wait.eq(wait - 1)
                with m.If(wait[-1]):
                    m.d.sync += issued.eq(1)
                    with m.If(fresh):
                        m.d.sync += tag[context].eq(Array(self.i_tag)[context])
                    m.next = "SCAN"
            with m.State("SCAN"):
                m.d.comb += self.o_source.valid.eq(1)
                with m.If(self.o_source.ready):
                    m.d.comb += self.o_release.eq(Mux(fresh, Const(1, 2) << context, 0))
                    m.d.sync += [
                        bank.eq(~bank),
                        ready.bit_select(context, 1).eq(0),
                        active.bit_select(context, 1).eq(~descriptor.last),
                        layer[context].eq(Mux(descriptor.last, 0, current + 1)),
                    ]
                    with m.If(fresh):
                        m.d.sync += start.eq(~start)
                    with m.If(descriptor.last):
                        m.d.sync += oldest.eq(~oldest)
                    m.next = "CHOOSE"
        idle = Signal(init=1)
        m.d.sync += idle.eq((flying == 0) & ~active.any() & ~self.i_full.any())
        m.d.comb += self.o_idle.eq(idle)
        return m
