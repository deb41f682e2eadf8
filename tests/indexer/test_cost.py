"""What following the chain is said to cost."""

import pytest

from indexer.cost import estimate


def test_cost_follows_from_two_blocks_and_the_size_of_one() -> None:
    cost = estimate(newer=(3000, 1_000_600), older=(1000, 1_000_000), block_bytes=2_000_000)
    assert cost.slot_seconds == 0.3
    assert cost.calls == 288_000
    assert cost.gigabytes == 576.0


@pytest.mark.parametrize("older", [(3000, 1_000_000), (1000, 1_000_600)])
def test_two_blocks_at_one_time_show_no_pace(older: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no pace"):
        estimate(newer=(3000, 1_000_600), older=older, block_bytes=1)
