"""Ports and clusters of real servers for tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats

from indexer.embedded import NatsServer
from tests.chaos.cluster import cluster as chaos_cluster

_MEET_SECONDS = 60
MONITORED = 'http: "127.0.0.1:-1"\n'


def monitoring_of(server: NatsServer) -> str:
    """The monitoring address of a server that was started with ``MONITORED``."""
    (path,) = (server.store_dir / "ports").glob("*.ports")
    return str(json.loads(path.read_text())["monitoring"][0])


@asynccontextmanager
async def cluster(folder: Path, size: int = 3) -> AsyncIterator[list[NatsServer]]:
    """A cluster of real servers with monitoring that have met, each with a store in ``folder``."""
    async with chaos_cluster(folder, nodes=size, extra=MONITORED) as servers:
        async with asyncio.timeout(_MEET_SECONDS):
            for server in servers:
                while not await _knows(server, size):
                    await asyncio.sleep(0.02)
        yield servers


async def _knows(server: NatsServer, size: int) -> bool:
    """Whether who connects is told of all the others."""
    client = await nats.connect(server.url)
    try:
        return len(client.servers) == size
    finally:
        await client.close()
