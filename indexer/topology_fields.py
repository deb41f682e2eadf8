"""The fields of a stream's and a consumer's configuration as nats-server 2.15 knows them, each with its default. Pure.

One table serves both ends: a key of a file that is not here is refused, and a field that a file leaves out is held
against its default here, so that nothing set by hand goes unseen.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SECOND = 1_000_000_000
_NEVER = "0001-01-01T00:00:00Z"

STREAM: Mapping[str, Any] = MappingProxyType({
    "name": "",
    "description": "",
    "subjects": [],
    "retention": "limits",
    "storage": "file",
    "discard": "old",
    "discard_new_per_subject": False,
    "max_age": 0,
    "max_bytes": -1,
    "max_msgs": -1,
    "max_msgs_per_subject": -1,
    "max_msg_size": -1,
    "max_consumers": -1,
    "duplicate_window": 120 * SECOND,
    "num_replicas": 1,
    "compression": "none",
    "no_ack": False,
    "sealed": False,
    "deny_delete": False,
    "deny_purge": False,
    "allow_rollup_hdrs": False,
    "allow_direct": False,
    "allow_atomic": False,
    "allow_batched": False,
    "allow_msg_ttl": False,
    "allow_msg_counter": False,
    "allow_msg_schedules": False,
    "subject_delete_marker_ttl": 0,
    "first_seq": 0,
    "persist_mode": "default",
    "mirror_direct": False,
    "mirror": None,
    "sources": None,
    "placement": None,
    "subject_transform": None,
    "republish": None,
    "consumer_limits": None,
    "metadata": {},
})  # fmt: skip

CONSUMER: Mapping[str, Any] = MappingProxyType({
    "durable_name": "",
    "name": "",
    "description": "",
    "filter_subject": "",
    "filter_subjects": [],
    "deliver_policy": "all",
    "opt_start_seq": 0,
    "opt_start_time": None,
    "ack_policy": "none",
    "ack_wait": 30 * SECOND,
    "backoff": None,
    "max_deliver": -1,
    "max_ack_pending": 1000,
    "max_waiting": 512,
    "max_batch": 0,
    "max_bytes": 0,
    "max_expires": 0,
    "replay_policy": "instant",
    "headers_only": False,
    "inactive_threshold": 0,
    "sample_freq": "",
    "num_replicas": 0,
    "mem_storage": False,
    "pause_until": _NEVER,
    "priority_groups": None,
    "priority_policy": "none",
    "priority_timeout": 0,
    "deliver_subject": "",
    "deliver_group": "",
    "idle_heartbeat": 0,
    "flow_control": False,
    "rate_limit_bps": 0,
    "direct": False,
    "metadata": {},
})  # fmt: skip

#: in nanoseconds
DURATIONS = frozenset({
    "max_age", "duplicate_window", "subject_delete_marker_ttl", "ack_wait", "max_expires", "inactive_threshold",
    "idle_heartbeat", "priority_timeout",
})  # fmt: skip

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "retention": ("limits", "interest", "workqueue"),
    "storage": ("file", "memory"),
    "discard": ("old", "new"),
    "compression": ("none", "s2"),
    "persist_mode": ("default", "async"),
    "deliver_policy": ("all", "last", "new", "by_start_sequence", "by_start_time", "last_per_subject"),
    "ack_policy": ("none", "all", "explicit"),
    "replay_policy": ("instant", "original"),
})  # fmt: skip

_ANEW = "make it anew: `indexer jetstream backup`, delete the stream, init, restore"
_READER_ANEW = "delete the consumer and init: it reads the stream from its beginning again"
#: fields the server never changes after creation, and the way to the wanted value
STREAM_FIXED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("storage", "persist_mode", "allow_msg_counter", "first_seq"), _ANEW)
)
CONSUMER_FIXED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        (
            "deliver_policy", "opt_start_seq", "opt_start_time", "ack_policy", "replay_policy", "max_waiting",
            "mem_storage", "deliver_subject", "idle_heartbeat", "flow_control", "rate_limit_bps", "direct",
        ),
        _READER_ANEW,
    )
)  # fmt: skip
#: fields the server sets and never clears
STREAM_ONE_WAY: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("sealed", "deny_delete", "deny_purge", "allow_msg_ttl", "allow_msg_schedules"), _ANEW)
)
RETENTION_FIXED = _ANEW


def human(key: str, value: Any) -> str:
    """A value for people: durations with their unit, what is not set in words."""
    if value in (None, "", [], {}, _NEVER):
        return "not set"
    if key in DURATIONS and isinstance(value, int):
        return duration(value)
    if key == "backoff" and isinstance(value, list):
        return ", ".join(duration(one) for one in value)
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else str(value)


def duration(nanoseconds: int) -> str:
    """E.g. 168h, 90s, 250ms; 0 is no limit."""
    for unit, size in (("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", 10**6), ("µs", 10**3)):
        if nanoseconds and nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns" if nanoseconds else "0"
