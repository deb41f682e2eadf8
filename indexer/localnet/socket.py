"""One client's websocket: its subscriptions, and the messages on their way to it."""

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from indexer.localnet.faults import Faults
from indexer.localnet.subscriptions import Subscription

#: a client that leaves more messages unread than this is cut off, as a lagging one is by Agave
_WAITING_MESSAGES = 200_000
_BATCH_MESSAGES = 500


class Socket:
    """Sends in order and in batches, with the socket faults of ``faults``."""

    def __init__(self, connection: ServerConnection, faults: Faults) -> None:
        self.subscriptions: dict[int, Subscription] = {}
        self._connection, self._faults = connection, faults
        self._waiting: list[bytes] = []
        self._filled = asyncio.Event()
        self._sent_messages = 0
        self._writer = asyncio.get_running_loop().create_task(self._write())

    def notify(self, message: bytes) -> None:
        """Send a notification, unless a fault keeps it."""
        if self._faults.silent_sockets or self._faults.frozen_sockets:
            return
        if self._faults.notification_delay_seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self._faults.notification_delay_seconds, self.send, message)
        else:
            self.send(message)

    def send(self, message: bytes) -> None:
        """Send a message."""
        self._waiting.append(message)
        self._filled.set()
        if len(self._waiting) > _WAITING_MESSAGES:
            self.abort()

    def freeze(self, *, frozen: bool) -> None:
        """Stop or go on reading what the client sends, its pings included."""
        if frozen:
            self._connection.transport.pause_reading()
        else:
            self._connection.transport.resume_reading()

    def abort(self) -> None:
        """Cut the connection without a goodbye."""
        self._connection.transport.abort()

    async def stop(self) -> None:
        """End the writer."""
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer

    async def _write(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self._filled.wait()
                batch = self._waiting[:_BATCH_MESSAGES]
                del self._waiting[:_BATCH_MESSAGES]
                if not self._waiting:
                    self._filled.clear()
                await self._send(batch)

    async def _send(self, batch: list[bytes]) -> None:
        # one flush for a batch: a call of `send` for each message takes several times as long
        async with self._connection.send_context():
            for message in batch:
                self._connection.protocol.send_text(message)
                self._sent_messages += 1
                if self._closes():
                    break
        if self._closes():
            await self._connection.close()

    def _closes(self) -> bool:
        limit = self._faults.close_every_messages
        return limit > 0 and self._sent_messages >= limit
