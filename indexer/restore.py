"""A backup back into a server that has none of its streams, and the proof that what is there is what was taken.

A server that is left alone in the middle of a restore keeps what it has, and serves it as if it were whole. So a stream
carries a mark in its metadata until it is verified: `indexer run` refuses it, and the next restore can discard it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from indexer import manifest
from indexer.config import Settings
from indexer.errors import CheckError, DataError, FatalError, PeerError, TransientError, UsageError
from indexer.jetstream import UNFINISHED
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError, call
from indexer.manifest import StreamEntry
from indexer.nats_connection import Connection
from indexer.snapshot import RestoreError, give_back
from indexer.standing import consumers, digests, stream_info

_SECONDS = 10.0
_PAUSE_SECONDS = 0.25
#: Called with a stream, bytes sent so far, and bytes in all
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A stream's files, and what the manifest says of them: None for a backup another tool made."""

    name: str
    archive: Path
    config: dict[str, Any]
    state: dict[str, Any]
    entry: StreamEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A stream that is there and verified; ``notes`` say what is not as it was, and why that is right."""

    name: str
    messages: int
    first_seq: int
    last_seq: int
    consumers: int
    samples: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What may differ from the backup on purpose."""

    replicas: int | None = None
    forever: bool = False

    def apply(self, config: dict[str, Any]) -> dict[str, Any]:
        """The configuration to restore with."""
        changed = dict(config)
        if self.replicas is not None:
            changed["num_replicas"] = self.replicas
        if self.forever:
            changed["max_age"] = 0
        return changed


def sources(directory: Path, only: list[str]) -> list[Source]:
    """What to restore, checked to the last byte. Raises UsageError, DataError and CheckError before any call."""
    if (directory / manifest.MANIFEST).is_file():
        picked = manifest.read(directory).pick(only)
        manifest.check(directory, [entry.name for entry in picked])
        return [_source(directory / entry.name, entry.archive, entry) for entry in picked]
    found = [path for path in (directory, *sorted(directory.iterdir())) if (path / manifest.CONFIG).is_file()]
    streams = [_foreign(path) for path in found]
    names = [stream.name for stream in streams]
    if missing := [name for name in only if name not in names]:
        raise UsageError(f"--only: no stream {missing[0]!r} in {directory}", hint=f"it has {', '.join(names)}")
    return [stream for stream in streams if not only or stream.name in only]


def _foreign(folder: Path) -> Source:
    """What `nats stream backup` wrote: no checksum, so at least the archive's end is looked at."""
    archive = next((name for name in manifest.ARCHIVES if (folder / name).is_file()), None)
    if archive is None:
        raise DataError(f"{folder} has no {' or '.join(manifest.ARCHIVES)}", hint="use another backup")
    source = _source(folder, archive, None)
    manifest.check_archive(source.archive)
    return source


def _source(folder: Path, archive: str, entry: StreamEntry | None) -> Source:
    path = folder / manifest.CONFIG
    try:
        told = orjson.loads(path.read_bytes())
        config, state = dict(told["config"]), dict(told["state"])
        name = str(config["name"])
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CheckError(f"{path} is damaged: {error!r}", hint="use another backup") from error
    return Source(name=name, archive=folder / archive, config=config, state=state, entry=entry)


async def require_free(connection: Connection, streams: list[Source], *, discard: bool) -> None:
    """Nothing of ours may be there; with ``discard`` what an interrupted restore left is deleted. Raises CheckError."""
    for stream in streams:
        info = await look(connection, stream.name)
        if info is None:
            continue
        mark, state = (info["config"].get("metadata") or {}).get(UNFINISHED), info["state"]
        if mark is None:
            raise CheckError(
                f"stream {stream.name} exists, with {state['messages']:,} messages up to {state['last_seq']:,}; "
                "nothing was changed",
                hint="restore into another server, leave it out with --only, or delete it: "
                f"nats stream rm {stream.name}",
            )
        if not discard:
            raise CheckError(
                f"stream {stream.name} is half restored ({mark})",
                hint="if no other restore is at work, the same command with --discard-unfinished begins anew",
            )
        await call(connection, f"STREAM.DELETE.{stream.name}", seconds=_SECONDS)


async def look(connection: Connection, name: str) -> dict[str, Any] | None:
    """A stream's description, None when there is no such stream."""
    try:
        return await stream_info(connection, name)
    except ApiError as error:
        if error.code == STREAM_NOT_FOUND:
            return None
        raise


async def restore(
    connection: Connection, settings: Settings, stream: Source, change: Change, report: Report
) -> Restored:
    """One stream back, verified and unmarked.

    Raises UsageError when the server will not have it, PeerError when it broke off: what it made of the stream is
    deleted then, if it can still be asked. Raises CheckError when what is there is not what was taken; it stays marked.
    """
    mark = f"unfinished since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} from {stream.archive.parent}"
    config = change.apply(stream.config)
    config["metadata"] = _plain(config) | {UNFINISHED: mark}
    try:
        await give_back(
            connection,
            stream.name,
            config,
            stream.state,
            _pieces(stream, settings, connection, report),
            settings=settings,
        )
    except RestoreError as error:
        left = await _undo(connection, stream.name, mark)
        raise PeerError(f"{stream.name} was not restored: {error}; {left}", hint=_hint(str(error))) from error
    except ApiError as error:
        raise UsageError(
            f"the server refused {stream.name}: {error}; nothing of it was made", hint=_hint(str(error))
        ) from error
    except (TransientError, PeerError, OSError) as error:
        left = await _undo(connection, stream.name, mark)
        raise PeerError(f"{stream.name} was not restored: {error}; {left}", hint=getattr(error, "hint", "")) from error
    except asyncio.CancelledError:
        await _undo(connection, stream.name, mark)
        raise
    restored = await _verified(connection, settings, stream, config)
    await _unmark(connection, stream.name)
    return restored


def _pieces(stream: Source, settings: Settings, connection: Connection, report: Report) -> Any:
    total, sent = stream.archive.stat().st_size, 0
    report(stream.name, 0, total)
    for piece in manifest.pieces(stream.archive, min(settings.backup_chunk_bytes, connection.max_payload)):
        yield piece
        sent += len(piece)
        report(stream.name, sent, total)


def _plain(config: dict[str, Any]) -> dict[str, str]:
    """Metadata without the server's own."""
    metadata: dict[str, str] = config.get("metadata") or {}
    return {key: value for key, value in metadata.items() if not key.startswith("_nats.")}


def _hint(reason: str) -> str:
    if "replicas" in reason:
        return "--replicas 1 restores on a single server"
    if "resources" in reason or "storage" in reason or "max bytes" in reason.lower():
        return "the server's limits are too small for it: max_file_store, the account's limits, or its disk"
    return "the server's log has more"


async def _undo(connection: Connection, name: str, mark: str) -> str:
    """Delete what our own, failed restore left."""
    try:
        async with asyncio.timeout(_SECONDS):
            await connection.wait_connected()
            info = await look(connection, name)
            if info is None:
                return "nothing of it is there"
            if (info["config"].get("metadata") or {}).get(UNFINISHED) != mark:
                return "another stream of that name is there"
            await call(connection, f"STREAM.DELETE.{name}", seconds=_SECONDS)
    except (TimeoutError, TransientError, ApiError, FatalError):
        return f"what is there of it is marked as unfinished: nats stream rm {name}"
    return "what was there of it was deleted"


async def _unmark(connection: Connection, name: str) -> None:
    config = (await stream_info(connection, name))["config"]
    await call(
        connection,
        f"STREAM.UPDATE.{name}",
        config | {"metadata": {key: value for key, value in _plain(config).items() if key != UNFINISHED}},
        seconds=_SECONDS,
    )


async def _verified(connection: Connection, settings: Settings, stream: Source, config: dict[str, Any]) -> Restored:
    """What is there, once it is as it should be: a cluster needs a moment for its consumers. Raises CheckError."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.backup_silence_seconds
    while True:
        proof = _Proof(stream, config)
        try:
            restored = await proof.look(connection)
        except (ApiError, TransientError) as error:
            proof.problems.append(str(error))
        if not proof.problems:
            return restored
        if loop.time() > deadline:
            raise CheckError(
                f"{stream.name} is not what was backed up: {'; '.join(proof.problems)}",
                hint="it stays marked as unfinished; --discard-unfinished begins anew",
            )
        await asyncio.sleep(_PAUSE_SECONDS)


@dataclass(slots=True)
class _Proof:
    """Compares a restored stream with what the manifest, or else the archive's own state, says."""

    stream: Source
    config: dict[str, Any]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def look(self, connection: Connection) -> Restored:
        info = await stream_info(connection, self.stream.name)
        positions = await consumers(connection, self.stream.name)
        state, samples = info["state"], 0
        self._messages(state)
        if (entry := self.stream.entry) is not None:
            self._positions(entry, {name: position for name, (_, position) in positions.items()})
            wanted = {sequence: one for sequence, one in entry.samples.items() if sequence >= state["first_seq"]}
            found = await digests(connection, self.stream.name, wanted)
            samples = len(found)
            if wrong := [sequence for sequence, one in wanted.items() if found.get(sequence) != one]:
                self.problems.append(f"{len(wrong)} of {len(wanted)} sampled messages differ, first {wrong[0]}")
        return Restored(
            name=self.stream.name,
            messages=state["messages"],
            first_seq=state["first_seq"],
            last_seq=state["last_seq"],
            consumers=len(positions),
            samples=samples,
            notes=tuple(self.notes),
        )

    def _messages(self, state: dict[str, Any]) -> None:
        told, entry = self.stream.state, self.stream.entry
        most, last = told["messages"], told["last_seq"]
        least = most if entry is None else entry.messages_at_least
        first = told["first_seq"] if entry is None else entry.first_seq_at_most
        later = state["last_seq"] - last
        there, begin = state["messages"] - max(0, later), state["first_seq"]
        if later < 0:
            self.problems.append(f"it ends at {state['last_seq']:,}, not {last:,}")
        if later > 0:
            self.notes.append(f"{later:,} messages were published to it meanwhile")
        if most and self._aged():
            self.notes.append("messages older than max_age leave the stream at once; --no-max-age keeps them")
            least -= max(0, begin - first)
            first = max(first, begin)
        if most and not told["first_seq"] <= begin <= first:
            self.problems.append(f"it begins at {begin:,}, not {first:,}")
        if not least <= there <= most:
            self.problems.append(f"it has {there:,} messages, not {most:,}")

    def _aged(self) -> bool:
        """Whether the oldest message of the backup is too old for the stream by now."""
        age = self.config.get("max_age") or 0
        begun = datetime.fromisoformat(self.stream.state["first_ts"][:19] + "+00:00")
        return age > 0 and begun + timedelta(microseconds=age / 1000) < datetime.now(UTC)

    def _positions(self, entry: StreamEntry, there: dict[str, manifest.Position]) -> None:
        for one in entry.consumers:
            position = there.get(one.name)
            if position is None:
                if one.durable:
                    self.problems.append(f"consumer {one.name} is not there")
                continue
            for what in ("ack_floor_stream", "ack_floor_consumer", "delivered_stream", "delivered_consumer"):
                low, high, now = getattr(one.before, what), getattr(one.after, what), getattr(position, what)
                if what.startswith("delivered") and one.before.ack_pending:
                    low = getattr(one.before, what.replace("delivered", "ack_floor"))
                if now < low:
                    self.problems.append(f"consumer {one.name}: {what} is {now}, not {low}")
                elif now > high:
                    self.notes.append(f"consumer {one.name} moved on meanwhile: somebody reads it")
                    break
