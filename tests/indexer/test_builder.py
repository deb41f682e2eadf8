"""Every kind of transaction the builder makes is one the chain could have produced."""

import base64
from collections import defaultdict
from itertools import product
from typing import Any

import base58
import orjson
import pytest
from solders.pubkey import Pubkey
from solders.rpc.responses import GetTransactionResp

from indexer.localnet.builder import Built, build
from indexer.localnet.builder_keys import base58 as encode_base58
from indexer.localnet.builder_plan import chains
from indexer.localnet.programs import VENUES
from tests.indexer.built_shapes import SHAPES as ANY
from tests.indexer.built_shapes import naming

SLOT, TIME = 350_000_000, 1_790_000_000
KINDS = [(slug, kind.name) for slug, venue in VENUES.items() for kind in venue.kinds]
#: mints of pools; others are shares that programs make and destroy
MINTS = {mint for venue in VENUES.values() for pool in venue.pools for mint in (pool.a, pool.b)}
TRADED = {mint.address for mint in MINTS if not mint.issued}
#: by program, its instructions that a router can call
ROUTABLE = {
    slug: names for slug, venue in VENUES.items() if (names := [kind.name for kind in venue.kinds if kind.holds_tokens])
}
SHAPES: dict[str, dict[str, Any]] = ANY | {"failed": {"failed": True}}
ROUTES: dict[str, dict[str, Any]] = {
    "jupiter v6": {"via_router": "jupiter_v6", "hops": 3},
    "jupiter v6, own accounts": {"via_router": "jupiter_v6", "way": "shared_accounts_route", "hops": 2},
    "jupiter v6, second generation": {"via_router": "jupiter_v6", "way": "route_v2", "hops": 2},
    "jupiter v4": {"via_router": "jupiter_v4", "hops": 2},
    "under a bot": {"via_router": "jupiter_v6", "in_bot": True},
    "wrapped, in tables": {"via_router": "jupiter_v6", "wrap_sol": True, "version": 0, "lookup_table": True},
}


def keys_of(built: Built) -> list[str]:
    """Every account in the runtime's order."""
    message, meta = built.transaction["transaction"]["message"], built.transaction["meta"]
    loaded = meta["loadedAddresses"]
    return [*message["accountKeys"], *loaded["writable"], *loaded["readonly"]]


def trace_of(built: Built) -> list[tuple[int, dict[str, Any]]]:
    """(outer index, instruction) in depth-first order."""
    inner = {group["index"]: group["instructions"] for group in built.transaction["meta"]["innerInstructions"]}
    outer = built.transaction["transaction"]["message"]["instructions"]
    return [(at, call) for at, own in enumerate(outer) for call in (own, *inner.get(at, []))]


def check_message(built: Built) -> None:
    """Indexes point at accounts, nothing appears twice, the header adds up, tables hold what was loaded."""
    message, meta = built.transaction["transaction"]["message"], built.transaction["meta"]
    keys, header, loaded = keys_of(built), message["header"], meta["loadedAddresses"]
    assert len(set(keys)) == len(keys) <= 256
    assert set(keys) == built.accounts
    for key in keys:
        Pubkey.from_string(key)
    for _, call in trace_of(built):
        assert 0 <= call["programIdIndex"] < len(keys)
        assert all(0 <= at < len(keys) for at in call["accounts"])
        assert encode_base58(base58.b58decode(call["data"])) == call["data"]
    signatures = built.transaction["transaction"]["signatures"]
    assert len(signatures) == header["numRequiredSignatures"]
    assert all(len(base58.b58decode(text)) == 64 for text in signatures)
    for way in ("writable", "readonly"):
        assert sum(len(table[f"{way}Indexes"]) for table in message.get("addressTableLookups", [])) == len(loaded[way])
    assert ("addressTableLookups" in message) == (built.transaction["version"] == 0)
    assert all(keys[call["programIdIndex"]] in message["accountKeys"] for call in message["instructions"])


def check_balances(built: Built) -> None:
    """Lamports in are lamports out and the fee; tokens only leave circulation as withheld transfer fees."""
    meta, keys = built.transaction["meta"], keys_of(built)
    assert len(meta["preBalances"]) == len(meta["postBalances"]) == len(keys)
    assert min(meta["preBalances"] + meta["postBalances"]) >= 0
    assert sum(meta["preBalances"]) == sum(meta["postBalances"]) + meta["fee"]
    moved: dict[str, int] = defaultdict(int)
    for side, sign in (("preTokenBalances", -1), ("postTokenBalances", 1)):
        assert [row["accountIndex"] for row in meta[side]] == sorted({row["accountIndex"] for row in meta[side]})
        for row in meta[side]:
            moved[row["mint"]] += sign * int(row["uiTokenAmount"]["amount"]) if row["mint"] in TRADED else 0
    native = moved.pop("So11111111111111111111111111111111111111112", 0)
    assert all(change <= 0 for change in moved.values())
    withheld = sum(swap.transfer_fee_in + swap.transfer_fee_out for swap in built.truth)
    if withheld == 0:
        assert all(change == 0 for change in moved.values())
    if meta["err"] is not None:
        assert meta["preTokenBalances"] == meta["postTokenBalances"]
        assert not any(moved.values())
        assert native == 0


def check_vaults(built: Built) -> None:
    """A vault that one swap touched moved by the swap's amount, less what was withheld on the way in."""
    meta, keys = built.transaction["meta"], keys_of(built)
    rows = {
        side: {keys[row["accountIndex"]]: int(row["uiTokenAmount"]["amount"]) for row in meta[side]}
        for side in ("preTokenBalances", "postTokenBalances")
    }
    touched = [vault for swap in built.truth for vault in (swap.vault_in, swap.vault_out)]
    for swap in built.truth:
        before, after = rows["preTokenBalances"], rows["postTokenBalances"]
        if swap.vault_in in after:
            assert after[swap.vault_in] == swap.reserve_in
            assert after[swap.vault_out] == swap.reserve_out if swap.vault_out in after else True
            if touched.count(swap.vault_in) == 1:
                assert after[swap.vault_in] - before[swap.vault_in] <= swap.amount_in - swap.transfer_fee_in
        # a market's vault may be filled from makers' global funds in the same call
        if swap.vault_out in after and touched.count(swap.vault_out) == 1 and swap.program != "manifest":
            assert before[swap.vault_out] - after[swap.vault_out] >= swap.amount_out


def check_truth(built: Built) -> None:
    """Each swap names an instruction of its program, and hops count up within an outer instruction."""
    trace, keys = trace_of(built), keys_of(built)
    assert len({swap.id for swap in built.truth}) == len(built.truth)
    for swap in built.truth:
        outer, call = trace[swap.idx]
        assert outer == swap.outer_idx
        assert keys[call["programIdIndex"]] == swap.program_id
        assert {swap.pool, swap.user} <= {keys[at] for at in call["accounts"]}
        assert swap.amount_in > 0 < swap.amount_out
        assert swap.mint_in != swap.mint_out
        assert swap.fee_payer == keys[0]
        assert 0 <= swap.hop < swap.hops
    for outer in {swap.outer_idx for swap in built.truth}:
        group = [swap for swap in built.truth if swap.outer_idx == outer]
        assert [swap.hop for swap in group] == list(range(len(group)))
        assert {swap.hops for swap in group} == {len(group)}


def check_logs(built: Built) -> None:
    """Invocations and returns pair up as the call tree has them, unless the log was cut."""
    logs, depth = built.transaction["meta"]["logMessages"], 0
    calls = 0
    for line in logs:
        words = line.split()
        if words[0] == "Program" and words[2:3] == ["invoke"]:
            depth += 1
            calls += 1
            assert words[3] == f"[{depth}]"
        elif words[0] == "Program" and (words[2:3] == ["success"] or words[2:3] == ["failed:"]):
            depth -= 1
        elif line.startswith("Program data: "):
            base64.b64decode(line.removeprefix("Program data: "), validate=True)
    if logs[-1] != "Log truncated":
        assert depth == 0
        assert calls == len(trace_of(built))


def check(built: Built) -> None:
    """All invariants of one transaction."""
    check_message(built)
    check_balances(built)
    check_vaults(built)
    check_truth(built)
    check_logs(built)
    envelope = {"jsonrpc": "2.0", "id": 1, "result": built.result(SLOT, TIME)}
    GetTransactionResp.from_json(orjson.dumps(envelope).decode())


@pytest.mark.parametrize("program", VENUES)
def test_every_instruction_in_every_shape(program: str) -> None:
    """Balances, indexes, logs and truth hold together, and another's library reads it."""
    for kind, (shape, wishes), seed in product(VENUES[program].kinds, SHAPES.items(), range(4)):
        with naming(program, kind.name, shape, f"seed {seed}"):
            built = build(program=program, instruction=kind.name, seed=seed, slot=SLOT, **wishes)
            check(built)
            empty = wishes.get("failed") or wishes.get("quote_update")
            assert bool(built.truth) != bool(empty)
            assert (built.transaction["meta"]["err"] is not None) == bool(wishes.get("failed"))


@pytest.mark.parametrize("program", ROUTABLE)
def test_every_instruction_through_every_router(program: str) -> None:
    """The router labels every swap and makes none of its own."""
    for name, (route, wishes), seed in product(ROUTABLE[program], ROUTES.items(), range(2)):
        with naming(program, name, route, f"seed {seed}"):
            built = build(program=program, instruction=name, seed=seed, slot=SLOT, **wishes)
            check(built)
            assert {swap.route for swap in built.truth} == {wishes["via_router"]}


def test_transfer_fees_are_withheld_from_who_receives() -> None:
    """The amount is what left the payer; the receiver gets less by the fee."""
    taxed = 0
    for program, name in KINDS:
        legs = VENUES[program].by_name[name].legs[1]
        if not chains(program, name, legs, True):  # noqa: FBT003 - a cached function
            continue
        taxed += 1
        with naming(program, name):
            built = build(program=program, instruction=name, token_2022_fee=True, legs=legs)
            check(built)
            assert any(swap.transfer_fee_in or swap.transfer_fee_out for swap in built.truth)
    assert taxed


def test_the_same_wish_gives_the_same_transaction() -> None:
    """Randomness comes from the arguments alone."""
    program, instruction = KINDS[0]
    one = build(program=program, instruction=instruction, seed=7)
    assert one == build(program=program, instruction=instruction, seed=7)
    assert one != build(program=program, instruction=instruction, seed=8)


def test_wishes_that_cannot_be_met_are_refused() -> None:
    """Unknown programs, instructions and impossible fees are errors, not something else built instead."""
    with pytest.raises(KeyError):
        build(program="no_such_program")
    with pytest.raises(KeyError):
        build(program="raydium_amm_v4", instruction="no_such_instruction")
    with pytest.raises(ValueError, match="has no pools"):
        build(program="raydium_amm_v4", token_2022_fee=True)
    with pytest.raises(TypeError):
        build(program="raydium_amm_v4", no_such_wish=True)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\1", b"\xff" * 31, bytes(range(256)), b"\0" * 40])
def test_base58_equals_the_library(data: bytes) -> None:
    """Ours is only faster."""
    assert encode_base58(data) == base58.b58encode(data).decode()
