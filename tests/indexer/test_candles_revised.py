"""What missing slots, repairs and repeats do to candles, and how long closed ones are kept for that."""

import orjson
import pytest

from indexer.candles import Builder
from indexer.message import Message
from tests.indexer.candle_history import SOL, USDC, History, at_one, builder, by_revision, feed, final
from tests.indexer.publishing import marker

pytestmark = pytest.mark.usefixtures("small_blocks")


def holed(own: Builder, *, swaps: int) -> tuple[History, list[Message]]:
    """An hour well known, then a slot of pool one, a missing one with ``swaps``, and the minute's end."""
    history = History(1)
    history.step(0, 0)
    history.step(3600, 0)
    history.put([at_one(history, 0, 10**9, 10**8)])
    history.mark(marker(history.slot + 1, 1, block_time=history.time + 1))
    history.slot += 1
    history.step(10, swaps, missed=True)
    history.step(60, 0)
    messages = feed(own, history.events)
    history.events.clear()
    return history, messages


def test_a_missing_slot_makes_candles_incomplete_until_it_is_repaired() -> None:
    own = builder()
    history, messages = holed(own, swaps=0)
    assert by_revision(messages) == [(0, True, 1)]
    history.repair()
    history.step(60, 0)
    revised = feed(own, history.events)
    assert by_revision(revised) == [(1, False, 1)]
    assert len(own.holes) == 0


def test_swaps_of_a_repair_give_a_revision_with_all_of_the_window_in_it() -> None:
    own = builder()
    history, _ = holed(own, swaps=0)
    slot, time, _ = history.missed.pop()
    late = history.trade(slot, time, 0) | {"pool": "one", "mint_in": SOL, "mint_out": USDC, "decimals_out": 6}
    late |= {"amount_in": 10**9, "amount_out": 5 * 10**8, "decimals_in": 9}
    history.bring((slot, time, [late]))
    history.step(60, 0)
    (revised,) = feed(own, history.events)
    data = orjson.loads(revised.payload)
    assert (data["revision"], data["incomplete"], data["trades"], data["high"]) == (1, False, 2, "500")


def test_several_repairs_within_a_minute_give_one_revision() -> None:
    own = builder()
    history, _ = holed(own, swaps=0)
    slot, time, _ = history.missed.pop()
    for index in (0, 2, 4):
        late = history.trade(slot, time, index) | {"pool": "one", "mint_in": SOL, "mint_out": USDC}
        history.bring((slot, time, [late]))
    history.step(60, 0)
    assert by_revision(feed(own, history.events)) == [(1, False, 4)]


def test_the_stream_begins_within_a_window_and_that_one_is_incomplete() -> None:
    history = History(1)
    history.time += 30
    history.put([at_one(history, 0, 10**9, 10**8)])
    history.mark(marker(history.slot, 1, block_time=history.time))
    history.finish()
    assert {data["incomplete"] for data in final(feed(builder(), history.events)).values()} == {True}


def test_slots_nobody_marked_are_missing_too() -> None:
    """Messages the stream dropped before they were read: the next marker's parent tells."""
    own = builder()
    history = History(1)
    history.step(0, 0)
    history.step(3600, 0)
    history.put([at_one(history, 0, 10**9, 10**8)])
    history.mark(marker(history.slot + 5, 1, block_time=history.time + 5))
    history.finish()
    assert {data["incomplete"] for data in final(feed(own, history.events)).values()} == {True}
    assert len(own.holes) == 1


def test_a_repair_of_what_is_no_longer_kept_is_counted_and_changes_nothing() -> None:
    own = builder(kept_seconds=600)
    history, _ = holed(own, swaps=3)
    history.step(4000, 0)
    history.repair()
    history.step(60, 0)
    messages = feed(own, history.events)
    assert by_revision(messages) == []
    assert own.counts["late"] == 3


def test_a_longer_window_stays_incomplete_when_its_missing_minute_is_no_longer_kept() -> None:
    """Closed or open, and though a repair comes: what it brings is not in there."""
    own = builder(kept_seconds=600)
    history, _ = holed(own, swaps=3)
    for _ in range(62):
        history.put([at_one(history, 0, 10**9, 10**8)])
        history.step(60, 0)
    history.repair()
    history.step(60, 0)
    hours = by_revision(feed(own, history.events), "1h")
    assert [incomplete for _, incomplete, _ in hours] == [True]
    assert own.counts["late"] == 3
    for _ in range(70):
        history.step(60, 0)
    feed(own, history.events[-70:])
    assert len(own.holes) == 0


def test_a_slot_of_which_the_stream_lost_swaps_makes_candles_incomplete_until_it_is_republished() -> None:
    """Dropped before they were read, with their marker still there: it says how many they were."""
    own, history = builder(), History(1)
    history.step(0, 0)
    history.step(3600, 0)
    history.slot, history.time = history.slot + 1, history.time + 1
    slot = (history.slot, history.time, [at_one(history, index, 10**9, 10**8) for index in (0, 2)])
    history.put(slot[2][1:])
    history.mark(marker(history.slot, 2, block_time=history.time))
    history.step(70, 0)
    assert by_revision(feed(own, history.events)) == [(0, True, 1)]
    history.events.clear()
    history.bring(slot)
    history.step(60, 0)
    assert by_revision(feed(own, history.events)) == [(1, False, 2)]


def test_a_repair_of_which_the_stream_lost_swaps_does_not_make_candles_complete() -> None:
    own = builder()
    history, _ = holed(own, swaps=3)
    number, time, found = history.missed.pop()
    history.put(found[1:], repair=True)
    history.mark(marker(number, 3, block_time=time), repair=True)
    history.step(60, 0)
    assert {incomplete for _, incomplete, _ in by_revision(feed(own, history.events))} == {True}


def at_its_end(own: Builder, *, trades: int) -> History:
    """A minute, the second one, that closed with a marker right at its end."""
    history = History(1)
    for slot, seconds in ((100, 0), (101, 60), (102, 60)):
        history.slot, history.time = slot, history.time + seconds
        found = [at_one(history, 0, 10**9, 10**8)] * trades if slot == 101 else []
        history.put(found)
        history.mark(marker(slot, len(found), block_time=history.time))
    feed(own, history.events)
    history.events.clear()
    return history


@pytest.mark.parametrize("trades", [0, 1])
def test_a_swap_for_a_window_that_closed_this_moment_is_a_revision(trades: int) -> None:
    own = builder()
    history = at_its_end(own, trades=trades)
    late = at_one(history, 2, 10**9, 10**8, block_time=history.time - 60)
    history.bring((history.slot, history.time - 60, [late]))
    assert own.pages.kept == trades
    feed(own, history.events)
    assert own.pages.kept == 1
    history.events.clear()
    history.mark(marker(103, block_time=history.time + 60))
    assert by_revision(feed(own, history.events)) == [(trades, False, trades + 1)]


def test_kept_is_every_window_that_began_within_the_time_and_no_older_one() -> None:
    for older, late in ((600, 0), (601, 1)):
        own = builder(kept_seconds=600)
        history = at_its_end(own, trades=0)
        time, history.slot = history.time - older, 90
        history.bring((90, time, [at_one(history, 2, 10**9, 10**8, block_time=time)]))
        feed(own, history.events)
        assert own.counts["late"] == late


def test_a_longer_window_is_kept_as_long_as_one_of_its_minutes_is() -> None:
    own, history = builder(kept_seconds=600), History(1)
    for slot, seconds in ((100, 3540), (101, 59), (102, 301)):
        history.slot, history.time = slot, history.time + seconds
        history.put([at_one(history, 0, 10**9, 10**8)])
        history.mark(marker(slot, 1, block_time=history.time))
    feed(own, history.events)
    history.events.clear()
    time, history.slot = history.time - 600, 90
    history.bring((90, time, [at_one(history, 0, 10**9, 10**8, block_time=time)]))
    history.mark(marker(103, block_time=history.time + 60))
    made = feed(own, history.events)
    assert [by_revision(made, interval) for interval in ("1m", "1h")] == [[(0, True, 1), (0, False, 1)], [(1, True, 3)]]


def test_a_swap_is_not_counted_again_as_long_as_its_window_is_kept() -> None:
    own = builder(kept_seconds=600)
    history = at_its_end(own, trades=1)
    for slot in (103, 104):
        history.mark(marker(slot, block_time=history.time - 60 + (600 if slot == 103 else 601)))
    history.slot = 101
    history.bring((101, history.time - 60, [at_one(history, 0, 10**9, 10**8, block_time=history.time - 60)]))
    feed(own, history.events)
    assert own.clock.horizon == history.time - 60
    assert (own.counts["again"], own.counts["late"]) == (1, 0)


@pytest.mark.parametrize("rules", [{"kept_candles": 5}, {"kept_swaps": 20}])
def test_what_is_kept_is_bounded(rules: dict[str, int]) -> None:
    own = builder(**rules)
    history = History(3)
    horizons = []
    for _ in range(60):
        history.step(30, 5)
        feed(own, history.events)
        history.events.clear()
        horizons.append(own.clock.horizon)
    assert horizons == sorted(horizons)
    candles_there = sum(page.count for _, page in own.pages.all() if page.closed)
    ids_there = sum(len(ids) for slots in own.ids._minutes.values() for ids in slots.values())
    assert (own.pages.kept, own.ids.count) == (candles_there, ids_there)
    assert candles_there <= rules.get("kept_candles", 10**9)
    assert ids_there <= rules.get("kept_swaps", 10**9) + 10
    assert own.clock.horizon > history.time - 3600


def test_swaps_whose_marker_never_comes_are_bounded_and_the_oldest_of_a_repair_go_first() -> None:
    own = builder(waiting_swaps=12)
    history = History(1)
    history.put(history.trades(40, history.time, 4))
    history.put(history.trades(51, history.time, 4), repair=True)
    history.put(history.trades(50, history.time, 4), repair=True)
    feed(own, history.events)
    assert own.counts["unfinished"] == 0
    history.events.clear()
    history.put(history.trades(52, history.time, 1), repair=True)
    feed(own, history.events)
    assert (own.waiting_count, own.counts["unfinished"]) == (9, 4)
    assert set(own.waiting) == {(False, 40), (True, 51), (True, 52)}


def test_swaps_of_a_repair_count_with_its_marker_and_not_before() -> None:
    own = builder()
    history, _ = holed(own, swaps=0)
    slot, time, _ = history.missed.pop()
    late = [history.trade(slot, time, 0) | {"pool": "one", "mint_in": SOL, "mint_out": USDC}]
    history.put(late, repair=True)
    history.step(60, 0)
    assert by_revision(feed(own, history.events)) == []
    history.events.clear()
    history.mark(marker(slot, 1, block_time=time), repair=True)
    history.step(60, 0)
    assert by_revision(feed(own, history.events)) == [(1, False, 2)]
