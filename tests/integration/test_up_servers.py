"""`indexer up` with servers of one's own: their tables are made, and what others do there is left to them."""

import json
import signal
from pathlib import Path

from indexer.embedded import NatsServer
from tests.integration.chains import peers, standing
from tests.integration.clickhouse_server import clickhouse
from tests.integration.forked import several
from tests.integration.recording import record
from tests.integration.sinking import ids, read_up, sink
from tests.integration.streams import read_stream, swaps
from tests.integration.terminal import indexer, said, started, until
from tests.integration.test_up import FAST


async def test_a_clickhouse_server_gets_its_database_its_tables_and_the_rows(tmp_path: Path) -> None:
    expected = record(tmp_path, (300, 301, 302))
    async with clickhouse(tmp_path) as server:
        settings = {"CLICKHOUSE_URL": server.url()}
        words = ("up", "--record", "record", "--to-slot", "302")
        up = started(tmp_path, *words, "--without", "candles", **settings)  # three slots close no window
        assert await up.wait(seconds=120) == 0, up.tail()
        assert f"published {len(expected)} swaps in 3 slots" in up.tail(1)
        count = "SELECT uniq(signature, idx, leg) AS n FROM swaps"
        stored, migrated = await several(("sql", "--json", count), ("clickhouse", "migrate"), cwd=tmp_path, **settings)
        assert json.loads(stored.out) == {"n": len(expected)}, stored.said
        assert "8 migrations, all applied" in migrated.out, migrated.said
        again = started(tmp_path, *words, name="again", **settings)
        assert await again.wait(seconds=120) == 0, again.tail()
    assert "secret-word" not in up.log.read_text() + again.log.read_text()
    assert not (tmp_path / ".indexer" / "clickhouse").exists()


async def test_a_clickhouse_server_that_is_not_there_ends_the_start_and_is_named(tmp_path: Path) -> None:
    url = "http://me:secret-word@127.0.0.1:1/dex"
    ended = await indexer("up", *FAST, cwd=tmp_path, CLICKHOUSE_URL=url, INDEXER_CLICKHOUSE_CONNECT_SECONDS="0.5")
    assert ended.code == 3, ended.said
    assert "http://127.0.0.1:1/… does not answer" in ended.err
    assert "secret-word" not in ended.said


async def test_on_ones_own_nats_what_another_runs_is_left_out_unless_asked_for(
    stream: NatsServer, tmp_path: Path
) -> None:
    async with standing(tmp_path / "truth.jsonl", first_slot=2000, blocks=12) as chain:
        settings = peers(chain, stream)
        builder = started(tmp_path, "candles", name="builder", **settings)
        (tmp_path / "elsewhere").mkdir()
        first = sink(tmp_path / "elsewhere", stream.url, name="first")
        await said(builder, "candles go on")
        await said(first, '"event":"sink"')
        words = ("up", "--replay-from-slot", "2000", "--to-slot", "2010")
        beside = await indexer(*words, cwd=tmp_path, **settings)
        assert beside.code == 0, beside.said
        assert "going on without candles: `indexer candles` runs on this NATS already; `--with candles`" in beside.err
        assert "going on without a database: another `indexer clickhouse run` reads from this NATS" in beside.err
        assert "candles;" not in beside.out
        assert not (tmp_path / ".indexer" / "candles.log").exists()
        assert builder.process is not None
        assert builder.process.poll() is None
        await until(lambda: read_up(stream.url), first)
        published = len(swaps(await read_stream(stream.url)))
        assert await first.end(signal.SIGTERM) == 0

        up = started(tmp_path, "up", "--with", "candles", name="takes", **settings)
        await said(up, "serving metrics")
        await chain.control("/continue", {})
        assert await builder.wait(seconds=90) == 3  # at its next snapshot
        assert "another `indexer candles` took over" in builder.tail(2)
        assert "consumer dex-swaps clickhouse-sink of this NATS was read before" in await said(up, "without a database")
        assert await up.end(signal.SIGINT) == 0, up.tail()
    stored = swaps(await read_stream(stream.url))
    assert set(await ids(tmp_path / "elsewhere")) <= set(stored)  # none of them went to another database
    assert len(await ids(tmp_path / "elsewhere")) == published
