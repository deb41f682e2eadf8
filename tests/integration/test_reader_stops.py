"""How the readers end when NATS does not answer: in time, with a word on what is left, and nothing lost."""

import asyncio
import random
import re
import signal
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from tests.chaos.arena import Daemon
from tests.indexer.candle_stream import last_sequence, put
from tests.integration.candle_rows import Day
from tests.integration.sinking import QUICK
from tests.integration.streams import ask
from tests.integration.terminal import said, scraped, started, until

READERS = {"candles": ("candles",), "sink": ("clickhouse", "run")}
CONSUMERS = {"candles": "candle-builder", "sink": "clickhouse-sink"}
LIMITS = QUICK | {
    "INDEXER_DRAIN_SECONDS": "1.5",
    "INDEXER_ACK_SECONDS": "1",
    "INDEXER_CANDLE_SNAPSHOT_SECONDS": "3600",
    "INDEXER_NATS_CONNECT_SECONDS": "600",
}
NOT_STORED = "stopped without a last snapshot: "


def history() -> Day:
    made = Day(5)
    made.step(0, 3)
    for _ in range(40):
        made.step(20, 8)
    return made


def begun(reader: str, folder: Path, url: str, *flags: str, **settings: str) -> Daemon:
    return started(folder, *READERS[reader], *flags, name=reader, NATS_URL=url, **(LIMITS | settings))


async def has_read(reader: str, daemon: Daemon, url: str) -> bool:
    """Whether it took in all of the stream: the builder without acking it, the sink with."""
    if reader == "candles":
        return (await scraped(daemon))("candle_sequence") == await last_sequence(url)
    return await acked(reader, url) == await last_sequence(url)


async def acked(reader: str, url: str) -> int:
    return int((await ask(url, f"CONSUMER.INFO.dex-swaps.{CONSUMERS[reader]}"))["ack_floor"]["stream_seq"])


def well_ended(daemon: Daemon, code: int) -> None:
    assert code == 0, daemon.tail()
    assert "this is a bug" not in daemon.log.read_text()
    assert "Traceback" not in daemon.log.read_text()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("reader", READERS)
async def test_a_stop_while_nats_is_down_ends_within_its_limit(reader: str, stream: NatsServer, tmp_path: Path) -> None:
    await put(stream.url, history().events)
    daemon = begun(reader, tmp_path, stream.url)
    await until(lambda: has_read(reader, daemon, stream.url), daemon)
    await stream.kill()
    await until(lambda: _gone(daemon), daemon)
    well_ended(daemon, await daemon.end(signal.SIGTERM, seconds=60))  # and not never, nor after NATS_CONNECT_SECONDS
    if reader == "sink":
        return
    assert NOT_STORED in daemon.log.read_text()
    assert "nothing is lost" in daemon.log.read_text()
    await stream.start()
    assert await acked(reader, stream.url) == 0
    (tmp_path / "candles.log").rename(tmp_path / "first.log")
    daemon = begun(reader, tmp_path, stream.url)
    await until(lambda: has_read(reader, daemon, stream.url), daemon)
    well_ended(daemon, await daemon.end(signal.SIGTERM))
    assert await acked(reader, stream.url) == await last_sequence(stream.url)


async def _gone(daemon: Daemon) -> bool:
    return (await scraped(daemon))("connected", peer="nats") == 0


async def test_a_stop_waits_for_a_server_that_comes_back_in_time(stream: NatsServer, tmp_path: Path) -> None:
    await put(stream.url, history().events)
    daemon = begun("candles", tmp_path, stream.url, INDEXER_DRAIN_SECONDS="60")
    await until(lambda: has_read("candles", daemon, stream.url), daemon)
    await stream.kill()
    await until(lambda: _gone(daemon), daemon)
    ending = asyncio.create_task(daemon.end(signal.SIGTERM))
    await said(daemon, "no last snapshot yet")
    await stream.start()
    well_ended(daemon, await ending)
    assert NOT_STORED not in daemon.log.read_text()
    assert await acked("candles", stream.url) == await last_sequence(stream.url)


@pytest.mark.parametrize("reader", READERS)
async def test_a_stop_during_the_first_connect_ends_at_once(reader: str, tmp_path: Path) -> None:
    daemon = begun(reader, tmp_path, "nats://127.0.0.1:9")
    await said(daemon, "serving metrics")
    await asyncio.sleep(0.3)
    well_ended(daemon, await daemon.end(signal.SIGTERM, seconds=60))
    assert "stopped before the first message" in daemon.log.read_text()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("seed", range(2))
async def test_a_server_that_dies_around_the_end(reader: str, seed: int, stream: NatsServer, tmp_path: Path) -> None:
    """The end by the clock, and SIGKILL to the server from a little before to a little after it."""
    await put(stream.url, history().events)
    daemon = begun(reader, tmp_path, stream.url, "--for", "4", INDEXER_CANDLE_SNAPSHOT_SECONDS="0.05")
    ended = asyncio.create_task(daemon.wait(seconds=90))
    await asyncio.sleep(random.Random(seed).uniform(3, 4.4))
    while not ended.done() and not re.search('candles go on|"event":"sink"', daemon.log.read_text()):
        await asyncio.sleep(0.05)  # a start that loses its server ends with another code
    await stream.kill()
    well_ended(daemon, await ended)
    assert re.search(r"[\d,]+ (candles|rows)|stopped before the first message", daemon.tail(3))
