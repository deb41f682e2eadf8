"""The contract: subjects, message ids and the JSON of every message except the slot marker. Pure.

Payload bytes depend on the decoded values alone, in the contract's field order, so live and replay publish the same
bytes. Streams, subjects and header names are spelled here and nowhere else.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import base58
import msgspec
import orjson

from decoders.engine.model import DeadLetter, Fee, Swap, Transaction
from indexer.deliveries import Delivery

VERSION = 1
#: SLIP-44 number of Solana: ids of several chains may share a stream one day
CHAIN = 501

STREAM = "dex-swaps"
DEAD_STREAM = "dex-dead"
SWAPS = "dex.sol.swaps"
SLOTS = "dex.sol.slots"
SLOTS_REPAIR = "dex.sol.slots.repair"
DEAD = "dex.sol.dead"
CANDLES = "dex.sol.candles"
#: the program of dead letters about messages that ClickHouse cannot hold
CLICKHOUSE = "clickhouse"
#: the durable consumers of the sink
SINK = "clickhouse-sink"
#: the candle builder's consumer of ``STREAM``
CANDLE_READER = "candle-builder"
#: key-value bucket of the candle builder's state
CANDLE_STATE = "candle-builder"
#: what every candle's id begins with
CANDLE_PREFIX = f"{CHAIN}:candle:"
#: seconds of each candle
INTERVALS: Mapping[str, int] = MappingProxyType({"1m": 60, "5m": 300, "1h": 3600})

#: on every message a repair publishes; absent on what the loop publishes
MODE_HEADER = "Dex-Mode"
REPAIR = "repair"

_LETTER_BYTES = 512 * 1024  # as base64 and with what is around it well below the server's 1 MiB
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_REPAIR_HEADERS: Mapping[str, str] = MappingProxyType({MODE_HEADER: REPAIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to publish. ``id`` is the contract's id; what JetStream de-duplicates on is the publisher's."""

    subject: str
    id: str
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)


def mode_headers(*, repair: bool) -> Mapping[str, str]:
    """The headers that tell a repair's messages from the loop's."""
    return _REPAIR_HEADERS if repair else _NO_HEADERS


def swap_id(slot: int, signature: str, idx: int, leg: int = 0) -> str:
    """``501:<slot>:<signature>:<idx>``; later legs of one instruction end in ``.<leg>``."""
    plain = f"{CHAIN}:{slot}:{signature}:{idx}"
    return f"{plain}.{leg}" if leg else plain


def slot_prefix(slot: int) -> str:
    """What every id of a slot begins with."""
    return f"{CHAIN}:{slot}:"


def marker_id(slot: int, status: str) -> str:
    """``501:<slot>:<status>``."""
    return f"{CHAIN}:{slot}:{status}"


def dead_subject(program: str) -> str:
    """The subject of a program's dead letters."""
    return f"{DEAD}.{program}"


class Traded(msgspec.Struct, frozen=True):
    """What a candle needs of a swap; the names are those of the JSON."""

    id: str
    slot: int
    block_time: int | None
    tx_index: int
    idx: int
    leg: int
    program: str
    pool: str
    mint_in: str
    mint_out: str
    amount_in: int
    amount_out: int
    decimals_in: int | None
    decimals_out: int | None


_traded = msgspec.json.Decoder(Traded)


def read_traded(payload: bytes) -> Traded:
    """A swap of the stream. Raises ValueError for what is none."""
    return _traded.decode(payload)


def candle_stream(interval: str) -> str:
    """The stream of an interval's candles."""
    return f"dex-candles-{interval}"


def candle_message(interval: str, name: str, open_time: int, revision: int, fields: dict[str, Any]) -> Message:
    """A candle. ``name`` is its pool, with more behind it for further pairs of one pool; volumes may pass 64 bits."""
    full = f"{CANDLE_PREFIX}{interval}:{name}:{open_time}:{revision}"
    volumes = {
        key: orjson.Fragment(str(fields[key])) if fields[key] >= 1 << 64 else fields[key]
        for key in ("base_volume", "quote_volume")
    }
    payload = {"v": VERSION, "id": full} | fields | volumes
    return Message(subject=f"{CANDLES}.{interval}", id=full, payload=orjson.dumps(payload))


def swap_message(tx: Transaction, swap: Swap, *, repair: bool = False) -> Message:
    """A swap as the contract has it. Raises TypeError when an amount does not fit 64 bits: a decoder's bug."""
    name = swap_id(tx.slot, tx.signature, swap.idx, swap.leg)
    payload = orjson.dumps(_swap(name, tx, swap))
    return Message(subject=SWAPS, id=name, payload=payload, headers=mode_headers(repair=repair))


def dead_message(tx: Transaction, dead: DeadLetter) -> Message:
    """A listed swap instruction that did not settle, with all that is needed to decode it later."""
    name = f"{swap_id(tx.slot, tx.signature, dead.idx)}:dead"
    payload = {
        "v": VERSION,
        "id": name,
        "slot": tx.slot,
        "block_time": tx.block_time,
        "tx_index": tx.tx_index,
        "signature": tx.signature,
        "outer_idx": dead.outer_idx,
        "idx": dead.idx,
        "program": dead.program,
        "program_id": dead.program_id,
        "instruction": dead.instruction,
        "reason": dead.reason,
        "detail": dead.detail,
        "data": base58.b58encode(dead.data).decode(),
        "accounts": dead.accounts,
    }
    return Message(subject=dead_subject(dead.program), id=name, payload=orjson.dumps(payload))


def refused_message(one: Delivery, stream: str, *, reason: str, detail: str) -> Message:
    """A message the sink set aside: what it was, and all of its payload that a letter has room for.

    Its id names the message in its stream and the time it was stored there, so that a redelivery stores no second.
    """
    name = f"{CHAIN}:{CLICKHOUSE}:{stream}:{one.sequence}:{int(one.seconds * 1_000_000)}"
    payload = {
        "v": VERSION,
        "id": name,
        "program": CLICKHOUSE,
        "reason": reason,
        "detail": detail,
        "stream": stream,
        "sequence": one.sequence,
        "subject": one.subject,
        "message_id": one.headers.get("Nats-Msg-Id"),
        "payload_base64": b64encode(one.payload[:_LETTER_BYTES]).decode(),
        "payload_bytes": len(one.payload),
    }
    return Message(subject=dead_subject(CLICKHOUSE), id=name, payload=orjson.dumps(payload))


def _swap(name: str, tx: Transaction, swap: Swap) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "v": VERSION,
        "id": name,
        "slot": tx.slot,
        "block_time": tx.block_time,
        "tx_index": tx.tx_index,
        "signature": tx.signature,
        "outer_idx": swap.outer_idx,
        "idx": swap.idx,
        "leg": swap.leg,
        "program": swap.program,
        "program_id": swap.program_id,
        "kind": swap.kind,
        "instruction": swap.instruction,
        "pool": swap.pool,
        "user": swap.user,
        "fee_payer": tx.fee_payer,
        "mint_in": swap.mint_in,
        "mint_out": swap.mint_out,
        "amount_in": swap.amount_in,
        "amount_out": swap.amount_out,
        "decimals_in": swap.decimals_in,
        "decimals_out": swap.decimals_out,
        "vault_in": swap.vault_in,
        "vault_out": swap.vault_out,
        "reserve_in": swap.reserve_in,
        "reserve_out": swap.reserve_out,
    }
    if swap.transfer_fee_in is not None:
        payload["transfer_fee_in"] = swap.transfer_fee_in
    if swap.transfer_fee_out is not None:
        payload["transfer_fee_out"] = swap.transfer_fee_out
    if swap.fees:
        payload["fees"] = [_fee(fee) for fee in swap.fees]
    payload["route"] = swap.route
    payload["hop"] = swap.hop
    payload["hops"] = swap.hops
    return payload


def _fee(fee: Fee) -> dict[str, str | int]:
    return {"kind": fee.kind, "mint": fee.mint, "amount": fee.amount}
