"""A stream of made-up swaps, the builder on it, and the candles that came out, on a real server."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice
from typing import Any

import nats

from indexer.candle_service import CandleService
from indexer.candle_start import open_service
from indexer.config import Settings
from indexer.message import INTERVALS, Message, candle_stream
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.indexer.candle_history import Event, History

QUICK = {
    "consumer_batch_seconds": 0.02, "consumer_heartbeat_seconds": 0.5, "consumer_pull_seconds": 5,
    "nats_backoff_seconds": 0.1, "ack_seconds": 2, "candle_snapshot_seconds": 0.5,
}  # fmt: skip


def settings(url: str, **values: Any) -> Settings:
    return Settings(**({"_env_file": None, "nats_url": url} | QUICK | values))


async def put(url: str, events: Iterable[Event]) -> None:
    """Publish them in order, as fast as it goes."""
    async with await nats.connect(url) as client:
        js = client.jetstream(timeout=30, publish_async_max_pending=1000)
        waiting = iter(events)
        while group := list(islice(waiting, 500)):
            messages = [event.message for event in group]
            sent = [
                await js.publish_async(one.subject, one.payload, headers=dict(one.headers), wait_stall=30)
                for one in messages
            ]
            await asyncio.gather(*sent)


@asynccontextmanager
async def service(url: str, metrics: Metrics | None = None, **values: Any) -> AsyncIterator[CandleService]:
    own, metrics = settings(url, **values), metrics or Metrics()
    async with connected(own, metrics) as connection, AsyncExitStack() as stack:
        yield await open_service(connection, own, metrics, stack)


async def build(url: str, until: int, metrics: Metrics | None = None, *, seconds: float = 60, **values: Any) -> None:
    """Run a builder until it has taken in stream sequence ``until``, and let it stop in order."""
    async with service(url, metrics, **values) as running:
        stop = asyncio.Event()
        work = asyncio.create_task(running.run(stop))
        async with asyncio.timeout(seconds):
            while running.position < until and not work.done():
                await asyncio.sleep(0.01)
        stop.set()
        running.consumer.hurry()
        await work


async def published(url: str) -> list[Message]:
    """Every candle in the streams, each stream in its order, read by an ordinary client."""
    found = []
    async with await nats.connect(url) as client:
        js = client.jetstream(timeout=30)
        for interval in INTERVALS:
            state = (await js.stream_info(candle_stream(interval))).state
            for sequence in range(max(1, state.first_seq), state.last_seq + 1):
                one = await js.get_msg(candle_stream(interval), sequence)
                headers = one.headers or {}
                found.append(Message(subject=one.subject or "", id=headers["Nats-Msg-Id"], payload=one.data or b""))
    return found


async def last_sequence(url: str) -> int:
    async with await nats.connect(url) as client:
        return int((await client.jetstream().stream_info("dex-swaps")).state.last_seq)


def history(seed: int, steps: int = 40) -> History:
    made = History(seed)
    made.step(0, 3)
    for index in range(steps):
        made.step(made.dice.choice((1, 20, 61)), made.dice.randrange(6), missed=index % 9 == 5)
        if index % 9 == 8:
            made.repair()
            made.again()
    made.finish()
    return made


def by_stream(messages: list[Message]) -> dict[str, list[tuple[str, bytes]]]:
    found: dict[str, list[tuple[str, bytes]]] = {}
    for one in messages:
        found.setdefault(one.subject, []).append((one.id, one.payload))
    return found


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0


async def crash(url: str, after: int, **values: Any) -> None:
    """Run a builder until it is ``after`` messages in, then drop it where it is: no snapshot, no ack."""
    async with service(url, **values) as running:
        work = asyncio.create_task(running.run(asyncio.Event()))
        until = running.position + after
        while running.position < until and not work.done():
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def reached(running: CandleService, until: int, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while running.position < until:
            await asyncio.sleep(0.01)


async def run_until(running: CandleService, until: int) -> None:
    """Take in messages, and stop at once: no snapshot."""
    work = asyncio.create_task(running.run(asyncio.Event()))
    await reached(running, until)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
