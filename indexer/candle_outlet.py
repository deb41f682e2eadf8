"""Candles into their stream, each once: in atomic batches, fenced by the stream's last sequence.

The stream has one writer, and what it writes depends on what it reads alone. So how far the stream's last sequence has
moved since a snapshot is how many of the candles made again after it are there already, whatever the duplicate window
has forgotten and whoever has read and acked them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import structlog

from indexer.batch import Refused, Stored, send_batch, split, verdict
from indexer.candle_store import ANEW
from indexer.config import Settings
from indexer.errors import DataError, TransientError
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError, call, get_message
from indexer.jetstream_require import missing_stream
from indexer.message import CANDLE_PREFIX, Message, candle_stream
from indexer.metrics import Metrics
from indexer.nats_connection import Connection

_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_LOOKED_AT = 1000
#: an id of the batch is in the duplicate window; no batches on this stream: both need one message at a time
_ONE_BY_ONE = frozenset({10201, 10174})
_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Outlet:
    """One interval's stream. ``last`` is the sequence this writer knows; ``there`` of the next candles are stored."""

    connection: Connection
    settings: Settings
    metrics: Metrics
    interval: str
    created: str = ""
    last: int = 0
    there: int = 0
    strangers: bool = False

    async def open(self, known: tuple[str, int] | None) -> None:
        """Find out where the stream stands; ``known`` is when it was made and its last sequence at the snapshot."""
        created, last = await self._look()
        self.created, self.last = created, last
        if known is not None and known[0] == created:
            self.last = known[1]
            await self._moved_to(last)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Have all of them in the stream, in order; waits as long as it takes. Raises PeerError, FatalError."""
        messages = await self._not_there(messages)
        for batch in split(messages, self.settings.batch_messages) if messages else ():
            left: Sequence[Message] = batch
            pause = _PAUSE_SECONDS
            while left:
                left = await self._try(left)
                if left:
                    self.metrics.publish_blocked.set(1)
                    await asyncio.sleep(pause)
                    pause = min(_LONGEST_PAUSE_SECONDS, 2 * pause)
            self.metrics.publish_blocked.set(0)

    async def _not_there(self, messages: Sequence[Message]) -> Sequence[Message]:
        there = min(self.there, len(messages))
        if there and not self.strangers:
            await self._is(self.last - self.there + there, messages[there - 1])
        self.there -= there
        self.metrics.duplicates.inc(there)
        return messages[there:]

    async def _is(self, sequence: int, made: Message) -> None:
        """Raises DataError when the stream has another candle there than ``made``: counting would lose some."""
        stream = candle_stream(self.interval)
        try:
            stored = await get_message(self.connection, stream, {"seq": sequence}, seconds=self.settings.ack_seconds)
        except (ApiError, TransientError) as error:
            _log.info("candles", stream=stream, reason=str(error))
            return
        name = made.id if stored is None else stored.headers.get("Nats-Msg-Id", "")
        if name != made.id:
            reason = f"{stream} has {name} where this builder makes {made.id}"
            hint = f"after a crash it was started with another build or other INDEXER_CANDLE_KEPT_ settings. {ANEW}"
            raise DataError(reason, hint=hint)

    async def _try(self, batch: Sequence[Message]) -> Sequence[Message]:
        """One try; what is still to be published."""
        try:
            await self.connection.wait_connected()
            answer = await send_batch(
                self.connection, batch, fence=self.last, batch_id=uuid4().hex, suffix="", max_bytes=0,
                seconds=self.settings.ack_seconds,
            )  # fmt: skip
        except TransientError as error:
            return await self._after(batch, "unanswered", str(error))
        if isinstance(answer, Stored):
            self._done(batch)
            self.last = answer.sequence
            return ()
        if answer.code in _ONE_BY_ONE:
            return await self._singly(batch)
        return await self._after(batch, "refused", f"{answer.reason} ({answer.code})")

    async def _singly(self, batch: Sequence[Message]) -> Sequence[Message]:
        """One after the other, fenced too: the duplicate window may forget some while others are on their way."""
        for at, message in enumerate(batch):
            headers = {"Nats-Msg-Id": message.id, "Nats-Expected-Last-Sequence": str(self.last)}
            seconds = self.settings.ack_seconds
            try:
                answer = await self.connection.ask(message.subject, message.payload, headers=headers, seconds=seconds)
                told = verdict(answer.data)
            except TransientError as error:
                return await self._after(batch[at:], "unanswered", str(error))
            if isinstance(told, Refused):
                return await self._after(batch[at:], "refused", f"{told.reason} ({told.code})")
            self.last = max(self.last, told.sequence)
            self.metrics.duplicates.inc(told.duplicate)
            self._done([] if told.duplicate else [message])
        return ()

    async def _after(self, batch: Sequence[Message], outcome: str, reason: str) -> Sequence[Message]:
        """It is not known whether the batch was stored, or another was: the stream tells."""
        self.metrics.publish_failures.labels(outcome).inc()
        _log.warning("candles were not taken", stream=candle_stream(self.interval), reason=reason)
        try:
            await self.connection.wait_connected()
            _, last = await self._look()
            await self._moved_to(last)
        except (ApiError, TransientError):
            return batch
        return await self._not_there(batch)

    async def _moved_to(self, last: int) -> None:
        """The stream has grown without our knowing: by what this writer, or one like it, publishes."""
        if last <= self.last:
            self.last = last
            return
        strangers = 0
        for sequence in range(max(self.last, last - _LOOKED_AT) + 1, last + 1):
            stream, seconds = candle_stream(self.interval), self.settings.ack_seconds
            message = await get_message(self.connection, stream, {"seq": sequence}, seconds=seconds)
            if message is not None and not message.headers.get("Nats-Msg-Id", "").startswith(CANDLE_PREFIX):
                strangers += 1
        if strangers:
            self.strangers = True
            _log.warning("messages of others in a candle stream", stream=candle_stream(self.interval), count=strangers)
        self.there += last - self.last - strangers
        self.last = last

    async def _look(self) -> tuple[str, int]:
        """When the stream was made, and its last sequence. Raises PeerError when it is not there."""
        stream = candle_stream(self.interval)
        try:
            info = await call(self.connection, f"STREAM.INFO.{stream}", seconds=self.settings.ack_seconds)
        except ApiError as error:
            if error.code == STREAM_NOT_FOUND:
                raise missing_stream(stream) from None
            raise TransientError(str(error)) from error
        return str(info["created"]), int(info["state"]["last_seq"])

    def _done(self, batch: Sequence[Message]) -> None:
        self.metrics.candles.labels(self.interval).inc(len(batch))
