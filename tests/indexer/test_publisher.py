"""One writer on a server that is well: batches, positions, markers, dead letters."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from indexer.jetstream_api import call
from indexer.message import DEAD_STREAM, STREAM, Message
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.plan import Cursor
from indexer.publisher import Overtaken, Published
from tests.indexer.publishing import (
    GENESIS,
    Crash,
    check,
    entries,
    failing,
    marker,
    prepare,
    publish,
    settings,
    swaps,
    writer,
)


async def test_an_empty_stream_has_no_position_and_takes_our_genesis_hash(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        position = await publisher.position()
        assert (position.slot, position.first_slot, position.sequence, position.cursor()) == (None, None, 0, None)
    async with connected(settings(server.url), Metrics()) as connection:
        info = await call(connection, f"STREAM.INFO.{STREAM}", seconds=30)
    assert info["config"]["metadata"]["genesis_hash"] == GENESIS


async def test_a_slot_and_its_marker_are_one_batch_and_the_next_start_goes_on_there(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        assert await publish(publisher, 10, 3) == Published(sequence=4, duplicates=0)
        assert await publish(publisher, 11, 0) == Published(sequence=5, duplicates=0)
    found = await entries(server.url)
    check(found, {10: 3, 11: 0})
    assert [entry.id for entry in found] == [
        *(message.id for message in swaps(10, 3)),
        "501:10:complete",
        "501:11:complete",
    ]
    assert len({entry.headers["Nats-Batch-Id"] for entry in found[:4]}) == 1
    assert found[3].data["stream_created"].startswith("20")
    async with writer(server.url) as publisher:
        position = await publisher.position()
        assert (position.slot, position.first_slot, position.sequence) == (11, 10, 5)
        assert position.cursor() == Cursor(slot=11, block=11)
        assert isinstance(await publish(publisher, 11, 0), Overtaken)


async def test_the_cursor_after_a_missing_range_is_its_end_and_the_block_before_it(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        hole = marker(10, to_slot=19, status="missing", parent_slot=9, blockhash=None, block_time=None)
        await publisher.publish_slot((), hole)
        assert (await publisher.position()).cursor() == Cursor(slot=19, block=9)
        await publish(publisher, 20, 1)


async def test_a_slot_of_more_than_one_batch(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        assert await publish(publisher, 1, 999) == Published(sequence=1000, duplicates=0)
        assert await publish(publisher, 2, 1000) == Published(sequence=2001, duplicates=0)
        assert await publish(publisher, 3, 2500) == Published(sequence=4502, duplicates=0)
    check(await entries(server.url), {1: 999, 2: 1000, 3: 2500})


async def test_a_slot_is_finished_by_another_writer_after_a_crash_between_its_batches(server: NatsServer) -> None:
    async with writer(server.url, batch_messages=10) as publisher:
        await publish(publisher, 1, 25)
        publisher._next_batch = failing(publisher._next_batch, after=2)  # type: ignore[method-assign]
        with pytest.raises(Crash):
            await publish(publisher, 2, 25)
    assert len(await entries(server.url)) == 26 + 20
    async with writer(server.url, batch_messages=10) as publisher:
        assert (await publisher.position()).slot == 1
        assert await publish(publisher, 2, 25) == Published(sequence=52, duplicates=20)
    check(await entries(server.url), {1: 25, 2: 25})


async def test_ids_the_window_remembers_from_before_a_purge_do_not_stop_the_loop(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, duplicate_window=3600 * 10**9)
        async with writer(server.url) as publisher:
            await publish(publisher, 1, 3)
            await call(publisher._connection, f"STREAM.PURGE.{STREAM}", seconds=30)
        async with writer(server.url) as publisher:
            assert isinstance(await publish(publisher, 1, 3), Published)
        check(await entries(server.url), {1: 3})


async def test_a_cancelled_publish_leaves_the_publisher_usable(server: NatsServer) -> None:
    async with writer(server.url, batch_messages=50) as publisher:
        for slot in range(1, 21):
            work = asyncio.create_task(publish(publisher, slot, 120))
            await asyncio.sleep(0.0007 * slot)
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            outcome = await publish(publisher, slot, 120)
            assert isinstance(outcome, Published) or outcome.position.slot == slot
    check(await entries(server.url), dict.fromkeys(range(1, 21), 120))


async def test_markers_are_found_by_slot_among_many(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        for slot in range(10, 400, 2):
            await publisher.publish_slot(swaps(slot, slot % 3), marker(slot, slot % 3))
        await publisher.publish_slot((), marker(401, to_slot=450, status="missing"))
        assert [each.slot async for each in publisher.markers(100, 110)] == list(range(100, 111, 2))
        assert [each.slot async for each in publisher.markers(0, 12)] == [10, 12]
        assert [each.slot async for each in publisher.markers(397, 420)] == [398, 401]
        assert [each.slot async for each in publisher.markers(451, 500)] == []
        assert len([each async for each in publisher.markers(0, 10**9)]) == 196


async def test_dead_letters_are_acknowledged_and_kept_once(server: NatsServer) -> None:
    letters = [Message(subject="dex.sol.dead.x", id=f"501:1:sig{n}:0:dead", payload=b"{}") for n in range(250)]
    async with writer(server.url) as publisher:
        await publisher.publish_dead(())
        await publisher.publish_dead(letters)
        await publisher.publish_dead(letters[:10])
        info = await call(publisher._connection, f"STREAM.INFO.{DEAD_STREAM}", seconds=30)
        assert info["state"]["messages"] == 250
