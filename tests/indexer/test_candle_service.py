"""The builder on a real server: what it publishes, acks, counts and passes over."""

import asyncio
from typing import Any

import nats
import pytest
from structlog.testing import capture_logs

from indexer.embedded import NatsServer
from indexer.errors import DataError, PeerError, TransientError
from indexer.metrics import Metrics
from tests.indexer.candle_history import History, builder, feed
from tests.indexer.candle_stream import (
    build,
    by_stream,
    history,
    published,
    put,
    reached,
    run_until,
    service,
    value,
)

pytestmark = pytest.mark.usefixtures("small_blocks")


async def test_what_is_published_is_what_the_computation_gives(server: NatsServer) -> None:
    made, metrics = history(1), Metrics()
    await put(server.url, made.events)
    await build(server.url, len(made.events), metrics)
    expected = feed(builder(), made.events)
    assert by_stream(await published(server.url)) == by_stream(expected)
    assert sum(value(metrics, "candles_total", interval=one) for one in ("1m", "5m", "1h")) == len(expected)
    assert value(metrics, "candle_swaps_total", outcome="again") > 0
    assert value(metrics, "candle_kept", of="candles") > 0


async def test_everything_is_acked_after_the_snapshot_and_nothing_before(server: NatsServer) -> None:
    made = history(2)
    await put(server.url, made.events)
    async with service(server.url, candle_snapshot_seconds=3600) as running:
        stop = asyncio.Event()
        work = asyncio.create_task(running.run(stop))
        while running.position < len(made.events):
            await asyncio.sleep(0.01)
        state = await running.consumer.state()
        assert (state.acked_sequence, state.ack_pending) == (0, len(made.events))
        stop.set()
        await work
        assert (await running.consumer.state()).acked_sequence == len(made.events)
        assert set(dict(running.parts.fresh())) == {"main"}


async def test_an_old_part_that_is_damaged_stops_it_with_what_to_do(server: NatsServer) -> None:
    made = History(15)
    made.step(0, 0)
    made.step(10, 4, missed=True)
    for _ in range(5):
        made.step(61, 3)
    await put(server.url, made.events)
    await build(server.url, len(made.events))
    async with await nats.connect(server.url) as client:
        made.repair()
        await put(server.url, made.events[-5:])
        async with service(server.url, candle_snapshot_seconds=3600) as running:
            for part in running.store._parts.values():
                subject = f"$KV.candle-builder.{part[0]}"
                await client.jetstream().purge_stream("KV_candle-builder", subject=subject)
            with pytest.raises(DataError, match=r"not whole: (ids|page)\.") as caught:
                await asyncio.wait_for(running.run(asyncio.Event()), 20)
    assert "nats kv del" in caught.value.hint


async def test_messages_the_stream_dropped_unread_are_counted_and_make_candles_incomplete(server: NatsServer) -> None:
    made, metrics = history(10), Metrics()
    half = len(made.events) // 2
    await put(server.url, made.events[:half])
    await build(server.url, half)
    await put(server.url, made.events[half:])
    async with await nats.connect(server.url) as client:
        await client.jetstream().purge_stream("dex-swaps", seq=half + 30)
    await build(server.url, len(made.events), metrics)
    assert value(metrics, "candle_messages_lost_total") == 29


async def test_garbage_in_the_stream_is_counted_and_passed_over(server: NatsServer) -> None:
    made, metrics = history(11), Metrics()
    async with await nats.connect(server.url) as client:
        for subject in ("dex.sol.swaps", "dex.sol.slots", "dex.sol.slots.repair"):
            await client.jetstream().publish(subject, b"?")
    await put(server.url, made.events)
    await build(server.url, len(made.events) + 3, metrics)
    assert value(metrics, "candle_swaps_total", outcome="unreadable") == 3
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))


async def test_a_repair_of_windows_no_longer_kept_is_counted_and_said(server: NatsServer) -> None:
    made, metrics = History(12), Metrics()
    made.step(0, 0)
    made.step(10, 4, missed=True)
    for _ in range(80):
        made.step(61, 1)
    made.repair()
    made.finish()
    await put(server.url, made.events)
    with capture_logs() as logs:
        await build(server.url, len(made.events), metrics, candle_kept_hours=1)
    assert value(metrics, "candle_swaps_total", outcome="late") == 4
    assert [log["swaps"] for log in logs if "no longer kept" in log["event"]] == [4]


async def test_messages_that_always_go_to_another_reader_end_it_with_what_to_do(server: NatsServer) -> None:
    async with service(server.url) as running:
        for _ in range(2):  # a snapshot between: as many again
            await running.snapshot()
            for _ in range(20):
                await running._rewind()
        with pytest.raises(PeerError, match="go to another reader too"):
            await running._rewind()


async def test_set_back_it_is_at_its_snapshot_and_has_acked_nothing_after_it(server: NatsServer) -> None:
    made = history(16)
    half, end = len(made.events) // 2, len(made.events)
    await put(server.url, made.events[:half])
    async with service(server.url, candle_snapshot_seconds=3600) as running:
        await run_until(running, half)
        await running.snapshot()
        await put(server.url, made.events[half:])
        await run_until(running, end)
        assert len(running.unacked) == end - half
        await running._rewind()
        assert ((await running.consumer.state()).acked_sequence, running.unacked) == (half, [])
        again = await running.consumer.fetch(wait_seconds=20)
        assert again[0].sequence == half + 1


async def test_a_message_that_is_passed_over_is_asked_for_again(server: NatsServer) -> None:
    made, metrics = history(17), Metrics()
    await put(server.url, made.events)
    async with service(server.url, metrics, candle_snapshot_seconds=3600) as running:
        batch = await running.consumer.fetch(wait_seconds=20)
        await running._work(batch[:3] + batch[4:])
        assert (running.position, running.consumer.unread, running.unacked) == (3, 0, [])
        stop = asyncio.Event()
        work = asyncio.create_task(running.run(stop))
        await reached(running, len(made.events))
        stop.set()
        await work
    assert value(metrics, "candle_messages_lost_total") == 0
    assert by_stream(await published(server.url)) == by_stream(feed(builder(), made.events))


async def test_one_that_was_taken_over_from_does_not_set_the_consumer_back(server: NatsServer) -> None:
    made = history(18, 10)
    await put(server.url, made.events)
    async with service(server.url, candle_snapshot_seconds=3600) as first, service(server.url) as second:
        await run_until(second, len(made.events))
        await second.snapshot()
        with pytest.raises(PeerError, match="took over"):
            await first._rewind()
        assert (await second.consumer.state()).acked_sequence == len(made.events)


async def test_a_snapshot_that_cannot_be_stored_acks_nothing(server: NatsServer) -> None:
    made = history(19, 10)
    await put(server.url, made.events)
    async with service(server.url, candle_snapshot_seconds=3600) as running, await nats.connect(server.url) as client:
        await run_until(running, len(made.events))
        await client.jetstream().delete_stream("KV_candle-builder")
        with pytest.raises(TransientError):
            await running.snapshot()
        state = await running.consumer.state()
        assert (state.acked_sequence, len(running.unacked)) == (0, len(made.events))


async def test_a_snapshot_is_due_by_messages_and_before_the_consumer_may_hold_no_more(server: NatsServer) -> None:
    made = history(21)
    await put(server.url, made.events)
    batch: dict[str, Any] = {"consumer_batch_messages": 10, "candle_snapshot_seconds": 3600}
    async with service(server.url, candle_snapshot_messages=20, **batch) as running:
        await run_until(running, len(made.events))
        assert running.snapshot_position >= len(made.events) - 30
    async with service(server.url, candle_snapshot_messages=10**9, **batch) as running:
        assert running.at_most == (await running.consumer.state()).config["max_ack_pending"] - 20
