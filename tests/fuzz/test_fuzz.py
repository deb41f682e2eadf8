"""A small part of `make fuzz`, and that its judge sees what it is meant to see."""

import sys
import time
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from decoders.engine.model import Transaction
from tests.decoders.mutations import changed, with_trace
from tests.fuzz.campaign import rounds
from tests.fuzz.seedlings import REGISTRY, Seedling, grow

COUNT = 12_000


@pytest.fixture(scope="module")
def seedlings() -> list[Seedling]:
    return grow(None)


def test_some_thousand_broken_transactions_keep_every_promise(seedlings: list[Seedling]) -> None:
    tally = rounds(seedlings, seed=20, first=0, count=COUNT)
    assert tally.failures == []
    assert sum(tally.outcomes.values()) == COUNT
    assert min(tally.outcomes[name] for name in ("the same swaps", "dead letter", "a witness disagrees")) > COUNT / 100


def test_a_round_is_the_same_whenever_it_runs(seedlings: list[Seedling]) -> None:
    alone = [rounds(seedlings, seed=3, first=number, count=1).outcomes for number in range(50)]
    again = [rounds(seedlings, seed=3, first=number, count=1).outcomes for number in range(50)]
    assert alone == again


def test_the_judge_tells_a_swap_that_was_never_made(seedlings: list[Seedling]) -> None:
    """With nothing known of the whole transactions, every swap in a broken one is another one."""
    forgetful = [seedling._replace(before=frozenset()) for seedling in seedlings]
    tally = rounds(forgetful, seed=1, first=0, count=200)
    assert tally.failed > 50
    assert all("no witness against it" in what for _, what in tally.failures)


def test_work_grows_with_the_length_of_the_transaction_and_not_with_its_square(seedlings: list[Seedling]) -> None:
    direct = [seedling.transaction for seedling in seedlings if seedling.name.endswith(", direct")]
    short, long = _joined(direct, 100), _joined(direct, 1600)
    lines = _lines(long) / _lines(short)
    assert lines < 1.5 * 16, f"16 times the instructions ran {lines:.0f} times the lines"
    seconds = _best(long) / _best(
        short
    )  # what no line shows: a search in a list, a copy of it; squared it is 256 times
    assert seconds < 4 * 16, f"16 times the instructions took {seconds:.0f} times the CPU time"


def _joined(transactions: list[Transaction], count: int) -> Transaction:
    """So many transactions behind one another as one, longer than any the chain allows."""
    chosen = [transactions[number % len(transactions)] for number in range(count)]
    calls = [changed(one, outer=one.outer + 100 * at) for at, part in enumerate(chosen) for one in part.trace]
    logs = tuple(line for part in chosen for line in part.logs or ())
    tokens = {account: row for part in chosen for account, row in part.tokens.items()}
    lamports = {account: row for part in chosen for account, row in part.lamports.items()}
    return replace(with_trace(chosen[0], calls), logs=logs, tokens=tokens, lamports=lamports)


def _lines(transaction: Transaction) -> int:
    """Lines of Python that its decoding runs: the same number on every machine, however busy."""
    count = 0

    def see(_: FrameType, __: str, ___: Any) -> Any:
        nonlocal count
        count += 1
        return see

    before = sys.gettrace()
    sys.settrace(see)
    try:
        REGISTRY.decode(transaction)
    finally:
        sys.settrace(before)
    return count


def _best(transaction: Transaction) -> float:
    """CPU time of this thread: that of other processes is not in it."""
    best = float("inf")
    for _ in range(5):
        started = time.thread_time()
        REGISTRY.decode(transaction)
        best = min(best, time.thread_time() - started)
    return best
