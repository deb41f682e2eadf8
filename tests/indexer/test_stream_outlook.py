"""What follows from what the server says: rates, ages, and the time left before a loss."""

from dataclasses import replace
from typing import Any

import pytest

from indexer.stream_outlook import Growth, growth, lag_seconds, seconds_until_full, seconds_until_loss
from indexer.stream_state import ConsumerState, Unread, consumer_state
from tests.indexer.server_answers import CONSUMER, HOUR, stream


def test_growth_is_the_larger_of_the_whole_and_the_last_moment() -> None:
    """The stream holds 1,000 steps in 10 s: 100 a second; then the sample is slower, or faster."""
    later = stream()
    slow = replace(later, at_seconds=later.at_seconds - 10, last_sequence=later.last_sequence - 5)
    fast = replace(later, at_seconds=later.at_seconds - 1, last_sequence=later.last_sequence - 500)
    assert growth(slow, later) == Growth(messages_per_second=100, bytes_per_second=100_000)
    assert growth(fast, later) == Growth(messages_per_second=500, bytes_per_second=500_000)


def test_nothing_comes_into_an_empty_stream_or_one_message() -> None:
    one = replace(stream(), messages=1, first_sequence=1001, first_seconds=stream().last_seconds)
    assert growth(one, one) == Growth(messages_per_second=0, bytes_per_second=0)
    empty = replace(one, messages=0, first_seconds=None)
    assert growth(empty, empty) == Growth(messages_per_second=0, bytes_per_second=0)


COMING = Growth(messages_per_second=100, bytes_per_second=100_000)


def unread(sequence: int = 501, age_seconds: float = 5) -> Unread:
    return Unread(sequence=sequence, seconds=stream().at_seconds - age_seconds)


@pytest.mark.parametrize(
    ("config", "what", "left"),
    [
        ({}, unread(), 168 * HOUR - 5),
        ({"max_age": 0}, unread(), None),
        ({"max_age": 6 * 10**9}, unread(), 1),
        ({"max_age": 4 * 10**9}, unread(), 0),
        ({"max_bytes": 2_001_000}, unread(), (1_000_000 + 500_000) / 100_000),
        ({"max_bytes": 1_001_000}, unread(), 5),
        ({"max_bytes": 1_001_000}, unread(1), 0),
        ({"max_msgs": 1001}, unread(), 5),
        ({"max_bytes": 1_001_000, "discard": "new"}, unread(1), 168 * HOUR - 5),
        ({}, None, None),
    ],
)
def test_the_time_left_is_the_first_limit_that_reaches_the_unread(
    config: dict[str, Any], what: Unread | None, left: float | None
) -> None:
    found = seconds_until_loss(stream(**config), what, COMING)
    assert found == (None if left is None else pytest.approx(left, rel=0.01))


def test_a_full_stream_without_growth_drops_nothing() -> None:
    still = Growth(messages_per_second=0, bytes_per_second=0)
    assert seconds_until_loss(stream(max_age=0, max_bytes=1_001_000), unread(), still) is None


def test_lag_is_an_age_by_the_server_clock() -> None:
    consumer: ConsumerState = consumer_state(CONSUMER)
    assert lag_seconds(consumer, unread(age_seconds=7)) == pytest.approx(7)
    assert lag_seconds(consumer, unread(age_seconds=-7)) == 0
    assert lag_seconds(consumer, None) == 0


@pytest.mark.parametrize(
    ("free", "rising", "left"),
    [
        (100, [], None),
        (100, [(0, 1000)], None),
        (100, [(10, 100)], None),  # it stops growing just in time
        (100, [(10, 101)], 10),
        (100, [(10, float("inf"))], 10),
        (100, [(10, float("inf")), (10, float("inf"))], 5),
        (100, [(10, 20), (10, float("inf"))], 8),  # 2 s of both, then 60 more by one
        (0, [(10, 5)], 0),
        (-5, [(10, 5)], 0),
    ],
)
def test_a_store_is_full_when_its_growing_streams_have_filled_it(
    free: float, rising: list[tuple[float, float]], left: float | None
) -> None:
    assert seconds_until_full(free, rising) == left
