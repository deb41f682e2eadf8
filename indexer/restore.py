"""A backup back into a server that has none of its streams, and the proof that what is there is what was taken.

A server that is left alone in the middle of a restore keeps what it has, and serves it as if it were whole. So a stream
carries a mark in its metadata until it is verified: `indexer run` refuses it, and the next restore can discard it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from indexer import manifest
from indexer.config import Settings
from indexer.errors import CheckError, FatalError, PeerError, TransientError, UsageError
from indexer.jetstream_api import ApiError, call
from indexer.jetstream_require import UNFINISHED
from indexer.nats_connection import Connection
from indexer.restore_proof import Proof, Restored
from indexer.restore_source import Source
from indexer.snapshot import RestoreError, give_back
from indexer.standing import look, stream_info

_SECONDS = 10.0
_PAUSE_SECONDS = 0.25
#: Called with a stream, bytes sent so far, and bytes in all
Report = Callable[[str, int, int], None]


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
        proof = Proof(stream, config)
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
