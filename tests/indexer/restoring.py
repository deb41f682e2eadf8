"""A backup taken from one server and put back into another."""

from pathlib import Path
from typing import Any

from indexer import topology
from indexer.backup import Wish, back_up
from indexer.config import Settings
from indexer.jetstream_api import call
from indexer.nats_connection import Connection
from indexer.restore import Change, require_free, restore
from indexer.restore_proof import Restored
from indexer.restore_source import sources
from tests.indexer.stored import (
    settings,
)  # fmt: skip

STREAMS = topology.stream_names()


def own(**values: Any) -> Settings:
    return settings("unused", **values)


async def taken(connection: Connection, directory: Path, *streams: str) -> Path:
    wish = Wish(directory=directory, streams=streams or STREAMS)
    return (await back_up(connection, own(), wish, lambda *_: None)).path


async def put_back(connection: Connection, path: Path, *only: str, **values: Any) -> list[Restored]:
    change = values.pop("change", Change())
    streams = sources(path, list(only))
    await require_free(connection, streams, discard=values.pop("discard", False))
    given = own(**({"backup_silence_seconds": 20} | values))
    return [await restore(connection, given, stream, change, lambda *_: None) for stream in streams]


async def config(connection: Connection, stream: str) -> dict[str, Any]:
    found = dict((await call(connection, f"STREAM.INFO.{stream}", seconds=30))["config"])
    found["metadata"] = {key: value for key, value in (found.get("metadata") or {}).items() if key[0] != "_"}
    return found
