"""Blocks and transactions as nodes give them, and as broken nodes do."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import TransientError
from indexer.transaction import BlockError, parse_block, parse_transaction

KNOWN = frozenset({"venue"})


def transaction(*, version: Any = 0, err: Any = None) -> dict[str, Any]:
    """A v0 transaction: two outer instructions, two inner ones, one loaded address of each kind."""
    return {
        "version": version,
        "transaction": {
            "signatures": ["sig", "other"],
            "message": {
                "header": {},
                "recentBlockhash": "hash",
                "accountKeys": ["payer", "vault", "system"],
                "instructions": [
                    {"programIdIndex": 2, "accounts": [0, 1], "data": "3Bxs4", "stackHeight": None},
                    {"programIdIndex": 4, "accounts": [3, 1, 0], "data": "2", "stackHeight": 1},
                ],
            },
        },
        "meta": {
            "err": err,
            "fee": 5000,
            "preBalances": [10, 20, 1, 5, 6],
            "postBalances": [9, 21, 1, 5, 6],
            "preTokenBalances": [balance(1, "100"), balance(3, "7")],
            "postTokenBalances": [balance(1, "90"), balance(0, "3")],
            "innerInstructions": [
                {
                    "index": 1,
                    "instructions": [
                        {"programIdIndex": 2, "accounts": [1, 0], "data": "A", "stackHeight": 2},
                        {"programIdIndex": 2, "accounts": [], "data": "", "stackHeight": None},
                    ],
                }
            ],
            "logMessages": ["Program venue invoke [1]"],
            "loadedAddresses": {"writable": ["pool"], "readonly": ["venue"]},
        },
    }


def balance(index: int, amount: str) -> dict[str, Any]:
    return {
        "accountIndex": index, "mint": "mint", "owner": "owner", "programId": "token",
        "uiTokenAmount": {"amount": amount, "decimals": 6, "uiAmount": None, "uiAmountString": ""},
    }  # fmt: skip


def block(*transactions: dict[str, Any], **changes: Any) -> bytes:
    body = {
        "blockhash": "hash", "previousBlockhash": "before", "parentSlot": 6, "blockHeight": 5, "blockTime": 1_700,
        "transactions": list(transactions), **changes,
    }  # fmt: skip
    return json.dumps(body).encode()


def test_trace_is_depth_first_over_static_and_loaded_accounts() -> None:
    parsed = parse_block(block(transaction()), slot=7, known=KNOWN)
    assert (parsed.slot, parsed.parent_slot, parsed.blockhash, parsed.block_time) == (7, 6, "hash", 1_700)
    (one,) = parsed.transactions
    assert [(call.position, call.outer, call.height, call.program, call.accounts) for call in one.trace] == [
        (0, 0, 1, "system", ("payer", "vault")),
        (1, 1, 1, "venue", ("pool", "vault", "payer")),
        (2, 1, 2, "system", ("vault", "payer")),
        (3, 1, None, "system", ()),
    ]
    assert (one.signature, one.fee_payer, one.slot, one.block_time, one.tx_index) == ("sig", "payer", 7, 1_700, 0)
    assert {name: (row.before, row.after) for name, row in one.tokens.items()} == {
        "vault": (100, 90),
        "pool": (7, None),
        "payer": (None, 3),
    }
    assert one.lamports["vault"] == (20, 21)
    assert one.logs == ["Program venue invoke [1]"]
    assert one.trace[1].data == b"\x01"


def test_failed_and_foreign_transactions_keep_their_place() -> None:
    stranger = transaction()
    stranger["meta"]["loadedAddresses"] = {"writable": ["pool"], "readonly": ["someone"]}
    failed = transaction(err={"InstructionError": [0, "Custom"]})
    parsed = parse_block(block(stranger, failed, transaction()), slot=7, known=KNOWN)
    assert parsed.signatures == ("sig", "sig", "sig")
    assert parsed.failed == 1
    assert [one.tx_index for one in parsed.transactions] == [2]


def test_transaction_that_names_a_known_program_and_calls_none_is_left_out() -> None:
    """Arbitrage programs name many venues and call few; a failed one counts all the same."""
    named = transaction()
    named["transaction"]["message"]["instructions"][1]["programIdIndex"] = 2
    failed = deepcopy(named) | {"meta": {**named["meta"], "err": "x"}}
    parsed = parse_block(block(named, failed), slot=7, known=KNOWN)
    assert (parsed.transactions, parsed.failed, len(parsed.signatures)) == ((), 1, 2)


def test_balance_that_is_not_written_as_an_integer_is_unknown() -> None:
    """A float may have been rounded: no number is better than another one."""
    body = json.dumps(transaction() | {"slot": 1}).replace('"preBalances": [10, 20', '"preBalances": [5e+17, 20')
    one = parse_transaction(body.encode())
    assert one is not None
    assert one.lamports.get("payer") is None
    assert one.lamports.get("nobody") is None
    assert dict(one.lamports) == {"vault": (20, 21), "system": (1, 1), "pool": (5, 5), "venue": (6, 6)}
    assert len(one.lamports) == 4


@pytest.mark.parametrize("version", ["legacy", 0, 1, 127, None])
def test_every_version_is_read_alike(version: Any) -> None:
    assert len(parse_block(block(transaction(version=version)), slot=7, known=KNOWN).transactions) == 1


def test_legacy_transaction_without_loaded_addresses_and_with_null_fields() -> None:
    old = transaction()
    del old["version"], old["meta"]["loadedAddresses"]
    old["transaction"]["message"]["accountKeys"] += ["pool", "venue"]
    old["meta"].update(logMessages=None, preTokenBalances=None, postTokenBalances=None)
    (one,) = parse_block(block(old), slot=7, known=KNOWN).transactions
    assert (one.logs, dict(one.tokens), len(one.trace)) == (None, {}, 4)


def test_missing_inner_instructions_are_asked_of_another_node_unless_history_is_old() -> None:
    bare = transaction()
    bare["meta"]["innerInstructions"] = None
    with pytest.raises(BlockError, match="innerInstructions is null"):
        parse_block(block(bare), slot=7, known=KNOWN)
    (one,) = parse_block(block(bare), slot=7, known=KNOWN, allow_missing_inner=True).transactions
    assert len(one.trace) == 2
    assert parse_block(block(bare), slot=7, known=frozenset()).transactions == ()


def test_missing_block_time_is_asked_of_another_node_unless_history_is_old() -> None:
    with pytest.raises(BlockError, match="blockTime"):
        parse_block(block(transaction(), blockTime=None), slot=7, known=KNOWN)
    assert parse_block(block(blockTime=None), slot=7, known=KNOWN, allow_missing_inner=True).block_time is None


def test_single_transaction() -> None:
    body = transaction() | {"slot": 9, "blockTime": 5}
    one = parse_transaction(json.dumps(body).encode(), tx_index=3)
    assert one is not None
    assert (one.slot, one.block_time, one.tx_index) == (9, 5, 3)
    placed = parse_transaction(json.dumps(body).encode(), slot=11)
    assert placed is not None
    assert placed.slot == 11
    assert parse_transaction(json.dumps(body | {"meta": {"err": "x"}}).encode()) is None


def test_undated_transaction_gets_slot_zero() -> None:
    for body in (transaction(), transaction() | {"slot": None, "blockTime": None}):
        one = parse_transaction(json.dumps(body).encode())
        assert one is not None
        assert (one.slot, one.block_time) == (0, None)


BROKEN: dict[str, list[Any]] = {
    "transaction.message.instructions.0.programIdIndex": [5, -1, 10**30, "0", None],
    "transaction.message.instructions.0.accounts": [[9], [-1], "01", None],
    "transaction.message.instructions.0.data": [None, 5, []],
    "transaction.message.accountKeys": [[], None, [1, 2, 3], "abc"],
    "transaction.signatures": [[], None, [5]],
    "transaction.message": [None, []],
    "meta": [None, []],
    "meta.innerInstructions.0.index": [2, -1, None],
    "meta.innerInstructions.0.instructions": [None, {}],
    "meta.innerInstructions.0.instructions.0.stackHeight": ["2", -1],
    "meta.preBalances": [[1], None, [-1, 0, 0, 0, 0], ["1", 0, 0, 0, 0]],
    "meta.preTokenBalances.0.accountIndex": [5, -1, None],
    "meta.postTokenBalances.0.uiTokenAmount.amount": ["x", "-1", 5, None, "1" * 5000],
    "meta.postTokenBalances.0.uiTokenAmount.decimals": [None, "6", -1],
    "meta.loadedAddresses.writable": [None, [5]],
    "meta.logMessages": ["text", [None]],
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in BROKEN.items() for value in values])
def test_malformed_field_is_transient(path: str, value: Any) -> None:
    broken = transaction()
    spot: Any = broken
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        spot = spot[part]
    spot[last] = value
    known = KNOWN | {"payer"}
    with pytest.raises(TransientError):
        parse_block(block(broken), slot=7, known=known)
    with pytest.raises(TransientError):
        parse_transaction(json.dumps(broken).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>busy</html>",
        b"{}",
        b'{"blockhash":"a"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1",
        block()[:-5],
    ],
)
def test_body_that_is_no_block_is_transient(body: bytes) -> None:
    with pytest.raises(TransientError):
        parse_block(body, slot=7, known=KNOWN)
    with pytest.raises(TransientError):
        parse_transaction(body)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_cut_or_changed_text_is_a_block_or_transient(data: st.DataObject) -> None:
    body = bytearray(block(transaction(), transaction()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    try:
        parsed = parse_block(bytes(body), slot=7, known=KNOWN)
    except TransientError:
        return
    assert len(parsed.transactions) + parsed.failed <= len(parsed.signatures)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_field_exchanged_for_any_value_is_a_block_or_transient(data: st.DataObject) -> None:
    changed = deepcopy(transaction())
    spot: Any = changed
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.booleans()):
            break
        spot = spot[key]
    spot[key] = data.draw(
        st.one_of(
            st.none(),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(),
            st.lists(st.integers()),
        )
    )
    try:
        parse_block(block(changed), slot=7, known=KNOWN | {"payer"})
    except TransientError:
        return


@pytest.mark.corpus
def test_recorded_blocks_parse(corpus: Path) -> None:
    counts = {}
    for path in (corpus / "blocks").glob("*.zst"):
        body = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        slot = int(path.name.partition(".")[0])
        raw = json.loads(body)
        keys = {key for item in raw["transactions"] for key in item["transaction"]["message"]["accountKeys"]}
        parsed = parse_block(body, slot=slot, known=frozenset(keys))
        counts[slot] = len(parsed.signatures)
        succeeded = [item for item in raw["transactions"] if item["meta"]["err"] is None]
        assert [one.signature for one in parsed.transactions] == [
            item["transaction"]["signatures"][0] for item in succeeded
        ]
        assert parsed.failed == len(raw["transactions"]) - len(succeeded)
    assert counts == {332254908: 1862, 285000037: 557, 254170887: 602, 110130000: 3439, 100356971: 1127}
