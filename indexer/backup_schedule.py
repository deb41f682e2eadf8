"""A backup on an interval, for a container without cron: failures are counted and tried again, SIGTERM ends it."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from indexer.config import Settings
from indexer.errors import FatalError, TransientError
from indexer.health import serve_health
from indexer.metrics import Metrics
from indexer.stopping import unless_stopped

_FIRST_PAUSE_SECONDS = 1.0
_LATE = 2  # intervals without a backup before /readyz says no
_log = structlog.get_logger()


@dataclass(slots=True)
class _Course:
    """How it goes; times are Unix seconds."""

    every: float
    last: float | None
    failures: int = 0

    def pause(self, longest: float) -> float:
        """Seconds until the next try."""
        if self.failures:
            pause: float = min(longest, self.every, _FIRST_PAUSE_SECONDS * 2 ** min(self.failures - 1, 20))
            return pause * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret
        return 0 if self.last is None else max(0.0, self.last + self.every - time.time())

    def healthy(self) -> tuple[bool, dict[str, object]]:
        """The process turns; a NATS that is away is no reason to end it."""
        return True, {"failures_in_a_row": self.failures}

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Whether the newest backup is young enough."""
        age = None if self.last is None else time.time() - self.last
        fresh = age is not None and age < _LATE * self.every
        return fresh, {"last_backup_seconds_ago": age, "failures_in_a_row": self.failures}


async def run_every(
    every: float,
    once: Callable[[], Awaitable[None]],
    *,
    last: float | None,
    settings: Settings,
    metrics: Metrics,
    stop: asyncio.Event,
) -> None:
    """Run ``once`` every so many seconds, from ``last`` (Unix seconds) on, until ``stop``.

    Raises Stopped when it is cut short in a pause or in the middle of a backup.
    """
    course = _Course(every=every, last=last)
    async with (
        serve_health(settings.metrics_addr, metrics, healthy=course.healthy, ready=course.ready) as url,
        unless_stopped(stop),
    ):
        _log.info("serving metrics", url=f"{url}/metrics")
        while True:
            pause = course.pause(settings.backup_retry_seconds)
            _log.info("next backup", in_seconds=round(pause, 1))
            await asyncio.sleep(pause)
            try:
                await once()
            except (FatalError, TransientError) as error:
                course.failures += 1
                metrics.backup_failures.inc()
                _log.error("no backup", error=str(error), hint=getattr(error, "hint", ""), failures=course.failures)
            else:
                course.failures, course.last = 0, time.time()
