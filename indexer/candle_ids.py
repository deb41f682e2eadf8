"""Which swaps were counted: 8 bytes of a digest of each id, by slot, in minutes that are let go whole. Pure.

A minute that is away is stored, and not in memory until ``bring``.
"""

from array import array
from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec

from indexer.message import Traded

_BYTES = 8
_packed = msgspec.msgpack.Decoder(dict[int, bytes])


def ids_name(minute: int) -> str:
    """What a minute's ids are stored under."""
    return f"ids.{minute}"


class SeenIds:
    """Counted swaps of the minutes kept. Two ids of one slot that look alike are one case in 10^13."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._minutes: dict[int, dict[int, array[int]]] = {}
        self.counts: dict[int, int] = dict(counts or {})
        self.changed: set[int] = set()
        self.count = sum(self.counts.values())

    def new(self, minute: int, slot: int, trades: Iterable[Traded]) -> list[Traded]:
        """Those of ``trades``, all of one slot and minute, that were not here yet; from now on they were."""
        slots = self._minutes.get(minute, {})
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
            self._minutes[minute] = slots
            self.counts[minute] = self.counts.get(minute, 0) + len(fresh)
            self.count += len(fresh)
            self.changed.add(minute)
        return fresh

    def forget(self, before: int) -> None:
        """Let go of minutes that end by ``before``."""
        for minute in [minute for minute in self.counts if minute + 60 <= before]:
            self.count -= self.counts.pop(minute)
            self._minutes.pop(minute, None)
            self.changed.discard(minute)

    def away(self, minute: int) -> bool:
        """Whether ``bring`` has to come before swaps of ``minute`` can be counted."""
        return minute in self.counts and minute not in self._minutes

    def put_away(self, most: int) -> None:
        """Hold no more than ``most`` ids in memory: those of the latest minutes. All must be stored."""
        held = self.held
        for minute in sorted(self._minutes):
            if held <= most:
                return
            del self._minutes[minute]
            held -= self.counts[minute]

    @property
    def held(self) -> int:
        """Ids in memory."""
        return sum(self.counts[minute] for minute in self._minutes)

    def packed(self, minute: int) -> bytes:
        """A minute, for storing."""
        slots = self._minutes[minute]
        return msgspec.msgpack.encode({slot: digests.tobytes() for slot, digests in slots.items()})

    def bring(self, minute: int, packed: bytes) -> None:
        """What ``packed`` gave before it was put away. Raises ValueError for anything else."""
        if self.away(minute):
            self._minutes[minute] = {slot: array("Q", digests) for slot, digests in _packed.decode(packed).items()}
