"""The candle builder as a process: messages in, candles out, and a snapshot before what was read is acked.

What was read after the last snapshot is read again after a crash; the outlets know how much of what that gives is
published already. The consumer is set back to the snapshot at every start and after every gap, so that messages come
once and in order whatever happened to those on their way.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from indexer.candle_outlet import Outlet
from indexer.candle_state import Parts
from indexer.candle_store import CandleStore, Current
from indexer.candles import Builder, Made, Slice, Wanted
from indexer.config import Settings
from indexer.consumer import PullConsumer
from indexer.deliveries import Delivery, emptied
from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import ApiError, get_message
from indexer.marker import Marker
from indexer.message import (
    CANDLE_READER,
    MODE_HEADER,
    SLOTS,
    SLOTS_REPAIR,
    STREAM,
    SWAPS,
    Message,
    read_traded,
)
from indexer.metrics import Metrics
from indexer.nats_connection import Connection

_SLICE = 500
_GAPS = 20  # between two snapshots
_PAUSE_SECONDS = 1.0
_log = structlog.get_logger()
_Step = TypeVar("_Step")


@dataclass(slots=True, kw_only=True)
class CandleService:
    """``position`` is the sequence of dex-swaps up to which everything is in ``builder``.

    ``trouble`` is why the last snapshot could not be stored, when that was tried.
    """

    connection: Connection
    settings: Settings
    metrics: Metrics
    consumer: PullConsumer
    builder: Builder
    parts: Parts
    store: CandleStore
    outlets: dict[str, Outlet]
    created: str
    position: int
    snapshot_position: int
    silent_until: int
    at_most: int
    unacked: list[Delivery] = field(default_factory=list)
    turned: float = field(default_factory=time.monotonic)
    trouble: str = ""
    _snapped: float = field(default_factory=time.monotonic)
    _gaps: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``, then until one more snapshot is stored: whoever stops it limits that. Raises FatalError."""
        while not stop.is_set():
            self.turned = time.monotonic()
            batch: list[Delivery] = []
            try:
                batch = await self.consumer.fetch(wait_seconds=_PAUSE_SECONDS)
                if batch:
                    await self._work(batch)
                elif not stop.is_set():
                    await self._look_around()
                if self._due():
                    await self.snapshot()
            except (ApiError, TransientError) as error:
                _log.warning("candles", reason=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
            self._show(batch[-1] if batch else None)
        while self.position > self.snapshot_position:
            try:
                await self.snapshot()
            except (ApiError, TransientError) as error:
                self.trouble = str(error)
                _log.warning("no last snapshot yet", reason=self.trouble)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def snapshot(self) -> None:
        """Store the state, then ack what is in it. Raises PeerError, TransientError."""
        began = time.monotonic()
        written = await self.store.save(self.current(), self._turning(self.parts.fresh()), self.parts.kept())
        self.parts.stored()
        self._gaps = 0
        self.snapshot_position, self._snapped = self.position, time.monotonic()
        self.metrics.candle_snapshot_seconds.observe(self._snapped - began)
        self.metrics.candle_snapshot_bytes.set(written)
        self.metrics.candle_kept.labels("candles_in_memory").set(self.builder.pages.held)
        self.metrics.candle_kept.labels("ids_in_memory").set(self.builder.ids.held)
        done, self.unacked = self.unacked, []
        await self.consumer.ack(done, confirmed=True)

    def current(self) -> Current:
        """Where everything stands."""
        outlets = {name: (outlet.created, outlet.last - outlet.there) for name, outlet in self.outlets.items()}
        return Current(stream_created=self.created, sequence=self.position, outlets=outlets, manifest=None)

    async def _work(self, batch: list[Delivery]) -> None:
        """Take in what follows ``position``; the rest was taken in before."""
        for at, one in enumerate(batch):
            if one.sequence > self.position + 1 and not await self._accept_gap(one):
                return
            if one.sequence > self.position:
                await self._take(one)
                self.position = one.sequence
            self.unacked.append(emptied(one))
            if at % _SLICE == 0:
                await asyncio.sleep(0)

    async def _look_around(self) -> None:
        """Nothing comes: what went to a connection that died, or to another reader, would for an ack wait."""
        if (await self.consumer.state()).delivered_sequence > self.position and not self.consumer.unread:
            await self._rewind()

    async def _accept_gap(self, one: Delivery) -> bool:
        """Whether the stream lost what is missing before ``one``; else it is asked for again."""
        query, seconds = {"seq": self.position + 1, "next_by_subj": ">"}, self.settings.ack_seconds
        following = await get_message(self.connection, STREAM, query, seconds=seconds)
        if following is not None and following.sequence < one.sequence:
            await self._rewind()
            return False
        self.metrics.candle_messages_lost.inc(one.sequence - self.position - 1)
        _log.warning("the stream does not have these any more", first=self.position + 1, last=one.sequence - 1)
        return True

    async def _rewind(self) -> None:
        await self.store.still_ours()
        self._gaps += 1
        if self._gaps > _GAPS:
            raise PeerError(
                f"messages of consumer {STREAM} {CANDLE_READER} go to another reader too",
                hint="one `indexer candles` is enough; stop what else reads it",
            )
        self.unacked.clear()
        await self.consumer.rewind(self.snapshot_position + 1)

    async def _take(self, one: Delivery) -> None:
        try:
            if one.subject == SWAPS:
                self.builder.swap(read_traded(one.payload), repair=MODE_HEADER in one.headers)
                return
            marker = Marker.decode(one.payload)
        except ValueError as error:
            self.builder.counts["unreadable"] += 1
            _log.warning("a message that is neither swap nor marker", sequence=one.sequence, reason=str(error))
            return
        if one.subject == SLOTS_REPAIR:
            await self._publish(self.builder.repaired(marker), silent=False)
        elif one.subject == SLOTS:
            await self._publish(self.builder.marker(marker), silent=one.sequence <= self.silent_until)

    async def _publish(self, steps: Made, *, silent: bool) -> None:
        """Have what it gives in the streams, each full batch while the next slices are still to come."""
        waiting: Slice = []
        for made in self._turning(steps):
            if isinstance(made, Wanted):
                await self._bring(made.name)
                continue
            waiting += () if silent else made
            if len(waiting) >= self.settings.batch_messages:
                await self._send(waiting)
                waiting = []
            await asyncio.sleep(0)
        await self._send(waiting)

    async def _send(self, messages: Sequence[Message]) -> None:
        for interval, outlet in self.outlets.items():
            if own := [one for one in messages if one.subject.endswith(f".{interval}")]:
                await outlet.publish(own)

    async def _bring(self, name: str) -> None:
        """Have a part of the last snapshot in memory again, however long it takes: the builder is amid a marker."""
        while True:
            try:
                part = await self.store.part(name)
                break
            except (ApiError, TransientError) as error:
                _log.warning("candles", wanted=name, reason=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                self.turned = time.monotonic()
        self.builder.bring(name, part)
        self.metrics.candle_parts_read.inc()

    def _turning(self, steps: Iterable[_Step]) -> Iterator[_Step]:
        """The steps of long work, each of them a turn of the loop."""
        for step in steps:
            self.turned = time.monotonic()
            yield step

    def _due(self) -> bool:
        if self.position == self.snapshot_position:
            self._snapped = time.monotonic()
            return False
        full = len(self.unacked) >= self.at_most
        return full or time.monotonic() - self._snapped >= self.settings.candle_snapshot_seconds

    def _show(self, last: Delivery | None) -> None:
        metrics, builder = self.metrics, self.builder
        for outcome, number in builder.counts.items():
            metrics.candle_swaps.labels(outcome).inc(number)
        if late := builder.counts["late"]:
            _log.warning("swaps for windows no longer kept for revisions were not counted", swaps=late)
        builder.counts.clear()
        metrics.candle_sequence.set(self.position)
        pending = 0 if last is None else last.pending
        metrics.candle_lag_messages.set(pending)
        metrics.candle_lag_seconds.set(max(0.0, time.time() - last.seconds) if last is not None and pending else 0)
        if builder.clock.watermark is not None:
            metrics.candle_watermark_timestamp_seconds.set(builder.clock.watermark)
        for of, number in (
            ("candles", builder.pages.kept),
            ("ids", builder.ids.count),
            ("missing", len(builder.holes)),
        ):
            metrics.candle_kept.labels(of).set(number)
