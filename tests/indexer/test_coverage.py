"""Which slots a stream accounts for, from its markers."""

from hypothesis import given
from hypothesis import strategies as st

from indexer.coverage import Range, coverage
from indexer.marker import Marker, Status


def marker(slot: int, parent: int | None, status: Status = "complete", to_slot: int | None = None) -> Marker:
    return Marker(
        slot=slot,
        to_slot=to_slot,
        parent_slot=parent,
        blockhash="h",
        block_time=1,
        status=status,
        swaps=0,
        failed_txs=0,
        dead=0,
        build="t",
        programs_hash="t",
    )


def test_a_marker_settles_the_skipped_slots_before_it() -> None:
    found = coverage(10, 15, [marker(10, 9), marker(14, 10), marker(15, 14)])
    assert found.open == ()
    assert found.settled == 3


def test_a_missing_slot_is_open_until_a_repair_marker_covers_it() -> None:
    main = [marker(10, 9), marker(11, 10, "missing"), marker(12, 11)]
    assert coverage(10, 12, main).open == (Range(11, 11),)
    assert coverage(10, 12, [*main, marker(11, 10)]).open == ()


def test_the_marker_after_a_missing_range_says_where_its_blocks_end() -> None:
    main = [marker(10, 9), marker(11, 10, "missing", to_slot=20), marker(21, 17)]
    assert coverage(10, 21, main).open == (Range(11, 17),)
    assert coverage(10, 21, [*main, marker(13, 10), marker(17, 15)]).open == (Range(14, 15),)


def test_what_lies_before_the_first_marker_and_after_the_last_is_open() -> None:
    assert coverage(5, 30, [marker(10, 9), marker(20, 10)]).open == (Range(5, 9), Range(21, 30))
    assert coverage(5, 30, []).open == (Range(5, 30),)


def test_markers_outside_the_range_change_nothing() -> None:
    found = coverage(10, 12, [marker(5, 4), marker(10, 9), marker(12, 10), marker(30, 12)])
    assert found.open == ()
    assert found.settled == 2


@given(st.sets(st.integers(1, 60), min_size=1), st.sets(st.integers(1, 60)), st.randoms())
def test_open_and_covered_slots_are_the_whole_range(blocks: set[int], lost: set[int], random: object) -> None:
    """A chain with some markers lost: exactly the slots of the lost ones are open."""
    chain = sorted(blocks)
    parents = dict(zip(chain, [0, *chain], strict=False))
    kept = [marker(slot, parents[slot]) for slot in chain if slot not in lost]
    random.shuffle(kept)  # type: ignore[attr-defined]
    expected = {slot for end in chain if end in lost for slot in range(parents[end] + 1, end + 1)}
    found = coverage(1, chain[-1], kept)
    assert {slot for gap in found.open for slot in range(gap.first, gap.last + 1)} == expected
    assert all(left.last + 1 < right.first for left, right in zip(found.open, found.open[1:], strict=False))
