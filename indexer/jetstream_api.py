"""JetStream's own API as plain requests.

What is sent is what the server's documentation says: no client library drops a key it does not know.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from indexer.nats_connection import Connection

STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014
NO_MESSAGE = 10037
#: somebody else made it, differently, between our look and our create
TAKEN = frozenset({10058, 10148})
#: a cluster that has no leader now; it will have one
UNAVAILABLE = frozenset({10008, 10009})
#: no place for the replicas now: nodes that have just met, or come back, are taken for offline at first
NO_PLACE = 10005
#: fewer servers, or less room on them, than the replicas need
NO_PEERS = frozenset({NO_PLACE, 10023, 10074})


class ApiError(Exception):
    """The server answered with an error of its own."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{description} ({code})")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as the stream holds it."""

    sequence: int
    subject: str
    headers: Mapping[str, str]
    payload: bytes


async def call(connection: Connection, name: str, body: Any = None, *, seconds: float) -> dict[str, Any]:
    """Ask ``$JS.API.<name>``. Raises ApiError; TransientError and PeerError as ``Connection.ask``."""
    payload = b"" if body is None else orjson.dumps(body)
    answer = orjson.loads((await connection.ask(f"$JS.API.{name}", payload, seconds=seconds)).data)
    if error := answer.get("error"):
        raise ApiError(error.get("err_code", 0), error.get("description", "no description"))
    return dict(answer)


async def get_message(connection: Connection, stream: str, query: dict[str, Any], *, seconds: float) -> Stored | None:
    """One message by ``seq``, ``last_by_subj`` or ``seq`` with ``next_by_subj``; None when there is none.

    Asked of the stream's leader, since a replica that answers direct gets may lag behind.
    """
    try:
        answer = await call(connection, f"STREAM.MSG.GET.{stream}", query, seconds=seconds)
    except ApiError as error:
        if error.code == NO_MESSAGE:
            return None
        raise
    message = answer["message"]
    return Stored(
        sequence=message["seq"],
        subject=message["subject"],
        headers=_headers(b64decode(message.get("hdrs", ""))),
        payload=b64decode(message.get("data", "")),
    )


def _headers(block: bytes) -> dict[str, str]:
    lines = block.decode(errors="replace").split("\r\n")[1:]
    return {name: value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}
