"""Progress of long work as log lines a person can plan by: where, how fast, how long still."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

_EVERY_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class Progress:
    """A walk from ``first`` to ``last`` slot; ``position`` says where it is."""

    what: str
    first: int
    last: Callable[[], int]
    position: Callable[[], int]
    started: float = field(default_factory=time.monotonic)

    async def report(self, stop: asyncio.Event) -> None:
        """Log a line every few seconds until ``stop`` or the end is reached."""
        while not stop.is_set():
            await asyncio.sleep(_EVERY_SECONDS)
            log.info(self.what, **self.line())
            if self.position() >= self.last():
                return

    def line(self) -> dict[str, object]:
        """The facts of one line."""
        at, end = self.position(), self.last()
        done, left = max(0, at - self.first), max(0, end - at)
        rate = done / max(time.monotonic() - self.started, 1e-9)
        return {
            "slot": at,
            "to": end,
            "done": f"{100 * done / max(1, done + left):.1f}%",
            "slots_per_second": round(rate, 1),
            "eta": duration(left / rate) if rate else "unknown",
        }


def duration(seconds: float) -> str:
    """Seconds as people say them: 42 s, 7 min, 3 h 10 min."""
    whole = round(seconds)
    if whole < 120:  # noqa: PLR2004 - two minutes are still counted in seconds
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004 - same
