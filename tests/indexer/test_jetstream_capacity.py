"""Days until something is full, and the memory of windows, each verdict at its threshold."""

from dataclasses import replace
from typing import Any

import pytest

from indexer.jetstream_capacity import capacity, stores, window
from indexer.jetstream_line import Line
from indexer.stream_outlook import Growth
from indexer.stream_state import StreamState
from tests.indexer.states import ACCOUNT, DAY, GB, HOUR, NOW, SERVER, SETTINGS, STREAM, stream


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
    line = capacity(grown(stream(**config), per_second), Growth(messages_per_second=1, bytes_per_second=1), SETTINGS)
    assert line.verdict == verdict
    assert line.value == (None if days is None else pytest.approx(days, rel=0.05))


def grown(one: StreamState, per_second: float) -> StreamState:
    """With an hour of messages at that rate."""
    return replace(one, first_seconds=NOW - HOUR, bytes=int(per_second * HOUR))


def test_a_stream_with_one_message_is_judged_by_what_comes() -> None:
    one = replace(stream(max_bytes=100 * GB, discard="new"), first_seconds=NOW, last_seconds=NOW, messages=1)
    assert capacity(one, Growth(messages_per_second=0, bytes_per_second=0), SETTINGS).verdict == "ok"
    assert capacity(one, Growth(messages_per_second=1000, bytes_per_second=100 * GB), SETTINGS).verdict != "ok"


def test_a_burst_into_a_young_stream_warns_and_fails_once_half_of_the_room_is_gone() -> None:
    burst = Growth(messages_per_second=1000, bytes_per_second=100 * GB / DAY)
    young = replace(stream(max_bytes=100 * GB, discard="new"), first_seconds=NOW - HOUR / 2, bytes=2 * GB)
    line = capacity(young, burst, SETTINGS)
    assert (line.verdict, "less than an hour" in line.advice) == ("warn", True)
    assert capacity(replace(young, bytes=50 * GB), burst, SETTINGS).verdict == "fail"
    assert capacity(grown(young, 100 * GB / DAY), burst, SETTINGS).verdict == "fail"


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


def judged(found: list[Line], name: str) -> Line:
    return next(line for line in found if line.name == name)


def test_account_store_and_disk_are_full_in_days() -> None:
    """A gigabyte a day, kept a week: seven in the end, three times that with three copies."""
    coming = {"s": Growth(messages_per_second=1, bytes_per_second=1)}
    one, three = grown(STREAM, GB / DAY), grown(stream(num_replicas=3), GB / DAY)
    enough = replace(SERVER, max_stored_bytes=8 * GB, disk_free_bytes=8 * GB)
    tight = replace(ACCOUNT, max_stored_bytes=8 * GB)
    found = list(stores([three], tight, [enough], coming, SETTINGS))
    assert judged(found, "store of n").verdict == "ok"
    assert judged(found, "disk of n").verdict == "ok"
    assert judged(found, "account").verdict == "fail"
    assert judged(found, "account").value == pytest.approx(8 / 3, rel=0.01)
    small = replace(SERVER, max_stored_bytes=5 * GB, disk_free_bytes=2 * GB)
    found = list(stores([one], ACCOUNT, [small], coming, SETTINGS))
    assert (judged(found, "store of n").verdict, judged(found, "disk of n").verdict) == ("warn", "fail")
    assert judged(found, "disk of n").value == pytest.approx(2, rel=0.01)
    found = list(stores([STREAM], ACCOUNT, [SERVER], coming, SETTINGS))
    assert judged(found, "disk of n").figure == "not seen: not on this machine"
    (unseen,) = stores([STREAM], ACCOUNT, [], coming, SETTINGS)
    assert (unseen.verdict, unseen.figure) == ("warn", "not seen")
    assert "NATS_MONITORING_URL" in unseen.advice


def test_an_acked_workqueue_fills_nothing() -> None:
    queue = replace(stream(retention="workqueue"), messages=0, bytes=0, first_seconds=None)
    coming = {"s": Growth(messages_per_second=100, bytes_per_second=GB)}
    found = list(stores([queue], ACCOUNT, [replace(SERVER, max_stored_bytes=GB)], coming, SETTINGS))
    assert judged(found, "store of n").value is None


def test_minutes_of_a_catch_up_do_not_fill_a_store_that_has_grown_slowly_for_hours() -> None:
    """1,000 messages of a kilobyte in two hours, and a thousand a second just now."""
    slow = replace(STREAM, first_seconds=NOW - 2 * HOUR)
    coming = {"s": Growth(messages_per_second=1000, bytes_per_second=1_000_000)}
    room = replace(SERVER, max_stored_bytes=GB)
    assert judged(list(stores([slow], ACCOUNT, [room], coming, SETTINGS)), "store of n").value is None
    young = replace(STREAM, first_seconds=NOW - HOUR / 2)
    line = judged(list(stores([young], ACCOUNT, [room], coming, SETTINGS)), "store of n")
    assert (line.verdict, "less than an hour" in line.advice) == ("warn", True)
    half = replace(room, stored_bytes=GB // 2, disk_free_bytes=GB // 2)
    found = list(stores([young], ACCOUNT, [half], coming, SETTINGS))
    assert (judged(found, "store of n").verdict, judged(found, "disk of n").verdict) == ("fail", "fail")
    full = replace(ACCOUNT, max_stored_bytes=GB)
    assert judged(list(stores([young], full, [], coming, SETTINGS)), "account").verdict == "warn"
