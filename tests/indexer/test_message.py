"""The contract, byte for byte."""

from dataclasses import replace

import orjson
import pytest

from decoders.engine.model import DeadLetter, Fee, Swap, Transaction
from indexer.marker import Marker, marker_message
from indexer.message import Message, dead_message, swap_message

U64 = 2**64 - 1
TX = Transaction(
    signature="5sig",
    slot=332_254_908,
    block_time=1_743_940_000,
    tx_index=7,
    fee_payer="Payer",
    trace=(),
    tokens={},
    lamports={},
    logs=None,
)
SWAP = Swap(
    program="raydium_amm_v4",
    program_id="675k",
    kind="amm",
    instruction="swap_base_in",
    outer_idx=2,
    idx=5,
    pool="Pool",
    user="User",
    mint_in="MintA",
    mint_out="MintB",
    amount_in=U64,
    amount_out=1,
    decimals_in=6,
    decimals_out=None,
    vault_in="VaultA",
    vault_out=None,
    reserve_in=10,
    reserve_out=None,
)
REQUIRED = [
    *("v", "id", "slot", "block_time", "tx_index", "signature", "outer_idx", "idx", "leg"),
    *("program", "program_id", "kind", "instruction", "pool", "user", "fee_payer"),
    *("mint_in", "mint_out", "amount_in", "amount_out", "decimals_in", "decimals_out"),
    *("vault_in", "vault_out", "reserve_in", "reserve_out", "route", "hop", "hops"),
]


def body(message: Message) -> dict[str, object]:
    payload = orjson.loads(message.payload)
    assert isinstance(payload, dict)
    return payload


def test_a_swap_has_every_field_in_the_contracts_order_and_no_optional_one() -> None:
    message = swap_message(TX, SWAP)

    payload = body(message)
    assert list(payload) == REQUIRED
    assert payload["v"] == 1
    assert payload["id"] == message.id == "501:332254908:5sig:5"
    assert payload["amount_in"] == U64
    assert payload["decimals_out"] is None
    assert payload["route"] is None
    assert message.subject == "dex.sol.swaps"
    assert message.headers == {}


def test_optional_fields_stand_between_the_reserves_and_the_route() -> None:
    fees = (Fee(kind="protocol", mint="MintA", amount=3),)
    payload = body(swap_message(TX, SWAP._replace(transfer_fee_in=0, transfer_fee_out=9, fees=fees, route="jupiter")))

    names = list(payload)
    assert names[names.index("reserve_out") :] == [
        "reserve_out",
        "transfer_fee_in",
        "transfer_fee_out",
        "fees",
        "route",
        "hop",
        "hops",
    ]
    assert payload["transfer_fee_in"] == 0
    assert payload["fees"] == [{"kind": "protocol", "mint": "MintA", "amount": 3}]


def test_a_later_leg_has_an_id_of_its_own() -> None:
    assert swap_message(TX, SWAP._replace(leg=1)).id == "501:332254908:5sig:5.1"


def test_repair_differs_in_headers_alone() -> None:
    live, repaired = swap_message(TX, SWAP), swap_message(TX, SWAP, repair=True)

    assert repaired == replace(live, headers={"Dex-Mode": "repair"})


def test_an_amount_beyond_64_bits_is_an_error() -> None:
    with pytest.raises(TypeError):
        swap_message(TX, SWAP._replace(amount_in=U64 + 1))


def test_a_dead_letter_carries_what_a_later_decoder_needs() -> None:
    dead = DeadLetter(
        program="orca_whirlpool",
        program_id="whirL",
        instruction="swap_v2",
        outer_idx=0,
        idx=3,
        reason="legs",
        detail="two candidates",
        data=b"\x00\x09\xff",
        accounts=("A", "B"),
    )
    message = dead_message(TX, dead)

    assert message.subject == "dex.sol.dead.orca_whirlpool"
    assert message.id == "501:332254908:5sig:3:dead"
    payload = body(message)
    assert payload["data"] == "1m8"
    assert payload["accounts"] == ["A", "B"]
    assert payload["reason"] == "legs"


MARKER = Marker(
    slot=9,
    parent_slot=7,
    blockhash="Hash",
    block_time=None,
    status="complete",
    swaps=2,
    failed_txs=1,
    dead=0,
    build="0.1.0",
    programs_hash="abc",
    stream_created="2026-01-01T00:00:00Z",
)


def test_a_marker_survives_the_trip() -> None:
    assert Marker.decode(MARKER.encode()) == MARKER
    assert MARKER.encode() == (
        b'{"v":1,"slot":9,"parent_slot":7,"blockhash":"Hash","block_time":null,"status":"complete","swaps":2,'
        b'"failed_txs":1,"dead":0,"build":"0.1.0","programs_hash":"abc","stream_created":"2026-01-01T00:00:00Z"}'
    )


def test_a_range_of_missing_slots_is_one_marker() -> None:
    missing = replace(MARKER, to_slot=20, status="missing", blockhash=None, parent_slot=None)

    assert Marker.decode(missing.encode()) == missing
    assert missing.encode().startswith(b'{"v":1,"slot":9,"to_slot":20,')
    assert (missing.last_slot, MARKER.last_slot) == (20, 9)


def test_markers_of_the_loop_and_of_a_repair_never_share_a_subject() -> None:
    main, repair = marker_message(MARKER), marker_message(MARKER, repair=True)

    assert (main.subject, main.id, main.headers) == ("dex.sol.slots", "501:9:complete", {})
    assert (repair.subject, repair.id) == ("dex.sol.slots.repair", "501:9:complete")
    assert repair.headers == {"Dex-Mode": "repair"}


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"v":2,"slot":1}', b'{"v":1,"slot":1}', b"\xff"])
def test_anything_else_is_not_a_marker(text: bytes) -> None:
    with pytest.raises(ValueError, match="slot marker"):
        Marker.decode(text)


def test_a_marker_with_a_made_up_status_is_not_one() -> None:
    with pytest.raises(ValueError, match="status"):
        Marker.decode(MARKER.encode().replace(b"complete", b"done"))
