"""Shapes a built transaction can have, whatever the program: what `build` is asked for, by what it is called.

One test takes all of a program's: a test for each of thousands costs more than what it does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SHAPES: dict[str, dict[str, Any]] = {
    "direct": {},
    "two in one transaction": {"times": 2},
    "loaded from tables": {"version": 0, "lookup_table": True},
    "version 1": {"version": 1},
    "old history": {"null_stack_height": True},
    "moves nothing": {"quote_update": True},
    "more accounts": {"extra_accounts": 3},
    "log cut": {"log_truncated": True},
    "wrapped for the occasion": {"wrap_sol": True},
    "paid by another": {"sponsor": True},
}


@contextmanager
def naming(*what: object) -> Iterator[None]:
    """Whatever fails within says ``what`` it was about."""
    try:
        yield
    except Exception as error:
        error.add_note(f"building: {', '.join(map(str, what))}")
        raise
