"""What tests of whole processes share: nothing left running, and streams of one's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from tests.integration.sinking import make_tables
from tests.integration.streams import make_streams
from tests.integration.terminal import end_all


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
async def stream(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A real nats-server with empty streams."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as server:
        await make_streams(server.url)
        yield server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `make_tables` keeps what it copies."""
    return tmp_path_factory.mktemp("template") / "clickhouse"


@pytest.fixture
async def tables(tmp_path: Path, template: Path) -> Path:
    """The directory of a sink in the test's folder, with its tables and nothing in them."""
    return await make_tables(tmp_path, template)
