"""What a person watches: counts, lag and the last swaps, fed by the pipeline and drawn by the view."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from decoders.engine.model import Swap

_RATE_WINDOW_SECONDS = 10
_LAST_SWAPS = 12


@dataclass(slots=True)
class Board:
    """Running totals of one process; times are monotonic seconds unless said otherwise."""

    label: str = ""
    source: str = ""
    stream: str = ""
    metrics_url: str = ""
    notice: str = ""
    times_are_now: bool = True  # False for recorded blocks, whose times say nothing of our lag
    started: float = field(default_factory=time.monotonic)
    tip_slot: int = 0
    begin_slot: int = 0  # where the main loop began: its lag is known before it settles anything
    settled_slot: int = 0
    block_time: int | None = None
    in_flight: int = 0
    slots: Counter[str] = field(default_factory=Counter)
    swaps: Counter[str] = field(default_factory=Counter)
    dead: int = 0
    beside: dict[str, int] = field(default_factory=dict)  # candles published, rows inserted, by service
    troubles: dict[str, str] = field(default_factory=dict)  # why a service does not get on, by service
    left: list[str] = field(default_factory=list)  # what the services had no time for
    already_there: int = 0
    blocked: bool = False
    last: deque[Swap] = field(default_factory=lambda: deque(maxlen=_LAST_SWAPS))
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def missing(self, slots: int) -> None:
        """So many slots were marked missing; their marker counts as one of them."""
        self.slots["missing"] += slots - 1

    def settled(self, slot: int, status: str, block_time: int | None, swaps: list[Swap]) -> None:
        """A marker is in the stream."""
        self.settled_slot = max(self.settled_slot, slot)
        self.block_time = block_time or self.block_time
        self.slots[status] += 1
        self.swaps.update(swap.program for swap in swaps)
        self.last.extend(swaps)
        self._recent.append((time.monotonic(), len(swaps)))
        self._forget_old()

    def overtaken(self, slot: int, block_time: int | None) -> None:
        """Another writer's marker is in the stream."""
        self.settled_slot = max(self.settled_slot, slot)
        self.block_time = block_time or self.block_time

    def swaps_per_second(self) -> float:
        """Rate over the last seconds."""
        self._forget_old()
        elapsed = min(time.monotonic() - self.started, _RATE_WINDOW_SECONDS)
        return sum(count for _, count in self._recent) / elapsed if elapsed > 0 else 0.0

    def slots_per_second(self) -> float:
        """Slots settled per second over the last seconds."""
        self._forget_old()
        elapsed = min(time.monotonic() - self.started, _RATE_WINDOW_SECONDS)
        return len(self._recent) / elapsed if elapsed > 0 else 0.0

    def lag_slots(self) -> int:
        """Slots between tip and settled, never negative; 0 before the loop knows where to begin."""
        settled = self.settled_slot or self.begin_slot
        return max(0, self.tip_slot - settled) if settled else 0

    def lag_seconds(self) -> float | None:
        """Wall clock minus the block time of the settled slot (block times are whole seconds)."""
        if self.block_time is None or not self.times_are_now:
            return None
        return max(0.0, time.time() - self.block_time)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - _RATE_WINDOW_SECONDS
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()
