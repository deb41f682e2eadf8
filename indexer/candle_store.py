"""The builder's snapshots, in a key-value bucket of the server it reads from.

A snapshot is parts cut into chunks, each under a key of its own, and one small record, ``current``, that names them.
Chunks are never written twice: the record is what switches from one snapshot to the next, and a crash between leaves
the last one whole. It is also the fence: a builder that starts writes it anew, and another that still runs finds it
changed and stops.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import blake2b
from itertools import count
from typing import Any

import msgspec
import structlog

from indexer.batch import Refused, verdict
from indexer.config import Settings
from indexer.errors import DataError, PeerError, TransientError
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError, call, get_message
from indexer.message import CANDLE_STATE
from indexer.nats_connection import Connection

_STREAM = f"KV_{CANDLE_STATE}"
_PREFIX = f"$KV.{CANDLE_STATE}."
_CHUNK_BYTES = 512 * 1024
_AT_ONCE = 16
_VERSION = 1
_log = structlog.get_logger()


class Chunks(msgspec.Struct, frozen=True):
    """Where one part is: its keys, and a digest over all of it."""

    keys: list[str]
    digest: str


class Current(msgspec.Struct, kw_only=True):
    """What ``current`` says. ``sequence`` of dex-swaps is in the state; ``outlets`` are of the candle streams."""

    v: int = _VERSION
    stream_created: str
    sequence: int
    outlets: dict[str, tuple[str, int]]
    manifest: Chunks | None


_current = msgspec.json.Decoder(Current)
_manifest = msgspec.json.Decoder(dict[str, Chunks])


class CandleStore:
    """One builder's bucket. Raises PeerError when another builder took over, TransientError when it cannot be told."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection, self._settings = connection, settings
        self._writer, self._number = secrets.token_hex(4), count()
        self._parts: dict[str, Chunks] = {}
        self._manifest: Chunks | None = None
        self._fence = 0
        self._unsure: list[bytes] = []

    async def open(self, *, replicas: int) -> Current | None:
        """Make the bucket if need be; the last snapshot's record, None when there is none."""
        try:
            await self._call(f"STREAM.INFO.{_STREAM}")
        except ApiError as error:
            if error.code != STREAM_NOT_FOUND:
                raise
            await self._call(f"STREAM.CREATE.{_STREAM}", _bucket(replicas))
        query = {"last_by_subj": f"{_PREFIX}current"}
        message = await get_message(self._connection, _STREAM, query, seconds=self._settings.ack_seconds)
        if message is None:
            return None
        self._fence = message.sequence
        try:
            return _current.decode(message.payload)
        except msgspec.MsgspecError as error:
            raise DataError(
                f"the snapshot in bucket {CANDLE_STATE} is of another version: {error}", hint=ANEW
            ) from error

    async def load(self, current: Current) -> dict[str, bytes]:
        """All parts of a snapshot. Raises DataError when one of them is not what was written."""
        if current.manifest is None:
            return {}
        self._manifest = current.manifest
        self._parts = _manifest.decode(await self._read("the list of parts", current.manifest))
        parts: dict[str, bytes] = {}
        for names in _groups(list(self._parts)):
            bodies = await asyncio.gather(*(self._read(name, self._parts[name]) for name in names))
            parts |= dict(zip(names, bodies, strict=True))
        return parts

    async def take_over(self, current: Current) -> None:
        """Be the writer from now on, and drop what no snapshot names."""
        current.manifest = self._manifest
        await self._switch(current)
        body = {"subjects_filter": f"{_PREFIX}>"}
        there = (await self._call(f"STREAM.INFO.{_STREAM}", body))["state"].get("subjects") or {}
        named = {key for part in self._named() for key in part.keys} | {"current"}
        await self._drop(key for subject in there if (key := subject.removeprefix(_PREFIX)) not in named)

    async def save(self, current: Current, fresh: Iterable[tuple[str, bytes]], kept: Iterable[str]) -> int:
        """Store ``fresh`` parts, by name, beside those ``kept``, and switch to them; back with the bytes written.

        ``fresh`` is read as they are written, and the loop turns between two of them.
        """
        before = {key for part in self._named() for key in part.keys}
        parts, size = {name: self._parts[name] for name in kept}, 0
        async for group in _groups_of(fresh):
            written = await asyncio.gather(*(self._write(body) for _, body in group))
            parts |= {name: chunks for (name, _), chunks in zip(group, written, strict=True)}
            size += sum(len(body) for _, body in group)
        current.manifest = await self._write(msgspec.json.encode(parts))
        await self._switch(current)
        self._parts, self._manifest = parts, current.manifest
        await self._drop(before - {key for part in self._named() for key in part.keys})
        return size

    async def still_ours(self) -> None:
        """Raises PeerError when another builder has taken over."""
        await self._standing()

    def _named(self) -> list[Chunks]:
        return [*self._parts.values(), *([self._manifest] if self._manifest else [])]

    async def _write(self, body: bytes) -> Chunks:
        keys = []
        for at in range(0, len(body) or 1, _CHUNK_BYTES):
            keys.append(f"{self._writer}.{next(self._number)}")
            await self._put(keys[-1], body[at : at + _CHUNK_BYTES])
        return Chunks(keys, _digest(body))

    async def _read(self, name: str, chunks: Chunks) -> bytes:
        pieces = []
        for key in chunks.keys:
            query = {"last_by_subj": _PREFIX + key}
            message = await get_message(self._connection, _STREAM, query, seconds=self._settings.ack_seconds)
            pieces.append(b"" if message is None else message.payload)
        body = b"".join(pieces)
        if _digest(body) != chunks.digest:
            raise DataError(f"the snapshot in bucket {CANDLE_STATE} is not whole: {name}", hint=ANEW)
        return body

    async def _switch(self, current: Current) -> None:
        body = msgspec.json.encode(current)
        if self._unsure:
            await self.still_ours()
        self._unsure.append(body)
        try:
            self._fence = await self._put("current", body, fence=self._fence)
        except TransientError:
            if await self._standing() != body:
                raise
        self._unsure.clear()

    async def _standing(self) -> bytes:
        """The record as it is. A writing whose answer was lost may have been done, even after it was given up."""
        query = {"last_by_subj": f"{_PREFIX}current"}
        message = await get_message(self._connection, _STREAM, query, seconds=self._settings.ack_seconds)
        if message is None or (message.sequence != self._fence and message.payload not in self._unsure):
            raise PeerError("another `indexer candles` took over", hint="one is enough: stop this one or the other")
        self._fence = message.sequence
        return message.payload

    async def _put(self, key: str, body: bytes, *, fence: int | None = None) -> int:
        headers = {} if fence is None else {"Nats-Expected-Last-Subject-Sequence": str(fence)}
        seconds = self._settings.ack_seconds
        answer = verdict((await self._connection.ask(_PREFIX + key, body, seconds=seconds, headers=headers)).data)
        if isinstance(answer, Refused):
            raise TransientError(f"bucket {CANDLE_STATE} refused: {answer.reason} ({answer.code})")
        return answer.sequence

    async def _drop(self, keys: Iterable[str]) -> None:
        """What no snapshot names. It may stay: the next start finds it."""
        try:
            for group in _groups(list(keys)):
                purges = (self._call(f"STREAM.PURGE.{_STREAM}", {"filter": _PREFIX + key}) for key in group)
                await asyncio.gather(*purges)
        except (ApiError, TransientError) as error:
            _log.info("old parts of a snapshot stay for now", reason=str(error))

    async def _call(self, name: str, body: Any = None) -> dict[str, Any]:
        return await call(self._connection, name, body, seconds=self._settings.ack_seconds)


#: what helps when a snapshot does not
ANEW = (
    f"`nats kv del {CANDLE_STATE} --force`, and the next start reads the stream again; what was published before the"
    " last snapshot is not published again"
)


def _bucket(replicas: int) -> dict[str, Any]:
    return {
        "name": _STREAM,
        "description": "State of `indexer candles`: its last snapshot",
        "subjects": [f"{_PREFIX}>"],
        "max_msgs_per_subject": 1,
        "storage": "file",
        "num_replicas": replicas,
        "allow_rollup_hdrs": True,
        "allow_direct": True,
        "deny_delete": True,
        "discard": "new",
    }


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _groups(items: Sequence[Any]) -> Iterable[Any]:
    return (items[at : at + _AT_ONCE] for at in range(0, len(items), _AT_ONCE))


async def _groups_of(parts: Iterable[tuple[str, bytes]]) -> AsyncIterator[list[tuple[str, bytes]]]:
    group = []
    for part in parts:
        group.append(part)
        if len(group) == _AT_ONCE:
            yield group
            group = []
        await asyncio.sleep(0)  # a part may have taken some milliseconds to make
    if group:
        yield group
