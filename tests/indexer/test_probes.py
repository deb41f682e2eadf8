"""What the probes answer, and that nothing stands still while the loop waits for a peer."""

import asyncio
import time
from contextlib import suppress

from indexer.board import Board
from indexer.config import Settings
from indexer.metrics import Metrics
from indexer.probes import Probes


def probes(**settings: float) -> Probes:
    return Probes(settings=Settings(_env_file=None, **settings), metrics=Metrics(), board=Board())  # type: ignore[arg-type, call-arg]


def value(metrics: Metrics, name: str) -> float | None:
    return metrics.registry.get_sample_value(f"indexer_{name}")


def test_ready_needs_both_ends_a_settled_slot_room_and_little_lag() -> None:
    one = probes(ready_lag_slots=10)
    one.metrics.connected.labels("nats").set(1)
    assert one.ready()[0] is False
    one.metrics.connected.labels("pubsub").set(1)
    assert one.ready()[0] is False
    one.board.settled_slot, one.board.tip_slot = 100, 110
    well, state = one.ready()
    assert (well, state["slot_lag"], state["settled_slot"], state["slot_lag_limit"]) == (True, 10, 100, 10)
    one.metrics.publish_blocked.set(1)
    assert one.ready()[0] is False
    one.metrics.publish_blocked.set(0)
    one.board.tip_slot = 111
    assert one.ready()[0] is False


def test_healthy_while_the_loop_turns_or_waits_for_storage() -> None:
    one = probes(health_seconds=5)
    assert one.healthy()[0] is True
    one.started -= 10
    assert one.healthy()[0] is False
    one.metrics.publish_blocked.set(1)
    well, state = one.healthy()
    assert (well, state["publish_blocked"], state["loop_turned_seconds_ago"]) == (True, True, 10.0)


async def test_lag_grows_and_a_held_slot_shows_while_nothing_settles() -> None:
    one = probes()
    one.board.settled(100, "complete", int(time.time()) - 50, [])
    one.board.tip_slot = 130
    one.metrics.publish_blocked.set(1)
    with suppress(TimeoutError):
        await asyncio.wait_for(one.keep_current(None), 0.7)
    assert one.board.blocked is True
    assert value(one.metrics, "slot_lag") == 30
    lag = value(one.metrics, "lag_seconds")
    assert lag is not None
    assert 50 <= lag < 60
