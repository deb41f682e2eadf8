"""A small share of the campaign on candles and sink: the long one is `make chaos`."""

from pathlib import Path

import pytest

from tests.chaos.consumers import Plan, run

SMALL = Plan(
    name="candles, sink and server killed under load",
    kills=6,
    gap_seconds=(0.2, 1.5),
    slot_seconds=40,
    transactions=12,
    holes=2,
    left=1,
)


@pytest.mark.usefixtures("tables")
async def test_every_swap_and_every_candle_is_in_clickhouse_once_whoever_was_killed(tmp_path: Path) -> None:
    result = await run(SMALL, tmp_path)
    assert result.problems == []
    assert result.kills == {"candles": 2, "sink": 2, "server": 2}
    assert result.swaps > 500
    assert result.revisions > result.candles > 100
    assert result.mended > 0
    assert result.incomplete > 0
