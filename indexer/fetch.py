"""Work beside the loop: hydrate slots, list slots, poll the tip. Results go to the plan, failures to the loop."""

import asyncio
import time
from collections.abc import Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from decoders.engine.registry import Registry
from indexer.config import Settings
from indexer.errors import TransientError
from indexer.hydrate import Hydrator
from indexer.metrics import Metrics
from indexer.plan import Page, Plan
from indexer.prepare import Prepared, prepare
from indexer.rpc import Rpc
from indexer.rpc_errors import BlockUnavailable, HistoryGone

log = structlog.get_logger()

_PAUSE_SECONDS = 0.5  # between two tries whose own backoff has already run out


@dataclass(slots=True, kw_only=True)
class Fetch:
    """The tasks of one pipeline; every one ends by itself, answers the plan once and wakes the loop."""

    plan: Plan[Prepared]
    rpc: Rpc
    hydrator: Hydrator
    registry: Registry
    wanted: Collection[str]
    settings: Settings
    metrics: Metrics
    repair: bool = False
    slots: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _others: set[asyncio.Task[None]] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: BaseException | None = None

    def hydrate(self, slot: int) -> None:
        """Start fetching a slot."""
        task = self.slots[slot] = asyncio.create_task(self._guarded(self._hydrate(slot)))
        task.add_done_callback(lambda done: self._ended(slot, done))

    def list(self, page: Page) -> None:
        """Start a getBlocks call."""
        self._other(self._list(page))

    def start_polling(self) -> None:
        """Ask for the tip while nothing else says it: at the start, on a quiet chain, with dead sockets, in repairs."""
        self._other(self._poll_tip())

    def forget(self, slot: int) -> None:
        """Slots up to here are accounted for: stop what still fetches them."""
        for old in [old for old in self.slots if old <= slot]:
            self.slots.pop(old).cancel()

    def wake(self) -> None:
        """There is news for the loop."""
        self._wake.set()

    async def news(self, seconds: float) -> None:
        """Wait for news, but no longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for of Python 3.11 loses a stop that comes with the news
                await self._wake.wait()
        self._wake.clear()

    def raise_failure(self) -> None:
        """Raise what a task could not handle."""
        if self._failure is not None:
            raise self._failure

    async def cancel(self) -> None:
        """End every task."""
        tasks = [*self.slots.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hydrate(self, slot: int) -> None:
        started = time.monotonic()
        try:
            hydrated = await self.hydrator.hydrate(slot)
        except BlockUnavailable as error:
            log.warning("slot given up for now", slot=slot, reason=str(error))
            self.plan.gave_up(slot)
            return
        except HistoryGone as gone:
            self.plan.history_gone(slot, gone.first_available)
            return
        except TransientError as error:
            log.warning("slot not hydrated yet, trying again", slot=slot, reason=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)
            self.plan.released(slot)
            return
        decoding = time.monotonic()
        prepared = prepare(hydrated.block, self.registry, self.wanted, status=hydrated.status, repair=self.repair)
        self.metrics.stage_seconds.labels("hydrate").observe(decoding - started)
        self.metrics.stage_seconds.labels("decode").observe(time.monotonic() - decoding)
        self.plan.arrived(slot, hydrated.block.parent_slot, prepared)

    async def _list(self, page: Page) -> None:
        try:
            found = await self.rpc.blocks(page.first, page.last)
        except TransientError as error:
            log.warning("listing failed, trying again", first=page.first, last=page.last, reason=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)
            self.plan.listing_failed(page)
        else:
            self.plan.listed(page, found)

    async def _poll_tip(self) -> None:
        seen = -1
        while True:
            if seen in (-1, self.plan.tip):
                with suppress(TransientError):
                    self.plan.saw_tip(await self.rpc.slot())
                    self.wake()
            seen = self.plan.tip
            await asyncio.sleep(self.settings.tip_poll_seconds)

    def _other(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def _ended(self, slot: int, task: asyncio.Task[None]) -> None:
        if self.slots.get(slot) is task:
            del self.slots[slot]

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the loop raises it: nothing goes on after an unknown failure
            self._failure = error
        self.wake()
