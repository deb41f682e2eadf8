"""One backup: every stream with its consumers, one after another, checked, and named only when it is whole.

`dex-swaps` comes first. Its consumers have acknowledged nothing that is not in the streams taken after it, so what is
derived may be ahead of the swaps in a backup, and never behind what its consumers have done.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import orjson

from indexer import manifest
from indexer.backup_dir import locked, retire, unfinished
from indexer.config import Settings
from indexer.errors import DataError, PeerError, TransientError, UsageError
from indexer.frames import Frames
from indexer.genesis import KEY
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError
from indexer.manifest import Consumer, Manifest, StreamEntry
from indexer.message import STREAM
from indexer.nats_connection import Connection
from indexer.snapshot import Snapshot, archive_name, take
from indexer.standing import consumers, digests, spread, stream_info

CONTENTS = (
    "Of each stream the messages first_seq to last_seq, with their headers and times, and its consumers' positions. "
    "Not in it: what was published after last_seq; what left the stream while the snapshot ran (above "
    "messages_at_least); the window of message ids for duplicates. The streams were taken one after another, in this "
    "order, so later ones may be ahead of earlier ones."
)

#: Called with a stream, what it unpacks to so far, and what it will: bytes
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A backup on disk, what it says of itself, and the older ones that made room."""

    path: Path
    manifest: Manifest
    retired: list[Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to back up: ``streams`` in this order, ``check``: the server reads its checksums first."""

    directory: Path
    streams: Sequence[str]
    keep: int | None = None
    check: bool = False


async def back_up(connection: Connection, settings: Settings, wish: Wish, report: Report) -> Taken:
    """Make one backup.

    Raises UsageError when it cannot be written, DataError when a stream is not there, PeerError when the server does
    not give it; nothing is left of it then. Older ones are deleted only after the new one was read back.
    """
    with locked(wish.directory):
        try:
            with unfinished(wish.directory) as place:
                found = await _fill(connection, settings, wish, place, report)
        except OSError as error:
            raise UsageError(
                f"cannot write to {wish.directory}: {error.strerror}",
                hint="make room or choose another DIR; the unfinished backup was removed",
            ) from error
        except (ApiError, TransientError) as error:
            raise PeerError(f"no backup: {error}", hint="nothing is left of it; try again") from error
        path = wish.directory / place.name.removeprefix(".").removesuffix(".partial")
        try:
            retired = retire(wish.directory, wish.keep) if wish.keep else []
        except OSError as error:
            raise UsageError(f"{path} is whole, but an older backup could not be deleted: {error}") from error
    return Taken(path=path, manifest=found, retired=retired)


async def _fill(connection: Connection, settings: Settings, wish: Wish, place: Path, report: Report) -> Manifest:
    started, sums = _now(), dict[str, str]()
    infos = {name: await _present(connection, name) for name in wish.streams}
    streams = [await _Stream(connection, settings, place / name, sums, report).take(name, wish.check) for name in infos]
    first, server = next(iter(infos.values())), connection.connected_server_version
    metadata = infos.get(STREAM, first)["config"].get("metadata") or {}
    found = Manifest(
        v=manifest.VERSION,
        tool=f"indexer {version('solana-liquidity-indexer')}",
        server_version=f"{server.major}.{server.minor}.{server.patch}",
        server_name=first.get("cluster", {}).get("leader", ""),
        genesis_hash=metadata.get(KEY, ""),
        started=started,
        finished=_now(),
        contents=CONTENTS,
        streams=streams,
    )
    sums[manifest.MANIFEST] = _write(place / manifest.MANIFEST, msgspec.json.format(msgspec.json.encode(found)))
    _write(place / manifest.SUMS, "".join(f"{value}  {name}\n" for name, value in sums.items()).encode())
    await asyncio.to_thread(manifest.check, place)
    return found


async def _present(connection: Connection, name: str) -> dict[str, Any]:
    try:
        info = await stream_info(connection, name)
    except ApiError as error:
        if error.code != STREAM_NOT_FOUND:
            raise
        raise DataError(f"there is no stream {name}", hint="`nats stream ls` lists what is there") from None
    if info["config"].get("storage") != "file":
        raise DataError(
            f"{name} is kept in memory: the server gives no snapshot of it", hint="leave it out with --only"
        )
    return info


class _Stream:
    """Takes one stream into ``folder``; the checksums of its files go to ``sums``."""

    def __init__(
        self, connection: Connection, settings: Settings, folder: Path, sums: dict[str, str], report: Report
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._folder = folder
        self._sums = sums
        self._report = report

    async def take(self, name: str, check: bool) -> StreamEntry:  # noqa: FBT001 - passed through
        started, archive = _now(), archive_name(self._connection)
        self._folder.mkdir()
        before = await consumers(self._connection, name)
        async with take(self._connection, name, self._settings, check=check) as snapshot:
            size = await self._archive(name, archive, snapshot)
        config = {"config": snapshot.config, "state": snapshot.state}
        self._sums[f"{name}/{manifest.CONFIG}"] = _write(
            self._folder / manifest.CONFIG, orjson.dumps(config, option=orjson.OPT_INDENT_2)
        )
        after, info = await consumers(self._connection, name), await stream_info(self._connection, name)
        state, left = snapshot.state, _left(snapshot.state, info["state"])
        sequences = spread(left[0], state["last_seq"], self._settings.backup_samples)
        return StreamEntry(
            name=name,
            archive=archive,
            archive_bytes=size,
            created=info["created"],
            started=started,
            finished=_now(),
            bytes=state["bytes"],
            messages=state["messages"],
            messages_at_least=left[1],
            first_seq=state["first_seq"],
            first_seq_at_most=left[0],
            last_seq=state["last_seq"],
            first_time=state["first_ts"],
            last_time=state["last_ts"],
            consumers=[
                Consumer(name=one, durable=durable, before=position, after=after[one][1])
                for one, (durable, position) in before.items()
                if one in after
            ],
            samples=await digests(self._connection, name, sequences),
        )

    async def _archive(self, name: str, archive: str, snapshot: Snapshot) -> int:
        frames, value, size, expected = Frames(), hashlib.sha256(), 0, snapshot.state["bytes"]
        self._report(name, 0, expected)
        with (self._folder / archive).open("wb") as file:
            async for chunk in snapshot.chunks:
                file.write(chunk)
                value.update(chunk)
                size += len(chunk)
                _feed(frames, chunk)
                self._report(name, min(frames.unpacked, expected), expected)
            await asyncio.to_thread(_settle, file)
        if not frames.whole:
            raise TransientError(f"the snapshot of {name} ended in the middle")
        self._sums[f"{name}/{archive}"] = value.hexdigest()
        self._report(name, expected, expected)
        return size


def _left(begin: dict[str, Any], end: dict[str, Any]) -> tuple[int, int]:
    """First sequence and number, at the end, of the messages the snapshot began with: those up to its last one."""
    last = begin["last_seq"]
    first = max(begin["first_seq"], min(end["first_seq"], last + 1))
    later = end["last_seq"] - max(last, end["first_seq"] - 1)
    return first, max(0, min(begin["messages"], end["messages"] - later))


def _feed(frames: Frames, chunk: bytes) -> None:
    try:
        frames.feed(chunk)
    except ValueError as error:
        raise TransientError(f"the server sent {error}") from error


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write(path: Path, content: bytes) -> str:
    with path.open("wb") as file:
        file.write(content)
        _settle(file)
    return hashlib.sha256(content).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
