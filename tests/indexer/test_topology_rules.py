"""Topologies that are refused before a server is asked, each with the reason."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import UsageError
from indexer.topology import load
from indexer.topology_rules import overlap, require_sound
from tests.indexer.topologies import TOPOLOGY, copied

SWAPS, DEAD, MINUTE = "stream-dex-swaps.json", "stream-dex-dead.json", "stream-dex-candles-1m.json"
SINK, READER = "consumer-dex-swaps-clickhouse-sink.json", "consumer-dex-candles-1m-clickhouse-sink.json"
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown key": (DEAD, {"replicas": 3}, "unknown key 'replicas'; did you mean 'num_replicas'?"),
    "unknown key of a consumer": (SINK, {"max_ack_pendings": 3}, "did you mean 'max_ack_pending'?"),
    "key of nothing": (SINK, {"zzz": 3}, "unknown key 'zzz'"),
    "window over age": (DEAD, {"duplicate_window": 200 * 3600 * 10**9}, "200h is longer than max_age 168h"),
    "seconds": (DEAD, {"max_age": 604800}, "max_age 604800 is 604800ns: seconds or milliseconds?"),
    "milliseconds": (SINK, {"ack_wait": 30000}, "ack_wait 30000 is 30µs: seconds or milliseconds?"),
    "words for a duration": (DEAD, {"max_age": "168h"}, "max_age '168h' is no number; nanoseconds are wanted"),
    "negative duration": (DEAD, {"max_age": -1}, "max_age -1 is negative"),
    "backoff in seconds": (SINK, {"backoff": [1, 2]}, "backoff 1 is 1ns: seconds"),
    "two replicas": (DEAD, {"num_replicas": 2}, "num_replicas 2: an even number survives no more lost servers than 1"),
    "seven replicas": (DEAD, {"num_replicas": 7}, "num_replicas 7: the server takes 1 to 5"),
    "no replicas": (DEAD, {"num_replicas": 0}, "num_replicas 0: the server takes 1 to 5"),
    "more replicas than the stream": (SINK, {"num_replicas": 3}, "num_replicas 3 is more than the stream's 1"),
    "no batches": (SWAPS, {"allow_atomic": None}, "allow_atomic must be true"),
    "no direct gets": (SWAPS, {"allow_direct": False}, "allow_direct must be true"),
    "overlapping streams": (DEAD, {"subjects": ["dex.sol.>"]}, "subjects dex.sol.candles.1h and dex.sol.> overlap"),
    "overlapping subjects": (DEAD, {"subjects": ["dex.sol.dead.>", "dex.sol.dead.x"]}, "and dex.sol.dead.x overlap"),
    "no subjects": (DEAD, {"subjects": []}, "no subjects"),
    "a subject that is none": (DEAD, {"subjects": ["dex..sol"]}, "'dex..sol' is no subject"),
    "filter outside": (SINK, {"filter_subjects": ["dex.sol.swap"]}, "filter dex.sol.swap is outside"),
    "overlapping filters": (SINK, {"filter_subjects": ["dex.sol.swaps", "dex.sol.*"]}, "filters dex.sol.swaps and"),
    "both kinds of filter": (SINK, {"filter_subject": "dex.sol.swaps"}, "exclude each other"),
    "a filter that is none": (READER, {"filter_subject": "a b"}, "'a b' is no subject"),
    "workqueue from now on": (READER, {"deliver_policy": "new"}, "deliver_policy new on a workqueue stream"),
    "workqueue without acks": (READER, {"ack_policy": "none"}, "ack_policy must be explicit on a workqueue stream"),
    "workqueue of three readers": (SWAPS, {"retention": "workqueue"}, "both read dex.sol.swaps of workqueue stream"),
    "durable that vanishes": (SINK, {"inactive_threshold": 10**12}, "inactive_threshold deletes a consumer"),
    "wrong word": (DEAD, {"retention": "forever"}, "retention 'forever' is none of limits, interest, workqueue"),
    "wrong type": (DEAD, {"allow_direct": 1}, "allow_direct must be true or false, not 1"),
    "wrong number": (DEAD, {"max_bytes": "10GB"}, "max_bytes must be a number, not '10GB'"),
    "name and file": (DEAD, {"name": "dead"}, "name is 'dead', so the file's name should be stream-dead.json"),
    "durable and file": (SINK, {"durable_name": "sink"}, "the file's name should be"),
    "no name": (DEAD, {"name": None}, "name is missing"),
    "no durable": (SINK, {"durable_name": None}, "durable_name is missing"),
}  # fmt: skip


def test_what_is_shipped_is_sound() -> None:
    require_sound(load(TOPOLOGY))
    require_sound(load(TOPOLOGY, replicas=3, max_bytes=10**9))
    require_sound(load(TOPOLOGY, replicas=5))


@pytest.mark.parametrize("case", REFUSED)
def test_a_topology_is_refused_with_the_reason(case: str, tmp_path: Path) -> None:
    file, changes, reason = REFUSED[case]
    with pytest.raises(UsageError) as caught:
        require_sound(load(copied(tmp_path, file, **changes)))
    assert reason in str(caught.value)
    assert file in str(caught.value) or case.startswith(("overlapping streams", "workqueue of"))
    assert "correct the files" in caught.value.hint


def test_every_reason_is_told_at_once(tmp_path: Path) -> None:
    folder = copied(tmp_path, DEAD, replicas=3, max_age=5)
    (folder / SINK).write_text(json.dumps(json.loads((folder / SINK).read_text()) | {"ack_wait": 30}))
    with pytest.raises(UsageError) as caught:
        require_sound(load(folder))
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [DEAD, DEAD, SINK]


def test_a_consumer_of_no_stream_and_a_second_reader_of_a_workqueue(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    config = json.loads((folder / READER).read_text()) | {"durable_name": "second"}
    (folder / "consumer-dex-candles-1m-second.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match=r"both read dex\.sol\.candles\.1m of workqueue stream dex-candles-1m"):
        require_sound(load(folder))
    config.pop("filter_subject")  # all of the stream
    (folder / "consumer-dex-candles-1m-second.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match=r"both read dex\.sol\.candles\.1m of workqueue"):
        require_sound(load(folder))
    (folder / "consumer-dex-candles-1m-second.json").unlink()
    shutil.move(folder / READER, folder / "consumer-dex-candles-2m-clickhouse-sink.json")
    with pytest.raises(UsageError, match=r"there is no stream-dex-candles-2m\.json for it"):
        require_sound(load(folder))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.b", "a", False),
        ("a.*", "a.b", True),
        ("a.*", "*.b", True),
        ("a.*", "a.b.c", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        (">", "a.b", True),
        ("a.*.c", "a.>", True),
        ("a.*.c", "a.b.d", False),
    ],
)
def test_overlap_of_subjects(one: str, other: str, both: bool) -> None:  # noqa: FBT001 - a table's column
    assert overlap(one, other) is both
    assert overlap(other, one) is both
