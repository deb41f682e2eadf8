"""The sink: one reader per stream, whose batches are acked once ClickHouse has confirmed them, and not before.

While ClickHouse is away the batch at hand is held, no other is fetched, and the server is told that it is worked on: no
delivery is spent. What cannot be a row is a dead letter first, and acked after that.
"""

import asyncio
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from indexer.clickhouse import ClickHouse, SchemaError
from indexer.clickhouse_batch import Batch, Outcast, TooManyRefused, insert, sorted_batch
from indexer.config import Settings
from indexer.consumer import PullConsumer
from indexer.dead_letters import AT_ONCE, send_letters
from indexer.deliveries import Delivery
from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import ApiError
from indexer.message import refused_message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection

_FIRST_PAUSE_SECONDS = 0.1
_FETCH_SECONDS = 0.5
_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Reader:
    """One stream's part of the sink, and how it stands.

    ``trouble`` is why its batch is held, empty when it is not; ``inserted`` messages are rows now.
    """

    consumer: PullConsumer
    connection: Connection
    database: ClickHouse
    settings: Settings
    metrics: Metrics
    trouble: str = ""
    inserted: int = 0
    turned: float = field(default_factory=time.monotonic)
    _oldest: float | None = None

    def __post_init__(self) -> None:
        self.metrics.sink_lag_seconds.labels(self.stream).set_function(self.lag_seconds)
        self.metrics.sink_held.labels(self.stream).set(0)

    @property
    def stream(self) -> str:
        """The stream it reads."""
        return self.consumer.stream

    def lag_seconds(self) -> float:
        """Age of the oldest message of the batch at hand; 0 with none at hand, NaN when that is not known."""
        if self._oldest is not None:
            return max(0.0, time.time() - self._oldest)
        return 0.0 if self.connection.is_connected else math.nan

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch, insert, ack until ``stop``; then what was fetched is inserted in ``drain_seconds``, or released."""
        while not stop.is_set():
            self.turned = time.monotonic()
            await self._turn(stop)
        await self.consumer.release()

    async def sample(self) -> None:
        """Look at the consumer once for the metric; what cannot be had is not shown."""
        try:
            state = await self.consumer.state()
        except TransientError:
            self.metrics.sink_pending.labels(self.stream).set(math.nan)
        else:
            self.metrics.sink_pending.labels(self.stream).set(state.pending + state.ack_pending)

    async def _turn(self, stop: asyncio.Event) -> None:
        messages = await self.consumer.fetch(wait_seconds=_FETCH_SECONDS)
        if messages:
            await self._keep(messages, stop)
        else:
            self._oldest = None

    async def _keep(self, messages: Sequence[Delivery], stop: asyncio.Event) -> None:
        self._oldest = messages[0].seconds
        batch = sorted_batch(messages)
        attempt = 0
        ending = _Deadline(stop, self.settings.drain_seconds)
        while not await self._kept(batch, messages):
            self.turned = time.monotonic()
            attempt += 1
            pause = min(self.settings.clickhouse_backoff_seconds, _FIRST_PAUSE_SECONDS * 2 ** min(attempt, 20))
            if await ending.passed(pause * random.uniform(0.5, 1)):  # noqa: S311 - jitter, not a secret
                _log.warning("stopping with a batch not inserted: released", stream=self.stream, messages=len(messages))
                await self.consumer.release(messages)
                return
        self._oldest = None

    async def _kept(self, batch: Batch, messages: Sequence[Delivery]) -> bool:
        """One try at all of it; False when it must be tried again."""
        try:
            limit = self.settings.clickhouse_refused_messages
            outcasts = await insert(self.database, batch, self.metrics, at_most_refused=limit)
        except TooManyRefused as error:
            return self._failed("refusals", error)
        except SchemaError as error:
            return self._failed("schema", error)
        except TransientError as error:
            return self._failed("clickhouse", error)
        try:
            await self._set_aside(outcasts)
        except (ApiError, PeerError, TransientError) as error:  # denied too: a right is given without a restart
            return self._failed("nats", error)
        self._well()
        self.inserted += len(messages) - len(outcasts)
        try:
            await self.consumer.ack(messages, confirmed=True)
        except TransientError as error:
            _log.info("inserted, but acks may be lost: rows that come again are absorbed", reason=str(error))
        return True

    async def _set_aside(self, outcasts: Sequence[Outcast]) -> None:
        letters = [refused_message(one.message, self.stream, reason=one.reason, detail=one.detail) for one in outcasts]
        for first in range(0, len(letters), AT_ONCE):
            await send_letters(self.connection, letters[first : first + AT_ONCE], seconds=self.settings.ack_seconds)
        for one in outcasts:
            self.metrics.sink_refused.labels(one.reason).inc()
            _log.warning(
                "set aside", stream=self.stream, sequence=one.message.sequence, reason=one.reason, detail=one.detail
            )

    def _failed(self, reason: str, error: Exception) -> bool:
        self.metrics.sink_failures.labels(reason).inc()
        self.metrics.sink_held.labels(self.stream).set(1)
        if str(error) != self.trouble:
            _log.warning("batch held", stream=self.stream, reason=reason, error=str(error))
        self.trouble = str(error)
        return False

    def _well(self) -> None:
        self.metrics.sink_held.labels(self.stream).set(0)
        if self.trouble:
            _log.info("going on", stream=self.stream)
        self.trouble = ""


class _Deadline:
    """The time left once a stop was asked for."""

    def __init__(self, stop: asyncio.Event, seconds: float) -> None:
        self._stop, self._seconds = stop, seconds
        self._end: float | None = None

    async def passed(self, pause_seconds: float) -> bool:
        """Pause, shorter once there is a stop; True when the time is over."""
        if not self._stop.is_set():
            try:
                async with asyncio.timeout(pause_seconds):
                    await self._stop.wait()
            except TimeoutError:
                return False
        now = time.monotonic()
        self._end = self._end or now + self._seconds
        if now >= self._end:
            return True
        await asyncio.sleep(min(pause_seconds, self._end - now))
        return False
