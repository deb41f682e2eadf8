"""Slots the stream does not have: which windows they make incomplete, and what makes those whole again."""

from typing import Any

import orjson
import pytest

from indexer.candles import Builder
from tests.indexer.candle_history import SOL, USDC, History, builder, feed
from tests.indexer.publishing import marker

pytestmark = pytest.mark.usefixtures("small_blocks")


def swap(history: History, slot: int, time: int | None) -> dict[str, Any]:
    """One of pool one."""
    return history.trade(slot, 0, 0, pool="one", mint_in=SOL, mint_out=USDC, block_time=time)


def known() -> History:
    """A stream that began two hours ago, and is at the end of a minute and of an hour."""
    history = History(1)
    for slot in (199, 200):
        history.slot, history.time = slot, history.time + 3600
        history.mark(marker(slot, block_time=history.time))
    return history


def block(history: History, slot: int, seconds: int, parent: int | None, *, timed: bool = True) -> None:
    """A block with one swap of pool one, ``seconds`` after the last."""
    history.slot, history.time = slot, history.time + seconds
    history.put([swap(history, slot, history.time)])
    time = history.time if timed else None
    history.mark(marker(slot, 1, block_time=time, parent_slot=parent))


def lost(history: History, first: int, last: int) -> None:
    to_slot = {"to_slot": last} if last > first else {}
    history.mark(marker(first, status="missing", block_time=None, parent_slot=None, **to_slot))


def minutes(own: Builder, history: History) -> list[tuple[int, int, bool]]:
    """Minute, revision and incompleteness of each 1m candle, counted from where ``known`` left off."""
    start = History(1).time + 7200
    found = [orjson.loads(one.payload) for one in feed(own, history.events) if one.subject.endswith("1m")]
    history.events.clear()
    return [((one["open_time"] - start) // 60, one["revision"], one["incomplete"]) for one in found]


def test_missing_are_the_windows_between_the_block_before_and_the_block_after_ends_included() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    block(history, 202, 60, 201)
    lost(history, 203, 203)
    block(history, 204, 90, 203)
    block(history, 205, 60, 204)
    history.finish()
    assert minutes(own, history) == [(0, 0, False), (1, 0, True), (3, 0, True), (4, 0, False)]


def test_one_slot_nobody_marked_is_missing_since_the_block_before() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    block(history, 202, 30, 201)
    block(history, 204, 60, 203)
    history.bring((190, history.time - 90, [swap(history, 190, history.time - 90)]))
    history.finish()
    assert minutes(own, history) == [(0, 0, False), (1, 0, True), (0, 1, False), (2, 0, True)]


def test_of_a_range_every_slot_must_be_repaired() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    lost(history, 202, 204)
    block(history, 205, 60, 204)
    history.step(60, 0)
    assert minutes(own, history) == [(0, 0, True), (1, 0, True)]
    for slot, expected in ((202, []), (204, []), (203, [(0, 1, False), (1, 1, False)])):
        history.mark(marker(slot, block_time=history.time, parent_slot=slot - 1), repair=True)
        history.step(60, 0)
        assert minutes(own, history) == expected


def test_a_repair_that_names_its_parent_settles_the_skipped_slots_between() -> None:
    for parent, expected in ((201, [(0, 1, False), (1, 1, False)]), (203, []), (None, [])):
        own, history = builder(), known()
        block(history, 201, 30, 200)
        lost(history, 202, 204)
        block(history, 205, 60, 204)
        history.step(60, 0)
        minutes(own, history)
        history.mark(marker(204, block_time=history.time, parent_slot=parent), repair=True)
        history.step(60, 0)
        assert minutes(own, history) == expected


def test_slots_marked_missing_are_none_when_the_next_block_shows_that_they_were_skipped() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    lost(history, 202, 203)
    block(history, 204, 60, 201)
    history.finish()
    assert minutes(own, history) == [(0, 0, False), (1, 0, False)]
    assert len(own.holes) == 0


def test_a_repair_that_is_marked_missing_again_settles_nothing() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    lost(history, 202, 202)
    block(history, 203, 60, 202)
    history.mark(marker(202, status="missing", block_time=None, parent_slot=201), repair=True)
    history.finish()
    assert minutes(own, history) == [(0, 0, True), (1, 0, True)]


def test_a_repaired_block_without_a_time_has_that_of_the_block_before_the_hole() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    lost(history, 202, 202)
    block(history, 203, 200, 202)
    history.step(60, 0)
    assert minutes(own, history) == [(0, 0, True), (3, 0, True)]
    history.put([swap(history, 202, None)], repair=True)
    history.mark(marker(202, 1, block_time=None, parent_slot=201), repair=True)
    history.step(60, 0)
    data = [orjson.loads(one.payload) for one in feed(own, history.events) if one.subject.endswith("1m")]
    assert [(one["open_time"] % 3600, one["revision"], one["trades"]) for one in data] == [(0, 1, 2), (180, 1, 1)]


def test_a_hole_before_blocks_without_a_time_reaches_to_the_next_one_that_has_one() -> None:
    own, history = builder(), known()
    block(history, 201, 30, 200)
    lost(history, 202, 202)
    block(history, 203, 0, 202, timed=False)
    block(history, 204, 90, 203)
    block(history, 205, 60, 204)
    history.finish()
    assert minutes(own, history) == [(0, 0, True), (2, 0, True), (3, 0, False)]


def test_a_hole_that_ended_as_an_hour_began_makes_that_hour_incomplete_as_long_as_its_candle_is_kept() -> None:
    own, history = builder(kept_seconds=600), known()
    block(history, 201, 3590, 200)
    lost(history, 202, 202)
    block(history, 203, 10, 202)
    slot = 203
    for _ in range(61):
        slot += 1
        block(history, slot, 60, slot - 1)
    found = [orjson.loads(one.payload) for one in feed(own, history.events)]
    assert [(one["interval"], one["incomplete"]) for one in found if one["interval"] == "1h"] == [("1h", True)] * 2
    whole = [one for one in found if one["interval"] == "1m" and not one["incomplete"]]
    assert len(whole) == 60


def test_a_repaired_block_without_a_time_and_none_before_it_is_counted_as_such() -> None:
    own, history = builder(), History(1)
    lost(history, 98, 98)
    for slot in (99, 100):
        history.time += 3600
        history.mark(marker(slot, block_time=history.time))
    history.put([swap(history, 98, None)], repair=True)
    history.mark(marker(98, 1, block_time=None), repair=True)
    history.finish()
    assert feed(own, history.events) == []
    assert own.counts["no_time"] == 1
