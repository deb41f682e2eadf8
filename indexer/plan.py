"""Which slots have a block, proved by parent links: a state machine with plain inputs and plain outputs.

No clock, no network. The loop around it is the same for live, catch-up, replay and repair; only the cursor differs:

    plan: Plan[Block] = Plan(Cursor(slot=..., block=...), lookahead_slots=8, listing_slots=500)
    plan.notified(slot) / plan.saw_tip(slot)                       # whenever they come
    page = plan.next_page()        -> rpc.blocks(page.first, page.last), then plan.listed(page, slots)
    slots = plan.next_fetches()    -> start one hydrate task each; they answer with exactly one of
                                      arrived / gave_up / history_gone / released
    while (outcome := plan.next_outcome()) is not None:            # Settle, Missing, Fork or Finished
        publish it, then cancel the tasks of slots <= plan.cursor.slot

Call all three ``next_*`` again after every input. ``next_outcome`` moves the cursor, so take the next one only when
the last is published: at most two look-aheads of blocks are held meanwhile. A writer that finds itself overtaken calls
``moved``.

What is proved, and how. A block whose parent is the last settled block proves every slot between them skipped. A parent
above the cursor that nobody listed has a block: it becomes a candidate (listings have holes, notifications get lost).
A slot that nobody can give is missing, but only when a later block needs it: a block whose parent lies before it proves
that it was never there. Nothing proves what lies between the cursor and a missing slot, so the marker covers all of it;
after it, a parent inside the missing range is accepted, because nothing better can be known.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar

Block = TypeVar("Block")

#: Agave refuses getBlocks over a longer range.
LONGEST_PAGE_SLOTS = 500_000
#: Unknown slots before an unlisted parent from which a page is cheaper than walking.
_HOLE_SLOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Every slot up to ``slot`` is accounted for; ``block`` is the last settled block (None: none, a first start).

    From a marker: ``Cursor(slot=marker.slot, block=marker.slot)``, or for a missing one ``Cursor(slot=marker.to_slot,
    block=marker.parent_slot)``. To begin at slot N: ``Cursor(slot=N - 1)``.
    """

    slot: int
    block: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A getBlocks call to make, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Generic[Block]):
    """Publish this block; its parent link proves the ``skipped`` slots before it to be empty.

    ``refuted`` are slots that a listing or a notification had named and that the link proves not to be in the chain.
    """

    slot: int
    parent_slot: int
    block: Block
    skipped: int
    refuted: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Nobody can give what lies in ``slot``..``to_slot``; ``parent_slot`` is the last settled block before it."""

    slot: int
    to_slot: int
    parent_slot: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """A block names a parent below the last settled block, which confirmed blocks cannot do.

    The block is thrown away and will be asked for again. ``tries`` counts such blocks since the last settled one: at
    a limit the caller stops, because then what is published is not what the nodes hold.
    """

    slot: int
    parent_slot: int
    settled: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Everything up to ``to_slot`` is accounted for."""

    slot: int


Outcome = Settle[Block] | Missing | Fork | Finished


class Plan(Generic[Block]):
    """The planner. ``lookahead_slots`` are fetched at once; ``to_slot`` is where a bounded run ends."""

    def __init__(self, cursor: Cursor, *, lookahead_slots: int, listing_slots: int, to_slot: int | None = None) -> None:
        self.cursor = cursor
        self.tip = cursor.slot
        self.to_slot = to_slot
        self._lookahead = lookahead_slots
        self._listing = self._page_slots = listing_slots
        self._most = 2 * listing_slots + 4 * lookahead_slots
        self._candidates: list[int] = []  # ascending, all above the cursor
        self._in_flight: set[int] = set()
        self._in_hand: dict[int, tuple[int, Block]] = {}
        self._given_up: set[int] = set()
        self._unlisted: set[int] = set()  # candidates only a parent link told us of
        self._gone_until = 0  # slots below are gone from every node
        self._listed_to = cursor.slot
        self._asked_tip = -1  # the tip when a page last reached it
        self._page: Page | None = None
        self._page_tip = -1  # the tip when that page was asked
        self._relisted: Page | None = None
        self._forks = 0

    @property
    def in_flight(self) -> int:
        """Slots being fetched."""
        return len(self._in_flight)

    @property
    def in_hand(self) -> int:
        """Blocks held until their turn."""
        return len(self._in_hand)

    # Inputs

    def saw_tip(self, slot: int) -> None:
        """A node says that this slot has reached the commitment."""
        self.tip = max(self.tip, slot)

    def notified(self, slot: int) -> None:
        """A notification came from this slot: it has a block. One at or below the cursor changes nothing."""
        self.saw_tip(slot)
        self._learn(slot)
        self._trim()

    def listed(self, page: Page, slots: Iterable[int]) -> None:
        """The answer to a page. It may have holes and may end early: parent links are the proof, not the listing."""
        self._page = None
        found = sorted({slot for slot in slots if page.first <= slot <= page.last})
        for slot in found[: self._most]:
            self._learn(slot)
            self._unlisted.discard(slot)
        if page == self._relisted:
            return
        if page.last >= self._page_tip:  # what a lagging node left out is asked for when the tip has moved
            self._asked_tip = self._page_tip
            reached = found[-1] if found else page.first - 1
        else:
            reached = found[-1] if found else page.last
        if len(found) > self._most:
            reached = found[self._most - 1]
        self._listed_to = max(self._listed_to, reached)
        self._resize(page, len(found))
        self._trim()

    def listing_failed(self, page: Page) -> None:
        """No endpoint answered: the same page will be asked for again."""
        self._page = None
        if page == self._relisted:
            self._relisted = None

    def arrived(self, slot: int, parent_slot: int, block: Block) -> bool:
        """A block is here. False when it comes late: its slot is already settled, proved skipped or marked missing.

        Raises ValueError when the parent is not below the slot (only slot 0 names itself).
        """
        if parent_slot >= slot > 0:
            raise ValueError(f"block {slot} names {parent_slot} as its parent")
        self._in_flight.discard(slot)
        if slot <= self.cursor.slot:
            return False
        self._learn(slot)
        self._given_up.discard(slot)
        parent = parent_slot if slot else -1
        self._in_hand[slot] = (parent, block)
        if parent > self.cursor.slot and parent >= self._gone_until and not self._is_candidate(parent):
            self._learn(parent)
            self._unlisted.add(parent)
        while len(self._in_hand) > 2 * self._lookahead:
            del self._in_hand[max(self._in_hand)]
        return True

    def gave_up(self, slot: int) -> None:
        """Nobody could give this slot's block within the limit."""
        self._in_flight.discard(slot)
        if slot > self.cursor.slot and slot not in self._in_hand:
            self._learn(slot)
            self._given_up.add(slot)

    def history_gone(self, slot: int, first_available: int) -> None:
        """Every endpoint has thrown this slot away; ``first_available`` is the oldest block that one of them has."""
        if first_available <= slot:
            self.gave_up(slot)
            return
        self._in_flight.discard(slot)
        self._gone_until = max(self._gone_until, first_available)
        self._candidates = [
            slot
            for slot in self._candidates
            if slot >= self._gone_until or slot in self._in_flight | self._in_hand.keys()
        ]

    def released(self, slot: int) -> None:
        """The fetch of this slot ended without an answer: it will be asked for again."""
        self._in_flight.discard(slot)

    def moved(self, cursor: Cursor) -> None:
        """Another writer settled slots up to here: go on after it. Never goes back."""
        if cursor.slot > self.cursor.slot:
            self._advance(cursor)

    # Outputs

    def next_page(self) -> Page | None:
        """The one getBlocks call to make now, or None. It counts as asked until ``listed`` or ``listing_failed``."""
        if self._page is not None or self._is_finished():
            return None
        self._page = self._hole() or self._gap()
        self._page_tip = self.tip
        return self._page

    def next_fetches(self) -> tuple[int, ...]:
        """Slots to fetch now, ascending. They count as in flight until answered."""
        starting: list[int] = []
        if self._is_finished():
            return ()
        for index, slot in enumerate(self._window()):
            if slot in self._in_flight or slot in self._in_hand:
                continue
            if len(self._in_flight) < self._lookahead + (index == 0):
                self._in_flight.add(slot)
                starting.append(slot)
        return tuple(starting)

    def next_outcome(self) -> Outcome[Block] | None:
        """What can be said now of the next slots, moving the cursor past it; None when more input is needed."""
        if self._is_finished():
            return Finished(slot=self.cursor.slot)
        if not self._in_hand:
            return self._surrender()
        slot = min(self._in_hand)
        parent, block = self._in_hand[slot]
        if parent > self.cursor.slot:
            return self._missing(parent) if self._is_lost_up_to(parent) else None
        if self.cursor.block is not None and parent < self.cursor.block:
            return self._fork(slot, parent)
        if self.to_slot is not None and slot > self.to_slot:
            self._advance(Cursor(slot=self.to_slot, block=self.cursor.block))
            return Finished(slot=self.to_slot)
        return self._settle(slot, parent, block)

    # What the next blocks say

    def _settle(self, slot: int, parent: int, block: Block) -> Settle[Block]:
        skipped = slot - self.cursor.slot - 1
        refuted = tuple(self._candidates[: bisect_left(self._candidates, slot)])
        self._advance(Cursor(slot=slot, block=slot))
        self._forks = 0
        return Settle(slot=slot, parent_slot=parent, block=block, skipped=skipped, refuted=refuted)

    def _missing(self, up_to: int) -> Missing:
        before = self.cursor
        end = up_to if self.to_slot is None else min(up_to, self.to_slot)
        self._advance(Cursor(slot=end, block=before.block))
        return Missing(slot=before.slot + 1, to_slot=end, parent_slot=before.block)

    def _fork(self, slot: int, parent: int) -> Fork:
        del self._in_hand[slot]
        self._forks += 1
        return Fork(slot=slot, parent_slot=parent, settled=self.cursor.slot, tries=self._forks)

    def _surrender(self) -> Missing | None:
        """A whole look-ahead that nobody can give, and no later block to say more: missing without further proof."""
        lost = list(takewhile(self._given_up.__contains__, self._candidates))
        return self._missing(lost[-1]) if len(lost) >= self._lookahead else None

    def _is_lost_up_to(self, parent: int) -> bool:
        below = self._candidates[: bisect_left(self._candidates, parent)]
        return self._is_lost(parent) and all(self._is_lost(slot) for slot in below)

    def _is_lost(self, slot: int) -> bool:
        return slot not in self._in_flight and (slot in self._given_up or slot < self._gone_until)

    def _is_finished(self) -> bool:
        return self.to_slot is not None and self.cursor.slot >= self.to_slot

    def _advance(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.tip = max(self.tip, cursor.slot)
        del self._candidates[: bisect_left(self._candidates, cursor.slot + 1)]
        for slots in (self._in_flight, self._given_up, self._unlisted):
            slots.difference_update([slot for slot in slots if slot <= cursor.slot])
        for slot in [slot for slot in self._in_hand if slot <= cursor.slot]:
            del self._in_hand[slot]

    # Candidates, and which part of the chain they cover

    def _learn(self, slot: int) -> None:
        if slot > self.cursor.slot and slot >= self._gone_until and not self._is_candidate(slot):
            insort(self._candidates, slot)

    def _is_candidate(self, slot: int) -> bool:
        index = bisect_left(self._candidates, slot)
        return index < len(self._candidates) and self._candidates[index] == slot

    def _trim(self) -> None:
        """Forget the highest candidates beyond the limit; a page brings them back when their time comes."""
        if len(self._candidates) <= self._most:
            return
        forgotten = self._candidates[self._most :]
        del self._candidates[self._most :]
        self._given_up.difference_update(forgotten)
        self._unlisted.difference_update(forgotten)
        for slot in forgotten:
            self._in_hand.pop(slot, None)
        self._listed_to = min(self._listed_to, self._candidates[-1])
        self._asked_tip = -1

    def _covered(self) -> int:
        """Up to here a listing has spoken, so a gap between candidates means skipped slots more likely than not."""
        return max(self.cursor.slot, self._gone_until - 1, self._listed_to)

    def _window(self) -> Iterator[int]:
        """The lowest candidates worth fetching: a look-ahead of them, none behind a gap that a page should fill."""
        left = self._lookahead
        end = self._covered()
        for slot in self._candidates:
            if slot - end - 1 > self._lookahead or left == 0:
                return
            end = max(end, slot)
            if slot not in self._given_up:
                left -= 1
                yield slot
            if self.to_slot is not None and slot > self.to_slot and slot not in self._given_up:
                return

    def _gap(self) -> Page | None:
        """A page for the first wide gap of the next two look-aheads, else for what lies between them and the tip."""
        end = self._covered()
        enough = 2 * self._lookahead
        for slot in self._candidates:
            if slot - end - 1 > self._lookahead:
                return self._page_of(end + 1, slot - 1)
            end = max(end, slot)
            if slot not in self._given_up:
                enough -= 1
                if enough == 0 or (self.to_slot is not None and slot > self.to_slot):
                    return None
        return self._page_of(end + 1, self.tip) if self.tip > max(end, self._asked_tip) else None

    def _page_of(self, first: int, last: int) -> Page:
        return Page(first=first, last=min(last, first + self._page_slots - 1))

    def _hole(self) -> Page | None:
        """A page for what lies before a parent that no listing had named: asked once, then parents are walked."""
        parent = self._in_hand[min(self._in_hand)][0] if self._in_hand else -1
        if parent not in self._unlisted:
            return None
        below = bisect_left(self._candidates, parent)
        known = self._candidates[below - 1] if below else self.cursor.slot
        first = max(known, self._gone_until - 1) + 1
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
