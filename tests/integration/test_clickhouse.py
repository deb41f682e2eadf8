"""`indexer clickhouse run` as a process: every message a row once, whatever is killed, refused or away meanwhile."""

import asyncio
import random
import resource
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

import nats
import orjson
import pytest

from indexer.embedded import NatsServer
from tests.indexer.contract_rows import swap_payload
from tests.indexer.test_clickhouse_rows import CANDLE
from tests.integration.alarms import fired
from tests.integration.sinking import (
    at,
    change_consumer,
    consumer,
    ids,
    load,
    publish,
    read_up,
    sink,
    sql,
    swap_ids,
    templates,
)  # fmt: skip
from tests.integration.streams import ask
from tests.integration.terminal import said, served, until

ACK_WAIT_SECONDS = 3  # the shortest in which a busy machine surely says that it is at work


async def test_rows_are_the_messages_and_a_stop_ends_clean(stream: NatsServer, tmp_path: Path) -> None:
    messages = load(20, 30)
    candle = orjson.dumps(CANDLE)
    await publish(stream.url, [*messages, ("dex.sol.candles.1m", str(CANDLE["id"]), candle)])
    await publish(stream.url, [("dex.sol.dead.pumpswap", "x:dead", b'{"id":"x:dead","reason":"one_sided"}')])
    daemon = sink(tmp_path, stream.url)
    for name in ("dex-swaps", "dex-candles-1m", "dex-dead"):
        await until(partial(read_up, stream.url, name), daemon)
    assert (await served(daemon, "/readyz"))[0] == 200
    assert (await served(daemon, "/healthz"))[0] == 200
    _, metrics = await served(daemon, "/metrics")
    assert 'indexer_sink_rows_total{table="swaps"} 600.0' in metrics
    none = 'indexer_sink_lag_seconds{stream="dex-swaps"} 0.0'
    await until(partial(shows, daemon, none), daemon)  # the server has an ack before the sink hears so
    assert 'indexer_connected{peer="clickhouse"} 1.0' in metrics
    through_it = await ids(tmp_path)
    assert await daemon.end(signal.SIGTERM) == 0
    assert "622 rows inserted" in daemon.tail()
    assert sorted(await ids(tmp_path)) == sorted(through_it) == sorted(swap_ids(messages))
    rows = await sql(tmp_path, "SELECT *, toUnixTimestamp(block_time) AS block_time FROM swaps FINAL")
    expected = {name: payload for subject, name, payload in messages if subject == "dex.sol.swaps"}
    assert {orjson.loads(payload := swap_payload(row))["id"]: payload for row in rows} == expected
    assert await sql(tmp_path, "SELECT count() AS slots FROM slots FINAL") == [{"slots": 20}]
    assert await sql(tmp_path, "SELECT count() AS candles FROM candles_final") == [{"candles": 1}]
    assert await sql(tmp_path, "SELECT program FROM dead_letters") == [{"program": "pumpswap"}]


@pytest.mark.usefixtures("tables")
async def test_kills_of_sink_and_server_leave_every_swap_exactly_once(stream: NatsServer, tmp_path: Path) -> None:
    dice = random.Random(5)
    messages = load(30, 100)
    writing = asyncio.create_task(slowly(stream, messages))
    small = {"INDEXER_CLICKHOUSE_BATCH_MESSAGES": "250", "INDEXER_CLICKHOUSE_BATCH_BYTES": "200000"}
    daemon = sink(tmp_path, stream.url, **small)
    await change_consumer(stream.url, ack_wait=2 * 10**9)
    await said(daemon, '"sink"')
    for round_ in range(5):
        await asyncio.sleep(dice.uniform(0.0, 1.2))
        if round_ % 2:
            await stream.kill()
            await asyncio.sleep(dice.uniform(0.1, 0.5))
            await stream.start()
            continue
        assert await daemon.end(signal.SIGKILL) == -signal.SIGKILL
        daemon.start()
        await until(lambda: again(daemon), daemon)
    await writing
    await until(lambda: read_up(stream.url), daemon)
    assert await daemon.end(signal.SIGTERM) == 0
    found = await ids(tmp_path)
    assert len(found) == len(set(found))
    assert set(found) == set(swap_ids(messages))
    assert (await ask(stream.url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 0


async def slowly(stream: NatsServer, messages: list[Any]) -> None:
    """The load over some seconds; what a killed server did not ack is published again, under the same id."""
    for first in range(0, len(messages), 125):
        while True:
            try:
                await asyncio.wait_for(publish(stream.url, messages[first : first + 125]), 10)
                break
            except (OSError, TimeoutError, nats.errors.Error, nats.js.errors.Error):
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:  # the library's close may end so after a kill, though nobody cancelled it
                if (task := asyncio.current_task()) is None or task.cancelling():
                    raise
        await asyncio.sleep(0.2)


async def again(daemon: Any) -> bool:
    """Whether its last start has got to its readers."""
    return bool(daemon.log.read_text().count('"event":"sink"') >= daemon.starts - 1)


async def delivered(url: str) -> int:
    """How much the server has delivered; 0 while there comes more."""
    count = (await consumer(url))["delivered"]["consumer_seq"]
    await asyncio.sleep(1)
    return int(count) if count == (await consumer(url))["delivered"]["consumer_seq"] else 0


async def shows(daemon: Any, sample: str) -> bool:
    return sample in (await served(daemon, "/metrics"))[1]


async def test_poison_is_set_aside_with_its_reason_once_and_the_rest_goes_in(
    stream: NatsServer, tmp_path: Path, tables: Path
) -> None:
    async with at(tables) as database:
        await database.command("ALTER TABLE swaps ADD CONSTRAINT few CHECK amount_in < 18000000000000000000")
    messages = load(4, 25)
    huge = templates()[0] | {"amount_in": 2**64 - 1}
    poison = [b"\xff\x00", b'{"v":2}', orjson.dumps(huge)]
    wrong = [("dex.sol.swaps", f"poison{index}", body) for index, body in enumerate(poison)]
    mixed = messages[:40] + wrong + messages[40:]
    await publish(stream.url, mixed)
    daemon = sink(tmp_path, stream.url)
    await until(lambda: read_up(stream.url), daemon)
    await until(lambda: read_up(stream.url, "dex-dead"), daemon)
    _, metrics = await served(daemon, "/metrics")
    assert 'indexer_sink_refused_total{reason="contract"} 2.0' in metrics
    assert 'indexer_sink_refused_total{reason="clickhouse"} 1.0' in metrics
    told = await consumer(stream.url)
    assert told["delivered"]["consumer_seq"] == len(mixed)
    assert await daemon.end(signal.SIGTERM) == 0
    assert sorted(await ids(tmp_path)) == sorted(swap_ids(messages))
    letters = await sql(tmp_path, "SELECT * FROM dead_letters FINAL ORDER BY sequence")
    assert {letter["program"] for letter in letters} == {"clickhouse"}
    assert [letter["reason"] for letter in letters] == ["contract", "contract", "clickhouse"]
    assert "Constraint `few`" in letters[2]["detail"]
    body = orjson.loads(letters[2]["payload"])
    assert (body["message_id"], body["stream"], body["sequence"]) == ("poison2", "dex-swaps", 43)
    assert (await ask(stream.url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 3


@pytest.mark.usefixtures("tables")
async def test_more_poison_than_a_batch_may_have_is_held_and_not_diverted(stream: NatsServer, tmp_path: Path) -> None:
    await publish(stream.url, [("dex.sol.swaps", f"v2-{index}", b'{"v":2}') for index in range(20)])
    daemon = sink(tmp_path, stream.url, INDEXER_CLICKHOUSE_REFUSED_MESSAGES="10", INDEXER_DRAIN_SECONDS="0.5")
    await said(daemon, "would be set aside")
    status, body = await served(daemon, "/readyz")
    assert status == 503
    assert "would be set aside" in body
    assert await daemon.end(signal.SIGTERM) == 0
    assert (await ask(stream.url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 0
    assert (await consumer(stream.url))["ack_floor"]["stream_seq"] == 0
    later = sink(tmp_path, stream.url, name="later")
    await until(lambda: read_up(stream.url), later)
    assert (await ask(stream.url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 20


@pytest.mark.usefixtures("tables")
async def test_clickhouse_away_for_twenty_ack_waits_costs_no_delivery_and_nothing_is_lost(
    stream: NatsServer, tmp_path: Path
) -> None:
    """Its disk takes no file of a batch's size for a while: the same to the sink as a full one."""
    await change_consumer(stream.url, ack_wait=ACK_WAIT_SECONDS * 10**9)
    daemon = sink(tmp_path, stream.url, INDEXER_CLICKHOUSE_BATCH_MESSAGES="1000")
    await until(lambda: ready(daemon), daemon)
    assert daemon.process is not None
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    messages = load(30, 100)
    await publish(stream.url, messages)
    await said(daemon, "batch held")
    before = await until(lambda: delivered(stream.url), daemon)
    scrapes = []
    for _ in range(20):
        await asyncio.sleep(ACK_WAIT_SECONDS)
        scrapes.append((await served(daemon, "/metrics"))[1])
    during = await consumer(stream.url)
    assert during["delivered"]["consumer_seq"] == before <= 2000
    assert during["num_redelivered"] == 0
    assert during["ack_floor"]["stream_seq"] == 0
    status, body = await served(daemon, "/readyz")
    assert (status, "File too large" in body) == (503, True)
    assert (await served(daemon, "/healthz"))[0] == 200
    assert all('indexer_sink_held{stream="dex-swaps"} 1.0' in scrape for scrape in scrapes)
    alert = {"alertname": "IndexerSinkHeld", "severity": "critical", "stream": "dex-swaps"}
    assert fired(tmp_path, scrapes, "30s", "indexer_sink_held", alert) in (True, None)  # were they 30 s, as deployed
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await until(lambda: read_up(stream.url), daemon)
    told = await consumer(stream.url)  # an ack wait may be short for a busy machine once rows go in again
    assert told["delivered"]["consumer_seq"] < 2 * len(messages)
    assert await until(lambda: ready(daemon), daemon)
    assert await daemon.end(signal.SIGTERM) == 0
    assert sorted(await ids(tmp_path)) == sorted(swap_ids(messages))
    assert (await ask(stream.url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 0


@pytest.mark.usefixtures("tables")
async def test_what_a_stop_cannot_insert_in_time_is_released_at_once(stream: NatsServer, tmp_path: Path) -> None:
    await change_consumer(stream.url, ack_wait=3600 * 10**9)  # what is not released does not come in this test
    daemon = sink(tmp_path, stream.url, INDEXER_DRAIN_SECONDS="1")
    await until(lambda: ready(daemon), daemon)
    assert daemon.process is not None
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    messages = load(10, 100)
    await publish(stream.url, messages)
    await said(daemon, "batch held")
    assert await daemon.end(signal.SIGTERM) == 0
    assert "released" in daemon.tail()
    later = sink(tmp_path, stream.url, name="later")
    await until(lambda: read_up(stream.url), later)
    assert len(await ids(tmp_path)) == 1000


async def test_a_start_waits_for_a_server_and_for_a_directory_and_takes_no_message(
    stream: NatsServer, tmp_path: Path
) -> None:
    messages = load(2, 10)
    await publish(stream.url, messages)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://me:secret-word@127.0.0.1:{nobody.getsockname()[1]}/dex"
        away = sink(tmp_path, stream.url, name="away", CLICKHOUSE_URL=url)
        await said(away, "waiting for ClickHouse")
        assert (await served(away, "/readyz"))[0] == 503
        assert await away.end(signal.SIGTERM) == 0
        assert "secret-word" not in away.log.read_text()
    code = "import sys, clickhouse_connect as c; has = c.get_client(dsn=sys.argv[1]); print('has it'); input()"
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-c", code, f"chdb://{tmp_path / '.indexer' / 'clickhouse'}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    assert await asyncio.wait_for(holder.stdout.readline(), 90) == b"has it\n"
    daemon = sink(tmp_path, stream.url)
    await said(daemon, "another process has it")
    assert (await consumer(stream.url))["delivered"]["consumer_seq"] == 0
    holder.kill()
    await holder.wait()
    await until(lambda: read_up(stream.url), daemon)
    assert sorted(await ids(tmp_path)) == sorted(swap_ids(messages))


async def ready(daemon: Any) -> bool:
    return (await served(daemon, "/readyz"))[0] == 200
