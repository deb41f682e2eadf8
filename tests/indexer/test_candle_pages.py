"""Which pages are in memory, and how many candles are kept; what is in them is tested with the builder."""

import pytest

from indexer.message import INTERVALS
from tests.indexer.candle_history import History, builder, feed

pytestmark = pytest.mark.usefixtures("small_blocks")


def test_what_closed_first_goes_out_of_memory_first_and_no_more_than_has_to() -> None:
    made, own = History(1), builder()
    for _ in range(150):
        made.step(61, 3)
    feed(own, made.events)
    pages = own.pages
    everything = pages.held
    pages.put_away(everything)
    assert not [page for _, page in pages.all() if page.away]
    pages.put_away(everything // 2)
    closed = [(at + INTERVALS[of], page.away, page.count) for (of, at), page in pages.closed()]
    assert max(end for end, away, _ in closed if away) <= min(end for end, away, _ in closed if not away)
    most = max(count for _, away, count in closed if away)
    assert everything // 2 - most < pages.held <= everything // 2


def test_what_is_kept_is_the_closed_candles_there_are() -> None:
    made, own = History(2), builder(kept_seconds=3600)
    for minute in range(200):
        made.step(61, 3, missed=minute % 7 == 3)
        if minute % 9 == 8:
            made.repair()
        feed(own, made.events[-10:])
        there = [page.count for _, page in own.pages.closed()]
        assert own.pages.kept == sum(there) == own.pages.held
        made.events.clear()
