"""Handshake blocks that Amaranth's library lacks.

The rule for every stream: valid does not wait for ready; once valid, valid and payload hold until
ready.
"""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Shape, ShapeLike, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.lfsr import following
from hw.memory import Memory, address_width

__all__ = ["Fork", "Queue", "ReadPipeline", "SkidBuffer", "delay", "or_tree", "or_tree_levels"]


def delay(m: Module, value: Value, cycles: int, name: str, *,
          reset_less: bool = False) -> Value:
    """``value``, ``cycles`` clock cycles later."""
    for k in range(cycles):
        register = Signal.like(value, name=f"{name}_{k + 1}", reset_less=reset_less)
        m.d.sync += register.eq(value)
        value = register
    return value


def or_tree_levels(count: int) -> int:
    """Registers between the inputs and the output of :func:`or_tree`; at least 1."""
    return 1 + or_tree_levels(-(-count // 4)) if count > 4 else 1


def or_tree(m: Module, values: list[Value], name: str) -> Value:
    """The OR of all values, through a tree of registers, four inputs (one LUT4) a level."""
    groups = [values[k:k + 4] for k in range(0, len(values), 4)]
    registers = []
    for k, group in enumerate(groups):
        register = Signal.like(group[0], name=f"{name}_{len(values)}_{k}")
        total = group[0]
        for value in group[1:]:
            total = total | value
        m.d.sync += register.eq(total)
        registers.append(register)
    return registers[0] if len(registers) == 1 else or_tree(m, registers, name)


class SkidBuffer(Component):
    """Cuts every path of a stream: all outputs, ``ready`` among them, come from registers.

    Args:
        shape: Payload.

    Latency 1 cycle, throughput 1 item a cycle, capacity 2. Members: ``i``, ``o``.
    """

    def __init__(self, shape: ShapeLike):
        self.shape = shape
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        skid = Signal(self.shape, reset_less=True)
        room = Signal(init=1)  # nothing is in `skid`
        payload = Signal(self.shape, reset_less=True)
        valid = Signal()
        m.d.comb += [self.i.ready.eq(room), self.o.valid.eq(valid), self.o.payload.eq(payload)]
        moves = self.o.ready | ~valid
        m.d.sync += [valid.eq(~(moves & room) | self.i.valid), room.eq(moves | (room & ~self.i.valid))]
        with m.If(moves):
            m.d.sync += payload.eq(Mux(room, self.i.payload, skid))
        with m.If(room):
            m.d.sync += skid.eq(self.i.payload)
        return m


class Fork(Component):
    """Gives every item to several readers, each in its own time.

    The next item comes when all have taken this one. No latency. Members: ``i``, ``o`` (an array).
    """

    def __init__(self, shape: ShapeLike, readers: int):
        self.readers = readers
        super().__init__({"i": In(stream.Signature(shape)),
                          "o": Out(stream.Signature(shape)).array(readers)})

    def elaborate(self, platform):
        m = Module()
        taken = Signal(self.readers)
        done = Signal(self.readers)
        m.d.comb += self.i.ready.eq(done.all())
        for k, reader in enumerate(self.o):
            m.d.comb += [
                reader.payload.eq(self.i.payload),
                reader.valid.eq(self.i.valid & ~taken[k]),
                done[k].eq(taken[k] | reader.ready),
            ]
        with m.If(self.i.valid):
            m.d.sync += taken.eq(Mux(self.i.ready, 0, done))
        return m


class ReadPipeline(Component):
    """Turns a stream of addresses into a stream of memory words, stalling where its reader stalls.

    The RAM's latch and output register are the pipeline's storage. Wire ``o_read``, ``o_advance``,
    ``o_address`` to one or several memories of the same latency, and use their ``o_data`` beside
    ``o.payload`` (the tag that came with the address) while ``o.valid``.

    Args:
        depth: Words of the memories.
        tag: Shape that travels with each address.
        latency: Of the memories, 1 or 2; also the latency of this block. Throughput 1 word a cycle.
    """

    def __init__(self, depth: int, tag: ShapeLike, *, latency: int):
        if latency not in (1, 2):
            raise ValueError(f"latency must be 1 or 2, not {latency}")
        self.latency, self.tag = latency, tag
        super().__init__({
            "i": In(stream.Signature(tag)),
            "i_address": In(address_width(depth)),
            "o": Out(stream.Signature(tag)),
            "o_read": Out(1),
            "o_advance": Out(1),
            "o_address": Out(address_width(depth)),
        })

    def elaborate(self, platform):
        m = Module()
        ready: Value = self.o.ready
        enables: list[Value] = []
        stages = [(Signal(name=f"valid_{k}"), Signal(self.tag, name=f"tag_{k}", reset_less=True))
                  for k in range(self.latency)]
        for valid, _ in reversed(stages):
            ready = ready | ~valid
            enables.insert(0, ready)
        source = (self.i.valid, self.i.payload)
        for (valid, tag), enable in zip(stages, enables, strict=True):
            with m.If(enable):
                m.d.sync += [valid.eq(source[0]), tag.eq(source[1])]
            source = (valid, tag)
        m.d.comb += [
            self.i.ready.eq(enables[0]),
            self.o_read.eq(enables[0]),
            self.o_advance.eq(enables[-1]),
            self.o_address.eq(self.i_address),
            self.o.valid.eq(source[0]),
            self.o.payload.eq(source[1]),
        ]
        return m


class Queue(Component):
    """A first-in first-out queue in a :class:`Memory`, whose read registers hold items too.

    Args:
        shape: Item.
        depth: Items that the memory holds, 2 or more; the queue holds up to ``depth + latency``. The
            memory has a power of two of words, more than ``depth``: pointers are shift registers.
        latency: Of the memory, 1 or 2.
        block: In block RAM, however small.
        room: Whoever offers an item knows that there is room: ``i.ready`` need not be looked at, and
            the queue does not.

    An item can be read ``latency + 1`` cycles after it was written; throughput 1 item a cycle.
    ``o_level`` counts the items in the memory and the one that left it a cycle before; those in the read
    registers are not among them. A word is never read in the cycle that writes it. Members: ``i``,
    ``o``, ``o_level``.
    """

    def __init__(self, shape: ShapeLike, depth: int, *, latency: int, block: bool = False,
                 room: bool = False):
        if depth < 2:
            raise ValueError(f"queue depth must be at least 2, not {depth}")
        self.shape, self.depth, self.latency = shape, depth, latency
        self.block, self.room = block, room
        super().__init__({
            "i": In(stream.Signature(shape)),
            "o": Out(stream.Signature(shape)),
            "o_level": Out(range(depth + 1)),
        })

    def elaborate(self, platform):
        m = Module()
        width = Shape.cast(self.shape).width
        words = 1 << address_width(self.depth + 1)
        m.submodules.memory = memory = Memory(width, words, latency=self.latency, block=self.block)
        write_pointer = Signal(range(words))
        read_pointer = Signal(range(words))
        level = Signal(range(self.depth + 1))
        some = Signal()  # an item is in the memory
        valid = Signal(self.latency)  # items in the memory's read registers
        push, pop = Signal(), Signal()
        advance = Signal()
        popped = Signal()  # not counted yet: when an item leaves is known late in a cycle
        m.d.comb += [
            self.i.ready.eq(level != self.depth),
            push.eq(self.i.valid if self.room else self.i.valid & self.i.ready),
            # All read registers advance together, so one LUT decides: a gap among them stays a gap.
            advance.eq(self.o.ready | ~valid[-1]),
            pop.eq(some & advance),
            self.o_level.eq(level),
            memory.i_write.eq(push),
            memory.i_write_address.eq(write_pointer),
            memory.i_write_data.eq(self.i.payload),
            memory.i_address.eq(read_pointer),
            memory.i_read.eq(advance),
            memory.i_advance.eq(advance),
            self.o.valid.eq(valid[-1]),
            self.o.payload.eq(memory.o_data),
        ]
        with m.If(advance):
            m.d.sync += valid.eq(Cat(some, valid)[:self.latency])
        m.d.sync += [popped.eq(pop), some.eq(push | (some & ~(pop & (level == 1 + popped))))]
        with m.If(push != popped):
            m.d.sync += level.eq(level + Mux(push, 1, -1))
        with m.If(push):
            m.d.sync += write_pointer.eq(following(write_pointer))
        with m.If(pop):
            m.d.sync += read_pointer.eq(following(read_pointer))
        return m
