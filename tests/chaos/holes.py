"""Slots that the node leaves out for a while, or for good; and what the candles around them must say."""

import asyncio
import random
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nats.errors import Error as NatsError

from tests.chaos.arena import Arena
from tests.chaos.audit import Stored, read_stream

_AHEAD_SLOTS = 5
_SECONDS = 180
_MINUTE_SLOTS = 12


@dataclass(slots=True, kw_only=True)
class Holes:
    """``count`` times a few slots ahead are left out; ``left`` of them for good, whose slots are in ``for_good``."""

    count: int
    left: int
    seed: int
    gap_seconds: tuple[float, float]
    for_good: set[int] = field(default_factory=set)

    async def make(self, place: Arena) -> None:
        """One after another: missing in the stream, and minutes over, before it comes back, or the next is made."""
        dice = random.Random(f"holes {self.seed}")
        stay = set(dice.sample(range(self.count), self.left))
        for number in range(self.count):
            slots = await self._noticed(place, dice)
            if number in stay:
                self.for_good |= slots
            else:
                await place.wait_settled(max(slots) + _MINUTE_SLOTS, seconds=_SECONDS)
                await asyncio.sleep(dice.uniform(*self.gap_seconds))
                await _leave_out(place, self.for_good)

    async def _noticed(self, place: Arena, dice: random.Random) -> set[int]:
        """Slots left out that the stream lacks: it does not where the chain was faster, or where no leader made any."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            await asyncio.sleep(dice.uniform(*self.gap_seconds))
            first = await place.net.tip() + _AHEAD_SLOTS
            slots = set(range(first, first + dice.randrange(1, 4)))
            await _leave_out(place, self.for_good | slots)
            await place.wait_settled(max(slots) + 1, seconds=_SECONDS)
            if any(slots.intersection(one.slots) for one in await _lacking(place)):
                return slots
        raise TimeoutError(f"nothing that is left out is missing\n{place.daemons[0].tail()}")

    async def repaired(self, place: Arena) -> None:
        """Until the stream lacks nothing but what stays away, and minutes have passed since. Raises TimeoutError."""
        deadline = time.monotonic() + _SECONDS
        while True:
            lacking = [one.slots for one in unsettled(await read_stream(place.nats_url)) if not self.explain(one)]
            await place.net.control("/produce", {"blocks": _MINUTE_SLOTS})
            await place.wait_settled(await place.net.tip(), seconds=_SECONDS)
            if not lacking:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"not repaired: {lacking}\n{place.daemons[0].tail()}")
            await asyncio.sleep(0.2)

    def explain(self, hole: "Unsettled") -> bool:
        """Whether its last slot stays away: those before it may have been skipped, as it alone would prove."""
        return hole.slots[-1] in self.for_good


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Slots that no marker settles, and the times of the main blocks around them."""

    slots: range
    began: int
    ended: int

    def touches(self, row: dict[str, Any]) -> bool:
        """Whether one of them may have had a block in a candle's window."""
        return bool(self.began < row["close_time"] and self.ended >= row["open_time"])


def unsettled(stored: Iterable[Stored]) -> list[Unsettled]:
    """The holes of a stream, between its first block and its last."""
    markers = [one for one in stored if one.subject in ("dex.sol.slots", "dex.sol.slots.repair")]
    blocks = [one for one in markers if one.body["status"] != "missing"]
    times = {one.body["slot"]: one.body["block_time"] for one in blocks if one.subject == "dex.sol.slots"}
    main = sorted(times)
    known = {slot for one in blocks for slot in range(one.body["parent_slot"] + 1, one.body["slot"] + 1)}
    found: list[Unsettled] = []
    for slot in range(main[0], main[-1]):
        if slot in known:
            continue
        if found and found[-1].slots.stop == slot:
            found[-1] = Unsettled(range(found[-1].slots.start, slot + 1), found[-1].began, found[-1].ended)
            continue
        after = bisect_left(main, slot)
        found.append(Unsettled(range(slot, slot + 1), times[main[after - 1]], times[main[after]]))
    return found


def misjudged(
    holes: Sequence[Unsettled], began: int, revisions: Iterable[list[dict[str, Any]]]
) -> tuple[list[str], int, int]:
    """Candles whose last word on being whole is wrong; how many are not whole, and how many came to be.

    ``revisions`` are each candle's, in order; ``began`` is the time of the stream's first block.
    """
    wrong, incomplete, mended = [], 0, 0
    for rows in revisions:
        last = rows[-1]
        touched = last["open_time"] < began or any(hole.touches(last) for hole in holes)
        if touched != last["incomplete"]:
            wrong.append(f"{last['interval']} {last['pool']} {last['open_time']}: incomplete {last['incomplete']}")
        incomplete += touched
        mended += rows[0]["incomplete"] and not last["incomplete"]
    return wrong, incomplete, mended


async def _lacking(place: Arena) -> "list[Unsettled]":
    """The stream's holes, as soon as the server is there to tell."""
    while True:
        try:
            return unsettled(await read_stream(place.nats_url))
        except (OSError, TimeoutError, NatsError):
            await asyncio.sleep(0.2)


async def _leave_out(place: Arena, slots: set[int]) -> None:
    await place.net.control("/faults", {"missing_slots": sorted(slots)})


def first_time(stored: Iterable[Stored]) -> int:
    """The time of the stream's first block."""
    return next(int(one.body["block_time"]) for one in stored if one.subject == "dex.sol.slots")
