"""Messages of the streams as rows of ClickHouse: every field of the contract, nothing added or lost. Pure.

A payload that is not the contract to the letter (a field missing, unknown, of another type or out of range) raises
ValueError that says which: what cannot be kept whole is set aside, never cut to fit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from indexer.deliveries import Delivery
from indexer.message import CANDLE_PREFIX, CANDLES, DEAD, MODE_HEADER, REPAIR, SLOTS, SLOTS_REPAIR, SWAPS, swap_id

_U64 = 2**64
_MICROSECONDS = 1_000_000
Row = tuple[Any, ...]
Natural = Annotated[int, Meta(ge=0)]  # up to 64 bits: what msgspec cannot bound is bounded by _within
Price = Annotated[str, Meta(pattern=r"^\d+(\.\d+)?$")]
UInt8 = Annotated[int, Meta(ge=0, le=2**8 - 1)]
UInt32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
#: 0 stands for a time that is not known
Time = Annotated[int, Meta(ge=1, le=2**32 - 1)]


class _Part(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What has no field beyond its own."""


class Fee(_Part, kw_only=True):
    """One of a swap's fees."""

    kind: str
    mint: str
    amount: Natural


class Swap(_Part, kw_only=True):
    """A payload of ``dex.sol.swaps``; the order of the fields is that of the columns."""

    v: Literal[1]
    id: str
    slot: Natural
    block_time: Time | None
    tx_index: UInt32
    signature: str
    outer_idx: UInt32
    idx: UInt32
    leg: UInt32
    program: str
    program_id: str
    kind: str
    instruction: str
    pool: str
    user: str
    fee_payer: str
    mint_in: str
    mint_out: str
    amount_in: Natural
    amount_out: Natural
    decimals_in: UInt8 | None
    decimals_out: UInt8 | None
    vault_in: str | None
    vault_out: str | None
    reserve_in: Natural | None
    reserve_out: Natural | None
    transfer_fee_in: Natural | UnsetType = UNSET
    transfer_fee_out: Natural | UnsetType = UNSET
    fees: Annotated[list[Fee], Meta(min_length=1)] | UnsetType = UNSET
    route: str | None
    hop: UInt32
    hops: UInt32


class Slot(_Part, kw_only=True):
    """A payload of ``dex.sol.slots`` or ``dex.sol.slots.repair``."""

    v: Literal[1]
    slot: Natural
    to_slot: Natural | UnsetType = UNSET
    parent_slot: Natural | None
    blockhash: str | None
    block_time: Time | None
    status: Literal["complete", "notified", "missing"]
    swaps: UInt32
    failed_txs: UInt32
    dead: UInt32
    build: str
    programs_hash: str
    stream_created: str


class Candle(_Part, kw_only=True):
    """A payload of ``dex.sol.candles.<interval>``; prices are decimal texts, volumes up to 128 bits."""

    v: Literal[1]
    id: str
    pool: str
    program: str
    base_mint: str
    quote_mint: str
    interval: Literal["1m", "5m", "1h"]
    open_time: Time
    close_time: Time
    open: Price | None
    high: Price | None
    low: Price | None
    close: Price | None
    base_volume: Natural
    quote_volume: Natural
    trades: UInt32
    first_id: str
    last_id: str
    revision: UInt32
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Where the messages of a subject go: the columns of an insert, and a message as a row of them."""

    name: str
    columns: tuple[str, ...]
    row: Callable[[Delivery], Row]


def table_of(subject: str) -> Table | None:
    """The table of a subject; None for one that has none."""
    if subject.startswith(f"{CANDLES}."):
        return _CANDLES
    return _DEAD if subject.startswith(f"{DEAD}.") else _BY_SUBJECT.get(subject)


def _swap_row(one: Delivery) -> Row:
    swap = _decoded(_SWAP, one)
    fees = [] if swap.fees is UNSET else [(fee.kind, fee.mint, fee.amount) for fee in swap.fees]
    fee_in, fee_out = _set(swap.transfer_fee_in), _set(swap.transfer_fee_out)
    if swap.id != swap_id(swap.slot, swap.signature, swap.idx, swap.leg):
        raise ValueError(f"id {swap.id} is not that of its slot, signature, idx and leg")
    _within(swap.slot, swap.amount_in, swap.amount_out, swap.reserve_in, swap.reserve_out, fee_in, fee_out)
    _within(*[amount for _, _, amount in fees])
    return (*_SWAP_PLAIN(swap), swap.block_time or 0, fee_in, fee_out, fees, *_origin(one))


def _slot_row(one: Delivery) -> Row:
    slot = _decoded(_SLOT, one)
    to_slot = _set(slot.to_slot)
    _within(slot.slot, slot.parent_slot, to_slot)
    return (*_SLOT_PLAIN(slot), slot.block_time or 0, to_slot, *_origin(one))


def _candle_row(one: Delivery) -> Row:
    candle = _decoded(_CANDLE, one)
    name = candle.id.removeprefix(f"{CANDLE_PREFIX}{candle.interval}:").removesuffix(
        f":{candle.open_time}:{candle.revision}"
    )
    names = (candle.pool, f"{candle.pool}.{candle.base_mint}.{candle.quote_mint}")
    if name not in names or one.subject != f"{CANDLES}.{candle.interval}":
        raise ValueError(f"id {candle.id} on {one.subject} is not that of its interval, pool, time and revision")
    return (*_CANDLE_PLAIN(candle), name != candle.pool, *_origin(one)[1:])


def _dead_row(one: Delivery) -> Row:
    """Whatever a dead letter holds, it is kept: a letter about a letter would never end."""
    try:
        letter = msgspec.json.decode(one.payload)
    except msgspec.DecodeError:
        letter = {}
    said = letter if isinstance(letter, Mapping) else {}
    texts = (str(said.get(name, "")) for name in ("id", "signature", "reason", "detail"))
    slot, time = said.get("slot"), said.get("block_time")
    return (
        one.subject.removeprefix(f"{DEAD}."),
        *texts,
        slot if isinstance(slot, int) and 0 <= slot < _U64 else None,
        time if isinstance(time, int) and 0 < time < 2**32 else 0,
        one.payload,
        *_origin(one)[1:],
    )


def _decoded(decoder: "msgspec.json.Decoder[Any]", one: Delivery) -> Any:
    try:
        return decoder.decode(one.payload)
    except msgspec.MsgspecError as error:  # a ValueError or not, by its kind
        raise ValueError(str(error)) from None


def _within(*numbers: int | None) -> None:
    for value in numbers:
        if value is not None and value >= _U64:
            raise ValueError(f"{value} does not fit 64 bits")


def _origin(one: Delivery) -> Row:
    repair = MODE_HEADER in one.headers and one.headers[MODE_HEADER] == REPAIR
    return (repair, one.sequence, int(one.seconds * _MICROSECONDS))


def _set(value: int | UnsetType) -> int | None:
    return None if value is UNSET else value


def _plain(kind: type[msgspec.Struct], *others: str) -> tuple[str, ...]:
    """The fields that are columns as they are."""
    return tuple(name for name in kind.__struct_fields__ if name not in {"v", "id", "block_time", *others})


_SWAP_FIELDS = _plain(Swap, "transfer_fee_in", "transfer_fee_out", "fees")
_SLOT_FIELDS = _plain(Slot, "to_slot")
_CANDLE_FIELDS = _plain(Candle)
_SWAP_PLAIN, _SLOT_PLAIN, _CANDLE_PLAIN = (attrgetter(*names) for names in (_SWAP_FIELDS, _SLOT_FIELDS, _CANDLE_FIELDS))
_SWAP, _SLOT, _CANDLE = (msgspec.json.Decoder(kind) for kind in (Swap, Slot, Candle))
_ORIGIN = ("repair", "sequence", "stored_at")
_SWAPS = Table(
    "swaps", (*_SWAP_FIELDS, "block_time", "transfer_fee_in", "transfer_fee_out", "fees", *_ORIGIN), _swap_row
)
_SLOTS = Table("slots", (*_SLOT_FIELDS, "block_time", "to_slot", *_ORIGIN), _slot_row)
_CANDLES = Table("candles", (*_CANDLE_FIELDS, "other_pair", *_ORIGIN[1:]), _candle_row)
_DEAD = Table(
    "dead_letters",
    ("program", "id", "signature", "reason", "detail", "slot", "block_time", "payload", *_ORIGIN[1:]),
    _dead_row,
)
_BY_SUBJECT = {SWAPS: _SWAPS, SLOTS: _SLOTS, SLOTS_REPAIR: _SLOTS}
#: in the order of their inserts: a slot's row says that its swaps are there
TABLES: Sequence[Table] = (_SWAPS, _SLOTS, _CANDLES, _DEAD)
