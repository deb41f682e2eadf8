"""Reading the stream back: where it stands, and what of a slot is in it already.

All of it is asked of the stream's leader, since a publish is decided by it. Batches are contiguous and number their
messages, so the stream is walked backwards a batch at a time, without reading what is in between.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from indexer.batch import plain_id
from indexer.errors import DataError, TransientError
from indexer.jetstream_api import Stored, call, get_message
from indexer.marker import Marker
from indexer.message import MODE_HEADER, REPAIR, SLOTS, SLOTS_REPAIR, STREAM, SWAPS, slot_prefix
from indexer.nats_connection import Connection

_TRIES = 20  # looks at a stream that another writer moves between two requests
_AT_ONCE = 100  # gets under way while the ids of a batch are read
_HOPS = 20_000  # batches walked back before the search is given up: more than an hour of slots
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A marker and where it lies; ``batch`` is the batch that brought it, empty if none did."""

    marker: Marker
    sequence: int
    batch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The stream at one moment.

    ``sequence`` is that of its last message: the fence of the next batch. ``partial`` maps the ids of swaps stored
    after the last main marker, the first batches of a slot too large for one, to their batch.
    """

    sequence: int
    created: str
    config: Mapping[str, Any]
    last: Settled | None = None
    partial: Mapping[str, str] = field(default_factory=dict)

    @property
    def slot(self) -> int | None:
        """The last settled slot."""
        return None if self.last is None else self.last.marker.last_slot


class Reader:
    """Reads the swaps stream. Raises ApiError, TransientError and PeerError."""

    def __init__(self, connection: Connection, *, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    async def stand(self) -> Stand:
        """Where the stream stands. What another writer stores meanwhile makes it old, which the fence finds out."""
        for _ in range(_TRIES):
            info = await call(self._connection, f"STREAM.INFO.{STREAM}", seconds=self._seconds)
            last, swap = await asyncio.gather(self._last_marker(), self._get(last_by_subj=SWAPS))
            sequence = info["state"]["last_seq"]
            after = 0 if last is None else last.sequence
            newest = after if swap is None else max(after, swap.sequence)
            if newest > sequence:
                continue
            partial = await self._stored_between(after, newest)
            return Stand(sequence=sequence, created=info["created"], config=info["config"], last=last, partial=partial)
        raise TransientError(f"{STREAM} moves faster than it can be read")

    async def first_marker(self) -> Settled | None:
        """The oldest main marker the stream still has."""
        return await self.next_marker(1, SLOTS)

    async def next_marker(self, sequence: int, subject: str) -> Settled | None:
        """The first marker on ``subject`` at ``sequence`` or after it."""
        while (message := await self._get(seq=sequence, next_by_subj=subject)) is not None:
            if (settled := _settled(message)) is not None:
                return settled
            sequence = message.sequence + 1
        return None

    async def last_sequence(self, subject: str) -> int:
        """The sequence of the last message on ``subject``, 0 for none."""
        message = await self._get(last_by_subj=subject)
        return 0 if message is None else message.sequence

    async def repaired_after(self, sequence: int) -> AsyncIterator[Settled]:
        """Repair markers stored after ``sequence``."""
        last = await self.last_sequence(SLOTS_REPAIR)
        while sequence < last and (settled := await self.next_marker(sequence + 1, SLOTS_REPAIR)) is not None:
            yield settled
            sequence = settled.sequence

    async def unfinished_repair(self, slot: int, last: int) -> dict[str, str]:
        """Ids, and their batch, of the first batches of a repair of ``slot`` up to ``last`` that has no marker."""
        prefix = slot_prefix(slot)
        found: dict[str, str] = {}
        hops = 0
        async for message, count in self._batches_back(last, 0):
            hops += 1
            settled = _settled(message) if message.subject == SLOTS_REPAIR else None
            if hops > _HOPS or (settled is not None and settled.marker.slot == slot):
                break
            repair = message.subject == SWAPS and message.headers.get(MODE_HEADER) == REPAIR
            if repair and message.headers.get("Nats-Msg-Id", "").startswith(prefix):
                found |= await self._ids(message, count)
        return found

    async def settled_by(self, slot: int, last: int) -> str:
        """The batch whose main marker settled ``slot``, looked for from sequence ``last`` back; "" when not found."""
        hops = 0
        async for message, _ in self._batches_back(last, 0):
            hops += 1
            settled = _settled(message) if message.subject == SLOTS else None
            if settled is not None and settled.marker.slot <= slot:
                return settled.batch if slot <= settled.marker.last_slot else ""
            if hops > _HOPS:
                break
        return ""

    async def _last_marker(self) -> Settled | None:
        """The last main marker; what somebody else put on its subject is stepped over."""
        message = await self._get(last_by_subj=SLOTS)
        if message is None or (settled := _settled(message)) is not None:
            return None if message is None else settled
        _log.warning("a foreign message among the slot markers", subject=SLOTS, sequence=message.sequence)
        hops = 0
        async for earlier, _ in self._batches_back(message.sequence - 1, 0):
            hops += 1
            if earlier.subject == SLOTS and (settled := _settled(earlier)) is not None:
                return settled
            if hops > _HOPS:
                raise DataError(
                    f"no slot marker among the last {_HOPS} batches of {STREAM}, but a foreign message on {SLOTS}",
                    hint=f"delete it: nats stream rmm {STREAM} {message.sequence}",
                )
        return None

    async def _stored_between(self, after: int, last: int) -> dict[str, str]:
        """Ids of the loop's own swaps in (after, last]: not a repair's."""
        found: dict[str, str] = {}
        async for message, count in self._batches_back(last, after):
            if message.subject == SWAPS and MODE_HEADER not in message.headers:
                found |= await self._ids(message, count)
        return found

    async def _batches_back(self, last: int, after: int) -> AsyncIterator[tuple[Stored, int]]:
        """The last message of each batch in (after, last], newest first, and how many messages end with it."""
        sequence = last
        while sequence > after:
            message = await self._get(seq=sequence)
            if message is None:
                sequence = await self._before_gap(sequence, after)
                continue
            count = 1
            if "Nats-Batch-Id" in message.headers:
                count = max(1, int(message.headers.get("Nats-Batch-Sequence", "1")))
            yield message, min(count, sequence - after)
            sequence -= count

    async def _before_gap(self, sequence: int, after: int) -> int:
        """Where to go on below a deleted message; ``after`` when the stream begins above it."""
        info = await call(self._connection, f"STREAM.INFO.{STREAM}", seconds=self._seconds)
        return after if sequence < info["state"]["first_seq"] else sequence - 1

    async def _ids(self, last: Stored, count: int) -> dict[str, str]:
        """The contract ids of the ``count`` messages that end with ``last``, and their batch."""
        messages = [last]
        for first in range(last.sequence - count + 1, last.sequence, _AT_ONCE):
            sequences = range(first, min(first + _AT_ONCE, last.sequence))
            found = await asyncio.gather(*(self._get(seq=sequence) for sequence in sequences))
            messages += [message for message in found if message is not None]
        return {
            plain_id(message.headers.get("Nats-Msg-Id", "")): message.headers.get("Nats-Batch-Id", "")
            for message in messages
            if message.subject == SWAPS
        }

    async def _get(self, **query: str | int) -> Stored | None:
        return await get_message(self._connection, STREAM, query, seconds=self._seconds)


def _settled(message: Stored) -> Settled | None:
    """The marker in a message, None when it is not one."""
    try:
        marker = Marker.decode(message.payload)
    except ValueError:
        return None
    return Settled(marker=marker, sequence=message.sequence, batch=message.headers.get("Nats-Batch-Id", ""))
