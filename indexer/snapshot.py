"""A stream out of the server and back into it: JetStream's snapshot and restore API, which nats-py does not have.

The server sends the archive in chunks to a subject of ours. Each full chunk wants an ack, which lets the next one out;
a message without a payload ends it, with a status: 204, or what went wrong. The archive is what the server makes of
it: the same bytes go back, a chunk a request. Source: nats-server, `server/jetstream_api.go`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from nats import errors
from nats.aio.msg import Msg

from indexer.config import Settings
from indexer.errors import TransientError
from indexer.jetstream_api import ApiError, call
from indexer.nats_connection import Connection

_WELL = "204"
_CALL_SECONDS = 10.0
#: a server from here on sends its NATSARC1 archive, an older one a tar: told apart by name, as the nats CLI does
_ARCHIVE_SINCE = (2, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A stream on its way to us: its configuration, its state at that moment, and its archive in chunks.

    ``chunks`` raises TransientError when one is lost, none comes in time, or the server gives up.
    """

    config: dict[str, Any]
    state: dict[str, Any]
    chunks: AsyncIterator[bytes]


@asynccontextmanager
async def take(
    connection: Connection, stream: str, settings: Settings, *, check: bool = False
) -> AsyncIterator[Snapshot]:
    """Ask for a snapshot with its consumers; ``check``: the server reads every message's checksum first.

    Raises ApiError, TransientError and PeerError as ``call``.
    """
    arrived: asyncio.Queue[Msg] = asyncio.Queue()

    async def keep(message: Msg) -> None:
        arrived.put_nowait(message)

    inbox = connection.new_inbox()
    subscription = await connection.subscribe(inbox, cb=keep)
    generation = connection.generation
    body = {
        "deliver_subject": inbox,
        "no_consumers": False,
        "jsck": check,
        "chunk_size": min(settings.backup_chunk_bytes, connection.max_payload),
        "window_size": settings.backup_window_bytes,
    }
    seconds = settings.backup_check_seconds if check else settings.backup_silence_seconds
    try:
        answer = await call(connection, f"STREAM.SNAPSHOT.{stream}", body, seconds=seconds)
        chunks = _chunks(connection, arrived, generation, settings.backup_silence_seconds)
        yield Snapshot(config=answer["config"], state=answer["state"], chunks=chunks)
    finally:
        if connection.is_connected:
            await subscription.unsubscribe()


async def _chunks(
    connection: Connection, arrived: "asyncio.Queue[Msg]", generation: int, seconds: float
) -> AsyncIterator[bytes]:
    """Each chunk once, in order. The ack goes out before the chunk is given: what waits is bounded by the window."""
    number = 1
    while True:
        try:
            async with asyncio.timeout(seconds):  # wait_for loses a cancellation that comes together with a chunk
                message = await arrived.get()
        except TimeoutError:
            raise TransientError(f"no chunk of the snapshot came for {seconds:g} s") from None
        if connection.generation != generation or not connection.is_connected:
            raise TransientError("the connection to NATS was lost in the middle of the snapshot")
        if not message.data:
            _require_well(message)
            return
        if message.reply:  # $JS.SNAPSHOT.ACK.<stream>.<id>.<bytes>.<number>; a last, shorter chunk has none
            if message.reply.rpartition(".")[2] != str(number):
                raise TransientError("a chunk of the snapshot was lost on its way")
            number += 1
            try:
                await connection.publish(message.reply, b"")
            except errors.Error as error:
                raise TransientError(f"a chunk could not be acknowledged: {error}") from error
        yield message.data


def _require_well(message: Msg) -> None:
    headers = message.headers or {}
    status = headers.get("Status", _WELL)
    if status != _WELL:
        words = headers.get("Description", "")
        why = ": slow disk, or a user without the right to publish to $JS.SNAPSHOT.ACK.>" if "Flow" in words else ""
        raise TransientError(f"the server gave the snapshot up: {status} {words}{why}")


async def give_back(
    connection: Connection,
    stream: str,
    config: dict[str, Any],
    state: dict[str, Any],
    chunks: Iterable[bytes],
    *,
    settings: Settings,
) -> None:
    """Send an archive back; done when the server has made the stream of it.

    Raises ApiError when it refuses: nothing was made if that comes from the first call (``code`` above 0), and perhaps
    half a stream after it. Raises TransientError and PeerError as ``call``, with half a stream left too.
    """
    answer = await call(
        connection, f"STREAM.RESTORE.{stream}", {"config": config, "state": state}, seconds=_CALL_SECONDS
    )
    subject = answer["deliver_subject"]
    for chunk in chunks:
        _require_taken(await connection.ask(subject, chunk, seconds=settings.backup_silence_seconds))
    _require_taken(await connection.ask(subject, b"", seconds=settings.restore_finish_seconds))


def _require_taken(answer: Msg) -> None:
    if answer.data and (error := orjson.loads(answer.data).get("error")):
        raise RestoreError(error.get("err_code", 0), error.get("description", "no description"))


class RestoreError(ApiError):
    """The server refused in the middle: what it made of the stream so far may be there."""


def archive_name(connection: Connection) -> str:
    """The file name of what this server sends, as `nats stream backup` gives it."""
    version = connection.connected_server_version
    return "stream.arc.s2" if (version.major, version.minor) >= _ARCHIVE_SINCE else "stream.tar.s2"
