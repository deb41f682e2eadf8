"""What follows from where streams and consumers stand: lag, growth, time left. Pure; ages are by the server's clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from indexer.stream_state import ConsumerState, StreamState, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What comes into a stream."""

    messages_per_second: float
    bytes_per_second: float


def growth(earlier: StreamState, later: StreamState) -> Growth:
    """What comes in: over all the stream holds or between the two, whichever is more, so that no estimate flatters."""
    rates = [0.0]
    if later.first_seconds is not None and later.last_seconds is not None:
        rates.append(_rate(later.last_sequence - later.first_sequence, later.last_seconds - later.first_seconds))
    rates.append(_rate(later.last_sequence - earlier.last_sequence, later.at_seconds - earlier.at_seconds))
    size = later.bytes / later.messages if later.messages else 0.0
    return Growth(messages_per_second=max(rates), bytes_per_second=max(rates) * size)


def seconds_until_loss(stream: StreamState, unread: Unread | None, coming: Growth) -> float | None:
    """How long until the stream drops ``unread`` if it stays unread: by age, bytes or number; None for never.

    0 when it is the oldest of a stream that is full, or older than ``max_age``. The bytes before it are taken as its
    share of the sequences.
    """
    if unread is None:
        return None
    left = []
    if stream.max_age_seconds is not None:
        left.append(stream.max_age_seconds - (stream.at_seconds - unread.seconds))
    if stream.drops_oldest:
        before = max(0, unread.sequence - stream.first_sequence)
        share = before / max(1, stream.last_sequence - stream.first_sequence + 1)
        if stream.max_bytes is not None:
            free = stream.max_bytes - stream.bytes + stream.bytes * share
            left.append(_until(free, coming.bytes_per_second))
        if stream.max_messages is not None:
            free = stream.max_messages - stream.messages + stream.messages * share
            left.append(_until(free, coming.messages_per_second))
    return max(0.0, min(left)) if left and min(left) != float("inf") else None


def seconds_until_full(free_bytes: float, rising: Iterable[tuple[float, float]]) -> float | None:
    """How long until ``free_bytes`` are gone; None for never.

    ``rising`` are streams, each with its bytes a second and the bytes after which it grows no more.
    """
    growing = [(rate, most) for rate, most in rising if rate > 0 and most > 0]
    if sum(most for _, most in growing) <= free_bytes:
        return None
    free, seconds = max(0.0, free_bytes), 0.0
    growing.sort(key=lambda one: one[1] / one[0])
    for done, (rate, most) in enumerate(growing):
        speed, until = sum(each for each, _ in growing[done:]), most / rate
        if speed * (until - seconds) >= free:
            return seconds + free / speed
        free -= speed * (until - seconds)
        seconds = until
    return None


def lag_seconds(consumer: ConsumerState, unread: Unread | None) -> float:
    """Age of the oldest message it has not acked; 0 when it has acked all."""
    return 0.0 if unread is None else max(0.0, consumer.at_seconds - unread.seconds)


def _rate(count: float, seconds: float) -> float:
    return count / seconds if seconds > 0 and count > 0 else 0.0


def _until(amount: float, per_second: float) -> float:
    return max(0.0, amount) / per_second if per_second > 0 else float("inf")
