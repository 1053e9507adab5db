"""Every stream keeps the handshake rule. ``Top``'s m_axis leaves through a SkidBuffer, hence does too."""

import pytest
from amaranth.asserts import AnySeq
from amaranth.hdl import Cat, Module, Value

from hw.host import PacketReceiver, PacketSender
from hw.slip import SlipDecoder, SlipEncoder
from hw.sparse.buffers import ActivationSource, OutputBuffer
from hw.sparse.nonzero import NonzeroDetector
from hw.sparse.pe import LoadBus
from hw.stream import Queue, ReadPipeline, SkidBuffer
from hw.uart import UartReceiver
from tests.formal.configs import small
from tests.formal.handshake import feed, watch
from tests.formal.harness import prove
from tests.formal.memory import ContractMemory
