import pytest

from hw.sparse.engine import SparseEngine
from hw.sparse.pe import ProcessingElement, coarse, in_flight
from tests.hw.configs import config


def test_queue_must_hold_what_is_on_its_way():
    ProcessingElement(config(), slack=12, load_width=32, load_address=8)
    with pytest.raises(ValueError, match="queue_depth 16 must be at least 17: 13 items are on their "
                       "way when 2 PEs stop"):
        ProcessingElement(config(), slack=13, load_width=32, load_address=8)


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("pes", [1, 4, 5, 64, 256])
def test_smallest_queue_suffices_for_any_number_of_pes(pes, latency):
    engine = SparseEngine(config(sparse__pes=pes, memory_latency=latency))
    pe = engine.pe.component
    assert pe.slack == in_flight(latency) + engine.tree_levels <= 16 - (1 << coarse(16))
    assert engine.pe.name == "small_pe"
