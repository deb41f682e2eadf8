"""Other forms of a block's text: fewer details, or for a client that knows no versions."""

from typing import Any

import orjson

from indexer.localnet.reading import read_entries

_SIGNER, _LOADED = "transaction", "lookupTable"
_KEPT_META = ("err", "fee", "postBalances", "postTokenBalances", "preBalances", "preTokenBalances", "status")


def signatures_only(text: bytes) -> bytes:
    """`transactionDetails: signatures`."""
    block = _without_transactions(text)
    return orjson.dumps(block | {"signatures": [entry.signature for entry in read_entries(text)]})


def none(text: bytes) -> bytes:
    """`transactionDetails: none`."""
    return orjson.dumps(_without_transactions(text))


def accounts_only(text: bytes) -> bytes:
    """`transactionDetails: accounts`."""
    block = orjson.loads(text)
    block["transactions"] = [_accounts(transaction) for transaction in block["transactions"]]
    return orjson.dumps(block)


def without_versions(text: bytes) -> bytes:
    """Without the `version` of each transaction: a client that names no highest version does not get it."""
    block = orjson.loads(text)
    for transaction in block["transactions"]:
        transaction.pop("version", None)
    return orjson.dumps(block)


def _without_transactions(text: bytes) -> dict[str, Any]:
    block: dict[str, Any] = orjson.loads(text)
    del block["transactions"]
    return block


def _accounts(transaction: dict[str, Any]) -> dict[str, Any]:
    message, meta = transaction["transaction"]["message"], transaction["meta"]
    header, keys = message["header"], message["accountKeys"]
    signers = header["numRequiredSignatures"]
    last_signer = signers - header["numReadonlySignedAccounts"]
    last_other = len(keys) - header["numReadonlyUnsignedAccounts"]
    accounts = [
        {
            "pubkey": key,
            "signer": position < signers,
            "source": _SIGNER,
            "writable": position < last_signer or signers <= position < last_other,
        }
        for position, key in enumerate(keys)
    ]
    loaded = (meta or {}).get("loadedAddresses") or {}
    for kind in ("writable", "readonly"):
        accounts += [
            {"pubkey": key, "signer": False, "source": _LOADED, "writable": kind == "writable"}
            for key in loaded.get(kind, ())
        ]
    known = {"transaction": {"accountKeys": accounts, "signatures": transaction["transaction"]["signatures"]}}
    kept = meta and {name: meta[name] for name in _KEPT_META if name in meta}
    version = {"version": transaction["version"]} if "version" in transaction else {}
    return {**known, "meta": kept, **version}
