"""The topology: created once, left alone after that, and what is missing is said with the way to get it."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.errors import PeerError, UsageError
from indexer.jetstream import init
from indexer.jetstream_api import ApiError, call
from indexer.jetstream_require import require_streams
from indexer.marker import Marker
from indexer.message import SWAPS, Message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.publisher import Published, Publisher
from tests.chaos.cluster import cluster

TOPOLOGY = Path(__file__).parents[2] / "deploy" / "jetstream"
STREAMS = ["dex-candles-1h", "dex-candles-1m", "dex-candles-5m", "dex-dead", "dex-swaps"]


def settings(url: str, **values: Any) -> Settings:
    return Settings(_env_file=None, nats_url=url, **values)  # type: ignore[call-arg]


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    async with NatsServer(store_dir=tmp_path / "nats") as server, connected(settings(server.url), Metrics()) as nats:
        yield nats


async def config(connection: Connection, name: str) -> dict[str, object]:
    return dict((await call(connection, f"STREAM.INFO.{name}", seconds=30))["config"])


async def test_it_creates_everything_and_then_nothing(connection: Connection) -> None:
    first = await init(connection, directory=TOPOLOGY)
    second = await init(connection, directory=TOPOLOGY)

    assert [(change.kind, change.name) for change in first[:5]] == [("stream", name) for name in STREAMS]
    assert len(first) == 5 + 3 + 4
    assert {change.result for change in first} == {"created"}
    assert {change.result for change in second} == {"equal"}
    swaps = await config(connection, "dex-swaps")
    assert swaps["allow_atomic"] is True
    assert swaps["max_age"] == 168 * 3600 * 10**9
    assert swaps["num_replicas"] == 1
    consumers = await call(connection, "CONSUMER.NAMES.dex-swaps", seconds=30)
    assert sorted(consumers["consumers"]) == ["api-query", "candle-builder", "clickhouse-sink"]


async def test_what_differs_is_reported_and_left_alone(connection: Connection) -> None:
    other = json.loads((TOPOLOGY / "stream-dex-dead.json").read_text()) | {"max_age": 3600 * 10**9}
    await call(connection, "STREAM.CREATE.dex-dead", other, seconds=30)
    changes = {change.name: change for change in await init(connection, directory=TOPOLOGY, max_bytes=10**9)}

    assert changes["dex-dead"].result == "differs"
    assert [str(one) for one in changes["dex-dead"].differences] == ["max_age: 168h wanted, 1h there"]
    assert (await config(connection, "dex-dead"))["max_age"] == 3600 * 10**9
    assert (await config(connection, "dex-swaps"))["max_bytes"] == 10**9


async def test_two_at_once_agree(connection: Connection) -> None:
    runs = await asyncio.gather(*(init(connection, directory=TOPOLOGY) for _ in range(3)))

    assert {change.result for run in runs for change in run} <= {"created", "equal"}


async def test_a_key_the_server_does_not_know_is_refused(connection: Connection, tmp_path: Path) -> None:
    shutil.copytree(TOPOLOGY, tmp_path / "files")
    stream = tmp_path / "files" / "stream-dex-dead.json"
    stream.write_text(stream.read_text().replace('"num_replicas"', '"replicas"'))
    with pytest.raises(UsageError, match=r"dex-dead.json: unknown key 'replicas'; did you mean 'num_replicas'\?"):
        await init(connection, directory=tmp_path / "files")


async def test_replicas_on_a_single_server_are_refused(connection: Connection) -> None:
    with pytest.raises(UsageError, match="3 replicas need 3 servers, and NATS has 1"):
        await init(connection, directory=TOPOLOGY, replicas=3)


async def test_a_folder_without_files_names_the_setting(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no stream-\*\.json") as caught:
        await init(connection, directory=tmp_path)
    assert "INDEXER_JETSTREAM_DIR" in caught.value.hint


async def test_the_setting_finds_the_files_from_anywhere(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(await init(connection, directory=settings("x").jetstream_dir)) == 12


async def test_a_missing_stream_stops_the_daemon_with_the_command_to_run(connection: Connection) -> None:
    with pytest.raises(PeerError, match="stream dex-swaps does not exist") as caught:
        await require_streams(connection)
    assert "indexer jetstream init" in caught.value.hint
    assert "make ops.jetstream.init" in caught.value.hint
    await init(connection, directory=TOPOLOGY)
    await require_streams(connection)


async def test_a_stream_without_batches_stops_the_daemon(connection: Connection) -> None:
    await call(connection, "STREAM.CREATE.dex-swaps", {"name": "dex-swaps", "subjects": ["dex.sol.swaps"]}, seconds=30)
    with pytest.raises(PeerError, match="does not have allow_atomic and allow_direct"):
        await require_streams(connection)


async def test_a_workqueue_has_one_reader_for_good(connection: Connection) -> None:
    """What the topology says of candle streams: a second durable reader is refused."""
    await init(connection, directory=TOPOLOGY)
    second = {"durable_name": "second", "ack_policy": "explicit", "filter_subject": "dex.sol.candles.1m"}
    with pytest.raises(ApiError, match="10100"):
        await call(
            connection,
            "CONSUMER.CREATE.dex-candles-1m.second.dex.sol.candles.1m",
            {"stream_name": "dex-candles-1m", "config": second},
            seconds=30,
        )


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[NatsServer]]:
    """A cluster of three."""
    async with cluster(tmp_path) as servers:
        yield servers


async def test_three_replicas_keep_slots_whole_while_their_leader_is_killed(nodes: list[NatsServer]) -> None:
    urls, metrics = ",".join(server.url for server in nodes), Metrics()
    own = settings(urls, ack_seconds=1, nats_connect_seconds=120)
    three: dict[str, Any] = {"directory": TOPOLOGY, "replicas": 3, "seconds": 120}
    async with connected(own, metrics) as connection:
        assert {change.result for change in await init(connection, **three)} == {"created"}
        assert {change.result for change in await init(connection, **three)} == {"equal"}
        assert (await config(connection, "dex-swaps"))["num_replicas"] == 3
        publisher = Publisher(connection, own, metrics, genesis_hash="G")
        await publisher.open()
        for slot in range(1, 31):
            if slot == 15:
                leader = (await call(connection, "STREAM.INFO.dex-swaps", seconds=30))["cluster"]["leader"]
                victim = next(server for server in nodes if server.store_dir.name == leader)
                killing = asyncio.create_task(victim.kill())
            outcome = await publisher.publish_slot(*a_slot(slot))
            assert isinstance(outcome, Published)
        await killing
        state = (await call(connection, "STREAM.INFO.dex-swaps", seconds=30))["state"]
        assert state["messages"] == 30 * 11
        reader = Publisher(connection, settings(urls, ack_seconds=30), metrics, genesis_hash="G")
        assert [marker.slot async for marker in reader.markers(1, 30)] == list(range(1, 31))


async def test_a_node_that_comes_back_is_waited_for(nodes: list[NatsServer]) -> None:
    """To whoever leads the cluster it is offline at first, and three replicas have no place."""
    async with connected(settings(nodes[0].url, nats_connect_seconds=120), Metrics()) as connection:
        await nodes[2].kill()
        making = asyncio.create_task(init(connection, directory=TOPOLOGY, replicas=3, seconds=120))
        done, _ = await asyncio.wait([making], timeout=2)
        assert not done
        await nodes[2].start()
        assert {change.result for change in await making} == {"created"}


def a_slot(slot: int) -> tuple[list[Message], Marker]:
    swaps = [Message(subject=SWAPS, id=f"501:{slot}:sig{index}:0", payload=b"{}") for index in range(10)]
    marker = Marker(
        slot=slot,
        parent_slot=slot - 1,
        blockhash="hash",
        block_time=slot,
        status="complete",
        swaps=10,
        failed_txs=0,
        dead=0,
        build="test",
        programs_hash="p",
    )
    return swaps, marker
