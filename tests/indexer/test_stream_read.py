"""A real server is asked where its streams and consumers stand."""

import asyncio
from typing import Any

import pytest

from indexer import jetstream
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.stream_outlook import lag_seconds
from indexer.stream_read import next_unread, read_account, read_state, read_stream
from indexer.stream_state import ConsumerState, JetStreamState

SECONDS = 30.0


def connect(server: NatsServer) -> Any:
    return connected(Settings(_env_file=None, nats_url=server.url), Metrics())  # type: ignore[call-arg]


async def consumer(nats: Connection, name: str) -> ConsumerState:
    state = await read_state(nats, seconds=SECONDS, only=["dex-swaps"])
    return next(one for one in state.consumers if one.name == name)


async def test_what_is_published_and_acked_is_seen(nats_server: NatsServer) -> None:
    async with connect(nats_server) as nats:
        await jetstream.init(nats)
        js = nats.jetstream()
        for number in range(10):
            await js.publish("dex.sol.slots" if number % 5 == 4 else "dex.sol.swaps", b"x" * 100)
        fetch = await js.pull_subscribe("dex.sol.swaps", durable="api-query", stream="dex-swaps")
        messages = await fetch.fetch(6, timeout=30)
        for message in messages[:5]:  # sequences 1 to 4 and 6; 5 is a marker
            await message.ack_sync(timeout=30)
        swaps = await read_stream(nats, "dex-swaps", seconds=SECONDS)
        reader = await consumer(nats, "api-query")
        unread = await next_unread(nats, reader, seconds=SECONDS)
        idle = await next_unread(nats, await consumer(nats, "candle-builder"), seconds=SECONDS)
        for message in messages[5:] + await fetch.fetch(2, timeout=30):
            await message.ack_sync(timeout=30)
        done = await next_unread(nats, await consumer(nats, "api-query"), seconds=SECONDS)
        account = await read_account(nats, seconds=SECONDS)
    assert swaps is not None
    assert (swaps.messages, swaps.first_sequence, swaps.last_sequence) == (10, 1, 10)
    assert swaps.config["name"] == "dex-swaps"
    assert (reader.pending, reader.ack_pending, reader.unread, reader.acked_sequence) == (2, 1, 3, 6)
    assert unread is not None
    assert unread.sequence == 7
    assert 0 < lag_seconds(reader, unread) < 60
    assert idle is not None
    assert idle.sequence == 1
    assert done is None
    assert account.stored_bytes == pytest.approx(swaps.bytes)
    assert account.max_stored_bytes is None


async def test_everything_is_listed_over_all_pages(nats_server: NatsServer) -> None:
    """The server gives 256 at a time."""
    names = [f"s{number:03}" for number in range(300)]
    async with connect(nats_server) as nats:
        for some in (names[:150], names[150:]):
            await asyncio.gather(*(
                call(nats, f"STREAM.CREATE.{name}", {"name": name, "subjects": [name], "storage": "memory"}, seconds=20)
                for name in some
            ))  # fmt: skip
        for number in range(270):
            config = {"durable_name": f"c{number:03}", "ack_policy": "explicit"}
            body = {"stream_name": "s007", "config": config}
            await call(nats, f"CONSUMER.CREATE.s007.c{number:03}", body, seconds=20)
        state: JetStreamState = await read_state(nats, seconds=20, only=["s007", "s299", "nowhere"])
        everything = await read_state(nats, seconds=20)
    assert [stream.name for stream in everything.streams] == names
    assert [stream.name for stream in state.streams] == ["s007", "s299"]
    assert [one.name for one in state.consumers] == [f"c{number:03}" for number in range(270)]
    assert state.silent == ()


async def test_a_stream_that_is_not_there_is_none(nats_server: NatsServer) -> None:
    async with connect(nats_server) as nats:
        assert await read_stream(nats, "dex-swaps", seconds=SECONDS) is None
        assert (await read_state(nats, seconds=SECONDS)).streams == ()
