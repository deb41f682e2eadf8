"""Ways into a server and the two ends they may have."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from indexer.config import Settings
from indexer.errors import FatalError
from indexer.metrics import Metrics
from indexer.nats_connection import connect

SECRET = "hunter2"  # noqa: S105 - a made-up one, to see that it is never shown


def settings(url: str, **values: Any) -> Settings:
    values = {"nats_connect_seconds": 60, "nats_backoff_seconds": 0.2} | values
    return Settings(_env_file=None, nats_url=url, **values)  # type: ignore[call-arg]


async def refused(url: str, **values: Any) -> FatalError:
    with pytest.raises(FatalError) as caught:
        await connect(settings(url, **values), Metrics())
    assert SECRET not in str(caught.value) + caught.value.hint
    return caught.value


async def let_in(url: str, **values: Any) -> None:
    connection = await connect(settings(url, **values), Metrics())
    assert connection.is_connected
    await connection.close()


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
