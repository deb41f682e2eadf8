"""Which swaps were counted: 8 bytes of a digest of each id, by slot, in minutes that are let go whole. Pure."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from indexer.message import Traded

_BYTES = 8
_packed = msgspec.msgpack.Decoder(dict[int, bytes])


class SeenIds:
    """Counted swaps of the minutes kept. Two ids of one slot that look alike are one case in 10^13."""

    def __init__(self) -> None:
        self._minutes: dict[int, dict[int, array[int]]] = {}
        self.changed: set[int] = set()
        self.count = 0

    def new(self, minute: int, slot: int, trades: Iterable[Traded]) -> list[Traded]:
        """Those of ``trades``, all of one slot and minute, that were not here yet; from now on they were."""
        slots = self._minutes.setdefault(minute, {})
        before = slots.get(slot)
        seen = set(before or ())
        fresh = []
        for trade in trades:
            digest = int.from_bytes(blake2b(trade.id.encode(), digest_size=_BYTES).digest(), "little")
            if digest not in seen:
                seen.add(digest)
                fresh.append(trade)
        if fresh:
            slots[slot] = array("Q", seen)
            self.count += len(fresh)
            self.changed.add(minute)
        return fresh

    def forget(self, before: int) -> list[int]:
        """Let go of minutes that end by ``before``; which they were."""
        gone = [minute for minute in self._minutes if minute + 60 <= before]
        for minute in gone:
            self.count -= sum(map(len, self._minutes.pop(minute).values()))
            self.changed.discard(minute)
        return gone

    def minutes(self) -> list[int]:
        """Those kept."""
        return list(self._minutes)

    def packed(self, minute: int) -> bytes:
        """A minute, for storing."""
        slots = self._minutes[minute]
        return msgspec.msgpack.encode({slot: digests.tobytes() for slot, digests in slots.items()})

    def restore(self, minute: int, packed: bytes) -> None:
        """What ``packed`` gave. Raises ValueError for anything else."""
        slots = {slot: array("Q", digests) for slot, digests in _packed.decode(packed).items()}
        self._minutes[minute] = slots
        self.count += sum(map(len, slots.values()))
