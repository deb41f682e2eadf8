"""Rows of the builder's tables: words become accounts and data, and nothing is left to chance but what says so."""

import pytest

from indexer.localnet.builder import Built, build
from indexer.localnet.programs import VENUES
from indexer.localnet.programs.form import Form


def instruction(built: Built) -> tuple[int, str]:
    """How many accounts the first swap's call has, and its data."""
    transaction = built.transaction
    inner = {group["index"]: group["instructions"] for group in transaction["meta"]["innerInstructions"]}
    calls = []
    for at, call in enumerate(transaction["transaction"]["message"]["instructions"]):
        calls += [call, *inner.get(at, [])]
    call = calls[built.truth[0].idx]
    return len(call["accounts"]), call["data"]


@pytest.mark.parametrize("word", ["q8", "amount_in", "xzz", "0x00"])
def test_a_word_nobody_knows_is_refused(word: str) -> None:
    """A typing error in a table must not become bytes."""
    with pytest.raises(ValueError, match=r"."):
        Form(name="swap", accounts="user", data=f"x01 {word}")


def test_all_forms_of_an_instruction_come() -> None:
    """Mercurial lists two, three or four vaults."""
    counts = {instruction(build(program="mercurial", seed=seed))[0] for seed in range(30)}
    assert counts == {8, 9, 10}


@pytest.mark.parametrize("program", ["woofi", "flint"])
def test_a_pair_of_accounts_has_one_key_in_both_directions(program: str) -> None:
    """Where a pool is two accounts, one of them stands for it whichever side is paid."""
    keys: dict[frozenset[str], set[str]] = {}
    ways = set()
    for seed in range(60):
        swap = build(program=program, seed=seed).truth[0]
        ways.add((swap.mint_in, swap.mint_out))
        keys.setdefault(frozenset((swap.mint_in, swap.mint_out)), set()).add(swap.pool)
    assert len(ways) == 2 * len(keys)
    assert all(len(found) == 1 for found in keys.values())


def test_every_program_of_a_table_has_pools_and_its_own_address() -> None:
    """No row was copied without its address."""
    assert len({venue.address for venue in VENUES.values()}) == len(VENUES)
    assert all(venue.pools and venue.kinds for venue in VENUES.values())
