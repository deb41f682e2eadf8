"""Notified signatures against the blocks that were hydrated: what the witness saw must be found, or be counted.

Before a slot settles, and after: a notification may come long after its block. Kept are the signatures of the last
``witness_slots`` hydrated slots, eight bytes each.
"""

import asyncio
import time
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import base58
import structlog

from decoders.engine.model import Transaction
from indexer.config import Settings
from indexer.errors import TransientError
from indexer.metrics import Metrics
from indexer.notified import Late
from indexer.rpc import Rpc
from indexer.rpc_errors import Refused
from indexer.subscribe import Witness

log = structlog.get_logger()

#: A look-up of late notifications holds a slot no longer than this, and is not repeated sooner.
_ASK_SECONDS = 2.0
_PAUSE_SECONDS = 5.0
#: Times a signature is asked for that is known and not confirmed yet.
_TRIES = 3
_CALL_SIGNATURES = 256
_SIGNATURE_BYTES = 64
#: A transaction that no notification named so many slots later was lost on its way.
_HEARD_SLOTS = 50


@dataclass(slots=True)
class _Open:
    """A notification whose transaction is yet to be found; ``has_block``: and is not in its slot's block."""

    late: Late
    has_block: bool
    tries: int = 0


class Reconciler:
    """Looks for notified signatures where they may be."""

    def __init__(self, *, rpc: Rpc, witness: Witness, settings: Settings, metrics: Metrics) -> None:
        self._rpc = rpc
        self._witness = witness
        self._metrics = metrics
        self._settings = settings
        self._seen: dict[int, array[int]] = {}
        self._unheard: dict[int, set[str]] = {}
        self._open: deque[_Open] = deque()
        self._not_before = 0.0

    def missing(self, slot: int, found: Collection[str]) -> set[str]:
        """Signatures notified in ``slot`` so far that are not among ``found``."""
        notified = self._witness.notified(slot)
        return notified.keys() - set(found) if notified else set()

    def remember(self, slot: int, found: Iterable[str], transactions: Iterable[Transaction] = ()) -> None:
        """The slot is hydrated with these signatures: what is notified from now on is checked against them.

        Of ``transactions`` those that call a subscribed program should be notified, be it late.
        """
        self._seen[slot] = array("q", sorted(map(hash, found)))
        if self._witness.covers(slot):
            heard, wanted = self._witness.notified(slot), self._witness.addresses
            self._unheard[slot] = {
                one.signature
                for one in transactions
                if one.signature not in heard and any(call.program in wanted for call in one.trace)
            }
        self._witness.checked(slot)
        while len(self._seen) > self._settings.witness_slots:
            del self._seen[min(self._seen)]
        while len(self._unheard) > _HEARD_SLOTS:
            self._metrics.notifications_lost.inc(len(self._unheard.pop(min(self._unheard))))

    async def look_elsewhere(self, slot: int, missing: Iterable[str]) -> None:
        """Signatures that are not in the block of their slot: ask where they landed."""
        notified = self._witness.notified(slot)
        for one in missing:
            self._add(Late(slot=slot, signature=one, program=notified.get(one)), has_block=True)
        await self._ask()

    async def late(self) -> None:
        """Check the notifications that came after their slot was hydrated."""
        for one in self._witness.take_late():
            self._unheard.get(one.slot, set()).discard(one.signature)
            if not self._holds(one.slot, one.signature):
                self._add(one, has_block=one.slot in self._seen)
        if self._open and time.monotonic() >= self._not_before:
            await self._ask()

    def _add(self, late: Late, *, has_block: bool) -> None:
        if not _is_signature(late.signature):  # one such would have a node refuse the whole look-up
            self._lose(late, None)
            return
        self._open.append(_Open(late, has_block))
        if len(self._open) > self._settings.ws_queue_messages:
            self._lose(self._open.popleft().late, None)

    async def _ask(self) -> None:
        """Ask for what is open. What gets no answer stays open for a later time: it never holds a slot."""
        asked = [self._open.popleft() for _ in range(min(len(self._open), _CALL_SIGNATURES))]
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                statuses = await self._rpc.signature_statuses([one.late.signature for one in asked])
        except BaseException as error:
            self._keep(asked, refused=isinstance(error, Refused))
            if not isinstance(error, (TransientError, TimeoutError)):
                raise
            log.warning("notified transactions not looked up yet", signatures=len(asked), reason=str(error))
            return
        for one, status in zip(asked, statuses, strict=True):
            one.tries += 1
            if status is not None and status.confirmation_status == "processed" and one.tries < _TRIES:
                self._open.append(one)
                self._not_before = time.monotonic() + _PAUSE_SECONDS
            elif status is None or not self._is_accounted_for(one, status.slot):
                self._lose(one.late, status.slot if status is not None else None)

    def _keep(self, asked: list[_Open], *, refused: bool) -> None:
        """Ask again later; not for ever where the nodes refuse the question."""
        self._not_before = time.monotonic() + _PAUSE_SECONDS
        for one in reversed(asked):
            one.tries += refused
            if one.tries < _TRIES:
                self._open.appendleft(one)
            else:
                self._lose(one.late, None)

    def _is_accounted_for(self, one: _Open, landed: int) -> bool:
        """Whether a signature was or will be published from the slot it landed in, or that slot is marked missing."""
        if landed == one.late.slot:
            return not one.has_block
        if landed in self._seen:
            return self._holds(landed, one.late.signature)
        self._witness.expect(landed, one.late.signature, one.late.program)
        return True

    def _lose(self, late: Late, landed: int | None) -> None:
        self._metrics.notifications_missed.inc()
        log.warning(
            "a notified transaction is in no block we have",
            notified_slot=late.slot,
            landed_slot=landed,
            signature=late.signature,
            program=late.program,
        )

    def _holds(self, slot: int, signature: str) -> bool:
        seen = self._seen.get(slot)
        if seen is None:
            return False
        wanted = hash(signature)
        index = bisect_left(seen, wanted)
        return index < len(seen) and seen[index] == wanted


def _is_signature(text: str) -> bool:
    try:
        return len(base58.b58decode(text)) == _SIGNATURE_BYTES
    except ValueError:
        return False
