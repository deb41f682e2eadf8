"""What the daemon needs of JetStream before it starts, and how to get what is not there."""

import asyncio

from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, ApiError, call
from indexer.message import DEAD_STREAM, STREAM
from indexer.nats_connection import Connection
from indexer.stream_state import ConsumerState, consumer_state

#: metadata of a stream whose restore has not been verified: it may be half of what it was
UNFINISHED = "indexer_restore"
_CALL_SECONDS = 10.0
_ABSENT_LOOKS = 3  # a cluster that elects says for a moment that it knows nothing
_PAUSE_SECONDS = 0.2
_HINT = "create it with `indexer jetstream init`, or `make ops.jetstream.init`"


async def require_streams(connection: Connection) -> None:
    """What the daemon needs before it starts. Raises PeerError that says how to get it."""
    for name in (STREAM, DEAD_STREAM):
        try:
            info = await call(connection, f"STREAM.INFO.{name}", seconds=_CALL_SECONDS)
        except ApiError as error:
            if error.code == STREAM_NOT_FOUND:
                raise missing_stream(name) from None
            raise PeerError(f"stream {name}: {error}") from error
        except TransientError as error:
            raise PeerError(f"stream {name}: {error}", hint="a cluster without a leader?") from error
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
    absent = 0
    for _ in range(_ABSENT_LOOKS):
        try:
            return consumer_state(await call(connection, f"CONSUMER.INFO.{stream}.{durable}", seconds=seconds))
        except ApiError as error:
            if error.code not in (CONSUMER_NOT_FOUND, STREAM_NOT_FOUND):
                raise TransientError(f"consumer {stream} {durable}: {error}") from error
            absent = error.code
            await asyncio.sleep(_PAUSE_SECONDS)
    if absent == STREAM_NOT_FOUND:
        raise missing_stream(stream)
    raise PeerError(f"consumer {stream} {durable} does not exist", hint=_HINT)


def missing_stream(stream: str) -> PeerError:
    """The error for a stream that is not there."""
    return PeerError(f"stream {stream} does not exist", hint=_HINT)
