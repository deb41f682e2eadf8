"""The one writer of slots: a slot's swaps and its marker as one atomic batch, fenced by the stream's last sequence.

Whatever happens to a batch (refused, no answer, connection lost, the process stopped for an hour), the stream is read
back before anything is sent again, and what is found there decides. So nothing is lost and nothing is stored twice,
with any number of writers and whatever the duplicate window. While the server cannot store, the slot is held.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import structlog

from indexer.batch import SUFFIX, Refused, send_batch, split
from indexer.config import Settings
from indexer.dead_letters import AT_ONCE, send_letters
from indexer.errors import FatalError, PeerError, TransientError
from indexer.genesis import guard
from indexer.hold import Hold, Refusal
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError
from indexer.jetstream_require import missing_stream, require_streams
from indexer.marker import Marker, marker_message
from indexer.marker_log import read_markers
from indexer.message import DEAD_STREAM, STREAM, Message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.plan import Cursor
from indexer.readback import Reader, Settled, Stand

_STALE = frozenset({10071, 10164})  # another writer was first
_DUPLICATE = frozenset({10201, 10158})  # an id is in the duplicate window
_TOO_LARGE = frozenset({10054, 10097})
_NEVER = {10109: "it is sealed", 10174: "it takes no atomic batches: set allow_atomic"}
_REPAIRS_REMEMBERED = 100_000
_log = structlog.get_logger()
Outcome_ = TypeVar("Outcome_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the stream stands: its last settled slot (a range's end counted), its first, and its last sequence."""

    slot: int | None
    first_slot: int | None
    sequence: int
    marker: Marker | None

    def cursor(self) -> Cursor | None:
        """Where the loop goes on; None for a stream without a marker."""
        marker = self.marker
        if marker is None:
            return None
        return Cursor(slot=marker.last_slot, block=marker.parent_slot if marker.status == "missing" else marker.slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The slot is settled; ``duplicates`` of its swaps were in the stream before and not stored again."""

    sequence: int
    duplicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """Another writer settled this slot or one beyond it; go on from ``position``."""

    position: Position


Outcome = Published | Overtaken


class Rewound(PeerError):
    """The server lost slots it had acknowledged: start again, and the loop goes on from the last marker it has."""


@dataclass(slots=True, kw_only=True)
class _Write:
    """One slot on its way into the stream: what was tried so far is needed to read the stream right."""

    swaps: Sequence[Message]
    marker: Marker
    repair: bool
    again: bool = False
    batches: set[str] = field(default_factory=set)
    swallowed: bool = False
    duplicates: int = 0


class Publisher:
    """One writer of the swaps stream; any number of them may run side by side.

    Every call raises PeerError when the server denies it or the stream is gone, FatalError when a message can never be
    stored, and waits as long as it takes for everything that can pass.
    """

    def __init__(self, connection: Connection, settings: Settings, metrics: Metrics, *, genesis_hash: str) -> None:
        self._connection = connection
        self._settings = settings
        self._metrics = metrics
        self._genesis_hash = genesis_hash
        self._reader = Reader(connection, seconds=settings.ack_seconds)
        self._hold = Hold(metrics, longest_pause_seconds=settings.nats_backoff_seconds)
        self._lock = asyncio.Lock()
        self._writer = secrets.token_hex(8)
        self._batches = 0
        self._stand: Stand | None = None  # None: in doubt, read it back
        self._before: Stand | None = None  # what was last known, to tell a stream that lost something
        self._first_slot: int | None = None
        self._generation = 0
        self._repaired: dict[int, str] = {}  # slots that others repaired meanwhile, and by which batch

    async def open(self) -> Position:
        """Check streams and genesis hash, and read where the stream stands. Raises PeerError."""
        await require_streams(self._connection, seconds=self._settings.nats_connect_seconds)
        return await self.position()

    async def position(self) -> Position:
        """Where the stream stands now, read back."""

        async def read() -> Position:
            stand, first = await self._known(), await self._reader.first_marker()
            self._first_slot = None if first is None else first.marker.slot
            return self._position(stand)

        async with self._lock:
            self._stand = None
            return await self._insist(read, STREAM)

    async def publish_slot(self, swaps: Sequence[Message], marker: Marker) -> Outcome:
        """Store a slot's swaps and its marker, together, after everything that is there. Raises Rewound too."""
        return await self._publish(_Write(swaps=swaps, marker=marker, repair=False))

    async def publish_repair(self, swaps: Sequence[Message], marker: Marker, *, again: bool = False) -> Outcome:
        """The same in repair mode, beside the main markers; ``again`` even if another repair has stored the slot."""
        return await self._publish(_Write(swaps=swaps, marker=marker, repair=True, again=again))

    async def publish_dead(self, letters: Sequence[Message]) -> None:
        """Store dead letters, at least once; back when all are acknowledged."""
        async with self._lock:
            for first in range(0, len(letters), AT_ONCE):
                some = letters[first : first + AT_ONCE]
                send = partial(send_letters, self._connection, some, seconds=self._settings.ack_seconds)
                await self._insist(send, DEAD_STREAM)

    def markers(self, first_slot: int, last_slot: int) -> AsyncIterator[Marker]:
        """Main and repair markers that touch these slots. Raises TransientError when the server does not answer."""
        return read_markers(self._connection, self._reader, first_slot, last_slot, seconds=self._settings.ack_seconds)

    async def _publish(self, write: _Write) -> Outcome:
        async with self._lock:
            return await self._insist(partial(self._attempt, write), STREAM)

    async def _insist(self, attempt: Callable[[], Awaitable[Outcome_ | None]], stream: str) -> Outcome_:
        """Try until there is an outcome; None asks for another look at once, a transient error for a pause."""
        while True:
            try:
                outcome = await attempt()
                if outcome is not None:
                    self._hold.release()
                    return outcome
                continue
            except TransientError as error:
                failure = error
            except ApiError as error:
                if error.code == STREAM_NOT_FOUND and self._hold.seconds > self._settings.nats_connect_seconds:
                    raise missing_stream(stream) from None
                failure = Refusal(f"stream {stream}: {error}")
            await self._hold.pause(failure)
            await self._connection.wait_connected()

    async def _attempt(self, write: _Write) -> Outcome | None:
        stand = await self._known()
        settled = self._settled(write, stand)
        overtaken = isinstance(settled, Overtaken) and write.batches  # or ours, its answer lost, and others went on
        if overtaken and await self._reader.settled_by(write.marker.slot, stand.sequence) in write.batches:
            return Published(sequence=stand.sequence, duplicates=write.duplicates)
        if settled is not None:
            return settled
        return await self._send(write, stand, await self._there(write, stand))

    async def _known(self) -> Stand:
        """Where the stream stands; read back after any doubt and after every reconnect."""
        generation = self._connection.generation
        if self._stand is not None and self._generation == generation:
            return self._stand
        stand = await self._reader.stand()
        await guard(self._connection, stand, self._genesis_hash, seconds=self._settings.ack_seconds)
        if self._before is not None:
            await self._compare(self._before, stand)
        self._before = self._stand = stand
        self._generation = generation
        return stand

    async def _compare(self, before: Stand, stand: Stand) -> None:
        """Notice a stream made anew, slots lost, and slots repaired by others since the last look."""
        if stand.created != before.created:
            _log.warning("the stream was made anew: a new epoch begins", created=stand.created)
            self._repaired.clear()
        elif before.slot is not None and stand.slot is not None and stand.slot < before.slot:
            self._before = stand
            raise Rewound(
                f"{STREAM} lost slots it had acknowledged: it ends at {stand.slot}, and had {before.slot}",
                hint="start again: the loop goes on after its last marker; sync_interval: always prevents it",
            )
        else:
            async for repair in self._reader.repaired_after(before.sequence):
                self._repaired[repair.marker.slot] = repair.batch
            while len(self._repaired) > _REPAIRS_REMEMBERED:
                del self._repaired[next(iter(self._repaired))]

    def _settled(self, write: _Write, stand: Stand) -> Outcome | None:
        """The outcome if the stream has one already: ours whose answer was lost, or another writer's."""
        slot, last = write.marker.slot, stand.last
        if write.repair:
            if self._repaired.get(slot) in write.batches:
                return Published(sequence=stand.sequence, duplicates=write.duplicates)
            there = slot in self._repaired and not write.again
            return Published(sequence=stand.sequence, duplicates=len(write.swaps)) if there else None
        if last is None or last.marker.last_slot < slot:
            return None
        if last.batch in write.batches:
            return Published(sequence=last.sequence, duplicates=write.duplicates)
        if last.marker.last_slot >= write.marker.last_slot:
            return Overtaken(position=self._position(stand))
        rest = last.marker.last_slot + 1  # another writer settled the beginning of a missing range
        write.marker = replace(
            write.marker, slot=rest, to_slot=write.marker.to_slot if rest != write.marker.to_slot else None
        )
        return None

    async def _there(self, write: _Write, stand: Stand) -> Mapping[str, str]:
        """Swaps of the slot that are in the stream without its marker: first batches of one too large for one."""
        if not write.repair:
            return stand.partial
        if len(write.swaps) < self._settings.batch_messages:
            return {}
        found = await self._reader.unfinished_repair(write.marker.slot, stand.sequence)
        return {name: batch for name, batch in found.items() if batch in write.batches} if write.again else found

    async def _send(self, write: _Write, stand: Stand, there: Mapping[str, str]) -> Outcome | None:
        write.duplicates = sum(there.get(swap.id, "") not in write.batches for swap in write.swaps if swap.id in there)
        marker = replace(write.marker, stream_created=stand.created)
        rest = [swap for swap in write.swaps if swap.id not in there]
        fence, batch_id = stand.sequence, ""
        self._stand = None
        for batch in split([*rest, marker_message(marker, repair=write.repair)], self._settings.batch_messages):
            batch_id = self._next_batch(write)
            answer = await send_batch(
                self._connection,
                batch,
                fence=fence,
                batch_id=batch_id,
                suffix=f"{SUFFIX}{fence}" if write.repair or write.swallowed else "",
                max_bytes=max(0, stand.config.get("max_msg_size", 0)),
                seconds=self._settings.ack_seconds,
            )
            if isinstance(answer, Refused):
                self._refused(write, answer)
                return None
            fence = answer.sequence
        last = stand.last if write.repair else Settled(marker=marker, sequence=fence, batch=batch_id)
        left = stand.partial if write.repair else {}
        self._before = replace(stand, sequence=fence, last=last, partial=left)
        # A repair looks again before its next batch, though it need not: one that never paused would win every race
        # against a loop in another process, which must look again after each one it loses.
        self._stand = None if write.repair else self._before
        return Published(sequence=fence, duplicates=write.duplicates)

    def _next_batch(self, write: _Write) -> str:
        self._batches += 1
        name = f"{self._writer}-{self._batches}"
        write.batches.add(name)
        return name

    def _refused(self, write: _Write, answer: Refused) -> None:
        """Returns to look again at once. Raises TransientError for what may pass, FatalError for what will not."""
        if answer.code in _STALE:
            self._metrics.fence_lost.inc()
        elif answer.code in _DUPLICATE:
            # The next try comes after a look that found the ids gone (a purge) or stored: the fence decides, and the
            # window, which remembers ids that are not there, must not.
            write.swallowed = True
        elif answer.code in _TOO_LARGE:
            raise FatalError(
                f"{STREAM} refuses a message of slot {write.marker.slot}: {answer.reason}",
                hint="raise its max_msg_size",
            )
        elif answer.code in _NEVER:
            raise PeerError(f"{STREAM} refuses messages: {_NEVER[answer.code]}", hint=f"nats stream info {STREAM}")
        else:
            raise Refusal(f"{STREAM} refuses messages: {answer.reason} ({answer.code})")

    def _position(self, stand: Stand) -> Position:
        marker = None if stand.last is None else stand.last.marker
        return Position(slot=stand.slot, first_slot=self._first_slot, sequence=stand.sequence, marker=marker)
