"""The planner over whole chains under every kind of loss."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.plan import Cursor, Finished, Fork, Missing, Page, Plan, Settle
from tests.indexer.test_plan import LOOKAHEAD, planner


@dataclass(kw_only=True)
class World:
    """A chain with what its nodes do wrong; ``blocks`` maps a slot to its parent."""

    random: Random = field(repr=False)
    blocks: dict[int, int]
    unlisted: set[int]
    never: set[int]
    first_available: int
    bogus: set[int]

    def list(self, page: Page) -> list[int]:
        """What getBlocks says; a node may also lag and stop short."""
        slots = [slot for slot in self.blocks if page.first <= slot <= page.last and slot not in self.unlisted]
        slots = [slot for slot in slots if slot >= self.first_available]
        if self.random.random() < 0.3:
            slots = slots[: self.random.randrange(len(slots) + 1)]
        return slots + [slot for slot in self.bogus if page.first <= slot <= page.last]

    def grow(self) -> int:
        """The chain goes on: a new block at its tip."""
        tip = max(self.blocks)
        self.blocks[tip + 1] = tip
        return tip + 1

    def hear(self, plan: Plan[str], slot: int) -> None:
        """A notification."""
        plan.notified(slot)

    def page(self, plan: Plan[str], page: Page) -> None:
        """The answer to a page, or none."""
        if self.random.random() < 0.2:
            plan.listing_failed(page)
        else:
            plan.listed(page, self.list(page))

    def answer(self, plan: Plan[str], slot: int) -> None:
        """What getBlock says, after some false answers."""
        if self.random.random() < 0.2:
            plan.released(slot)
        elif slot < self.first_available:
            plan.history_gone(slot, self.first_available)
        elif slot in self.never or slot not in self.blocks:
            plan.gave_up(slot)
        else:
            plan.arrived(slot, self.blocks[slot], f"block {slot}")


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A chain from slot 100 with skips; its last blocks are all there, so that everything before can be decided."""
    random = Random(draw(st.integers(0, 2**32)))
    skip, unlisted, never, bogus = (draw(st.sampled_from((0.0, 0.1, 0.5))) for _ in range(4))
    length = draw(st.integers(1, 120))
    blocks, parent = {}, 100
    for slot in range(101, 101 + length + 3 * LOOKAHEAD):
        if slot <= 100 + length and random.random() < skip:
            continue
        blocks[slot], parent = parent, slot
    shaky = list(range(101, 101 + length))
    empty = [slot for slot in shaky if slot not in blocks]
    return World(
        random=random,
        blocks=blocks,
        unlisted={slot for slot in shaky if random.random() < unlisted},
        never={slot for slot in shaky if random.random() < never},
        first_available=draw(st.sampled_from((0, 0, 101 + length // 2))),
        # a whole look-ahead of slots that never were cannot be told from an outage: fewer than that
        bogus=set(random.sample(empty, min(len(empty), LOOKAHEAD - 1))) if bogus and not never else set(),
    )


def run(world: World, plan: Plan[str], *, done: Callable[[], bool], notified: Iterable[int]) -> list[Any]:
    """Drive the plan with answers in random order until it is done; every turn must be able to do something."""
    waiting: list[Any] = list(notified)
    flying: list[Any] = []
    pages: list[Any] = []
    said: list[Any] = []
    for _ in range(20_000):
        if (page := plan.next_page()) is not None:
            pages.append(page)
        flying += plan.next_fetches()
        while (outcome := plan.next_outcome()) is not None:
            said.append(outcome)
            assert plan.in_hand <= 2 * LOOKAHEAD
            if isinstance(outcome, Finished | Fork):
                return said
        assert plan.in_flight <= LOOKAHEAD + 1
        if done():
            return said
        kinds: list[tuple[Any, list[Any]]] = [(world.hear, waiting), (world.answer, flying), (world.page, pages)]
        events = [(event, queue) for event, queue in kinds if queue]
        if not events:
            plan.saw_tip(world.grow())
            continue
        event, queue = world.random.choice(events)
        event(plan, queue.pop(world.random.randrange(len(queue))))
    raise AssertionError(f"no progress at {plan.cursor}")


def check(world: World, said: list[Any], *, start: int, end: int) -> None:
    """Every block settled or missing exactly once, ascending, and nothing missing that the parents prove skipped."""
    expected = {slot for slot in world.blocks if start < slot <= end}
    done: list[int] = []
    missing: set[int] = set()
    before = start
    for outcome in said:
        assert outcome.slot > before or isinstance(outcome, Finished)
        if isinstance(outcome, Settle):
            assert outcome.block == f"block {outcome.slot}"
            assert outcome.parent_slot == world.blocks[outcome.slot]
            done.append(outcome.slot)
            before = outcome.slot
        elif isinstance(outcome, Missing):
            assert outcome.slot == before + 1
            missing.update(range(outcome.slot, outcome.to_slot + 1))
            before = outcome.to_slot
    assert not missing & set(done)
    assert expected == set(done) | (missing & set(world.blocks))
    givable = {slot for slot in expected if slot >= world.first_available and slot not in world.never}
    for slot in missing - set(world.blocks):
        child = min((block for block in world.blocks if block > slot), default=0)
        beyond = child > end and bool(world.never or child < world.first_available)
        assert child in missing or beyond, f"{slot} is marked missing though {child} proves it skipped"
    if not world.never:
        assert givable <= set(done), "what a node has is never marked missing"


@settings(max_examples=300, deadline=None)
@given(world=worlds(), share=st.sampled_from((0.0, 0.5, 1.0)), marker=st.booleans())
def test_every_block_settles_or_is_missing_exactly_once(world: World, share: float, *, marker: bool) -> None:
    plan = planner(Cursor(slot=100, block=100 if marker else None))
    tip = max(world.blocks)
    plan.saw_tip(tip if share == 0 else 100)
    notified = [slot for slot in world.blocks if world.random.random() < share]
    said = run(world, plan, done=lambda: plan.cursor.slot >= tip, notified=notified)
    assert not any(isinstance(outcome, Fork) for outcome in said)
    check(world, said, start=100, end=plan.cursor.slot)


@settings(max_examples=150, deadline=None)
@given(world=worlds(), length=st.integers(1, 130))
def test_a_bounded_run_accounts_for_exactly_its_slots(world: World, length: int) -> None:
    end = min(100 + length, max(world.blocks))
    plan = planner(Cursor(slot=100, block=100), to_slot=end)
    plan.saw_tip(max(world.blocks))
    said = run(world, plan, done=lambda: False, notified=())
    assert said[-1] == Finished(slot=end)
    check(world, said, start=100, end=end)
