"""Publish what the main loop could not: missing slots, slots before its first marker, or settled ones again.

The same loop as ever, from another cursor, with another publish: repair mode, markers beside the main ones.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from indexer.coverage import Coverage, Range, coverage
from indexer.errors import TransientError
from indexer.parts import Parts
from indexer.plan import Cursor
from indexer.settle import Totals

log = structlog.get_logger()

#: The marker after a hole says where the hole's blocks end: read this much further to find it.
_BEYOND_SLOTS = 512


async def open_slots(parts: Parts, first: int, last: int) -> Coverage:
    """What of ``first``..``last`` the stream leaves open, read from its markers."""
    markers = [marker async for marker in parts.publisher.markers(first, last + _BEYOND_SLOTS)]
    return coverage(first, last, markers)


async def repair(
    parts: Parts, ranges: Iterable[Range], stop: asyncio.Event, *, totals: Totals, again: bool = False
) -> None:
    """Publish ``ranges`` in repair mode, ascending, counting into ``totals``. Raises FatalError."""
    for gap in ranges:
        if stop.is_set():
            return
        settle = parts.settle(totals=totals, repair=True, again=again)
        await parts.pipeline(Cursor(slot=gap.first - 1), settle=settle, to_slot=gap.last).run(stop)


@dataclass(slots=True, kw_only=True)
class BackgroundRepair:
    """Tries the missing slots of the stream again and again, each up to its limit."""

    parts: Parts
    tries: dict[Range, int] = field(default_factory=dict)

    def add(self, hole: Range) -> None:
        """A hole the main loop has just left. Beyond the limit of slots it is left to `indexer repair`."""
        self.tries[hole] = 0
        if sum(map(len, self.tries)) > self.parts.settings.repair_holes:
            del self.tries[hole]
            log.error(
                "too many missing slots for the background: run `indexer repair`", first=hole.first, last=hole.last
            )

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``: first what earlier runs left, then whatever comes."""
        with suppress(TransientError):
            await self._recall()
        while not stop.is_set():
            self.parts.metrics.missing_slots.set(sum(map(len, self.tries)))
            with suppress(TimeoutError):
                async with asyncio.timeout(self.parts.settings.repair_seconds):
                    await stop.wait()
            for hole in list(self.tries):
                with suppress(TransientError):
                    await self._try(hole, stop)

    async def _recall(self) -> None:
        position = await self.parts.publisher.position()
        if position.slot is None or position.first_slot is None:
            return
        first = max(position.first_slot, position.slot - self.parts.settings.repair_lookback_slots)
        for hole in (await open_slots(self.parts, first, position.slot)).open:
            self.add(hole)

    async def _try(self, hole: Range, stop: asyncio.Event) -> None:
        if stop.is_set():
            return
        self.tries[hole] += 1
        totals = Totals()
        still_open = await open_slots(self.parts, hole.first, hole.last)
        await repair(self.parts, still_open.open, stop, totals=totals)
        if stop.is_set():
            return
        repaired = not totals.missing
        self.parts.metrics.repairs.labels("repaired" if repaired else "still_missing").inc()
        if repaired:
            log.info("missing slots repaired", first=hole.first, last=hole.last, slots=totals.slots, swaps=totals.swaps)
            del self.tries[hole]
        elif self.tries[hole] >= self.parts.settings.repair_attempts:
            log.error("missing slots given up: run `indexer repair`", first=hole.first, last=hole.last)
            del self.tries[hole]
