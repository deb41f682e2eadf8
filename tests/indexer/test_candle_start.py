"""Where a builder starts: at its snapshot, or where there is none of this stream, and beside one that still runs."""

import asyncio

import nats
import pytest
from structlog.testing import capture_logs

from indexer import jetstream
from indexer.candle_service import CandleService
from indexer.embedded import NatsServer
from indexer.errors import DataError, PeerError
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.indexer.candle_history import Event, builder, feed
from tests.indexer.candle_stream import (
    build,
    by_stream,
    crash,
    history,
    published,
    put,
    reached,
    run_until,
    service,
    settings,
    value,
)

pytestmark = pytest.mark.usefixtures("small_blocks")


async def test_a_second_builder_takes_over_and_the_first_stops(server: NatsServer) -> None:
    made = history(6)
    half = len(made.events) // 2
    await put(server.url, made.events[:half])
    async with service(server.url) as first:
        work = asyncio.create_task(first.run(asyncio.Event()))
        await asyncio.sleep(1)
        async with service(server.url) as second:
            stop = asyncio.Event()
            other = asyncio.create_task(second.run(stop))
            await put(server.url, made.events[half:])
            with pytest.raises(PeerError, match="took over"):
                await asyncio.wait_for(work, 30)
            await reached(second, len(made.events))
            stop.set()
            await other
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))


async def test_one_that_starts_while_another_stores_its_state_takes_over_all_the_same(server: NatsServer) -> None:
    made = history(22, 10)
    await put(server.url, made.events)
    await build(server.url, len(made.events))
    with capture_logs() as logs:

        async def storing(running: CandleService) -> None:
            while not any("reading it again" in log["event"] for log in logs):
                await running.snapshot()

        async with service(server.url) as first:
            work = asyncio.create_task(storing(first))
            async with service(server.url) as second:
                await asyncio.wait_for(work, 20)
                assert second.position == len(made.events)
                await second.store.still_ours()


async def test_one_that_dies_right_after_its_start_leaves_what_the_streams_are_measured_by(server: NatsServer) -> None:
    made, there = history(24), []
    await put(server.url, made.events)
    await crash(server.url, len(made.events) // 2, candle_snapshot_seconds=3600)
    for _ in range(2):
        async with service(server.url) as running:
            there.append([outlet.there for outlet in running.outlets.values()])
    assert there[0] == there[1]
    assert max(there[0]) > 0


async def test_a_start_is_where_the_stream_begins_or_ends_when_it_lost_some(server: NatsServer) -> None:
    made, metrics = history(23, 10), Metrics()
    await put(server.url, made.events)
    async with await nats.connect(server.url) as client:
        await client.jetstream().purge_stream("dex-swaps", seq=30)
    async with service(server.url, metrics) as running:
        assert running.position == 29
        await run_until(running, len(made.events))
        ahead = running.current()
        ahead.sequence += 50  # the server lost power, and with it what came last
        await running.store.save(ahead, running.parts.fresh(), running.parts.kept())
    assert value(metrics, "candle_messages_lost_total") == 0
    async with service(server.url) as running:
        assert running.position == len(made.events)


async def test_a_snapshot_of_another_stream_is_dropped(server: NatsServer) -> None:
    made = history(8)
    await put(server.url, made.events)
    await build(server.url, len(made.events))
    async with await nats.connect(server.url) as client:
        js = client.jetstream()
        config = (await js.stream_info("dex-swaps")).config
        await js.delete_stream("dex-swaps")
        await js.add_stream(config)
    async with connected(settings(server.url), Metrics()) as connection:
        await jetstream.init(connection)
    for _ in range(2):  # the second time after a crash before a snapshot of the new stream
        async with service(server.url) as running:
            assert (running.position, len(running.builder.ids.counts), running.store.names) == (0, 0, [])


def gives(events: list[Event]) -> bool:
    """Whether the last of them is a marker that gives candles."""
    return len(feed(builder(), events)) > len(feed(builder(), events[:-1]))


async def test_without_its_bucket_it_reads_again_and_publishes_nothing_twice(server: NatsServer) -> None:
    made = history(9)
    half = next(at for at in range(len(made.events) // 2, len(made.events)) if gives(made.events[:at]))
    await put(server.url, made.events[:half])
    await build(server.url, half)
    async with await nats.connect(server.url) as client:
        js = client.jetstream()
        await js.delete_stream("KV_candle-builder")
        for interval in ("1m", "5m", "1h"):
            config = (await js.stream_info(f"dex-candles-{interval}")).config
            await js.update_stream(config, duplicate_window=0.1)
    await asyncio.sleep(0.3)  # the duplicate windows have forgotten what is there
    await put(server.url, made.events[half:])
    await build(server.url, len(made.events))
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))


async def test_a_snapshot_that_cannot_be_read_is_an_error_with_what_to_do(server: NatsServer) -> None:
    made = history(13, 5)
    await put(server.url, made.events)
    async with service(server.url) as running:
        await running.store.save(running.current(), [("main", b"{}")], ())
    with pytest.raises(DataError, match="cannot be read") as caught:
        async with service(server.url):
            pass
    assert "nats kv del" in caught.value.hint
