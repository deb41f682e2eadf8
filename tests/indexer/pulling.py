"""A stream of short texts with one durable consumer, and a reader of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nats import connect

from indexer.config import Settings
from indexer.consumer import PullConsumer
from indexer.deliveries import Delivery
from indexer.embedded import NatsServer
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected

SECOND = 10**9
QUICK = {
    "consumer_batch_seconds": 0.05,
    "consumer_pull_seconds": 5,
    "consumer_heartbeat_seconds": 0.5,
    "consumer_stalled_seconds": 1,
    "nats_backoff_seconds": 0.1,
    "ack_seconds": 2,
}


def settings(server: NatsServer, **values: Any) -> Settings:
    return Settings(**({"_env_file": None, "nats_url": server.url} | QUICK | values))


@asynccontextmanager
async def reading(
    server: NatsServer, metrics: Metrics | None = None, **values: Any
) -> AsyncIterator[tuple[Connection, PullConsumer]]:
    own, metrics = settings(server, **values), metrics or Metrics()
    async with connected(own, metrics) as nats, PullConsumer(nats, own, metrics, stream="s", durable="d") as consumer:
        yield nats, consumer


async def prepare(server: NatsServer, **config: Any) -> None:
    async with connected(settings(server), Metrics()) as nats:
        stream = {"name": "s", "subjects": ["s"], "storage": "file", "retention": "limits"}
        await call(nats, "STREAM.CREATE.s", stream, seconds=30)
        await make_consumer(nats, **config)


async def make_consumer(nats: Connection, **config: Any) -> None:
    wanted = {"durable_name": "d", "ack_policy": "explicit", "ack_wait": 2 * SECOND, "max_ack_pending": 1000} | config
    await call(nats, "CONSUMER.CREATE.s.d", {"stream_name": "s", "config": wanted}, seconds=30)


async def publish(server: NatsServer, *texts: str, headers: dict[str, str] | None = None) -> None:
    async with await connect(server.url) as client:
        for text in texts:
            await client.jetstream().publish("s", text.encode(), headers=headers)


def bodies(batch: list[Delivery]) -> list[str]:
    return [one.payload.decode() for one in batch]


async def drained(consumer: PullConsumer, count: int, seconds: float = 30) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(seconds):
        while len(found) < count:
            batch = await consumer.fetch()
            found += bodies(batch)
            await consumer.ack(batch, confirmed=True)
    return found
