"""Where streams and consumers stand, in the server's own figures. Pure.

Times are Unix seconds of the server's clock, ``at_seconds`` included, which is when the server answered: an age is the
difference of two of them, whatever this machine's clock says. A limit the server does not have is None.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

_NANOSECONDS = 1_000_000_000
_Number = TypeVar("_Number", int, float)
_NEVER = "0001-01-01"  # Go's zero time: there is no such moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One copy beside the leader; ``lag_operations`` are those it has yet to take over.

    ``silent_seconds`` is since the leader heard of it; since there is this leader, if it never did.
    """

    name: str
    current: bool
    offline: bool
    lag_operations: int
    silent_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """A stream as STREAM.INFO and STREAM.LIST tell of it.

    ``leader`` is empty where a list of a single server names none; ``replicas`` are without it.
    """

    name: str
    at_seconds: float
    config: Mapping[str, Any]
    messages: int
    bytes: int
    first_sequence: int
    last_sequence: int
    first_seconds: float | None
    last_seconds: float | None
    leader: str | None
    replicas: tuple[Replica, ...]

    @property
    def max_age_seconds(self) -> float | None:
        """How old a message gets."""
        return _limit(self.config.get("max_age", 0) / _NANOSECONDS)

    @property
    def max_bytes(self) -> int | None:
        """Size at which the oldest messages go, or new ones are refused."""
        return _limit(self.config.get("max_bytes", -1))

    @property
    def max_messages(self) -> int | None:
        """The same as a number of messages."""
        return _limit(self.config.get("max_msgs", -1))

    @property
    def window_seconds(self) -> float:
        """How long an id is remembered."""
        return float(self.config.get("duplicate_window", 0) / _NANOSECONDS)

    @property
    def drops_oldest(self) -> bool:
        """Whether a full stream loses its oldest messages; else it refuses new ones."""
        return str(self.config.get("discard", "old")) == "old"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerState:
    """A consumer as CONSUMER.INFO and CONSUMER.LIST tell of it.

    ``pending`` were never delivered, ``ack_pending`` are delivered and unacked. ``acked_sequence`` is the stream
    sequence up to which everything of it is acked. ``filters`` is empty when it reads the whole stream.
    """

    stream: str
    name: str
    at_seconds: float
    config: Mapping[str, Any]
    pending: int
    ack_pending: int
    redelivered: int
    waiting: int
    delivered_sequence: int
    delivered_count: int
    acked_sequence: int
    acked_count: int
    delivered_seconds: float | None
    acked_seconds: float | None
    created_seconds: float
    paused_seconds: float
    leader: str | None
    replicas: tuple[Replica, ...]

    @property
    def filters(self) -> tuple[str, ...]:
        """The subjects it reads."""
        one = self.config.get("filter_subject")
        return (one,) if one else tuple(self.config.get("filter_subjects") or ())

    @property
    def unread(self) -> int:
        """Messages whose loss would be this consumer's loss."""
        return self.pending + self.ack_pending

    @property
    def progress_seconds(self) -> float:
        """When it last took or acked a message; when it was made, if never."""
        return max(self.delivered_seconds or 0, self.acked_seconds or 0, self.created_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What the account may store and has stored, over all tiers; limits of a server are not in it."""

    stored_bytes: int
    max_stored_bytes: int | None
    memory_bytes: int
    max_memory_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JetStreamState:
    """Everything at one moment; ``silent`` names what exists and did not answer: it has no leader now."""

    streams: tuple[StreamState, ...]
    consumers: tuple[ConsumerState, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """The oldest message a consumer has not acked."""

    sequence: int
    seconds: float


def stream_state(info: Mapping[str, Any]) -> StreamState:
    """The answer of STREAM.INFO, or one of the list of STREAM.LIST."""
    state = info["state"]
    cluster = info.get("cluster") or {}
    return StreamState(
        name=info["config"]["name"],
        at_seconds=unix_seconds(info["ts"]) or 0.0,
        config=info["config"],
        messages=state["messages"],
        bytes=state["bytes"],
        first_sequence=state["first_seq"],
        last_sequence=state["last_seq"],
        first_seconds=unix_seconds(state.get("first_ts")) if state["messages"] else None,
        last_seconds=unix_seconds(state.get("last_ts")),
        leader=cluster.get("leader") if "cluster" in info else "",
        replicas=tuple(_replicas(info)),
    )


def consumer_state(info: Mapping[str, Any]) -> ConsumerState:
    """The answer of CONSUMER.INFO, or one of the list of CONSUMER.LIST."""
    cluster = info.get("cluster") or {}
    delivered, acked = info["delivered"], info["ack_floor"]
    return ConsumerState(
        stream=info["stream_name"],
        name=info["name"],
        at_seconds=unix_seconds(info["ts"]) or 0.0,
        config=info["config"],
        pending=info["num_pending"],
        ack_pending=info["num_ack_pending"],
        redelivered=info["num_redelivered"],
        waiting=info["num_waiting"],
        delivered_sequence=delivered["stream_seq"],
        delivered_count=delivered["consumer_seq"],
        acked_sequence=acked["stream_seq"],
        acked_count=acked["consumer_seq"],
        delivered_seconds=unix_seconds(delivered.get("last_active")),
        acked_seconds=unix_seconds(acked.get("last_active")),
        created_seconds=unix_seconds(info["created"]) or 0.0,
        paused_seconds=info.get("pause_remaining", 0) / _NANOSECONDS if info.get("paused") else 0.0,
        leader=cluster.get("leader") if "cluster" in info else "",
        replicas=tuple(_replicas(info)),
    )


def account_state(info: Mapping[str, Any]) -> AccountState:
    """The answer of INFO; an account with tiers has its limits there, one per number of replicas."""
    tiers = list((info.get("tiers") or {}).values()) or [info]
    stored = [tier["limits"]["max_storage"] for tier in tiers]
    memory = [tier["limits"]["max_memory"] for tier in tiers]
    return AccountState(
        stored_bytes=info["storage"],
        max_stored_bytes=None if min(stored) < 0 else sum(stored),
        memory_bytes=info["memory"],
        max_memory_bytes=None if min(memory) < 0 else sum(memory),
    )


def unix_seconds(text: str | None) -> float | None:
    """A moment as the server writes it, None for its zero time."""
    return None if text is None or text.startswith(_NEVER) else datetime.fromisoformat(text).timestamp()


def _replicas(info: Mapping[str, Any]) -> Iterator[Replica]:
    cluster = info.get("cluster") or {}
    at = unix_seconds(info["ts"]) or 0.0
    led = at - (unix_seconds(cluster.get("leader_since")) or at)
    for each in cluster.get("replicas") or ():
        heard = each.get("active", 0) / _NANOSECONDS
        yield Replica(
            name=each["name"],
            current=each.get("current", False),
            offline=each.get("offline", False),
            lag_operations=each.get("lag", 0),
            silent_seconds=heard if heard or each.get("current") else led,
        )


def _limit(value: _Number) -> _Number | None:
    return value if value > 0 else None
