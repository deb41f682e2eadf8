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

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar

from indexer.candidates import Candidates, Page

__all__ = ["Cursor", "Finished", "Fork", "Missing", "Outcome", "Page", "Plan", "Settle"]

Block = TypeVar("Block")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Every slot up to ``slot`` is accounted for; ``block`` is the last settled block (None: none, a first start).

    From a marker: ``Cursor(slot=marker.slot, block=marker.slot)``, or for a missing one ``Cursor(slot=marker.to_slot,
    block=marker.parent_slot)``. To begin at slot N: ``Cursor(slot=N - 1)``.
    """

    slot: int
    block: int | None = None


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
        self.to_slot = to_slot
        self._lookahead = lookahead_slots
        self._candidates = Candidates(
            cursor.slot, lookahead_slots=lookahead_slots, listing_slots=listing_slots, to_slot=to_slot
        )
        self._in_flight: set[int] = set()
        self._in_hand: dict[int, tuple[int, Block]] = {}
        self._given_up: set[int] = set()
        self._forks = 0

    @property
    def tip(self) -> int:
        """The highest slot known to have reached the commitment."""
        return self._candidates.tip

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
        self._candidates.tip = max(self.tip, slot)

    def notified(self, slot: int) -> None:
        """A notification came from this slot: it has a block. One at or below the cursor changes nothing."""
        self.saw_tip(slot)
        self._candidates.learn(slot)
        self._trim()

    def listed(self, page: Page, slots: Iterable[int]) -> None:
        """The answer to a page. It may have holes and may end early: parent links are the proof, not the listing."""
        self._candidates.listed(page, slots)
        self._trim()

    def listing_failed(self, page: Page) -> None:
        """No endpoint answered: the same page will be asked for again."""
        self._candidates.listing_failed(page)

    def arrived(self, slot: int, parent_slot: int, block: Block) -> bool:
        """A block is here. False when it comes late: its slot is already settled, proved skipped or marked missing.

        Raises ValueError when the parent is not below the slot (only slot 0 names itself).
        """
        if parent_slot >= slot > 0:
            raise ValueError(f"block {slot} names {parent_slot} as its parent")
        self._in_flight.discard(slot)
        if slot <= self.cursor.slot:
            return False
        self._given_up.discard(slot)
        parent = parent_slot if slot else -1
        self._in_hand[slot] = (parent, block)
        self._candidates.learn(slot)
        self._candidates.learn_parent(parent)
        while len(self._in_hand) > 2 * self._lookahead:
            del self._in_hand[max(self._in_hand)]
        return True

    def gave_up(self, slot: int) -> None:
        """Nobody could give this slot's block within the limit."""
        self._in_flight.discard(slot)
        if slot > self.cursor.slot and slot not in self._in_hand:
            self._candidates.learn(slot)
            self._given_up.add(slot)

    def history_gone(self, slot: int, first_available: int) -> None:
        """Every endpoint has thrown this slot away; ``first_available`` is the oldest block that one of them has."""
        if first_available <= slot:
            self.gave_up(slot)
            return
        self._in_flight.discard(slot)
        self._candidates.lose_history(first_available, self._in_flight | self._in_hand.keys())

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
        if self._is_finished():
            return None
        waits_for = self._in_hand[min(self._in_hand)][0] if self._in_hand else None
        return self._candidates.next_page(waits_for, self._given_up)

    def next_fetches(self) -> tuple[int, ...]:
        """Slots to fetch now, ascending. They count as in flight until answered."""
        starting: list[int] = []
        if self._is_finished():
            return ()
        for index, slot in enumerate(self._candidates.window(self._given_up)):
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
        skipped, refuted = slot - self.cursor.slot - 1, tuple(self._candidates.below(slot))
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
        lost = list(takewhile(self._given_up.__contains__, self._candidates.slots))
        return self._missing(lost[-1]) if len(lost) >= self._lookahead else None

    def _is_lost_up_to(self, parent: int) -> bool:
        return all(self._is_lost(slot) for slot in (*self._candidates.below(parent), parent))

    def _is_lost(self, slot: int) -> bool:
        gone = slot in self._given_up or slot < self._candidates.gone_until
        return gone and slot not in self._in_flight

    def _is_finished(self) -> bool:
        return self.to_slot is not None and self.cursor.slot >= self.to_slot

    def _trim(self) -> None:
        for slot in self._candidates.trim():
            self._given_up.discard(slot)
            self._in_hand.pop(slot, None)

    def _advance(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._candidates.advance(cursor.slot)
        for slots in (self._in_flight, self._given_up):
            slots.difference_update([slot for slot in slots if slot <= cursor.slot])
        for slot in [slot for slot in self._in_hand if slot <= cursor.slot]:
            del self._in_hand[slot]
