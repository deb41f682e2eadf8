"""Programs as tables: rows, words, and what moves beside the legs."""

from typing import Any

import base58
import orjson
import pytest

from decoders import programs as listed
from decoders.engine.registry import Registry
from indexer.localnet.builder import Built, build
from indexer.localnet.programs import VENUES
from indexer.localnet.programs.table import Row
from indexer.transaction import parse_transaction

SLOT = 350_000_000
CONVERSIONS = [
    (slug, kind.name) for slug, venue in VENUES.items() if venue.conversion for kind in venue.kinds if not kind.native
]


def call_of(built: Built, at: int) -> tuple[list[str], bytes]:
    """Accounts and data of the instruction at a trace position."""
    message, meta = built.transaction["transaction"]["message"], built.transaction["meta"]
    inner = {group["index"]: group["instructions"] for group in meta["innerInstructions"]}
    trace = [call for at, own in enumerate(message["instructions"]) for call in (own, *inner.get(at, []))]
    keys: list[str] = message["accountKeys"]
    call: dict[str, Any] = trace[at]
    return [keys[index] for index in call["accounts"]], base58.b58decode(call["data"])


def test_accounts_nobody_knows_are_all_different() -> None:
    """An unnamed account stands for one of its own, so that a wrong position is noticed."""
    row = Row(accounts="user _ _* pool*", data="x00")
    assert row.layout.names == ("user", "account_1", "account_2", "pool")
    assert row.layout.writable == (2, 3)


def test_arguments_say_what_the_truth_says() -> None:
    """Amounts, limits, direction and constants end up in the bytes in the order they are written."""
    built = build(program="deriverse", variant="32", slot=SLOT)
    swap = built.truth[0]
    accounts, data = call_of(built, swap.idx)
    assert data[:1] == b"\x1a"
    assert data[1] == (swap.mint_in == accounts[2])
    assert int.from_bytes(data[16:24], "little") == swap.amount_in
    assert 0 < int.from_bytes(data[24:32], "little") <= swap.amount_out
    assert len(data) == 32


def test_parts_of_an_amount_add_up() -> None:
    """Fills are parts of the whole, the last one with what is left over."""
    built = build(program="phoenix", variant="3 ", slot=SLOT)
    _, log = call_of(built, built.truth[0].idx + 3)
    head, fill, lots = 93, 67, slice(51, 59)
    parts = [log[head + at * fill :][lots] for at in range(3)]
    whole = int.from_bytes(log[-24:-16], "little")
    assert sum(int.from_bytes(part, "little") for part in parts) == whole > 0


@pytest.mark.parametrize(("program", "instruction"), CONVERSIONS)
def test_what_is_issued_has_the_mint_for_a_vault_and_no_reserve(program: str, instruction: str) -> None:
    """A program that mints or burns holds nothing of it."""
    for swap in build(program=program, instruction=instruction, slot=SLOT).truth:
        for side, mint in (("in", swap.mint_in), ("out", swap.mint_out)):
            vault, reserve = getattr(swap, f"vault_{side}"), getattr(swap, f"reserve_{side}")
            assert (vault == mint) == (reserve is None)


def test_a_stake_pool_takes_and_gives_lamports() -> None:
    """What the wallet and the reserve hold changes by the amounts, the network's fee aside."""
    for instruction, sign in (("deposit_sol", 1), ("withdraw_sol", -1)):
        built = build(program="spl_stake_pool", instruction=instruction, slot=SLOT)
        swap, meta = built.truth[0], built.transaction["meta"]
        keys = built.transaction["transaction"]["message"]["accountKeys"]
        vault, amount = (swap.vault_in, swap.amount_in) if sign > 0 else (swap.vault_out, swap.amount_out)
        change = [after - before for before, after in zip(meta["preBalances"], meta["postBalances"], strict=True)]
        assert change[keys.index(vault)] == sign * amount
        assert change[0] == -sign * amount - meta["fee"]


def test_conversions_stay_out_of_routes() -> None:
    """A route goes on through markets, and ends where none takes the mint."""
    built = build(program="carrot", via_router="jupiter_v6", hops=3, slot=SLOT)
    assert [swap.program for swap in built.truth if VENUES[swap.program].conversion] == ["carrot"]
    assert orjson.dumps(built.transaction)


def test_a_stake_through_a_router_is_one_swap() -> None:
    """The stake pool's, with the router's name on it."""
    built = build(program="spl_stake_pool", instruction="deposit_sol", via_router="sanctum_router", slot=SLOT)
    assert [(swap.program, swap.route, swap.hops) for swap in built.truth] == [("spl_stake_pool", "sanctum_router", 1)]
    transaction = parse_transaction(orjson.dumps(built.result(SLOT, 1_790_000_000)), slot=SLOT)
    assert transaction is not None
    decoded = Registry(listed.PROGRAMS, listed.ROUTERS).decode(transaction)
    assert [(swap.idx, swap.route, swap.hops) for swap in decoded.swaps] == [
        (swap.idx, swap.route, swap.hops) for swap in built.truth
    ]
