"""Broken transactions: the same swap, no swap, or a dead letter; never an exception, never another swap unsaid."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from tests.decoders.layouts import Case, cases
from tests.decoders.mutations import MUTATIONS, Mutation, changed, flip_account, with_trace
from tests.decoders.promises import check_sums, core, cores, unsaid

REGISTRY = Registry(PROGRAMS, ROUTERS)
CASES = [case for program in PROGRAMS for case in cases(program)]
ORIGINAL = {str(case): REGISTRY.decode(case.transaction) for case in CASES}


@settings(max_examples=1_500, deadline=None)
@given(st.sampled_from(CASES), st.sampled_from(MUTATIONS), st.integers(0, 2**32))
def test_one_fault_never_makes_another_swap_unsaid(case: Case, mutation: Mutation, seed: int) -> None:
    broken = mutation(case.transaction, Random(seed))
    decoded = REGISTRY.decode(broken)
    check_sums(REGISTRY, broken, decoded)
    assert unsaid(cores(ORIGINAL[str(case)].swaps), decoded) == [], (case.layout.name, mutation)


@settings(max_examples=1_500, deadline=None)
@given(
    st.sampled_from(CASES),
    st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=8),
    st.integers(0, 2**32),
)
def test_many_faults_never_raise(case: Case, mutations: list[Mutation], seed: int) -> None:
    random = Random(seed)
    broken = case.transaction
    for mutation in mutations:
        broken = mutation(broken, random) if broken.trace else broken
    check_sums(REGISTRY, broken, REGISTRY.decode(broken))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(CASES), min_size=2, max_size=5))
def test_transactions_put_together_give_the_swaps_of_each(chosen: list[Case]) -> None:
    """Swaps do not see each other, but where they share a vault the balances can say nothing."""
    calls = []
    for number, case in enumerate(chosen):
        calls += [changed(one, outer=one.outer + 2 * number) for one in case.transaction.trace]
    logs = tuple(line for case in chosen for line in case.transaction.logs or ())
    tokens = {account: row for case in chosen for account, row in case.transaction.tokens.items()}
    lamports = {account: row for case in chosen for account, row in case.transaction.lamports.items()}
    whole = replace(with_trace(chosen[0].transaction, calls), logs=logs, tokens=tokens, lamports=lamports)
    decoded = REGISTRY.decode(whole)
    assert [core(swap) for swap in decoded.swaps] == [
        core(swap) for case in chosen for swap in ORIGINAL[str(case)].swaps
    ]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exchanged_accounts_of_every_layout(case: Case) -> None:
    """The same as above for the fault that positions are most likely to hide, some tries for each layout."""
    for seed in range(60):
        broken = flip_account(case.transaction, Random(seed))
        decoded = REGISTRY.decode(broken)
        assert unsaid(cores(ORIGINAL[str(case)].swaps), decoded) == []
