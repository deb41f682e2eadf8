"""Stored messages as lines: what a person needs of a swap, and nothing that harms a terminal."""

import json
from typing import Any

import pytest

from indexer.pages import Read
from indexer.swap_rows import HEADER, Filters, line, passes

USDC, SOL = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "So11111111111111111111111111111111111111112"
SWAP: dict[str, Any] = {
    "v": 1, "id": "501:7:5xkSignature:3.1", "slot": 7, "block_time": 1_795_654_150, "program": "orca_whirlpool",
    "pool": "PoolPoolPoolPool", "user": "UserUser", "fee_payer": "PayerPayer", "mint_in": USDC, "mint_out": SOL,
    "amount_in": 2_500_000, "amount_out": 12_345_678_901, "decimals_in": 6, "decimals_out": 9, "route": "jupiter_v6",
    "hop": 0, "hops": 2,
}  # fmt: skip


def stored(subject: str, body: dict[str, Any] | bytes, *, repair: bool = False) -> Read:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Read(sequence=42, subject=subject, time="", repair=repair, payload=payload)


def test_a_swap_says_what_for_what_and_where() -> None:
    words = line(stored("dex.sol.swaps", SWAP)).split()
    assert words == [
        "42", "7", "11-26", "00:49:10", "orca_whirlpool", "Pool…Pool", "2.5", "USDC", "12.345678", "SOL", "jupiter_v6",
        "1/2", "5xkSigna…:3.1",
    ]  # fmt: skip
    assert HEADER.split()[:2] == ["sequence", "slot"]
    assert line(stored("dex.sol.swaps", SWAP, repair=True)).endswith("  repair")


def test_what_is_not_known_is_said_to_be() -> None:
    row = line(stored("dex.sol.swaps", SWAP | {"decimals_in": None, "block_time": None, "route": None, "hops": 1}))
    assert "2,500,000 raw USDC" in row
    assert "unknown" in row
    assert " direct " in row


def test_markers_and_dead_letters() -> None:
    marker = {"slot": 7, "to_slot": 9, "block_time": 1, "status": "missing", "swaps": 0, "dead": 0, "failed_txs": 0}
    assert "slot to 9 missing: 0 swaps" in line(stored("dex.sol.slots.repair", marker))
    dead = {"slot": 7, "block_time": 1, "program": "toy", "instruction": "swap", "reason": "legs", "detail": "two",
            "id": "501:7:sig:3:dead"}  # fmt: skip
    assert "swap: legs: two  sig…:3:dead" in line(stored("dex.sol.dead.toy", dead))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"not json", b'{"slot":"\\u001b[31m"}', b"\x1b[31mred\x07", b"\xff"])
@pytest.mark.parametrize("subject", ["dex.sol.swaps", "dex.sol.slots", "dex.sol.dead.x"])
def test_what_somebody_else_published_is_shown_as_such_and_harmless(subject: str, body: bytes) -> None:
    row = line(stored(subject, body))
    assert "not one of ours" in row
    assert row.isprintable()


def test_a_swap_with_control_characters_is_harmless() -> None:
    assert line(stored("dex.sol.swaps", SWAP | {"program": "\x1b[2J"})).isprintable()


@pytest.mark.parametrize(
    ("filters", "through"),
    [
        (Filters(), True),
        (Filters(programs=frozenset({"orca_whirlpool"})), True),
        (Filters(programs=frozenset({"pumpswap"})), False),
        (Filters(pool="PoolP"), True),
        (Filters(pool="oolP"), False),
        (Filters(mint="USDC"), True),
        (Filters(mint=SOL), True),
        (Filters(mint="BONK"), False),
        (Filters(user="UserU"), True),
        (Filters(user="Payer"), True),
        (Filters(user="Pool"), False),
        (Filters(user="User", mint="BONK"), False),
    ],
)
def test_filters(filters: Filters, through: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert passes(stored("dex.sol.swaps", SWAP), filters) is through


def test_markers_pass_every_filter_and_what_is_no_json_none() -> None:
    assert passes(stored("dex.sol.slots", b"{}"), Filters(mint="USDC"))
    assert not passes(stored("dex.sol.swaps", b"?"), Filters(mint="USDC"))
