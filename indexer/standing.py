"""Where a stream and its consumers stand, and digests of some of its messages: what backup and restore compare."""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any

from indexer.jetstream_api import NO_MESSAGE, STREAM_NOT_FOUND, ApiError, call
from indexer.manifest import Position
from indexer.nats_connection import Connection

_SECONDS = 10.0
_AT_ONCE = 50


async def stream_info(connection: Connection, stream: str) -> dict[str, Any]:
    """The server's own description. Raises ApiError, TransientError and PeerError as ``call``."""
    return await call(connection, f"STREAM.INFO.{stream}", seconds=_SECONDS)


async def look(connection: Connection, name: str) -> dict[str, Any] | None:
    """A stream's description, None when there is no such stream."""
    try:
        return await stream_info(connection, name)
    except ApiError as error:
        if error.code == STREAM_NOT_FOUND:
            return None
        raise


async def consumers(connection: Connection, stream: str) -> dict[str, tuple[bool, Position]]:
    """Every consumer: whether it is durable, and its position."""
    found: dict[str, tuple[bool, Position]] = {}
    while True:
        page = await call(connection, f"CONSUMER.LIST.{stream}", {"offset": len(found)}, seconds=_SECONDS)
        for one in page["consumers"] or ():
            found[one["name"]] = (bool(one["config"].get("durable_name")), _position(one))
        if not page["consumers"] or len(found) >= page["total"]:
            return found


def _position(info: dict[str, Any]) -> Position:
    return Position(
        delivered_stream=info["delivered"]["stream_seq"],
        delivered_consumer=info["delivered"]["consumer_seq"],
        ack_floor_stream=info["ack_floor"]["stream_seq"],
        ack_floor_consumer=info["ack_floor"]["consumer_seq"],
        ack_pending=info["num_ack_pending"],
    )


def spread(first: int, last: int, count: int) -> list[int]:
    """``count`` sequences from ``first`` to ``last``, both in it, evenly spread."""
    first = max(1, first)  # a stream that never held a message begins at 0
    if last < first or count < 1:
        return []
    total = last - first + 1
    if total <= count:
        return list(range(first, last + 1))
    return sorted({first + at * (total - 1) // max(1, count - 1) for at in range(count)})


async def digests(connection: Connection, stream: str, sequences: Iterable[int]) -> dict[int, str]:
    """SHA-256 over sequence, subject, time, headers and payload of each message that is there, by sequence."""
    wanted = list(sequences)
    found: dict[int, str] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        answers = await asyncio.gather(*(_digest(connection, stream, sequence) for sequence in some))
        found |= {sequence: answer for sequence, answer in zip(some, answers, strict=True) if answer}
    return found


async def _digest(connection: Connection, stream: str, sequence: int) -> str:
    try:
        message = (await call(connection, f"STREAM.MSG.GET.{stream}", {"seq": sequence}, seconds=_SECONDS))["message"]
    except ApiError as error:
        if error.code == NO_MESSAGE:
            return ""
        raise
    parts = (str(message["seq"]), message["subject"], message["time"], message.get("hdrs", ""), message.get("data", ""))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
