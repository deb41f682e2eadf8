"""From a slot to its block: fetched, parsed, and checked against what the witness saw in it."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Literal

import structlog

from decoders.engine.registry import Registry
from indexer.config import Settings
from indexer.endpoints import Endpoint
from indexer.errors import PeerError, TransientError
from indexer.hydrate_notified import NotNotified, hydrate_notified
from indexer.metrics import Metrics
from indexer.reconcile import Reconciler
from indexer.rpc import Rpc
from indexer.rpc_errors import BlockUnavailable, BodyTooLarge, HistoryGone, NotServed, Refused
from indexer.subscribe import Witness
from indexer.transaction import Block, BlockError, parse_block

log = structlog.get_logger()

#: The pause after the first "not yet"; nodes often notify a slot a moment before they serve its block.
_FIRST_PAUSE_SECONDS = 0.025
_LONGEST_PAUSE_SECONDS = 1.0
#: Slots whose clock is kept while they are tried again.
_CLOCKS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hydrated:
    """A block, and whether it is whole (``complete``) or only what was notified of it."""

    block: Block
    status: Literal["complete", "notified"]


@dataclass(slots=True, kw_only=True)
class Hydrator:
    """Fetches blocks. ``witness`` is None where nothing was listened to (repair): then there is nothing to check.

    In mode ``transaction`` a slot that the witness did not listen to from its beginning is fetched whole.
    """

    rpc: Rpc
    witness: Witness | None
    registry: Registry
    settings: Settings
    metrics: Metrics
    _reconciler: Reconciler | None = field(init=False)
    _since: dict[int, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._reconciler = (
            Reconciler(rpc=self.rpc, witness=self.witness, settings=self.settings, metrics=self.metrics)
            if self.witness is not None
            else None
        )

    async def hydrate(self, slot: int) -> Hydrated:
        """The block of ``slot``, tried for ``block_wait_seconds`` since the first call for this slot.

        Raises BlockUnavailable when no endpoint could give it in that time, HistoryGone when all have thrown it away,
        and another TransientError while the endpoints answer nothing at all: then call again. Raises
        UnsupportedVersion, and PeerError when the endpoints serve no blocks to anybody.
        """
        while len(self._since) > _CLOCKS:
            del self._since[min(self._since)]
        until = self._since.setdefault(slot, time.monotonic()) + self.settings.block_wait_seconds
        hydrated = await self._within(slot, until)
        self._since.pop(slot, None)
        if self._reconciler is not None:
            await self._reconciler.late()
        return hydrated

    async def _within(self, slot: int, until: float) -> Hydrated:
        """Try until the time is over."""
        tried: list[Endpoint] = []
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._once(slot, tried)
            except HistoryGone as error:
                if error.by_all or time.monotonic() >= until:
                    self._since.pop(slot, None)
                    raise
            except NotServed as error:
                if time.monotonic() >= until:
                    raise PeerError(
                        f"the endpoints do not serve blocks: {error}",
                        hint="SOLANA_RPC_URL needs a node with --enable-rpc-transaction-history and getBlock",
                    ) from error
            except (BlockUnavailable, BlockError, BodyTooLarge, Refused) as error:
                if time.monotonic() >= until:
                    self._since.pop(slot, None)
                    raise BlockUnavailable(f"slot {slot}: {error}") from error
            except TransientError as error:
                if time.monotonic() >= until and await self._endpoints_answer():
                    self._since.pop(slot, None)
                    raise BlockUnavailable(f"slot {slot}: {error}") from error
                raise
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - jitter, no secret
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _endpoints_answer(self) -> bool:
        """Whether the trouble is with one slot's block and not with the endpoints."""
        try:
            await self.rpc.slot()
        except TransientError:
            return False
        return True

    async def _once(self, slot: int, tried: list[Endpoint]) -> Hydrated:
        if self.settings.hydrate == "transaction" and self.witness is not None and self.witness.covers(slot):
            try:
                return await self._notified(slot, tried, self.witness)
            except NotNotified as error:
                log.info("fetching the whole block", slot=slot, reason=str(error))
        block = await self._checked(slot, tried)
        if self._reconciler is not None:
            self._reconciler.remember(slot, block.signatures, block.transactions)
        return Hydrated(block=block, status="complete")

    async def _notified(self, slot: int, tried: list[Endpoint], witness: Witness) -> Hydrated:
        block, fetched = await hydrate_notified(
            slot, rpc=self.rpc, witness=witness, settings=self.settings, tried=tried
        )
        if self._reconciler is not None:
            missing = self._reconciler.missing(slot, block.signatures)
            self._reconciler.remember(slot, fetched)
            if missing:
                await self._reconciler.look_elsewhere(slot, missing)
        return Hydrated(block=block, status="notified")

    async def _checked(self, slot: int, tried: list[Endpoint]) -> Block:
        """The block with every signature notified so far in it, as far as any endpoint has them there."""
        block = await self._block(slot, tried)
        if self._reconciler is None:
            return block
        for _ in range(self.settings.witness_refetches):
            if not self._reconciler.missing(slot, block.signatures):
                return block
            block = await self._block(slot, tried)
        if missing := self._reconciler.missing(slot, block.signatures):
            await self._reconciler.look_elsewhere(slot, missing)
        return block

    async def _block(self, slot: int, tried: list[Endpoint]) -> Block:
        body = await self.rpc.block(slot, tried=tried)
        block = parse_block(
            body,
            slot=slot,
            known=self.registry.venues,
            allow_missing_inner=self.settings.allow_missing_inner,
        )
        if block.parent_slot >= slot > 0:
            raise BlockError(f"slot {slot}: names {block.parent_slot} as its parent")
        return block
