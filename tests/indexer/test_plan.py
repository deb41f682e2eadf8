"""The planner in single steps; test_plan_worlds.py has whole chains."""

from typing import Any

import pytest

from indexer.plan import Cursor, Finished, Fork, Missing, Page, Plan, Settle

LOOKAHEAD = 4


def planner(cursor: Cursor, *, to_slot: int | None = None, listing: int = 20) -> Plan[str]:
    return Plan(cursor, lookahead_slots=LOOKAHEAD, listing_slots=listing, to_slot=to_slot)


def outcomes(plan: Plan[str]) -> list[Any]:
    found = []
    while (outcome := plan.next_outcome()) is not None:
        found.append(outcome)
        if isinstance(outcome, Finished | Fork):
            break
    return found


def settled(plan: Plan[str]) -> list[int]:
    return [outcome.slot for outcome in outcomes(plan) if isinstance(outcome, Settle)]


def test_first_block_settles_with_its_own_parent_when_there_is_no_marker() -> None:
    plan = planner(Cursor(slot=99))
    plan.notified(100)
    assert plan.next_fetches() == (100,)
    plan.arrived(100, 96, "a")
    assert outcomes(plan) == [Settle(slot=100, parent_slot=96, block="a", skipped=0, refuted=())]
    assert plan.cursor == Cursor(slot=100, block=100)


def test_first_parent_at_or_after_an_explicit_start_is_fetched_too() -> None:
    plan = planner(Cursor(slot=99))
    plan.notified(102)
    plan.arrived(102, 100, "c")
    assert outcomes(plan) == []
    assert plan.next_fetches() == (100,)
    plan.arrived(100, 97, "a")
    assert settled(plan) == [100, 102]


def test_blocks_settle_in_order_and_parent_links_prove_the_skips() -> None:
    plan = planner(Cursor(slot=100, block=100))
    for slot in (104, 101):
        plan.notified(slot)
    plan.arrived(104, 101, "b")
    assert outcomes(plan) == []
    plan.arrived(101, 100, "a")
    assert [(o.slot, o.skipped) for o in outcomes(plan)] == [(101, 0), (104, 2)]


def test_a_parent_nobody_listed_becomes_a_candidate() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.notified(102)
    assert plan.next_fetches() == (102,)
    plan.arrived(102, 101, "b")
    assert plan.next_fetches() == (101,)
    plan.arrived(101, 100, "a")
    assert settled(plan) == [101, 102]


def test_a_hole_before_an_unlisted_parent_is_listed_once_and_then_walked() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.notified(105)
    plan.next_fetches()
    plan.arrived(105, 104, "e")
    assert plan.next_page() == Page(first=101, last=103)
    assert plan.next_page() is None
    plan.listed(Page(first=101, last=103), [])
    plan.arrived(104, 103, "d")
    assert plan.next_page() is None
    assert plan.next_fetches() == (103,)


def test_a_wide_gap_is_listed_before_anything_behind_it_is_fetched() -> None:
    plan = planner(Cursor(slot=100, block=100), listing=20)
    plan.notified(150)
    assert plan.next_fetches() == ()
    page = plan.next_page()
    assert page == Page(first=101, last=120)
    plan.listed(page, range(101, 121))
    assert plan.next_fetches() == (101, 102, 103, 104)
    assert plan.next_page() is None, "one page ahead is enough"


def test_pages_grow_over_a_stretch_without_blocks_and_shrink_again() -> None:
    plan = planner(Cursor(slot=0, block=0), listing=20)
    plan.saw_tip(10_000_000)
    asked: list[int] = []
    while (page := plan.next_page()) is not None and len(asked) < 40:
        asked.append(page.last - page.first + 1)
        plan.listed(page, range(page.first, page.last + 1) if page.last > 5_000_000 else [])
    assert asked[:3] == [20, 40, 80]
    assert len(asked) < 40
    assert max(asked) == 500_000


def test_a_lagging_listing_is_asked_again_only_when_the_tip_has_moved() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.saw_tip(103)
    page = plan.next_page()
    assert page == Page(first=101, last=103)
    plan.listed(page, [101])
    assert plan.next_page() is None
    plan.saw_tip(104)
    assert plan.next_page() == Page(first=102, last=104)


def test_a_failed_listing_is_asked_again() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.saw_tip(103)
    page = plan.next_page()
    assert page is not None
    plan.listing_failed(page)
    assert plan.next_page() == page


def test_a_slot_is_missing_only_when_a_later_block_needs_it() -> None:
    plan = planner(Cursor(slot=100, block=100))
    for slot in (101, 102, 103):
        plan.notified(slot)
    plan.gave_up(101)
    plan.gave_up(102)
    assert outcomes(plan) == []
    plan.arrived(103, 101, "c")
    assert outcomes(plan) == [
        Missing(slot=101, to_slot=101, parent_slot=100),
        Settle(slot=103, parent_slot=101, block="c", skipped=1, refuted=(102,)),
    ]


def test_what_nothing_proves_before_a_missing_slot_is_in_its_range() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.notified(103)
    plan.gave_up(103)
    plan.arrived(104, 103, "d")
    assert outcomes(plan)[0] == Missing(slot=101, to_slot=103, parent_slot=100)


def test_after_a_missing_slot_a_parent_before_it_proves_it_was_never_there() -> None:
    plan = planner(Cursor(slot=101, block=100))
    plan.arrived(102, 100, "b")
    assert settled(plan) == [102]


def test_a_look_ahead_nobody_can_give_does_not_stop_the_loop() -> None:
    plan = planner(Cursor(slot=100, block=100))
    for slot in range(101, 101 + LOOKAHEAD):
        plan.notified(slot)
        plan.gave_up(slot)
    assert outcomes(plan) == [Missing(slot=101, to_slot=100 + LOOKAHEAD, parent_slot=100)]


def test_history_gone_is_one_range_up_to_what_the_first_available_block_proves() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.saw_tip(5000)
    page = plan.next_page()
    assert page is not None
    plan.listed(page, range(101, 121))
    slots = plan.next_fetches()
    for slot in slots:
        plan.history_gone(slot, 4990)
    assert outcomes(plan) == []
    page = plan.next_page()
    assert page == Page(first=4990, last=5000)
    plan.listed(page, range(4992, 5001))
    plan.arrived(4992, 4988, "x")
    assert outcomes(plan) == [
        Missing(slot=101, to_slot=4988, parent_slot=100),
        Settle(slot=4992, parent_slot=4988, block="x", skipped=3, refuted=()),
    ]


def test_history_that_is_gone_but_was_never_there_leaves_no_hole() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.notified(101)
    plan.history_gone(101, 103)
    plan.arrived(103, 100, "x")
    assert settled(plan) == [103]


def test_a_parent_below_the_last_settled_block_is_a_fork_and_is_asked_again() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.notified(102)
    plan.next_fetches()
    for tries in (1, 2):
        plan.arrived(102, 98, "x")
        assert outcomes(plan) == [Fork(slot=102, parent_slot=98, settled=100, tries=tries)]
        assert plan.next_fetches() == (102,)
    plan.arrived(102, 100, "x")
    assert settled(plan) == [102]


def test_a_late_block_changes_nothing() -> None:
    plan = planner(Cursor(slot=101, block=100))
    assert not plan.arrived(101, 100, "late")
    assert outcomes(plan) == []


def test_a_block_that_comes_after_giving_up_but_in_time_settles() -> None:
    plan = planner(Cursor(slot=100, block=100))
    plan.notified(101)
    plan.gave_up(101)
    assert plan.arrived(101, 100, "a")
    assert settled(plan) == [101]


@pytest.mark.parametrize(("slot", "parent"), [(5, 5), (5, 6)])
def test_a_parent_that_is_not_below_its_slot_is_refused(slot: int, parent: int) -> None:
    with pytest.raises(ValueError, match="as its parent"):
        planner(Cursor(slot=1)).arrived(slot, parent, "x")


def test_slot_zero_names_itself() -> None:
    plan = planner(Cursor(slot=-1))
    plan.notified(0)
    plan.arrived(0, 0, "genesis")
    assert settled(plan) == [0]


def test_a_bounded_run_ends_at_its_slot() -> None:
    plan = planner(Cursor(slot=100, block=100), to_slot=102)
    for slot in range(101, 110):
        plan.notified(slot)
    assert plan.next_fetches() == (101, 102, 103), "one block beyond the end may be needed as proof"
    plan.arrived(101, 100, "a")
    plan.arrived(102, 101, "b")
    assert [type(o) for o in outcomes(plan)] == [Settle, Settle, Finished]
    assert plan.next_fetches() == ()
    assert plan.next_page() is None


def test_a_bounded_run_whose_last_slot_is_skipped_ends_with_the_next_block() -> None:
    plan = planner(Cursor(slot=100, block=100), to_slot=102)
    plan.arrived(104, 101, "d")
    plan.arrived(101, 100, "a")
    assert [type(o) for o in outcomes(plan)] == [Settle, Finished]
    assert plan.cursor == Cursor(slot=102, block=101)


def test_another_writer_moves_the_cursor() -> None:
    plan = planner(Cursor(slot=100, block=100))
    for slot in range(101, 105):
        plan.arrived(slot, slot - 1, "x")
    plan.moved(Cursor(slot=103, block=103))
    plan.moved(Cursor(slot=90, block=90))
    assert settled(plan) == [104]
