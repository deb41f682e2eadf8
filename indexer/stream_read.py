"""Asks the server where streams and consumers stand; what it says is read by ``stream_state``."""

from collections.abc import AsyncIterator, Collection
from typing import Any

from indexer.jetstream_api import CONSUMER_NOT_FOUND, NO_MESSAGE, STREAM_NOT_FOUND, ApiError, call
from indexer.nats_connection import Connection
from indexer.stream_state import (
    AccountState,
    ConsumerState,
    JetStreamState,
    StreamState,
    Unread,
    account_state,
    consumer_state,
    stream_state,
    unix_seconds,
)


async def read_state(connection: Connection, *, seconds: float, only: Collection[str] | None = None) -> JetStreamState:
    """All streams with all consumers, or those of the streams named in ``only`` that exist.

    Each request may take ``seconds``. Raises ApiError; TransientError and PeerError as ``Connection.ask``.
    """
    streams, consumers, silent = [], [], []
    async for page in _pages(connection, "STREAM.LIST", seconds):
        streams += [stream_state(info) for info in page.get("streams") or ()]
        silent += [f"stream {name}" for name in page.get("missing") or ()]
    wanted = [stream for stream in streams if only is None or stream.name in only]
    for stream in wanted:
        async for page in _pages(connection, f"CONSUMER.LIST.{stream.name}", seconds):
            consumers += [consumer_state(info) for info in page.get("consumers") or ()]
            silent += [f"consumer {stream.name} {name}" for name in page.get("missing") or ()]
    return JetStreamState(streams=tuple(wanted), consumers=tuple(consumers), silent=tuple(silent))


async def read_stream(connection: Connection, name: str, *, seconds: float) -> StreamState | None:
    """One stream, None when there is none. Raises as ``read_state``."""
    try:
        return stream_state(await call(connection, f"STREAM.INFO.{name}", seconds=seconds))
    except ApiError as error:
        if error.code == STREAM_NOT_FOUND:
            return None
        raise


async def read_consumer(connection: Connection, stream: str, name: str, *, seconds: float) -> ConsumerState | None:
    """One consumer, None when it or its stream is not there. Raises as ``read_state``."""
    try:
        return consumer_state(await call(connection, f"CONSUMER.INFO.{stream}.{name}", seconds=seconds))
    except ApiError as error:
        if error.code in (CONSUMER_NOT_FOUND, STREAM_NOT_FOUND):
            return None
        raise


async def read_account(connection: Connection, *, seconds: float) -> AccountState:
    """The account's use and limits. Raises as ``read_state``."""
    return account_state(await call(connection, "INFO", seconds=seconds))


async def next_unread(connection: Connection, consumer: ConsumerState, *, seconds: float) -> Unread | None:
    """The oldest message it has not acked, None when it has acked all. Raises as ``read_state``."""
    if not consumer.unread:
        return None
    found = [
        unread
        for subject in consumer.filters or (">",)
        if (unread := await _next(connection, consumer, subject, seconds)) is not None
    ]
    return min(found, key=lambda unread: unread.sequence, default=None)


async def _pages(connection: Connection, name: str, seconds: float) -> AsyncIterator[dict[str, Any]]:
    """The server gives so many at a time; a page that brings nothing ends it, whatever the total says."""
    offset = 0
    while True:
        page = await call(connection, name, {"offset": offset}, seconds=seconds)
        yield page
        given = len(page.get("streams") or page.get("consumers") or ())
        offset += given
        if not given or offset >= page.get("total", 0):
            return


async def _next(connection: Connection, consumer: ConsumerState, subject: str, seconds: float) -> Unread | None:
    query = {"seq": consumer.acked_sequence + 1, "next_by_subj": subject}
    try:
        answer = await call(connection, f"STREAM.MSG.GET.{consumer.stream}", query, seconds=seconds)
    except ApiError as error:
        if error.code == NO_MESSAGE:
            return None
        raise
    message = answer["message"]
    return Unread(sequence=message["seq"], seconds=unix_seconds(message["time"]) or 0.0)
