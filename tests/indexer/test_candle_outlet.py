"""Candles into a stream of a real server, each once, whatever stands in the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
import pytest

from indexer.candle_outlet import Outlet
from indexer.embedded import NatsServer
from indexer.errors import DataError, PeerError
from indexer.jetstream_api import call
from indexer.message import Message
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.indexer.candle_stream import settings

SUBJECT = "dex.sol.candles.1m"


def candles(first: int, count: int) -> list[Message]:
    names = [f"501:candle:1m:pool{number}:60:0" for number in range(first, first + count)]
    return [Message(subject=SUBJECT, id=name, payload=b"{}") for name in names]


async def make(server: NatsServer, **config: Any) -> None:
    wanted = {"name": "dex-candles-1m", "subjects": [SUBJECT], "retention": "workqueue", "allow_atomic": True}
    async with connected(settings(server.url), Metrics()) as connection:
        await call(connection, "STREAM.CREATE.dex-candles-1m", wanted | config, seconds=30)


@asynccontextmanager
async def outlet(server: NatsServer, known: tuple[str, int] | None = None, **values: Any) -> AsyncIterator[Outlet]:
    own, metrics = settings(server.url, **values), Metrics()
    async with connected(own, metrics) as connection:
        one = Outlet(connection=connection, settings=own, metrics=metrics, interval="1m")
        await one.open(known)
        yield one


async def stored(server: NatsServer) -> list[str]:
    async with await nats.connect(server.url) as client:
        js = client.jetstream()
        state = (await js.stream_info("dex-candles-1m")).state
        found = [await js.get_msg("dex-candles-1m", at) for at in range(max(1, state.first_seq), state.last_seq + 1)]
        return [(one.headers or {}).get("Nats-Msg-Id", "") for one in found]


def ids(messages: list[Message]) -> list[str]:
    return [message.id for message in messages]


@pytest.mark.parametrize("atomic", [True, False])
async def test_all_are_stored_in_order_with_batches_and_without(nats_server: NatsServer, *, atomic: bool) -> None:
    await make(nats_server, allow_atomic=atomic)
    wanted = candles(0, 250)
    async with outlet(nats_server, batch_messages=100) as one:
        await one.publish(wanted)
        await one.publish([])
        assert one.last == 250
    assert await stored(nats_server) == ids(wanted)


async def test_what_was_stored_since_a_snapshot_is_not_stored_again(nats_server: NatsServer) -> None:
    await make(nats_server, duplicate_window=10**8)
    async with outlet(nats_server) as one:
        await one.publish(candles(0, 10))
        known = (one.created, one.last)
        await one.publish(candles(10, 10))
    await asyncio.sleep(0.3)  # the window has forgotten them
    async with outlet(nats_server, known) as one:
        assert (one.there, one.last) == (10, 20)
        await one.publish(candles(10, 4))
        await one.publish(candles(14, 16))
    assert await stored(nats_server) == ids(candles(0, 30))


async def test_other_candles_than_those_stored_since_a_snapshot_stop_it_rather_than_be_lost(
    nats_server: NatsServer,
) -> None:
    await make(nats_server)
    async with outlet(nats_server) as one:
        await one.publish(candles(0, 10))
        known = (one.created, one.last)
        await one.publish(candles(10, 10))
    async with outlet(nats_server, known) as one:
        await one.publish(candles(10, 2))
        with pytest.raises(
            DataError, match=r"pool13:60:0 where this builder makes 501:candle:1m:pool14:60:0"
        ) as caught:
            await one.publish(candles(13, 2))
        assert "nats kv del candle-builder" in caught.value.hint
    assert await stored(nats_server) == ids(candles(0, 20))


async def test_a_stream_made_anew_is_no_measure(nats_server: NatsServer) -> None:
    await make(nats_server)
    async with outlet(nats_server) as one:
        await one.publish(candles(0, 5))
    async with outlet(nats_server, ("another time", 3)) as one:
        assert (one.last, one.there) == (5, 0)
        await one.publish(candles(5, 3))
    assert await stored(nats_server) == ids(candles(0, 8))


@pytest.mark.parametrize("window_seconds", [120, 0.1])
async def test_another_writer_of_the_same_and_a_stranger_between(
    nats_server: NatsServer, window_seconds: float
) -> None:
    await make(nats_server, duplicate_window=int(window_seconds * 10**9))
    async with outlet(nats_server) as first, outlet(nats_server) as second:
        await first.publish(candles(0, 5))
        async with await nats.connect(nats_server.url) as client:
            await client.jetstream().publish(SUBJECT, b"not ours")
        if window_seconds < 1:
            await asyncio.sleep(0.3)  # it has forgotten them: their place in the stream tells
        await second.publish(candles(0, 8))
        await first.publish(candles(5, 5))
        await second.publish(candles(8, 2))
    assert [name for name in await stored(nats_server) if name] == ids(candles(0, 10))


async def test_ids_the_window_knows_are_not_stored_twice_without_a_snapshot(nats_server: NatsServer) -> None:
    await make(nats_server)
    async with outlet(nats_server) as one:
        await one.publish(candles(0, 10))
    async with outlet(nats_server) as one:
        await one.publish(candles(5, 10))
        samples = one.metrics.registry.get_sample_value
        assert samples("indexer_candles_total", {"interval": "1m"}) == 5
        assert samples("indexer_duplicates_total") == 5
    assert await stored(nats_server) == ids(candles(0, 15))


async def test_one_by_one_too_what_the_window_has_forgotten_is_not_stored_twice(nats_server: NatsServer) -> None:
    await make(nats_server, duplicate_window=10**8, allow_atomic=False)
    async with outlet(nats_server) as first, outlet(nats_server) as second:
        await second.publish(candles(0, 3))
        await asyncio.sleep(0.3)
        await first.publish(candles(0, 5))
    assert await stored(nats_server) == ids(candles(0, 5))


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_full_stream_is_waited_for(nats_server: NatsServer, *, atomic: bool) -> None:
    await make(nats_server, max_msgs=5, discard="new", allow_atomic=atomic)
    async with outlet(nats_server) as one:
        await one.publish(candles(0, 5))
        waiting = asyncio.create_task(one.publish(candles(5, 3)))
        async with asyncio.timeout(30):
            while not one.metrics.publish_blocked._value.get():
                await asyncio.sleep(0.01)
        async with await nats.connect(nats_server.url) as client:
            await client.jetstream().purge_stream("dex-candles-1m")
        await asyncio.wait_for(waiting, 30)
        assert not one.metrics.publish_blocked._value.get()
    assert await stored(nats_server) == ids(candles(5, 3))


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_server_that_dies_and_comes_back_has_each_once(nats_server: NatsServer, *, atomic: bool) -> None:
    await make(nats_server, allow_atomic=atomic)
    async with outlet(nats_server, batch_messages=50) as one:
        work = asyncio.create_task(one.publish(candles(0, 2000)))
        for _ in range(2):
            await asyncio.sleep(0.02)
            await nats_server.kill()
            await nats_server.start()
        await asyncio.wait_for(work, 60)
    assert await stored(nats_server) == ids(candles(0, 2000))


async def test_a_stream_that_lost_its_end_is_gone_on_with_from_where_it_is(nats_server: NatsServer) -> None:
    await make(nats_server)
    async with outlet(nats_server) as one:
        await one.publish(candles(0, 10))
        async with await nats.connect(nats_server.url) as client:
            await client.jetstream().delete_stream("dex-candles-1m")
        await make(nats_server)
        await asyncio.wait_for(one.publish(candles(10, 3)), 20)
        assert (one.last, one.there) == (3, 0)
        created, _ = await one._look()
    async with outlet(nats_server, (created, 8)) as one:
        assert (one.last, one.there) == (3, 0)
        await one.publish(candles(13, 3))
    assert await stored(nats_server) == ids(candles(10, 6))


async def test_a_stream_that_is_not_there_is_said(nats_server: NatsServer) -> None:
    with pytest.raises(PeerError, match="stream dex-candles-1m does not exist"):
        async with outlet(nats_server):
            pass
