"""What the server says of streams, consumers and accounts, read."""

from typing import Any

import pytest

from indexer.stream_state import account_state, consumer_state, stream_state, unix_seconds
from tests.indexer.server_answers import CONSUMER, HOUR, STREAM, stream


def at(text: str) -> float:
    return unix_seconds(text) or 0.0


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
