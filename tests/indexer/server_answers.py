"""What a server answers of a stream and a consumer, for tests to change."""

from dataclasses import replace
from typing import Any

from indexer.stream_state import StreamState, stream_state

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


def stream(**config: Any) -> StreamState:
    return replace(stream_state(STREAM), config=STREAM["config"] | config)
