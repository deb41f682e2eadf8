"""How far a backup or a restore is: a bar with the time left on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from indexer.progress import duration

_EVERY_SECONDS = 5.0
_log = structlog.get_logger()
Report = Callable[[str, int, int], None]


@contextmanager
def shown(what: str) -> Iterator[Report]:
    """Take reports (stream, bytes done, bytes in all) and show them on stderr."""
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stream: str, done: int, total: int) -> None:
            if stream not in tasks:
                tasks[stream] = bars.add_task(f"{what} {stream}", total=total)
            bars.update(tasks[stream], completed=done, total=total)

        yield report


def _lines(what: str) -> Report:
    begun: dict[str, float] = {}
    said = 0.0

    def report(stream: str, done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        start = begun.setdefault(stream, now)
        if now - max(said, start) < _EVERY_SECONDS or done >= total:
            return
        said = now
        rate = done / (now - start)
        left = duration((total - done) / rate) if rate else "unknown"
        _log.info(what, stream=stream, done=f"{100 * done / max(1, total):.0f}%", bytes=done, of=total, eta=left)

    return report
