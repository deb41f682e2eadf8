"""Candles as published are those that one SQL query gives of the swaps, in every field."""

import signal
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from indexer.embedded import NatsServer
from indexer.message import swap_message
from tests.decoders.recorded import load
from tests.indexer.candle_history import Event
from tests.indexer.candle_stream import put
from tests.indexer.publishing import marker
from tests.integration.candle_rows import Compared, Day, compared
from tests.integration.sinking import read_up, sink
from tests.integration.streams import ask
from tests.integration.terminal import started, until


@pytest.mark.usefixtures("tables")
async def test_a_day_of_bursts_gaps_equal_times_and_late_repairs(stream: NatsServer, tmp_path: Path) -> None:
    day = Day(7)
    day.step(0, 5)
    for index in range(600):
        burst = index % 50 < 5
        seconds = 0 if burst else day.dice.choice((0, 1, 2, 30, 60, 61, 150))
        step = day.miss if index % 37 == 5 else day.step
        step(seconds, day.dice.randrange(60) if burst else day.dice.randrange(6))
        if index % 90 == 40:
            day.untimed(4)
        if index % 50 == 49:
            day.repair()
            day.again()
        if index % 300 == 299:
            day.step(2 * 3600, 4)
    while len(day.missed) > 4:
        day.repair()
    day.finish()
    found = await through(stream.url, tmp_path, day.events)
    assert found.problems == []
    assert found.stored > len(found.revisions) > 700, "no revision"


@pytest.mark.corpus
@pytest.mark.usefixtures("tables")
async def test_the_recorded_corpus(stream: NatsServer, tmp_path: Path, corpus: Path) -> None:
    """Every swap recorded on mainnet; each slot is a block on its own, and a last one closes every window."""
    events = recorded(corpus)
    found = await through(stream.url, tmp_path, events)
    assert found.problems == []
    assert len(found.revisions) > 800


def recorded(folder: Path) -> list[Event]:
    slots: dict[int, dict[str, dict[str, Any]]] = {}
    times: dict[int, int | None] = {}
    for one in load(folder).recorded:
        if one.source == "localnet-transactions":  # their slots and times are of no one chain
            continue
        found = slots.setdefault(one.transaction.slot, {})
        times[one.transaction.slot] = one.transaction.block_time
        for swap in one.decoded.swaps:
            body = orjson.loads(swap_message(one.transaction, swap).payload)
            found[body["id"]] = body  # a block comes after the transactions: of both, its place in the block stays
    events: list[Event] = []
    for slot, found in sorted(slots.items()):
        events += [Event("dex.sol.swaps", body) for body in found.values()]
        told = marker(slot, len(found), block_time=times[slot], parent_slot=slot - 1 if slot else None)
        events.append(Event("dex.sol.slots", orjson.loads(told.encode())))
    end = max(time for time in times.values() if time is not None) + 7200
    events.append(Event("dex.sol.slots", orjson.loads(marker(max(slots) + 1, block_time=end).encode())))
    return events


async def through(url: str, folder: Path, events: list[Event]) -> Compared:
    """Events through both services; what the comparison says."""
    builder = started(folder, "candles", name="candles", NATS_URL=url, INDEXER_CANDLE_SNAPSHOT_SECONDS="1")
    rows = sink(folder, url)
    await put(url, events)
    await until(partial(built, url), builder)
    assert await builder.end(signal.SIGTERM) == 0
    for name in ("dex-swaps", "dex-candles-1m", "dex-candles-5m", "dex-candles-1h"):
        await until(partial(read_up, url, name), rows)
    assert await rows.end(signal.SIGTERM) == 0
    assert (await ask(url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 0
    return await compared(folder, url)


async def built(url: str) -> bool:
    told = await ask(url, "CONSUMER.INFO.dex-swaps.candle-builder")
    return not told["num_pending"] and not told["num_ack_pending"]
