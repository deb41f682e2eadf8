"""What a check makes of figures: each verdict at its threshold, with what to do."""

from dataclasses import replace
from typing import Any

import pytest

from indexer.jetstream import Change
from indexer.jetstream_verdicts import (
    Seen,
    drift,
    lines,
    pending,
    progress,
    replicas,
    sync,
    time_left,
)
from indexer.monitoring import ServerState
from indexer.stream_state import (
    AccountState,
    JetStreamState,
    Replica,
    StreamState,
    Unread,
)
from indexer.topology_drift import Difference
from tests.indexer.states import ACCOUNT, CONSUMER, HOUR, NOW, SERVER, SETTINGS, STILL, STREAM, stream


def unread(age_seconds: float) -> Unread:
    return Unread(sequence=501, seconds=NOW - age_seconds)


def seen(*streams: StreamState, account: AccountState = ACCOUNT, servers: tuple[ServerState, ...] = (SERVER,)) -> Seen:
    state = JetStreamState(streams=streams or (STREAM,), consumers=(), silent=())
    return Seen(changes=[], before=state, after=state, unread={}, account=account, servers=servers)


def test_drift_is_told_field_by_field_and_what_is_missing_too() -> None:
    fixed = Difference(key="storage", wanted="file", there="memory", obstacle="make it anew")
    able = Difference(key="max_msgs", wanted=-1, there=5)
    changes = [
        Change(kind="stream", name="a", result="equal"),
        Change(kind="stream", name="b", result="would create"),
        Change(kind="stream", name="c", result="differs", differences=(fixed, able)),
    ]
    found = list(drift(changes))
    assert [(line.name, line.verdict, line.figure, line.advice) for line in found] == [
        ("stream b", "fail", "missing", "`indexer jetstream init`"),
        ("stream c", "fail", "storage: file wanted, memory there", "make it anew"),
        ("stream c", "fail", "max_msgs: -1 wanted, 5 there", "`indexer jetstream init --apply`, or correct the file"),
    ]
    (fine,) = drift(changes[:1])
    assert (fine.verdict, fine.figure) == ("ok", "1 as in the files")


def replica(**values: Any) -> Replica:
    fresh = Replica(name="b", current=True, offline=False, lag_operations=0, silent_seconds=1)
    return replace(fresh, **values)


@pytest.mark.parametrize(
    ("found", "verdict", "figure"),
    [
        (STREAM, "ok", "1 of 1"),
        (replace(STREAM, leader=None), "fail", "no leader"),
        (replace(stream(num_replicas=3), replicas=(replica(), replica(name="c"))), "ok", "3 of 3"),
        (replace(stream(num_replicas=3), replicas=(replica(), replica(name="c", offline=True))), "fail", "2 of 3"),
        (replace(stream(num_replicas=3), replicas=(replica(silent_seconds=11), replica(name="c"))), "fail", "2 of 3"),
        (
            replace(stream(num_replicas=3), replicas=(replica(current=False, lag_operations=1234), replica(name="c"))),
            "warn",
            "b 1,234 operations behind",
        ),
    ],
)
def test_replicas(found: StreamState, verdict: str, figure: str) -> None:
    line = replicas(found, SETTINGS)
    assert (line.verdict, line.figure) == (verdict, figure)
    assert bool(line.advice) is (verdict != "ok")


@pytest.mark.parametrize(
    ("before", "after", "oldest", "verdict", "said"),
    [
        ({}, {"pending": 0}, None, "ok", "nothing unread"),
        ({}, {"delivered_count": 510}, 400, "ok", "10 delivered, 0 acked"),
        ({}, {"acked_count": 510}, 400, "ok", "0 delivered, 10 acked"),
        ({}, {}, 400, "fail", "none for 5 min"),
        ({}, {}, 59, "ok", "none for 59 s"),  # nothing to read before that
        ({}, {"acked_seconds": NOW - 30}, 400, "ok", "none for 30 s"),
        ({"at_seconds": NOW - 2}, {"delivered_seconds": None, "acked_seconds": None}, 400, "warn", "none for 2 s"),
        ({"at_seconds": NOW - 61}, {"delivered_seconds": None, "acked_seconds": None}, 400, "fail", "none for 61 s"),
        ({}, {"paused_seconds": 7200}, 1, "fail", "paused for another 2 h"),
    ],
)
def test_progress(before: dict[str, Any], after: dict[str, Any], oldest: float | None, verdict: str, said: str) -> None:
    oldest_unread = None if oldest is None else unread(oldest)
    line = progress(replace(CONSUMER, **before), replace(CONSUMER, **after), oldest_unread, SETTINGS)
    assert line.verdict == verdict, line
    assert line.figure.startswith(said)


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({}, "nobody fetches: start its reader"),
        ({"ack_pending": 100}, "max_ack_pending are out"),
        ({"waiting": 1}, "its reader waits and is not served"),
        ({"delivered_count": 0}, "nobody ever read it"),
    ],
)
def test_what_is_done_about_a_stalled_reader(values: dict[str, Any], advice: str) -> None:
    stalled = replace(CONSUMER, **values)
    assert progress(stalled, stalled, unread(400), SETTINGS).advice.startswith(advice)


def test_what_nobody_has_ever_read_warns_whatever_it_would_lose() -> None:
    """The default topology has a consumer for each reader there may be; a reader that stops is another matter."""
    never = replace(CONSUMER, delivered_count=0, acked_count=0, pending=20_000_000)
    for oldest in (400, 145 * HOUR, 168 * HOUR):
        found = (
            progress(never, never, unread(oldest), SETTINGS),
            pending(never, SETTINGS),
            time_left(STREAM, never, unread(oldest), STILL, SETTINGS),
        )
        assert [line.verdict for line in found] == ["warn", "warn", "ok" if oldest == 400 else "warn"]
        assert {line.advice.split(":")[0] for line in found} - {""} == {"nobody ever read it"}
    once = replace(never, delivered_count=1)
    assert progress(once, once, unread(400), SETTINGS).verdict == "fail"
    assert time_left(STREAM, once, unread(168 * HOUR), STILL, SETTINGS).verdict == "fail"


@pytest.mark.parametrize(("count", "verdict"), [(999_999, "ok"), (1_000_000, "warn"), (10_000_000, "fail")])
def test_pending(count: int, verdict: str) -> None:
    assert pending(replace(CONSUMER, pending=count - 7, ack_pending=7), SETTINGS).verdict == verdict


@pytest.mark.parametrize(
    ("oldest", "verdict", "figure"),
    [
        (None, "ok", "nothing unread"),
        (HOUR, "ok", "7 days; oldest unread is 60 min old"),
        (100 * HOUR, "warn", "3 days; oldest unread is 4 days old"),
        (145 * HOUR, "fail", "23 h; oldest unread is 6 days old"),
        (168 * HOUR, "fail", "losing messages now"),
    ],
)
def test_time_left(oldest: float | None, verdict: str, figure: str) -> None:
    line = time_left(STREAM, CONSUMER, None if oldest is None else unread(oldest), STILL, SETTINGS)
    assert (line.verdict, line.figure) == (verdict, figure)


def test_without_limits_nothing_is_lost() -> None:
    line = time_left(stream(max_age=0), CONSUMER, unread(10**6), STILL, SETTINGS)
    assert (line.verdict, line.figure) == ("ok", "no limit reaches it")


@pytest.mark.parametrize(
    ("streams", "servers", "verdict", "figure"),
    [
        ((STREAM,), (SERVER,), "ok", "always"),
        ((STREAM,), (replace(SERVER, sync_always=False),), "warn", "every 2 min"),
        ((stream(num_replicas=3),), (replace(SERVER, sync_always=False),), "ok", "3 replicas"),
        ((stream(num_replicas=3), STREAM), (replace(SERVER, sync_always=False),), "warn", "every 2 min"),
        ((STREAM,), (), "warn", "not seen"),
    ],
)
def test_sync(streams: tuple[StreamState, ...], servers: tuple[ServerState, ...], verdict: str, figure: str) -> None:
    (line,) = sync(seen(*streams, servers=servers))
    assert (line.verdict, line.figure) == (verdict, figure)
    assert ("power cut" in line.advice or "NATS_MONITORING_URL" in line.advice) is (verdict != "ok")


def test_everything_has_its_line_and_the_silent_fail() -> None:
    state = JetStreamState(streams=(STREAM,), consumers=(CONSUMER,), silent=("stream gone",))
    change = Change(kind="stream", name="s", result="equal")
    whole = replace(seen(), changes=[change], before=state, after=state, unread={("s", "c"): unread(1)})
    found = list(lines(whole, SETTINGS))
    assert [(line.check, line.name) for line in found] == [
        ("drift", "topology"), ("leader", "stream gone"), ("replicas", "s"), ("capacity", "s"), ("window", "s"),
        ("progress", "s c"), ("pending", "s c"), ("time left", "s c"), ("full in", "store of n"),
        ("full in", "disk of n"), ("sync", "n"),
    ]  # fmt: skip
    assert [line.verdict for line in found].count("fail") == 1
