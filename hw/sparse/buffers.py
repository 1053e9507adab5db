"""Buffers of activations in natural order, double buffered by context, and their source."""

from amaranth import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.config import BEAT, Config, bits_for
from hw.memory import Memory
from hw.packet import TAG_BITS
from hw.sparse.layout import beat_layout, beats, tag_layout
from hw.stream import SkidBuffer, delay

__all__ = ["ActivationSource", "InputBuffer", "source_job"]


def source_job(config: Config) -> StructLayout:
    """A layer to scan: which buffer, how many beats, and the tag of its first beat."""
    c = config.sparse
    widest = max(c.capacity.inputs, c.capacity.hidden)
    return StructLayout({
        "hidden": 1, "context": 1,
        "more_beats": bits_for(beats(widest, c.activation.lanes)),
        "tag": tag_layout(c),
    })


class InputBuffer(Component):
    """Input vectors from the host, in one of two slots, one a context.

    Words of 32 bits hold activations in slots of 8 or 16 bits, first activation lowest. Words beyond
    the buffer spoil the vector, no other one: whoever commits it has counted them.

    Members: ``i`` (stream of words), ``i_commit`` (the vector is complete and good), ``i_discard``
    (start again), ``o_full`` and ``i_release`` (one bit a context), ``o_tag`` (each vector's
    ``i_tag``, which holds for a cycle after its commit), and the read side: ``i_read``, ``i_advance``,
    ``i_address`` {beat, context}, ``o_values``.

    With memories of latency 2, what comes in is registered first. For a cycle or two after a commit
    or ``i_discard`` no word is taken, and none may be offered in the cycle itself.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.sparse
        self.depth = beats(c.capacity.inputs, c.activation.lanes)
        super().__init__({
            "i": In(stream.Signature(BEAT)),
            "i_commit": In(1),
            "i_discard": In(1),
            "o_full": Out(2),
            "i_tag": In(TAG_BITS),
            "o_tag": Out(TAG_BITS).array(2),
            "i_release": In(2),
            "i_read": In(1),
            "i_advance": In(1),
            "i_address": In(bits_for(self.depth) + 1),
            "o_values": Out(c.activation.width * c.activation.lanes),
        })

    def elaborate(self, platform):
        m = Module()
        activation = self.config.sparse.activation
        width, per_beat = activation.width, activation.per_beat
        groups = activation.lanes // per_beat
        beat_bits, latency = bits_for(self.depth), self.config.memory_latency
        # One memory a group of lanes that arrive together, so that no write needs a mask.
        turn = Signal(groups, init=1)  # whose word comes next
        beat = Signal(beat_bits)
        full, context, ready = Signal(2), Signal(), Signal()
        word = delay(m, Cat(self.i.payload.word_select(k, activation.slot)[:width]
                            for k in range(per_beat)), latency - 1, "word", reset_less=True)
        taken = self.i.valid & self.i.ready
        arrived = delay(m, Mux(taken, turn, 0), latency - 1, "arrived")
        commit = delay(m, self.i_commit, latency - 1, "commit")
        discard = delay(m, self.i_discard, latency - 1, "discard")
        values = []
        for k in range(groups):
            m.submodules[f"group_{k}"] = memory = Memory(
                width * per_beat, 2 << beat_bits, latency=latency)
            m.d.comb += [
                memory.i_write.eq(arrived[k]),
                memory.i_write_address.eq(Cat(beat, context)),
                memory.i_write_data.eq(word),
                memory.i_read.eq(self.i_read),
                memory.i_advance.eq(self.i_advance),
                memory.i_address.eq(self.i_address),
            ]
            values.append(memory.o_data)
        tags = [Signal(TAG_BITS, name=f"tag_{k}", reset_less=True) for k in range(2)]
        m.d.comb += [
            self.o_values.eq(Cat(values)),
            self.o_full.eq(full),
            self.i.ready.eq(ready & ~commit & ~discard),
            *(self.o_tag[k].eq(tags[k]) for k in range(2)),
        ]
        with m.If(taken):
            m.d.sync += turn.eq(turn.rotate_left(1))
        with m.If(arrived[-1]):
            m.d.sync += beat.eq(beat + 1)
        with m.If(commit | discard):
            m.d.sync += [turn.eq(1), beat.eq(0)]
        m.d.sync += [
            ready.eq(~(commit | full.bit_select(context, 1))),
            full.eq((full & ~self.i_release) | Mux(commit, Const(1, 2) << context, 0)),
        ]
        with m.If(commit):
            m.d.sync += context.eq(~context)
            for k in range(2):
                with m.If(context == k):
                    m.d.sync += tags[k].eq(self.i_tag)
        return m


class ActivationSource(Component):
    """The plain activation source: a layer's activations from a buffer, beat after beat.

    Other sources (address generators of convolutions, tile masks) have the same output.

    Members: ``i`` (stream of ``source_job``; taken in the cycle after its last beat has been read),
    ``o`` (stream of {tag, values} for the scanner), and the read sides of the input and of the hidden
    buffer: ``o_read``, ``o_advance``, ``o_beat`` and ``o_context``, ``i_input``, ``i_hidden``.

    Latency 2 cycles with memories of latency 1, and 5 with others; one beat a cycle, two cycles between
    jobs.
    """

    def __init__(self, config: Config):
        self.config = config
        c = config.sparse
        self.address_bits = bits_for(beats(max(c.capacity.inputs, c.capacity.hidden),
                                           c.activation.lanes))
        values = c.activation.width * c.activation.lanes
        super().__init__({
            "i": In(stream.Signature(source_job(config))),
            "o": Out(stream.Signature(beat_layout(c))),
            "o_read": Out(1),
            "o_advance": Out(1),
            "o_beat": Out(self.address_bits),
            "o_context": Out(1),
            "i_input": In(values),
            "i_hidden": In(values),
        })

    def elaborate(self, platform):
        m = Module()
        c, latency = self.config.sparse, self.config.memory_latency
        job = self.i.payload
        # Beats on their way through the memories, which move together. A broadcast that stops shall not
        # reach back to here in its cycle; small designs, whose memories have no output registers, do
        # without.
        if latency == 2:
            m.submodules.exit = exit_ = SkidBuffer(beat_layout(c))
            connect(m, exit_.o, flipped(self.o))
            out, moves = exit_.i, exit_.i.ready
        else:
            out, moves = self.o, self.o.ready | ~self.o.valid
        running, done, first = Signal(), Signal(), Signal()
        beat = Signal(self.address_bits)
        left = Signal(signed(self.address_bits + 1))  # beats, less two
        last = left[-1]
        valid: Value = running
        tag = Signal(StructLayout({"hidden": 1, "tag": tag_layout(c)}))
        m.d.comb += [tag.hidden.eq(job.hidden), tag.tag.eq(job.tag), tag.tag.first.eq(first),
                     tag.tag.last.eq(last)]
        for k in range(latency):
            stage = Signal(name=f"valid_{k}")
            held = Signal.like(tag, name=f"tag_{k}", reset_less=True)
            with m.If(moves):
                m.d.sync += [stage.eq(valid), held.eq(tag)]
            valid, tag = stage, held
        values = Mux(tag.hidden, self.i_hidden, self.i_input)
        if latency == 2:
            # A register more than the RAM's own, to come from wherever the RAMs are placed.
            stage = Signal(name=f"valid_{latency}")
            held = Signal(beat_layout(c), name="held", reset_less=True)
            with m.If(moves):
                m.d.sync += [stage.eq(valid), held.tag.eq(tag.tag), held["values"].eq(values)]
            valid, tag, values = stage, held, held["values"]
        m.d.comb += [
            self.i.ready.eq(done),
            self.o_read.eq(moves),
            self.o_advance.eq(moves),
            self.o_beat.eq(beat),
            self.o_context.eq(job.context),
            out.valid.eq(valid),
            out.payload.tag.eq(tag.tag),
            out.payload["values"].eq(values),
        ]
        m.d.sync += done.eq(0)
        with m.If(~running):
            m.d.sync += [beat.eq(0), left.eq(job.more_beats - 1), first.eq(1),
                         running.eq(self.i.valid & ~done)]
        with m.Elif(moves):
            m.d.sync += [beat.eq(beat + 1), left.eq(left - 1), first.eq(0)]
            with m.If(last):
                m.d.sync += [running.eq(0), done.eq(1)]
        return m
