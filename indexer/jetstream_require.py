"""What the daemon needs of JetStream before it starts, and how to get what is not there."""

import asyncio
from functools import partial
from typing import Any

from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, UNAVAILABLE, ApiError, call
from indexer.jetstream_patience import patiently
from indexer.message import DEAD_STREAM, STREAM
from indexer.nats_connection import Connection
from indexer.stream_state import ConsumerState, consumer_state

#: metadata of a stream whose restore has not been verified: it may be half of what it was
UNFINISHED = "indexer_restore"
_CALL_SECONDS = 5.0  # a question asked of a stream without a leader is never answered: it is asked again
_ABSENT_LOOKS = 3  # a cluster that elects says for a moment that it knows nothing
_PAUSE_SECONDS = 0.2
_HINT = "create it with `indexer jetstream init`, or `make ops.jetstream.init`"


async def require_streams(connection: Connection, *, seconds: float = 20) -> None:
    """What the daemon needs before it starts; ``seconds`` for each stream to get a leader.

    Raises PeerError that says how to get it.
    """
    for name in (STREAM, DEAD_STREAM):
        info = await patiently(partial(_stream, connection, name), seconds=seconds)
        if mark := (info["config"].get("metadata") or {}).get(UNFINISHED):
            raise PeerError(
                f"stream {name} is half restored ({mark})", hint="indexer jetstream restore DIR --discard-unfinished"
            )
        lacking = [key for key in ("allow_atomic", "allow_direct") if not info["config"].get(key)]
        if name == STREAM and lacking:
            raise PeerError(
                f"stream {name} does not have {' and '.join(lacking)}",
                hint=f"nats stream edit {name} --allow-batch --allow-direct; or make it anew and {_HINT}",
            )


async def require_consumer(connection: Connection, stream: str, durable: str, *, seconds: float) -> ConsumerState:
    """Where it stands. Raises PeerError that says how to get it when it is not there; TransientError."""
    try:
        return consumer_state(await _there(connection, f"CONSUMER.INFO.{stream}.{durable}", seconds=seconds))
    except ApiError as error:
        if error.code == STREAM_NOT_FOUND:
            raise missing_stream(stream) from None
        if error.code == CONSUMER_NOT_FOUND:
            raise PeerError(f"consumer {stream} {durable} does not exist", hint=_HINT) from None
        raise TransientError(f"consumer {stream} {durable}: {error}") from error


def missing_stream(stream: str) -> PeerError:
    """The error for a stream that is not there."""
    return PeerError(f"stream {stream} does not exist", hint=_HINT)


async def _stream(connection: Connection, name: str) -> dict[str, Any]:
    try:
        return await _there(connection, f"STREAM.INFO.{name}", seconds=_CALL_SECONDS)
    except ApiError as error:
        if error.code in UNAVAILABLE:
            raise
        if error.code == STREAM_NOT_FOUND:
            raise missing_stream(name) from None
        raise PeerError(f"stream {name}: {error}") from error


async def _there(connection: Connection, name: str, *, seconds: float) -> dict[str, Any]:
    """An INFO; that it is not there must be said several times. Raises ApiError, TransientError."""
    for _ in range(_ABSENT_LOOKS - 1):
        try:
            return await call(connection, name, seconds=seconds)
        except ApiError as error:
            if error.code not in (CONSUMER_NOT_FOUND, STREAM_NOT_FOUND):
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
    return await call(connection, name, seconds=seconds)
