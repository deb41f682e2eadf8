"""A stream read in order by direct gets, a page at a time: no consumer is made and none is moved."""

import asyncio
from dataclasses import dataclass

import orjson
from nats import errors
from nats.aio.msg import Msg

from indexer.errors import TransientError
from indexer.nats_connection import Connection, NobodyListens

PAGE_MESSAGES = 1000
_NONE = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A message as the stream holds it; ``time`` is RFC 3339."""

    sequence: int
    subject: str
    time: str
    repair: bool
    payload: bytes


async def page(connection: Connection, stream: str, subject: str, sequence: int, *, seconds: float) -> list[Read]:
    """The next messages on ``subject`` (wildcards too) at ``sequence`` or after it; empty when there are none.

    Raises TransientError when no answer comes, one is lost, or nobody gives them.
    """
    query = {"seq": sequence, "next_by_subj": subject, "batch": PAGE_MESSAGES}
    arrived: asyncio.Queue[Msg] = asyncio.Queue()
    generation = connection.generation

    async def keep(message: Msg) -> None:
        arrived.put_nowait(message)

    inbox = connection.new_inbox()
    found: list[Read] = []
    try:
        subscription = await connection.subscribe(inbox, cb=keep)
        try:
            await connection.publish(f"$JS.API.DIRECT.GET.{stream}", orjson.dumps(query), reply=inbox)
            async with asyncio.timeout(seconds):
                while "Status" not in ((message := await arrived.get()).headers or {}):
                    found.append(_read(message))
        finally:
            if connection.is_connected:
                await subscription.unsubscribe()
    except (TimeoutError, errors.Error) as error:
        raise TransientError(f"reading {stream}: {error or 'no answer'}") from error
    if connection.generation != generation:
        raise TransientError(f"the connection was lost while reading {stream}")
    status = (message.headers or {})["Status"]
    if status == "503":
        raise NobodyListens(
            f"nobody answers direct gets of {stream}: no such stream, no leader, or without allow_direct"
        )
    if not found and status not in (_NONE, "204"):
        raise TransientError(f"reading {stream}: {status}")
    return found


def _read(message: Msg) -> Read:
    headers = message.headers or {}
    return Read(
        sequence=int(headers["Nats-Sequence"]),
        subject=headers["Nats-Subject"],
        time=headers["Nats-Time-Stamp"],
        repair="Dex-Mode" in headers,
        payload=message.data,
    )
