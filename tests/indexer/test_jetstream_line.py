"""Figures for people."""

import pytest

from indexer.jetstream_line import DAY, as_line, short, size_of, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "never"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (DAY, "24 h"), (3 * DAY, "3 days")],
)
def test_a_time_is_in_its_largest_unit_that_fits_twice(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (1500, "1.5 kB"), (2 * 10**9, "2.0 GB"), (10**12, "1.0 TB")])
def test_bytes(count: int, text: str) -> None:
    assert size_of(count) == text


@pytest.mark.parametrize(("left", "verdict"), [(None, "ok"), (30, "ok"), (29.9, "warn"), (10, "warn"), (9.9, "fail")])
def test_little_left_warns_before_it_fails(left: float | None, verdict: str) -> None:
    assert short(left, 10) == verdict


def test_what_is_fine_needs_no_advice() -> None:
    assert as_line("c", "n", "f", "ok", "do it", 1).advice == ""
    assert as_line("c", "n", "f", "warn", "do it", 1).advice == "do it"
