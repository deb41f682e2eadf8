"""The daemon's figures of streams and consumers, from real servers: right, never old, and no reason to stop."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from nats import connect
from nats.aio.msg import Msg
from structlog.testing import capture_logs

from indexer import jetstream
from indexer.child import spawn
from indexer.config import Settings
from indexer.embedded import NatsServer, find_binary
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.stream_metrics import _OF_STREAM, StreamMetrics
from indexer.stream_state import stream_state
from indexer.topology import consumers_of

SECONDS = 30.0
READER = {"stream": "dex-swaps", "consumer": "api-query"}
SWAPS = {"stream": "dex-swaps"}
TOPOLOGY = {"dex-swaps": ["api-query"]}
#: a daemon's rights without a look at consumers
LIMITED = """
authorization { users: [
  { user: all, password: x }
  { user: some, password: x, permissions: {
      publish: ["dex.sol.>", "$JS.API.INFO", "$JS.API.STREAM.>"], subscribe: ["_INBOX.>"] } }
] }
"""


def settings(server: NatsServer, **values: Any) -> Settings:
    return Settings(**({"_env_file": None, "nats_url": server.url, "ack_seconds": 2} | values))


def as_user(server: NatsServer, name: str) -> str:
    return server.url.replace("//", f"//{name}:x@")


def sampler(nats: Connection, server: NatsServer, **values: Any) -> StreamMetrics:
    return StreamMetrics(connection=nats, settings=settings(server, **values), metrics=Metrics())


def figure(figures: StreamMetrics, name: str, **labels: str) -> float | None:
    return figures.metrics.registry.get_sample_value(f"indexer_{name}", labels)


async def publish(nats: Connection, count: int) -> None:
    for _ in range(count):
        await nats.jetstream().publish("dex.sol.swaps", b"x" * 100)


async def test_figures_are_those_of_the_server(nats_server: NatsServer) -> None:
    async with connected(settings(nats_server), Metrics()) as nats:
        await jetstream.init(nats)
        figures = sampler(nats, nats_server)
        topology = consumers_of()
        await publish(nats, 10)
        reader = await nats.jetstream().pull_subscribe("dex.sol.swaps", durable="api-query", stream="dex-swaps")
        for message in (await reader.fetch(6, timeout=30))[:4]:
            await message.ack_sync(timeout=30)
        await figures.look(topology)
    of = {name: figure(figures, f"consumer_{name}", **READER) for name in ("pending", "ack_pending", "delivered")}
    assert of == {"pending": 4, "ack_pending": 2, "delivered": 6}
    lag, left = (figure(figures, f"consumer_{name}_seconds", **READER) for name in ("lag", "time_left"))
    assert lag is not None
    assert left is not None
    assert 0 < lag < 60
    assert 168 * 3600 - 60 < left < 168 * 3600
    assert (figure(figures, "stream_messages", **SWAPS), figure(figures, "stream_last_sequence", **SWAPS)) == (10, 10)
    assert figure(figures, "stream_bytes", **SWAPS) == figure(figures, "store_bytes")
    assert figure(figures, "stream_replicas_offline", **SWAPS) == 0
    assert figure(figures, "stream_max_bytes", **SWAPS) is None
    assert figure(figures, "jetstream_samples_total", of="stream", outcome="ok") == len(topology)
    assert figure(figures, "jetstream_samples_total", of="lag", outcome="ok") == sum(map(len, topology.values()))
    assert topology["dex-candles-1h"] == ["clickhouse-sink"]


async def test_a_consumer_that_acked_all_has_no_lag_and_nothing_to_lose(nats_server: NatsServer) -> None:
    async with connected(settings(nats_server), Metrics()) as nats:
        await jetstream.init(nats)
        figures = sampler(nats, nats_server)
        await publish(nats, 3)
        await figures.look(TOPOLOGY)
        assert figure(figures, "consumer_time_left_seconds", **READER) is not None
        reader = await nats.jetstream().pull_subscribe("dex.sol.swaps", durable="api-query", stream="dex-swaps")
        for message in await reader.fetch(3, timeout=30):
            await message.ack_sync(timeout=30)
        await figures.look(TOPOLOGY)
    assert figure(figures, "consumer_lag_seconds", **READER) == 0
    assert figure(figures, "consumer_time_left_seconds", **READER) is None


async def test_a_stream_with_a_limit_says_when_it_is_full(nats_server: NatsServer) -> None:
    async with connected(settings(nats_server), Metrics()) as nats:
        await jetstream.init(nats, max_bytes=100_000)
        figures = sampler(nats, nats_server)
        await publish(nats, 20)
        await figures.look(TOPOLOGY)
        left = figure(figures, "stream_seconds_left", **SWAPS)
        await publish(nats, 1000)
        await figures.look(TOPOLOGY)
    assert figure(figures, "stream_max_bytes", **SWAPS) == 100_000
    assert left is not None
    assert left > 0
    assert figure(figures, "stream_seconds_left", **SWAPS) == 0


async def test_what_is_not_there_any_more_has_no_figures(nats_server: NatsServer) -> None:
    async with connected(settings(nats_server), Metrics()) as nats:
        await jetstream.init(nats)
        figures = sampler(nats, nats_server)
        await publish(nats, 1)
        await figures.look(TOPOLOGY)
        assert figure(figures, "consumer_pending", **READER) == 1
        await call(nats, "CONSUMER.DELETE.dex-swaps.api-query", seconds=SECONDS)
        await figures.look(TOPOLOGY)
        assert figure(figures, "consumer_pending", **READER) is None
        assert figure(figures, "consumer_lag_seconds", **READER) is None
        assert figure(figures, "stream_messages", **SWAPS) == 1
        await call(nats, "STREAM.DELETE.dex-swaps", seconds=SECONDS)
        await figures.look(TOPOLOGY)
    assert figure(figures, "stream_messages", **SWAPS) is None
    assert figure(figures, "jetstream_samples_total", of="stream", outcome="missing") == 1
    assert figure(figures, "jetstream_samples_total", of="consumer", outcome="missing") == 2


async def test_a_user_without_the_right_is_counted_told_once_and_asked_for_again_after_a_reconnect(
    tmp_path: Path,
) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m", extra=LIMITED) as server:
        async with connected(settings(server, nats_url=as_user(server, "all")), Metrics()) as nats:
            await jetstream.init(nats)
        async with connected(settings(server, nats_url=as_user(server, "some")), Metrics()) as nats:
            figures = sampler(nats, server)
            with capture_logs() as logs:
                for _ in range(3):
                    await figures.look(TOPOLOGY)
            told = [line for line in logs if line["event"] == "no metrics of this"]
            denials = server.log.read_text().count("$JS.API.CONSUMER.INFO")
            nats.generation += 1  # connected again
            await figures.look(TOPOLOGY)
            assert server.log.read_text().count("$JS.API.CONSUMER.INFO") > denials
            await publish(nats, 1)  # the connection goes on
    assert [(line["what"], line["outcome"]) for line in told] == [("consumer dex-swaps api-query", "denied")]
    assert "publish rights" in told[0]["hint"]
    assert figure(figures, "jetstream_samples_total", of="consumer", outcome="denied") == 4
    assert figure(figures, "jetstream_samples_total", of="stream", outcome="ok") == 4
    assert figure(figures, "consumer_pending", **READER) is None
    assert figure(figures, "stream_messages", **SWAPS) == 0


async def test_a_server_that_is_away_takes_the_figures_with_it_and_brings_them_back(nats_server: NatsServer) -> None:
    async with connected(settings(nats_server), Metrics()) as nats:
        await jetstream.init(nats)
        figures = sampler(nats, nats_server, sample_seconds=0.05)
        looking = asyncio.create_task(figures.run())
        try:
            await _until(lambda: figure(figures, "stream_messages", **SWAPS) == 0)
            await nats_server.kill()
            await _until(lambda: figure(figures, "stream_messages", **SWAPS) is None)
            await nats_server.start()
            await _until(lambda: figure(figures, "stream_messages", **SWAPS) == 0)
        finally:
            looking.cancel()
    assert figure(figures, "jetstream_samples_total", of="stream", outcome="unanswered")


async def test_an_answer_nobody_understands_is_counted(tmp_path: Path) -> None:
    """A server without JetStream, where another client answers what we ask of it."""
    with spawn([find_binary(), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", str(tmp_path)]) as process:
        try:
            await _until(lambda: _addresses(tmp_path))
            (url,) = _addresses(tmp_path)
            liar = await connect(url)

            async def lie(message: Msg) -> None:
                await message.respond(b'{"config": 7, "state": {}}')

            await liar.subscribe("$JS.API.>", cb=lie)
            given = Settings(_env_file=None, nats_url=url)  # type: ignore[call-arg]
            async with connected(given, Metrics()) as nats:
                figures = StreamMetrics(connection=nats, settings=given, metrics=Metrics())
                await figures.look(TOPOLOGY)
            await liar.close()
        finally:
            process.kill()
    for of in ("account", "stream", "consumer"):
        assert figure(figures, "jetstream_samples_total", of=of, outcome="garbage") == 1


@pytest.mark.parametrize("values", [{"sample_seconds": 0}, {"jetstream_dir": Path("/nowhere")}])
async def test_it_can_be_switched_off_and_needs_the_files(nats_server: NatsServer, values: dict[str, Any]) -> None:
    async with connected(settings(nats_server), Metrics()) as nats:
        figures = sampler(nats, nats_server, **values)
        await asyncio.wait_for(figures.run(), 30)
    assert "stream=" not in str(list(figures.metrics.jetstream_samples.collect()))


def _addresses(folder: Path) -> list[str]:
    """Where a server listens, from the file it writes."""
    return [url for path in folder.glob("*.ports") for url in orjson.loads(path.read_text() or "{}").get("nats", ())]


def test_a_copy_that_is_away_is_not_counted_as_lagging_too() -> None:
    nothing = {"messages": 0, "bytes": 0, "first_seq": 0, "last_seq": 0}
    copies = [
        {"name": "b", "current": True, "active": 1},
        {"name": "c", "current": False, "active": 1, "lag": 9},
        {"name": "d", "current": False, "active": 1, "offline": True},
        {"name": "e", "current": False, "active": 1, "offline": True},
    ]
    told = {"config": {"name": "s"}, "state": nothing, "ts": "2026-11-26T00:00:00Z"}
    read = stream_state(told | {"cluster": {"leader": "a", "replicas": copies}})
    assert (_OF_STREAM["replicas_offline"](read), _OF_STREAM["replicas_lagging"](read)) == (2, 1)
    assert _OF_STREAM["replicas_offline"](stream_state(told)) == 0
    assert _OF_STREAM["history_seconds"](read) is None


async def _until(true: Any) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)
