"""A decoder of a few lines that knows no program at all: what a trader gained and lost by the balances alone.

It cannot tell pools, hops or fees, and has nothing to say where three parties share a token. Where it speaks, the legs
must add up to it: they were found on another way, from transfers and account layouts.
"""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from decoders.engine.model import Decoded, Transaction
from tests.decoders.recorded import load

pytestmark = pytest.mark.corpus


def opinion(transaction: Transaction, trader: str) -> dict[str, int]:
    """Net change by mint, where the trader and one other party exchanged it and nobody else had a part."""
    nets: dict[str, Counter[str | None]] = defaultdict(Counter)
    for row in transaction.tokens.values():
        nets[row.mint][row.owner] += (row.after or 0) - (row.before or 0)
    said = {}
    for mint, parties in nets.items():
        changed = {owner: net for owner, net in parties.items() if net}
        if trader in changed and len(changed) == 2 and sum(changed.values()) == 0:
            said[mint] = changed[trader]
    return said


def legs(decoded: Decoded) -> Counter[str]:
    """The same from the swaps: hops in between cancel out."""
    sums: Counter[str] = Counter()
    for swap in decoded.swaps:
        sums[swap.mint_in] -= swap.amount_in
        sums[swap.mint_out] += swap.amount_out
    return sums


def trader_of(transaction: Transaction, decoded: Decoded) -> str:
    """Whose tokens they are: who swapped, or the fee payer where a router's account stood between."""
    owners = {row.owner for row in transaction.tokens.values()}
    user = decoded.swaps[0].user
    return user if user in owners and decoded.swaps[0].route is None else transaction.fee_payer


def test_balances_alone_say_the_same_as_the_legs(corpus: Path) -> None:
    compared: Counter[str] = Counter()
    seen: set[str] = set()
    wrong = []
    for one in load(corpus).recorded:
        transaction, decoded = one.transaction, one.decoded
        single_route = len({swap.outer_idx for swap in decoded.swaps}) == 1
        if not single_route or transaction.signature in seen:
            continue
        seen.add(transaction.signature)
        said, sums = opinion(transaction, trader_of(transaction, decoded)), legs(decoded)
        wrong += [(transaction.signature, mint, net, sums[mint]) for mint, net in said.items() if sums[mint] != net]
        for program in {swap.program for swap in decoded.swaps} if said else ():
            compared[program] += 1
        compared["transactions"] += bool(said)
        compared["amounts"] += len(said)
    assert wrong == []
    assert compared["transactions"] > 300
    assert compared["amounts"] > 330
    assert len(compared) > 20, "many programs"


def test_the_opinion_differs_when_a_leg_is_wrong(corpus: Path) -> None:
    """It is not of the same mind as the decoders by construction: an exchanged side shows."""
    for one in load(corpus).recorded:
        if len(one.decoded.swaps) == 1:
            (swap,) = one.decoded.swaps
            said = opinion(one.transaction, trader_of(one.transaction, one.decoded))
            assert all(
                net != (swap.amount_in if mint == swap.mint_in else -swap.amount_out) for mint, net in said.items()
            )
