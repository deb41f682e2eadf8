"""Bonding curves whose event is logged: what is left to tell when the log is cut."""

from dataclasses import replace

import pytest

from decoders import boop, moonit
from decoders.engine.registry import Registry
from tests.decoders.layouts import PAID, RECEIVED, Case, cases
from tests.decoders.mutations import with_trace

REGISTRY = Registry([moonit.PROGRAM, boop.PROGRAM])
CASES = [*cases(moonit.PROGRAM), *cases(boop.PROGRAM)]
BUYS = [case for case in CASES if case.layout.name.startswith("buy")]
SALES = [case for case in CASES if case.layout.name.startswith("sell")]
CUTS = [None, ("Log truncated",)]


@pytest.mark.parametrize("logs", CUTS)
@pytest.mark.parametrize("case", BUYS, ids=str)
def test_a_purchase_is_told_by_the_payment_into_the_curve(case: Case, logs: tuple[str, ...] | None) -> None:
    answer = REGISTRY.decode(replace(case.transaction, logs=logs))
    (swap,) = answer.swaps
    assert (swap.amount_in, swap.amount_out) == (PAID, RECEIVED)
    assert swap == REGISTRY.decode(case.transaction).swaps[0]._replace(fees=())
    assert {check.result for check in answer.checks} == {"agree"}


@pytest.mark.parametrize("logs", CUTS)
@pytest.mark.parametrize("case", SALES, ids=str)
def test_a_sale_moves_lamports_without_an_instruction_and_is_lost_with_its_log(
    case: Case, logs: tuple[str, ...] | None
) -> None:
    answer = REGISTRY.decode(replace(case.transaction, logs=logs))
    assert [letter.reason for letter in answer.dead] == ["logs"]
    assert answer.swaps == ()


@pytest.mark.parametrize("case", BUYS, ids=str)
def test_a_purchase_without_payment_and_event_is_a_dead_letter(case: Case) -> None:
    paid = case.idx + 1
    trace = [one for one in case.transaction.trace if one.position != paid]
    answer = REGISTRY.decode(replace(with_trace(case.transaction, trace), logs=None))
    assert [letter.reason for letter in answer.dead] == ["logs"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_event_that_a_whole_log_does_not_have_is_missing(case: Case) -> None:
    lines = tuple(line for line in case.transaction.logs or () if not line.startswith("Program data: "))
    answer = REGISTRY.decode(replace(case.transaction, logs=lines))
    assert [letter.reason for letter in answer.dead] == ["event"]
