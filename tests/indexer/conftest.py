"""Fixtures of the indexer's tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from indexer import candle_pages
from indexer.embedded import NatsServer
from tests.indexer.publishing import prepare


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server with the topology, and a duplicate window of a second: exactness must not lean on it."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as running:
        await prepare(running.url)
        yield running


@pytest.fixture(scope="module")
def small_blocks() -> Iterator[None]:
    """Pages of a few candles are of several blocks, so that what they do comes in slices, as in pages of thousands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candle_pages, "BLOCK_CANDLES", 2)
        yield
