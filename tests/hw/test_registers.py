"""The register map, and the bus's rules cycle by cycle; tests/hw/test_axi.py has the rest."""

import pytest

from hw.packet import Error
from hw.registers import MAGIC, REGISTERS, Registers, register_map
from tests.hw.stalls import cycles


def test_map_is_plain_data():
    described = register_map()
    assert [r["offset"] for r in described["registers"]] == list(range(0, 0x24, 4))
    assert described["registers"][0] == {
        "offset": 0, "name": "magic", "access": "read",
        "description": "0x59465254, the letters TRFY"}
    assert MAGIC.to_bytes(4, "little") == b"TRFY"
    assert described["errors"][0] == "no error" and len(described["errors"]) == len(Error)
    assert len({r.name for r in REGISTERS}) == len(REGISTERS)


async def read(ctx, dut, offset, *, patience=0):
    bus = dut.s_axil
    ctx.set(bus.araddr, offset)
    ctx.set(bus.arvalid, 1)
    await ctx.tick().until(bus.arready)
    ctx.set(bus.arvalid, 0)
    held = ctx.get(bus.rdata)
    for _ in range(patience):
        await ctx.tick()
        assert ctx.get(bus.rvalid) and ctx.get(bus.rdata) == held
    ctx.set(bus.rready, 1)
    data, resp = await ctx.tick().sample(bus.rdata, bus.rresp).until(bus.rvalid)
    ctx.set(bus.rready, 0)
    return data, resp


@pytest.mark.parametrize("patience", [0, 3])
def test_values(patience):
    dut = Registers(0xCAFE1234)
    inputs = {"i_image_valid": 1, "i_idle": 0, "i_ready": 1, "i_input_bytes": 0x12345678,
              "i_outputs": 99}

    async def bench(ctx):
        for name, value in inputs.items():
            ctx.set(getattr(dut, name), value)
        got = [await read(ctx, dut, r.offset, patience=patience) for r in REGISTERS]
        assert all(resp == 0 for _, resp in got)
        assert [data for data, _ in got][:8] == [MAGIC, 0xCAFE1234, 0b101, 0, 0x12345678, 99, 0, 0]
        before, _ = await read(ctx, dut, 0x20)
        await ctx.tick().repeat(10)
        after, _ = await read(ctx, dut, 0x20)
        assert after - before == 10 + 2, "a busy cycle is a cycle; a read takes two"
        assert await read(ctx, dut, 0x24) == (0, 2)
        assert await read(ctx, dut, 0xFC) == (0, 2)

    cycles(dut, bench)


def test_counters_and_the_last_error():
    dut = Registers(0)

    async def write(ctx, offset, data, strobes=0xF):
        bus = dut.s_axil
        for signal, value in ((bus.awaddr, offset), (bus.wdata, data), (bus.wstrb, strobes)):
            ctx.set(signal, value)
        ctx.set(bus.awvalid, 1)
        await ctx.tick().repeat(3)
        assert not ctx.get(bus.bvalid), "an address alone is no write"
        ctx.set(bus.wvalid, 1)
        await ctx.tick().until(bus.awready & bus.wready)
        ctx.set(bus.awvalid, 0)
        ctx.set(bus.wvalid, 0)
        ctx.set(bus.bready, 1)
        (resp,) = await ctx.tick().sample(bus.bresp).until(bus.bvalid)
        ctx.set(bus.bready, 0)
        return resp

    async def bench(ctx):
        ctx.set(dut.i_sent, 1)
        await ctx.tick().repeat(3)
        ctx.set(dut.i_sent, 0)
        for error in (Error.CRC, Error.KIND):
            ctx.set(dut.i_failed, 1)
            ctx.set(dut.i_error, error)
            await ctx.tick()
        ctx.set(dut.i_failed, 0)
        ctx.set(dut.i_idle, 1)
        assert [(await read(ctx, dut, offset))[0] for offset in (0x18, 0x1C)] == [3, 2]
        for data, strobes, expected in ((0, 0xF, Error.KIND), (1, 0xE, Error.KIND),
                                        (1, 0x1, Error.NONE)):
            assert await write(ctx, 0x0C, data, strobes) == 0
            assert await read(ctx, dut, 0x08) == (expected << 8 | 0b10, 0)
        assert await write(ctx, 0x04, 1) == 2
        assert await write(ctx, 0x80, 1) == 2

    cycles(dut, bench)
