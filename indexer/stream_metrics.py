"""What the daemon's metrics say of streams and consumers: looked at now and then, on the connection it publishes with.

Only those of ``deploy/jetstream``, so that labels come from a closed set. Whatever a look meets is counted, said once
and ends that look alone: publishing neither waits for it nor learns of it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import structlog

from indexer.config import Settings
from indexer.errors import PeerError, TransientError, UsageError
from indexer.jetstream_api import ApiError
from indexer.jetstream_capacity import full_in_seconds
from indexer.metrics import Metrics, show
from indexer.nats_connection import Connection
from indexer.stream_outlook import Growth, growth, lag_seconds, seconds_until_loss
from indexer.stream_read import next_unread, read_account, read_consumer, read_stream
from indexer.stream_state import ConsumerState, StreamState
from indexer.topology import consumers_of

_GROWTH_LOOKS = 20  # growth is taken over so many: one burst is no trend
_FULL = 0.99  # a stream that drops its oldest stays a little below its limit
_log = structlog.get_logger()

_OF_STREAM: Mapping[str, Callable[[StreamState], float | None]] = {
    "messages": lambda stream: stream.messages,
    "bytes": lambda stream: stream.bytes,
    "max_bytes": lambda stream: stream.max_bytes,
    "first_sequence": lambda stream: stream.first_sequence,
    "last_sequence": lambda stream: stream.last_sequence,
    "history_seconds": lambda one: None if one.first_seconds is None else max(0.0, one.at_seconds - one.first_seconds),
    "replicas_offline": lambda stream: sum(replica.offline for replica in stream.replicas),
    "replicas_lagging": lambda stream: sum(not replica.current and not replica.offline for replica in stream.replicas),
}
_OF_CONSUMER: Mapping[str, Callable[[ConsumerState], float]] = {
    "pending": lambda consumer: consumer.pending,
    "ack_pending": lambda consumer: consumer.ack_pending,
    "redelivered": lambda consumer: consumer.redelivered,
    "waiting": lambda consumer: consumer.waiting,
    "delivered": lambda consumer: consumer.delivered_count,
    "idle_seconds": lambda consumer: max(0.0, consumer.at_seconds - consumer.progress_seconds),
}


@dataclass(slots=True, kw_only=True)
class StreamMetrics:
    """Samples for one daemon."""

    connection: Connection
    settings: Settings
    metrics: Metrics
    _streams: dict[str, deque[StreamState]] = field(default_factory=dict)
    _consumers: dict[tuple[str, str], ConsumerState] = field(default_factory=dict)
    _said: dict[tuple[str, ...], str] = field(default_factory=dict)
    _generation: int = 0

    async def run(self) -> None:
        """A look every ``sample_seconds``, the first at once, until cancelled; none at all for 0."""
        if not self.settings.sample_seconds:
            return
        try:
            topology = consumers_of(self.settings.jetstream_dir)
        except UsageError as error:
            _log.warning("no metrics of streams and consumers", reason=str(error), hint=error.hint)
            return
        while True:
            await self.look(topology)
            await asyncio.sleep(self.settings.sample_seconds)

    async def look(self, topology: Mapping[str, list[str]]) -> None:
        """Ask for everything once, one thing after another."""
        if self._generation != self.connection.generation:  # rights may be others now
            self._generation = self.connection.generation
            self._said.clear()
        await self._part(self._account, "account")
        for stream, consumers in topology.items():
            await self._part(partial(self._stream, stream), "stream", stream)
            for consumer in consumers:
                await self._part(partial(self._consumer, stream, consumer), "consumer", stream, consumer)
                if (stream, consumer) in self._consumers:
                    await self._part(partial(self._lag, stream, consumer), "lag", stream, consumer)

    async def _part(self, read: Callable[[], Awaitable[bool]], *what: str) -> None:
        """One figure's look. What was denied is not asked again before the next connection."""
        outcome, reason, hint = "denied", "", ""
        if self._said.get(what) != "denied":
            try:
                outcome = "ok" if await read() else "missing"
            except PeerError as error:
                outcome, reason, hint = "denied", str(error), error.hint
            except TransientError as error:
                outcome, reason = "unanswered", str(error)
            except ApiError as error:
                outcome, reason = "refused", str(error)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                outcome, reason = "garbage", repr(error)
        self.metrics.jetstream_samples.labels(what[0], outcome).inc()
        if outcome == "ok":
            self._said.pop(what, None)
        elif self._said.get(what) != outcome:
            self._said[what] = outcome
            _log.warning("no metrics of this", what=" ".join(what), outcome=outcome, reason=reason, hint=hint)
        if outcome != "ok":
            self._forget(*what)

    async def _account(self) -> bool:
        account = await read_account(self.connection, seconds=self.settings.ack_seconds)
        self.metrics.store_bytes.set(account.stored_bytes)
        self.metrics.store_max_bytes.set(account.max_stored_bytes or 0)
        return True

    async def _stream(self, name: str) -> bool:
        stream = await read_stream(self.connection, name, seconds=self.settings.ack_seconds)
        if stream is None:
            return False
        self._streams.setdefault(name, deque(maxlen=_GROWTH_LOOKS)).append(stream)
        for figure, of in _OF_STREAM.items():
            self._show(f"stream_{figure}", of(stream), name)
        self._show("stream_seconds_left", _seconds_left(stream, self._growth(name)), name)
        return True

    async def _consumer(self, stream: str, name: str) -> bool:
        consumer = await read_consumer(self.connection, stream, name, seconds=self.settings.ack_seconds)
        if consumer is None:
            return False
        self._consumers[stream, name] = consumer
        for figure, of in _OF_CONSUMER.items():
            self._show(f"consumer_{figure}", of(consumer), stream, name)
        return True

    async def _lag(self, stream: str, name: str) -> bool:
        consumer = self._consumers[stream, name]
        unread = await next_unread(self.connection, consumer, seconds=self.settings.ack_seconds)
        seen = self._streams.get(stream)
        left = seconds_until_loss(seen[-1], unread, self._growth(stream)) if seen else None
        self._show("consumer_lag_seconds", lag_seconds(consumer, unread), stream, name)
        self._show("consumer_time_left_seconds", left, stream, name)
        return True

    def _growth(self, stream: str) -> Growth:
        seen = self._streams[stream]
        return growth(seen[0], seen[-1])

    def _show(self, name: str, value: float | None, *labels: str) -> None:
        show(getattr(self.metrics, name), value, *labels)

    def _forget(self, of: str, *labels: str) -> None:
        """Figures that could not be had go: an old one would look like one that stands still."""
        if of == "stream":
            self._streams.pop(labels[0], None)
            names = [f"stream_{figure}" for figure in (*_OF_STREAM, "seconds_left")]
        elif of == "consumer":
            self._consumers.pop((labels[0], labels[1]), None)
            names = [f"consumer_{figure}" for figure in (*_OF_CONSUMER, "lag_seconds", "time_left_seconds")]
        else:
            names = ["consumer_lag_seconds", "consumer_time_left_seconds"] if of == "lag" else []
        for name in names:
            self._show(name, None, *labels)


def _seconds_left(stream: StreamState, coming: Growth) -> float | None:
    if stream.max_bytes is not None and stream.bytes >= _FULL * stream.max_bytes:
        return 0.0
    return full_in_seconds(stream, coming)
