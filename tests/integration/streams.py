"""Streams from outside: made, changed and read without the daemon."""

import base64
from contextlib import suppress
from typing import Any

import nats
import orjson
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from indexer import jetstream
from indexer.config import Settings
from indexer.message import SLOTS, STREAM
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.chaos.audit import Stored, read_stream

_TRIES = 6
_ANSWER_SECONDS = 5.0


async def make_streams(url: str) -> None:
    """What `indexer jetstream init` makes, without a process for it."""
    async with connected(Settings(_env_file=None, nats_url=url), Metrics()) as connection:  # type: ignore[call-arg]
        await jetstream.init(connection)


async def ask(url: str, name: str, body: Any = None, **options: Any) -> dict[str, Any]:
    """JetStream's own API: ``STREAM.INFO.dex-swaps`` and the like. Fails on an error.

    Asked again when there is no answer: a cluster that elects never gives one to what it was asked meanwhile.
    """
    client = await nats.connect(url, **options)
    payload = b"" if body is None else orjson.dumps(body)
    try:
        told = await _answer(client, f"$JS.API.{name}", payload)
    finally:
        await client.close()
    assert "error" not in told, told
    return told


async def _answer(client: Client, subject: str, payload: bytes) -> dict[str, Any]:
    for _ in range(_TRIES):
        with suppress(TimeoutError):
            return dict(orjson.loads((await client.request(subject, payload, timeout=_ANSWER_SECONDS)).data))
    raise TimeoutError(f"no answer on {subject}")


async def config_of(url: str, stream: str = "dex-swaps") -> dict[str, Any]:
    """A stream's configuration."""
    return dict((await ask(url, f"STREAM.INFO.{stream}"))["config"])


async def change(url: str, stream: str = "dex-swaps", **config: Any) -> None:
    """Change some of a stream's configuration."""
    await ask(url, f"STREAM.UPDATE.{stream}", await config_of(url, stream) | config)


async def settled(url: str, slot: int) -> bool:
    """Whether the last main marker is at ``slot`` or beyond: one message is read, since this is asked often."""
    client = await nats.connect(url)
    try:
        last = await client.jetstream().get_last_msg(STREAM, SLOTS)
    except NotFoundError:
        return False
    finally:
        await client.close()
    body = orjson.loads(last.data or b"")
    return int(body.get("to_slot", body["slot"])) >= slot


async def last_marked(url: str, count: int) -> int:
    """The slot of the last main marker once there are ``count`` of them, 0 before; the stream is not read for it."""
    told = await ask(url, f"STREAM.INFO.{STREAM}", {"subjects_filter": SLOTS})
    if told["state"].get("subjects", {}).get(SLOTS, 0) < count:
        return 0
    last = await ask(url, f"STREAM.MSG.GET.{STREAM}", {"last_by_subj": SLOTS})
    return int(orjson.loads(base64.b64decode(last["message"]["data"]))["slot"])


def swaps(stored: list[Stored]) -> list[str]:
    """Ids of the swaps."""
    return [message.body["id"] for message in stored if message.subject == "dex.sol.swaps"]


def markers(stored: list[Stored], subject: str = "dex.sol.slots") -> list[dict[str, Any]]:
    """Bodies of the markers."""
    return [message.body for message in stored if message.subject == subject]


__all__ = ["ask", "change", "config_of", "last_marked", "make_streams", "markers", "read_stream", "settled", "swaps"]
