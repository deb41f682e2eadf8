"""Publish one outcome of the plan and count it: a slot's batch with its marker, or the marker of a missing range."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import structlog

from indexer.board import Board
from indexer.coverage import Range
from indexer.drift import Drift
from indexer.errors import FatalError
from indexer.marker import Marker
from indexer.message import Message
from indexer.metrics import Metrics, count
from indexer.plan import Cursor, Fork, Missing
from indexer.plan import Settle as Ready
from indexer.prepare import Prepared
from indexer.publisher import Outcome, Overtaken
from indexer.subscribe import Witness

log = structlog.get_logger()

_FORKS = 20  # blocks that contradict the chain between two settled slots, before the process stops


@dataclass(slots=True)
class Totals:
    """What one run did, for its summary."""

    swaps: int = 0
    slots: int = 0
    missing: int = 0
    dead: int = 0
    duplicates: int = 0
    overtaken: int = 0
    first_slot: int | None = None
    last_slot: int | None = None


@dataclass(slots=True, kw_only=True)
class Settle:
    """Stage 7 of one pipeline; ``publish_slot`` is the loop's own or a repair's."""

    publish_slot: Callable[[Sequence[Message], Marker], Awaitable[Outcome]]
    publish_dead: Callable[[Sequence[Message]], Awaitable[None]]
    witness: Witness | None
    metrics: Metrics
    board: Board
    drift: Drift
    build: str
    programs_hash: str
    repair: bool = False
    totals: Totals = field(default_factory=Totals)
    on_missing: Callable[[Range], None] = lambda _: None

    async def publish(self, outcome: Ready[Prepared] | Missing | Fork) -> Cursor | None:
        """Publish; the cursor of another writer if it was first. Raises FatalError for another chain."""
        match outcome:
            case Ready():
                return await self._slot(outcome)
            case Missing():
                return await self._missing(outcome)
            case Fork():
                self._refuse(outcome)
        return None

    async def _slot(self, ready: Ready[Prepared]) -> Cursor | None:
        prepared, started = ready.block, time.monotonic()
        await self.publish_dead(prepared.dead_messages)
        result = await self.publish_slot(prepared.messages, self._marker(prepared))
        if isinstance(result, Overtaken):
            return self._overtaken(result)
        acked = time.monotonic()
        self.metrics.stage_seconds.labels("publish").observe(acked - started)
        self.metrics.duplicates.inc(result.duplicates)
        self.metrics.slots.labels("skipped").inc(ready.skipped)
        if ready.refuted:
            self.metrics.slots_refuted.inc(len(ready.refuted))
            log.warning("slots that were listed or notified are not in the chain", slots=ready.refuted[:10])
        self._count(prepared, result.duplicates)
        if not self.repair:
            self._show(prepared.block.slot, prepared.status, prepared, acked)
        return None

    async def _missing(self, hole: Missing) -> Cursor | None:
        self.totals.missing += hole.to_slot - hole.slot + 1
        if self.repair:  # the marker that says so is in the stream already
            return None
        marker = Marker(
            slot=hole.slot,
            to_slot=hole.to_slot if hole.to_slot != hole.slot else None,
            parent_slot=hole.parent_slot,
            blockhash=None,
            block_time=None,
            status="missing",
            swaps=0,
            failed_txs=0,
            dead=0,
            build=self.build,
            programs_hash=self.programs_hash,
        )
        result = await self.publish_slot((), marker)
        if isinstance(result, Overtaken):
            return self._overtaken(result)
        log.error("slots missing: no endpoint has them", slot=hole.slot, to_slot=hole.to_slot)
        self.metrics.slots.labels("missing").inc(hole.to_slot - hole.slot + 1)
        self.metrics.missing_slots.inc(hole.to_slot - hole.slot + 1)
        self.on_missing(Range(hole.slot, hole.to_slot))
        self.board.missing(hole.to_slot - hole.slot + 1)
        self._show(hole.to_slot, "missing", None, time.monotonic())
        return None

    def _refuse(self, fork: Fork) -> None:
        log.warning(
            "block contradicts the settled chain", slot=fork.slot, parent=fork.parent_slot, settled=fork.settled
        )
        if fork.tries >= _FORKS:
            raise FatalError(
                f"slot {fork.slot} names parent {fork.parent_slot}, below the settled slot {fork.settled}: "
                "the endpoints hold another chain than the one published",
                hint="check that all endpoints are of one cluster; `--commitment finalized` never rolls back",
            )

    def _overtaken(self, result: Overtaken) -> Cursor | None:
        self.totals.overtaken += 1
        position = result.position
        if not self.repair and position.marker is not None:
            self.board.overtaken(position.marker.last_slot, position.marker.block_time)
            self.metrics.settled_slot.set(self.board.settled_slot)
        return position.cursor()

    def _marker(self, prepared: Prepared) -> Marker:
        block = prepared.block
        return Marker(
            slot=block.slot,
            parent_slot=block.parent_slot,
            blockhash=block.blockhash,
            block_time=block.block_time,
            status=prepared.status,
            swaps=len(prepared.messages),
            failed_txs=block.failed,
            dead=len(prepared.dead_messages),
            build=self.build,
            programs_hash=self.programs_hash,
        )

    def _count(self, prepared: Prepared, duplicates: int) -> None:
        totals, slot = self.totals, prepared.block.slot
        totals.swaps += len(prepared.messages) - duplicates
        totals.duplicates += duplicates
        totals.dead += len(prepared.dead)
        totals.slots += 1
        totals.first_slot = slot if totals.first_slot is None else totals.first_slot
        totals.last_slot = slot
        self.board.dead += len(prepared.dead)
        self.metrics.slots.labels(prepared.status).inc()
        self.metrics.transactions_failed.inc(prepared.block.failed)
        count(self.metrics.swaps, ((swap.program,) for swap in prepared.swaps))
        count(self.metrics.dead_letters, ((letter.program, letter.reason) for _, letter in prepared.dead))
        count(self.metrics.idle_instructions, ((program,) for program in prepared.idle))
        count(self.metrics.unknown_instructions, ((program,) for _, program, _ in prepared.unknown))
        count(self.metrics.checks, ((check.program, check.result) for _, check in prepared.checks))
        self.drift.report(prepared)

    def _show(
        self, slot: int, status: Literal["complete", "notified", "missing"], prepared: Prepared | None, acked: float
    ) -> None:
        block_time = prepared.block.block_time if prepared is not None else None
        self.metrics.settled_slot.set(slot)
        self.board.settled(slot, status, block_time, list(prepared.swaps) if prepared is not None else [])
        first_seen = self.witness.first_seen(slot) if self.witness is not None else None
        if first_seen is not None:
            self.metrics.notification_to_ack_seconds.observe(acked - first_seen)
        if self.witness is not None:
            self.witness.forget(slot)
