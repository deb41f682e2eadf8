"""A backup: everything of its moment, while others write, or nothing at all."""

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from indexer import backup_dir, jetstream, manifest, topology
from indexer.backup import Taken, Wish, back_up
from indexer.embedded import NatsServer
from indexer.errors import DataError, PeerError, UsageError
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from tests.indexer.stored import fetch, fill, grown, publish_for_ever, publisher, settings

STREAMS = topology.stream_names()


@pytest.fixture
async def nats(nats_server: NatsServer) -> AsyncIterator[Connection]:
    async with connected(settings(nats_server.url), Metrics()) as connection:
        yield connection


async def take(nats: Connection, directory: Path, *streams: str, **values: Any) -> Taken:
    keep, check = values.pop("keep", None), values.pop("check", False)
    own = settings("unused", **values)
    wish = Wish(directory=directory, streams=streams or STREAMS, keep=keep, check=check)
    return await back_up(nats, own, wish, lambda *_: None)


def test_the_swaps_come_first() -> None:
    """What is derived from them may then be ahead in a backup, never behind what its consumers acknowledged."""
    assert STREAMS == ["dex-swaps", "dex-candles-1h", "dex-candles-1m", "dex-candles-5m", "dex-dead"]


async def test_the_manifest_says_what_is_in_it(nats: Connection, tmp_path: Path) -> None:
    await fill(nats, settings("unused"), range(1, 21))
    acks = await fetch(nats, "dex-swaps", "clickhouse-sink", 30)
    for ack in acks[:12]:
        await nats.ask(ack, b"", seconds=30)
    taken = await take(nats, tmp_path / "backups")

    told = manifest.check(taken.path)
    assert told == taken.manifest
    assert (told.v, told.genesis_hash, told.server_version) == (1, "G", "2.15.1")
    swaps = told.streams[0]
    assert [stream.name for stream in told.streams] == STREAMS
    assert (swaps.messages, swaps.messages_at_least, swaps.first_seq, swaps.last_seq) == (220, 220, 1, 220)
    sink = next(one for one in swaps.consumers if one.name == "clickhouse-sink")
    assert sink.before == sink.after == manifest.Position(30, 30, 12, 12, 18)
    assert len(swaps.samples) == 200
    archive = taken.path / "dex-swaps" / swaps.archive
    assert archive.stat().st_size == swaps.archive_bytes
    assert (
        f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  dex-swaps/{swaps.archive}"
        in (taken.path / "SHA256SUMS").read_text()
    )
    assert "what was published after last_seq" in told.contents


async def test_publishers_go_on_and_the_backup_ends_where_it_says(nats: Connection, tmp_path: Path) -> None:
    writer = await publisher(nats, settings("unused"))
    load = asyncio.create_task(publish_for_ever(writer, 1))
    try:
        await grown(nats, 1000)
        taken = await take(nats, tmp_path, backup_chunk_bytes=4096, backup_window_bytes=8192)
        await grown(nats, taken.manifest.streams[0].last_seq + 1)
    finally:
        load.cancel()
    swaps = taken.manifest.streams[0]
    after = (await call(nats, "STREAM.INFO.dex-swaps", seconds=30))["state"]["last_seq"]
    assert 0 < swaps.last_seq < after
    assert swaps.messages == swaps.messages_at_least == swaps.last_seq


async def test_what_leaves_a_workqueue_meanwhile_makes_the_count_a_range(nats: Connection, tmp_path: Path) -> None:
    await jetstream.init(nats)
    for first in range(0, 3000, 500):
        numbers = range(first, first + 500)
        bodies = [random.Random(number).randbytes(1000) for number in numbers]
        await asyncio.gather(*(nats.ask("dex.sol.candles.1m", body, seconds=10) for body in bodies))

    async def acks() -> None:
        for ack in await fetch(nats, "dex-candles-1m", "clickhouse-sink", 500):
            await nats.publish(ack, b"")
        await nats.flush()

    def begin(_: str, done: int, total: int) -> None:
        if done == 0 < total:
            tasks.append(asyncio.ensure_future(acks()))

    tasks: list[asyncio.Future[None]] = []
    own = settings("unused", backup_chunk_bytes=1024, backup_window_bytes=1024)
    taken = await back_up(nats, own, Wish(directory=tmp_path, streams=["dex-candles-1m"]), begin)
    await asyncio.gather(*tasks)
    one = taken.manifest.streams[0]
    assert one.messages == 3000
    assert 2500 <= one.messages_at_least < 3000
    assert one.first_seq < one.first_seq_at_most <= 501


async def test_keep_deletes_the_oldest_after_the_new_one_is_whole(nats: Connection, tmp_path: Path) -> None:
    await jetstream.init(nats)
    old = []
    for hour in range(3):
        path = (await take(nats, tmp_path, "dex-dead")).path
        old.append(path.rename(tmp_path / f"2020010{hour + 1}T000000Z"))
    (tmp_path / "notes").mkdir()
    taken = await take(nats, tmp_path, "dex-dead", keep=2)
    assert taken.retired == old[:2]
    assert backup_dir.whole(tmp_path) == [old[2], taken.path]
    assert (tmp_path / "notes").is_dir()


async def test_a_stream_that_is_not_there_leaves_nothing(nats: Connection, tmp_path: Path) -> None:
    await jetstream.init(nats)
    with pytest.raises(DataError, match="there is no stream nothing"):
        await take(nats, tmp_path, "dex-dead", "nothing")
    assert backup_dir.whole_or_damaged(tmp_path) == []
    assert not any(name.endswith(".partial") for name in os.listdir(tmp_path))  # noqa: PTH208 - in an async test


async def test_a_stream_in_memory_is_refused_with_the_reason(nats: Connection, tmp_path: Path) -> None:
    await call(nats, "STREAM.CREATE.fleeting", {"name": "fleeting", "subjects": ["f"], "storage": "memory"}, seconds=30)
    with pytest.raises(DataError, match="kept in memory"):
        await take(nats, tmp_path, "fleeting")


async def test_two_at_once_into_one_directory_are_one(nats: Connection, tmp_path: Path) -> None:
    await jetstream.init(nats)
    with backup_dir.locked(tmp_path), pytest.raises(UsageError, match="another backup into"):
        await take(nats, tmp_path)


async def test_a_server_that_dies_in_the_middle_leaves_nothing(
    nats: Connection, nats_server: NatsServer, tmp_path: Path
) -> None:
    await fill(nats, settings("unused"), range(1, 201), size=1000)
    directory = tmp_path / "backups"
    killing: list[asyncio.Task[None]] = []

    def kill(_: str, done: int, __: int) -> None:
        if done and not killing:
            killing.append(asyncio.create_task(nats_server.kill()))

    own = settings("unused", backup_chunk_bytes=1024, backup_window_bytes=1024, backup_silence_seconds=3)
    with pytest.raises(PeerError, match="no backup"):
        await back_up(nats, own, Wish(directory=directory, streams=["dex-swaps"]), kill)
    await killing[0]
    assert os.listdir(directory) == [".lock"]  # noqa: PTH208 - in an async test


async def test_the_server_may_check_its_messages_first(nats: Connection, tmp_path: Path) -> None:
    await fill(nats, settings("unused"), range(1, 5))
    assert (await take(nats, tmp_path, "dex-swaps", check=True)).manifest.streams[0].messages == 44
