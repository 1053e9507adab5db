"""The whole array against the golden model, its times, and what must not disturb it."""

import shutil

import numpy as np
import pytest
from amaranth import ResetInserter

from gen.binary import place_layers, sections
from gen.image import build_image
from gen.vectors import vector_packets
from gen.verilog import emit
from hw import packet
from hw.binary.layout import threshold_steps
from hw.top import Top
from sim.golden.network import evaluate
from sim.runner import run_streams
from tests.hw import configs
from tests.hw.binary.arrays import Bench, network, random_inputs, resolved

CASES = {
    "one_weight": ((1, 1), (0,), {"pes": 1, "simd": 1}),
    "one_step": ((7, 3), (0,), {"pes": 4, "simd": 8}),
    "one_pe": ((9, 5, 3), (1, 0), {"pes": 1, "simd": 2}),
    "as_many_pes_as_products": ((9, 8, 6, 3), (1, 1, 1), {"pes": 4, "simd": 4}),
    "three_pes_of_eleven": ((23, 13, 7), (1, 0), {"pes": 3, "simd": 11}),
    "levels": ((23, 13, 7, 5), (3, 1, 2), {"pes": 3, "simd": 11}),
    "many_levels": ((9, 10, 4), (13, 15), {"pes": 2, "simd": 5}),
    "levels_then_raw": ((12, 9, 3), (5, 0), {"pes": 2, "simd": 9, "vectors": 2}),
    "bytes": ((35, 6, 3), (1, 0), {"pes": 2, "simd": 34, "activation": {"width": 8}}),
    "unsigned": ((11, 6), (3,), {"pes": 5, "simd": 7, "activation": {"width": 3, "signed": False}}),
    "pairs": ((90, 41, 5), (1, 0), {"pes": 19, "simd": 63}),
}


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_vectors_back_to_back(name, latency):
    sizes, levels, binary = CASES[name]
    rng = np.random.default_rng(3)
    net = network(rng, sizes, levels)
    c = resolved(net, memory_latency=latency, small_ram=("block", "distributed")[latency - 1], **binary)
    vectors = random_inputs(rng, c, sizes[0], 12)
    expected = evaluate(net, vectors, 1, True)
    for seed in (None, 1):
        assert (Bench(c, net, seed=seed).run(vectors) == expected).all()


@pytest.mark.parametrize("name", ["one_weight", "one_step", "one_pe", "levels"])
def test_a_host_that_does_not_fetch(name):
    """Two results find room; all further vectors wait, wherever they are."""
    sizes, levels, binary = CASES[name]
    rng = np.random.default_rng(4)
    net = network(rng, sizes, levels)
    c = resolved(net, **binary)
    vectors = random_inputs(rng, c, sizes[0], 16)
    bench = Bench(c, net)
    results = None

    async def take(ctx):
        nonlocal results
        await bench.load(ctx)
        ctx.set(bench.reset, 1)  # here: loaded
        await ctx.tick().repeat(2000)
        results = await bench.take(ctx, 16)

    async def send(ctx):
        await ctx.tick().until(bench.reset)
        await bench.send(ctx, vectors)

    bench.simulate(take, send)
    assert (results == evaluate(net, vectors, 1, True)).all()


@pytest.mark.parametrize("after", [1, 7, 20, 33, 40, 41, 42, 55, 70])
def test_reset_in_the_middle(after):
    sizes, levels, binary = CASES["levels"]
    rng = np.random.default_rng(5)
    net = network(rng, sizes, levels)
    c = resolved(net, **binary)
    vectors = random_inputs(rng, c, sizes[0], 6)
    bench = Bench(c, net)
    results = None

    async def play(ctx):
        nonlocal results
        dut = bench.dut
        await bench.load(ctx)
        beats = [word for data in vector_packets(vectors[:3], c)
                 for word in np.frombuffer(packet.parse(data)[2], "<u4").tolist()]
        for word in beats:  # without the pauses between packets: the array is as full as can be
            ctx.set(dut.i.payload, word)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.i_commit, 1)
            await ctx.tick()
            ctx.set(dut.i_commit, 0)
            await ctx.tick()
        await ctx.tick().repeat(after)
        ctx.set(bench.reset, 1)
        await ctx.tick()
        ctx.set(bench.reset, 0)
        assert not ctx.get(dut.o_start)
        await bench.load(ctx)
        assert ctx.get(dut.o_idle) and ctx.get(dut.o_empty) and ctx.get(dut.o_ready)

        async def both():
            await bench.send(ctx, vectors[:2])
        await both()
        results = await bench.take(ctx, 2)

    bench.simulate(play, component=ResetInserter(bench.reset)(bench.dut))
    assert (results == evaluate(net, vectors[:2], 1, True)).all()


@pytest.mark.parametrize("sizes, levels, binary", [
    ((64, 64, 64, 10), (1, 1, 0), {"pes": 4, "simd": 16}),
    ((90, 61, 33, 7), (1, 1, 1), {"pes": 5, "simd": 13}),
    ((70, 31, 33, 9), (3, 3, 0), {"pes": 4, "simd": 13}),
    ((20, 31, 9), (3, 0), {"pes": 6, "simd": 20}),
])
def test_no_cycle_without_work(sizes, levels, binary):
    """Weights and counts are left out here; when things happen does not depend on them. Where results
    or levels leave through the drain, a group takes as long as that."""
    rng = np.random.default_rng(6)
    net = network(rng, sizes, levels)
    c = resolved(net, vectors=4, **binary)
    bench = Bench(c, net, counts=False)
    bench.run(random_inputs(rng, c, sizes[0], 16))
    period = max(c.binary.pes, threshold_steps(c.binary))
    placed = place_layers(net, c.binary)
    drained = [threshold_steps(c.binary) > 0 or each is placed[-1] for each in placed]
    working = sum(each.groups * max(each.words * each.planes, period if through else 1)
                  for each, through in zip(placed, drained, strict=True))
    # Vectors may leave in turns of as many as are in flight; the last ones have the array alone.
    interval = np.diff(bench.left)[-12:-4].mean()
    assert sum(each.cycles for each in placed) <= interval <= working / 0.98


def test_idle_means_that_nothing_is_under_way():
    """From some cycles after a commit, as the packet receiver waits, to the result."""
    for name in ("one_step", "levels", "bytes"):
        sizes, levels, binary = CASES[name]
        rng = np.random.default_rng(7)
        net = network(rng, sizes, levels)
        c = resolved(net, **binary)
        bench = Bench(c, net)
        idle = []

        async def play(ctx, bench=bench, c=c, columns=sizes[0], rng=rng, idle=idle):
            await bench.load(ctx)
            assert ctx.get(bench.dut.o_idle) and ctx.get(bench.dut.o_empty)
            await bench.send(ctx, random_inputs(rng, c, columns, 2)[:1])
            async for _, _, *flags in ctx.tick().sample(
                    bench.dut.o_idle, bench.dut.o_empty, bench.dut.o_start):
                if flags[2]:
                    break
                idle.append(flags[0] and flags[1])
            await bench.take(ctx, 1)
            await ctx.tick().repeat(8)
            assert ctx.get(bench.dut.o_idle) and ctx.get(bench.dut.o_empty)

        bench.simulate(play)
        assert idle and not any(idle)


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("name", ["three_pes_of_eleven", "bytes", "one_step"])
def test_a_new_image_right_behind_vectors(name, tmp_path):
    """It waits until the vectors before it are done."""
    sizes, levels, binary = CASES[name]
    rng = np.random.default_rng(8)
    nets = [network(rng, sizes, levels) for _ in range(2)]
    c = resolved(nets[0], **binary)
    vectors = random_inputs(rng, c, sizes[0], 3)
    packets = [each for net in (*nets, *nets) for each in (
        build_image(net, c, sections(net, c)), *vector_packets(vectors, c))]
    top = Top(c)
    (tmp_path / "signs.v").write_text(emit(top, c.name, top.shared))
    run = run_streams([tmp_path / "signs.v"], c.name, packets, work=tmp_path, expect=len(packets),
                      simulator="icarus", timeout_cycles=20_000)
    answers = [packet.parse(each) for each in run.packets]
    results = [(tag, np.frombuffer(payload, "<i4").tolist()) for kind, tag, payload in answers
               if kind == packet.Kind.RESULT]
    golden = [evaluate(net, vectors, 1, True).tolist() for net in nets]
    assert results == [(tag, row) for each in (*golden, *golden) for tag, row in enumerate(each)]


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
def test_the_image_of_a_sparse_configuration_is_refused(tmp_path):
    rng = np.random.default_rng(9)
    net = network(rng, (7, 3), (0,))
    c = resolved(net, pes=4, simd=8)
    vector = random_inputs(rng, c, 7, 2)[:1]
    packets = [build_image(net, configs.config(), []), *vector_packets(vector, c),
               build_image(net, c, sections(net, c)), *vector_packets(vector, c)]
    top = Top(c)
    (tmp_path / "signs.v").write_text(emit(top, c.name, top.shared))
    run = run_streams([tmp_path / "signs.v"], c.name, packets, work=tmp_path, expect=len(packets),
                      simulator="icarus", timeout_cycles=20_000)
    answers = [packet.parse(each) for each in run.packets]
    assert [(kind, int.from_bytes(payload[:4], "little")) for kind, _, payload in answers[:3]] == [
        (packet.Kind.STATUS, error) for error in (
            packet.Error.CONFIGURATION, packet.Error.NO_IMAGE, packet.Error.NONE)]
    assert np.frombuffer(answers[3][2], "<i4").tolist() == evaluate(net, vector, 1, True)[0].tolist()
