"""A restore: what was taken, to the message. What must not be restored is in test_restore_refused.py."""

import asyncio
import json
import random
import shutil
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer import jetstream, manifest
from indexer.backup import Wish, back_up
from indexer.embedded import NatsServer
from indexer.errors import PeerError, UsageError
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.publisher import Overtaken, Published, Publisher
from indexer.restore import Change
from indexer.restore_source import sources
from tests.chaos.cluster import cluster as nodes
from tests.indexer.restoring import STREAMS, config, own, put_back, taken
from tests.indexer.stored import (
    GENESIS,
    a_slot,
    everything,
    fetch,
    fill,
    grown,
    positions,
    publish_for_ever,
    publisher,
    settings,
)  # fmt: skip


async def test_under_load_into_a_new_server_message_for_message(
    old: Connection, new: Connection, tmp_path: Path
) -> None:
    writer = await publisher(old, own())
    for slot in range(1, 41):
        await writer.publish_slot(*a_slot(slot))
    for durable, count, acked in (("clickhouse-sink", 100, 60), ("api-query", 50, 50), ("candle-builder", 7, 0)):
        for ack in (await fetch(old, "dex-swaps", durable, count))[:acked]:
            await old.ask(ack, b"", seconds=30)
    await old.publish("dex.sol.dead.toy", b"{}", headers={"Nats-Msg-Id": "d"})
    stood = await positions(old, "dex-swaps")

    load = asyncio.create_task(publish_for_ever(writer, 41))
    try:
        await grown(old, 500)
        path = await taken(old, tmp_path / "backups")
        await grown(old, manifest.read(path).streams[0].last_seq + 1)
    finally:
        load.cancel()
    told = {stream.name: stream for stream in manifest.read(path).streams}
    before = {name: await everything(old, name) for name in STREAMS}
    configs = {name: await config(old, name) for name in STREAMS}
    await call(old, "STREAM.DELETE.dex-swaps", seconds=30)

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
        await old.ask(ack, b"", seconds=30)
    path = await taken(old, tmp_path / "b")
    told = json.loads((path / "dex-swaps" / "backup.json").read_text())
    assert told["state"]["consumer_count"] == 3
    await put_back(new, path)
    edited = (await call(new, "CONSUMER.INFO.dex-swaps.api-query", seconds=30))["config"] | {"ack_wait": 1_000_000_000}
    body = {"stream_name": "dex-swaps", "config": edited}
    await call(new, "CONSUMER.CREATE.dex-swaps.api-query.dex.sol.swaps", body, seconds=30)
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
    old: Connection, new: Connection, empty_server: NatsServer, tmp_path: Path
) -> None:
    """What publishers without a fence must know: the server fills its window from the stream only when it starts."""
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b")
    swap = a_slot(1)[0][0]
    headers = {"Nats-Msg-Id": swap.id}
    there = await old.ask(swap.subject, swap.payload, headers=headers, seconds=30)
    assert b'"duplicate":true' in there.data.replace(b" ", b"")

    await put_back(new, path)
    again = json.loads((await new.ask(swap.subject, swap.payload, headers=headers, seconds=30)).data)
    assert "duplicate" not in again
    await call(new, "STREAM.DELETE.dex-swaps", seconds=30)
    await put_back(new, path, "dex-swaps")
    await empty_server.stop()
    await empty_server.start()
    await new.wait_connected()
    again = json.loads((await new.ask(swap.subject, swap.payload, headers=headers, seconds=30)).data)
    assert again["duplicate"] is True


async def test_one_stream_alone(old: Connection, new: Connection, tmp_path: Path) -> None:
    await fill(old, own(), [1])
    path = await taken(old, tmp_path / "b")
    with pytest.raises(UsageError, match="no stream 'other'"):
        sources(path, ["other"])
    assert [one.name for one in await put_back(new, path, "dex-dead")] == ["dex-dead"]
    assert (await call(new, "STREAM.NAMES", seconds=30))["streams"] == ["dex-dead"]


async def test_a_stream_with_holes_comes_back_with_them(old: Connection, new: Connection, tmp_path: Path) -> None:
    await fill(old, own(), range(1, 4))
    for sequence in (1, 5, 33):
        await call(old, "STREAM.MSG.DELETE.dex-swaps", {"seq": sequence}, seconds=30)
    path = await taken(old, tmp_path / "b", "dex-swaps")
    before = await everything(old, "dex-swaps")
    await put_back(new, path)
    assert await everything(new, "dex-swaps") == before
    assert (await call(new, "STREAM.INFO.dex-swaps", seconds=30))["state"]["last_seq"] == 33


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
    await call(new, "STREAM.DELETE.dex-swaps", seconds=30)
    (aged,) = await put_back(new, foreign)
    assert "older than max_age" in aged.notes[0]
    while (await call(new, "STREAM.INFO.dex-swaps", seconds=30))["state"]["messages"]:
        await asyncio.sleep(0.1)


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
    async with nodes(tmp_path) as servers:
        url = ",".join(server.url for server in servers)
        async with connected(settings(url), Metrics()) as cluster:
            await known(cluster, len(servers))
            await jetstream.init(cluster, replicas=3)
            await fill(cluster, settings(url), range(1, 31))
            for ack in (await fetch(cluster, "dex-swaps", "clickhouse-sink", 40))[:25]:
                await cluster.ask(ack, b"", seconds=30)
            path = await taken(cluster, tmp_path / "b", "dex-swaps")
            before, stood = await everything(cluster, "dex-swaps"), await positions(cluster, "dex-swaps")

            await call(cluster, "STREAM.DELETE.dex-swaps", seconds=30)
            await put_back(cluster, path, backup_silence_seconds=30)  # consumers elect leaders first
            assert await everything(cluster, "dex-swaps") == before
            assert (await config(cluster, "dex-swaps"))["num_replicas"] == 3
            back = await positions(cluster, "dex-swaps")
            assert {name: one["ack_floor"] for name, one in back.items()} == {
                name: one["ack_floor"] for name, one in stood.items()
            }
            await put_back(new, path, change=Change(replicas=1))
            assert await everything(new, "dex-swaps") == before


async def known(connection: Connection, count: int) -> None:
    """Wait until the server has told of so many: it learns of the others as their routes come up."""
    async with asyncio.timeout(60):
        while connection.servers_at_most != count:
            await asyncio.sleep(0.05)
