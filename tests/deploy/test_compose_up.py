"""Every service of ours in the compose files, running as they say."""

import asyncio
import json
import re
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import nats
import pytest

from tests.chaos.audit import Stored, audit, read_stream
from tests.deploy.compose import CLUSTER, LAPTOP, Stack, services
from tests.integration.terminal import until

MORE_THAN_ONE_LOOPBACK_ADDRESS = pytest.mark.skipif(
    sys.platform != "linux", reason="a loopback address for each service needs Linux"
)
#: digits, and what begins a comment in nats-server's own language
ODD = "12#3"


@pytest.fixture
async def laptop(tmp_path: Path) -> AsyncIterator[Stack]:
    stack = Stack(services=services(LAPTOP, NATS_PASSWORD=ODD), base=LAPTOP.parent, folder=tmp_path)
    try:
        yield stack
    finally:
        await stack.end()


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Stack]:
    stack = Stack(services=services(CLUSTER), base=CLUSTER.parent, folder=tmp_path)
    try:
        yield stack
    finally:
        await stack.end()


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_up_on_a_laptop_every_service_of_ours_does_its_work_and_a_stop_drains(laptop: Stack) -> None:
    """The sink's services get one other value.

    A ClickHouse server cannot be had here, so CLICKHOUSE_URL names a folder of the embedded engine, which the same
    client opens.
    """
    for name in ("clickhouse-migrate", "clickhouse-sink"):
        laptop.services[name]["environment"]["CLICKHOUSE_URL"] = f"chdb://{laptop.folder / 'database'}"
    await laptop.up("indexer", "candles", "backup")
    address, us = laptop.address("nats"), {"user": "indexer", "password": ODD}
    assert b'"auth_required":true' in await first_line(address, 4222)
    await backup_makes_one_at_once(laptop)
    stored = await stored_swaps(laptop, f"nats://{address}:4222", at_least=50, **us)
    assert problems(stored) == []
    assert await laptop.healthy("indexer")
    assert await laptop.healthy("nats")
    await builder_stores_its_state(laptop)
    await prometheus_scrapes_the_indexer(laptop)
    await migrate_and_sink_take_the_stream_in(laptop, len(stored))

    assert await laptop.start("init").wait(seconds=90) == 0, "a second up finds everything there"
    daemon = laptop.running["indexer"]
    assert await laptop.stop("indexer") == 0
    assert re.search(r"^published [\d,]+ swaps in [\d,]+ slots", daemon.tail(), re.MULTILINE)
    assert not await laptop.healthy("indexer"), "the healthcheck can fail"
    assert await laptop.stop("localnet") == 0
    assert problems(await read_stream(f"nats://{address}:4222", **us)) == []


async def backup_makes_one_at_once(laptop: Stack) -> None:
    """And says that it is well."""
    backup, backups = laptop.running["backup"], laptop.folder / "backup" / "backups"

    async def manifest() -> list[Path]:
        return list(backups.glob("*/manifest.json"))

    assert len(await until(manifest, backup)) == 1
    assert await laptop.healthy("backup")
    assert await laptop.stop("backup") == 0, backup.tail()


async def prometheus_scrapes_the_indexer(laptop: Stack) -> None:
    """Where there is one: the tests of the rules say when there is none."""
    if shutil.which("prometheus") is None:
        return
    prometheus = laptop.start("prometheus", *listening(laptop.address("prometheus")))
    url = f"http://{laptop.address('prometheus')}:9090/api/v1/query?query=up%7Bjob%3D%22indexer%22%7D"

    async def scraped() -> bool:
        return await asked(url) == ["1"]

    await until(scraped, prometheus, pause=0.5)
    await prometheus.end(signal.SIGKILL)


async def migrate_and_sink_take_the_stream_in(laptop: Stack, messages: int) -> None:
    """Both with their exact command and environment, but for one value."""
    migrate = laptop.start("clickhouse-migrate")
    assert await migrate.wait(seconds=90) == 0, migrate.tail()
    assert "applied 001_swaps.sql" in migrate.tail()
    sink = laptop.start("clickhouse-sink")
    await until(partial(answer, laptop, "clickhouse-sink", "/readyz"), sink)

    async def read() -> bool:
        return bool((await consumer(laptop, "clickhouse-sink")).ack_floor.stream_seq >= messages)

    await until(read, sink)
    assert await laptop.healthy("clickhouse-sink")
    assert await laptop.stop("clickhouse-sink") == 0, sink.tail()
    found = re.search(r"^([\d,]+) rows inserted", sink.tail(), re.MULTILINE)
    assert found is not None, sink.tail()
    assert int(found[1].replace(",", "")) >= messages


async def builder_stores_its_state(laptop: Stack) -> None:
    """The candle builder is well beside the indexer, and a stop of it acks what its last snapshot holds."""
    daemon = laptop.running["candles"]
    await until(partial(answer, laptop, "candles", "/readyz"), daemon)
    assert await laptop.healthy("candles")

    async def unacked() -> bool:
        state = await consumer(laptop, "candle-builder")
        return bool(state.num_pending + state.num_ack_pending > 0)

    await until(unacked, daemon)  # all is acked only just after a snapshot
    assert await laptop.stop("candles") == 0, daemon.tail()
    assert re.search(r"^published [\d,]+ candles$", daemon.tail(), re.MULTILINE)
    assert (await consumer(laptop, "candle-builder")).ack_floor.stream_seq > 0, "acked after its last snapshot"


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_without_clickhouse_the_sink_waits_and_says_so_and_needs_no_chdb(laptop: Stack, tmp_path: Path) -> None:
    for name in ("clickhouse-migrate", "clickhouse-sink"):
        laptop.services[name]["environment"]["PYTHONPATH"] = str(without_chdb(tmp_path))
    laptop.services["clickhouse-sink"]["environment"] |= dict.fromkeys(
        ("INDEXER_HEALTH_SECONDS", "INDEXER_CLICKHOUSE_SECONDS"), "1"
    )
    await laptop.up("init")
    sink = laptop.start("clickhouse-sink")

    async def waits() -> bool:
        return "waiting for ClickHouse" in sink.tail()

    await until(waits, sink)
    await asyncio.sleep(2.5)  # longer than both
    await until(partial(laptop.healthy, "clickhouse-sink"), sink)  # waiting is no reason to be killed
    assert not await answer(laptop, "clickhouse-sink", "/readyz")
    assert b'indexer_connected{peer="clickhouse"} 0.0' in await answer(laptop, "clickhouse-sink", "/metrics")
    assert await laptop.stop("clickhouse-sink") == 0
    assert sink.tail().endswith("stopped before the first message")
    laptop.services["clickhouse-migrate"]["environment"]["INDEXER_CLICKHOUSE_CONNECT_SECONDS"] = "1"
    migrate = laptop.start("clickhouse-migrate")
    assert await migrate.wait(seconds=90) == 3
    assert "laptop-only" not in sink.log.read_text() + migrate.log.read_text()


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_localnet_steps_aside_for_a_real_chain(tmp_path: Path) -> None:
    given = services(LAPTOP, SOLANA_RPC_URL="https://node.example/?api-key=hunter2")
    stack = Stack(services=given, base=LAPTOP.parent, folder=tmp_path)
    await stack.up("localnet")
    assert await stack.running["localnet"].wait(seconds=90) == 0
    assert stack.running["localnet"].tail() == "SOLANA_RPC_URL is set: localnet is not needed"


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_three_servers_and_two_indexers_side_by_side_give_one_stream(cluster: Stack) -> None:
    await cluster.up("indexer-1", "indexer-2")
    urls = ",".join(f"nats://{cluster.address(f'nats-{number}')}:4222" for number in (1, 2, 3))
    us = {"user": "indexer", "password": "laptop-only"}
    await stored_swaps(cluster, urls, at_least=200, **us)
    assert await cluster.healthy("indexer-1")
    assert await cluster.healthy("indexer-2")
    client = await nats.connect(urls.split(","), user=us["user"], password=us["password"])
    info = await client.jetstream().stream_info("dex-swaps")
    await client.close()
    assert info.config.num_replicas == 3
    assert info.cluster is not None
    assert {info.cluster.leader, *(one.name for one in info.cluster.replicas or ())} == {"nats-1", "nats-2", "nats-3"}
    assert [await cluster.stop("indexer-1"), await cluster.stop("indexer-2")] == [0, 0]
    assert problems(await read_stream(urls, **us)) == []


def without_chdb(folder: Path) -> Path:
    """A folder for PYTHONPATH in which chdb is not there, as in the image."""
    place = folder / "without"
    place.mkdir(exist_ok=True)
    (place / "chdb.py").write_text('raise ModuleNotFoundError("chdb is not in the image", name="chdb")\n')
    return place


async def answer(stack: Stack, name: str, path: str) -> bytes:
    """What the service's own port says; nothing unless it is 200."""
    url = f"http://{stack.address(name)}:7777{path}"
    try:
        return await asyncio.to_thread(lambda: bytes(urllib.request.urlopen(url, timeout=5).read()))
    except OSError:
        return b""


async def consumer(stack: Stack, name: str) -> Any:
    """How a consumer of dex-swaps stands."""
    client = await nats.connect(f"nats://{stack.address('nats')}:4222", user="indexer", password=ODD)
    try:
        return await client.jetstream().consumer_info("dex-swaps", name)
    finally:
        await client.close()


async def stored_swaps(stack: Stack, url: str, *, at_least: int, **us: str) -> list[Stored]:
    """The stream once it holds so many swaps."""
    deadline = time.monotonic() + 90
    while True:
        stored = await read_stream(url, **us)
        if sum(message.subject == "dex.sol.swaps" for message in stored) >= at_least:
            return stored
        assert time.monotonic() < deadline, "\n".join(one.tail() for one in stack.running.values())
        await asyncio.sleep(0.3)


def problems(stored: list[Stored]) -> list[str]:
    """Twice, out of order, or without a marker: what can be said without the chain's own list of swaps.

    The last slot may be half read while the daemon runs.
    """
    end = max(at for at, message in enumerate(stored) if message.subject == "dex.sol.slots") + 1
    truth = {one.body["id"]: one.body for one in stored[:end] if one.subject == "dex.sol.swaps"}
    return audit(stored[:end], truth, first_slot=0, last_slot=sys.maxsize).problems


async def first_line(host: str, port: int) -> bytes:
    """What a server says before anything is asked."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


def listening(address: str) -> list[str]:
    """Prometheus listens everywhere in its container; here on its own address."""
    return [f"--web.listen-address={address}:9090"]


async def asked(url: str) -> list[str]:
    """Values of an instant query; nothing while the server is not up."""
    try:
        body = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read())  # noqa: S310 - our own URL
    except OSError:
        return []
    return [one["value"][1] for one in json.loads(body)["data"]["result"]]
