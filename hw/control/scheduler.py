"""The scheduler of an array: which layer of which vector comes next."""

from amaranth import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.utils import exact_log2

from hw.config import bits_for
from hw.control.layers import LayerTable
from hw.memory import Memory
from hw.stream import SkidBuffer, delay

__all__ = ["LayerScheduler"]


class LayerScheduler(Component):
    """Runs the layers of several vectors in turn, so that none waits for the results of its last one.

    Each context holds one vector between its layers. The oldest vector whose activations lie ready goes
    first; vectors leave in the order in which they came. Decisions are made ahead: up to two layers wait
    here, and one more in ``LayerSteps``.

    Members: ``i_full``, ``i_slot`` (an input vector waits), ``o_take`` (it gets a context), ``i_done``
    with ``i_context`` (activations of a context's next layer can be read), ``o`` (stream of layers),
    and the layer table's write port.

    A decision takes ``memory_latency + 5`` cycles.
    """

    def __init__(self, table: LayerTable, *, latency: int, load_width: int, load_address: int):
        self.table, self.latency = table, latency
        super().__init__({
            "i_full": In(1),
            "i_slot": In(1),
            "o_take": Out(1),
            "i_done": In(1),
            "i_context": In(bits_for(table.vectors)),
            "o": Out(stream.Signature(table.job)),
            "i_write": In(1),
            "i_address": In(load_address),
            "i_data": In(load_width),
        })

    def elaborate(self, platform):
        m = Module()
        layout, latency = self.table.layout, self.latency
        count, bits = self.table.vectors, exact_log2(self.table.vectors)
        m.submodules.layers = layers = Memory(layout.size, max(2, self.table.layers), latency=latency)
        m.submodules.jobs = jobs = SkidBuffer(self.table.job)
        connect(m, jobs.o, flipped(self.o))

        # Contexts, in a ring from the oldest vector on.
        oldest, free = Signal(bits), Signal(bits)
        active, ready = Signal(count), Signal(count)
        number = bits_for(self.table.layers)
        layer = Array(Signal(number, name=f"layer_{k}", reset_less=True) for k in range(count))
        done_context = delay(m, self.i_context, 1, "done_context")
        with m.If(delay(m, self.i_done, 1, "done")):
            m.d.sync += ready.bit_select(done_context, 1).eq(1)

        # What one state makes of another's needs no reset, which would come late, from afar.
        wants, fresh, context = (Signal(width, name=name, reset_less=True) for name, width in (
            ("wants", count), ("fresh", 1), ("context", bits)))
        current = Signal(number, reset_less=True)
        wait = Signal(range(-1, latency), reset_less=True)
        descriptor = Signal(layout)
        m.d.comb += [
            descriptor.eq(layers.o_data),
            layers.i_address.eq(current),
            layers.i_write.eq(self.i_write),
            layers.i_write_address.eq(self.i_address),
            layers.i_write_data.eq(self.i_data),
            jobs.i.payload.layer.eq(descriptor),
            jobs.i.payload.fresh.eq(fresh),
            jobs.i.payload.slot.eq(self.i_slot),
            jobs.i.payload.context.eq(context),
            jobs.i.payload.parity.eq(current[0]),
        ]
        is_last = Value.cast(descriptor.output).any()
        chosen, found, starts = (Signal(width, name=name, reset_less=True) for name, width in (
            ("chosen", bits), ("found", 1), ("starts", 1)))
        m.d.sync += [
            found.eq(wants.any()),
            starts.eq(self.i_full & ~active.bit_select(free, 1) & ~self.o_take),
            self.o_take.eq(0),
        ]
        for k in reversed(range(count)):
            with m.If(wants[k]):
                m.d.sync += chosen.eq(k)
        with m.FSM():
            with m.State("ASK"):
                # From the oldest on; a vector that is not yet there comes last.
                turned = Cat(ready, ready).bit_select(oldest, count)
                m.d.sync += [wants.eq(turned), wait.eq(latency - 2)]
                m.next = "RANK"
            with m.State("RANK"):
                m.next = "CHOOSE"
            with m.State("CHOOSE"):
                m.d.sync += [context.eq(Mux(found, oldest + chosen, free)), fresh.eq(~found)]
                m.next = "ASK"
                with m.If(found | starts):
                    m.next = "LOOK"
            with m.State("LOOK"):
                m.d.sync += [current.eq(Mux(fresh, 0, layer[context])),
                             ready.bit_select(context, 1).eq(0)]
                m.next = "FETCH"
            with m.State("FETCH"):
                m.d.sync += wait.eq(wait - 1)
                with m.If(wait[-1]):
                    m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += jobs.i.valid.eq(1)
                with m.If(jobs.i.ready):
                    m.next = "ASK"
                    m.d.sync += [
                        self.o_take.eq(fresh),
                        layer[context].eq(current + 1),
                        active.bit_select(context, 1).eq(~is_last),
                        free.eq(free + fresh),
                        oldest.eq(oldest + is_last),
                    ]
        return m
