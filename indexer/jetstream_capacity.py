"""How long until a stream, an account, a store or a disk is full, and what the duplicate windows cost. Pure."""

from collections.abc import Collection, Iterator, Mapping

from indexer.config import Settings
from indexer.jetstream_line import DAY, HOUR, Line, Verdict, as_line, short, size_of, span
from indexer.monitoring import ServerState
from indexer.stream_outlook import Growth, seconds_until_full
from indexer.stream_state import AccountState, StreamState

ID_BYTES = 400  # memory of the server per id of a duplicate window: 0.4 GB a million, measured
_YOUNG = "less than an hour of messages to go by, a catch-up perhaps: look again later"
_ROOM = "make room, or lower max_age or max_bytes (`indexer jetstream init --apply`)"


def capacity(stream: StreamState, coming: Growth, settings: Settings) -> Line:
    """Days until max_bytes: then new messages are refused, or the oldest go before their age."""
    days = _days(stream, coming)
    held = f"{size_of(stream.bytes)} in {stream.messages:,} messages"
    if stream.max_bytes is None:
        return Line(check="capacity", name=stream.name, figure=f"{held}, no max_bytes", verdict="ok")
    figure = f"{held}, {size_of(stream.max_bytes)} in {span(None if days is None else days * DAY)}"
    verdict, advice = short(days, settings.check_full_days), "raise max_bytes, or shorten max_age"
    if verdict == "fail" and not _lasts(stream) and stream.bytes < stream.max_bytes - stream.bytes:
        verdict, advice = "warn", f"{_YOUNG}; {advice}"
    if stream.drops_oldest and verdict == "fail":
        verdict, advice = "warn", "the oldest messages go before max_age: raise max_bytes if consumers need them"
    return as_line("capacity", stream.name, figure, verdict, advice, days)


def window(stream: StreamState, coming: Growth, settings: Settings) -> Line:
    """Memory for the ids of the duplicate window."""
    ids = min(coming.messages_per_second * stream.window_seconds, stream.last_sequence)
    size = ids * ID_BYTES
    verdict: Verdict = "fail" if size >= settings.check_window_bytes else "ok"
    if verdict == "ok" and size >= settings.check_window_bytes / 4:
        verdict = "warn"
    figure = f"{span(stream.window_seconds)}, about {ids:,.0f} ids, {size_of(size)} of memory on each replica"
    advice = "shorten duplicate_window: the fence keeps slots from being written twice without it"
    return as_line("window", stream.name, figure, verdict, advice, size)


def stores(
    streams: Collection[StreamState],
    account: AccountState,
    servers: Collection[ServerState],
    coming: Mapping[str, Growth],
    settings: Settings,
) -> Iterator[Line]:
    """Account, store and disk: days until they are full, all streams together."""
    lasts = all(map(_lasts, streams))
    if account.max_stored_bytes is not None:
        rising = [_rising(stream, coming[stream.name], copies=True) for stream in streams]
        free = account.max_stored_bytes - account.stored_bytes
        left = seconds_until_full(free, rising)
        yield _full(
            "account",
            f"{size_of(account.stored_bytes)} of {size_of(account.max_stored_bytes)}, full in {span(left)}",
            left,
            settings,
            sure=lasts or account.stored_bytes >= free,
        )
    rising = [_rising(stream, coming[stream.name]) for stream in streams]
    for server in servers:
        used, free = server.stored_bytes, server.max_stored_bytes - server.stored_bytes
        left = seconds_until_full(free, rising)
        figure = f"{size_of(used)} of {size_of(server.max_stored_bytes)}, full in {span(left)}"
        yield _full(f"store of {server.name}", figure, left, settings, sure=lasts or used >= free)
        if server.disk_free_bytes is None:
            yield as_line("full in", f"disk of {server.name}", "not seen: not on this machine", "ok", "", None)
        else:
            left = seconds_until_full(server.disk_free_bytes, rising)
            figure = f"{size_of(server.disk_free_bytes)} free, {span(left)}"
            sure = lasts or used >= server.disk_free_bytes
            yield _full(f"disk of {server.name}", figure, left, settings, sure=sure)
    if not servers:
        yield as_line(
            "full in", "store and disk", "not seen", "warn", "set NATS_MONITORING_URL (http://host:8222)", None
        )


def full_in_seconds(stream: StreamState, coming: Growth) -> float | None:
    """How long until the stream has its max_bytes; None for never: no limit, or the oldest go by age before."""
    if stream.max_bytes is None:
        return None
    return seconds_until_full(stream.max_bytes - stream.bytes, [_rising(stream, coming, capped=False)])


def _days(stream: StreamState, coming: Growth) -> float | None:
    left = full_in_seconds(stream, coming)
    return None if left is None else left / DAY


def _rising(stream: StreamState, coming: Growth, *, copies: bool = False, capped: bool = True) -> tuple[float, float]:
    """Bytes a second, and the bytes after which the stream grows no more since its oldest messages go."""
    per_second = _lasting(stream, coming)
    if stream.config.get("retention", "limits") != "limits":  # acked messages go: what counts is what stays
        age = 0.0 if stream.first_seconds is None else stream.at_seconds - stream.first_seconds
        per_second = min(per_second, stream.bytes / age) if age > 0 else 0.0
    most = float("inf") if stream.max_age_seconds is None else per_second * stream.max_age_seconds
    if capped and stream.max_bytes is not None:
        most = min(most, stream.max_bytes)
    times = int(stream.config.get("num_replicas", 1)) if copies else 1
    return per_second * times, max(0.0, most - stream.bytes) * times


def _lasting(stream: StreamState, coming: Growth) -> float:
    """Bytes a second over all the stream holds, once that is an hour: no catch-up of minutes fills a disk."""
    first, last = stream.first_seconds, stream.last_seconds
    if first is None or last is None or first == last or not _lasts(stream):
        return coming.bytes_per_second
    return (stream.last_sequence - stream.first_sequence) / (last - first) * stream.bytes / stream.messages


def _lasts(stream: StreamState) -> bool:
    """Whether it has been written to for an hour; one with a message or none does not grow."""
    first, last = stream.first_seconds, stream.last_seconds
    return first is None or last is None or first == last or last - first >= HOUR


def _full(name: str, figure: str, left: float | None, settings: Settings, *, sure: bool) -> Line:
    """What is not ``sure``, from a rate of minutes and with more than half of the room left, does not fail."""
    days = None if left is None else left / DAY
    verdict, advice = short(days, settings.check_full_days), _ROOM
    if verdict == "fail" and not sure:
        verdict, advice = "warn", f"{_YOUNG}; {_ROOM}"
    return as_line("full in", name, figure, verdict, advice, days)
