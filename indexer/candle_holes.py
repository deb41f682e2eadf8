"""Slots the stream does not have, and the times they may have had: what makes a candle incomplete. Pure."""

import math
from collections.abc import Iterator
from typing import Any

from indexer.coverage import Range


class Hole:
    """Missing slots, less what repairs have brought since.

    Their blocks' times lie between ``began``, that of the block before, and ``ended``, that of the block after; both
    are Unix seconds, None and infinite while not known.
    """

    __slots__ = ("began", "ended", "open")

    def __init__(self, began: float, ended: float | None, ranges: list[Range]) -> None:
        self.began, self.ended, self.open = began, ended, ranges

    def touches(self, open_time: int, close_time: int) -> bool:
        """Whether one of its slots may have a block in the window, whose end is not part of it."""
        return self.began < close_time and (self.ended is None or self.ended >= open_time)

    def cover(self, covered: Range) -> None:
        """Those slots are settled now."""
        self.open = [part for one in self.open for part in _without(one, covered)]


class Holes:
    """All that are not repaired. What lies before the first block of the stream is one that never will be."""

    def __init__(self) -> None:
        self._holes: list[Hole] = []
        self._before: float = -math.inf

    def __len__(self) -> int:
        return len(self._holes)

    def begin(self, block_time: int) -> None:
        """The stream's first block: nothing is known of the time before it."""
        self._before = block_time

    def add(self, slots: Range, began: float | None) -> None:
        """Slots that are missing behind a block of time ``began``."""
        self._holes.append(Hole(-math.inf if began is None else began, None, [slots]))

    def end(self, block_time: int) -> None:
        """The next block with a time: the missing slots before it are no later."""
        for hole in self._holes:
            if hole.ended is None:
                hole.ended = block_time

    def cover(self, slots: Range) -> bool:
        """A repair brought ``slots``; whether a hole is gone with that."""
        for hole in self._holes:
            hole.cover(slots)
        return self._drop(lambda hole: not hole.open)

    def forget(self, before: int) -> None:
        """Nothing older than ``before`` will be revised any more."""
        self._drop(lambda hole: hole.ended is not None and hole.ended < before)

    def touch(self, open_time: int, close_time: int) -> bool:
        """Whether slots that may have had trades in the window are missing."""
        return open_time < self._before or any(hole.touches(open_time, close_time) for hole in self._holes)

    def time_before(self, slot: int) -> int | None:
        """Time of the block before the hole that ``slot`` is in; None when it is in none."""
        for hole in self._holes:
            if math.isfinite(hole.began) and any(one.first <= slot <= one.last for one in hole.open):
                return int(hole.began)
        return None

    def values(self) -> dict[str, Any]:
        """For storing."""
        holes = [
            (_finite(hole.began), hole.ended, [(one.first, one.last) for one in hole.open]) for hole in self._holes
        ]
        return {"before": _finite(self._before), "holes": holes}

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Holes":
        """What ``values`` gave."""
        self = cls()
        self._before = _number(values["before"])
        for began, ended, ranges in values["holes"]:
            self._holes.append(Hole(_number(began), ended, [Range(*one) for one in ranges]))
        return self

    def _drop(self, done: Any) -> bool:
        count = len(self._holes)
        self._holes = [hole for hole in self._holes if not done(hole)]
        return len(self._holes) < count


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return -math.inf if value is None else value


def _without(one: Range, covered: Range) -> Iterator[Range]:
    if one.last < covered.first or covered.last < one.first:
        yield one
        return
    if one.first < covered.first:
        yield Range(one.first, covered.first - 1)
    if covered.last < one.last:
        yield Range(covered.last + 1, one.last)
