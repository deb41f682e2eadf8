"""Faults that change what a block says: version 1, cut logs, strangers up to 20 MB."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import orjson
from solders.hash import Hash
from solders.signature import Signature

from indexer.localnet.envelope import block_text
from indexer.localnet.faults import Faults
from indexer.localnet.reading import read_entry, split_transactions
from indexer.localnet.source import Entry, Served

CLEAN = (False, False, False)
_HUGE_BYTES = 20 * 1024 * 1024
_KEPT_LOGS = 2
_TRUNCATED = "Log truncated"


def concerned(block: Served, faults: Faults) -> tuple[object, ...]:
    """Tells one disturbance of a block from another; CLEAN when there is none."""
    slot = str(block.slot)
    cut = (faults.seed, faults.truncated_logs) if faults.truncated_logs else False
    return faults.concerns("version_one", slot), cut, faults.concerns("huge_block", slot)


def body(block: Served, faults: Faults) -> bytes:
    """The block's text as a node with ``faults`` gives it."""
    text = block.body
    if faults.truncated_logs:
        parts = [_cut(raw, faults) for raw in split_transactions(text)]
        text = _with_transactions(text, parts)
    if faults.concerns("version_one", str(block.slot)):
        text = _version_one(text)
    if faults.concerns("huge_block", str(block.slot)):
        strangers = list(_strangers(block.slot, _HUGE_BYTES - len(text)))
        text = _with_transactions(text, [*split_transactions(text), *strangers])
    return text


def logs(entry: Entry, faults: Faults) -> tuple[str, ...] | None:
    """The logs of a transaction as a node with ``faults`` notifies them."""
    if entry.logs and faults.concerns("truncated_logs", entry.signature):
        return (*entry.logs[:_KEPT_LOGS], _TRUNCATED)
    return entry.logs


def _cut(raw: bytes, faults: Faults) -> bytes:
    if not faults.concerns("truncated_logs", read_entry(raw).signature):
        return raw
    transaction: dict[str, Any] = orjson.loads(raw)
    meta = transaction.get("meta") or {}
    if meta.get("logMessages"):
        meta["logMessages"] = [*meta["logMessages"][:_KEPT_LOGS], _TRUNCATED]
    return orjson.dumps(transaction)


def _with_transactions(text: bytes, transactions: list[bytes]) -> bytes:
    header = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return block_text({name: bytes(raw) for name, raw in header.items() if name != "transactions"}, transactions)


def _version_one(text: bytes) -> bytes:
    for version in (b'"version":0', b'"version":"legacy"'):
        if version in text:
            return text.replace(version, b'"version":1', 1)
    # old records name no version
    return text.replace(b'"transactions":[{', b'"transactions":[{"version":1,', 1)


def _strangers(slot: int, size: int) -> Iterator[bytes]:
    """Transactions of an unknown program that take ``size`` bytes or a little more."""
    while size > 0:
        digest = hashlib.sha512(f"{slot} {size}".encode()).digest()
        text = _STRANGER % (str(Signature(digest)).encode(), str(Hash(digest[:32])).encode())
        yield text
        size -= len(text)


_STRANGER = b'{"transaction":' + orjson.dumps(
    {
        "signatures": ["%s"],
        "message": {
            "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1},
            "accountKeys": ["%s", "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"],
            "recentBlockhash": "11111111111111111111111111111111",
            "instructions": [{"programIdIndex": 1, "accounts": [0], "data": "3Bxs", "stackHeight": 1}],
        },
    }
) + b',"version":"legacy","meta":' + orjson.dumps(
    {
        "err": None,
        "status": {"Ok": None},
        "fee": 5000,
        "preBalances": [1_000_000, 1],
        "postBalances": [995_000, 1],
        "innerInstructions": [],
        "logMessages": ["Program Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo invoke [1]", "Program log: " + "x" * 9000],
        "preTokenBalances": [],
        "postTokenBalances": [],
        "rewards": [],
        "loadedAddresses": {"writable": [], "readonly": []},
        "computeUnitsConsumed": 300,
    }
) + b"}"  # fmt: skip
