"""Ports and clusters of real servers for tests."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from indexer.embedded import NatsServer
from tests.chaos.cluster import cluster as chaos_cluster

MONITORED = 'http: "127.0.0.1:-1"\n'


def monitoring_of(server: NatsServer) -> str:
    """The monitoring address of a server that was started with ``MONITORED``."""
    (path,) = (server.store_dir / "ports").glob("*.ports")
    return str(json.loads(path.read_text())["monitoring"][0])


@asynccontextmanager
async def cluster(folder: Path, size: int = 3) -> AsyncIterator[list[NatsServer]]:
    """A cluster of real servers with monitoring, each with a store in ``folder``."""
    async with chaos_cluster(folder, nodes=size, extra=MONITORED) as servers:
        yield servers
