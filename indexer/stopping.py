"""How a process is asked to end: by a signal or the clock, during its start or in the middle of the work."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator


class Stopped(Exception):
    """Asked to end before the work began: nothing is in flight, so there is nothing to wait for."""


@contextlib.asynccontextmanager
async def stop_on_signals(for_seconds: float | None) -> AsyncIterator[asyncio.Event]:
    """An event set by SIGINT, SIGTERM or the clock; a second signal ends the process at once."""
    loop, stop, asked = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def ask() -> None:
        if asked.is_set():
            sys.stderr.write("indexer: stopped at once; the next start goes on after the last marker\n")
            sys.stderr.flush()
            signal.raise_signal(signal.SIGKILL)
        asked.set()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    timer = loop.call_later(for_seconds, stop.set) if for_seconds is not None else None
    try:
        yield stop
    finally:
        if timer is not None:
            timer.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def unless_stopped(stop: asyncio.Event) -> AsyncIterator[None]:
    """A start that may wait long for its peers: what is inside is cut short once ``stop`` is set. Raises Stopped."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:

            async def cut() -> None:
                await stop.wait()
                limit.reschedule(loop.time())

            watch = asyncio.create_task(cut())
            try:
                yield
            finally:
                watch.cancel()
    except TimeoutError:
        if limit.expired():
            raise Stopped from None
        raise
