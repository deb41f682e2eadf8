"""The client library's way of a message, shortened for readers of many: bytes to a callback, and acks many at a time.

The library parses every header, makes an object, and hands it over through a queue and a task: two thirds of what a
message costs a reader, none of which a pull needs. What is overridden is private there, so a test holds us to it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, OutboundBufferLimitError

#: called with subject, reply subject, headers as they were sent (empty without any) and payload
Arrived = Callable[[bytes, bytes, bytes, bytes], None]


class DirectClient(Client):
    """A client with subscriptions whose messages go straight from the socket to their callback."""

    def __init__(self) -> None:
        super().__init__()
        self._direct: dict[int, Arrived] = {}

    async def subscribe_direct(self, subject: str, arrived: Arrived, *, others: Callable[[Msg], Any]) -> Subscription:
        """Subscribe: messages that ask for a reply go to ``arrived`` at once; ``others`` are the library's as ever.

        What ``arrived`` raises as ValueError goes where the library reports errors.
        """
        subscription = await self.subscribe(subject, cb=others, pending_bytes_limit=0)
        self._direct[subscription._id] = arrived  # noqa: SLF001 - the library shows it nowhere else
        return subscription

    async def publish_each(self, subjects: Iterable[str], payload: bytes) -> None:
        """Publish ``payload`` to each of ``subjects``, as one write. Raises what ``publish`` does."""
        if self.is_closed:
            raise ConnectionClosedError
        tail = f"  {len(payload)}\r\n{payload.decode()}\r\n"
        block = "".join([f"PUB {subject}{tail}" for subject in subjects]).encode()
        if not block:
            return
        if not self.is_connected and len(block) + self._pending_data_size > self._max_pending_size:
            raise OutboundBufferLimitError
        await self._send_command(block)
        await self._flush_pending()

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        arrived = self._direct.get(sid)
        if arrived is None or not reply:
            await super()._process_msg(sid, subject, reply, data, headers)  # type: ignore[arg-type]  # None for none
            return
        try:
            arrived(subject, reply, headers or b"", data)
        except ValueError as error:
            await self._error_cb(error)

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._direct.pop(sid, None)
        super()._remove_sub(sid, max_msgs)
