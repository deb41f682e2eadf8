"""Recorded transactions and blocks as a chain, and copies of a block under new slots."""

import gzip
import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from solders.signature import Signature

from indexer.errors import DataError
from indexer.localnet import envelope
from indexer.localnet.chain import Chain
from indexer.localnet.generate import Generated
from indexer.localnet.joined import Joined
from indexer.localnet.node import Localnet
from indexer.localnet.reading import read_entries
from indexer.localnet.recorded import Recorded
from indexer.localnet.repeated import Repeated
from indexer.localnet.source import Packed, Served
from tests.indexer.small_chain import result

MAINNET = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
ANY_VERSION = {"commitment": "confirmed", "maxSupportedTransactionVersion": 1, "rewards": False}
END = b'},"id":1}'


def test_single_transactions_of_a_slot_become_one_block_with_their_own_time(tmp_path: Path) -> None:
    record(tmp_path, single("a", slot=20, time=100), single("b", slot=20, time=100), single("c", slot=9, time=50))
    first, second = Recorded([tmp_path]).blocks()
    assert (first.slot, second.slot, second.parent_slot) == (9, 20, 9)
    assert body(second)["blockTime"] == 100
    assert [entry.signature for entry in second.entries] == sorted([name("a"), name("b")])


def test_transactions_keep_the_json_they_were_recorded_with(tmp_path: Path) -> None:
    old = single("a", slot=20) | {"strange": [1.50]}
    del old["meta"]["loadedAddresses"], old["version"]
    record(tmp_path, old)
    (block,) = Recorded([tmp_path]).blocks()
    assert body(block)["transactions"] == [{key: old[key] for key in ("transaction", "meta", "strange")}]


def test_a_transaction_of_a_whole_block_is_not_doubled(tmp_path: Path) -> None:
    record(tmp_path, single("a", slot=20), single("b", slot=20))
    write_block(tmp_path, 20, "a", "c")
    (block,) = Recorded([tmp_path]).blocks()
    assert [entry.signature for entry in block.entries] == [name("a"), name("c"), name("b")]
    assert body(block)["blockhash"] == "recorded-20"


def test_transactions_without_a_slot_share_one_after_all_others(tmp_path: Path) -> None:
    record(tmp_path, single("a", slot=None), single("b", slot=0), single("c", slot=20, time=7), single("d", slot=20))
    record(tmp_path / "more", single("d", slot=None))
    *_, last = Recorded([tmp_path, tmp_path / "more"]).blocks()
    assert (last.slot, last.parent_slot, body(last)["blockTime"]) == (21, 20, 7)
    assert sorted(entry.signature for entry in last.entries) == sorted([name("a"), name("b")])


def test_blocks_are_linked_by_slot_hash_and_height(tmp_path: Path) -> None:
    record(tmp_path, *(single(letter, slot=slot) for letter, slot in (("a", 5), ("b", 9), ("c", 40))))
    write_block(tmp_path, 30, "d", packed=True)
    blocks = [body(block) for block in Recorded([tmp_path]).blocks()]
    assert [block["parentSlot"] for block in blocks] == [0, 5, 9, 30]
    assert [block["blockHeight"] for block in blocks] == [1, 2, 3, 4]
    for parent, child in pairwise(blocks):
        assert child["previousBlockhash"] == parent["blockhash"]


def test_a_directory_without_records_or_with_a_broken_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no records in"):
        Recorded([tmp_path])
    record(tmp_path, single("a", slot=1))
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "7.json").write_text("{")
    with pytest.raises(DataError, match=r"7\.json is not a record that can be served"):
        Recorded([tmp_path])


def test_the_genesis_hash_tells_chains_apart_and_is_never_mainnets(tmp_path: Path) -> None:
    record(tmp_path / "one", single("a", slot=1))
    record(tmp_path / "two", single("a", slot=2))
    one, two = Recorded([tmp_path / "one"]), Recorded([tmp_path / "two"])
    generated = Generated(seed=1)
    hashes = [one.genesis_hash, two.genesis_hash, generated.genesis_hash, Joined(one, generated).genesis_hash, MAINNET]
    assert len(set(hashes)) == len(hashes)
    assert Recorded([tmp_path / "one"]).genesis_hash == one.genesis_hash


async def test_a_record_is_there_at_once_and_generated_blocks_follow_it(tmp_path: Path) -> None:
    record(tmp_path, single("a", slot=5), single("b", slot=90))
    joined = Joined(Recorded([tmp_path]), Generated(seed=1, first_slot=100, transactions_per_block=2, skip_share=0))
    async with Localnet(Chain(joined, preload_blocks=2)) as net:
        assert net.label == "LOCALNET, recorded and generated"
        assert net.tip == 90
        net.produce(2)
        assert await result(net, "getBlocks", 0, 200) == [5, 90, 100, 101]
        assert (await result(net, "getBlock", 100, ANY_VERSION))["parentSlot"] == 90
        assert (await result(net, "getBlock", 101, ANY_VERSION))["parentSlot"] == 100


def test_copies_have_new_slots_and_their_own_valid_signatures(tmp_path: Path) -> None:
    write_block(tmp_path, 30, "a", "b")
    (original,) = Recorded([tmp_path]).blocks()
    copies = list(Repeated([original], copies=60, first_slot=100).blocks())
    assert [(copy.slot, copy.parent_slot) for copy in copies[:2]] == [(100, 99), (101, 100)]
    signatures = {entry.signature for block in (original, *copies) for entry in block.entries}
    assert len(signatures) == 2 * 61
    assert all(str(Signature.from_string(one)) == one for one in signatures)
    for copy in copies[::7]:
        assert isinstance(copy, Packed)
        assert read_entries(copy.body) == tuple(copy.entries)
        assert gzip.decompress(envelope.gzip_answer(copy.deflated, END)) == envelope.answer(copy.body, END)
    assert body(copies[1])["previousBlockhash"] == body(copies[0])["blockhash"]
    assert body(copies[59])["transactions"][0]["meta"] == body(original)["transactions"][0]["meta"]


@pytest.mark.corpus
def test_every_recorded_transaction_is_served_once_in_its_slot(corpus: Path) -> None:
    blocks = list(Recorded([corpus]).blocks())
    slots: dict[str, int] = {}
    for block in blocks:
        for entry in block.entries:
            assert entry.signature not in slots
            slots[entry.signature] = block.slot
    for path in [*corpus.glob("transactions/*.json"), *corpus.glob("localnet-transactions/*.json")]:
        recorded = orjson.loads(path.read_bytes())
        assert slots[path.stem] == (recorded["slot"] or blocks[-1].slot)
    assert [block.parent_slot for block in blocks[1:]] == [block.slot for block in blocks[:-1]]


@pytest.mark.corpus
async def test_the_densest_recorded_block_is_served_under_new_slots(corpus: Path) -> None:
    block = next(block for block in Recorded([corpus]).blocks() if block.slot == 332254908)
    async with Localnet(Repeated([block], copies=3, first_slot=400_000_000)) as net:
        served = await result(net, "getBlock", 400_000_002, ANY_VERSION)
        signature = served["transactions"][-1]["transaction"]["signatures"][0]
        found = await result(net, "getTransaction", signature, {"maxSupportedTransactionVersion": 0})
        assert found["slot"] == 400_000_002
    original = body(block)["transactions"]
    assert [one["meta"] for one in served["transactions"]] == [one["meta"] for one in original]


def name(letter: str) -> str:
    """A signature."""
    return str(Signature(hashlib.sha512(letter.encode()).digest()))


def single(letter: str, *, slot: int | None, time: int | None = None) -> dict[str, Any]:
    """A getTransaction result."""
    keys = ["1" * 31 + "2", "1" * 32]
    message = {"accountKeys": keys, "instructions": [{"programIdIndex": 1, "accounts": [0], "data": ""}]}
    meta: dict[str, Any] = {"err": None, "logMessages": [letter], "loadedAddresses": {"writable": [], "readonly": []}}
    signed = {"signatures": [name(letter)], "message": message}
    return {"slot": slot, "blockTime": time, "transaction": signed, "meta": meta, "version": "legacy"}


def record(directory: Path, *transactions: dict[str, Any]) -> None:
    """Write getTransaction results."""
    folder = directory / "transactions"
    folder.mkdir(parents=True, exist_ok=True)
    for one in transactions:
        (folder / f"{one['transaction']['signatures'][0]}.json").write_bytes(orjson.dumps(one))


def write_block(directory: Path, slot: int, *letters: str, packed: bool = False) -> None:
    """Write a getBlock result."""
    folder = directory / "blocks"
    folder.mkdir(parents=True, exist_ok=True)
    inside = [
        {key: value for key, value in single(letter, slot=slot).items() if key not in {"slot", "blockTime"}}
        for letter in letters
    ]
    header = {"blockhash": f"recorded-{slot}", "previousBlockhash": "?", "parentSlot": slot - 1, "blockHeight": 77}
    text = orjson.dumps({**header, "blockTime": 100, "transactions": inside, "rewards": []})
    if packed:
        (folder / f"{slot}.json.zst").write_bytes(zstandard.compress(text))
    else:
        (folder / f"{slot}.json").write_bytes(text)


def body(block: Served) -> Any:
    """A block's JSON."""
    return orjson.loads(block.body)
