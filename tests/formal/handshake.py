"""The handshake rule of streams, as assumptions about inputs and assertions about outputs.

The rule: valid does not wait for ready; once valid, valid and payload hold until ready.
"""

from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover, Module, Signal, Value
from amaranth.lib import stream

__all__ = ["any_input", "feed", "watch"]


def any_input(m: Module, *inputs: Value) -> None:
    """Any value in any cycle."""
    for each in map(Value.cast, inputs):
        m.d.comb += each.eq(AnySeq(len(each)))


def feed(m: Module, port: stream.Interface, name: str) -> None:
    """Drives an input stream with anything that keeps the rule."""
    payload = Value.cast(port.payload)
    m.d.comb += [port.valid.eq(AnySeq(1)), payload.eq(AnySeq(len(payload)))]
    m.d.comb += Assume(_rule(m, port, name)[1])


def watch(m: Module, port: stream.Interface, name: str) -> None:
    """Takes an output stream at any pace and asserts the rule.

    The names of the signals tell the harness to look for a path from ready to valid. The covers:
    valid comes although ready never did, and an item is taken after it had to wait.
    """
    ready, valid = Signal(name=f"watched_{name}_ready"), Signal(name=f"watched_{name}_valid")
    seen = Signal(name=f"{name}_ready_seen")
    m.d.comb += [ready.eq(AnySeq(1)), port.ready.eq(ready), valid.eq(port.valid)]
    m.d.sync += seen.eq(seen | ready)
    waited, kept = _rule(m, port, name)
    m.d.comb += [
        Assert(kept, f"{name} holds until ready"),
        Cover(valid & ~seen & ~ready, f"{name} is valid without having seen ready"),
        Cover(waited & ready, f"{name} is taken after a wait"),
    ]


def _rule(m: Module, port: stream.Interface, name: str) -> tuple[Value, Value]:
    """Whether an item had to wait in the cycle before, and whether it is still there if so."""
    payload = Value.cast(port.payload)
    waited = Signal(name=f"{name}_waited")
    before = Signal(len(payload), name=f"{name}_before", reset_less=True)
    m.d.sync += [waited.eq(port.valid & ~port.ready), before.eq(payload)]
    return waited, ~waited | (port.valid & (payload == before))
