"""A durable pull consumer as a loop: ``fetch``, do the work, ``ack``.

Nothing is asked for before ``fetch`` is called, so a worker whose sink is down takes no more than one pull ahead. What
is not acked yet is said to be in progress until it is, so that only a dead worker's messages are delivered again.
A pull that falls silent is made anew, and the connection if that does not help: loops that wait for ever after a
server's restart look healthy.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import Self

import orjson
import structlog
from nats import errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from indexer.config import Settings
from indexer.deliveries import ACK, Delivery, Pull, delivery, meaning
from indexer.errors import PeerError, TransientError, UsageError
from indexer.held import Held
from indexer.jetstream_api import UNAVAILABLE, ApiError, call
from indexer.jetstream_require import require_consumer
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.stream_state import ConsumerState

_NANOSECONDS = 1_000_000_000
_PAUSE_SECONDS = 0.2
_TICK_SECONDS = 0.25
_log = structlog.get_logger()


class PullConsumer:
    """One reader of ``durable`` on ``stream``; an async context manager, whose end leaves unacked what was not acked.

    Raises PeerError, from its start or ``fetch``, when stream or consumer do not exist.
    """

    def __init__(
        self, connection: Connection, settings: Settings, metrics: Metrics, *, stream: str, durable: str
    ) -> None:
        self.stream, self.durable = stream, durable
        self._connection, self._settings, self._metrics = connection, settings, metrics
        self._buffer: deque[Delivery] = deque()
        self._bytes, self._numbers = 0, count()
        self._held = Held(connection, settings)
        self._arrived = asyncio.Event()
        self._inbox: Subscription | None = None
        self._pull: Pull | None = None
        self._gone = self._too_large = self._hurried = False
        self._not_before = 0.0
        self._renewals = 0
        self._heard = self._moved = time.monotonic()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        ack_wait = (await self.state()).config.get("ack_wait", 0) / _NANOSECONDS
        self._keeper = asyncio.create_task(self._held.keep(ack_wait))
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._close_inbox()

    async def fetch(self, *, wait_seconds: float | None = None) -> list[Delivery]:
        """The next batch, in the order of delivery: full by number or bytes, or ``consumer_batch_seconds`` old.

        Waits for its first message, with ``wait_seconds`` no longer than that: then it may be empty.
        """
        until = None if wait_seconds is None else time.monotonic() + wait_seconds
        if not self._buffer:  # the silence while nobody asked is not the server's
            self._heard = self._moved = time.monotonic()
        while not self._buffer:
            await self._turn(until)
            if not self._buffer and (self._hurried or (until is not None and time.monotonic() >= until)):
                return []
        until = time.monotonic() + self._settings.consumer_batch_seconds
        while not self._full() and not self._hurried and time.monotonic() < until:
            await self._turn(until)
        batch = self._take()
        if not self._hurried:
            await self._ask()  # the next is on its way while this one is worked on
        return batch

    def hurry(self) -> None:
        """For a reader that is to end: a ``fetch`` waits no more, and gives what is here."""
        self._hurried = True
        self._arrived.set()

    async def ack(self, batch: Sequence[Delivery], *, confirmed: bool = False) -> None:
        """Say that the work on ``batch`` is done; ``confirmed`` waits until the server has taken it.

        Raises TransientError when it does not confirm: they may be delivered again.
        """
        for one in batch:
            self._held.drop(one)
        if not batch:
            return
        replies = [one.reply for one in (batch[:-1] if confirmed else batch)]
        await self._held.say(replies, ACK)
        if confirmed:
            await self._connection.ask(batch[-1].reply, ACK, seconds=self._settings.ack_seconds)

    async def again(self, batch: Sequence[Delivery], *, delay_seconds: float = 0) -> None:
        """Ask for these once more, ``delay_seconds`` later. It counts as a delivery."""
        word = b"-NAK" if not delay_seconds else b'-NAK {"delay": %d}' % int(delay_seconds * _NANOSECONDS)
        for one in batch:
            self._held.drop(one)
        await self._held.say([one.reply for one in batch], word)

    async def release(self, batch: Sequence[Delivery] = ()) -> None:
        """Ask for nothing more; give back ``batch``, what no ``fetch`` took, and what is coming just now."""
        with suppress(TransientError, errors.Error, TimeoutError):  # then it is delivered again after the ack wait
            async with asyncio.timeout(self._settings.ack_seconds):
                if self._inbox is not None:
                    await self._inbox.drain()  # type: ignore[no-untyped-call]
                await self.again([*batch, *self._buffer])

    async def rewind(self, sequence: int) -> None:
        """Have everything from stream sequence ``sequence`` on delivered again, in order; acks before it stay.

        What was fetched and not acked is forgotten. Raises TransientError, and PeerError if denied or before 2.14.
        """
        await self._close_inbox()
        self._buffer.clear()
        self._held.clear()
        self._bytes = 0
        name = f"CONSUMER.RESET.{self.stream}.{self.durable}"
        try:
            await call(self._connection, name, {"seq": sequence}, seconds=self._settings.ack_seconds)
        except ApiError as error:
            reason = f"consumer {self._name} cannot be set back to {sequence}: {error}"
            raise (TransientError if error.code in UNAVAILABLE else PeerError)(reason) from error

    async def state(self) -> ConsumerState:
        """Where the server sees the consumer. Raises PeerError when it is not there; TransientError."""
        return await require_consumer(self._connection, self.stream, self.durable, seconds=self._settings.ack_seconds)

    @property
    def unacked(self) -> int:
        """Messages fetched, or on their way to a batch, and not acked."""
        return len(self._held)

    @property
    def unread(self) -> int:
        """Messages that are here and in no batch yet."""
        return len(self._buffer)

    @property
    def silent_seconds(self) -> float:
        """Since anything came from the server while something was asked of it."""
        return time.monotonic() - self._heard if self._pull is not None else 0.0

    @property
    def _name(self) -> str:
        return f"{self.stream} {self.durable}"

    def _full(self) -> bool:
        limits = self._settings
        return len(self._buffer) >= limits.consumer_batch_messages or self._bytes >= limits.consumer_batch_bytes

    def _take(self) -> list[Delivery]:
        batch: list[Delivery] = []
        size = 0
        limits = self._settings
        while self._buffer and len(batch) < limits.consumer_batch_messages and size < limits.consumer_batch_bytes:
            one = self._buffer.popleft()
            size += len(one.payload)
            batch.append(one)
        self._bytes -= size
        again = sum(one.deliveries > 1 for one in batch)
        self._metrics.consumed.labels(self.stream, self.durable, "first").inc(len(batch) - again)
        self._metrics.consumed.labels(self.stream, self.durable, "again").inc(again)
        return batch

    async def _turn(self, until: float | None) -> None:
        """Make sure that something is asked for, and wait for it a moment."""
        try:
            await self._check()
            await self._ask()
        except TransientError as error:
            _log.info("consumer", name=self._name, reason=str(error))
            self._not_before = time.monotonic() + _PAUSE_SECONDS
        self._arrived.clear()
        if self._full() or self._hurried:
            return
        seconds = _TICK_SECONDS if until is None else max(0.0, min(_TICK_SECONDS, until - time.monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._arrived.wait()

    async def _ask(self) -> None:
        """One pull at a time: the next when the last is spent, or died with its connection."""
        if self._pull is not None and self._pull.generation == self._connection.generation:
            return
        if self._full() or not self._connection.is_connected or time.monotonic() < self._not_before:
            return
        if self._inbox is None:
            inbox = f"{self._connection.new_inbox()}.*"
            self._inbox = await self._connection.subscribe_direct(inbox, self._arrive, others=self._hear)
        limits = self._settings
        # a subject for each: the last words on a spent pull come when the next is under way
        reply = self._inbox.subject.replace("*", str(next(self._numbers)))
        self._pull = Pull(reply, self._connection.generation, limits.consumer_batch_messages)
        self._heard = time.monotonic()
        heartbeat = min(limits.consumer_heartbeat_seconds, limits.consumer_pull_seconds / 2)
        request = {
            "batch": limits.consumer_batch_messages,
            "max_bytes": limits.consumer_batch_bytes,
            "expires": int(limits.consumer_pull_seconds * _NANOSECONDS),
            "idle_heartbeat": int(heartbeat * _NANOSECONDS),
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.durable}"
        await self._connection.publish(subject, orjson.dumps(request), reply=reply)

    def _arrive(self, subject: bytes, reply: bytes, headers: bytes, payload: bytes) -> None:
        one = delivery(subject.decode(), reply.decode(), headers, payload)
        self._heard = self._moved = time.monotonic()
        self._renewals = 0
        self._buffer.append(one)
        self._bytes += len(payload)
        self._held.add(one, self._heard)
        if self._pull is not None:
            self._pull.left -= 1
            if not self._pull.left:
                self._pull = None
        if self._pull is None or len(self._buffer) == 1 or self._full():
            self._arrived.set()

    async def _hear(self, msg: Msg) -> None:
        self._heard = time.monotonic()
        if self._pull is not None and msg.subject == self._pull.reply:
            self._status(self._pull, msg.headers or {})
        if self._pull is None:
            self._arrived.set()

    def _status(self, pull: Pull, headers: dict[str, str]) -> None:
        status, description = headers.get("Status", ""), headers.get("Description", "")
        said = meaning(status, description)
        if said == "stands":
            return
        untouched = pull.left == self._settings.consumer_batch_messages
        self._pull = None
        self._gone = said == "gone" or status == "503"
        self._too_large = untouched and "exceeds maxbytes" in description.lower()
        if status not in ("404", "408") and untouched:
            self._not_before = self._heard + _PAUSE_SECONDS

    async def _check(self) -> None:
        """Look after what a status or a silence may mean. Raises PeerError, UsageError, TransientError."""
        if self._too_large:
            raise UsageError(
                f"the next message of {self._name} is larger than {self._settings.consumer_batch_bytes} bytes",
                hint="raise INDEXER_CONSUMER_BATCH_BYTES",
            )
        if self._gone:
            await self.state()
            self._gone = False
        generation = self._connection.generation if self._connection.is_connected else None
        if self._pull is None or self._pull.generation != generation:
            return
        now, limits = time.monotonic(), self._settings
        if now - self._heard > 2 * limits.consumer_heartbeat_seconds + _PAUSE_SECONDS:
            await self._renew("silent")
        elif now - self._moved > limits.consumer_stalled_seconds:
            self._moved = now
            state = await self.state()
            if state.pending and state.ack_pending < state.config.get("max_ack_pending", 0):
                await self._renew("stalled")

    async def _renew(self, reason: str) -> None:
        self._metrics.pulls_renewed.labels(self.stream, self.durable, reason).inc()
        _log.warning(
            "nothing comes from the consumer: asking anew", name=self._name, reason=reason, times=self._renewals
        )
        await self._close_inbox()
        self._heard = self._moved = time.monotonic()
        self._renewals += 1
        if self._renewals > 1:
            await self._connection.force_reconnect()

    async def _close_inbox(self) -> None:
        inbox, self._inbox, self._pull = self._inbox, None, None
        if inbox is not None:
            with suppress(errors.Error):
                await inbox.unsubscribe()
