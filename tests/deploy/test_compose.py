"""The compose files: what a compose implementation makes of them, and every service of ours running as they say."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import chdb
import nats
import pytest

from indexer.config import Settings
from indexer.embedded import find_binary
from tests.chaos.arena import ROOT
from tests.chaos.audit import Stored, audit, read_stream
from tests.deploy.compose import Image, Stack, read
from tests.integration.terminal import until

LAPTOP, CLUSTER = ROOT / "docker-compose.yml", ROOT / "deploy" / "cluster.yml"
FILES = (LAPTOP, CLUSTER)
MORE_THAN_ONE_LOOPBACK_ADDRESS = pytest.mark.skipif(
    sys.platform != "linux", reason="a loopback address for each service needs Linux"
)
ids = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
Services = dict[str, Any]
#: digits, and what begins a comment in nats-server's own language
ODD = "12#3"


def services(path: Path, **variables: str) -> Services:
    return dict(read(path, **variables)["services"])


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


@ids
def test_every_service_is_locked_down(path: Path) -> None:
    for name, service in services(path).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert "privileged" not in service, name
        assert service["restart"] in {"unless-stopped", "on-failure", "no"}, name
        assert service["healthcheck"].get("disable") or service["healthcheck"]["test"][0] == "CMD", name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        for volume in service.get("volumes", ()):
            source, _, how = volume.split(":") if volume.count(":") == 2 else (*volume.split(":"), "rw")
            assert how == ("ro" if source.startswith(".") else "rw"), volume
            assert not source.startswith(".") or (path.parent / source).exists(), volume


@ids
def test_images_are_pinned_and_nats_is_the_server_the_tests_run(path: Path) -> None:
    version = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    images = {service["image"] for service in services(path).values()}
    assert f"nats:{version.strip().rpartition('v')[2]}-alpine" in images
    assert all(re.search(r":v?\d+\.\d+\.\d+(\.\d+)?(-alpine)?$", image) for image in images)
    (clickhouse,) = (image for image in images if image.startswith("clickhouse/"))
    tested = chdb.query("SELECT version()").data().strip('"\n')  # type: ignore[no-untyped-call]
    assert clickhouse.rpartition(":")[2].split(".")[:2] == tested.split(".")[:2], "the release the tests run"
    assert (
        f'version = "{next(iter(images & {"solana-liquidity-indexer:0.1.0"})).rpartition(":")[2]}"'
        in (ROOT / "pyproject.toml").read_text()
    )


@ids
def test_only_the_endpoint_needs_a_value_and_every_variable_has_a_default(path: Path) -> None:
    text = path.read_text()
    assert [found for found in re.findall(r"\$\{([^}]*)\}", text) if ":-" not in found] == []
    without, given = services(path), services(path, SOLANA_RPC_URL="https://a.example,https://b.example")
    indexers = [name for name in without if name.startswith("indexer")]
    assert len(indexers) == {LAPTOP: 1, CLUSTER: 2}[path]
    for name in indexers:
        assert without[name]["environment"]["SOLANA_RPC_URL"] == "http://localnet:8899"
        assert given[name]["environment"]["SOLANA_RPC_URL"] == "https://a.example,https://b.example"
    assert without["localnet"]["environment"]["SOLANA_RPC_URL"] in {"", None}


@ids
def test_a_stop_waits_longer_than_the_daemon_drains(path: Path) -> None:
    for name, service in services(path).items():
        if service.get("command") in (["run"], ["candles"], ["clickhouse", "run"]):
            assert int(service["stop_grace_period"].removesuffix("s")) > Settings.model_fields["drain_seconds"].default
            assert service["healthcheck"]["test"] == ["CMD", *Image.of(ROOT / "Dockerfile").healthcheck], name


@ids
def test_the_sink_and_its_clickhouse_have_the_same_user_and_one_of_each_runs(path: Path) -> None:
    told = services(path, CLICKHOUSE_USER="somebody", CLICKHOUSE_PASSWORD="hunter2")  # noqa: S106 - nobody's
    for name in ("clickhouse-migrate", "clickhouse-sink"):
        assert told[name]["environment"]["CLICKHOUSE_URL"] == "http://somebody:hunter2@clickhouse:8123/dex"
    given = told["clickhouse"]["environment"]
    assert (given["CLICKHOUSE_USER"], given["CLICKHOUSE_PASSWORD"]) == ("somebody", "hunter2")
    (mounted,) = (one for one in told["clickhouse"]["volumes"] if one.endswith(":ro"))
    root = ET.parse(path.parent / mounted.split(":")[0]).getroot()  # noqa: S314 - our own file
    limit = root.findtext("max_server_memory_usage")
    assert root.tag == "clickhouse"
    assert limit is not None
    assert int(limit) < int(told["clickhouse"]["mem_limit"].removesuffix("g")) * 1024**3
    commands = [service.get("command") for service in told.values()]
    assert [commands.count(one) for one in (["candles"], ["clickhouse", "run"], ["clickhouse", "migrate"])] == [1, 1, 1]


@ids
def test_docker_compose_reads_it_too(path: Path) -> None:
    docker = shutil.which("docker")
    plugin = docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0
    if not plugin:
        pytest.skip("no docker compose on this machine")
    command = [str(docker), "compose", "-f", str(path), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_up_on_a_laptop_gives_swaps_from_localnet_and_candles_and_a_stop_drains(laptop: Stack) -> None:
    await laptop.up("indexer", "candles")
    address, us = laptop.address("nats"), {"user": "indexer", "password": ODD}
    assert b'"auth_required":true' in await first_line(address, 4222)
    stored = await stored_swaps(laptop, f"nats://{address}:4222", at_least=50, **us)
    assert problems(stored) == []
    assert await laptop.healthy("indexer")
    assert await laptop.healthy("nats")
    await builder_stores_its_state(laptop)

    assert await laptop.start("init").wait(seconds=30) == 0, "a second up finds everything there"
    daemon = laptop.running["indexer"]
    assert await laptop.stop("indexer") == 0
    assert re.search(r"^published [\d,]+ swaps in [\d,]+ slots", daemon.tail(), re.MULTILINE)
    assert not await laptop.healthy("indexer"), "the healthcheck can fail"
    assert await laptop.stop("localnet") == 0
    assert problems(await read_stream(f"nats://{address}:4222", **us)) == []


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
async def test_migrate_and_sink_take_the_stream_in(laptop: Stack, tmp_path: Path) -> None:
    """Both with their exact command and environment, but for one value.

    A ClickHouse server cannot be had here, so CLICKHOUSE_URL names a folder of the embedded engine, which the same
    client opens.
    """
    for name in ("clickhouse-migrate", "clickhouse-sink"):
        laptop.services[name]["environment"]["CLICKHOUSE_URL"] = f"chdb://{tmp_path / 'database'}"
    await laptop.up("indexer")
    migrate = laptop.start("clickhouse-migrate")
    assert await migrate.wait(seconds=90) == 0, migrate.tail()
    assert "applied 001_swaps.sql" in migrate.tail()
    sink = laptop.start("clickhouse-sink")
    stored = await stored_swaps(
        laptop, f"nats://{laptop.address('nats')}:4222", at_least=50, user="indexer", password=ODD
    )
    await until(partial(answer, laptop, "clickhouse-sink", "/readyz"), sink)

    async def read() -> bool:
        return bool((await consumer(laptop, "clickhouse-sink")).ack_floor.stream_seq >= len(stored))

    await until(read, sink)
    assert await laptop.healthy("clickhouse-sink")
    assert await laptop.stop("clickhouse-sink") == 0, sink.tail()
    found = re.search(r"^([\d,]+) rows inserted", sink.tail(), re.MULTILINE)
    assert found is not None, sink.tail()
    assert int(found[1].replace(",", "")) >= len(stored)


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_localnet_steps_aside_for_a_real_chain(tmp_path: Path) -> None:
    given = services(LAPTOP, SOLANA_RPC_URL="https://node.example/?api-key=hunter2")
    stack = Stack(services=given, base=LAPTOP.parent, folder=tmp_path)
    await stack.up("localnet")
    assert await stack.running["localnet"].wait(seconds=90) == 0
    assert stack.running["localnet"].tail() == "SOLANA_RPC_URL is set: localnet is not needed"


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_the_backup_service_makes_one_at_once_and_says_that_it_is_well(laptop: Stack) -> None:
    await laptop.up("backup")
    backup, backups = laptop.running["backup"], laptop.folder / "backup" / "backups"

    async def manifest() -> list[Path]:
        return list(backups.glob("*/manifest.json"))

    assert len(await until(manifest, backup)) == 1
    assert await laptop.healthy("backup")
    assert await laptop.stop("backup") == 0, backup.tail()


@ids
def test_promtool_reads_what_prometheus_is_given(path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on this machine")
    word = next(word for word in services(path)["prometheus"]["command"] if word.startswith("--config.file="))
    config = ROOT / "deploy" / "prometheus" / Path(word).name
    done = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@MORE_THAN_ONE_LOOPBACK_ADDRESS
async def test_prometheus_scrapes_the_indexer(laptop: Stack) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("no prometheus on this machine")
    await laptop.up("indexer")
    prometheus = laptop.start("prometheus", *listening(laptop.address("prometheus")))
    url = f"http://{laptop.address('prometheus')}:9090/api/v1/query?query=up%7Bjob%3D%22indexer%22%7D"
    deadline = time.monotonic() + 90
    while (value := await asked(url)) != ["1"]:
        assert time.monotonic() < deadline, (value, prometheus.tail())
        await asyncio.sleep(0.5)


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
