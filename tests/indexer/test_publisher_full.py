"""Full stores hold the slot until there is room; nothing is dropped."""

import asyncio
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from indexer.jetstream_api import call
from indexer.message import STREAM
from indexer.metrics import Metrics
from indexer.publisher import Published, Publisher
from tests.indexer.publishing import check, entries, held, marker, prepare, publish, swaps, value, writer


async def test_a_full_store_holds_the_slot_until_there_is_room(tmp_path: Path) -> None:
    metrics = Metrics()
    async with NatsServer(store_dir=tmp_path, sync="2m", max_store_bytes=100_000) as server:
        await prepare(server.url)
        async with writer(server.url, metrics) as publisher:
            padded = [replace(message, payload=message.payload + b" " * 5000) for message in swaps(2, 30)]
            await publish(publisher, 1, 3)
            late = asyncio.create_task(publisher.publish_slot(padded, marker(2, 30)))
            await held(metrics)
            assert not late.done()
            await server.kill()
            server.max_store_bytes = 100_000_000
            await server.start()
            assert isinstance(await late, Published)
            assert value(metrics, "indexer_publish_blocked") == 0
            await publish(publisher, 3, 1)
        check(await entries(server.url), {1: 3, 2: 30, 3: 1})


async def test_a_stream_that_refuses_new_messages_holds_the_slot_until_there_is_room(tmp_path: Path) -> None:
    metrics = Metrics()
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, discard="new", max_msgs=6)
        async with writer(server.url, metrics) as publisher:
            await publish(publisher, 1, 3)
            late = asyncio.create_task(publish(publisher, 2, 3))
            await held(metrics)
            assert not late.done()
            await call(publisher._connection, f"STREAM.PURGE.{STREAM}", {"seq": 4}, seconds=30)
            assert await late == Published(sequence=8, duplicates=0)
            assert value(metrics, "indexer_publish_blocked") == 0


async def test_a_disk_that_is_really_full_holds_the_slot_until_there_is_room(tmp_path: Path) -> None:
    """The store on a small filesystem of its own: the server fails in the middle of what it writes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=False).returncode:  # noqa: S607, ASYNC221
        pytest.skip("only root can mount a small filesystem")
    metrics = Metrics()
    try:
        async with NatsServer(store_dir=disk, sync="2m", max_store_bytes=10**9) as server:
            await prepare(server.url, compression="none")
            async with writer(server.url, metrics) as publisher:
                work = asyncio.create_task(run_padded(publisher, 40))
                await held(metrics)
                await asyncio.sleep(0.3)
                assert not work.done()
                subprocess.run(["mount", "-o", "remount,size=300m", disk], check=True)  # noqa: S607, ASYNC221
                await asyncio.sleep(0.3)
                await server.kill()  # a store that failed to write needs a restart
                await server.start()
                await work
            check(await entries(server.url), dict.fromkeys(range(1, 41), 20))
    finally:
        subprocess.run(["umount", disk], check=True)  # noqa: S607, ASYNC221


async def run_padded(publisher: Publisher, last: int) -> None:
    for slot in range(1, last + 1):
        padded = [replace(message, payload=message.payload + b" " * 10_000) for message in swaps(slot, 20)]
        assert isinstance(await publisher.publish_slot(padded, marker(slot, 20)), Published)
