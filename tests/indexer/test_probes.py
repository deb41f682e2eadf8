"""What the probes answer, and that nothing stands still while the loop waits for a peer."""

import asyncio
import math
import time
from contextlib import suppress

from indexer.board import Board
from indexer.config import Settings
from indexer.metrics import Metrics
from indexer.probes import Probes
from indexer.subscribe import Witness


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


def test_lag_is_worked_out_when_it_is_asked_for() -> None:
    one = probes()
    assert value(one.metrics, "slot_lag") == 0
    assert math.isnan(value(one.metrics, "lag_seconds") or 0)
    one.board.begin_slot, one.board.tip_slot = 70, 130
    assert value(one.metrics, "slot_lag") == 60  # a start after an outage, when no endpoint gives the first block
    one.board.settled(100, "complete", int(time.time()) - 50, [])
    assert value(one.metrics, "slot_lag") == 30
    assert 50 <= (value(one.metrics, "lag_seconds") or 0) < 60
    one.board.tip_slot = 131
    assert value(one.metrics, "slot_lag") == 31
    one.board.overtaken(131, int(time.time()) - 20)
    assert value(one.metrics, "slot_lag") == 0
    assert 20 <= (value(one.metrics, "lag_seconds") or 0) < 30
    one.board.times_are_now = False
    assert math.isnan(value(one.metrics, "lag_seconds") or 0)


async def test_the_tip_moves_on_and_a_held_slot_shows_while_nothing_settles() -> None:
    one = probes()
    one.board.settled(100, "complete", int(time.time()), [])
    one.board.tip_slot = 110
    one.metrics.publish_blocked.set(1)
    witness = Witness(one.settings, one.metrics, {})
    witness._notified.add(130, "signature", "orca_whirlpool", now=0.0)
    with suppress(TimeoutError):
        await asyncio.wait_for(one.keep_current(witness), 0.7)
    assert one.board.blocked is True
    assert value(one.metrics, "tip_slot") == 130
    assert value(one.metrics, "slot_lag") == 30
