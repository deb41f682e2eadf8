"""A stream, a consumer, an account and a server as figures, for tests to change."""

from dataclasses import replace
from typing import Any

from indexer.config import Settings
from indexer.monitoring import ServerState
from indexer.stream_outlook import Growth
from indexer.stream_state import AccountState, ConsumerState, StreamState

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


def stream(**config: Any) -> StreamState:
    """``STREAM`` with another configuration."""
    return replace(STREAM, config={**STREAM.config, **config})
