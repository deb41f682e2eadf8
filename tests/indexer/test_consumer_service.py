"""A consumer's service from its first answer to its last words."""

import asyncio

import aiohttp
import pytest
import structlog

from indexer.config import Settings
from indexer.consumer_service import until_stopped
from indexer.errors import PeerError
from indexer.metrics import Metrics
from indexer.stopping import unless_stopped

SETTINGS = Settings(_env_file=None, metrics_addr="127.0.0.1:0")  # type: ignore[call-arg]


class Well:
    """Alive, and not ready."""

    def healthy(self) -> tuple[bool, dict[str, object]]:
        return True, {}

    def ready(self) -> tuple[bool, dict[str, object]]:
        return False, {"nats": False}


async def test_health_is_served_while_it_works_and_what_it_did_is_its_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def work(stop: asyncio.Event) -> str:
        url = logged[0]["url"].removesuffix("/metrics")
        async with aiohttp.ClientSession() as session:
            for path, status in (("/metrics", 200), ("/healthz", 200), ("/readyz", 503)):
                async with session.get(url + path) as answer:
                    assert answer.status == status, path
        await stop.wait()
        return "published 7 candles"

    with structlog.testing.capture_logs() as logged:
        assert await until_stopped(work, Well(), SETTINGS, Metrics(), for_seconds=0.5) == 0
    assert capsys.readouterr().out == "published 7 candles\n"


async def test_a_stop_during_the_start_is_said_and_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(stop: asyncio.Event) -> str:
        async with unless_stopped(stop):
            await asyncio.Event().wait()
        return "never"

    with structlog.testing.capture_logs():
        assert await until_stopped(work, Well(), SETTINGS, Metrics(), for_seconds=0.01) == 0
    assert capsys.readouterr().out == "stopped before the first message\n"


async def test_a_failure_has_no_last_words(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(_: asyncio.Event) -> str:
        raise PeerError("the broker is gone")

    with structlog.testing.capture_logs(), pytest.raises(PeerError, match="the broker is gone"):
        await until_stopped(work, Well(), SETTINGS, Metrics(), for_seconds=None)
    assert capsys.readouterr().out == ""
