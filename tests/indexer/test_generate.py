"""The generated chain: repeatable, linked, readable by others, and true to what it writes down."""

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import orjson
import pytest
from solders.rpc.responses import GetBlockResp

from indexer.localnet.generate import Generated
from indexer.localnet.programs import MARKETS, VENUES


def small(**changes: object) -> Generated:
    """A chain of small blocks."""
    wishes = {"seed": 5, "first_slot": 1_000, "transactions_per_block": 30, "skip_share": 0.3, **changes}
    return Generated(**wishes)  # type: ignore[arg-type]


def test_a_block_depends_on_seed_and_slot_alone() -> None:
    """Wherever one starts to read, the same slot has the same block."""
    from_start = {block.slot: block.body for block in islice(small().blocks(), 40)}
    later = {block.slot: block.body for block in islice(small(first_slot=1_020).blocks(), 10)}
    assert later.items() <= from_start.items()
    assert small(seed=6).make(1_024)[0].body != small().make(1_024)[0].body


def test_blocks_are_linked_over_skipped_slots() -> None:
    """Every parent is the block before; hashes and heights follow."""
    blocks = list(islice(small().blocks(), 60))
    assert blocks[-1].slot > 1_060
    for parent, child in pairwise(blocks):
        assert child.parent_slot == parent.slot
        assert orjson.loads(child.body)["previousBlockhash"] == orjson.loads(parent.body)["blockhash"]
    skipped = set(range(1_000, blocks[-1].slot)) - {block.slot for block in blocks}
    assert all(small().block(slot) is None and not small().truth_of(slot) for slot in skipped)


def test_a_leader_taken_offline_leaves_its_slots_empty() -> None:
    """The next block comes later and still names its parent."""
    chain = small(skip_share=0.0)
    blocks = chain.blocks()
    first = next(blocks)
    chain.skip(4)
    second = next(blocks)
    assert second.parent_slot == first.slot
    assert second.slot >= first.slot + 4


def test_other_libraries_read_the_blocks() -> None:
    """The solders library parses every block into its own types."""
    for block in islice(small(transactions_per_block=120).blocks(), 5):
        GetBlockResp.from_json(f'{{"jsonrpc":"2.0","id":1,"result":{block.body.decode()}}}')


def test_entries_say_what_the_transactions_say() -> None:
    """Signature, accounts, error and logs agree with the body."""
    block = small().make(1_024)[0]
    transactions = orjson.loads(block.body)["transactions"]
    assert len(block.entries) == len(transactions) == 30
    for entry, transaction in zip(block.entries, transactions, strict=True):
        meta, message = transaction["meta"], transaction["transaction"]["message"]
        loaded = meta["loadedAddresses"]
        assert entry.signature == transaction["transaction"]["signatures"][0]
        assert entry.accounts == {*message["accountKeys"], *loaded["writable"], *loaded["readonly"]}
        assert entry.err == meta["err"]
        assert list(entry.logs or ()) == meta["logMessages"]
        assert entry.vote == ("Vote111111111111111111111111111111111111111" in message["accountKeys"])
    assert len({entry.signature for entry in block.entries}) == 30


def test_shares_are_kept() -> None:
    """Votes and transactions with swaps come as often as asked."""
    chain = small(transactions_per_block=200, vote_share=0.7, swap_share=0.1, skip_share=0.0)
    votes = swaps = 0
    for slot in range(1_000, 1_010):
        block, truth = chain.make(slot)
        votes += sum(entry.vote for entry in block.entries)
        swaps += len({swap.signature for swap in truth})
    assert votes == 1_400
    assert swaps == 200


def test_every_program_trades_within_a_few_blocks() -> None:
    """So a short test or demo sees them all."""
    chain = small(transactions_per_block=200, swap_share=0.9, vote_share=0.0)
    seen = Counter(swap.program for slot in range(1_000, 1_012) for swap in chain.truth_of(slot))
    assert set(seen) == set(MARKETS)


def test_the_truth_file_lists_what_the_blocks_contain(tmp_path: Path) -> None:
    """One line per swap, there before the block is."""
    chain = small(truth=tmp_path / "truth.jsonl")
    blocks = chain.blocks()
    slots = [next(blocks).slot for _ in range(10)]
    lines = [orjson.loads(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    assert [line["id"] for line in lines] == [swap.id for slot in slots for swap in chain.truth_of(slot)]
    assert {line["slot"] for line in lines} <= set(slots)


def test_vaults_remember_the_trades_of_their_block() -> None:
    """A pool's balance before a trade is what the trade before it left."""
    left: dict[str, int] = {}
    for transaction in orjson.loads(small(transactions_per_block=150).make(1_024)[0].body)["transactions"]:
        meta, message = transaction["meta"], transaction["transaction"]["message"]
        keys = [*message["accountKeys"], *meta["loadedAddresses"]["writable"], *meta["loadedAddresses"]["readonly"]]
        vaults = {pool for venue in VENUES.values() for p in venue.pools for pool in (p.vault_a, p.vault_b)}
        for row in meta["preTokenBalances"]:
            vault = keys[row["accountIndex"]]
            if vault in vaults:
                amount = int(row["uiTokenAmount"]["amount"])
                assert left.get(vault, amount) == amount
        left |= {
            keys[row["accountIndex"]]: int(row["uiTokenAmount"]["amount"])
            for row in meta["postTokenBalances"]
            if keys[row["accountIndex"]] in vaults
        }


def test_shares_that_are_none_are_refused() -> None:
    """Shares beyond one, or all slots skipped, are errors."""
    with pytest.raises(ValueError, match="shares"):
        Generated(swap_share=0.8, vote_share=0.3)
    with pytest.raises(ValueError, match="shares"):
        Generated(skip_share=1.0)
