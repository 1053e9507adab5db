"""The decoder against a plain one in Python, on streams of every distribution and on damaged ones."""

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from gen.huffman import EntryCoder
from hw.huffman import HuffmanDecoder
from hw.sparse.layout import MAX_LENGTH, SYMBOL_BITS
from tests.hw.configs import config
from tests.hw.stalls import transfer


def decode(table, words, widths):
    """Entries until the stream ends or no code word fits, and whether the latter: bit by bit."""
    table = np.asarray(table).ravel().tolist()
    stream = iter([word >> k & 1 for word in words for k in range(32)])
    entries = []

    def field(shift, width):
        code = first = place = 0
        for length in range(1, MAX_LENGTH + 1):
            code = 2 * code + next(stream)
            count = table[length] >> shift & 0x1FF
            if code - first < count:
                value = table[MAX_LENGTH + 1 + place + code - first] >> shift & 0xFF
                for _ in range(max(0, width - SYMBOL_BITS)):
                    value = 2 * value + next(stream)
                return value
            first, place = 2 * (first + count), place + count
        raise LookupError

    while True:
        try:
            index = field(0, widths[0])
            entries.append((index, field(9, widths[1])))
        except StopIteration:
            return entries, False
        except LookupError:
            return entries, True


def run(latency, index, code, table, words, seed):
    """Load the tables, then decode: entries, and whether an error and bits are left in the end."""
    dut = HuffmanDecoder(config(memory_latency=latency, sparse__index__width=index,
                                sparse__weight__kind="direct", sparse__weight__width=code))
    held, end = Held(dut), {}

    async def load(ctx):
        for address, word in enumerate(np.asarray(table).ravel().tolist()):
            ctx.set(dut.i_write, 1)
            ctx.set(dut.i_address, address)
            ctx.set(dut.i_data, {"index": word & 0x1FF, "code": word >> 9})
            await ctx.tick()
        ctx.set(dut.i_write, 0)
        ctx.set(held.i_go, 1)
        while True:
            end["error"], end["left"] = ctx.get(dut.o_error), ctx.get(dut.o_left)
            await ctx.tick()

    got = transfer(held, words, seed, around=[load], patience=len(table) + 200,
                   plain=lambda payload: (payload.index, payload.code))
    return got, bool(end["error"]), bool(end["left"])


class Held(Component):
    """A decoder whose words wait until its tables are there."""

    def __init__(self, dut):
        self.dut = dut
        super().__init__({"i": In(stream.Signature(32)), "o": Out(stream.Signature(dut.layout)),
                          "i_go": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        connect(m, flipped(self.o), dut.o)
        m.d.comb += [dut.i.payload.eq(self.i.payload), dut.i.valid.eq(self.i.valid & self.i_go),
                     self.i.ready.eq((dut.i.ready | dut.o_error) & self.i_go)]
        return m


DISTRIBUTIONS = {
    "one_symbol": [1],
    "two_symbols": [3, 1],
    "skewed": [2.0 ** -k for k in range(20)],
    "sixteen": [1] * 16,
    "all": [1] * 256,
    "all_skewed": [0.97 ** k for k in range(256)],
}


def draw(rng, weights, bits, count):
    """Values of so many bits: the likeliest first, then shuffled."""
    weights = np.array(weights[:1 << bits], float)
    values = rng.permutation(1 << bits)[:len(weights)]
    return rng.choice(values, count, p=weights / weights.sum())


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("first, second", [
    ("one_symbol", "one_symbol"), ("one_symbol", "two_symbols"), ("two_symbols", "skewed"),
    ("skewed", "sixteen"), ("all_skewed", "all"), ("all", "one_symbol")])
def test_entries_come_back(latency, first, second):
    rng = np.random.default_rng([latency, len(DISTRIBUTIONS[first]), len(DISTRIBUTIONS[second])])
    index, code = (draw(rng, DISTRIBUTIONS[each], 8, 150) for each in (first, second))
    coder = EntryCoder.of(index, code, 8, 8)
    words = coder.encode(index, code).tolist()
    for seed in (None, 1):
        got, error, left = run(latency, 8, 8, coder.table(), words, seed)
        assert got[:150] == list(zip(index.tolist(), code.tolist(), strict=True))
        assert (got, error) == decode(coder.table(), words, (8, 8))
        # What follows the last entry is padding.
        assert not error and not left


@pytest.mark.parametrize("index_bits, code_bits", [(3, 2), (8, 13), (11, 4), (10, 32), (14, 9)])
def test_wide_fields_keep_their_low_bits(index_bits, code_bits):
    rng = np.random.default_rng(index_bits)
    index = np.minimum(rng.geometric(2.0 ** -(index_bits - 2), 200), (1 << index_bits) - 1)
    code = rng.integers(0, 1 << code_bits, 200)
    code[0], code[1] = 0, (1 << code_bits) - 1
    code[:120], index[100:] = code[0], index[100]  # one word of each code has one bit
    coder = EntryCoder.of(index, code, index_bits, code_bits)
    got, error, _ = run(2, index_bits, code_bits, coder.table(), coder.encode(index, code).tolist(), 3)
    assert got[:200] == list(zip(index.tolist(), code.tolist(), strict=True)) and not error


def test_no_such_code_word():
    """The only symbol is coded as 0; a 1 is an error, and nothing comes afterwards."""
    coder = EntryCoder.of(np.array([5]), np.array([7]), 8, 8)
    words = [0b1 << 6, 0, 0]
    got, error, _ = run(2, 8, 8, coder.table(), words, 1)
    assert (got, error) == ([(5, 7)] * 3, True) == decode(coder.table(), words, (8, 8))


@pytest.mark.parametrize("seed", range(8))
def test_random_tables_and_bits(seed):
    """Any lengths that leave room, and any bits: what the plain decoder makes of them."""
    rng = np.random.default_rng(seed)
    table = np.zeros((272, 1), np.int64)
    for shift in (0, 9):
        room, symbols = 1, 0
        for length in range(1, MAX_LENGTH + 1):
            room *= 2
            count = int(rng.integers(0, min(room, 20) + 1)) if rng.random() < 0.6 else 0
            # Code words left over stay few enough for the decoder's registers.
            count = min(max(count, room - 128), 256 - symbols, 256)
            room, symbols = room - count, symbols + count
            table[length] |= count << shift
            if room > 128:
                break
        table[16:, 0] |= rng.integers(0, 256, 256) << shift
    words = rng.integers(0, 1 << 32, 60).tolist()
    got, error, _ = run(1 + seed % 2, 8, 8, table, words, seed)
    assert (got, error) == decode(table, words, (8, 8))


@pytest.mark.parametrize("counts", [[0, 3], [0, 1, 3], [0, 0, 0, 9], [0, 0, 2, 5], [0, 2, 0, 0, 1],
                                    [0] * 9 + [200] * 2, [0, 1] + [1] * 13 + [3]])
@pytest.mark.parametrize("shift", [0, 9])
def test_too_many_code_words_of_a_length(counts, shift):
    good = [0, 2] + [0] * 14
    bad = counts + [0] * (16 - len(counts))
    total = sum(count * 2.0 ** -length for length, count in enumerate(bad))
    table = [a << shift | b << 9 - shift for a, b in zip(bad, good, strict=True)] + [0] * 256
    assert run(2, 8, 8, table, [], None)[1] == (total > 1)
    # The next tables are judged by themselves.
    assert not run(2, 8, 8, [a << 9 | a for a in good], [], None)[1]
