"""The builder on a real server, dropped or cut off anywhere: every candle once, whatever dies in between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import nats
import pytest

from indexer.candle_service import CandleService
from indexer.embedded import NatsServer
from indexer.metrics import Metrics
from tests.indexer.candle_history import History, builder, feed
from tests.indexer.candle_stream import (
    build,
    by_stream,
    crash,
    history,
    last_sequence,
    published,
    put,
    reached,
    service,
    value,
)
from tests.indexer.publishing import marker

pytestmark = pytest.mark.usefixtures("small_blocks")


@pytest.mark.parametrize("seed", range(3))
async def test_builders_that_die_anywhere_publish_each_candle_once(server: NatsServer, seed: int) -> None:
    """The fixture's candle streams forget ids after their window; here the ids are never looked at twice anyway."""
    made = history(seed, 60)
    await put(server.url, made.events)
    for at in range(8):
        limits = {"candle_snapshot_messages": 1 + made.dice.randrange(60), "consumer_batch_messages": 20}
        await crash(server.url, 1 + made.dice.randrange(40) + at, **limits)
    await build(server.url, len(made.events))
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))


async def test_with_nothing_old_in_memory_repairs_through_crashes_give_the_same(server: NatsServer) -> None:
    made, metrics = history(14, 60), Metrics()
    limits = {"candle_memory_candles": 1, "candle_memory_swaps": 1, "consumer_batch_messages": 20}
    await put(server.url, made.events)
    for at in range(6):
        snapshots = {"candle_snapshot_messages": 1 + made.dice.randrange(40)}
        await crash(server.url, 10 + made.dice.randrange(40) + at, **limits, **snapshots)
    await build(server.url, len(made.events), metrics, **limits, candle_snapshot_messages=40)
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))
    assert value(metrics, "candle_parts_read_total") > 0
    held = value(metrics, "candle_kept", of="candles_in_memory"), value(metrics, "candle_kept", of="ids_in_memory")
    assert max(held) <= 1
    assert value(metrics, "candle_kept", of="candles") > 10


async def test_candles_read_and_acked_meanwhile_are_not_published_again(server: NatsServer) -> None:
    made = history(5)
    await put(server.url, made.events)
    await crash(server.url, len(made.events) // 2, candle_snapshot_seconds=3600)
    async with await nats.connect(server.url) as client:
        js = client.jetstream()
        before = await published(server.url)
        for interval in ("1m", "5m", "1h"):  # as a sink acks: what it read, not what the crash left on its way
            read = sum(one.subject.endswith(f".{interval}") for one in before)
            await js.purge_stream(f"dex-candles-{interval}", seq=read + 1)
    await build(server.url, len(made.events))
    assert by_stream(before + await published(server.url)) == by_stream(
        [one for subject in sorted_subjects() for one in feed(builder(), made.events) if one.subject == subject]
    )


def sorted_subjects() -> list[str]:
    return [f"dex.sol.candles.{interval}" for interval in ("1m", "5m", "1h")]


def wide(minutes: int, pools: int = 40) -> History:
    """Every pool in every minute, and a slot that a repair brings into a closed one."""
    made = History(20)
    made.step(0, 0)
    for minute in range(minutes):
        made.step(30, 2, missed=minute == 1)
        parent = made.slot
        made.slot, made.time = made.slot + 1, made.time + 30
        made.put([made.trade(made.slot, made.time, 2 * index, pool=f"pool{index}") for index in range(pools)])
        made.mark(marker(made.slot, pools, block_time=made.time, parent_slot=parent))
        made.blocks[made.slot] = made.time
    made.repair()
    made.finish()
    return made


async def dropped(url: str, when: Callable[[CandleService], Awaitable[bool]], **values: Any) -> None:
    """Run a builder until ``when``, then drop it where it is."""
    async with service(url, **values) as running:
        work = asyncio.create_task(running.run(asyncio.Event()))
        async with asyncio.timeout(60):
            while not work.done() and not await when(running):
                await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_dropped_between_the_slices_of_a_closing_it_publishes_each_candle_once(server: NatsServer) -> None:
    made = wide(4)
    await put(server.url, made.events)
    expected = feed(builder(), made.events)
    of_minutes = sum(one.subject.endswith(".1m") for one in expected)

    for stored in range(13, of_minutes, of_minutes // 4):

        async def middle(running: CandleService, stored: int = stored) -> bool:
            return running.outlets["1m"].last >= stored

        await dropped(server.url, middle, batch_messages=7, candle_snapshot_messages=100)
    await build(server.url, len(made.events))
    assert by_stream(await published(server.url)) == by_stream(expected)


async def test_dropped_between_the_parts_of_a_snapshot_the_one_before_counts(server: NatsServer) -> None:
    made, seen = wide(4, pools=80), []
    await put(server.url, made.events)
    async with await nats.connect(server.url) as client:
        js = client.jetstream()
        for parts in (20, 60):
            began = 0

            async def writing(_: CandleService, parts: int = parts) -> bool:
                nonlocal began
                began = began or (await js.stream_info("KV_candle-builder")).state.last_seq
                written = (await js.stream_info("KV_candle-builder")).state.last_seq - began
                return written >= parts

            async with service(server.url) as running:
                before = running.position
            await dropped(server.url, writing, candle_snapshot_messages=170, consumer_batch_messages=50)
            async with service(server.url) as running:
                seen.append(running.position - before)
    await build(server.url, len(made.events))
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))
    assert 0 in seen, "none was dropped within a snapshot"


async def test_a_server_killed_twice_while_candles_are_made(server: NatsServer) -> None:
    made = history(7, 200)
    third = len(made.events) // 3
    async with service(server.url) as running:
        stop = asyncio.Event()
        work = asyncio.create_task(running.run(stop))
        for part in range(2):
            await put(server.url, made.events[part * third : (part + 1) * third])
            await server.kill()
            await server.start()
        await put(server.url, made.events[2 * third :])
        await reached(running, await last_sequence(server.url), 60)
        stop.set()
        await work
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))
