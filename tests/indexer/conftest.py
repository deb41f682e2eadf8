"""Fixtures of the indexer's tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from indexer import candle_pages
from indexer.embedded import NatsServer
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from tests.indexer.publishing import prepare
from tests.indexer.stored import settings


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server with the topology, and a duplicate window of a second: exactness must not lean on it."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as running:
        await prepare(running.url)
        yield running


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[Connection]:
    """A server that backups are taken from."""
    async with (
        NatsServer(store_dir=tmp_path / "old", sync="2m") as running,
        connected(settings(running.url), Metrics()) as connection,
    ):
        yield connection


@pytest.fixture
async def empty_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server without any stream, for restores."""
    async with NatsServer(store_dir=tmp_path / "new", sync="2m") as running:
        yield running


@pytest.fixture
async def new(empty_server: NatsServer) -> AsyncIterator[Connection]:
    """A connection to the empty server."""
    async with connected(settings(empty_server.url), Metrics()) as connection:
        yield connection


@pytest.fixture(scope="module")
def small_blocks() -> Iterator[None]:
    """Pages of a few candles are of several blocks, so that what they do comes in slices, as in pages of thousands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candle_pages, "BLOCK_CANDLES", 2)
        yield
