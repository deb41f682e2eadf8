"""Markers read back in bulk, for holes and for a replay's question what is there already.

Direct gets, a thousand at a time, which leave nothing behind on the server. It walks over the swaps in between, so with
150 swaps a slot it gives 4k to 6k markers/s (a pull consumer the same; several readers at once fewer): a day of slots
takes a minute, a week seven. Where a replica gives nothing, the leader is asked: one that lags behind hides no marker.
"""

import asyncio
from collections.abc import AsyncIterator

import orjson
from nats import errors
from nats.aio.msg import Msg

from indexer.errors import TransientError
from indexer.marker import Marker
from indexer.message import SLOTS, SLOTS_REPAIR, STREAM
from indexer.nats_connection import Connection
from indexer.readback import Reader

_PAGE_MESSAGES = 1000


async def read_markers(
    connection: Connection, reader: Reader, first_slot: int, last_slot: int, *, seconds: float
) -> AsyncIterator[Marker]:
    """Markers that touch ``first_slot``..``last_slot``: the loop's, ascending, then the repairs', as they came.

    Raises TransientError when the server does not answer, ApiError when it refuses, PeerError when it denies us.
    """
    log = _Log(connection, reader, seconds)
    async for marker in log.read(SLOTS, await log.find(first_slot)):
        if marker.slot > last_slot:
            break
        yield marker
    async for marker in log.read(SLOTS_REPAIR, 1):
        if marker.slot <= last_slot and marker.last_slot >= first_slot:
            yield marker


class _Log:
    """The markers of one subject, as a log."""

    def __init__(self, connection: Connection, reader: Reader, seconds: float) -> None:
        self._connection = connection
        self._reader = reader
        self._seconds = seconds

    async def find(self, slot: int) -> int:
        """The sequence of the first main marker that reaches ``slot``: they ascend, so it is searched by halves."""
        first = await self._reader.first_marker()
        if first is None or first.marker.last_slot >= slot:
            return 1
        low, high = first.sequence + 1, await self._reader.last_sequence(SLOTS) + 1
        while low < high:
            middle = (low + high) // 2
            found = await self._reader.next_marker(middle, SLOTS)
            if found is None or found.marker.last_slot >= slot:
                high = middle
            else:
                low = found.sequence + 1
        return low

    async def read(self, subject: str, sequence: int) -> AsyncIterator[Marker]:
        """Every marker on ``subject`` from ``sequence`` to what is the end now."""
        end = await self._reader.last_sequence(subject)
        while sequence <= end:
            page = await self._page(subject, sequence)
            for position, payload in page:
                sequence = position + 1
                try:
                    yield Marker.decode(payload)
                except ValueError:
                    continue
            if not page:
                found = await self._reader.next_marker(sequence, subject)
                if found is None:
                    return
                sequence = found.sequence + 1
                yield found.marker

    async def _page(self, subject: str, sequence: int) -> list[tuple[int, bytes]]:
        """Sequences and payloads of the next messages on ``subject``, as one replica has them."""
        query = {"seq": sequence, "next_by_subj": subject, "batch": _PAGE_MESSAGES}
        page: list[tuple[int, bytes]] = []
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def take(message: Msg) -> None:
            headers = message.headers or {}
            if "Nats-Sequence" in headers and "Status" not in headers:
                page.append((int(headers["Nats-Sequence"]), message.data))
            elif not ended.done():
                ended.set_result(None)

        api = f"$JS.API.DIRECT.GET.{STREAM}"
        inbox = self._connection.new_inbox()
        try:
            subscription = await self._connection.subscribe(inbox, cb=take)
            try:
                await self._connection.publish(api, orjson.dumps(query), reply=inbox)
                async with asyncio.timeout(self._seconds):
                    await self._connection.unless_denied(ended, frozenset({api}))
            finally:
                await subscription.unsubscribe()
        except (TimeoutError, errors.Error) as error:
            raise TransientError(f"reading {subject}: {error or 'no answer'}") from error
        return page
