"""What tests of whole processes share: fast starts, and streams of one's own."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from tests.integration.streams import make_streams
from tests.integration.terminal import end_all


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Children keep their compiled modules in one place: half the start of every one of a hundred processes."""
    before = {name: os.environ.pop(name, None) for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
    os.environ["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.getbasetemp().parent / "bytecode")
    yield
    del os.environ["PYTHONPYCACHEPREFIX"]
    os.environ.update({name: value for name, value in before.items() if value is not None})


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
