"""What `indexer jetstream check` makes of what it saw: one line each, with a figure, a verdict and what to do. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from indexer.config import Settings
from indexer.jetstream import Change
from indexer.jetstream_capacity import capacity, stores, window
from indexer.jetstream_line import HOUR, Line, Verdict, as_line, short, span
from indexer.monitoring import ServerState
from indexer.stream_outlook import Growth, growth, lag_seconds, seconds_until_loss
from indexer.stream_state import AccountState, ConsumerState, JetStreamState, StreamState, Unread

_SAFE_REPLICAS = 3
Key = tuple[str, str]


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
    yield from stores(seen.after.streams, seen.account, seen.servers, coming, settings)
    yield from sync(seen)


_NEVER_READ = "nobody ever read it: start its reader, or delete it with its file if nobody will"
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


def progress(before: ConsumerState, after: ConsumerState, unread: Unread | None, settings: Settings) -> Line:
    """Unread messages and a reader that takes and acks none."""
    name = f"{after.stream} {after.name}"
    if after.paused_seconds:
        figure = f"paused for another {span(after.paused_seconds)}"
        return as_line("progress", name, figure, "fail", f"`nats consumer resume {name}`", after.paused_seconds)
    taken, acked = after.delivered_count - before.delivered_count, after.acked_count - before.acked_count
    if not after.unread:
        return as_line("progress", name, "nothing unread", "ok", "", 0)
    if taken or acked:
        return as_line("progress", name, f"{taken:,} delivered, {acked:,} acked while looking", "ok", "", 0)
    known = after.delivered_count == 0 or after.delivered_seconds is not None
    idle = after.at_seconds - (after.progress_seconds if known else before.at_seconds)
    idle = min(idle, lag_seconds(after, unread))  # it had nothing to read before that
    verdict: Verdict = _at_most(after, "fail" if idle >= settings.check_stalled_seconds else "ok")
    if not known and verdict == "ok":
        verdict = "warn"  # the server was restarted and forgot when
    return as_line("progress", name, f"none for {span(idle)}", verdict, _stuck(after), idle)


def pending(consumer: ConsumerState, settings: Settings) -> Line:
    """How much is unread."""
    name, limit = f"{consumer.stream} {consumer.name}", settings.check_pending_messages
    verdict: Verdict = _at_most(consumer, "fail" if consumer.unread >= limit else "ok")
    if verdict == "ok" and consumer.unread >= limit / 10:
        verdict = "warn"
    figure = f"{consumer.pending:,} undelivered, {consumer.ack_pending:,} unacked, {consumer.redelivered:,} redelivered"
    advice = "its reader is slower than what comes in" if consumer.delivered_count else _NEVER_READ
    return as_line("pending", name, figure, verdict, advice, consumer.unread)


def time_left(
    stream: StreamState, consumer: ConsumerState, unread: Unread | None, coming: Growth, settings: Settings
) -> Line:
    """How long until the stream drops a message the consumer has not acked."""
    name, left = f"{consumer.stream} {consumer.name}", seconds_until_loss(stream, unread, coming)
    if left is None:
        figure = "nothing unread" if unread is None else "no limit reaches it"
        return as_line("time left", name, figure, "ok", "", None)
    if left == 0:
        figure, advice = "losing messages now", "start its reader; what was dropped comes back by --replay-from-slot"
    else:
        figure = f"{span(left)}; oldest unread is {span(lag_seconds(consumer, unread))} old"
        advice = "start or speed up its reader, or raise the stream's limits before then"
    verdict = _at_most(consumer, short(left / HOUR, settings.check_left_hours))
    advice = advice if consumer.delivered_count else _NEVER_READ
    return as_line("time left", name, figure, verdict, advice, left)


def sync(seen: Seen) -> Iterator[Line]:
    """Whether what is acked survives a power cut of one server."""
    fewest = min((int(stream.config.get("num_replicas", 1)) for stream in seen.after.streams), default=1)
    if fewest >= _SAFE_REPLICAS:
        yield as_line("sync", "all streams", f"{fewest} replicas", "ok", "", None)
        return
    for server in seen.servers:
        figure = "always" if server.sync_always else f"every {span(server.sync_seconds)}"
        advice = "a power cut loses what was acked since: sync_interval: always, or three replicas"
        yield as_line("sync", server.name, figure, "ok" if server.sync_always else "warn", advice, server.sync_seconds)
    if not seen.servers:
        advice = "set NATS_MONITORING_URL; a single server needs sync_interval: always, its default is 2 min"
        yield as_line("sync", "server", "not seen", "warn", advice, None)


def _at_most(consumer: ConsumerState, verdict: Verdict) -> Verdict:
    """What nobody has ever read is nobody's loss yet: it warns, and fails from its reader's first message on."""
    return "warn" if verdict == "fail" and not consumer.delivered_count else verdict


def _stuck(consumer: ConsumerState) -> str:
    if consumer.ack_pending >= int(consumer.config.get("max_ack_pending", -1)) > 0:
        return "max_ack_pending are out: its reader fetches and does not ack"
    if consumer.waiting:
        return "its reader waits and is not served: look at filters and the server's log"
    if not consumer.delivered_count:
        return _NEVER_READ
    return "nobody fetches: start its reader"
