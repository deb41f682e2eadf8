"""Every recorded transaction: values that are known agree, every witness agrees, nothing is set aside."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decoders.engine.model import Swap
from tests.decoders.recorded import REGISTRY, Corpus, load, report

pytestmark = pytest.mark.corpus

#: dead letters and disagreements that are right: (signature, idx) → why. Empty is the aim, and the case.
EXPLAINED_DEAD: dict[tuple[str, int], str] = {}
EXPLAINED_DIFFERENCES: dict[tuple[str, int], str] = {}
#: (signature, idx) where the file of expected values is wrong → why
FILE_IS_WRONG: dict[tuple[str, int], str] = {}
#: instructions that may leave a whole order in the book, which is no swap
ORDERS = {("phoenix", "place_limit_order"), ("openbook-v2", "cancel_all_and_place_orders")}
#: the router rounds a transfer fee of 2 % down, the token program up: the account had 1888, was left with 2539, and
#: paid 6428459230 in between
ROUTER_IS_WRONG = {
    (
        "GCeRpjvfNXZB6BJFQChjpKycdKpRwQGS1BSwUvLjVpJj6NgdzzQACAWt89ZEfEXjeRSqzhDX8CHtzpMUnfJ7VMJ",
        13377864233688,
        6428459882,
    ): (13377864233688, 6428459881)
}


@pytest.fixture(scope="module")
def decoded(corpus: Path) -> Corpus:
    return load(corpus)


def expected_swaps(corpus: Corpus) -> Iterator[tuple[str, dict[str, object]]]:
    for signature, swaps in corpus.expected.items():
        for swap in swaps:
            if str(swap["program"]).replace("-", "_") in REGISTRY.names:
                yield signature, swap


def test_every_transaction_parses(decoded: Corpus) -> None:
    """One among them was recorded by a tool that wrote large lamport balances as 5e+17."""
    assert decoded.refused == {}
    assert len(decoded.recorded) > 1_500


def test_expected_swaps_are_found_with_the_values_stated(decoded: Corpus) -> None:
    found = {
        (one.transaction.signature, swap.idx): swap
        for one in decoded.recorded
        for swap in one.decoded.swaps
        if swap.leg == 0
    }
    wrong = []
    compared = resting = 0
    for signature, row in expected_swaps(decoded):
        key = (signature, int(str(row["idx"])))
        compared += 1
        if key not in found and (str(row["program"]), str(row["instruction"])) in ORDERS:
            resting += 1
        elif key not in FILE_IS_WRONG and not agrees(found.get(key), row):
            wrong.append((key, row, found.get(key)))
    assert wrong == []
    assert compared >= 510
    assert resting == 23


def agrees(swap: Swap | None, row: dict[str, object]) -> bool:
    if swap is None or swap.instruction != row["instruction"] or swap.program_id != row["program_id"]:
        return False
    names = ("mint_in", "amount_in", "mint_out", "amount_out")
    return all(getattr(swap, name) == row[name] for name in names if name in row)


def test_legs_that_a_router_states_are_found(decoded: Corpus) -> None:
    swaps = {one.transaction.signature: one.decoded.swaps for one in decoded.recorded if one.source == "transactions"}
    ours = {program.address for program in REGISTRY.programs}
    stated = [
        (signature, leg) for signature, legs in decoded.legs.items() for leg in legs if leg["pool_program"] in ours
    ]
    for signature, leg in stated:
        found = [swap for swap in swaps[signature] if swap.program_id == leg["pool_program"]]
        # the router states what it received, after a transfer fee
        received = {(swap.amount_in, swap.amount_out - (swap.transfer_fee_out or 0)) for swap in found}
        stated_as = (leg["amount_in"], leg["amount_out"])
        assert ROUTER_IS_WRONG.get((signature, *stated_as), stated_as) in received
        assert {swap.route for swap in found} == {"jupiter_v6"}
    assert len(stated) >= 8


def test_nothing_is_set_aside_without_a_reason(decoded: Corpus) -> None:
    dead = {(signature, letter.idx): letter for signature, letter in decoded.dead()}
    assert dead.keys() == EXPLAINED_DEAD.keys(), dead


def test_no_witness_disagrees_without_a_reason(decoded: Corpus) -> None:
    differing = {(signature, check.idx): check for signature, check in decoded.differing()}
    assert differing.keys() == EXPLAINED_DIFFERENCES.keys(), differing


def test_vault_touched_once_moved_by_exactly_the_amount(decoded: Corpus) -> None:
    """Straight from the balances, without the engine's own check."""
    compared = 0
    for one in decoded.recorded:
        tokens = one.transaction.tokens
        mentions: Counter[str | None] = Counter(
            account for call in one.transaction.trace for account in set(call.accounts)
        )
        for swap in one.decoded.swaps:
            for vault, moved in ((swap.vault_in, swap.amount_in), (swap.vault_out, -swap.amount_out)):
                row = None if vault is None else tokens.get(vault)
                shares = [other for other in one.decoded.swaps if vault in (other.vault_in, other.vault_out)]
                if row is None or row.before is None or row.after is None or len(shares) > 1 or swap.transfer_fee_in:
                    continue
                # only the swap's instruction and one transfer name the vault
                if mentions[vault] == 2:
                    compared += 1
                    assert row.after - row.before == moved, (one.transaction.signature, swap)
    assert compared > 900


def test_ids_are_unique_and_positions_ascend(decoded: Corpus) -> None:
    for one in decoded.recorded:
        keys = [(swap.outer_idx, swap.idx, swap.leg) for swap in one.decoded.swaps]
        assert keys == sorted(set(keys))
        for swap in one.decoded.swaps:
            same = [other for other in one.decoded.swaps if other.outer_idx == swap.outer_idx]
            assert (swap.hops, same.index(swap)) == (len(same), swap.hop)


def test_no_recorded_instruction_is_unknown(decoded: Corpus) -> None:
    assert [entry for one in decoded.recorded for entry in one.decoded.unknown] == []


def test_coverage_is_whole(decoded: Corpus, record_property: Callable[[str, object], None]) -> None:
    text = report(decoded)
    record_property("corpus coverage", text)
    first = text.splitlines()[0]
    whole, known = int(first.split()[0]), int(first.split()[2])
    assert whole == known > 600
