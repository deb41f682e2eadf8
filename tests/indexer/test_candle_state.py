"""A builder that was stored and restored, at any moment, goes on as if nothing had happened."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from indexer import candle_pages
from indexer.candle_pages import unpack
from indexer.candle_state import MAIN, Parts, restore
from indexer.candles import Builder, Rules
from tests.indexer.candle_history import SOL, USDC, History, builder, feed
from tests.indexer.publishing import marker

pytestmark = pytest.mark.usefixtures("small_blocks")


def history(seed: int) -> History:
    made = History(seed)
    made.step(0, 3)
    for index in range(25):
        made.step(made.dice.choice((0, 1, 20, 61, 400)), made.dice.randrange(6), missed=index % 7 == 3)
        if index % 7 == 6:
            made.repair()
            made.again()
    made.finish()
    return made


#: everything in memory; nothing that can be out of it; some
MEMORY: tuple[dict[str, int], ...] = (
    {},
    {"memory_candles": 0, "memory_swaps": 0},
    {"memory_candles": 20, "memory_swaps": 10},
)
KEPT: tuple[dict[str, int], ...] = ({}, {"kept_seconds": 900}, {"kept_candles": 9}, {"kept_swaps": 20})
RULES = [Rules(**kept, **memory) for kept in KEPT for memory in MEMORY]


@given(some.integers(0, 2**32), some.lists(some.floats(0, 1), min_size=1, max_size=4), some.sampled_from(RULES))
@settings(max_examples=90, deadline=None)
def test_restored_at_any_moments_it_gives_the_same_messages(seed: int, cuts: list[float], rules: Rules) -> None:
    events = history(seed).events
    own, kept, out, before = Builder(rules=rules), {}, [], 0  # type: ignore[var-annotated]
    parts = Parts(own)
    for at in [*sorted(int(cut * len(events)) for cut in cuts), len(events)]:
        out += feed(own, events[before:at], kept)
        before = at
        kept = {name: kept[name] for name in parts.kept()} | dict(parts.fresh())
        parts.stored()
        own = restore(kept[MAIN], rules)
        parts = Parts(own)
    straight = Builder(rules=rules)
    assert out == feed(straight, events)
    assert (own.pages.kept, own.ids.count) == (straight.pages.kept, straight.ids.count)
    assert kept == dict(Parts(straight).fresh())


@given(some.integers(0, 2**32), some.lists(some.floats(0, 1), min_size=1, max_size=6), some.sampled_from(MEMORY))
@settings(max_examples=60, deadline=None)
def test_what_is_out_of_memory_is_brought_back_as_it_was(seed: int, cuts: list[float], memory: dict[str, int]) -> None:
    events = history(seed).events
    own, kept, out, before = builder(**memory), {}, [], 0  # type: ignore[var-annotated]
    parts = Parts(own)
    for at in [*sorted(int(cut * len(events)) for cut in cuts), len(events)]:
        out += feed(own, events[before:at], kept)
        before = at
        kept = {name: kept[name] for name in parts.kept()} | dict(parts.fresh())
        parts.stored()
        assert own.pages.held <= max(memory.get("memory_candles", 10**9), revised(own))
        assert own.ids.held <= memory.get("memory_swaps", 10**9)
    assert out == feed(builder(), events)


def revised(own: Builder) -> int:
    return sum(page.count for _, page in own.pages.all() if page.revised)


class Stored(dict[str, bytes]):
    """Remembers what it was asked for."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        super().__init__(parts)
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> bytes:
        kind, of, *_ = name.split(".")
        self.asked.append(kind if kind == "ids" else of)
        return super().__getitem__(name)


def test_a_repair_brings_its_old_windows_back_and_swaps_that_were_counted_only_their_ids() -> None:
    made = History(5)
    made.step(0, 3)
    made.step(20, 4, missed=True)
    for _ in range(70):
        made.step(61, 2)
    own = builder(memory_candles=0, memory_swaps=0)
    out, before = feed(own, made.events), len(made.events)
    parts = Parts(own)
    kept = Stored(dict(parts.fresh()))
    parts.stored()
    assert (own.pages.held, own.ids.held) == (0, 0)
    made.bring(made.settled[2])
    feed(own, made.events[before:], kept)
    assert kept.asked == ["ids"]
    before = len(made.events)
    made.repair()
    out += feed(own, made.events[before:], kept)
    assert (kept.asked[:2], set(kept.asked[2:])) == (["ids", "ids"], {"1m", "5m", "1h"})
    before = len(made.events)
    made.finish()
    out += feed(own, made.events[before:], kept)
    assert out == feed(builder(), made.events)
    assert any(json.loads(one.payload)["revision"] == 1 for one in out)


def test_what_did_not_change_is_not_stored_again() -> None:
    events = history(1).events
    own = builder()
    parts = Parts(own)
    feed(own, events)
    everything = dict(parts.fresh())
    parts.stored()
    assert set(dict(parts.fresh())) == {MAIN}
    assert set(everything) == {MAIN, *parts.kept()}


@given(some.integers(0, 2**32), some.integers(0, 300))
@settings(max_examples=15, deadline=None)
def test_blocks_of_any_size_give_the_same_messages(seed: int, cut: int) -> None:
    events = history(seed).events
    sliced = builder()
    out = feed(sliced, events[:cut])
    parts = dict(Parts(sliced).fresh())
    assert all(len(unpack(body)) <= 2 for name, body in parts.items() if name.startswith("page."))
    out += feed(restore(parts[MAIN], Rules()), events[cut:], parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candle_pages, "BLOCK_CANDLES", 1000)
        assert out == feed(builder(), events)


def pages(parts: Iterable[str]) -> set[str]:
    return {name for name in parts if name.startswith("page.")}


def test_a_block_that_changed_is_stored_alone() -> None:
    own, made = builder(), History(1)
    made.put([made.trade(made.slot, made.time, 2 * index, pool=f"pool{index}") for index in range(9)])
    made.mark(marker(made.slot, 9, block_time=made.time))
    feed(own, made.events)
    parts = Parts(own)
    first = dict(parts.fresh())
    parts.stored()
    page = f"page.1m.{made.time}"
    assert {name for name in first if name.startswith("page")} == {
        page,
        *(f"{page}.{number}" for number in range(1, 5)),
    }
    late = History(2, slot=made.slot + 1, time=made.time + 1)
    late.put([late.trade(late.slot, late.time, 0, pool="pool5", mint_in=SOL, mint_out=USDC)])
    late.put([late.trade(late.slot, late.time, 2, pool="pool99")])
    late.mark(marker(late.slot, 2, block_time=late.time))
    own = restore(first[MAIN], Rules())
    feed(own, late.events, first)
    fresh = dict(Parts(own).fresh())
    assert pages(fresh) == {f"{page}.2", f"{page}.4"}
    assert set(first) - set(fresh) == Parts(own).kept()


def test_a_page_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a page of candles"):
        unpack(b"?")
