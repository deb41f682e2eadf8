"""`indexer candles` as a process: killed at random moments, and each candle is still there once and right."""

import asyncio
import json
import random
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from indexer.embedded import NatsServer
from indexer.message import Message
from tests.chaos.arena import Daemon
from tests.indexer.candle_history import History, builder, feed, final
from tests.indexer.candle_oracle import Key, candles
from tests.indexer.candle_stream import last_sequence, published, put
from tests.integration.chains import peers, standing
from tests.integration.streams import ask, read_stream
from tests.integration.terminal import Scrape, indexer, scraped, served, started, until

FIRST = 350_000_000
BESIDE = ("v", "id", "revision", "incomplete")
QUICK = {
    "INDEXER_CANDLE_SNAPSHOT_SECONDS": "0.3",
    "INDEXER_CANDLE_SNAPSHOT_MESSAGES": "200",
    "INDEXER_CONSUMER_BATCH_MESSAGES": "100",
    "INDEXER_CONSUMER_BATCH_SECONDS": "0.05",
    "INDEXER_CONSUMER_HEARTBEAT_SECONDS": "0.5",
    "INDEXER_NATS_BACKOFF_SECONDS": "0.2",
}


def plain(messages: list[Message]) -> dict[Key, dict[str, Any]]:
    found = final(messages)
    return {key: {name: value for name, value in data.items() if name not in BESIDE} for key, data in found.items()}


def ordered(messages: list[Message]) -> dict[str, list[tuple[str, bytes]]]:
    found: dict[str, list[tuple[str, bytes]]] = {}
    for one in messages:
        found.setdefault(one.subject, []).append((one.id, one.payload))
    return found


async def all_acked(url: str) -> bool:
    state = await ask(url, "CONSUMER.INFO.dex-swaps.candle-builder")
    return bool(state["ack_floor"]["stream_seq"] == await last_sequence(url))


def made(seed: int, steps: int) -> History:
    history = History(seed)
    history.step(0, 3)
    for index in range(steps):
        history.step(history.dice.choice((0, 1, 20, 61)), history.dice.randrange(12), missed=index % 17 == 5)
        if index % 17 == 16:
            history.repair()
            history.again()
    history.finish()
    return history


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_at_random_moments_it_publishes_each_candle_once(
    stream: NatsServer, tmp_path: Path, seed: int
) -> None:
    history, dice = made(seed, 400), random.Random(seed)
    third = len(history.events) // 3
    await put(stream.url, history.events[:third])
    process = started(tmp_path, "candles", NATS_URL=stream.url, **QUICK)
    for kill in range(5):
        await asyncio.sleep(dice.uniform(0.2, 1.6))
        if kill == 1:
            await put(stream.url, history.events[third : 2 * third])
        if kill == 3:
            await stream.kill()
            await stream.start()
            await put(stream.url, history.events[2 * third :])
        await process.end(signal.SIGKILL)
        process.start()

    async def done() -> bool:
        return await all_acked(stream.url)

    await until(done, process)
    assert await process.end(signal.SIGTERM) == 0, process.tail()
    found = await published(stream.url)
    assert ordered(found) == ordered(feed(builder(), history.events))
    assert plain(found) == candles(history.swaps)


async def test_a_generated_chain_through_the_indexer(stream: NatsServer, tmp_path: Path) -> None:
    """Blocks, decoded and published by `indexer run`, with a slot nobody had until a repair; candles beside it."""
    slow = ("--slot-milliseconds", "2000")  # of chain time: many windows in few blocks
    async with standing(tmp_path / "truth", *slow, first_slot=FIRST, blocks=130) as chain:
        us = peers(chain, stream) | QUICK
        process = started(tmp_path, "candles", name="candles", **us)
        hole = FIRST + 30
        await chain.control("/faults", {"missing_slots": [hole, hole + 1]})
        hasty = {"INDEXER_BLOCK_WAIT_SECONDS": "0.5", "INDEXER_REPAIR_SECONDS": "600"}
        half, tip = str(FIRST + 80), str(await chain.tip())
        first = await indexer("run", "--start", str(FIRST), "--to-slot", half, cwd=tmp_path, **us, **hasty)
        assert first.code == 0, first.said
        await chain.control("/faults", {"missing_slots": []})
        assert (await indexer("repair", cwd=tmp_path, **us)).code == 0
        second = await indexer("run", "--to-slot", tip, cwd=tmp_path, **us)
        assert second.code == 0, second.said

        async def done() -> bool:
            return await all_acked(stream.url)

        await until(done, process)
        await check_pages(process)
        assert await process.end(signal.SIGTERM) == 0, process.tail()
    stored = await read_stream(stream.url)
    times = [one.body["block_time"] for one in stored if one.subject == "dex.sol.slots" and one.body["block_time"]]
    swaps = [one.body for one in stored if one.subject == "dex.sol.swaps"]
    closed = {key: data for key, data in candles(swaps).items() if data["close_time"] <= max(times)}
    found = await published(stream.url)
    assert len(closed) > 20
    assert plain(found) == closed
    revised = [data for data in map(json.loads, (one.payload for one in found)) if data["revision"]]
    assert revised
    assert "published" in process.log.read_text()


async def check_pages(process: Daemon) -> None:
    """Health and metrics of a builder that has caught up."""

    async def caught_up() -> Scrape | None:
        scrape = await scraped(process)
        return scrape if scrape("candle_lag_messages") == 0 else None

    scrape = await until(caught_up, process)
    assert scrape("candle_swaps_total", outcome="priced") > 0
    assert scrape("candles_total", interval="1m") > 0
    for page in ("/healthz", "/readyz"):
        status, body = await served(process, page)
        assert status == 200, body


async def test_what_is_missing_is_said_with_the_command_that_makes_it(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "bare") as bare:
        ended = await indexer("candles", cwd=tmp_path, NATS_URL=bare.url)
        assert ended.code == 3
        assert "does not exist" in ended.err
        assert "indexer jetstream init" in ended.err
    ended = await indexer("candles", "--nats-connect-seconds", "1", cwd=tmp_path, NATS_URL="nats://127.0.0.1:9")
    assert (ended.code, "cannot reach NATS" in ended.err) == (3, True)


async def test_it_stops_by_itself_and_says_what_it_did(stream: NatsServer, tmp_path: Path) -> None:
    history = made(3, 50)
    await put(stream.url, history.events)
    total = 0
    for seconds in ("3", "60"):  # the second is for a machine so busy that three seconds are not enough
        ended = await indexer("candles", "--for", seconds, cwd=tmp_path, NATS_URL=stream.url, **QUICK)
        assert ended.code == 0, ended.said
        total += int(re.findall(r"published ([\d,]+) candles|$", ended.out)[0].replace(",", "") or 0)
        if total == len(feed(builder(), history.events)):
            return
    assert total == len(feed(builder(), history.events))
