"""The proof of a restore: what is there now against what the backup says was there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from indexer.manifest import Position, StreamEntry
from indexer.nats_connection import Connection
from indexer.restore_source import Source
from indexer.standing import consumers, digests, stream_info


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A stream that is there and verified; ``notes`` say what is not as it was, and why that is right."""

    name: str
    messages: int
    first_seq: int
    last_seq: int
    consumers: int
    samples: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class Proof:
    """Compares a restored stream with what the manifest, or else the archive's own state, says."""

    stream: Source
    config: dict[str, Any]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def look(self, connection: Connection) -> Restored:
        """Compare; what is wrong goes to ``problems``. Raises ApiError and TransientError."""
        info = await stream_info(connection, self.stream.name)
        positions = await consumers(connection, self.stream.name)
        state, samples = info["state"], 0
        self._messages(state)
        if (entry := self.stream.entry) is not None:
            self._positions(entry, {name: position for name, (_, position) in positions.items()})
            wanted = {sequence: one for sequence, one in entry.samples.items() if sequence >= state["first_seq"]}
            found = await digests(connection, self.stream.name, wanted)
            samples = len(found)
            if wrong := [sequence for sequence, one in wanted.items() if found.get(sequence) != one]:
                self.problems.append(f"{len(wrong)} of {len(wanted)} sampled messages differ, first {wrong[0]}")
        return Restored(
            name=self.stream.name,
            messages=state["messages"],
            first_seq=state["first_seq"],
            last_seq=state["last_seq"],
            consumers=len(positions),
            samples=samples,
            notes=tuple(self.notes),
        )

    def _messages(self, state: dict[str, Any]) -> None:
        told, entry = self.stream.state, self.stream.entry
        most, last = told["messages"], told["last_seq"]
        least = most if entry is None else entry.messages_at_least
        first = told["first_seq"] if entry is None else entry.first_seq_at_most
        later = state["last_seq"] - last
        there, begin = state["messages"] - max(0, later), state["first_seq"]
        if later < 0:
            self.problems.append(f"it ends at {state['last_seq']:,}, not {last:,}")
        if later > 0:
            self.notes.append(f"{later:,} messages were published to it meanwhile")
        if most and self._aged():
            self.notes.append("messages older than max_age leave the stream at once; --no-max-age keeps them")
            least -= max(0, begin - first)
            first = max(first, begin)
        if most and not told["first_seq"] <= begin <= first:
            self.problems.append(f"it begins at {begin:,}, not {first:,}")
        if not least <= there <= most:
            self.problems.append(f"it has {there:,} messages, not {most:,}")

    def _aged(self) -> bool:
        """Whether the oldest message of the backup is too old for the stream by now."""
        age = self.config.get("max_age") or 0
        begun = datetime.fromisoformat(self.stream.state["first_ts"][:19] + "+00:00")
        return age > 0 and begun + timedelta(microseconds=age / 1000) < datetime.now(UTC)

    def _positions(self, entry: StreamEntry, there: dict[str, Position]) -> None:
        for one in entry.consumers:
            position = there.get(one.name)
            if position is None:
                if one.durable:
                    self.problems.append(f"consumer {one.name} is not there")
                continue
            for what in ("ack_floor_stream", "ack_floor_consumer", "delivered_stream", "delivered_consumer"):
                low, high, now = getattr(one.before, what), getattr(one.after, what), getattr(position, what)
                if what.startswith("delivered") and one.before.ack_pending:
                    low = getattr(one.before, what.replace("delivered", "ack_floor"))
                if now < low:
                    self.problems.append(f"consumer {one.name}: {what} is {now}, not {low}")
                elif now > high:
                    self.notes.append(f"consumer {one.name} moved on meanwhile: somebody reads it")
                    break
