"""A service that reads streams through durable consumers, as a process: `indexer candles`, `indexer clickhouse run`.

It serves its health from the start, works until a signal or the clock, drains, and says at last what it did.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from indexer.config import Settings
from indexer.health import serve_health
from indexer.metrics import Metrics
from indexer.settings_flags import add_settings_flags
from indexer.stopping import Stopped, stop_on_signals

#: Connects, reads until the event is set, drains; back with what it did. Raises FatalError, and Stopped while it starts
Work = Callable[[asyncio.Event], Awaitable[str]]
_log = structlog.get_logger()


class Health(Protocol):
    """What /healthz and /readyz answer: whether it is well, and what to say."""

    def healthy(self) -> tuple[bool, dict[str, object]]:
        """The loop turns."""

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Connected, and not far behind."""


def add_service_arguments(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    """The flags of such a command, which ``run`` carries out."""
    parser.add_argument("--for", dest="for_seconds", type=float, metavar="SECONDS", help="stop by itself")
    add_settings_flags(parser)
    parser.set_defaults(run=run)


async def until_stopped(
    work: Work, health: Health, settings: Settings, metrics: Metrics, *, for_seconds: float | None
) -> int:
    """Exit code 0 after a stop, also one during the start. Raises FatalError."""
    try:
        async with (
            stop_on_signals(for_seconds) as stop,
            serve_health(settings.metrics_addr, metrics, healthy=health.healthy, ready=health.ready) as url,
        ):
            _log.info("serving metrics", url=f"{url}/metrics")
            done = await work(stop)
        sys.stdout.write(f"{done}\n")
    except Stopped:
        sys.stdout.write("stopped before the first message\n")
    return 0
