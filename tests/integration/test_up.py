"""`indexer up` as a new user meets it: everything started, labelled, kept, ended together."""

import asyncio
import contextlib
import os
import re
import signal
import socket
from itertools import pairwise
from pathlib import Path

from indexer.embedded import NatsServer
from tests.chaos.arena import ROOT, Daemon
from tests.integration.chains import peers, standing
from tests.integration.forked import each
from tests.integration.recording import record
from tests.integration.sinking import ids, read_up, sql
from tests.integration.streams import last_marked, markers, read_stream, swaps
from tests.integration.terminal import (
    PATIENCE_SECONDS,
    indexer,
    read_until,
    said,
    scraped,
    served,
    started,
    terminal,
    until,
)

LABEL = "LOCALNET, generated"
#: 32 slots of history are two seconds; few swaps, since of what they prove more of them prove no more
FAST = ("--slot-milliseconds", "60", "--transactions", "10")
ALONE = ("--without", "candles", "--without", "clickhouse")
NO_CHDB = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "chdb":
            raise ModuleNotFoundError("No module named 'chdb'")

sys.meta_path.insert(0, Absent())
"""
_SUMMARY_ALONE = r"published [\d,]+ swaps in \d+ slots; slots \d+ to \d+; .*\d+ s"
_SUMMARY = r"published [\d,]+ swaps in \d+ slots; slots \d+ to \d+; .*[\d,]+ candles; [\d,]+ rows in ClickHouse; \d+ s"


def kept_in(folder: Path) -> list[Path]:
    """The folders of genesis hashes; the link to the last one's database is none."""
    return [path for path in (folder / ".indexer").iterdir() if path.is_dir() and not path.is_symlink()]


async def nats_url(daemon: Daemon) -> str:
    """Where its embedded NATS listens."""
    return (await said(daemon, "embedded NATS")).split('"url":"')[1].split('"')[0]


async def wait_markers(daemon: Daemon, count: int) -> int:
    """Until the embedded stream holds so many; the last slot."""
    url = await nats_url(daemon)

    async def enough() -> int:
        with contextlib.suppress(Exception):
            return await last_marked(url, count)
        return 0

    return int(await until(enough, daemon))


async def test_it_runs_from_nothing_keeps_its_data_and_goes_on_where_it_was(tmp_path: Path) -> None:
    up = started(tmp_path, "up", *FAST, name="first")
    await nats_url(up)
    other = asyncio.create_task(indexer("up", *ALONE, *FAST, cwd=tmp_path))  # refused after a few seconds
    last = await wait_markers(up, 5)
    assert LABEL in await said(up, "no SOLANA_RPC_URL is set")
    assert "gigabytes" in await said(up, "estimated cost a day")
    refused = await other
    assert refused.code == 2
    assert "is in use by another nats-server" in refused.err
    assert "INDEXER_DATA_DIR" in refused.err
    assert await up.end(signal.SIGINT) == 0
    assert re.fullmatch(_SUMMARY, up.tail(1)), up.tail()
    (kept,) = kept_in(tmp_path)
    assert (kept / "jetstream").is_dir()

    await asyncio.sleep(2.5)  # longer than localnet's history
    again = started(tmp_path, "up", *ALONE, *FAST, name="second")
    resumed = int((await said(again, "resuming after slot")).split("slot ")[1].split('"')[0])
    assert resumed >= last

    async def caught_up() -> bool:
        metrics = await scraped(again)
        ready = (await served(again, "/readyz"))[0] == 200
        return ready and metrics("settled_slot") > resumed and metrics("lag_seconds") < 15

    await until(caught_up, again)
    assert await again.end(signal.SIGTERM) == 0
    assert re.fullmatch(_SUMMARY_ALONE, again.tail(1)), again.tail()
    assert kept_in(tmp_path) == [kept]
    async with NatsServer(store_dir=kept, sync="2m") as server:
        stored = await read_stream(server.url)
    found = markers(stored)
    assert len(swaps(stored)) == len(set(swaps(stored))) == sum(body["swaps"] for body in found)
    for before, body in pairwise(found):
        end = before.get("to_slot", before["slot"])
        assert body["slot"] == end + 1 if body["status"] == "missing" else body["parent_slot"] <= end
    assert [body["slot"] for body in found if body["status"] == "missing"] == [resumed + 1]  # the pause, once


def test_on_a_terminal_it_draws_a_labelled_view_and_ctrl_c_ends_it_with_the_summary(tmp_path: Path) -> None:
    with terminal("up", *FAST[:2], cwd=tmp_path) as (process, ours):
        seen = read_until(ours, rb"jupiter_v6")  # swaps have come
        os.write(ours, b"\x03")
        seen = read_until(ours, rb"published .* s\r\n", seen)
        assert process.wait(PATIENCE_SECONDS) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode(errors="replace"))
    assert "logs go to .indexer/indexer.log" in text
    frames = text.split("╭")[1:]
    assert len(frames) > 3
    assert all(LABEL in frame for frame in frames)
    for part in (
        "swaps/s",
        "slots behind",
        "settled slot",
        "last swaps",
        "received",
        "pumpswap",
        "calls and",
        "GB a day",
    ):
        assert part in text, part
    for part in (
        "nats://127.0.0.1:",
        "/metrics",
        "Ctrl-C stops cleanly",
        "stopping: the ClickHouse sink reads what is there",
    ):
        assert part in " ".join(re.split(r"[│\s]+", text)), part  # wherever a line was broken
    behind = [float(found) for found in re.findall(r"([\d.,]+) s +[\d,]+ +│", text.replace(",", ""))]
    assert behind
    assert max(behind) < 60
    assert re.fullmatch(_SUMMARY, text.rstrip().splitlines()[-1])
    assert seen.endswith(b"s\r\n")
    assert b"\x1b[?25h" in seen  # the cursor is back
    assert b"^C" not in seen  # it would move the last frame a line down
    assert "Traceback" not in text
    assert "estimated cost a day" in (tmp_path / ".indexer" / "indexer.log").read_text()


CANDLES = """SELECT interval, count() AS candles, sum(trades) AS trades, max(close_time) AS closed FROM candles_final
    GROUP BY interval ORDER BY interval"""


async def test_one_command_gives_swaps_candles_and_a_database_to_ask(tmp_path: Path) -> None:
    slots = range(1_000, 1_000 + 40 * 50, 50)  # 20 seconds of chain time apart
    expected = record(tmp_path, slots)
    up = started(tmp_path, "up", "--record", "record", "--to-slot", "999999999")
    await wait_markers(up, len(slots))
    url = await nats_url(up)
    await until(lambda: read_up(url), up)
    assert await sql(tmp_path, "SELECT count() AS n FROM swaps FINAL") == [{"n": len(expected)}]  # from who has it
    assert await up.end(signal.SIGINT) == 0
    assert f"published {len(expected):,} swaps in {len(slots)} slots" in up.tail(1)
    assert sorted(await ids(tmp_path)) == sorted(expected)
    by_interval = {row["interval"]: row for row in await sql(tmp_path, CANDLES)}
    assert by_interval.keys() == {"1m", "5m"}  # 13 minutes; no hour has passed
    for row in by_interval.values():
        before = f"SELECT count() AS n FROM swaps FINAL WHERE block_time < '{row['closed']}'"  # noqa: S608 - our own row
        (inside,) = await sql(tmp_path, before)
        assert 0 < row["trades"] == inside["n"] < len(expected)
    (rows,) = await sql(tmp_path, "SELECT (SELECT count() FROM candles) AS candles, (SELECT count() FROM slots) AS s")
    total = f"; {rows['candles']:,} candles; {len(expected) + len(slots) + rows['candles']:,} rows in ClickHouse; "
    assert total in up.tail(1)
    assert (tmp_path / ".indexer" / "clickhouse").resolve().parent == kept_in(tmp_path)[0]


async def test_a_record_is_served_at_once_and_what_is_not_installed_is_not_there(tmp_path: Path) -> None:
    slots = (300, 301, 302, 9_000, 250_000_000)
    expected = record(tmp_path, slots)
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(NO_CHDB)
    words = ("up", "--record", "record", "--to-slot", str(slots[-1]), "--without", "candles")
    bare = await indexer(*words, cwd=tmp_path, PYTHONPATH=f"{tmp_path / 'without'}:{ROOT}")
    assert bare.code == 0, bare.said
    assert f"published {len(expected):,} swaps in {len(slots)} slots; slots 300 to 250000000; " in bare.out
    assert "LOCALNET, recorded" in bare.err
    assert LABEL not in bare.said
    assert "ClickHouse" not in bare.out
    assert "candles" not in bare.out
    assert "going on without a database: chdb is not installed; pip install" in bare.err
    later = await indexer(*words, cwd=tmp_path)  # and then it has all the streams have
    assert later.code == 0, later.said
    assert f"nothing to do: the stream is at slot {slots[-1]}" in later.err
    rows = len(expected) + len(slots)
    assert re.search(rf"published nothing; {rows:,} rows in ClickHouse; ", later.out), later.said
    (kept,) = kept_in(tmp_path)
    async with NatsServer(store_dir=kept, sync="2m") as server:
        assert swaps(await read_stream(server.url)) == expected


async def test_with_an_endpoint_and_a_nats_of_ones_own_it_brings_neither(stream: NatsServer, tmp_path: Path) -> None:
    async with standing(tmp_path / "truth.jsonl", first_slot=2000, blocks=12) as chain:
        replay = ("up", *ALONE, "--replay-from-slot", "2000", "--to-slot", "2010")
        ended = await indexer(*replay, cwd=tmp_path, **peers(chain, stream))
        published = len(swaps(await read_stream(stream.url)))
        timed = await indexer("up", *ALONE, "--for", "1.5", cwd=tmp_path, **peers(chain, stream))
    assert timed.code == 0, timed.said
    assert timed.out.startswith(("published", "stopped before the first slot"))
    assert ended.code == 0, ended.said
    assert "LOCALNET" not in ended.said
    assert "embedded NATS" not in ended.said
    assert re.search(r'"calls":"[\d,]+","gigabytes_unpacked":[\d.]+', ended.err)
    assert f"published {published:,} swaps" in ended.out


async def test_what_cannot_be_started_says_why_and_a_taken_port_before_anything_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        metrics, nats, no_record, no_transactions, no_directory = await each(
            [
                (("up",), {"INDEXER_METRICS_ADDR": f"127.0.0.1:{port}"}),
                (("up", "--nats-port", str(port)), {}),
                (("up", "--record", "nowhere", "--data-dir", "other"), {}),
                (("up", "--transactions", "0", "--data-dir", "third"), {}),
                (("up", "--data-dir", "file"), {}),
            ],
            cwd=tmp_path,
        )
    codes = (metrics.code, nats.code, no_record.code, no_transactions.code, no_directory.code)
    assert codes == (2, 3, 3, 2, 2)
    assert no_transactions.err.startswith("indexer: argument --transactions: 0 is not above 0\n  ")
    assert f"port {port} for metrics is taken" in metrics.err
    assert "--metrics-addr" in metrics.err
    assert f"port {port} for the embedded NATS is taken" in nats.err
    assert "--nats-port" in nats.err
    assert "localnet" not in metrics.err + nats.err
    assert list((tmp_path / ".indexer").iterdir()) == []
    assert "the built-in localnet did not start: no records in nowhere; expected blocks/*.json" in no_record.err
    assert "cannot keep data in file: " in no_directory.err
    assert "INDEXER_DATA_DIR" in no_directory.err
