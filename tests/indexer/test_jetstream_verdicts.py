"""What a check makes of figures: each verdict at its threshold, with what to do."""

from dataclasses import replace
from typing import Any

import pytest

from indexer.config import Settings
from indexer.jetstream import Change
from indexer.jetstream_verdicts import (
    Line,
    Seen,
    capacity,
    drift,
    lines,
    pending,
    progress,
    replicas,
    stores,
    sync,
    time_left,
    window,
)
from indexer.monitoring import ServerState
from indexer.stream_state import (
    AccountState,
    ConsumerState,
    Growth,
    JetStreamState,
    Replica,
    StreamState,
    Unread,
)
from indexer.topology_drift import Difference

HOUR, DAY, GB = 3600.0, 86_400.0, 10**9
NOW = 1_000_000_000.0
SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]
STILL = Growth(messages_per_second=0, bytes_per_second=0)
STREAM = StreamState(
    name="s", at_seconds=NOW,
    config={"max_age": 168 * 3600 * 10**9, "num_replicas": 1, "duplicate_window": 3600 * 10**9},
    messages=1000, bytes=1_000_000, first_sequence=1, last_sequence=1000, first_seconds=NOW - 1000, last_seconds=NOW,
    leader="a", replicas=(),
)  # fmt: skip
CONSUMER = ConsumerState(
    stream="s", name="c", at_seconds=NOW, config={"durable_name": "c", "max_ack_pending": 100}, pending=500,
    ack_pending=0, redelivered=0, waiting=0, delivered_sequence=500, delivered_count=500, acked_sequence=500,
    acked_count=500,
    delivered_seconds=NOW - 300, acked_seconds=NOW - 290, created_seconds=NOW - DAY, paused_seconds=0, leader="a",
    replicas=(),
)  # fmt: skip
SERVER = ServerState(
    name="n", stored_bytes=0, max_stored_bytes=100 * GB, sync_always=True, sync_seconds=120, disk_free_bytes=None
)
ACCOUNT = AccountState(stored_bytes=0, max_stored_bytes=None, memory_bytes=0, max_memory_bytes=None)


def unread(age_seconds: float) -> Unread:
    return Unread(sequence=501, seconds=NOW - age_seconds)


def stream(**config: Any) -> StreamState:
    return replace(STREAM, config={**STREAM.config, **config})


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
    ("config", "per_second", "verdict", "days"),
    [
        ({}, 10**9, "ok", None),
        ({"max_bytes": 100 * GB}, 0, "ok", None),
        ({"max_bytes": 100 * GB, "discard": "new"}, 100 * GB / DAY / 20, "ok", None),  # max_age keeps it under
        ({"max_bytes": 100 * GB, "discard": "new"}, 100 * GB / DAY / 5, "warn", 5),
        ({"max_bytes": 100 * GB, "discard": "new"}, 100 * GB / DAY, "fail", 1),
        ({"max_bytes": 100 * GB}, 100 * GB / DAY, "warn", 1),  # the oldest go: no publish is refused
    ],
)
def test_capacity(config: dict[str, Any], per_second: float, verdict: str, days: float | None) -> None:
    line = capacity(stream(**config), Growth(messages_per_second=1, bytes_per_second=per_second), SETTINGS)
    assert line.verdict == verdict
    assert line.value == (None if days is None else pytest.approx(days, rel=0.01))


@pytest.mark.parametrize(("per_second", "verdict"), [(10, "ok"), (1000, "warn"), (3000, "fail")])
def test_a_window_costs_memory_by_its_ids(per_second: float, verdict: str) -> None:
    busy = replace(STREAM, last_sequence=10**9)
    line = window(busy, Growth(messages_per_second=per_second, bytes_per_second=1), SETTINGS)
    assert line.verdict == verdict
    assert line.value == pytest.approx(per_second * HOUR * 400)


def test_a_window_holds_no_more_ids_than_were_ever_stored() -> None:
    assert window(STREAM, Growth(messages_per_second=10**6, bytes_per_second=1), SETTINGS).value == 1000 * 400


def test_a_million_ids_cost_what_was_measured() -> None:
    line = window(
        replace(STREAM, last_sequence=10**9), Growth(messages_per_second=1e6 / HOUR, bytes_per_second=1), SETTINGS
    )
    assert line.figure == "60 min, about 1,000,000 ids, 400.0 MB of memory on each replica"


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


def judged(found: list[Line], name: str) -> Line:
    return next(line for line in found if line.name == name)


def test_account_store_and_disk_are_full_in_days() -> None:
    """A gigabyte a day, kept a week: seven in the end, three times that with three copies."""
    daily = Growth(messages_per_second=1, bytes_per_second=GB / DAY)
    coming = {"s": daily}
    three = stream(num_replicas=3)
    enough = replace(SERVER, max_stored_bytes=8 * GB, disk_free_bytes=8 * GB)
    tight = replace(ACCOUNT, max_stored_bytes=8 * GB)
    found = list(stores(seen(three, account=tight, servers=(enough,)), coming, SETTINGS))
    assert judged(found, "store of n").verdict == "ok"
    assert judged(found, "disk of n").verdict == "ok"
    assert judged(found, "account").verdict == "fail"
    assert judged(found, "account").value == pytest.approx(8 / 3, rel=0.01)
    small = replace(SERVER, max_stored_bytes=5 * GB, disk_free_bytes=2 * GB)
    found = list(stores(seen(servers=(small,)), coming, SETTINGS))
    assert (judged(found, "store of n").verdict, judged(found, "disk of n").verdict) == ("warn", "fail")
    assert judged(found, "disk of n").value == pytest.approx(2, rel=0.01)
    found = list(stores(seen(), coming, SETTINGS))
    assert judged(found, "disk of n").figure == "not seen: not on this machine"
    (unseen,) = stores(seen(servers=()), coming, SETTINGS)
    assert (unseen.verdict, unseen.figure) == ("warn", "not seen")
    assert "NATS_MONITORING_URL" in unseen.advice


def test_an_acked_workqueue_fills_nothing() -> None:
    queue = replace(stream(retention="workqueue"), messages=0, bytes=0, first_seconds=None)
    coming = {"s": Growth(messages_per_second=100, bytes_per_second=GB)}
    found = list(stores(seen(queue, servers=(replace(SERVER, max_stored_bytes=GB),)), coming, SETTINGS))
    assert judged(found, "store of n").value is None


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
