"""`indexer doctor` as a process against real servers and real chains, whole ones and broken ones."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats
import pytest
import pytest_asyncio
from aiohttp import web

from indexer.doctor import CHECKS
from indexer.embedded import NatsServer
from tests.chaos.arena import Localnet, localnet
from tests.chaos.cluster import free_ports
from tests.indexer.ports import MONITORED, cluster, monitoring_of
from tests.integration.chains import peers
from tests.integration.forked import indexer, started
from tests.integration.sample_server import Sample, make_keys
from tests.integration.streams import change, make_streams
from tests.integration.terminal import Ended, said, served, until

FAST = {"INDEXER_CHECK_SAMPLE_SECONDS": "0.2", "INDEXER_DOCTOR_SECONDS": "30", "INDEXER_CHECK_FULL_DAYS": "0.0001"}
NOWHERE = "nats://127.0.0.1:1"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def doctor(*words: str, cwd: Path, **settings: str) -> Ended:
    return await indexer("doctor", "--json", *words, cwd=cwd, **(FAST | settings))


def judged(ended: Ended) -> dict[tuple[str, str], dict[str, Any]]:
    assert ended.out, ended.said
    return {(line["check"], line["name"]): line for line in json.loads(ended.out)["lines"]}


def having(ended: Ended, verdict: str) -> set[str]:
    return {line["check"] for line in judged(ended).values() if line["verdict"] == verdict}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain() -> AsyncIterator[Localnet]:
    """Two nodes of one chain that moves with the clock; the second is 400 slots behind."""
    async with localnet(
        "--generate", "--nodes", "2", "--stale-slots", "400", "--preload-blocks", "450", "--transactions", "5"
    ) as net:
        yield net


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole() -> AsyncIterator[Localnet]:
    """Two good nodes."""
    async with localnet("--generate", "--nodes", "2", "--transactions", "5") as net:
        yield net


def both(chain: Localnet) -> dict[str, str]:
    return {"SOLANA_RPC_URL": chain.rpc_url, "SOLANA_WS_URL": chain.ws_url}


async def test_where_nothing_is_set_up_it_says_what_up_will_bring(tmp_path: Path) -> None:
    ended = await indexer("doctor", cwd=tmp_path, INDEXER_DATA_DIR=str(tmp_path / "not" / "yet"))
    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"endpoints +SOLANA_RPC_URL +none set: `indexer up` brings its own localnet +ok", ended.out)
    assert re.search(r"nats +connection +none set: `indexer up` starts \S+nats-server +ok", ended.out)
    strict = await doctor("--production", cwd=tmp_path, NATS_URL=NOWHERE, INDEXER_DOCTOR_SECONDS="2")
    assert strict.code == 5
    assert having(strict, "fail") == {"endpoints", "nats"}
    assert "cannot reach NATS" in judged(strict)["nats", "connection"]["figure"]


async def test_a_laptop_is_fine_and_no_production(whole: Localnet, tmp_path: Path) -> None:
    """Embedded, anonymous, one endpoint: fine to try, and every reason why not to rely on it is told."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m", extra=MONITORED) as server:
        us = peers(whole) | {"NATS_URL": server.url, "NATS_MONITORING_URL": monitoring_of(server)}
        bare = await doctor(cwd=tmp_path, **us)
        assert having(bare, "fail") == {"drift"}, bare.said
        await make_streams(server.url)
        quick = await doctor(cwd=tmp_path, **us)
        assert quick.code == 0, quick.said
        assert having(quick, "warn") == {"sync"}
        strict = await doctor("--production", cwd=tmp_path, **us)
        assert strict.code == 5
        assert having(strict, "fail") == {"endpoints", "auth", "rights", "sync"}
        assert having(strict, "warn") == {"genesis", "history", "tls"}
        assert having(strict, "unseen") == {"backup"}
        assert re.search(r"4 of \d+ lines failed, 3 warn, 1 cannot be seen", strict.err)
        lines = judged(strict).values()
        assert all(bool(line["advice"]) is (line["verdict"] != "ok") for line in lines)


async def test_the_sample_server_with_two_endpoints_and_a_backup_passes(whole: Localnet, tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys", "localhost,127.0.0.1")
    async with Sample(keys=keys, folder=tmp_path / "one", trace=True) as sample:
        operator = await sample.settings("operator")
        for verb in (["init"], ["backup", "backups"]):
            made = await indexer("jetstream", *verb, cwd=tmp_path, **operator)
            assert made.code == 0, made.said
        before = sample.published("operator")
        monitored = {"NATS_MONITORING_URL": (await sample.ports())["monitoring"][0]} | both(whole)
        words = ("--production", "--backups", "backups")
        ended = await doctor(*words, cwd=tmp_path, **(operator | monitored))
        assert ended.code == 0, ended.said
        assert (having(ended, "unseen"), having(ended, "warn")) == ({"rights"}, {"genesis", "history"})
        lines = judged(ended)
        assert lines["tls", "connection"]["figure"] == "TLS with client certificates"
        assert lines["auth", "nobody"]["figure"].startswith("is refused")
        assert {check for check, _ in lines} <= set(CHECKS)
        changing = {subject for subject in sample.published("operator") - before if not re.search(READING, subject)}
        assert changing == set()
        as_daemon = await doctor(*words, cwd=tmp_path, **(await sample.settings("indexer") | monitored))
        assert as_daemon.code == 0, as_daemon.said
        assert having(as_daemon, "unseen") == {"rights", "drift"}
        assert "monitor or operator" in judged(as_daemon)["drift", "streams"]["advice"]


#: subjects that ask and change nothing
READING = r"^\$JS\.API\.(INFO|(STREAM|CONSUMER)\.(LIST|INFO|NAMES|MSG\.GET)\b.*)$|^\$SYS\.REQ\.USER\.INFO$"


async def test_a_stale_node_a_dead_one_and_a_foreign_chain_fail(chain: Localnet, tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "nats") as server:
        await make_streams(server.url)
        await change(server.url, metadata={"genesis_hash": "another"})
        urls = both(chain) | {"NATS_URL": server.url}
        urls["SOLANA_RPC_URL"] += f",http://127.0.0.1:{free_ports(1)[0]}/secret-key"
        urls["SOLANA_WS_URL"] += f",ws://127.0.0.1:{free_ports(1)[0]}/secret-key"
        ended = await doctor(cwd=tmp_path, **urls)
    assert ended.code == 5
    assert having(ended, "fail") == {"node", "stream", "pubsub"}
    lines = judged(ended)
    stale = lines["node", chain.nodes[1]["rpc_url"]]
    assert stale["verdict"] == "fail"
    assert 350 < stale["value"] < 450
    assert lines["node", chain.nodes[0]["rpc_url"]]["verdict"] == "ok"
    assert lines["stream", "dex-swaps"]["figure"] == f"genesis hash another, ours is {chain.genesis_hash}"
    assert lines["endpoints", "SOLANA_RPC_URL"]["figure"] == "2 of 3 answer"
    assert "secret-key" not in ended.said
    assert {line["verdict"] for key, line in lines.items() if key[0] == "pubsub"} == {"ok", "fail"}


async def test_slots_that_no_node_has_any_more_and_endpoints_of_two_clusters_fail(
    whole: Localnet, tmp_path: Path
) -> None:
    """A stream that settled long before the nodes' history, and one node too many, of another cluster."""
    async with NatsServer(store_dir=tmp_path / "nats") as server, localnet("--generate", "--seed", "2") as other:
        await make_streams(server.url)
        await change(server.url, metadata={"genesis_hash": whole.genesis_hash})
        client = await nats.connect(server.url)
        marker = json.dumps({"v": 1, "slot": whole.first_slot - 1001, "status": "complete"})
        await client.jetstream().publish("dex.sol.slots", marker.encode())
        await client.close()
        mixed = f"{whole.nodes[0]['rpc_url']},{other.rpc_url}"
        ended = await doctor(cwd=tmp_path, **(peers(whole) | {"SOLANA_RPC_URL": mixed, "NATS_URL": server.url}))
    lines = judged(ended)
    assert ended.code == 5
    assert having(ended, "fail") == {"genesis", "history"}, ended.said
    assert "all endpoints must be of one cluster" in lines["genesis", other.rpc_url]["advice"]
    assert lines["history", "dex-swaps"]["value"] > 0


async def test_a_metrics_port_of_a_stranger_fails_and_one_of_ours_does_not(whole: Localnet, tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "nats") as server:
        await make_streams(server.url)
        daemon = started(tmp_path, "run", **(peers(whole) | {"NATS_URL": server.url}))
        assert (await served(daemon, "/healthz"))[0] in (200, 503)
        address = (await said(daemon, "serving metrics")).split('"url":"http://')[1].split("/metrics")[0]
        ours = await doctor(cwd=tmp_path, INDEXER_METRICS_ADDR=address, NATS_URL=server.url)
        assert judged(ours)["metrics address", address]["figure"] == "an indexer serves there"
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        strange = await doctor(cwd=tmp_path, INDEXER_METRICS_ADDR=address, INDEXER_DOCTOR_SECONDS="2")
    finally:
        await runner.cleanup()
    line = judged(strange)["metrics address", address]
    assert (strange.code, line["verdict"]) == (5, "fail")
    assert "two NATS exporters default to 7777" in line["advice"]


async def test_a_cluster_with_one_replica_fails_in_production(tmp_path: Path) -> None:
    async with cluster(tmp_path) as servers:
        url = servers[0].url

        async def made() -> bool:
            return (await indexer("jetstream", "init", "--replicas", "1", cwd=tmp_path, NATS_URL=url)).code == 0

        await until(made)
        ended = await doctor("--production", cwd=tmp_path, NATS_URL=url)
        line = judged(ended)["durability", "dex-swaps"]
        assert (line["figure"], line["verdict"]) == ("1 on a cluster", "fail")
