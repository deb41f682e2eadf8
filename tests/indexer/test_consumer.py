"""The pull loop against real servers: in order, kept alive, and never silent."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from indexer.embedded import NatsServer
from indexer.errors import PeerError, TransientError, UsageError
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.indexer.pulling import SECOND, bodies, drained, prepare, publish, reading, settings


async def test_batches_come_in_order_with_all_that_is_known_of_a_message(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    await publish(nats_server, "a", "b", headers={"Dex-Mode": "repair"})
    async with reading(nats_server) as (_, consumer):
        first, second = await consumer.fetch()
        assert (first.sequence, second.sequence, first.order, first.deliveries) == (1, 2, 1, 1)
        assert (first.subject, first.headers, first.payload) == ("s", {"Dex-Mode": "repair"}, b"a")
        assert first.pending >= second.pending == 0
        assert consumer.unacked == 2
        await consumer.ack([first, second], confirmed=True)
        state = await consumer.state()
        assert (state.ack_pending, state.acked_sequence, consumer.unacked) == (0, 2, 0)
        assert await consumer.fetch(wait_seconds=0.1) == []


async def test_a_batch_ends_at_its_number_and_at_its_bytes(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    await publish(nats_server, *("x" * 100 for _ in range(10)))
    async with reading(nats_server, consumer_batch_messages=4) as (_, consumer):
        sizes = [len(await consumer.fetch()) for _ in range(3)]
        assert sizes == [4, 4, 2]
    async with reading(nats_server, consumer_batch_bytes=600) as (_, consumer):
        await consumer.rewind(1)
        assert len(await consumer.fetch()) < 10
        assert consumer.unacked < 10


async def test_a_message_larger_than_a_pull_is_an_error_with_the_setting_in_it(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    await publish(nats_server, "x" * 2000)
    async with reading(nats_server, consumer_batch_bytes=1000) as (_, consumer):
        with pytest.raises(UsageError, match="larger than 1000 bytes"):
            await asyncio.wait_for(consumer.fetch(), 60)


async def test_nothing_is_taken_before_the_first_fetch_and_one_pull_ahead_after_it(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    await publish(nats_server, *map(str, range(10)))
    async with reading(nats_server, consumer_batch_messages=2) as (_, consumer):
        await asyncio.sleep(0.2)
        assert (await consumer.state()).ack_pending == 0
        await consumer.fetch()
        async with asyncio.timeout(30):
            while (await consumer.state()).ack_pending < 4:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert (await consumer.state()).ack_pending == 4


@pytest.mark.parametrize("texts", [(), ("a", "b")])
async def test_in_a_hurry_it_waits_neither_for_a_first_message_nor_for_a_full_batch(
    nats_server: NatsServer, texts: tuple[str, ...]
) -> None:
    await prepare(nats_server)
    await publish(nats_server, *texts)
    async with reading(nats_server, consumer_batch_seconds=3600) as (_, consumer):
        fetching = asyncio.create_task(consumer.fetch())
        while consumer.unread < len(texts) or not (await consumer.state()).waiting:
            await asyncio.sleep(0.01)
        consumer.hurry()
        assert bodies(await asyncio.wait_for(fetching, 30)) == list(texts)


async def test_a_worker_slower_than_the_ack_wait_keeps_its_messages(nats_server: NatsServer) -> None:
    await prepare(nats_server, ack_wait=3 * SECOND)
    await publish(nats_server, "a", "b", "c")
    async with reading(nats_server, consumer_batch_messages=2) as (_, consumer):
        batch = await consumer.fetch()
        await asyncio.sleep(7)
        state = await consumer.state()
        assert (state.redelivered, state.ack_pending) == (0, 3)
        await consumer.ack(batch, confirmed=True)
        assert bodies(await consumer.fetch()) == ["c"]


async def test_what_is_held_too_long_is_delivered_again(nats_server: NatsServer) -> None:
    await prepare(nats_server, ack_wait=SECOND)
    await publish(nats_server, "a")
    async with reading(nats_server, consumer_held_seconds=1) as (_, consumer):
        await consumer.fetch()
        (again,) = await asyncio.wait_for(consumer.fetch(), 60)
        assert (again.sequence, again.deliveries) == (1, 2)


async def test_what_a_dead_worker_had_comes_again(nats_server: NatsServer) -> None:
    await prepare(nats_server, ack_wait=SECOND)
    await publish(nats_server, "a", "b")
    metrics = Metrics()
    async with reading(nats_server) as (_, consumer):
        await consumer.fetch()
    async with reading(nats_server, metrics) as (_, consumer):
        batch = await asyncio.wait_for(consumer.fetch(), 60)
        assert min(one.deliveries for one in batch) > 1
        await consumer.ack(batch)
    labels = {"stream": "s", "consumer": "d", "delivery": "again"}
    assert metrics.registry.get_sample_value("indexer_consumed_total", labels) == len(batch)


async def test_rewinding_brings_everything_again_at_once_and_in_order(nats_server: NatsServer) -> None:
    await prepare(nats_server, ack_wait=60 * SECOND)
    await publish(nats_server, *"abcdef")
    async with reading(nats_server, consumer_batch_messages=2) as (_, consumer):
        await consumer.ack(await consumer.fetch(), confirmed=True)
        await consumer.fetch()
        await consumer.rewind(3)
        assert await drained(consumer, 4, 50) == list("cdef")


async def test_the_next_batch_is_on_its_way_while_one_is_worked_on(nats_server: NatsServer) -> None:
    """The server's last words on a pull come when the next one is asked already, and are not about that."""
    await prepare(nats_server)
    await publish(nats_server, *map(str, range(12)))
    async with reading(nats_server, consumer_batch_messages=2) as (_, consumer):
        for first in range(0, 10, 2):
            assert bodies(await consumer.fetch()) == [str(first), str(first + 1)]
            async with asyncio.timeout(30):
                while consumer.unread < 2:
                    await asyncio.sleep(0.01)
            assert (await consumer.state()).ack_pending == first + 4


async def test_asked_again_it_comes_again(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    await publish(nats_server, "a")
    async with reading(nats_server) as (_, consumer):
        await consumer.again(await consumer.fetch(), delay_seconds=0.2)
        (again,) = await asyncio.wait_for(consumer.fetch(), 60)
        assert again.deliveries == 2


async def test_a_server_killed_and_started_again_loses_nothing(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    await publish(nats_server, *map(str, range(20)))
    async with reading(nats_server, consumer_batch_messages=5) as (_, consumer):
        first = await consumer.fetch()
        found = set(bodies(first))
        waiting = asyncio.create_task(consumer.fetch())
        await nats_server.kill()
        await asyncio.sleep(0.5)
        await nats_server.start()
        found |= set(bodies(await asyncio.wait_for(waiting, 60)))
        await publish(nats_server, *map(str, range(20, 30)))
        async with asyncio.timeout(60):
            while len(found) < 30:
                batch = await consumer.fetch()
                found |= set(bodies(batch))
                with suppress(TransientError):
                    await consumer.ack(batch, confirmed=True)
    assert found == set(map(str, range(30)))


async def test_an_idle_pull_survives_restarts_of_the_server(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    async with reading(nats_server) as (_, consumer):
        for text in "ab":
            waiting = asyncio.create_task(consumer.fetch())
            await asyncio.sleep(0.2)
            await nats_server.kill()
            await nats_server.start()
            await publish(nats_server, text)
            assert bodies(await asyncio.wait_for(waiting, 60)) == [text]


@pytest.mark.parametrize("what", ["consumer", "stream"])
async def test_what_does_not_exist_is_said_with_the_command_that_makes_it(nats_server: NatsServer, what: str) -> None:
    await prepare(nats_server)
    async with connected(settings(nats_server), Metrics()) as nats:
        await call(nats, "CONSUMER.DELETE.s.d" if what == "consumer" else "STREAM.DELETE.s", seconds=30)
    with pytest.raises(PeerError, match="does not exist") as caught:
        async with reading(nats_server):
            pass
    assert "indexer jetstream init" in caught.value.hint


@pytest.mark.parametrize("busy", [True, False])
async def test_a_consumer_deleted_under_us_is_an_error_not_a_silence(nats_server: NatsServer, *, busy: bool) -> None:
    await prepare(nats_server)
    async with reading(nats_server) as (nats, consumer):
        if busy:
            await publish(nats_server, "a")
            await consumer.fetch()
        waiting = asyncio.create_task(consumer.fetch())
        await asyncio.sleep(0.2)
        await call(nats, "CONSUMER.DELETE.s.d", seconds=30)
        with pytest.raises(PeerError, match="consumer s d does not exist"):
            await asyncio.wait_for(waiting, 60)


async def test_a_pull_nobody_answers_is_made_anew(nats_server: NatsServer) -> None:
    """The server forgot the request: here because the subscription that should have brought its answers is lost."""
    await prepare(nats_server)
    metrics = Metrics()
    async with reading(nats_server, metrics, consumer_stalled_seconds=30) as (nats, consumer):
        waiting = asyncio.create_task(consumer.fetch())
        await asyncio.sleep(0.2)
        assert consumer._inbox is not None
        await nats._send_unsubscribe(consumer._inbox._id)
        await asyncio.sleep(0.2)
        await publish(nats_server, "a")
        assert bodies(await asyncio.wait_for(waiting, 60)) == ["a"]
    labels = {"stream": "s", "consumer": "d", "reason": "silent"}
    assert (metrics.registry.get_sample_value("indexer_pulls_renewed_total", labels) or 0) >= 1


async def test_heartbeats_that_bring_none_of_the_unread_messages_are_a_stall(nats_server: NatsServer) -> None:
    """A paused consumer beats and brings nothing, which is what a server that lost track of its messages looks like."""
    await prepare(nats_server)
    await publish(nats_server, "a")
    metrics = Metrics()
    async with reading(nats_server, metrics) as (nats, consumer):
        pause = {"pause_until": "2999-01-01T00:00:00Z"}
        await call(nats, "CONSUMER.PAUSE.s.d", pause, seconds=30)
        generation = nats.generation
        waiting = asyncio.create_task(consumer.fetch())
        async with asyncio.timeout(60):
            while nats.generation == generation:
                await asyncio.sleep(0.1)
        await call(nats, "CONSUMER.PAUSE.s.d", {}, seconds=30)
        assert bodies(await asyncio.wait_for(waiting, 60)) == ["a"]
    labels = {"stream": "s", "consumer": "d", "reason": "stalled"}
    assert (metrics.registry.get_sample_value("indexer_pulls_renewed_total", labels) or 0) >= 2


async def test_a_frozen_server_is_noticed_and_the_loop_goes_on_when_it_wakes(nats_server: NatsServer) -> None:
    await prepare(nats_server)
    metrics = Metrics()
    async with reading(nats_server, metrics) as (_, consumer):
        waiting = asyncio.create_task(consumer.fetch())
        await asyncio.sleep(0.2)
        os.kill(nats_server.pid, signal.SIGSTOP)
        await asyncio.sleep(3)
        os.kill(nats_server.pid, signal.SIGCONT)
        await publish(nats_server, "a")
        assert bodies(await asyncio.wait_for(waiting, 60)) == ["a"]
