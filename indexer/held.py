"""Deliveries that are worked on: the server is told so, well within its ack wait, until they are acked."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from nats import errors

from indexer.config import Settings
from indexer.deliveries import IN_PROGRESS, Delivery
from indexer.errors import TransientError
from indexer.nats_access import sentence
from indexer.nats_connection import Connection

#: words to the server that are written without letting the loop turn
SAID_AT_ONCE = 500
_SHARE = 4
_DEFAULT_SECONDS = 30.0
_log = structlog.get_logger()


class Held:
    """What one consumer has taken and not acked, with when it came."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection, self._settings = connection, settings
        self._deliveries: dict[int, tuple[str, float]] = {}

    def __len__(self) -> int:
        return len(self._deliveries)

    def add(self, one: Delivery, now: float) -> None:
        """It came ``now``, by the monotonic clock."""
        self._deliveries[one.order] = one.reply, now

    def drop(self, one: Delivery) -> None:
        """It needs no more time."""
        self._deliveries.pop(one.order, None)

    def clear(self) -> None:
        """Let all of it be delivered again."""
        self._deliveries.clear()

    async def say(self, replies: Sequence[str], word: bytes) -> None:
        """Answer deliveries. Raises TransientError when it cannot be sent; what was sent may still be lost."""
        try:
            for first in range(0, len(replies), SAID_AT_ONCE):
                await self._connection.publish_each(replies[first : first + SAID_AT_ONCE], word)
                await asyncio.sleep(0)
        except errors.Error as error:
            raise TransientError(f"cannot ack: {sentence(error)}") from error

    async def keep(self, ack_wait_seconds: float) -> None:
        """Until cancelled. What is held for longer than ``consumer_held_seconds`` is left to be delivered again."""
        period = (ack_wait_seconds or _DEFAULT_SECONDS) / _SHARE
        while True:
            await asyncio.sleep(period)
            if not self._connection.is_connected:
                continue
            now, limit = time.monotonic(), self._settings.consumer_held_seconds
            due = [reply for reply, since in self._deliveries.values() if period / 2 < now - since < limit]
            try:
                await self.say(due, IN_PROGRESS)
            except TransientError as error:
                _log.info("what is worked on may be delivered again", reason=str(error))
