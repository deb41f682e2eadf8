"""Slots that should have a block, and which part of the chain has been asked for them. Pure; part of `plan`.

Notifications and getBlocks pages name candidates; both have holes, so they are hints. Where a wide gap between
candidates was never listed, a page is wanted before anything behind it is fetched.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

#: Agave refuses getBlocks over a longer range.
LONGEST_PAGE_SLOTS = 500_000
#: Unknown slots before an unlisted parent from which a page is cheaper than walking.
_HOLE_SLOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A getBlocks call to make, both ends included."""

    first: int
    last: int


class Candidates:
    """Candidates above ``floor``, ascending, at most two pages and four look-aheads of them: the lowest.

    ``tip`` is the highest slot known to have reached the commitment; slots below ``gone_until`` are gone from every
    node. The caller holds the ``given_up`` ones.
    """

    def __init__(self, floor: int, *, lookahead_slots: int, listing_slots: int, to_slot: int | None) -> None:
        self.slots: list[int] = []
        self.floor = self.tip = floor
        self.gone_until = 0
        self._to_slot = to_slot
        self._lookahead = lookahead_slots
        self._listing = self._page_slots = listing_slots
        self._most = 2 * listing_slots + 4 * lookahead_slots
        self._unlisted: set[int] = set()  # only a parent link told us of them
        self._listed_to = floor
        self._asked_tip = -1  # the tip when a page last reached it
        self._page: Page | None = None
        self._page_tip = -1  # the tip when that page was asked
        self._relisted: Page | None = None

    def __contains__(self, slot: int) -> bool:
        index = bisect_left(self.slots, slot)
        return index < len(self.slots) and self.slots[index] == slot

    def below(self, slot: int) -> list[int]:
        """Candidates below ``slot``."""
        return self.slots[: bisect_left(self.slots, slot)]

    def learn(self, slot: int) -> None:
        """The slot should have a block."""
        if slot > self.floor and slot >= self.gone_until and slot not in self:
            insort(self.slots, slot)

    def learn_parent(self, slot: int) -> None:
        """The slot has a block: another one names it as its parent."""
        if slot not in self:
            self.learn(slot)
            if slot in self:
                self._unlisted.add(slot)

    def listed(self, page: Page, slots: Iterable[int]) -> None:
        """The answer to a page. It may have holes and may end early."""
        self._page = None
        found = sorted({slot for slot in slots if page.first <= slot <= page.last})
        for slot in found[: self._most]:
            self.learn(slot)
            self._unlisted.discard(slot)
        if page == self._relisted:
            return
        reached = found[min(len(found), self._most) - 1] if found else page.last
        if page.last >= self._page_tip:  # what a lagging node left out is asked for when the tip has moved
            self._asked_tip = self._page_tip
            reached = reached if found else page.first - 1
        self._listed_to = max(self._listed_to, reached)
        self._resize(page, len(found))

    def listing_failed(self, page: Page) -> None:
        """Ask for the same page again."""
        self._page = None
        if page == self._relisted:
            self._relisted = None

    def trim(self) -> list[int]:
        """Forget the highest ones beyond the limit, and say which; a page brings them back when their time comes."""
        if len(self.slots) <= self._most:
            return []
        forgotten = self.slots[self._most :]
        del self.slots[self._most :]
        self._unlisted.difference_update(forgotten)
        self._listed_to = min(self._listed_to, self.slots[-1])
        self._asked_tip = -1
        return forgotten

    def lose_history(self, until: int, keep: Collection[int]) -> None:
        """Slots below ``until`` are gone, but for those that are still being fetched or here."""
        self.gone_until = max(self.gone_until, until)
        self.slots = [slot for slot in self.slots if slot >= self.gone_until or slot in keep]

    def advance(self, floor: int) -> None:
        """Slots up to ``floor`` are accounted for."""
        self.floor = floor
        self.tip = max(self.tip, floor)
        del self.slots[: bisect_left(self.slots, floor + 1)]
        self._unlisted.difference_update([slot for slot in self._unlisted if slot <= floor])

    def window(self, given_up: Collection[int]) -> Iterator[int]:
        """The lowest candidates worth fetching: a look-ahead of them, none behind a gap that a page should fill."""
        left = self._lookahead
        end = self._covered()
        for slot in self.slots:
            if slot - end - 1 > self._lookahead or left == 0:
                return
            end = max(end, slot)
            if slot in given_up:
                continue
            left -= 1
            yield slot
            if self._is_beyond(slot):
                return

    def next_page(self, parent: int | None, given_up: Collection[int]) -> Page | None:
        """The one page to ask for now; ``parent`` is what the lowest block in hand waits for."""
        if self._page is None:
            self._page = self._hole(parent) or self._gap(given_up)
            self._page_tip = self.tip
            return self._page
        return None

    def _covered(self) -> int:
        """Up to here a listing has spoken, so a gap between candidates means skipped slots more likely than not."""
        return max(self.floor, self.gone_until - 1, self._listed_to)

    def _is_beyond(self, slot: int) -> bool:
        return self._to_slot is not None and slot > self._to_slot

    def _gap(self, given_up: Collection[int]) -> Page | None:
        """A page for the first wide gap of the next two look-aheads, else for what lies between them and the tip."""
        end = self._covered()
        enough = 2 * self._lookahead
        for slot in self.slots:
            if slot - end - 1 > self._lookahead:
                return self._page_of(end + 1, slot - 1)
            end = max(end, slot)
            if slot in given_up:
                continue
            enough -= 1
            if enough == 0 or self._is_beyond(slot):
                return None
        return self._page_of(end + 1, self.tip) if self.tip > max(end, self._asked_tip) else None

    def _page_of(self, first: int, last: int) -> Page:
        return Page(first=first, last=min(last, first + self._page_slots - 1))

    def _hole(self, parent: int | None) -> Page | None:
        """A page for what lies before a parent that no listing had named: asked once, then parents are walked."""
        if parent not in self._unlisted:
            return None
        first = max(self.floor, self.gone_until - 1, *self.below(parent)[-1:]) + 1
        asked = self._relisted is not None and self._relisted.first <= parent <= self._relisted.last + 1
        if asked or parent - first < _HOLE_SLOTS:
            return None
        self._relisted = Page(first=first, last=min(parent - 1, first + LONGEST_PAGE_SLOTS - 1))
        return self._relisted

    def _resize(self, page: Page, found: int) -> None:
        """Pages over a stretch with few blocks (an outage, an old recording) grow; dense ones are of the set size."""
        if page.last - page.first + 1 < self._page_slots:
            return
        if found > self._listing:
            self._page_slots = self._listing
        elif found < self._listing // 4:
            self._page_slots = min(2 * self._page_slots, LONGEST_PAGE_SLOTS)
