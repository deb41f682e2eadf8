"""The dashboard: the file is the table's, it speaks of series there are, and a scraped daemon fills every panel."""

import asyncio
import math
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import orjson
import pytest

from indexer.health import serve_health
from indexer.metrics import Metrics
from tests.chaos.arena import ROOT, Arena, Daemon, arena
from tests.deploy import dashboard
from tests.deploy.prometheus_server import Prometheus, prometheus
from tests.deploy.test_prometheus import TEXT, exposed, recorded

FOLDER = ROOT / "deploy" / "grafana"
FILE = FOLDER / "dashboards" / "indexer.json"
LOCALNET = ("--generate", "--seed", "5", "--slot-milliseconds", "200", "--transactions", "60", "--skip-share", "0.05")
#: queries that stay empty here, each with the reason
EMPTY = {
    "max(indexer_store_max_bytes) > 0": "the account of the test has no limit of its own, and so no line",
    "sum by (stream, consumer, reason) (increase(indexer_pulls_renewed_total[1h]))": "no pull goes silent here",
}
PATIENCE_SECONDS = 90


def test_the_file_is_that_of_the_table(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-goldens"):
        FILE.write_bytes(dashboard.file_bytes())
    assert FILE.read_bytes() == dashboard.file_bytes(), "run: pytest tests/deploy/test_grafana.py --update-goldens"


def test_every_query_is_of_series_we_have() -> None:
    for panel in dashboard.panels():
        for expression, _ in panel.queries:
            ours, made = re.findall(r"\bindexer_\w+", expression), re.findall(r"dex:[\w:]+", expression)
            assert ours or made, panel.title
            assert set(ours) <= set(exposed()), panel.title
            assert set(made) <= set(recorded()), panel.title


def test_every_metric_of_streams_candles_and_sink_and_every_recorded_series_is_drawn_or_alerted_on() -> None:
    everything = "\n".join([TEXT, *(expression for panel in dashboard.panels() for expression, _ in panel.queries)])
    assert {name for name in recorded() if len(re.findall(rf"{name}(?![\w:])", everything)) < 2} == set()
    sampled = {
        name
        for name in exposed()
        if name.startswith(("indexer_stream_", "indexer_consumer_", "indexer_store_", "indexer_candle", "indexer_sink"))
        and not name.endswith(("_sum", "_count"))
    }
    # the first is for people, the second for `indexer up`, which waits for it at a stop
    unseen = {"indexer_stream_first_sequence", "indexer_candle_sequence"}
    assert {name for name in sampled if name not in everything} == unseen


def test_grafana_finds_file_datasource_and_dashboard_under_stable_names() -> None:
    drawn = orjson.loads(FILE.read_bytes())
    assert drawn["uid"] == dashboard.UID
    ids = [panel["id"] for panel in drawn["panels"]]
    assert len(ids) == len(set(ids))
    for panel in drawn["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert [one["name"] for one in drawn["templating"]["list"]] == ["datasource", "program"]
    assert "type: prometheus\n" in (FOLDER / "provisioning" / "datasources" / "prometheus.yml").read_text()
    assert "type: file\n" in (FOLDER / "provisioning" / "dashboards" / "dashboards.yml").read_text()


@asynccontextmanager
async def beside() -> AsyncIterator[str]:
    """A process that settles nothing: one backup made, and a program that changed, which no fault of localnet does."""
    metrics = Metrics()
    metrics.backup_last_success_timestamp_seconds.labels("dex-swaps").set(time.time() - 3600)
    metrics.backup_bytes.labels("dex-swaps").set(12_345_678)

    async def drift() -> None:
        while True:
            metrics.unknown_instructions.labels("gavel").inc()
            metrics.checks.labels("gavel", "differ").inc()
            await asyncio.sleep(1)

    drifting = asyncio.create_task(drift())
    try:
        async with serve_health("127.0.0.1:0", metrics, healthy=lambda: (True, {}), ready=lambda: (True, {})) as url:
            yield url.removeprefix("http://")
    finally:
        drifting.cancel()


async def limit(url: str, max_bytes: int) -> None:
    """Give the stream a size, so that there is a limit to draw."""
    client = await nats.connect(url)
    config = orjson.loads((await client.request("$JS.API.STREAM.INFO.dex-swaps", b"", timeout=30)).data)["config"]
    answer = await client.request(
        "$JS.API.STREAM.UPDATE.dex-swaps", orjson.dumps(config | {"max_bytes": max_bytes}), timeout=30
    )
    assert b"error" not in answer.data, answer.data
    await client.close()


def topology_with_one_more(folder: Path) -> Path:
    """The topology's files and a consumer that nobody made, so that a look at it fails."""
    copy = Path(shutil.copytree(ROOT / "deploy" / "jetstream", folder / "jetstream"))
    told = orjson.loads((copy / "consumer-dex-swaps-api-query.json").read_bytes())
    (copy / "consumer-dex-swaps-nobody.json").write_bytes(orjson.dumps(told | {"durable_name": "nobody"}))
    return copy


async def read_a_little(url: str) -> None:
    """A reader that takes and acks, and falls behind: until cancelled."""
    client = await nats.connect(url, allow_reconnect=False, connect_timeout=30)
    reader = await client.jetstream().pull_subscribe("dex.sol.swaps", durable="api-query", stream="dex-swaps")
    try:
        while True:
            for message in await reader.fetch(2, timeout=30):
                await message.ack()
            await asyncio.sleep(0.2)
    finally:
        await client.close()


async def scraped_at(daemon: Daemon) -> str:
    """Host and port of its metrics, from its log."""
    while "serving metrics" not in (said := daemon.log.read_text()):
        await asyncio.sleep(0.1)
    found = re.search(r'"url":"http://([^/"]+)/metrics"', said)
    assert found is not None
    return found[1]


@asynccontextmanager
async def scraped_indexer(folder: Path) -> AsyncIterator[tuple[Arena, Prometheus]]:
    """All services on a localnet with faults, a reader, a process with a backup, and a Prometheus over all of it.

    The sink writes into the embedded engine, through the client it has for a server.
    """
    settings = {
        "INDEXER_SAMPLE_SECONDS": "0.5",
        "INDEXER_RPC_BUDGET_CALLS_PER_DAY": "500000",
        "INDEXER_CANDLE_SNAPSHOT_SECONDS": "1",
        "INDEXER_JETSTREAM_DIR": str(topology_with_one_more(folder)),
        "CLICKHOUSE_URL": f"chdb://{folder / 'clickhouse'}",
    }
    async with arena(folder, *LOCALNET, env=settings, sync="2m") as place, beside() as other:
        await limit(place.server.url, 100_000_000)
        await place.net.control("/faults", {"lost_notifications": 0.05, "truncated_logs": 0.2, "null_block": 0.05})
        services = {
            "indexer": place.daemon(),
            "indexer-candles": place.daemon(name="candles", command="candles"),
            "indexer-clickhouse": place.daemon("run", name="clickhouse", command="clickhouse"),
        }
        for service in services.values():
            service.start()
        reader = asyncio.create_task(read_a_little(place.server.url))
        jobs = {job: await asyncio.wait_for(scraped_at(service), 90) for job, service in services.items()}
        try:
            async with prometheus(folder / "prometheus", jobs | {"indexer-backup": other}) as running:
                yield place, running
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)


def filled(expression: str) -> str:
    """As Grafana asks it: every variable replaced."""
    return expression.replace("$program", ".*").replace("$__rate_interval", "20s")


async def test_every_panel_has_data_and_every_rule_is_evaluated(tmp_path: Path) -> None:
    waiting = {expression for panel in dashboard.panels() for expression, _ in panel.queries}
    seen: dict[str, list[tuple[dict[str, str], float]]] = {}
    async with scraped_indexer(tmp_path) as (place, server):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while waiting - set(EMPTY) and time.monotonic() < deadline:
            for expression in sorted(waiting):
                values = [one for one in await server.values(filled(expression)) if not math.isnan(one[1])]
                if values:
                    seen[expression] = values
                    waiting.discard(expression)
            await asyncio.sleep(1)
        groups = (await server.get("rules"))["groups"]
        words = "\n".join(daemon.tail(5) for daemon in place.daemons)
    assert waiting == set(EMPTY), words
    rules = [rule for group in groups for rule in group["rules"]]
    assert {(rule["name"], rule["health"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"} == set()
    named = re.findall(r"- (?:alert|record): (\S+)", TEXT)
    assert sorted(rule["name"] for rule in rules) == sorted(named)
    firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
    well = {"IndexerAllDown", "IndexerDown", "IndexerStalled", "IndexerChainSilent", "IndexerBackupOld"}
    consumers = {name for name in named if name.startswith(("IndexerCandle", "IndexerSink", "IndexerConsumerDis"))}
    assert firing & (well | consumers) == set()
    (tmp_path / "seen.json").write_bytes(orjson.dumps(seen, option=orjson.OPT_INDENT_2))
