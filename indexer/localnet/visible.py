"""What one node sees of the chain: its tips, its history, its holes, and the texts it serves."""

import re
from collections import OrderedDict
from typing import Literal, get_args

import msgspec

from indexer.localnet import disturb
from indexer.localnet.chain import Chain
from indexer.localnet.envelope import Deflated, deflate
from indexer.localnet.faults import Faults
from indexer.localnet.source import Entry, Packed, Served

Commitment = Literal["processed", "confirmed", "finalized"]
COMMITMENTS: tuple[Commitment, ...] = get_args(Commitment)
_VERSION = re.compile(rb'"version":(\d+)')
_CACHE_BYTES = 256 * 1024 * 1024


class Header(msgspec.Struct, rename="camel"):
    """What a block says beside its transactions."""

    blockhash: str
    previous_blockhash: str
    parent_slot: int
    block_time: int | None = None
    block_height: int | None = None


class Visible:
    """The chain as a node with ``faults`` sees it.

    ``confirmed_lag_slots`` and ``finalized_lag_slots`` are how far those tips stay behind the processed one. When the
    source has ended, all tips are the last block.
    """

    def __init__(self, chain: Chain, faults: Faults, *, confirmed_lag_slots: int, finalized_lag_slots: int) -> None:
        self.chain, self.faults = chain, faults
        self._lag_slots = {"processed": 0, "confirmed": confirmed_lag_slots, "finalized": finalized_lag_slots}
        self._deflated: OrderedDict[tuple[object, ...], Deflated] = OrderedDict()
        self._deflated_bytes = 0
        self._last: tuple[tuple[object, ...], bytes] = ((), b"")
        self._versions: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def tip(self, commitment: Commitment) -> int:
        """The last slot with a block at ``commitment``."""
        lag = 0 if self.chain.exhausted else self._lag_slots[commitment]
        return self.chain.at_or_before(self.chain.tip - lag - self.faults.stale_slots)

    @property
    def first(self) -> int:
        """The first available block."""
        kept = self.faults.history_slots
        if not kept:
            return self.chain.first
        return next(iter(self.chain.slots(self.tip("processed") - kept + 1, self.chain.tip)), self.chain.tip)

    def block(self, slot: int) -> Served | None:
        """The block of ``slot``; None when there is none here."""
        if slot in self.faults.missing_slots or not self.first <= slot <= self.tip("processed"):
            return None
        return self.chain.block(slot)

    def slots(self, first: int, last: int) -> list[int]:
        """Slots with a block here between ``first`` and ``last``, both included."""
        slots = self.chain.slots(max(first, self.first), min(last, self.tip("processed")))
        return [slot for slot in slots if slot not in self.faults.missing_slots]

    def find(self, signature: str) -> tuple[Served, int] | None:
        """The block that holds a transaction, and its position."""
        found = self.chain.find(signature)
        block = self.block(found[0]) if found else None
        return (block, found[1]) if found and block else None

    def text(self, block: Served) -> bytes:
        """JSON text of getBlock's result, full details; the last one is kept, as a call asks for it twice."""
        key = self._key(block)
        if key != self._last[0]:
            self._last = (key, disturb.body(block, self.faults))
        return self._last[1]

    def logs(self, entry: Entry) -> tuple[str, ...] | None:
        """The logs of a transaction."""
        return disturb.logs(entry, self.faults)

    def deflated(self, block: Served) -> Deflated:
        """The text for a gzip answer: kept for the next one."""
        key = self._key(block)
        kept = self._deflated.pop(key, None)
        if kept is None:
            clean = key[1:] == disturb.CLEAN
            kept = block.deflated if clean and isinstance(block, Packed) else deflate(self.text(block))
            self._deflated_bytes += len(kept.pieces)
        self._deflated[key] = kept
        while self._deflated_bytes > _CACHE_BYTES and len(self._deflated) > 1:
            self._deflated_bytes -= len(self._deflated.popitem(last=False)[1].pieces)
        return kept

    def version(self, block: Served) -> int:
        """The newest version of a block's transactions; -1 when all are legacy."""
        key = self._key(block)
        if key not in self._versions:
            self._versions[key] = max(map(int, _VERSION.findall(self.text(block))), default=-1)
            while len(self._versions) > self.chain.ledger_slots:
                self._versions.popitem(last=False)
        return self._versions[key]

    def header(self, block: Served) -> Header:
        """What the block says beside its transactions."""
        return msgspec.json.decode(block.body, type=Header)

    def _key(self, block: Served) -> tuple[object, ...]:
        return (block.slot, *disturb.concerned(block, self.faults))
