"""Back-pressure: a slot the server cannot take is held and tried again, with an alarm, never dropped."""

import asyncio
import random
import time

import structlog

from indexer.errors import TransientError
from indexer.metrics import Metrics

_FIRST_PAUSE_SECONDS = 0.02
_LOG_SECONDS = 30.0
_log = structlog.get_logger()


class Refusal(TransientError):
    """The server answered, and takes nothing now."""


class Hold:
    """The pauses between tries at one slot, the gauge that says so, and a log line now and then."""

    def __init__(self, metrics: Metrics, *, longest_pause_seconds: float) -> None:
        self._metrics = metrics
        self._longest_pause_seconds = longest_pause_seconds
        self._since: float | None = None
        self._logged = 0.0
        self._tries = 0

    @property
    def seconds(self) -> float:
        """How long the slot has been held; 0 when it is not."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    async def pause(self, failure: TransientError) -> None:
        """Count the failure and wait before the next try: doubling, with jitter, up to the limit."""
        now = time.monotonic()
        self._metrics.publish_failures.labels("refused" if isinstance(failure, Refusal) else "unanswered").inc()
        if self._since is None:
            self._since = now
            self._metrics.publish_blocked.set(1)
        if now - self._logged > _LOG_SECONDS:
            self._logged = now
            _log.error("publishing is blocked; the slot is held", reason=str(failure), seconds=round(self.seconds, 1))
        pause = min(self._longest_pause_seconds, _FIRST_PAUSE_SECONDS * 2 ** min(self._tries, 20))
        self._tries += 1
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret

    def release(self) -> None:
        """It went through."""
        if self._since is None:
            return
        _log.info("publishing goes on", after_seconds=round(self.seconds, 1))
        self._metrics.publish_blocked.set(0)
        self._since, self._tries, self._logged = None, 0, 0.0
