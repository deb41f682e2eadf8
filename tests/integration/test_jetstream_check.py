"""`indexer jetstream check` as a process against real servers: the exit code, the table, the JSON."""

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import nats

from indexer.embedded import NatsServer
from tests.indexer.ports import MONITORED, cluster, monitoring_of
from tests.integration.forked import indexer
from tests.integration.streams import ask, change, config_of, make_streams
from tests.integration.terminal import Ended, said, started, until

FAST = {"INDEXER_CHECK_SAMPLE_SECONDS": "0.2"}


async def check(url: str, *words: str, cwd: Path, **settings: str) -> Ended:
    return await indexer("jetstream", "check", *words, cwd=cwd, NATS_URL=url, **(FAST | settings))


def judged(ended: Ended) -> dict[tuple[str, str], dict[str, Any]]:
    """The lines of --json by check and name."""
    return {(line["check"], line["name"]): line for line in json.loads(ended.out)["lines"]}


def failed(ended: Ended) -> set[tuple[str, str]]:
    return {key for key, line in judged(ended).items() if line["verdict"] == "fail"}


async def publish(url: str, count: int = 10) -> None:
    client = await nats.connect(url)
    try:
        for number in range(count):
            await client.jetstream().publish("dex.sol.swaps", b"x" * 1000, headers={"Nats-Msg-Id": f"{number}"})
    finally:
        await client.close()


async def read(url: str, durable: str, *, count: int, ack: bool) -> None:
    client = await nats.connect(url)
    try:
        reader = await client.jetstream().pull_subscribe_bind(consumer=durable, stream="dex-swaps")
        for message in await reader.fetch(count, timeout=30):
            if ack:
                await message.ack_sync(timeout=30)
    finally:
        await client.close()


async def test_a_fresh_topology_is_fine_and_an_empty_server_is_not(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", extra=MONITORED) as server:
        empty = await check(server.url, "--json", cwd=tmp_path)
        assert empty.code == 5
        assert json.loads(empty.out)["ok"] is False
        assert len([key for key in failed(empty) if key[0] == "drift"]) == 12
        await make_streams(server.url)
        fine = await check(server.url, cwd=tmp_path, NATS_MONITORING_URL=monitoring_of(server))
    assert fine.code == 0, fine.said
    assert re.search(r"drift +topology +12 as in the files +ok", fine.out)
    assert re.search(r"sync +indexer-embedded +always +ok", fine.out)
    assert re.search(r"full in +disk of indexer-embedded +[\d.]+ .B free, never +ok", fine.out)
    assert {row.split()[-1] for row in fine.out.splitlines()[1:]} == {"ok"}


async def test_readers_that_stand_still_fail_and_those_that_read_do_not(stream: NatsServer, tmp_path: Path) -> None:
    await publish(stream.url)
    await read(stream.url, "clickhouse-sink", count=10, ack=True)
    await read(stream.url, "api-query", count=3, ack=False)
    await asyncio.sleep(1.1)
    ended = await check(stream.url, "--json", "--check-stalled-seconds", "1", cwd=tmp_path)
    assert ended.code == 5
    assert "1 of 39 checks failed" in ended.err
    assert failed(ended) == {("progress", "dex-swaps api-query")}
    lines = judged(ended)
    assert lines["progress", "dex-swaps candle-builder"]["verdict"] == "warn"
    assert lines["progress", "dex-swaps clickhouse-sink"]["figure"] == "nothing unread"
    assert lines["pending", "dex-swaps api-query"]["figure"] == "7 undelivered, 3 unacked, 0 redelivered"
    assert lines["pending", "dex-swaps api-query"]["value"] == 10
    assert "nobody ever read it" in lines["progress", "dex-swaps candle-builder"]["advice"]
    assert 167 < lines["time left", "dex-swaps api-query"]["value"] / 3600 < 168
    assert lines["sync", "server"]["verdict"] == "warn"
    assert "NATS_MONITORING_URL" in lines["sync", "server"]["advice"]
    alone = await check(
        stream.url, "--json", "--check-stalled-seconds", "1", "--only", "dex-swaps/clickhouse-sink", cwd=tmp_path
    )
    assert alone.code == 0, alone.said
    assert {name for kind, name in judged(alone) if kind == "progress"} == {"dex-swaps clickhouse-sink"}


async def test_drift_pause_and_too_little_time_fail_each_with_what_to_do(stream: NatsServer, tmp_path: Path) -> None:
    await publish(stream.url)
    await read(stream.url, "clickhouse-sink", count=1, ack=True)
    await change(stream.url, max_age=7200 * 10**9, max_bytes=20_000, discard="new")
    await ask(stream.url, "CONSUMER.PAUSE.dex-swaps.api-query", {"pause_until": "2099-01-01T00:00:00Z"})
    await ask(stream.url, "CONSUMER.DELETE.dex-swaps.candle-builder")
    ended = await check(stream.url, "--check-window-bytes", "1000", cwd=tmp_path)
    assert ended.code == 5
    for pattern in (
        r"drift +stream dex-swaps +max_age: 168h wanted, 2h there +fail +`indexer jetstream init --apply`",
        r"drift +stream dex-swaps +discard: old wanted, new there +fail",
        r"drift +consumer dex-swaps api-query +pause_until: not set wanted, 2099-01-01T00:00:00Z there +fail",
        r"drift +consumer dex-swaps candle-builder +missing +fail +`indexer jetstream init`",
        r"progress +dex-swaps api-query +paused for another [\d,]+ days +fail +`nats consumer resume",
        r"time left +dex-swaps clickhouse-sink +(120|119) min; oldest unread is \d+ s old +fail +start or speed up",
        r"capacity +dex-swaps +10\.\d kB in 10 messages, 20\.0 kB in \d+ s +fail +raise max_bytes",
        r"window +dex-swaps +60 min, about 10 ids, 4\.0 kB of memory on each replica +fail +shorten",
    ):
        assert re.search(pattern, ended.out), (pattern, ended.out)


async def test_monitoring_that_does_not_answer_is_exit_code_3(stream: NatsServer, tmp_path: Path) -> None:
    ended = await check(stream.url, cwd=tmp_path, NATS_MONITORING_URL="http://127.0.0.1:1")
    assert ended.code == 3
    assert "no monitoring at http://127.0.0.1:1" in ended.err


async def test_the_server_of_indexer_up_is_judged_by_its_own_size(tmp_path: Path) -> None:
    alone = ("up", "--without", "candles", "--without", "clickhouse")
    up = started(tmp_path, *alone)
    url = (await said(up, "embedded NATS")).split('"url":"')[1].split('"')[0]
    await said(up, "estimated cost a day")  # its streams are there
    fine = await check(url, "--json", cwd=tmp_path)
    assert judged(fine)["drift", "topology"]["figure"] == "12 as in the files"
    init = await indexer("jetstream", "init", cwd=tmp_path, NATS_URL=url)
    assert init.code == 0, init.said
    other = await check(url, "--jetstream-swaps-bytes", "1000000000", cwd=tmp_path)
    assert re.search(r"drift +stream dex-swaps +max_bytes: .* wanted, .* there +fail", other.out), other.said
    assert await up.end(signal.SIGTERM) == 0
    (tmp_path / "sized").mkdir()
    sized = started(tmp_path / "sized", *alone, INDEXER_JETSTREAM_SWAPS_BYTES="1000000000")
    url = (await said(sized, "embedded NATS")).split('"url":"')[1].split('"')[0]
    await said(sized, "estimated cost a day")
    assert (await config_of(url))["max_bytes"] == 1_000_000_000


async def test_a_cluster_tells_of_a_node_that_is_gone(tmp_path: Path) -> None:
    async with cluster(tmp_path) as servers:
        url = servers[0].url
        made = await indexer("jetstream", "init", "--replicas", "3", cwd=tmp_path, NATS_URL=url)
        assert made.code == 0, made.said
        monitored = {"NATS_MONITORING_URL": ",".join(monitoring_of(server) for server in servers)}
        options = ("--json", "--replicas", "3", "--check-replica-seconds", "3")

        async def well() -> Ended | None:  # a replica may still be on its way to its leader
            ended = await check(url, *options, cwd=tmp_path, **monitored)
            return ended if ended.code == 0 else None

        fine = await until(well)
        assert judged(fine)["sync", "all streams"]["figure"] == "3 replicas"
        assert len([key for key in judged(fine) if key[1].startswith("store of")]) == 3
        await servers[2].kill()

        async def told() -> Ended | None:
            ended = await check(url, *options, cwd=tmp_path)
            return ended if ended.code == 5 and ("replicas", "dex-swaps") in failed(ended) else None

        line = judged(await until(told))["replicas", "dex-swaps"]
        assert (line["figure"], line["value"]) == ("2 of 3", 2)
        assert servers[2].store_dir.name in line["advice"]
        again = await indexer("jetstream", "init", "--replicas", "3", cwd=tmp_path, NATS_URL=url)
        assert (again.code, again.out.count("equal")) == (0, 12), again.said
