"""What the server says of streams and consumers, and what follows: rates, ages, and the time left before a loss."""

from dataclasses import replace
from typing import Any

import pytest

from indexer.stream_state import (
    ConsumerState,
    Growth,
    StreamState,
    Unread,
    account_state,
    consumer_state,
    growth,
    lag_seconds,
    seconds_until_full,
    seconds_until_loss,
    stream_state,
    unix_seconds,
)

NOW = "2026-11-26T00:33:55.351805047Z"
HOUR = 3600
STREAM: dict[str, Any] = {
    "config": {
        "name": "dex-swaps", "max_age": 604800000000000, "max_bytes": -1, "max_msgs": -1, "discard": "old",
        "duplicate_window": 3600000000000,
    },
    "state": {
        "messages": 1001, "bytes": 1_001_000, "first_seq": 1, "first_ts": "2026-11-26T00:33:45Z", "last_seq": 1001,
        "last_ts": "2026-11-26T00:33:55Z",
    },
    "cluster": {
        "leader": "a",
        "replicas": [
            {"name": "b", "current": True, "active": 1_500_000_000},
            {"name": "c", "current": False, "offline": True, "lag": 17, "active": 60_000_000_000},
        ],
    },
    "ts": NOW,
}  # fmt: skip
CONSUMER: dict[str, Any] = {
    "stream_name": "dex-swaps", "name": "api-query", "created": "2026-11-26T00:30:00Z", "ts": NOW,
    "config": {"durable_name": "api-query", "filter_subject": "dex.sol.swaps"},
    "delivered": {"consumer_seq": 40, "stream_seq": 44, "last_active": "2026-11-26T00:33:50Z"},
    "ack_floor": {"consumer_seq": 30, "stream_seq": 33, "last_active": "2026-11-26T00:33:51Z"},
    "num_ack_pending": 10, "num_redelivered": 1, "num_waiting": 2, "num_pending": 900,
}  # fmt: skip


def at(text: str) -> float:
    return unix_seconds(text) or 0.0


def stream(**config: Any) -> StreamState:
    return replace(stream_state(STREAM), config=STREAM["config"] | config)


def test_a_stream_is_read_as_the_server_tells_it() -> None:
    read = stream()
    assert (read.name, read.messages, read.bytes, read.first_sequence, read.last_sequence) == (
        "dex-swaps", 1001, 1_001_000, 1, 1001,
    )  # fmt: skip
    assert read.last_seconds is not None
    assert read.at_seconds - read.last_seconds == pytest.approx(0.351805, abs=1e-5)
    assert (read.max_age_seconds, read.window_seconds, read.max_bytes, read.max_messages) == (
        168 * HOUR,
        HOUR,
        None,
        None,
    )
    assert read.leader == "a"
    assert [(one.name, one.current, one.offline, one.lag_operations) for one in read.replicas] == [
        ("b", True, False, 0), ("c", False, True, 17),
    ]  # fmt: skip
    assert [one.silent_seconds for one in read.replicas] == [1.5, 60]


def test_a_replica_its_leader_never_heard_of_is_silent_since_there_is_this_leader() -> None:
    """What a real cluster says of a node killed before the leader was chosen: no offline, active 0."""
    killed = {"name": "b", "current": False, "active": 0, "lag": 2}
    cluster = {"leader": "a", "leader_since": "2026-11-26T00:33:15.351805047Z", "replicas": [killed]}
    (replica,) = stream_state(STREAM | {"cluster": cluster}).replicas
    assert replica.silent_seconds == pytest.approx(40)


def test_an_empty_stream_has_no_times_and_a_leaderless_one_no_leader() -> None:
    nothing = {"messages": 0, "bytes": 0, "first_seq": 0, "first_ts": "0001-01-01T00:00:00Z", "last_seq": 0}
    read = stream_state(STREAM | {"state": nothing | {"last_ts": "0001-01-01T00:00:00Z"}, "cluster": {}})
    assert (read.first_seconds, read.last_seconds, read.leader, read.replicas) == (None, None, None, ())
    assert stream_state({key: value for key, value in STREAM.items() if key != "cluster"}).leader == ""


def test_a_consumer_is_read_as_the_server_tells_it() -> None:
    read = consumer_state(CONSUMER)
    assert (read.pending, read.ack_pending, read.redelivered, read.waiting, read.unread) == (900, 10, 1, 2, 910)
    assert (read.delivered_sequence, read.delivered_count, read.acked_sequence, read.acked_count) == (44, 40, 33, 30)
    assert read.filters == ("dex.sol.swaps",)
    assert read.progress_seconds == at("2026-11-26T00:33:51Z")
    assert read.paused_seconds == 0


def test_a_consumer_that_never_moved_counts_from_its_making() -> None:
    still = CONSUMER | {
        "delivered": {"consumer_seq": 0, "stream_seq": 0},
        "ack_floor": {"consumer_seq": 0, "stream_seq": 0},
    }
    assert consumer_state(still).progress_seconds == at("2026-11-26T00:30:00Z")


@pytest.mark.parametrize(
    ("config", "filters"),
    [
        ({}, ()),
        ({"filter_subject": "a"}, ("a",)),
        ({"filter_subjects": ["a", "b"]}, ("a", "b")),
        ({"filter_subject": ""}, ()),
    ],
)
def test_filters_of_either_kind(config: dict[str, Any], filters: tuple[str, ...]) -> None:
    assert consumer_state(CONSUMER | {"config": config}).filters == filters


def test_a_paused_consumer_says_for_how_long() -> None:
    assert consumer_state(CONSUMER | {"paused": True, "pause_remaining": 90_000_000_000}).paused_seconds == 90


def test_limits_of_an_account_are_those_of_its_tiers() -> None:
    used = {"storage": 5, "memory": 6, "limits": {"max_storage": -1, "max_memory": 0}}
    assert account_state(used).max_stored_bytes is None
    assert account_state(used).max_memory_bytes == 0
    tiers = {
        "R1": {"limits": {"max_storage": 100, "max_memory": -1}},
        "R3": {"limits": {"max_storage": 50, "max_memory": -1}},
    }
    account = account_state(used | {"tiers": tiers})
    assert (account.stored_bytes, account.max_stored_bytes, account.max_memory_bytes) == (5, 150, None)


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
