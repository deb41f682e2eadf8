"""What a candle says equals what another computation says, over made-up histories; and the rules, one by one."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.indexer.candle_history import (
    POOLS,
    SOL,
    USDC,
    USDT,
    History,
    at_one,
    builder,
    by_revision,
    feed,
    final,
    messages_of,
)
from tests.indexer.candle_oracle import WIDTHS, Key, candles
from tests.indexer.publishing import marker

pytestmark = pytest.mark.usefixtures("small_blocks")

BESIDE = ("v", "id", "revision", "incomplete")
STEPS = some.lists(
    some.tuples(
        some.sampled_from(["slot", "slot", "slot", "missed", "repair", "again"]),
        some.sampled_from([0, 0, 1, 20, 59, 60, 61, 299, 301, 4000]),
        some.integers(0, 6),
    ),
    max_size=40,
)


def run(steps: list[tuple[str, int, int]], seed: int) -> History:
    history = History(seed)
    history.step(0, 3)
    for what, seconds, count in steps:
        if what in ("slot", "missed"):
            history.step(seconds, count, missed=what == "missed")
        else:
            getattr(history, what)()
    return history


def plain(found: dict[Key, dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    return {key: {name: value for name, value in data.items() if name not in BESIDE} for key, data in found.items()}


@given(STEPS, some.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_candles_in_the_end_are_those_of_another_computation(steps: list[tuple[str, int, int]], seed: int) -> None:
    history = run(steps, seed)
    history.finish()
    found = final(feed(builder(), history.events))
    assert plain(found) == candles(history.swaps)
    for data in found.values():
        assert data["incomplete"] == history.incomplete(data["open_time"], data["close_time"])


@given(STEPS, some.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_longer_candles_are_the_shorter_ones_together(steps: list[tuple[str, int, int]], seed: int) -> None:
    history = run(steps, seed)
    history.finish()
    found = final(feed(builder(), history.events))
    for interval in ("5m", "1h"):
        parts: dict[Key, list[dict[str, Any]]] = {}
        for (_, *pair, at), data in sorted(found.items(), key=lambda item: item[0][4]):
            if data["interval"] == "1m":
                key = (interval, *pair, at - at % WIDTHS[interval])
                parts.setdefault(key, []).append(data)  # type: ignore[arg-type]
        assert {key for key in found if key[0] == interval} == set(parts)
        for key, group in parts.items():
            assert_roll_up(found[key], group)


def assert_roll_up(whole: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    for name in ("base_volume", "quote_volume", "trades"):
        assert whole[name] == sum(part[name] for part in parts)
    assert (whole["first_id"], whole["last_id"]) == (parts[0]["first_id"], parts[-1]["last_id"])
    priced = [part for part in parts if part["open"] is not None]
    if not priced:
        assert whole["open"] is whole["high"] is whole["low"] is whole["close"] is None
        return
    assert (whole["open"], whole["close"]) == (priced[0]["open"], priced[-1]["close"])
    assert whole["high"] in {part["high"] for part in priced}
    assert float(whole["high"]) == max(float(part["high"]) for part in priced)
    assert float(whole["low"]) == min(float(part["low"]) for part in priced)


@given(STEPS, some.integers(0, 2**32), some.integers(0, 300))
@settings(max_examples=50, deadline=None)
def test_what_comes_out_depends_on_what_went_in_alone(steps: list[tuple[str, int, int]], seed: int, cut: int) -> None:
    """Fed at once or in two goes, the messages are the same bytes in the same order."""
    history = run(steps, seed)
    history.finish()
    own = builder()
    at = min(cut, len(history.events))
    twice = feed(own, history.events[:at]) + feed(own, history.events[at:])
    assert twice == feed(builder(), history.events)


@given(STEPS, some.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_each_swap_has_one_outcome(steps: list[tuple[str, int, int]], seed: int) -> None:
    history = run(steps, seed)
    history.finish()
    own = builder()
    feed(own, history.events)
    once = len({swap["id"] for swap in history.swaps})
    counted = {name: own.counts[name] for name in ("priced", "dust", "no_decimals", "there_and_back")}
    assert sum(counted.values()) == once
    assert own.counts["again"] == len(history.swaps) - once


def minute(*trades: dict[str, Any], history: History) -> list[dict[str, Any]]:
    """The 1m candles of these trades in one slot."""
    history.put(list(trades))
    history.mark(marker(history.slot, len(trades), block_time=history.time))
    history.finish()
    return [data for key, data in final(feed(builder(), history.events)).items() if key[0] == "1m"]


def shown(data: dict[str, Any]) -> tuple[str | None, ...]:
    return data["open"], data["high"], data["low"], data["close"]


def test_prices_are_quote_per_base_with_decimals_applied_whichever_way_was_traded() -> None:
    history = History(1)
    sold = at_one(history, 0, 2 * 10**9, 300_500_000)
    bought = at_one(history, 2, 160_000_000, 10**9, mint_in=USDC, mint_out=SOL, decimals_in=6, decimals_out=9)
    (data,) = minute(sold, bought, history=history)
    assert shown(data) == ("150.25", "160", "150.25", "160")
    assert (data["base_mint"], data["quote_mint"]) == (SOL, USDC)
    assert (data["base_volume"], data["quote_volume"], data["trades"]) == (3 * 10**9, 460_500_000, 2)


@pytest.mark.parametrize(
    ("mints", "quote"),
    [((SOL, USDC), USDC), ((USDT, USDC), USDC), ((USDT, SOL), USDT), (("Zzz", SOL), SOL), (("Aaa", "Bbb"), "Bbb")],
)
def test_the_quote_is_the_same_from_both_sides(mints: tuple[str, str], quote: str) -> None:
    for mint_in, mint_out in (mints, mints[::-1]):
        history = History(1)
        (data,) = minute(at_one(history, 0, 5000, 5000, mint_in=mint_in, mint_out=mint_out), history=history)
        assert data["quote_mint"] == quote


def test_dust_counts_and_sets_no_price() -> None:
    history = History(1)
    (data,) = minute(at_one(history, 0, 10**9, 10**8), at_one(history, 2, 999, 10**9), history=history)
    assert shown(data) == ("100",) * 4
    assert (data["trades"], data["base_volume"]) == (2, 10**9 + 999)


def test_as_much_as_the_floor_on_both_sides_sets_a_price_and_one_less_on_either_does_not() -> None:
    for paid, got, priced in ((1000, 1000, True), (999, 10**9, False), (10**9, 999, False)):
        history = History(1)
        (data,) = minute(at_one(history, 0, paid, got), history=history)
        assert (data["open"] is not None) == priced


def test_a_mint_for_itself_sets_no_price() -> None:
    history = History(1)
    (data,) = minute(at_one(history, 0, 10**9, 10**8, mint_out=SOL, decimals_out=9), history=history)
    assert (shown(data), data["trades"]) == ((None,) * 4, 1)


def test_there_and_back_in_one_transaction_sets_no_price_and_in_two_does() -> None:
    there, back = (10**9, 10**12), {"mint_in": USDC, "mint_out": SOL, "decimals_in": 6, "decimals_out": 9}
    for index, prices in ((1, (None,) * 4), (2, ("1000000", "1000000", "1000", "1000"))):
        history = History(1)
        (data,) = minute(at_one(history, 0, *there), at_one(history, index, 10**9, 10**9, **back), history=history)
        assert shown(data) == prices
        assert data["trades"] == 2


def test_unknown_decimals_count_and_set_no_price() -> None:
    history = History(1)
    (data,) = minute(at_one(history, 0, 10**9, 10**8, decimals_in=None), history=history)
    assert (shown(data), data["trades"], data["quote_volume"]) == ((None,) * 4, 1, 10**8)


def test_order_is_the_chains_whatever_order_swaps_come_in() -> None:
    history = History(1)
    trades = [at_one(history, 2 * index, 10**9, (index + 1) * 10**6) for index in range(4)]
    (data,) = minute(*trades[::-1], history=history)
    assert (data["open"], data["close"]) == ("1", "4")
    assert (data["first_id"], data["last_id"]) == (trades[0]["id"], trades[3]["id"])


def test_a_window_closes_with_a_marker_at_its_end_and_once() -> None:
    history = History(1)
    history.put([at_one(history, 0, 10**9, 10**8)])
    history.mark(marker(100, 1, block_time=history.time))
    own = builder()
    assert feed(own, history.events) == []
    assert messages_of(own.marker(marker(101, block_time=history.time + 59))) == []
    (closed,) = messages_of(own.marker(marker(102, block_time=history.time + 60)))
    assert closed.id == f"501:candle:1m:one:{history.time}:0"
    assert messages_of(own.marker(marker(103, block_time=history.time + 61))) == []


def test_block_times_that_go_back_close_nothing_twice_and_revise_what_is_closed() -> None:
    history, own = History(1), builder()
    history.put([at_one(history, 0, 10**9, 10**8)])
    for slot, seconds in ((100, 0), (101, 60), (102, 59)):
        history.mark(marker(slot, int(slot == 100), block_time=history.time + seconds))
    history.slot = 103
    history.put([at_one(history, 2, 10**9, 10**8, block_time=history.time + 59)])
    history.put([at_one(history, 4, 10**9, 10**8, block_time=None)])
    history.mark(marker(103, 2, block_time=None))
    history.mark(marker(104, block_time=history.time + 119))
    assert by_revision(feed(own, history.events)) == [(0, False, 1)]
    assert by_revision(messages_of(own.marker(marker(105, block_time=history.time + 120)))) == [(1, False, 3)]


def test_a_block_without_a_time_has_that_of_the_last_one_before_it() -> None:
    history = History(1)
    history.step(30, 0)
    history.put([at_one(history, 0, 10**9, 10**8, block_time=None)])
    history.mark(marker(history.slot + 1, 1, block_time=None))
    history.finish()
    found = final(feed(builder(), history.events))
    assert {key[4] for key in found if key[0] == "1m"} == {history.events[0].data["block_time"] // 60 * 60}


def test_a_pool_of_three_mints_has_a_candle_for_each_pair() -> None:
    history = History(1)
    pairs = [(USDC, USDT), (USDC, "Bbb"), (USDT, "Bbb")]
    trades = [
        at_one(history, 2 * index, 5000, 5000, pool="three", mint_in=one, mint_out=other)
        for index, (one, other) in enumerate(pairs)
    ]
    found = minute(*trades, history=history)
    assert Counter(data["quote_mint"] for data in found) == {USDC: 2, USDT: 1}
    assert found[0]["id"] == f"501:candle:1m:three:{found[0]['open_time']}:0"
    assert POOLS["three"][1] in found[2]["id"]
