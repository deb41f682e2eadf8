"""What `indexer jetstream check` makes of what it saw: one line each, with a figure, a verdict and what to do. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from indexer.config import Settings
from indexer.jetstream import Change
from indexer.monitoring import ServerState
from indexer.stream_state import (
    AccountState,
    ConsumerState,
    Growth,
    JetStreamState,
    StreamState,
    Unread,
    growth,
    lag_seconds,
    seconds_until_full,
    seconds_until_loss,
)

ID_BYTES = 400  # memory of the server per id of a duplicate window: 0.4 GB a million, measured
_DAY = 86_400.0
_HOUR = 3600.0
_WARN_TIMES = 3  # of a time that fails
_SAFE_REPLICAS = 3
Verdict = Literal["ok", "warn", "fail"]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check of one thing; ``value`` is the figure as a number, in the unit the figure names."""

    check: str
    name: str
    figure: str
    verdict: Verdict
    advice: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Two looks and what was asked beside them; ``unread`` is per stream and consumer."""

    changes: list[Change]
    before: JetStreamState
    after: JetStreamState
    unread: Mapping[Key, Unread | None]
    account: AccountState
    servers: tuple[ServerState, ...]


def lines(seen: Seen, settings: Settings) -> Iterator[Line]:
    """Every check."""
    yield from drift(seen.changes)
    for name in seen.after.silent:
        yield Line(check="leader", name=name, figure="none", verdict="fail", advice=_NO_LEADER)
    earlier = {stream.name: stream for stream in seen.before.streams}
    coming = {stream.name: growth(earlier.get(stream.name, stream), stream) for stream in seen.after.streams}
    for stream in seen.after.streams:
        yield replicas(stream, settings)
        yield capacity(stream, coming[stream.name], settings)
        yield window(stream, coming[stream.name], settings)
    streams = {stream.name: stream for stream in seen.after.streams}
    past = {(one.stream, one.name): one for one in seen.before.consumers}
    for consumer in seen.after.consumers:
        key = (consumer.stream, consumer.name)
        unread = seen.unread.get(key)
        yield progress(past.get(key, consumer), consumer, unread, settings)
        yield pending(consumer, settings)
        yield time_left(streams[consumer.stream], consumer, unread, coming[consumer.stream], settings)
    yield from stores(seen, coming, settings)
    yield from sync(seen)


_NO_LEADER = "its servers are down or have no majority: `nats server report jetstream`; start them"


def drift(changes: Iterable[Change]) -> Iterator[Line]:
    """What is missing or differs from the files."""
    count = equal = 0
    for change in changes:
        count += 1
        name = f"{change.kind} {change.name}"
        if change.result == "equal":
            equal += 1
        elif change.result == "would create":
            yield Line(check="drift", name=name, figure="missing", verdict="fail", advice="`indexer jetstream init`")
        for one in change.differences:
            advice = one.obstacle or "`indexer jetstream init --apply`, or correct the file"
            yield Line(check="drift", name=name, figure=str(one), verdict="fail", advice=advice)
    if equal == count:
        yield Line(check="drift", name="topology", figure=f"{count} as in the files", verdict="ok", value=0)


def replicas(stream: StreamState, settings: Settings) -> Line:
    """Leader there, replicas heard of and up to date."""
    wanted = int(stream.config.get("num_replicas", 1))
    gone = [one.name for one in stream.replicas if one.offline or one.silent_seconds > settings.check_replica_seconds]
    behind = [one for one in stream.replicas if one.name not in gone and not one.current]
    verdict: Verdict = "ok"
    figure, advice = f"{wanted} of {wanted}", ""
    if stream.leader is None:
        verdict, figure, advice = "fail", "no leader", _NO_LEADER
    elif gone:
        figure, advice = f"{wanted - len(gone)} of {wanted}", f"start {', '.join(gone)}: one more lost may stop writes"
        verdict = "fail"
    elif behind:
        figure = ", ".join(f"{one.name} {one.lag_operations:,} operations behind" for one in behind)
        verdict, advice = "warn", "it catches up by itself; is its disk or network slow?"
    here = 0 if stream.leader is None else wanted - len(gone)
    return Line(check="replicas", name=stream.name, figure=figure, verdict=verdict, advice=advice, value=here)


def capacity(stream: StreamState, coming: Growth, settings: Settings) -> Line:
    """Days until max_bytes: then new messages are refused, or the oldest go before their age."""
    days = _days(stream, coming)
    held = f"{_size(stream.bytes)} in {stream.messages:,} messages"
    if stream.max_bytes is None:
        return Line(check="capacity", name=stream.name, figure=f"{held}, no max_bytes", verdict="ok")
    figure = f"{held}, {_size(stream.max_bytes)} in {_span(None if days is None else days * _DAY)}"
    verdict, advice = _short(days, settings.check_full_days), "raise max_bytes, or shorten max_age"
    if stream.drops_oldest and verdict == "fail":
        verdict, advice = "warn", "the oldest messages go before max_age: raise max_bytes if consumers need them"
    return _line("capacity", stream.name, figure, verdict, advice, days)


def window(stream: StreamState, coming: Growth, settings: Settings) -> Line:
    """Memory for the ids of the duplicate window."""
    ids = min(coming.messages_per_second * stream.window_seconds, stream.last_sequence)
    size = ids * ID_BYTES
    verdict: Verdict = "fail" if size >= settings.check_window_bytes else "ok"
    if verdict == "ok" and size >= settings.check_window_bytes / 4:
        verdict = "warn"
    figure = f"{_span(stream.window_seconds)}, about {ids:,.0f} ids, {_size(size)} of memory on each replica"
    advice = "shorten duplicate_window: the fence keeps slots from being written twice without it"
    return _line("window", stream.name, figure, verdict, advice, size)


def progress(before: ConsumerState, after: ConsumerState, unread: Unread | None, settings: Settings) -> Line:
    """Unread messages and a reader that takes and acks none."""
    name = f"{after.stream} {after.name}"
    if after.paused_seconds:
        figure = f"paused for another {_span(after.paused_seconds)}"
        return _line("progress", name, figure, "fail", f"`nats consumer resume {name}`", after.paused_seconds)
    taken, acked = after.delivered_count - before.delivered_count, after.acked_count - before.acked_count
    if not after.unread:
        return _line("progress", name, "nothing unread", "ok", "", 0)
    if taken or acked:
        return _line("progress", name, f"{taken:,} delivered, {acked:,} acked while looking", "ok", "", 0)
    known = after.delivered_count == 0 or after.delivered_seconds is not None
    idle = after.at_seconds - (after.progress_seconds if known else before.at_seconds)
    idle = min(idle, lag_seconds(after, unread))  # it had nothing to read before that
    verdict: Verdict = "fail" if idle >= settings.check_stalled_seconds else "ok"
    if not known and verdict == "ok":
        verdict = "warn"  # the server was restarted and forgot when
    return _line("progress", name, f"none for {_span(idle)}", verdict, _stuck(after), idle)


def pending(consumer: ConsumerState, settings: Settings) -> Line:
    """How much is unread."""
    name, limit = f"{consumer.stream} {consumer.name}", settings.check_pending_messages
    verdict: Verdict = "fail" if consumer.unread >= limit else "ok"
    if verdict == "ok" and consumer.unread >= limit / 10:
        verdict = "warn"
    figure = f"{consumer.pending:,} undelivered, {consumer.ack_pending:,} unacked, {consumer.redelivered:,} redelivered"
    return _line("pending", name, figure, verdict, "its reader is slower than what comes in", consumer.unread)


def time_left(
    stream: StreamState, consumer: ConsumerState, unread: Unread | None, coming: Growth, settings: Settings
) -> Line:
    """How long until the stream drops a message the consumer has not acked."""
    name, left = f"{consumer.stream} {consumer.name}", seconds_until_loss(stream, unread, coming)
    if left is None:
        figure = "nothing unread" if unread is None else "no limit reaches it"
        return _line("time left", name, figure, "ok", "", None)
    if left == 0:
        figure, advice = "losing messages now", "start its reader; what was dropped comes back by --replay-from-slot"
        return _line("time left", name, figure, "fail", advice, 0)
    figure = f"{_span(left)}; oldest unread is {_span(lag_seconds(consumer, unread))} old"
    advice = "start or speed up its reader, or raise the stream's limits before then"
    return _line("time left", name, figure, _short(left / _HOUR, settings.check_left_hours), advice, left)


def stores(seen: Seen, coming: Mapping[str, Growth], settings: Settings) -> Iterator[Line]:
    """Account, store and disk: days until they are full, all streams together."""
    account = seen.account
    if account.max_stored_bytes is not None:
        rising = [_rising(stream, coming[stream.name], copies=True) for stream in seen.after.streams]
        free = account.max_stored_bytes - account.stored_bytes
        yield _store(
            "account", account.stored_bytes, account.max_stored_bytes, seconds_until_full(free, rising), settings
        )
    rising = [_rising(stream, coming[stream.name]) for stream in seen.after.streams]
    for server in seen.servers:
        free = server.max_stored_bytes - server.stored_bytes
        left = seconds_until_full(free, rising)
        yield _store(f"store of {server.name}", server.stored_bytes, server.max_stored_bytes, left, settings)
        if server.disk_free_bytes is None:
            yield _line("full in", f"disk of {server.name}", "not seen: not on this machine", "ok", "", None)
        else:
            left = seconds_until_full(server.disk_free_bytes, rising)
            days = None if left is None else left / _DAY
            figure = f"{_size(server.disk_free_bytes)} free, {_span(left)}"
            verdict = _short(days, settings.check_full_days)
            yield _line("full in", f"disk of {server.name}", figure, verdict, _ROOM, days)
    if not seen.servers:
        yield _line("full in", "store and disk", "not seen", "warn", "set NATS_MONITORING_URL (http://host:8222)", None)


_ROOM = "make room, or lower max_age or max_bytes (`indexer jetstream init --apply`)"


def sync(seen: Seen) -> Iterator[Line]:
    """Whether what is acked survives a power cut of one server."""
    fewest = min((int(stream.config.get("num_replicas", 1)) for stream in seen.after.streams), default=1)
    if fewest >= _SAFE_REPLICAS:
        yield _line("sync", "all streams", f"{fewest} replicas", "ok", "", None)
        return
    for server in seen.servers:
        figure = "always" if server.sync_always else f"every {_span(server.sync_seconds)}"
        advice = "a power cut loses what was acked since: sync_interval: always, or three replicas"
        yield _line("sync", server.name, figure, "ok" if server.sync_always else "warn", advice, server.sync_seconds)
    if not seen.servers:
        advice = "set NATS_MONITORING_URL; a single server needs sync_interval: always, its default is 2 min"
        yield _line("sync", "server", "not seen", "warn", advice, None)


def _stuck(consumer: ConsumerState) -> str:
    if consumer.ack_pending >= int(consumer.config.get("max_ack_pending", -1)) > 0:
        return "max_ack_pending are out: its reader fetches and does not ack"
    if consumer.waiting:
        return "its reader waits and is not served: look at filters and the server's log"
    if not consumer.delivered_count:
        return "nobody ever read it: start its reader, or delete it with its file if nobody will"
    return "nobody fetches: start its reader"


def _days(stream: StreamState, coming: Growth) -> float | None:
    if stream.max_bytes is None:
        return None
    left = seconds_until_full(stream.max_bytes - stream.bytes, [_rising(stream, coming, capped=False)])
    return None if left is None else left / _DAY


def _rising(stream: StreamState, coming: Growth, *, copies: bool = False, capped: bool = True) -> tuple[float, float]:
    """Bytes a second, and the bytes after which the stream grows no more since its oldest messages go."""
    per_second = coming.bytes_per_second
    if stream.config.get("retention", "limits") != "limits":  # acked messages go: what counts is what stays
        age = 0.0 if stream.first_seconds is None else stream.at_seconds - stream.first_seconds
        per_second = min(per_second, stream.bytes / age) if age > 0 else 0.0
    most = float("inf") if stream.max_age_seconds is None else per_second * stream.max_age_seconds
    if capped and stream.max_bytes is not None:
        most = min(most, stream.max_bytes)
    times = int(stream.config.get("num_replicas", 1)) if copies else 1
    return per_second * times, max(0.0, most - stream.bytes) * times


def _store(name: str, used: int, most: int, left: float | None, settings: Settings) -> Line:
    days = None if left is None else left / _DAY
    figure = f"{_size(used)} of {_size(most)}, full in {_span(left)}"
    return _line("full in", name, figure, _short(days, settings.check_full_days), _ROOM, days)


def _line(check: str, name: str, figure: str, verdict: Verdict, advice: str, value: float | None) -> Line:
    return Line(
        check=check, name=name, figure=figure, verdict=verdict, advice="" if verdict == "ok" else advice, value=value
    )


def _short(left: float | None, limit: float) -> Verdict:
    if left is None or left >= limit * _WARN_TIMES:
        return "ok"
    return "fail" if left < limit else "warn"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    for size, unit in ((_DAY, "days"), (_HOUR, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def _size(count: float) -> str:
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,.0f} B"
