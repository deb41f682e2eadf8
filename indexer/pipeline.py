"""The one loop over slots: see, plan, hydrate, parse, decode, encode, publish. Live, catch-up, replay and repair alike.

Slots are hydrated side by side within a bounded look-ahead (`fetch`) and published one after another, in order, each as
one batch with its marker (`settle`). The stream is the only state: whatever happens, a restart goes on after the last
marker.
"""

import asyncio
import time
from dataclasses import dataclass, field

from indexer.board import Board
from indexer.config import Settings
from indexer.fetch import Fetch
from indexer.metrics import Metrics
from indexer.plan import Finished, Plan
from indexer.prepare import Prepared
from indexer.settle import Settle
from indexer.subscribe import Witness

_IDLE_SECONDS = 0.25  # a turn without news; results and failures wake the loop before that


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """One run of the loop from the plan's cursor, to its end or until it is stopped."""

    plan: Plan[Prepared]
    fetch: Fetch
    settle: Settle
    witness: Witness | None
    settings: Settings
    metrics: Metrics
    board: Board
    turned: float = field(default_factory=time.monotonic)

    async def run(self, stop: asyncio.Event) -> bool:
        """Settle slots until the plan is finished (True) or ``stop`` is set and what is in flight is settled (False).

        A stop waits ``drain_seconds`` at most. Raises FatalError.
        """
        loop = asyncio.create_task(self._turn(stop))
        stopped = asyncio.create_task(stop.wait())
        watch = asyncio.create_task(self._hear()) if self.witness is not None else stopped
        try:
            await asyncio.wait({loop, stopped}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({loop}, timeout=self.settings.drain_seconds)
            return await loop if loop.done() else False
        finally:
            for task in (loop, stopped, watch):
                task.cancel()
            await asyncio.gather(loop, stopped, watch, return_exceptions=True)
            await self.fetch.cancel()

    async def _turn(self, stop: asyncio.Event) -> bool:
        self.fetch.start_polling()
        if not self.settle.repair:
            self.board.begin_slot = self.plan.cursor.slot
        while True:
            self._see()
            if not stop.is_set():
                self._start()
            if not await self._settle_ready(stop):
                return True
            if stop.is_set() and not self.fetch.slots:
                return False
            await self.fetch.news(_IDLE_SECONDS)

    def _see(self) -> None:
        self.turned = time.monotonic()
        self.fetch.raise_failure()
        if self.witness is not None:
            self.plan.saw_tip(self.witness.tip)
            for slot in self.witness.slots_after(self.plan.cursor.slot):
                self.plan.notified(slot)
        if not self.settle.repair:
            self.board.tip_slot = self.plan.tip
            self.metrics.tip_slot.set(self.plan.tip)
            self.metrics.in_flight_slots.set(self.plan.in_flight + self.plan.in_hand)

    def _start(self) -> None:
        if (page := self.plan.next_page()) is not None:
            self.fetch.list(page)
        for slot in self.plan.next_fetches():
            self.fetch.hydrate(slot)

    async def _settle_ready(self, stop: asyncio.Event) -> bool:
        """Publish what can settle now; False when the plan is finished."""
        while (outcome := self.plan.next_outcome()) is not None:
            if isinstance(outcome, Finished):
                return False
            overtaken = await self.settle.publish(outcome)
            if overtaken is not None:
                self.plan.moved(overtaken)
            self.fetch.forget(self.plan.cursor.slot)
            self._see()
            if not stop.is_set():
                self._start()
        return True

    async def _hear(self) -> None:
        """Wake the loop for notifications."""
        while self.witness is not None:
            if await self.witness.changed(_IDLE_SECONDS):
                self.fetch.wake()
