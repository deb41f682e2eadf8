"""Stored messages as lines a person reads, and the filters over them.

What a stream holds may have been published by anybody: what is no swap, marker or dead letter is shown as such, and no
control character of it reaches a terminal.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from indexer.message import DEAD, SLOTS, SWAPS
from indexer.pages import Read
from indexer.tokens import human_amount, token_name

_SIGNATURE = 8
_FOREIGN_BYTES = 60
HEADER = (
    f"{'sequence':>10}  {'slot':>11}  {'time (UTC)':<14}  {'program':<21}  {'pool':<9}  {'paid':>24}  {'received':>24}"
    f"  {'route':<15}  id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Beginnings of addresses, or a well-known token's name for ``mint``; empty lets everything through."""

    programs: frozenset[str] = frozenset()
    pool: str = ""
    mint: str = ""
    user: str = ""

    def __bool__(self) -> bool:
        return bool(self.programs or self.pool or self.mint or self.user)

    def match(self, body: dict[str, Any]) -> bool:
        """Whether a swap or a dead letter passes."""
        if self.programs and body.get("program") not in self.programs:
            return False
        mints = [str(body.get(key, "")) for key in ("mint_in", "mint_out")]
        return (
            str(body.get("pool", "")).startswith(self.pool)
            and any(str(body.get(key, "")).startswith(self.user) for key in ("user", "fee_payer"))
            and any(mint.startswith(self.mint) or token_name(mint) == self.mint for mint in mints)
        )


def passes(message: Read, filters: Filters) -> bool:
    """Whether a message is shown; markers always are, since they were asked for."""
    if not filters or message.subject.startswith(SLOTS):
        return True
    body = _body(message.payload)
    return body is not None and filters.match(body)


def line(message: Read) -> str:
    """One message as one line."""
    body, shape = _body(message.payload), _shape(message.subject)
    text = f"not one of ours on {message.subject}: {message.payload[:_FOREIGN_BYTES]!r}"
    if body is not None and shape is not None:
        with suppress(KeyError, TypeError, ValueError, OverflowError, OSError):
            text = shape(body)
    mode = "  repair" if message.repair else ""
    return _printable(f"{message.sequence:>10}  {text}{mode}")


def _shape(subject: str) -> Callable[[dict[str, Any]], str] | None:
    if subject == SWAPS:
        return _swap
    if subject.startswith(SLOTS):
        return _marker
    return _dead if subject.startswith(f"{DEAD}.") else None


def _swap(body: dict[str, Any]) -> str:
    paid = f"{human_amount(int(body['amount_in']), body['decimals_in'])} {token_name(str(body['mint_in']))}"
    got = f"{human_amount(int(body['amount_out']), body['decimals_out'])} {token_name(str(body['mint_out']))}"
    route = body["route"] or "direct"
    hop = f" {body['hop'] + 1}/{body['hops']}" if body["hops"] > 1 else ""
    return (
        f"{body['slot']:>11}  {_time(body['block_time']):<14}  {body['program']:<21}  {_short(body['pool']):<9}  "
        f"{paid:>24}  {got:>24}  {route + hop:<15}  {_id(body['id'])}"
    )


def _marker(body: dict[str, Any]) -> str:
    until = f" to {body['to_slot']}" if body.get("to_slot") is not None else ""
    return (
        f"{body['slot']:>11}  {_time(body['block_time']):<14}  slot{until} {body['status']}: {body['swaps']} swaps, "
        f"{body['dead']} dead letters, {body['failed_txs']} failed transactions"
    )


def _dead(body: dict[str, Any]) -> str:
    return (
        f"{body['slot']:>11}  {_time(body['block_time']):<14}  {body['program']:<21}  {body['instruction']}: "
        f"{body['reason']}: {body['detail']}  {_id(body['id'])}"
    )


def _short(address: str) -> str:
    return f"{address[:4]}…{address[-4:]}"


def _id(name: str) -> str:
    """``501:<slot>:<signature>:<idx>`` without what the line says already."""
    _, _, signature, rest = name.split(":", 3)
    return f"{signature[:_SIGNATURE]}…:{rest}"


def _time(block_time: int | None) -> str:
    return "unknown" if block_time is None else f"{datetime.fromtimestamp(block_time, UTC):%m-%d %H:%M:%S}"


def _body(payload: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)
