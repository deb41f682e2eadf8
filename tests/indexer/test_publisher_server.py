"""Exactly once with a server that fails: lost answers, kills, silence, lost and new streams."""

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import nats
import pytest

from indexer import jetstream
from indexer.embedded import NatsServer
from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import call
from indexer.message import DEAD_STREAM, SLOTS, STREAM, SWAPS, Message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.publisher import Outcome, Overtaken, Published, Rewound
from tests.indexer.publishing import GENESIS, check, entries, held, prepare, publish, run, writer


async def test_a_batch_whose_answer_is_lost_is_found_and_not_sent_again(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        connection = publisher._connection
        connection.ask = losing(connection, lost=2)  # type: ignore[method-assign]
        assert await publish(publisher, 1, 5) == Published(sequence=6, duplicates=0)
        assert await publish(publisher, 2, 5) == Published(sequence=12, duplicates=0)
    check(await entries(server.url), {1: 5, 2: 5})


async def test_a_slot_whose_answer_is_lost_is_ours_though_others_went_on(server: NatsServer) -> None:
    async with writer(server.url) as publisher, writer(server.url) as other:
        ask, went_on = publisher._connection.ask, list[Outcome]()

        async def asked(subject: str, *args: Any, **options: Any) -> Any:
            answer = await ask(subject, *args, **options)
            if subject != SLOTS or went_on:
                return answer
            went_on.extend([await publish(other, 2, 5), await publish(other, 3, 5)])
            raise TransientError("no answer")

        publisher._connection.ask = asked  # type: ignore[method-assign]
        assert await publish(publisher, 1, 5) == Published(sequence=18, duplicates=0)
        assert isinstance(await publish(publisher, 2, 5), Overtaken)
        assert all(isinstance(one, Published) for one in went_on)
    check(await entries(server.url), {1: 5, 2: 5, 3: 5})


def losing(connection: Connection, *, lost: int) -> Any:
    """``ask`` on a network that swallows the first ``lost`` answers to published slots."""
    ask = connection.ask

    async def asked(subject: str, *args: Any, **options: Any) -> Any:
        nonlocal lost
        answer = await ask(subject, *args, **options)
        if subject == SLOTS and lost:
            lost -= 1
            raise TransientError("no answer")
        return answer

    return asked


async def test_kills_of_the_server_lose_nothing_and_store_nothing_twice(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="always") as server:
        await prepare(server.url)
        async with writer(server.url) as publisher:
            work = asyncio.create_task(run(publisher, 150, 3))
            for _ in range(3):
                await asyncio.sleep(0.1)
                await server.kill()
                await server.start()
            assert (await work)["Published"] == 150
        check(await entries(server.url), {slot: slot % 7 for slot in range(1, 151)})


@pytest.mark.parametrize("refilled", [False, True])
async def test_a_server_that_lost_acknowledged_slots_is_noticed(tmp_path: Path, *, refilled: bool) -> None:
    """A power cut without sync: the store is older than what was acknowledged; foreign messages may even fill it up."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="always") as server:
        await prepare(server.url)
        async with writer(server.url) as publisher:
            await run(publisher, 5, 1)
            await server.kill()
            shutil.copytree(tmp_path / "nats" / "jetstream", tmp_path / "old")
            await server.start()
            await run(publisher, 9, 1, first=6)
            had = (await publisher.position()).sequence
            await server.kill()
            shutil.rmtree(tmp_path / "nats" / "jetstream")
            (tmp_path / "old").rename(tmp_path / "nats" / "jetstream")
            await server.start()
            if refilled:
                await fill(server.url, had)
            await reconnected(publisher._connection, 3)
            with pytest.raises(Rewound, match="it ends at 5, and had 9"):
                await publish(publisher, 10, 3)
            assert (await publisher.position()).slot == 5
            await run(publisher, 10, 1, first=6)
        check(await entries(server.url), {slot: slot % 7 for slot in range(1, 11)})


async def reconnected(connection: Connection, generation: int) -> None:
    async with asyncio.timeout(30):
        while connection.generation < generation:
            await asyncio.sleep(0.01)


async def fill(url: str, sequence: int) -> None:
    async with await nats.connect(url) as client:
        while (await client.jetstream().publish(SWAPS, b"noise")).seq < sequence:
            pass


async def test_a_server_that_stops_answering_for_a_while(server: NatsServer) -> None:
    """The batch waits in its socket; when it goes on, that batch and our next tries race, and one wins."""
    metrics = Metrics()
    async with writer(server.url, metrics, ack_seconds=0.2) as publisher:
        await publish(publisher, 1, 3)
        os.kill(server.pid, signal.SIGSTOP)
        late = asyncio.create_task(run(publisher, 20, 1, first=2))
        await held(metrics)
        await asyncio.sleep(0.7)
        os.kill(server.pid, signal.SIGCONT)
        assert (await late)["Published"] == 19
    check(await entries(server.url), {slot: slot % 7 for slot in range(1, 21)} | {1: 3})


async def test_a_stream_made_anew_begins_a_new_epoch(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        await publish(publisher, 1, 3)
        await call(publisher._connection, f"STREAM.DELETE.{STREAM}", seconds=30)
        late = asyncio.create_task(publish(publisher, 2, 3))
        await asyncio.sleep(0.1)
        assert not late.done()
        await jetstream.init(publisher._connection)
        assert await late == Published(sequence=4, duplicates=0)
        info = await call(publisher._connection, f"STREAM.INFO.{STREAM}", seconds=30)
    found = await entries(server.url)
    check(found, {2: 3})
    assert found[-1].data["stream_created"] == info["created"]
    assert info["config"]["metadata"]["genesis_hash"] == GENESIS


async def test_a_stream_that_stays_away_stops_the_process(server: NatsServer) -> None:
    async with writer(server.url, nats_connect_seconds=0.3) as publisher:
        await call(publisher._connection, f"STREAM.DELETE.{STREAM}", seconds=30)
        with pytest.raises(PeerError, match="stream dex-swaps does not exist") as caught:
            await publish(publisher, 1, 1)
    assert "indexer jetstream init" in caught.value.hint


async def test_a_missing_stream_of_dead_letters_stops_the_process(server: NatsServer) -> None:
    letter = Message(subject="dex.sol.dead.x", id="501:1:sig:0:dead", payload=b"{}")
    async with writer(server.url, nats_connect_seconds=0.3) as publisher:
        await call(publisher._connection, f"STREAM.DELETE.{DEAD_STREAM}", seconds=30)
        with pytest.raises(PeerError, match="stream dex-dead does not exist"):
            await publisher.publish_dead([letter])
