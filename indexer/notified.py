"""What the log notifications have said, by slot, within bounds. Pure."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A notification of a slot that had been settled before it came."""

    slot: int
    signature: str
    program: str | None


@dataclass(slots=True)
class _Slot:
    first_seen: float
    signatures: dict[str, str | None] = field(default_factory=dict)
    checked: int = 0  # the first so many of them were looked for in the block


class Notified:
    """Signatures of unsettled slots, at most ``slots`` of them (the newest), and late ones, at most ``late``."""

    def __init__(self, *, slots: int, late: int) -> None:
        self.tip = -1
        self.settled = -1
        self._limit = slots
        self._slots: dict[int, _Slot] = {}
        self._late: deque[Late] = deque(maxlen=late)
        self.whole_from: int | None = None

    def tick(self, slot: int, *, now: float) -> bool:
        """A notification came from ``slot``: it has a block. True when nothing had been heard of it."""
        if slot in self._slots or slot <= self.settled:
            return False
        self._slots[slot] = _Slot(now)
        self.tip = max(self.tip, slot)
        if len(self._slots) > self._limit:
            oldest = min(self._slots)
            del self._slots[oldest]
            if self.whole_from is not None:
                self.whole_from = max(self.whole_from, oldest + 1)
        return True

    def add(self, slot: int, signature: str, program: str | None, *, now: float) -> bool:
        """A successful transaction is in ``slot``; ``program`` is who notified it. True as ``tick``."""
        fresh = self.tick(slot, now=now)
        seen = self._slots.get(slot)
        if seen is not None:
            seen.signatures.setdefault(signature, program)
        elif slot <= self.settled:
            self._late.append(Late(slot=slot, signature=signature, program=program))
        return fresh

    def checked(self, slot: int) -> None:
        """The signatures notified so far in the slot were looked for in its block."""
        seen = self._slots.get(slot)
        if seen is not None:
            seen.checked = len(seen.signatures)

    def settle(self, slot: int) -> None:
        """Slots up to here are settled: what was not checked, and what comes for them from now on, is late."""
        self.settled = max(self.settled, slot)
        for old in [old for old in self._slots if old <= slot]:
            seen = self._slots.pop(old)
            for signature, program in islice(seen.signatures.items(), seen.checked, None):
                self._late.append(Late(slot=old, signature=signature, program=program))

    def restart(self, after: int | None) -> None:
        """Notifications may be lost up to and including slot ``after``; None: from now on, until told otherwise."""
        self.whole_from = None if after is None else after + 1

    def covers(self, slot: int) -> bool:
        """Whether every notification of the slot was listened for and kept. One may still be lost on its way."""
        return self.whole_from is not None and slot >= self.whole_from

    def signatures(self, slot: int) -> Mapping[str, str | None]:
        """Signatures notified so far in an unsettled slot, each with the program that notified it first."""
        seen = self._slots.get(slot)
        return seen.signatures if seen is not None else {}

    def first_seen(self, slot: int) -> float | None:
        """When the slot's first notification came; None when none did, or the slot is settled."""
        seen = self._slots.get(slot)
        return seen.first_seen if seen is not None else None

    def after(self, slot: int) -> list[int]:
        """Notified slots above ``slot``, ascending."""
        return sorted(seen for seen in self._slots if seen > slot)

    def take_late(self) -> list[Late]:
        """The late notifications since the last call."""
        late = list(self._late)
        self._late.clear()
        return late
