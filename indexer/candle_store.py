"""The builder's snapshots, in a key-value bucket of the server it reads from.

A snapshot is parts, compressed with a checksum and cut into chunks, each under a key of its own; a list of the parts;
and one small record, ``current``, that names the list. What is old in it is read when it is needed.
Chunks are never written twice: the record is what switches from one snapshot to the next, and a crash between leaves
the last one whole. It is also the fence: a builder that starts writes it anew, and another that still runs finds it
changed and stops.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import count
from typing import Any

import msgspec
import structlog
import zstandard

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
_VERSION = 2
_LEVEL = 1  # most parts are compressed already
#: where one part is
Keys = list[str]
_log = structlog.get_logger()


class Current(msgspec.Struct, kw_only=True):
    """What ``current`` says. ``sequence`` of dex-swaps is in the state; ``outlets`` are of the candle streams."""

    v: int = _VERSION
    stream_created: str
    sequence: int
    outlets: dict[str, tuple[str, int]]
    manifest: Keys | None


_current = msgspec.json.Decoder(Current)
_manifest = msgspec.json.Decoder(dict[str, Keys])


class TakenOver(PeerError):
    """Another builder wrote the record after this one last did, or read it."""


class CandleStore:
    """One builder's bucket. Raises TakenOver when another builder took over, TransientError when it cannot be told."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection, self._settings = connection, settings
        self._writer, self._number = secrets.token_hex(4), count()
        self._parts: dict[str, Keys] = {}
        self._manifest: Keys | None = None
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
            reason = (
                f"the snapshot in bucket {CANDLE_STATE} is not of version {_VERSION}, which this build reads: {error}"
            )
            raise DataError(reason, hint=ANEW) from error

    async def use(self, current: Current) -> None:
        """Go on from a snapshot; without this the next has none of its parts. Raises as ``part``."""
        if current.manifest is not None:
            self._manifest = current.manifest
            self._parts = _manifest.decode(await self._read("the list of parts", current.manifest))

    @property
    def names(self) -> list[str]:
        """The parts of the snapshot in use."""
        return list(self._parts)

    async def part(self, name: str) -> bytes:
        """One of them. Raises DataError when it is not what was written, TakenOver when it was dropped by another."""
        return await self._read(name, self._parts[name])

    async def take_over(self, current: Current) -> None:
        """Be the writer from now on, and drop what no snapshot names."""
        current.manifest = self._manifest
        await self._switch(current)
        named = {"current", *(self._manifest or ())}.union(*self._parts.values())
        await self._drop([key for key in await self._there() if key not in named])

    async def save(self, current: Current, fresh: Iterable[tuple[str, bytes]], kept: Iterable[str]) -> int:
        """Store ``fresh`` parts, by name, beside those ``kept``, and switch to them; back with the bytes written.

        ``fresh`` is read as they are written, and the loop turns between two of them.
        """
        parts, size = {name: self._parts[name] for name in kept}, 0
        async for group in _groups_of(fresh):
            written = await asyncio.gather(*(self._write(body) for _, body in group))
            parts |= {name: keys for (name, _), keys in zip(group, written, strict=True)}
            size += sum(len(body) for _, body in group)
        current.manifest = await self._write(msgspec.json.encode(parts))
        await self._switch(current)
        gone = [keys for name, keys in self._parts.items() if parts.get(name) is not keys] + [self._manifest or []]
        self._parts, self._manifest = parts, current.manifest
        await self._drop([key for keys in gone for key in keys])
        return size

    async def still_ours(self) -> None:
        """Raises TakenOver when another builder has."""
        await self._standing()

    async def _there(self) -> list[str]:
        """Every key. The server tells a hundred thousand of them at a time."""
        keys: list[str] = []
        while True:
            told = await self._call(f"STREAM.INFO.{_STREAM}", {"subjects_filter": f"{_PREFIX}>", "offset": len(keys)})
            page = told["state"].get("subjects") or {}
            keys += [subject.removeprefix(_PREFIX) for subject in page]
            if not page or len(keys) >= told.get("total", 0):
                return keys

    async def _write(self, body: bytes) -> Keys:
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)
        keys = []
        for at in range(0, len(packed), _CHUNK_BYTES):
            keys.append(f"{self._writer}.{next(self._number)}")
            await self._put(keys[-1], packed[at : at + _CHUNK_BYTES])
        return keys

    async def _read(self, name: str, keys: Keys) -> bytes:
        pieces = []
        for key in keys:
            query = {"last_by_subj": _PREFIX + key}
            message = await get_message(self._connection, _STREAM, query, seconds=self._settings.ack_seconds)
            pieces.append(b"" if message is None else message.payload)
        try:
            return zstandard.ZstdDecompressor().decompress(b"".join(pieces))
        except zstandard.ZstdError as error:
            await self.still_ours()  # or its parts went with the next snapshot of another
            raise DataError(f"the snapshot in bucket {CANDLE_STATE} is not whole: {name}", hint=ANEW) from error

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
            raise TakenOver("another `indexer candles` took over", hint="one is enough: stop this one or the other")
        self._fence = message.sequence
        return message.payload

    async def _put(self, key: str, body: bytes, *, fence: int | None = None) -> int:
        headers = {} if fence is None else {"Nats-Expected-Last-Subject-Sequence": str(fence)}
        seconds = self._settings.ack_seconds
        answer = verdict((await self._connection.ask(_PREFIX + key, body, seconds=seconds, headers=headers)).data)
        if isinstance(answer, Refused):
            raise TransientError(f"bucket {CANDLE_STATE} refused: {answer.reason} ({answer.code})")
        return answer.sequence

    async def _drop(self, keys: Sequence[str]) -> None:
        """What no snapshot names. It may stay: the next start finds it."""
        try:
            for group in _groups(keys):
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
