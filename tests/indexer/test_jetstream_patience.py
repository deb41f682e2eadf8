"""A cluster without a majority, and with one again: who starts meanwhile waits, and says in the end why in vain."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from indexer.candle_start import open_service
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.errors import PeerError, TransientError
from indexer.jetstream import init
from indexer.jetstream_api import ApiError
from indexer.jetstream_patience import patiently
from indexer.jetstream_require import require_streams
from indexer.message import DEAD_STREAM, STREAM
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from tests.chaos.cluster import cluster, leader

TOPOLOGY = Path(__file__).parents[2] / "deploy" / "jetstream"


def own(url: str) -> Settings:
    return Settings(_env_file=None, nats_url=url, nats_connect_seconds=120, ack_seconds=2)  # type: ignore[call-arg]


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[NatsServer]]:
    async with cluster(tmp_path) as servers:
        yield servers


async def test_a_start_waits_for_a_majority(nodes: list[NatsServer]) -> None:
    async with connected(own(",".join(node.url for node in nodes)), Metrics()) as connection:
        await init(connection, directory=TOPOLOGY, replicas=3, seconds=120)
    left = await leads_neither(nodes)
    lost = [node for node in nodes if node is not left]
    settings = own(left.url)
    async with connected(settings, Metrics()) as connection, AsyncExitStack() as stack:
        await asyncio.gather(*(node.kill() for node in lost))
        with pytest.raises(PeerError) as caught:
            await require_streams(connection, seconds=0.5)
        assert "a cluster without a leader?" in caught.value.hint
        starts = [
            asyncio.create_task(require_streams(connection, seconds=120)),
            asyncio.create_task(candles(connection, settings, stack)),
        ]
        done, _ = await asyncio.wait(starts, timeout=3)
        assert not done
        await asyncio.gather(*(node.start() for node in lost))
        await asyncio.gather(*starts)


async def leads_neither(nodes: list[NatsServer]) -> NatsServer:
    """A node that leads neither stream: one that does answers for it without a majority too, for minutes."""
    async with asyncio.timeout(120):
        while None in (leaders := [await leader(nodes, stream) for stream in (STREAM, DEAD_STREAM)]):
            await asyncio.sleep(0.2)
    return next(node for node in nodes if node not in leaders)


async def candles(connection: Connection, settings: Settings, stack: AsyncExitStack) -> None:
    service = await open_service(connection, settings, Metrics(), stack)
    assert service.position == 0


def answers(*these: Exception | str) -> Callable[[], Awaitable[str]]:
    left = iter(these)

    async def ask() -> str:
        one = next(left)
        if isinstance(one, Exception):
            raise one
        return one

    return ask


async def test_no_answer_and_no_leader_pass() -> None:
    ask = answers(TransientError("no answer"), ApiError(10008, "temporarily unavailable"), "there")
    assert await patiently(ask) == "there"


async def test_the_last_failure_is_said_after_the_time() -> None:
    with pytest.raises(PeerError, match="no answer on A"):
        await patiently(answers(TransientError("no answer on A"), "there"), seconds=0)


async def test_a_refusal_is_not_asked_again() -> None:
    with pytest.raises(PeerError, match=r"no such key \(10025\)"):
        await patiently(answers(ApiError(10025, "no such key"), "there"))
