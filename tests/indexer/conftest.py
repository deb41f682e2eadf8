"""Fixtures of the indexer's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from tests.indexer.publishing import prepare


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server with the topology, and a duplicate window of a second: exactness must not lean on it."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as running:
        await prepare(running.url)
        yield running
