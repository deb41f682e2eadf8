"""The daemon as a process over the whole corpus: what leaves it, held against the chain and an independent reading."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from tests.chaos.arena import arena
from tests.chaos.audit import Stored, audit, read_stream

#: expected.jsonl against the chain, where they differ: (signature, idx) and why the chain is right
WRONG_EXPECTATIONS: dict[tuple[str, int], str] = {}
#: (signature, idx) of dead letters, and why nothing settles them
EXPLAINED_DEAD: dict[tuple[str, int], str] = {}
TOKEN_PROGRAMS = {"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"}

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def expected(corpus: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Settled swaps of expected.jsonl by signature and position."""
    rows = map(orjson.loads, (corpus / "expected.jsonl").read_bytes().splitlines())
    return {(row["signature"], swap["idx"]): swap for row in rows for swap in row["swaps"] if "amount_in" in swap}


async def test_every_recorded_swap_is_published_as_it_happened(
    corpus: Path, expected: dict[tuple[str, int], dict[str, Any]], tmp_path: Path
) -> None:
    settings = {"INDEXER_ALLOW_MISSING_INNER": "true", "INDEXER_BLOCK_WAIT_SECONDS": "5"}
    async with arena(tmp_path, "--record", str(corpus), sync="2m", env=settings) as place:
        flags = ("--start", str(place.net.first_slot), "--to-slot", str(await place.net.tip()))
        daemon = place.daemon(*flags)
        daemon.start()
        assert await daemon.wait(seconds=90) == 0, daemon.tail()
        stored = await read_stream(place.server.url)
        dead = await read_stream(place.server.url, "dex-dead")
    swaps = [message for message in stored if message.subject == "dex.sol.swaps"]
    markers = [message.body for message in stored if message.subject == "dex.sol.slots"]
    assert {body["status"] for body in markers} == {"complete"}
    assert _unexplained(dead) == []
    assert _disagreements(swaps, expected) == []
    assert _balances(swaps, corpus) == []
    own = {swap.body["id"]: swap.body for swap in swaps}
    assert audit(stored, own, first_slot=0, last_slot=2**63).problems == []


def _unexplained(dead: list[Stored]) -> list[dict[str, Any]]:
    return [one.body for one in dead if (one.body["signature"], one.body["idx"]) not in EXPLAINED_DEAD]


def _disagreements(swaps: list[Stored], expected: dict[tuple[str, int], dict[str, Any]]) -> list[str]:
    """Every expected swap of a program we decode is there with its values."""
    ours = {(swap.body["signature"], swap.body["idx"]): swap.body for swap in swaps if swap.body["leg"] == 0}
    programs = {body["program"].replace("_", "-") for body in ours.values()}
    wrong = []
    for place, swap in expected.items():
        if swap["program"] not in programs or place in WRONG_EXPECTATIONS:
            continue
        found = ours.get(place)
        values = ("mint_in", "mint_out", "amount_in", "amount_out", "instruction")
        if found is None or any(found[name] != swap[name] for name in values):
            wrong.append(f"{place}: expected {swap}, published {found}")
    assert len(ours) > 400
    return wrong


def _balances(swaps: list[Stored], corpus: Path) -> list[str]:
    """Where one token instruction touches a vault, its balance moved by exactly the amount (native legs have none)."""
    by_signature: dict[str, list[dict[str, Any]]] = {}
    for swap in swaps:
        by_signature.setdefault(swap.body["signature"], []).append(swap.body)
    wrong, checked = [], 0
    for transaction in _transactions(corpus):
        found = by_signature.get(transaction["transaction"]["signatures"][0], [])
        if not found:
            continue
        keys, touched = _touched(transaction)
        moved = _moved(transaction["meta"], keys)
        for body in found:
            for vault, amount in ((body["vault_in"], body["amount_in"]), (body["vault_out"], -body["amount_out"])):
                if touched[vault] == 1 and vault in moved:
                    checked += 1
                    withheld = body.get("transfer_fee_in") or 0 if amount > 0 else 0
                    if moved[vault] != amount - withheld:
                        wrong.append(f"{body['id']}: {vault} moved {moved[vault]}, published {amount}")
    assert checked > 300
    return wrong


def _touched(transaction: dict[str, Any]) -> tuple[list[str], Counter[str]]:
    """The account list, and in how many token instructions each account stands."""
    message, meta = transaction["transaction"]["message"], transaction["meta"]
    loaded = meta.get("loadedAddresses") or {"writable": [], "readonly": []}
    keys = [*message["accountKeys"], *loaded["writable"], *loaded["readonly"]]
    inner = [one for group in meta["innerInstructions"] or [] for one in group["instructions"]]
    calls = [one for one in (*message["instructions"], *inner) if keys[one["programIdIndex"]] in TOKEN_PROGRAMS]
    return keys, Counter(key for one in calls for key in {keys[index] for index in one["accounts"]})


def _moved(meta: dict[str, Any], keys: list[str]) -> dict[str, int]:
    """Change of each token balance."""
    moved: Counter[str] = Counter()
    for sign, rows in ((-1, meta["preTokenBalances"]), (1, meta["postTokenBalances"])):
        for row in rows or []:
            moved[keys[row["accountIndex"]]] += sign * int(row["uiTokenAmount"]["amount"])
    return dict(moved)


def _transactions(corpus: Path) -> Iterator[dict[str, Any]]:
    for folder in ("transactions", "localnet-transactions"):
        for path in (corpus / folder).glob("*.json"):
            yield orjson.loads(path.read_bytes())
    for path in (corpus / "blocks").glob("*.zst"):
        yield from orjson.loads(zstandard.decompress(path.read_bytes()))["transactions"]
