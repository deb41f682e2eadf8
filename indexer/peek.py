"""Finding stored messages: one, the first or the last so many, or all that come, by sequence and through filters."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog

from indexer.config import Settings
from indexer.errors import TransientError
from indexer.jetstream_api import ApiError
from indexer.nats_connection import Connection
from indexer.pages import PAGE_MESSAGES, Read, page
from indexer.standing import stream_info
from indexer.swap_rows import Filters, passes

_LOOK_SECONDS = 5.0  # between two looks whether a silent stream was made anew
_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Looker:
    """Reads one stream. ``subject`` may hold wildcards. Raises TransientError, ApiError and PeerError."""

    connection: Connection
    settings: Settings
    stream: str
    subject: str
    filters: Filters
    scanned_to: int | None = field(default=None, init=False)
    """The sequence where the search was given up; None when it saw all it had to"""

    async def one(self, sequence: int) -> list[Read]:
        """The message at ``sequence``, whatever its subject."""
        found = await self._page(sequence, ">")
        return [message for message in found[:1] if message.sequence == sequence]

    async def first(self, count: int) -> list[Read]:
        """The first so many that pass."""
        begin, end = await self.ends()
        last = min(end, begin + self.settings.peek_scan_messages - 1)
        found: list[Read] = []
        async for message in self._between(begin, last):
            found.append(message)
            if len(found) == count:
                return found
        self.scanned_to = last if last < end else None
        return found

    async def last(self, count: int) -> list[Read]:
        """The last so many that pass, oldest first: windows that double, from the end backwards."""
        first, end = await self.ends()
        stop = max(first, end - self.settings.peek_scan_messages + 1)
        found: list[Read] = []
        size = max(PAGE_MESSAGES, count)
        while end >= stop and len(found) < count:
            begin = max(stop, end - size + 1)
            found = [message async for message in self._between(begin, end)] + found
            end, size = begin - 1, size * 2
        if len(found) < count and stop > first:
            self.scanned_to = stop
        return found[-count:] if count else []

    async def follow(self, sequence: int) -> AsyncIterator[Read]:
        """All that pass from ``sequence`` on, in order, each once, for ever: a lost connection is waited out."""
        looked = time.monotonic()
        while True:
            try:
                found = await self._page(sequence, self.subject)
                if not found and time.monotonic() - looked > _LOOK_SECONDS:
                    looked = time.monotonic()
                    sequence = await self._anew(sequence)
            except (TransientError, ApiError) as error:
                _log.warning("waiting for the stream", stream=self.stream, reason=str(error))
                await asyncio.sleep(min(1.0, self.settings.nats_backoff_seconds))
                await self.connection.wait_connected()
                continue
            for message in found:
                sequence = message.sequence + 1
                if passes(message, self.filters):
                    yield message
            if not found:
                await asyncio.sleep(self.settings.tail_poll_seconds)

    async def ends(self) -> tuple[int, int]:
        """First and last sequence of the stream."""
        state = (await stream_info(self.connection, self.stream))["state"]
        return max(1, state["first_seq"]), state["last_seq"]

    async def _anew(self, sequence: int) -> int:
        first, end = await self.ends()
        if end + 1 >= sequence:
            return sequence
        _log.warning("the stream was made anew", stream=self.stream, last_sequence=end)
        return first

    async def _between(self, sequence: int, last: int) -> AsyncIterator[Read]:
        while sequence <= last:
            found = await self._page(sequence, self.subject)
            for message in found:
                if message.sequence > last:
                    return
                if passes(message, self.filters):
                    yield message
            if not found:
                return
            sequence = found[-1].sequence + 1

    async def _page(self, sequence: int, subject: str) -> list[Read]:
        return await page(self.connection, self.stream, subject, sequence, seconds=self.settings.ack_seconds)
