"""How the services of `indexer up` end."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from indexer.board import Board
from indexer.child import spawn
from indexer.embedded import NatsServer
from indexer.errors import PeerError
from indexer.up_services import DATABASE, Service, Services
from tests.indexer.publishing import settings
from tests.integration.streams import make_streams


@asynccontextmanager
async def running(server: NatsServer, tmp_path: Path, code: str) -> AsyncIterator[Services]:
    """Streams in which nothing is unread, and a sink that does what ``code`` says."""
    await make_streams(server.url)
    log = tmp_path / "clickhouse.log"
    log.touch()
    process = spawn([sys.executable, "-c", code], stdout=subprocess.PIPE)
    service = Service(name=DATABASE, process=process, log=log)
    services = Services(settings=settings(server.url), board=Board(), running=[service])
    try:
        yield services
    finally:
        await services.cut_short()


async def test_one_that_is_still_starting_when_it_is_asked_to_stop_ends_well(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with running(nats_server, tmp_path, "import time; time.sleep(600)") as services:
        await services.finish()
        assert services.running[0].process.returncode == -15


async def test_one_that_was_killed_before_it_was_asked_does_not(nats_server: NatsServer, tmp_path: Path) -> None:
    async with running(nats_server, tmp_path, "import os; os.kill(os.getpid(), 15)") as services:
        services.running[0].process.wait()
        with pytest.raises(PeerError, match="the ClickHouse sink ended: killed by SIGTERM"):
            await services.finish()
