"""A restore: what was taken, to the message, or a clear word about what is there instead."""

import asyncio
import json
import random
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from indexer import jetstream, manifest, topology
from indexer.backup import Wish, back_up
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.errors import CheckError, DataError, PeerError, UsageError
from indexer.jetstream_api import ApiError, call
from indexer.jetstream_require import UNFINISHED, require_streams
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.publisher import Overtaken, Published, Publisher
from indexer.restore import Change, require_free, restore
from indexer.restore_proof import Restored
from indexer.restore_source import sources
from tests.chaos.cluster import free_ports
from tests.indexer.stored import (
    GENESIS,
    a_slot,
    everything,
    fetch,
    fill,
    positions,
    publish_for_ever,
    publisher,
    settings,
)  # fmt: skip

STREAMS = topology.stream_names()


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[Connection]:
    async with (
        NatsServer(store_dir=tmp_path / "old", sync="2m") as server,
        connected(settings(server.url), Metrics()) as connection,
    ):
        yield connection


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with NatsServer(store_dir=tmp_path / "new", sync="2m") as server:
        yield server


@pytest.fixture
async def new(server: NatsServer) -> AsyncIterator[Connection]:
    async with connected(settings(server.url), Metrics()) as connection:
        yield connection


def own(**values: Any) -> Settings:
    return settings("unused", **values)


async def taken(connection: Connection, directory: Path, *streams: str) -> Path:
    wish = Wish(directory=directory, streams=streams or STREAMS)
    return (await back_up(connection, own(), wish, lambda *_: None)).path


async def put_back(connection: Connection, path: Path, *only: str, **values: Any) -> list[Restored]:
    change = values.pop("change", Change())
    streams = sources(path, list(only))
    await require_free(connection, streams, discard=values.pop("discard", False))
    given = own(**({"backup_silence_seconds": 2} | values))
    return [await restore(connection, given, stream, change, lambda *_: None) for stream in streams]


async def config(connection: Connection, stream: str) -> dict[str, Any]:
    found = dict((await call(connection, f"STREAM.INFO.{stream}", seconds=5))["config"])
    found["metadata"] = {key: value for key, value in (found.get("metadata") or {}).items() if key[0] != "_"}
    return found


async def test_under_load_into_a_new_server_message_for_message(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    writer = await publisher(old, own())
    for slot in range(1, 41):
        await writer.publish_slot(*a_slot(slot))
    for durable, count, acked in (("clickhouse-sink", 100, 60), ("api-query", 50, 50), ("candle-builder", 7, 0)):
        for ack in (await fetch(old, "dex-swaps", durable, count))[:acked]:
            await old.ask(ack, b"", seconds=5)
    await old.publish("dex.sol.dead.toy", b"{}", headers={"Nats-Msg-Id": "d"})
    stood = await positions(old, "dex-swaps")

    load = asyncio.create_task(publish_for_ever(writer, 41))
    try:
        await asyncio.sleep(0.3)
        path = await taken(old, tmp_path / "backups")
        await asyncio.sleep(0.3)
    finally:
        load.cancel()
    told = {stream.name: stream for stream in manifest.read(path).streams}
    before = {name: await everything(old, name) for name in STREAMS}
    configs = {name: await config(old, name) for name in STREAMS}
    await call(old, "STREAM.DELETE.dex-swaps", seconds=5)

    restored = await put_back(new, path)
    for name in STREAMS:
        expected = [message for message in before[name] if message[0] <= told[name].last_seq]
        assert await everything(new, name) == expected
        assert await config(new, name) == configs[name]
    assert len(before["dex-swaps"]) > told["dex-swaps"].last_seq > 440
    assert restored[0].samples == 200
    assert restored[0].notes == ()
    came_back = await positions(new, "dex-swaps")
    for name, was in stood.items():
        now = came_back[name]
        assert {key: now[key] for key in ("delivered", "ack_floor", "num_ack_pending")} == {
            key: was[key] for key in ("delivered", "ack_floor", "num_ack_pending")
        }, name
        filtered = [message for message in before["dex-swaps"] if message[1] in _subjects(was["config"])]
        left = [m for m in filtered if was["delivered"]["stream_seq"] < m[0] <= told["dex-swaps"].last_seq]
        assert now["num_pending"] == len(left), name


def _subjects(consumer: dict[str, Any]) -> list[str]:
    return list(consumer.get("filter_subjects") or [consumer["filter_subject"]])


async def test_a_consumer_gets_again_what_it_had_not_acknowledged(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 3))
    for ack in (await fetch(old, "dex-swaps", "api-query", 12))[:5]:
        await old.ask(ack, b"", seconds=5)
    path = await taken(old, tmp_path / "b")
    told = json.loads((path / "dex-swaps" / "backup.json").read_text())
    assert told["state"]["consumer_count"] == 3
    await put_back(new, path)
    edited = (await call(new, "CONSUMER.INFO.dex-swaps.api-query", seconds=5))["config"] | {"ack_wait": 1_000_000_000}
    body = {"stream_name": "dex-swaps", "config": edited}
    await call(new, "CONSUMER.CREATE.dex-swaps.api-query.dex.sol.swaps", body, seconds=5)
    replies = await fetch(new, "dex-swaps", "api-query", 15)
    sequences = sorted(int(reply.split(".")[5]) for reply in replies)
    assert sequences == [6, 7, 8, 9, 10, *range(12, 22)]


async def test_the_publisher_goes_on_after_the_last_marker_and_nothing_is_stored_twice(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 11))
    path = await taken(old, tmp_path / "b")
    await put_back(new, path)

    one = Publisher(new, own(), Metrics(), genesis_hash=GENESIS)
    position = await one.open()
    assert (position.slot, position.first_slot, position.sequence) == (10, 1, 110)
    assert isinstance(await one.publish_slot(*a_slot(10)), Overtaken)
    assert isinstance(await one.publish_slot(*a_slot(11)), Published)
    ids = [message[3] for message in await everything(new, "dex-swaps")]
    assert len(ids) == len(set(ids)) == 121
    with pytest.raises(PeerError, match="another chain"):
        await Publisher(new, own(), Metrics(), genesis_hash="other").open()


async def test_the_window_of_ids_is_not_in_a_backup_until_the_server_starts_again(
    old: Connection, new: Connection, server: NatsServer, tmp_path: Path
) -> None:
    """What publishers without a fence must know: the server fills its window from the stream only when it starts."""
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b")
    swap = a_slot(1)[0][0]
    headers = {"Nats-Msg-Id": swap.id}
    there = await old.ask(swap.subject, swap.payload, headers=headers, seconds=5)
    assert b'"duplicate":true' in there.data.replace(b" ", b"")

    await put_back(new, path)
    again = json.loads((await new.ask(swap.subject, swap.payload, headers=headers, seconds=5)).data)
    assert "duplicate" not in again
    await call(new, "STREAM.DELETE.dex-swaps", seconds=5)
    await put_back(new, path, "dex-swaps")
    await server.stop()
    await server.start()
    await new.wait_connected()
    again = json.loads((await new.ask(swap.subject, swap.payload, headers=headers, seconds=5)).data)
    assert again["duplicate"] is True


async def test_nothing_that_exists_is_overwritten(old: Connection, tmp_path: Path) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b")
    before = await everything(old, "dex-swaps")
    with pytest.raises(CheckError, match="stream dex-swaps exists, with 11 messages up to 11; nothing") as caught:
        await put_back(old, path)
    assert "nats stream rm dex-swaps" in caught.value.hint
    assert await everything(old, "dex-swaps") == before


async def test_one_stream_alone(old: Connection, new: Connection, tmp_path: Path) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b")
    with pytest.raises(UsageError, match="no stream 'other'"):
        sources(path, ["other"])
    assert [one.name for one in await put_back(new, path, "dex-dead")] == ["dex-dead"]
    assert (await call(new, "STREAM.NAMES", seconds=5))["streams"] == ["dex-dead"]


async def test_a_stream_with_holes_comes_back_with_them(old: Connection, new: Connection, tmp_path: Path) -> None:
    await fill(old, own(), range(1, 4))
    for sequence in (1, 5, 33):
        await call(old, "STREAM.MSG.DELETE.dex-swaps", {"seq": sequence}, seconds=5)
    path = await taken(old, tmp_path / "b", "dex-swaps")
    before = await everything(old, "dex-swaps")
    await put_back(new, path)
    assert await everything(new, "dex-swaps") == before
    assert (await call(new, "STREAM.INFO.dex-swaps", seconds=5))["state"]["last_seq"] == 33


async def test_what_is_older_than_max_age_leaves_at_once_and_is_said(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 4))
    path = await taken(old, tmp_path / "b", "dex-swaps")
    told = json.loads((path / "dex-swaps" / "backup.json").read_text())
    told["config"] |= {"max_age": 1_000_000_000, "duplicate_window": 1_000_000_000}
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    shutil.copy(path / "dex-swaps" / "stream.arc.s2", foreign)
    (foreign / "backup.json").write_text(json.dumps(told))
    first = datetime.fromisoformat(told["state"]["first_ts"][:19] + "+00:00")
    while datetime.now(UTC) < first + timedelta(seconds=3):
        await asyncio.sleep(0.1)

    (kept,) = await put_back(new, foreign, change=Change(forever=True))
    assert (kept.messages, kept.notes) == (33, ())
    await call(new, "STREAM.DELETE.dex-swaps", seconds=5)
    (aged,) = await put_back(new, foreign)
    assert "older than max_age" in aged.notes[0]
    while (await call(new, "STREAM.INFO.dex-swaps", seconds=5))["state"]["messages"]:
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("victim", ["dex-swaps/stream.arc.s2", "dex-swaps/backup.json", "manifest.json", "SHA256SUMS"])
@pytest.mark.parametrize("how", ["cut", "changed", "gone"])
async def test_a_damaged_backup_is_refused_before_any_call(
    old: Connection, tmp_path: Path, victim: str, how: str
) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b", "dex-swaps")
    file = path / victim
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(
            content[: len(content) // 2] + (b"" if how == "cut" else b"?" + content[len(content) // 2 + 1 :])
        )
    if (victim, how) == ("manifest.json", "gone"):
        assert [source.entry for source in sources(path, [])] == [
            None
        ]  # as another tool's: at least its end is checked
        return
    with pytest.raises((CheckError, DataError)) as caught:
        sources(path, [])
    assert victim in str(caught.value)


async def test_an_archive_that_is_cut_is_found_without_a_manifest(old: Connection, tmp_path: Path) -> None:
    await fill(old, own(), range(1, 100))
    path = await taken(old, tmp_path / "b", "dex-swaps") / "dex-swaps"
    archive = path / "stream.arc.s2"
    archive.write_bytes(archive.read_bytes()[:-10])
    with pytest.raises(CheckError, match="cut"):
        sources(path, [])
    archive.write_bytes(b"something else")
    with pytest.raises(CheckError, match="not an S2 stream"):
        sources(path, [])
    archive.unlink()
    with pytest.raises(DataError, match=r"stream\.arc\.s2 or stream\.tar\.s2"):
        sources(path, [])


async def test_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"v": 9, "more": []}')
    with pytest.raises(CheckError, match="version 9; this build reads version 1"):
        sources(tmp_path, [])


async def test_a_wrong_manifest_is_found_after_the_restore_and_the_stream_stays_marked(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 4))
    path = await taken(old, tmp_path / "b", "dex-swaps")
    (source,) = sources(path, [])
    assert source.entry is not None
    samples = source.entry.samples | {7: "not this"}
    entry = msgspec.structs.replace(source.entry, samples=samples)
    wrong = type(source)(
        name=source.name, archive=source.archive, config=source.config, state=source.state, entry=entry
    )
    with pytest.raises(CheckError, match="1 of 33 sampled messages differ, first 7"):
        await restore(new, own(backup_silence_seconds=0.5), wrong, Change(), lambda *_: None)
    assert UNFINISHED in (await config(new, "dex-swaps"))["metadata"]
    with pytest.raises(PeerError, match="half restored"):
        await require_streams(new)
    with pytest.raises(CheckError, match="half restored"):
        await put_back(new, path)
    (done,) = await put_back(new, path, discard=True)
    assert done.messages == 33
    assert UNFINISHED not in (await config(new, "dex-swaps"))["metadata"]


async def test_smaller_limits_of_the_other_server_are_named_and_leave_nothing(old: Connection, tmp_path: Path) -> None:
    await fill(old, own(), range(1, 201), size=2000)
    path = await taken(old, tmp_path / "b", "dex-swaps")
    async with (
        NatsServer(store_dir=tmp_path / "small", sync="2m", max_store_bytes=2_000_000) as small,
        connected(settings(small.url), Metrics()) as connection,
    ):
        with pytest.raises((PeerError, UsageError), match="dex-swaps") as caught:
            await put_back(connection, path)
        assert "limits" in caught.value.hint
        with pytest.raises(ApiError, match="not found"):
            await config(connection, "dex-swaps")


async def test_replicas_of_a_cluster_are_refused_with_the_way_out(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b", "dex-swaps")
    (source,) = sources(path, [])
    with pytest.raises(PeerError, match=r"replicas > 1 not supported.*; nothing of it is there") as caught:
        await restore(new, own(), source, Change(replicas=3), lambda *_: None)
    assert "--replicas 1" in caught.value.hint
    assert (await restore(new, own(), source, Change(replicas=1), lambda *_: None)).messages == 11


async def test_a_restore_that_is_cancelled_deletes_what_was_there(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    await fill(old, own(), range(1, 301), size=1000)
    path = await taken(old, tmp_path / "b", "dex-swaps")
    (source,) = sources(path, [])
    seen = asyncio.Event()

    def report(_: str, sent: int, total: int) -> None:
        if sent > total // 2:
            seen.set()

    work = asyncio.create_task(restore(new, own(backup_chunk_bytes=1024), source, Change(), report))
    await asyncio.wait_for(seen.wait(), 30)
    assert UNFINISHED in (await config(new, "dex-swaps"))["metadata"]
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(ApiError, match="not found"):
        await config(new, "dex-swaps")


async def test_a_workqueue_that_is_worked_on_meanwhile_comes_back(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    """What its consumer acknowledged while the snapshot ran may be in it or not: both are right."""
    await jetstream.init(old)
    bodies = [random.Random(number).randbytes(1000) for number in range(1000)]
    for first in range(0, 1000, 500):
        await asyncio.gather(*(old.ask("dex.sol.candles.1m", body, seconds=10) for body in bodies[first : first + 500]))

    async def work() -> None:
        for _ in range(20):
            for ack in await fetch(old, "dex-candles-1m", "clickhouse-sink", 25):
                await old.publish(ack, b"")

    tasks: list[asyncio.Task[None]] = []

    def begin(_: str, done: int, __: int) -> None:
        if not done:
            tasks.append(asyncio.create_task(work()))

    given = own(backup_chunk_bytes=1024, backup_window_bytes=1024)
    wish = Wish(directory=tmp_path / "b", streams=["dex-candles-1m"])
    made = await back_up(old, given, wish, begin)
    await asyncio.gather(*tasks)
    (entry,) = made.manifest.streams
    (restored,) = await put_back(new, made.path)
    assert entry.messages_at_least <= restored.messages <= entry.messages == 1000
    assert restored.last_seq == 1000
    kept = {message[0]: message[4] for message in await everything(new, "dex-candles-1m")}
    assert all(kept[sequence] == b64encode(bodies[sequence - 1]).decode() for sequence in kept)
    assert set(range(entry.first_seq_at_most, 1001)) <= set(kept)


async def test_from_a_cluster_into_a_cluster_and_into_a_single_server(new: Connection, tmp_path: Path) -> None:
    ports = free_ports(3)
    routes = ", ".join(f"nats://127.0.0.1:{port}" for port in ports)
    async with AsyncExitStack() as stack:
        servers = [
            NatsServer(
                store_dir=tmp_path / f"n{port}", name=f"n{port}", sync="2m",
                extra=f'cluster {{ name: c, listen: "127.0.0.1:{port}", routes: [{routes}] }}',
            )
            for port in ports
        ]  # fmt: skip
        await asyncio.gather(*(stack.enter_async_context(server) for server in servers))
        url = ",".join(server.url for server in servers)
        cluster = await stack.enter_async_context(connected(settings(url), Metrics()))
        await jetstream.init(cluster, replicas=3)
        await fill(cluster, settings(url), range(1, 31))
        for ack in (await fetch(cluster, "dex-swaps", "clickhouse-sink", 40))[:25]:
            await cluster.ask(ack, b"", seconds=5)
        path = await taken(cluster, tmp_path / "b", "dex-swaps")
        before, stood = await everything(cluster, "dex-swaps"), await positions(cluster, "dex-swaps")

        await call(cluster, "STREAM.DELETE.dex-swaps", seconds=5)
        await put_back(cluster, path, backup_silence_seconds=30)  # consumers elect leaders first
        assert await everything(cluster, "dex-swaps") == before
        assert (await config(cluster, "dex-swaps"))["num_replicas"] == 3
        back = await positions(cluster, "dex-swaps")
        assert {name: one["ack_floor"] for name, one in back.items()} == {
            name: one["ack_floor"] for name, one in stood.items()
        }
        await put_back(new, path, change=Change(replicas=1))
        assert await everything(new, "dex-swaps") == before
