"""The slot marker: checkpoint, watermark and audit trail in one message, the last of its slot's batch. Pure."""

from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

import orjson

from indexer.message import SLOTS, SLOTS_REPAIR, VERSION, Message, marker_id, mode_headers

Status = Literal["complete", "notified", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What is known of a slot, or of a range of missing slots when ``to_slot`` is given (inclusive).

    ``swaps``, ``failed_txs`` (failed transactions that name a venue) and ``dead`` count what the slot held.
    ``stream_created`` is the epoch: the publisher stamps it. A missing slot has no blockhash, no time, and a parent
    only if its successor named one.
    """

    slot: int
    to_slot: int | None = None
    parent_slot: int | None
    blockhash: str | None
    block_time: int | None
    status: Status
    swaps: int
    failed_txs: int
    dead: int
    build: str
    programs_hash: str
    stream_created: str = ""

    @property
    def last_slot(self) -> int:
        """The last slot this marker settles."""
        return self.slot if self.to_slot is None else self.to_slot

    def encode(self) -> bytes:
        """JSON in the contract's field order; ``to_slot`` only for a range."""
        payload: dict[str, Any] = {"v": VERSION}
        for name in _NAMES:
            payload[name] = getattr(self, name)
        if self.to_slot is None:
            del payload["to_slot"]
        return orjson.dumps(payload)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a marker back. Raises ValueError when the bytes are not a marker of this version."""
        try:
            payload = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"not a slot marker: {error}") from error
        if not isinstance(payload, dict) or payload.get("v") != VERSION:
            raise ValueError("not a slot marker of version 1")
        known = {name: payload[name] for name in _NAMES if name in payload}
        if missing := [name for name in _REQUIRED if name not in known]:
            raise ValueError(f"a slot marker without {', '.join(missing)}")
        if not isinstance(known["slot"], int) or known["status"] not in get_args(Status):
            raise ValueError("a slot marker whose slot or status is not one")
        return cls(**known)


_NAMES = tuple(item.name for item in fields(Marker))
_REQUIRED = tuple(name for name in _NAMES if name not in ("to_slot", "stream_created"))


def marker_message(marker: Marker, *, repair: bool = False) -> Message:
    """The marker as the last message of its slot's batch; a repair's goes beside the main ones, which only ascend."""
    return Message(
        subject=SLOTS_REPAIR if repair else SLOTS,
        id=marker_id(marker.slot, marker.status),
        payload=marker.encode(),
        headers=mode_headers(repair=repair),
    )
