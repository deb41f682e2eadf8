"""What `indexer sql` lets through, and values as JSON."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from indexer.errors import UsageError
from indexer.sql_query import checked, hint_of, plain


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        " (select 1) ; ",
        "with 1 as x select x",
        "SHOW TABLES",
        "describe swaps",
        "explain select 1",
        "exists table swaps",
        "-- a comment; with a semicolon\nSELECT 1",
        "/* ; */ SELECT 'into file; drop', \"a;b\", `c;d`",
        "SELECT 'it''s; \\'fine\\''",
        "SELECT format('{}', 1)",
    ],
)
def test_what_only_reads_goes_through_as_it_is(query: str) -> None:
    assert checked(query, at_most_bytes=1000) == query.strip().removesuffix(";").rstrip()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("", "an empty query"),
        (" -- nothing", "an empty query"),
        ("INSERT INTO swaps VALUES (1)", "INSERT is not let through"),
        ("/**/drop table swaps", "DROP is not let through"),
        ("set readonly = 0", "SET is not let through"),
        ("kill query where 1", "KILL is not let through"),
        ("SELECT 1; DROP TABLE swaps", "more than one statement"),
        ("SELECT 1 INTO OUTFILE 'x'", "INTO OUTFILE"),
        ("SELECT 1 into/* */\noutfile 'x'", "INTO OUTFILE"),
        ("SELECT 'a' --'\n into outfile 'x'", "INTO OUTFILE"),
        ("SELECT $$ ' $$ into outfile 'x'", "INTO OUTFILE"),
        ("SELECT $a$ ' $a$; SELECT '1'", "more than one statement"),
        ("SELECT 1 FORMAT JSON", "FORMAT is chosen by flags"),
        ("SELECT '" + "x" * 1000 + "'", "more than 1000 bytes"),
    ],
)
def test_what_does_more_is_refused(query: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        checked(query, at_most_bytes=1000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**64 - 1, 2**64 - 1),
        (float("nan"), None),
        (float("inf"), None),
        (1.5, 1.5),
        (True, True),
        (None, None),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02 03:04:05"),
        ([{"kind": "lp", "amount": 1}], [{"kind": "lp", "amount": 1}]),
        ((1, b"\xff"), [1, "\ufffd"]),
        (Decimal("1.10"), "1.10"),
    ],
)
def test_values_are_what_json_has(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_errors_teach() -> None:
    assert hint_of(60, "swaps, slots") == "there are: swaps, slots"
    assert "DESCRIBE swaps" in hint_of(47, "")
    assert "SHOW TABLES" in hint_of(None, "")
