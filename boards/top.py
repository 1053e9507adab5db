"""The top of a board: pins, clock, reset, serial line and LEDs around a generated design."""

from amaranth.hdl import (
    ClockDomain,
    ClockSignal,
    Const,
    Elaboratable,
    Instance,
    Module,
    Mux,
    Signal,
)
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from boards.board import Board
from boards.clock import Clock
from hw.slip import SlipDecoder, SlipEncoder
from hw.uart import UartReceiver, UartTransmitter

__all__ = ["BoardTop"]

_RESET_CYCLES = 256  # iCE40's block RAMs can be read 3 us after configuration


class BoardTop(wiring.Component):
    """A generated design with its packets on the board's serial line.

    Reset ends 256 cycles after the PLL has locked and the button was let go. Then LED 0 blinks once
    in one to two seconds and LED 1 shines while bytes come or go.

    Args:
        design: Name of the generated module, instantiated from its Verilog; see ``gen.verilog``.
        board: The board; members are its pins.
        clock: The clock of the design, from ``boards.clock.plan``.
    """

    def __init__(self, design: str, board: Board, clock: Clock):
        self._design = design
        self._board = board
        self._clock = clock
        super().__init__({
            "osc": In(1), "uart_rx": In(1), "uart_tx": Out(1), "button": In(1), "led": Out(2),
            **({"high": Out(1, init=1)} if "high" in board.pins else {}),
        })

    def elaborate(self, platform):
        m = Module()

        m.domains.sync = sync = ClockDomain()
        m.domains.raw = raw = ClockDomain(reset_less=True)  # the same clock, before any reset
        locked = Signal()
        m.d.comb += raw.clk.eq(sync.clk)
        m.submodules.pll = self._pll(sync.clk, locked)

        calm = Signal()
        released = Signal()
        countdown = Signal(range(_RESET_CYCLES))
        m.d.comb += calm.eq(locked & (self.button == self._board.button_low))
        m.submodules.calm = FFSynchronizer(calm, released, o_domain="raw")
        running, reset = Signal(), Signal(init=1)  # the reset comes straight from a register
        m.d.raw += [
            countdown.eq(Mux(released, countdown + 1, 0)),
            running.eq(released & (running | countdown.all())),
            reset.eq(~running),
        ]
        m.d.comb += sync.rst.eq(reset)

        m.submodules.receiver = receiver = UartReceiver(self._clock.divisor)
        m.submodules.decoder = decoder = SlipDecoder()
        m.submodules.encoder = encoder = SlipEncoder()
        m.submodules.transmitter = transmitter = UartTransmitter(self._clock.divisor)
        # A register of its own: one reset for all would come late, from afar.
        design_reset = Signal(init=1)
        m.d.raw += design_reset.eq(reset)
        m.submodules.design = self._instance(design_reset, decoder.o, encoder.i)
        m.d.comb += [receiver.rx.eq(self.uart_rx), self.uart_tx.eq(transmitter.tx)]
        wiring.connect(m, receiver.o, decoder.i)
        wiring.connect(m, encoder.o, transmitter.i)

        seconds = Signal(range(int(self._clock.hz)))
        tick, moved = Signal(), Signal()
        m.d.sync += seconds.eq(seconds + 1)
        m.d.sync += tick.eq(seconds[:-5].all())  # 16 times as often as LED 0 changes
        with m.If(receiver.o.valid | transmitter.i.valid):
            m.d.sync += moved.eq(1)
        with m.Elif(tick):
            m.d.sync += moved.eq(0)
        lights = Signal(2)
        m.d.comb += [lights[0].eq(seconds[-1]), lights[1].eq(moved)]
        m.d.comb += self.led.eq(~lights if self._board.led_low else lights)

        return m

    def _instance(self, reset, received, sent) -> Instance:
        idle = {"awaddr": 8, "awprot": 3, "awvalid": 1, "wdata": 32, "wstrb": 4, "wvalid": 1,
                "bready": 1, "araddr": 8, "arprot": 3, "arvalid": 1, "rready": 1}
        return Instance(
            self._design,
            i_clk=ClockSignal(), i_rst=reset,
            i_s_axis_tdata=received.p.data, i_s_axis_tvalid=received.valid,
            o_s_axis_tready=received.ready, i_s_axis_tlast=received.p.last,
            o_m_axis_tdata=sent.p.data, o_m_axis_tvalid=sent.valid,
            i_m_axis_tready=sent.ready, o_m_axis_tlast=sent.p.last,
            **{f"i_s_axil_{port}": Const(0, width) for port, width in idle.items()},
        )

    def _pll(self, clk: Signal, locked: Signal) -> Elaboratable:
        setting = self._clock.pll
        if setting is None:
            m = Module()
            m.d.comb += [clk.eq(self.osc), locked.eq(1)]
            return m
        if self._board.family == "ecp5":
            return Instance(
                "EHXPLLL",
                a_ICP_CURRENT="12", a_LPF_RESISTOR="8",
                a_MFG_ENABLE_FILTEROPAMP="1", a_MFG_GMCREF_SEL="2",
                p_CLKI_DIV=setting.reference, p_CLKFB_DIV=setting.feedback,
                p_FEEDBK_PATH="CLKOP", p_CLKOP_ENABLE="ENABLED",
                p_CLKOP_DIV=setting.output, p_CLKOP_CPHASE=setting.output // 2,
                i_CLKI=self.osc, i_CLKFB=clk, o_CLKOP=clk, o_LOCK=locked,
                i_RST=Const(0), i_STDBY=Const(0), i_ENCLKOP=Const(0), i_PLLWAKESYNC=Const(0),
                i_PHASESEL0=Const(0), i_PHASESEL1=Const(0), i_PHASEDIR=Const(1),
                i_PHASESTEP=Const(1), i_PHASELOADREG=Const(1),
            )
        compared_mhz = self._board.oscillator_hz / setting.reference / 1e6
        filter_range = 1 + sum(compared_mhz >= edge for edge in (17, 26, 44, 66, 101))
        return Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(setting.reference - 1, 4), p_DIVF=Const(setting.feedback - 1, 7),
            p_DIVQ=Const(setting.output.bit_length() - 1, 3),
            p_FILTER_RANGE=Const(filter_range, 3),
            i_PACKAGEPIN=self.osc, o_PLLOUTGLOBAL=clk, o_LOCK=locked,
            i_RESETB=Const(1), i_BYPASS=Const(0),
        )
