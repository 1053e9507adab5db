"""What rows of the binary array sum up: each its own counts since its sum began, and nothing else."""

from unittest import mock

import pytest
from amaranth.hdl import Array, Assert, Assume, Cat, Const, Cover, Fragment, Module, Mux, Signal
from amaranth.lib.data import ArrayLayout, View

from hw.binary.bank import RowBank
from hw.binary.layout import slices, start_layout
from hw.binary.popcount import PopCount
from hw.binary.xnor_count import XnorCount
from hw.config import Config
from hw.packet import MemoryId
from hw.shared import Shared
from hw.stream import delay
from tests.formal.handshake import any_input
from tests.formal.harness import probe, prove
from tests.formal.memory import ContractMemory, memories

ROWS, SIMD, WORDS = 3, 3, 2
LOAD = 3
"""Cycles from the load bus to the memories' ports."""
APART = 9
"""Cycles between image data and steps, either way, at least."""


class Inside(Shared):
    """Elaborated in every place, for there is no other file of Verilog to find it in."""

    def instantiate(self, **inputs):
        m = Module()
        m.submodules.unit = unit = type(self.component)(*self.sizes)
        m.d.comb += [getattr(unit, name).eq(value) for name, value in inputs.items()]
        return m, unit

    def __init__(self, unit, n: int):
        self.sizes = (n,)
        super().__init__(unit(n), "count")


def small(latency: int, width: int) -> Config:
    """Three rows of three products. The weights of the last row stand in two memories."""
    return Config.model_validate({
        "name": "formal", "memory_latency": latency,
        "binary": {
            "pes": ROWS, "simd": SIMD, "ram_width": 8, "accumulator": 5,
            "activation": {"width": width},
            "capacity": {"words": WORDS, "groups": WORDS, "inputs": 6, "outputs": 6},
        },
    })


def loaded(m, dut, mine, width, name):
    """Words that were loaded, and which of them."""
    words = Array(Signal(width, name=f"{name}_{k}", reset_less=True) for k in range(WORDS))
    there = Signal(WORDS, name=f"{name}_there")
    for k in range(WORDS):
        with m.If(mine & (dut.i_load.address == k)):
            m.d.sync += [words[k].eq(dut.i_load.data), there[k].eq(1)]
    return words, there


def lately(m, value, name):
    """Whether it was 1 in one of the last ``APART`` cycles."""
    any_time = Const(0)
    for k in range(APART):
        value = delay(m, value, 1, f"{name}_before_{k}")
        any_time |= value
    return any_time


def spec(m, latency, width, pairs):
    config = small(latency, width)
    c = config.binary
    count = Inside(PopCount, -(-SIMD // 2)) if pairs else Inside(XnorCount, SIMD)
    dut = RowBank(config, count, load_width=ROWS * start_layout(c).size, load_address=1)
    assert dut.rows == ROWS and slices(c, ROWS) == 2
    m.submodules.dut = inside = Fragment.get(dut, None)

    # Image data, and what they leave in the memories.
    any_input(m, dut.i_write, dut.i_load.memory, dut.i_load.pe, dut.i_load.address, dut.i_load.data)
    to = {memory: dut.i_write & (dut.i_load.memory == memory)
          for memory in (MemoryId.WEIGHTS, MemoryId.STARTS)}
    widths = [c.ram_width, ROWS * SIMD - c.ram_width]
    contents = {
        **{f"weights_{k}": loaded(m, dut, to[MemoryId.WEIGHTS] & (dut.i_load.pe[0] == k), bits,
                                  f"weights_{k}") for k, bits in enumerate(widths)},
        "starts": loaded(m, dut, to[MemoryId.STARTS], ROWS * start_layout(c).size, "starts"),
    }
    for name, (words, there) in contents.items():
        for k, word in enumerate(words):
            known = delay(m, there[k], LOAD, f"{name}_{k}_known")
            m.d.comb += Assert(
                ~known | (probe(inside, f"{name}.row_{k}") == delay(m, word, LOAD, f"{name}_{k}_is")),
                f"{name} {k} is what was loaded")

    # A step, whose parts arrive when they are needed.
    step = {"add": Signal(), "first": Signal(), "capture": Signal(), "word": Signal(1),
            "start": Signal(1), "activations": Signal(SIMD)}
    if c.planes > 1:
        step |= {"double": Signal(), "plane": Signal.like(dut.i_plane)}
    any_input(m, *step.values(), dut.i_shift)
    when = {"word": 0, "activations": latency, "start": dut.start_at, "add": dut.add_at,
            "first": dut.add_at, "double": dut.add_at, "plane": dut.add_at, "capture": dut.add_at + 1}
    for name, value in step.items():
        m.d.comb += getattr(dut, f"i_{name}").eq(delay(m, value, when[name], f"{name}_arrives"))
    a = step["activations"]
    if pairs:
        m.d.comb += dut.i_pairs.eq(delay(
            m, sum(a[k:k + 2].xor() for k in range(0, SIMD, 2)),
            latency + 1 + count.component.latency, "pairs_arrive"))
    acts = step["add"] | step["capture"]
    m.d.comb += [
        Assume(~(acts & (dut.i_write | lately(m, dut.i_write, "writes")))),
        Assume(~(dut.i_write & lately(m, acts, "acts"))),
        Assume(~step["add"] | (contents["starts"][1].bit_select(step["start"], 1)
                               & contents["weights_0"][1].bit_select(step["word"], 1)
                               & contents["weights_1"][1].bit_select(step["word"], 1))),
    ]
    if c.planes > 1:
        m.d.comb += Assume(~step["double"] | (step["plane"] < c.planes - 1))

    # What the sums are, from the step's own cycle on.
    weights = Cat(contents[f"weights_{k}"][0][step["word"]] for k in range(2))
    starts = View(ArrayLayout(start_layout(c), ROWS), contents["starts"][0][step["start"]])
    known = Signal()  # a sum has begun
    m.d.sync += known.eq(known | delay(m, step["add"] & step["first"], dut.add_at + 1, "begins"))
    sums = []
    for row in range(ROWS):
        w = weights[row * SIMD:(row + 1) * SIMD]
        number = sum((a[k] ^ w[k] for k in range(SIMD)), Const(0))
        if pairs:  # the compiler takes them from the first value
            number += sum(w[k:k + 2].xor() for k in range(0, SIMD, 2))
        total, following = (Signal(c.accumulator, name=f"sum_{row}", reset_less=True),
                            Signal(c.accumulator, name=f"next_sum_{row}"))
        so_far = total
        if c.planes > 1:
            so_far = Mux(step["double"], 2 * total + (starts[row].low >> step["plane"])[0], total)
        m.d.comb += following.eq(Mux(step["add"], Mux(
            step["first"], starts[row].value, so_far) + number, total))
        m.d.sync += total.eq(following)
        sums.append(following)
        here = delay(m, total, dut.add_at + 1, f"sum_{row}_here")
        m.d.comb += [
            Assert(~known | (probe(inside, f"total_{row}").as_unsigned() == here),
                   f"row {row} has its sum"),
            Assert(~known | (dut.o_negative[row] == here[-1]), f"row {row} tells its sign"),
        ]

    # Sums leave, the first row's first, then what comes from the next bank.
    held = [Signal(c.accumulator, name=f"held_{row}", reset_less=True) for row in range(ROWS)]
    age = Signal(range(ROWS + 1), init=ROWS)
    with m.If(step["capture"]):
        m.d.sync += [age.eq(0), *(each.eq(value) for each, value in zip(held, sums, strict=True))]
    with m.Elif(age != ROWS):
        m.d.sync += age.eq(age + 1)
    out = dut.add_at + 2
    age, *held = (delay(m, each, out, f"{each.name}_leaves") for each in (age, *held))
    whole = Signal()  # what leaves had begun
    with m.If(delay(m, step["capture"], out, "captures")):
        m.d.sync += whole.eq(known)
    passed = Signal(range(ROWS + 1))  # cycles without a capture since reset
    came = delay(m, dut.i_shift, ROWS, "came")
    m.d.sync += passed.eq(Mux(passed == ROWS, ROWS, passed + 1))
    m.d.comb += [
        *(Assert(~(whole & (age == row)) | (dut.o_shift == held[row]), f"row {row} leaves in turn")
          for row in range(ROWS)),
        Assert(~((age == ROWS) & (passed == ROWS)) | (dut.o_shift == came), "then the next bank's"),
        Cover(whole & (age == ROWS - 1) & (held[0] != held[1]) & (held[1] != held[2])
              & (held[0] != held[2]), "three sums leave"),
        Cover(known & dut.o_negative.any() & ~dut.o_negative.all(), "signs differ"),
    ]
    if c.planes > 1:
        m.d.comb += Cover(known & step["double"] & step["add"] & ~step["first"], "a sum is doubled")


@pytest.mark.parametrize("latency, width, pairs", [
    (1, 1, False), (2, 3, False), (2, 1, True), (1, 3, True)])
def test_sums(latency, width, pairs):
    """After every step, the sum of a row is that of its first value and of its counts since the sum
    began, doubled where it is to be, whatever the other rows have; captured sums leave in order."""
    with memories(ContractMemory), mock.patch("hw.binary.bank.pairs_pay", lambda c: pairs):
        prove(lambda m: spec(m, latency, width, pairs),
              name=f"binary_bank_{latency}_{width}_{int(pairs)}", depth=16, cover=30)


def test_a_wrong_pair_is_found():
    with memories(ContractMemory), mock.patch("hw.binary.bank.pairs_pay", lambda c: True), \
            mock.patch("hw.binary.bank._carry", lambda a, w: (a ^ w).all()):
        with pytest.raises(AssertionError, match="has_its_sum"):
            prove(lambda m: spec(m, 1, 1, True), name="binary_bank_wrong", depth=16, cover=30)
