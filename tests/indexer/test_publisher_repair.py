"""Repairs beside the main markers, twice, after crashes, and beside the loop."""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from indexer.message import MODE_HEADER, SLOTS_REPAIR, SWAPS
from indexer.publisher import Published, Publisher
from tests.indexer.publishing import (
    Crash,
    check,
    entries,
    failing,
    marker,
    prepare,
    publish,
    repaired,
    run,
    swaps,
    writer,
)


async def test_a_repair_goes_beside_the_main_markers(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        await publish(publisher, 5, 2)
        outcome = await publisher.publish_repair(repaired(swaps(3, 2)), marker(3, 2))
        assert outcome == Published(sequence=6, duplicates=0)
        await publish(publisher, 6, 1)
        assert (await publisher.position()).slot == 6
        found = [each async for each in publisher.markers(1, 10)]
    assert [each.slot for each in found] == [5, 6, 3]
    stored = await entries(server.url)
    check(stored, {5: 2, 6: 1})
    repair = [entry for entry in stored if entry.headers.get(MODE_HEADER) == "repair"]
    assert [entry.subject for entry in repair] == [SWAPS, SWAPS, SLOTS_REPAIR]
    assert [entry.data["id"] for entry in repair[:2]] == [message.id for message in swaps(3, 2)]


async def test_published_again_within_the_window_is_stored_again_on_purpose(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, duplicate_window=3600 * 10**9)
        async with writer(server.url) as publisher:
            await publish(publisher, 1, 2)
            for _ in range(2):
                await publisher.publish_repair(repaired(swaps(1, 2)), marker(1, 2), again=True)
        ids = Counter(entry.data["id"] for entry in await entries(server.url) if entry.subject == SWAPS)
        assert set(ids.values()) == {3}


async def test_two_repairs_of_one_slot_store_it_once(server: NatsServer) -> None:
    async with writer(server.url) as one, writer(server.url) as other:
        await publish(one, 5, 2)
        outcomes = await asyncio.gather(
            *(each.publish_repair(repaired(swaps(3, 4)), marker(3, 4)) for each in (one, other))
        )
        assert sorted(outcome.duplicates for outcome in outcomes if isinstance(outcome, Published)) == [0, 4]
        await publish(one, 6, 2)
        late = await other.publish_repair(repaired(swaps(3, 4)), marker(3, 4))
        assert isinstance(late, Published)
        assert late.duplicates == 4
    assert len([entry for entry in await entries(server.url) if entry.subject == SLOTS_REPAIR]) == 1


async def test_a_repair_of_more_than_one_batch_is_finished_after_a_crash(server: NatsServer) -> None:
    async with writer(server.url, batch_messages=10) as publisher:
        await publish(publisher, 5, 2)
        publisher._next_batch = failing(publisher._next_batch, after=2)  # type: ignore[method-assign]
        with pytest.raises(Crash):
            await publisher.publish_repair(repaired(swaps(3, 25)), marker(3, 25))
    async with writer(server.url, batch_messages=10) as publisher:
        await publish(publisher, 6, 2)
        outcome = await publisher.publish_repair(repaired(swaps(3, 25)), marker(3, 25))
        assert isinstance(outcome, Published)
        assert outcome.duplicates == 20
    stored = await entries(server.url)
    check(stored, {5: 2, 6: 2})
    repair = [entry.data["id"] for entry in stored if entry.headers.get(MODE_HEADER) and entry.subject == SWAPS]
    assert sorted(repair) == sorted(message.id for message in swaps(3, 25))


async def test_the_loop_and_a_repair_share_one_publisher(server: NatsServer) -> None:
    async def repair(publisher: Publisher) -> None:
        for slot in range(1, 31):
            await publisher.publish_repair(repaired(swaps(slot, 3)), marker(slot, 3))

    async with writer(server.url) as publisher, writer(server.url) as other:
        await asyncio.gather(run(publisher, 160, 1, first=101), repair(publisher), repair(other))
    stored = await entries(server.url)
    check(stored, {slot: slot % 7 for slot in range(101, 161)})
    repairs = Counter(entry.data["slot"] for entry in stored if entry.subject == SLOTS_REPAIR)
    assert repairs == Counter(range(1, 31))


async def test_a_repair_that_never_pauses_does_not_starve_the_loop(server: NatsServer) -> None:
    async def repair(publisher: Publisher) -> None:
        for slot in range(1, 1_000_000):
            await publisher.publish_repair(repaired(swaps(slot, 30)), marker(slot, 30))

    async with writer(server.url) as publisher, writer(server.url) as other:
        endless = asyncio.create_task(repair(other))
        async with asyncio.timeout(90):
            for slot in range(2_000_000, 2_000_006):
                await publish(publisher, slot, 3)
                await asyncio.sleep(0.02)
        endless.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await endless
