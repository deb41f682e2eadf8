"""Where a run begins."""

import pytest

from indexer.coverage import Range
from indexer.errors import DataError, UsageError
from indexer.plan import Cursor
from indexer.start import Ledger, Start, begin, check_end, check_slot, check_start, parse_slot

LEDGER = Ledger(first_available=100, tip=200)
LAST = Cursor(slot=150, block=150)


def test_resume_goes_on_after_the_last_marker() -> None:
    assert begin("resume", LAST, LEDGER).cursor == LAST


@pytest.mark.parametrize("asked", ["resume", "latest"])
def test_an_empty_stream_begins_at_the_tip(asked: str) -> None:
    assert begin(asked, None, LEDGER).cursor == Cursor(slot=199)


def test_latest_marks_what_it_leaves_out() -> None:
    start = begin("latest", LAST, LEDGER)
    assert start.skipped == Range(151, 199)
    assert start.cursor == Cursor(slot=199, block=150)


def test_a_slot_the_stream_has_passed_resumes() -> None:
    assert begin("120", LAST, LEDGER).cursor == LAST
    assert begin("151", LAST, LEDGER).skipped is None


def test_a_slot_begins_an_empty_stream() -> None:
    assert begin("120", None, LEDGER).cursor == Cursor(slot=119)


def test_errors_name_what_is_possible() -> None:
    with pytest.raises(DataError, match="in the future: the tip is slot 200") as future:
        check_slot("--replay-from-slot", 201, LEDGER)
    assert future.value.hint == "possible now: 100 to 200"
    with pytest.raises(DataError, match="history, which begins at slot 100"):
        begin("99", None, LEDGER)
    with pytest.raises(UsageError, match="takes a slot number, not 'soon'"):
        parse_slot("--replay-from-slot", "soon")


def test_slots_may_be_written_as_people_read_them() -> None:
    assert parse_slot("--to-slot", "370_000_000") == parse_slot("--to-slot", "370,000,000") == 370_000_000
    assert parse_slot("--to-slot", None) is None


def test_start_is_a_word_or_a_slot() -> None:
    for asked in ("resume", "latest", "370000000", "370_000_000"):
        check_start(asked)
    for asked in ("now", "", "-5", "1.5"):
        with pytest.raises(UsageError, match="--start takes resume, latest or a slot"):
            check_start(asked)


def test_an_end_lies_ahead_or_is_settled_already_or_is_a_mistake() -> None:
    tip = Start(cursor=Cursor(slot=199))
    assert check_end(200, tip, None) == ""
    assert check_end(160, Start(cursor=LAST), LAST) == ""
    assert check_end(150, Start(cursor=LAST), LAST) == "nothing to do: the stream is at slot 150, --to-slot was 150"
    with pytest.raises(UsageError, match="--to-slot 199 is before slot 200, where this run would begin"):
        check_end(199, tip, None)
    with pytest.raises(UsageError, match="--to-slot 170 is before slot 200"):
        check_end(170, tip, LAST)
