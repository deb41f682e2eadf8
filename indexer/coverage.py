"""Which slots the stream accounts for, from its markers alone. Pure.

A marker of a block at ``slot`` with ``parent_slot`` settles every slot above the parent up to itself: the slots between
were skipped. A missing marker settles nothing. So what is open is a range minus what its markers cover, main and
repair markers alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from indexer.marker import Marker


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Slots ``first`` to ``last``, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        """How many slots."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """``open`` ranges ascend and do not touch; ``settled`` counts the blocks already in the stream."""

    open: tuple[Range, ...]
    settled: int


def coverage(first: int, last: int, markers: Iterable[Marker]) -> Coverage:
    """What of ``first``..``last`` the ``markers`` (in any order) leave open."""
    settled, covers = 0, []
    for marker in markers:
        if marker.status == "missing":
            continue
        settled += first <= marker.slot <= last
        parent = marker.parent_slot if marker.parent_slot is not None else marker.slot - 1
        covers.append(Range(parent + 1, marker.slot))
    gaps, begin = [], first
    for cover in sorted(covers):
        if cover.first > begin:
            gaps.append(Range(begin, min(cover.first - 1, last)))
        begin = max(begin, cover.last + 1)
        if begin > last:
            break
    if begin <= last:
        gaps.append(Range(begin, last))
    return Coverage(open=tuple(gap for gap in gaps if gap.first <= gap.last), settled=settled)
