"""What /healthz and /readyz answer, from the metrics and the loop."""

import asyncio
import math
import time
from dataclasses import dataclass, field

from indexer.board import Board
from indexer.config import Settings
from indexer.metrics import Metrics
from indexer.pipeline import Pipeline
from indexer.subscribe import Witness

_REFRESH_SECONDS = 0.5


@dataclass(slots=True, kw_only=True)
class Probes:
    """``pipeline`` is None until the main loop runs. Both lags are worked out when they are asked for."""

    settings: Settings
    metrics: Metrics
    board: Board
    pipeline: Pipeline | None = None
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.metrics.slot_lag.set_function(self.board.lag_slots)
        self.metrics.lag_seconds.set_function(self._lag_seconds)

    def healthy(self) -> tuple[bool, dict[str, object]]:
        """The loop turns, or waits for storage: a restart would not help then."""
        age = time.monotonic() - (self.pipeline.turned if self.pipeline else self.started)
        blocked = self._gauge("publish_blocked")
        well = age < self.settings.health_seconds or blocked
        return well, {"loop_turned_seconds_ago": round(age, 1), "publish_blocked": blocked}

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Both ends connected and the lag under its limit."""
        nats, pubsub, blocked = (
            self._gauge("connected", "nats"),
            self._gauge("connected", "pubsub"),
            self._gauge("publish_blocked"),
        )
        lag, settled = self.board.lag_slots(), self.board.settled_slot
        state: dict[str, object] = {
            "nats": nats,
            "pubsub": pubsub,
            "publish_blocked": blocked,
            "settled_slot": settled,
            "slot_lag": lag,
            "slot_lag_limit": self.settings.ready_lag_slots,
        }
        return nats and pubsub and not blocked and settled > 0 and lag <= self.settings.ready_lag_slots, state

    async def keep_current(self, witness: Witness | None) -> None:
        """The tip moves on and a held slot shows while the loop itself waits for a peer. Until cancelled."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            board = self.board
            board.blocked = self._gauge("publish_blocked")
            if witness is not None and witness.tip > board.tip_slot:
                board.tip_slot = witness.tip
                self.metrics.tip_slot.set(witness.tip)

    def _lag_seconds(self) -> float:
        lag = self.board.lag_seconds()
        return math.nan if lag is None else lag

    def _gauge(self, name: str, peer: str | None = None) -> bool:
        return bool(self.metrics.registry.get_sample_value(f"indexer_{name}", {} if peer is None else {"peer": peer}))
