"""Looking into a stream: the right messages, in order, each once, and no consumer left behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from indexer.embedded import NatsServer
from indexer.errors import TransientError
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.pages import page
from indexer.peek import Looker
from indexer.swap_rows import Filters
from tests.indexer.stored import a_slot, fill, publisher, settings


@pytest.fixture
async def nats(nats_server: NatsServer) -> AsyncIterator[Connection]:
    async with connected(settings(nats_server.url), Metrics()) as connection:
        yield connection


def looker(
    connection: Connection, subject: str = "dex.sol.swaps", *, filters: Filters | None = None, scan: int = 10**6
) -> Looker:
    own = settings("unused", peek_scan_messages=scan, tail_poll_seconds=0.01, nats_backoff_seconds=0.1)
    return Looker(
        connection=connection, settings=own, stream="dex-swaps", subject=subject, filters=filters or Filters()
    )


async def test_by_sequence_first_and_last(nats: Connection) -> None:
    await fill(nats, settings("unused"), range(1, 301))
    assert [m.sequence for m in await looker(nats).one(11)] == [11]  # a marker: any subject
    assert await looker(nats).one(99_999) == []
    assert [m.sequence for m in await looker(nats).first(12)] == [*range(1, 11), 12, 13]
    assert [m.sequence for m in await looker(nats).last(3)] == [3297, 3298, 3299]
    assert [m.sequence for m in await looker(nats, "dex.sol.slots").last(2)] == [3289, 3300]
    assert len(await looker(nats).last(2500)) == 2500
    assert await looker(nats).last(0) == []
    info = await call(nats, "STREAM.INFO.dex-swaps", seconds=30)
    assert info["state"]["consumer_count"] == 3


async def test_a_search_that_is_given_up_says_how_far_it_came(nats: Connection) -> None:
    await fill(nats, settings("unused"), range(1, 301))
    nothing = Filters(mint="BONK")
    few = looker(nats, filters=nothing, scan=500)
    assert await few.last(1) == []
    assert few.scanned_to == 2801
    assert await few.first(1) == []
    assert few.scanned_to == 500
    all_of_it = looker(nats, filters=nothing)
    assert await all_of_it.last(1) == []
    assert all_of_it.scanned_to is None


async def test_following_gives_each_once_in_order_over_a_restart(nats: Connection, nats_server: NatsServer) -> None:
    writer = await publisher(nats, settings("unused"))
    got: list[int] = []

    async def follow() -> None:
        async for message in looker(nats, "dex.sol.>").follow(1):
            got.append(message.sequence)  # noqa: PERF401 - it never ends

    task = asyncio.create_task(follow())
    for slot in range(1, 31):
        await writer.publish_slot(*a_slot(slot))
        if slot == 15:
            await nats_server.kill()
            await nats_server.start()
    async with asyncio.timeout(60):
        while len(got) < 330:
            await asyncio.sleep(0.02)
    task.cancel()
    assert got == list(range(1, 331))


async def test_a_stream_made_anew_is_followed_from_its_beginning(
    nats: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.peek._LOOK_SECONDS", 0.05)
    await fill(nats, settings("unused"), range(1, 11))
    following = looker(nats).follow(100)
    assert (await anext(following)).sequence == 100
    await call(nats, "STREAM.DELETE.dex-swaps", seconds=30)
    await fill(nats, settings("unused"), [1])
    while (message := await asyncio.wait_for(anext(following), 60)).sequence > 10:
        pass
    assert message.sequence == 1


async def test_a_stream_without_direct_gets_is_named(nats: Connection) -> None:
    await call(nats, "STREAM.CREATE.plain", {"name": "plain", "subjects": ["plain"]}, seconds=30)
    with pytest.raises(TransientError, match="direct gets of plain"):
        await page(nats, "plain", ">", 1, seconds=2)
