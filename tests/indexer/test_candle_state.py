"""A builder that was stored and restored, at any moment, goes on as if nothing had happened."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from indexer.candle_pages import unpack
from indexer.candle_state import MAIN, Parts, restore
from indexer.candles import Rules
from tests.indexer.candle_history import History, builder, feed


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


@given(some.integers(0, 2**32), some.lists(some.floats(0, 1), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_restored_at_any_moments_it_gives_the_same_messages(seed: int, cuts: list[float]) -> None:
    events = history(seed).events
    own, kept, out, before = builder(), {}, [], 0  # type: ignore[var-annotated]
    parts = Parts(own)
    for at in [*sorted(int(cut * len(events)) for cut in cuts), len(events)]:
        out += feed(own, events[before:at])
        before = at
        kept = {name: kept[name] for name in parts.kept()} | dict(parts.fresh())
        parts.stored()
        own = restore(kept, Rules())
        parts = Parts(own)
    assert out == feed(builder(), events)


def test_what_did_not_change_is_not_stored_again() -> None:
    events = history(1).events
    own = builder()
    parts = Parts(own)
    feed(own, events)
    everything = dict(parts.fresh())
    parts.stored()
    assert set(dict(parts.fresh())) == {MAIN}
    assert set(everything) == {MAIN, *parts.kept()}


def test_a_page_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a page of candles"):
        unpack(b"?")
